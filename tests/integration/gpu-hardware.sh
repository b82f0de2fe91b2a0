# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# limit: 600
# See there.
. "$REPRISE_TEST_TREE/tests/gpu/hardware.sh"
