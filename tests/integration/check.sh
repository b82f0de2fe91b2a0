# SPDX-License-Identifier: Apache-2.0
# matrix: users engines roots
# replay --check tells what is not as recorded: an output, an exit status.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# The clock is not repeated.
capture_ok -q sh -c 'date +%s.%N >when; echo always >same'
mv "$T/cwd" "$T/gone"
mkdir "$T/cwd"
cd "$T/cwd" || exit
replay_fails 1 --check "$RUN"
stderr_has "'$PWD/when'"
stderr_has ' 1 of 2 outputs identical$'
# Without --check the command's own status counts.
replay_ok "$RUN"

# A status other than 0 is as recorded, too.
capture_fails 3 -q sh -c 'echo out >out; exit 3'
rm out
replay_fails 3 "$RUN"
replay_fails 0 --check "$RUN"
[ ! -e out ] || fail "the replay wrote outside"
