# SPDX-License-Identifier: Apache-2.0
# RUN is for the words of lib.sh; dash has ulimit -c.
# shellcheck shell=sh disable=SC2034,SC3045
# matrix: users engines
# The command ends for the caller as it does without reprise: the same exit
# status, the same signal.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

status_of() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/status_of.py" "$@" \
		2>"$T/err"
}
captured() {
	status_of reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@"
}
# ends_as HOW SCRIPT
ends_as() {
	bare=$(status_of sh -c "$2")
	[ "$bare" = "$1" ] || fail "bare: '$bare' instead of '$1': $2"
	got=$(captured sh -c "$2")
	[ "$got" = "$1" ] || fail "captured: '$got' instead of '$1': $2"
	RUN=$(cat "$T/id")
}

for n in 0 1 2 77 125 126 127 128 255; do
	ends_as "exit $n" "exit $n"
	manifest_has run.exit_code "$n"
done
manifest_has run.status failed
ulimit -c 0
for s in 1 2 3 6 9 11 13 14 15 10 12; do
	ends_as "signal $s" "kill -$s \$\$; sleep 5"
	manifest_has run.exit_code "$((128 + s))"
done
manifest_has run.signal SIGUSR2
# A command that a shell reports as killed has not been killed itself.
ends_as 'exit 137' 'sh -c "kill -9 \$\$"; exit $?'
manifest_has run.status failed

# A real fault, and one core file at most: the command's own.
ends_as 'signal 11' "exec '$PROBES/crash'"
manifest_has run.signal SIGSEGV
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ] &&
	(ulimit -c unlimited) 2>/dev/null; then
	ulimit -c unlimited
	mkdir cores
	cd cores || exit
	got=$(captured "$PROBES/crash")
	[ "$got" = 'signal 11' ] || fail "with a core: '$got'"
	# shellcheck disable=SC2012 # one line a file is what is counted
	[ "$(ls | wc -l)" = 1 ] || fail "not one core file: $(ls)"
	rm -f core*
fi

# The last of several processes does not count: the command does.
ends_as 'exit 3' '(sleep 0.3; exit 9) & exit 3'
