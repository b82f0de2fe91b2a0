# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# What a command has read is hashed and stored while it still runs.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

object=$(object_of /usr/bin/env)
# shellcheck disable=SC2016
capture_ok sh -c 'cat /usr/bin/env >/dev/null
	for i in $(seq 300); do
		[ ! -e "$1" ] || exit 0
		sleep 0.1
	done
	exit 1' sh "$object"
manifest_complete
file_has /usr/bin/env digest "sha256:$(sha256sum /usr/bin/env | cut -c 1-64)"
# It counts as new, since this run has stored it.
stderr_has 'stored [1-9][0-9.]* [kM]B new'
