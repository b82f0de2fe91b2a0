# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Standard input, output and error are the command's own, whatever they are;
# inherited descriptors reach it, and reprise does not keep them open.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

captured() {
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@"
}
recorded() {
	RUN=$(cat "$T/id")
	manifest_has "$1" "$2"
}

# Pipes: bytes come through as they are, nothing is added.
"$PYTHON" -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 4096)' \
	>bytes
# shellcheck disable=SC2002 # the pipe is the point
cat bytes | captured cat 2>"$T/err" | cat >copy
same_file bytes copy
stderr_is ''
recorded command.stdin.kind pipe
recorded command.stdout.kind pipe
captured sh -c 'echo out; echo err >&2' >"$T/out" 2>"$T/err"
stdout_is out
stderr_is err

# Files: the position is shared with the caller, as it is without reprise.
printf 'one\ntwo\nthree\n' >lines
{
	read -r first
	# shellcheck disable=SC2016 # for the captured shell
	captured sh -c 'read -r x; echo "got $x"' >"$T/out"
	read -r third || :
} <lines
stdout_is 'got two'
[ "$first $third" = 'one three' ] || [ "$third" = '' ] ||
	fail "the rest is '$third'"
recorded command.stdin.kind file
recorded command.stdin.path "$PWD/lines"
recorded command.stdin.offset 4
file_has "$PWD/lines" access r
[ "$(reprise show "$RUN:lines")" = "$(cat lines)" ] || fail "content of stdin"

# An output file that the shell made, and one that it appends to.
captured echo new >fresh
recorded command.stdout.path "$PWD/fresh"
[ "$(cat fresh)" = new ] || fail "fresh"
recorded "outputs.$PWD/fresh.role" log
[ "$(reprise show "$RUN:fresh")" = new ] || fail "the record of fresh"
echo old >appended
captured echo new >>appended
[ "$(cat appended)" = 'old
new' ] || fail "appended"
recorded command.stdout.offset 0
[ "$(reprise show "$RUN:appended")" = 'old
new' ] || fail "the record of appended"

# A reader that leaves ends the command, and reprise with it.
start=$(date +%s)
captured yes 2>"$T/err" | head -n 1 >"$T/out"
stdout_is y
[ $(($(date +%s) - start)) -lt 20 ] || fail "capture | head took too long"
stderr_is ''

# Closed streams stay closed; nothing of reprise's takes their number.
"$PROBES/descriptors" bare <&- >/dev/null 2>&1
captured "$PROBES/descriptors" mine <&- >/dev/null 2>&1
same_file bare mine
recorded command.stdin.kind closed
"$PROBES/descriptors" bare </dev/null >&- 2>/dev/null
captured "$PROBES/descriptors" mine </dev/null >&- 2>/dev/null
same_file bare mine
recorded command.stdout.kind closed
"$PROBES/descriptors" bare </dev/null >/dev/null 2>&-
captured "$PROBES/descriptors" mine </dev/null >/dev/null 2>&-
same_file bare mine
"$PROBES/descriptors" bare <&- >&- 2>&-
captured "$PROBES/descriptors" mine <&- >&- 2>&-
same_file bare mine

# Further descriptors, and only those.
exec 3>three 7<lines 9>&1
"$PROBES/descriptors" bare </dev/null
captured "$PROBES/descriptors" mine </dev/null
same_file bare mine
captured sh -c 'echo through >&3'
exec 3>&- 7<&- 9>&-
[ "$(cat three)" = through ] || fail "descriptor 3"

# The end of a pipe that the command closes is seen at once by its reader,
# although reprise is still there. (A shell function would hold it, too.)
mkfifo fifo go
set -- reprise capture -q --backend "$REPRISE_TEST_BACKEND"
"$@" sh -c 'exec 3>&- >/dev/null; cat go' 3>fifo &
timeout 20 cat fifo >"$T/out" || fail "descriptor 3 is held open"
stdout_is ''
echo >go
wait
"$@" sh -c 'exec >/dev/null; cat go' >fifo &
timeout 20 cat fifo >"$T/out" || fail "standard output is held open"
echo >go
wait
