# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines roots
# How a replayed command ends is how `reprise replay` ends; its standard streams
# are the caller's, but for a recorded file on standard input.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

replay() {
	reprise replay -q "$@"
}

# Statuses, as recorded and of another command.
# shellcheck disable=SC2016 # for the captured shell
capture_fails 7 -q sh -c 'exit 7'
replay_fails 7 "$RUN"
result_has exit.recorded_code 7
result_has exit.replayed_code 7
result_has exit.same true
for n in 0 1 125 126 127 255; do
	replay_fails "$n" "$RUN" -- sh -c "exit $n"
done
replay_fails 127 "$RUN" -- no-such-command
stderr_has "'no-such-command' is not among the files of this run"
replay_fails 126 "$RUN" -- /etc/ld.so.cache
stderr_has "'/etc/ld.so.cache' is not a program"

# Death by signal is 128 and the signal's number, as a shell has it.
# shellcheck disable=SC2016
capture_fails 143 -q sh -c 'kill -TERM $$'
replay_fails 143 "$RUN"
result_has exit.recorded_signal SIGTERM
result_has exit.replayed_signal SIGTERM
result_has exit.same true
# A signal that the run did not send itself says nothing about it.
result_has judged false
capture_fails 139 -q "$PROBES/crash"
replay_fails 139 "$RUN"
result_has exit.replayed_signal SIGSEGV
replay_fails 0 --check "$RUN"

# Standard input: a pipe or terminal is the caller's.
"$PYTHON" -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 4096)' \
	>"$T/bytes"
# shellcheck disable=SC2002 # the pipe is the point
cat "$T/bytes" | reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
	--id-file "$T/id" sh -c 'cat; echo err >&2' 2>"$T/err" | cat >"$T/copy"
same_file "$T/bytes" "$T/copy"
RUN=$(cat "$T/id")
# shellcheck disable=SC2002
cat "$T/bytes" | replay "$RUN" 2>"$T/err" | cat >"$T/copy"
same_file "$T/bytes" "$T/copy"
stderr_is err
replay "$RUN" </dev/null >"$T/out" 2>"$T/err"
stdout_is ''
# Read to where the command read, and not further.
printf 'one\ntwo\nthree\n' >"$T/lines"
{
	read -r first
	# shellcheck disable=SC2016
	replay "$RUN" -- sh -c 'read -r x; echo "got $x"' >"$T/out"
	read -r third
} <"$T/lines"
stdout_is 'got two'
[ "$first $third" = 'one three' ] || fail "the rest is '$third'"
# A reader that leaves ends the command.
start=$(date +%s)
replay "$RUN" -- sh -c 'while echo y; do :; done' 2>"$T/err" |
	head -n 1 >"$T/out"
stdout_is y
[ $(($(date +%s) - start)) -lt 20 ] || fail "replay | head took too long"

# A file was recorded, with its position, and is given back.
printf 'skipped\nrecorded\n' >lines
{
	read -r first
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" cat >"$T/out"
} <lines
stdout_is recorded
RUN=$(cat "$T/id")
rm lines
echo other | replay "$RUN" >"$T/out" 2>"$T/err"
stdout_is recorded
# Closed streams do not confuse reprise.
replay "$RUN" <&- >"$T/out" 2>"$T/err"
stdout_is recorded
STATUS=0
replay "$RUN" <&- >&- 2>&- || STATUS=$?
[ "$STATUS" = 1 ] || fail "status $STATUS of cat without standard output"
