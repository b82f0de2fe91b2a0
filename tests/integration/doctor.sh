# SPDX-License-Identifier: Apache-2.0
# matrix: users
# doctor: what this machine allows; what is missing has a remedy.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

run reprise doctor
case $STATUS in 0 | 1) ;; *) fail "status $STATUS" ;; esac
stdout_has "^yes  *store  *$REPRISE_STORE (not made yet)\$"
stdout_has 'store-space  *[0-9.]* .B free of '
# Why a replay's memory cannot be limited, where it cannot.
grep -q -e '^no  *control-group  *a replay.s memory is not limited: .' \
	-e '^yes  *control-group  *a replay can be limited in ' "$T/out" ||
	fail "nothing is said of control groups"
run reprise doctor --json
[ "$(json_value store <"$T/out")" = "$REPRISE_STORE" ] || fail "store"
[ "$(json_value items.store.state <"$T/out")" = yes ] || fail "state"
[ ! -e "$REPRISE_STORE" ] || fail "doctor made a store"

# What becomes of a command whose recorder dies.
if [ "$(json_value items.seccomp-wait-killable.state <"$T/out")" = yes ]; then
	[ "$(json_value items.outlives-recorder.state <"$T/out")" = yes ] ||
		fail "outlives-recorder"
fi
run "$PYTHON" "$REPRISE_TEST_TREE/tests/integration/exec_with.py" no-listener \
	"$(command -v reprise)" doctor
stdout_has '^no  *outlives-recorder  *by the ptrace engine: .* dies with its'
stdout_has "remedy: what 'seccomp-notify' and"

ok reprise capture -q true
run reprise doctor
stdout_has "^yes  *store  *$REPRISE_STORE\$"
# No store can be made below a file, not even root's.
: >file
expect_status 1 reprise doctor -s "$PWD/file/store"
stdout_has "^no  *store  *$PWD/file/store (not made yet)\$"
stdout_has "remedy: '$PWD/file' cannot be written (Not a directory): .*--store"
