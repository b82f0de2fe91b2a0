# SPDX-License-Identifier: Apache-2.0
# matrix:
# limit: 300
# Formatting, order of modules, scripts and manual pages.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

ok "$REPRISE_TEST_TREE/tests/tools/lint.sh"
