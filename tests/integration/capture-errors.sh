# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# What cannot be captured: the status, one line that quotes what failed, and
# nothing left behind.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# fails STATUS MESSAGE [OPTIONS] COMMAND...: one line; no run; nothing ran.
fails() {
	want=$1 message=$2
	shift 2
	rm -f ran
	capture_fails "$want" "$@"
	stdout_is ''
	stderr_is "reprise: $message"
	[ ! -e ran ] || fail "the command ran: $*"
	[ -z "$RUN" ] || fail "an id was written: $*"
	[ -z "$(ls "$REPRISE_STORE/runs" 2>/dev/null)" ] ||
		fail "something was recorded: $*"
}
mkdir directory
printf '#!/bin/sh\n: >ran\n' >task
cp task executable
chmod +x executable
printf '#!/nowhere/interpreter\n' >lost
chmod +x lost
: >empty
chmod +x empty

# The command: as a shell says it.
fails 127 "command 'no-such-command' not found" no-such-command
fails 127 "cannot run './nowhere': No such file or directory" ./nowhere
fails 126 "cannot run 'task/below': Not a directory" task/below
fails 126 "cannot run './task': Permission denied" ./task
fails 126 "cannot run './directory': Permission denied" ./directory
fails 126 "cannot run '/': Permission denied" /
fails 127 "command '' not found" ''
fails 127 "cannot run './lost': No such file or directory" ./lost
(
	PATH=directory:$PWD:$PATH
	fails 126 "cannot run 'task': Permission denied" task
	# It is found in a later directory of PATH, as execvp(3) has it.
	mkdir late
	cp executable late/task
	PATH=$PATH:$PWD/late
	capture_ok -q task
	rm -rf ran "$REPRISE_STORE"
)
# An empty file is an empty script.
capture_ok -q ./empty
rm -rf "$REPRISE_STORE"

# Options.
fails 125 "capture: option '--backend': 'magic' is none of \
auto|notify|ptrace" --backend magic ./executable
fails 125 "capture: option '--keep': '-1' is not a size like 500M" \
	--keep -1 ./executable
fails 125 "capture: option '--keep': '12Q' is not a size like 500M" \
	--keep 12Q ./executable
for name in .. . '' @ ~1 x//y -x x.tmp a:b 'new
line'; do
	capture_fails 125 -q -n "$name" ./executable
	stderr_has "^reprise: bad name '$(echo "$name" | head -n 1)"
	[ ! -e ran ] || fail "the command ran under the name '$name'"
done
capture_fails 125 --id-file "$PWD/none/id" ./executable
stderr_has "^reprise: cannot create '$PWD/none/id.*': No such file or directory\$"
[ ! -e ran ] || fail "the command ran"
[ -z "$(ls "$REPRISE_STORE/runs")" ] || fail "something was recorded"

# The store.
: >file
fails 125 "cannot make directory '$PWD/file': Not a directory" -s "$PWD/file" ./executable
fails 125 "cannot make directory '$PWD/file': Not a directory" \
	-s "$PWD/file/below" ./executable
if [ "$(id -u)" != 0 ]; then
	mkdir -m 0555 closed
	fails 125 "cannot make directory '$PWD/closed/store': Permission denied" \
		-s "$PWD/closed/store" ./executable
	[ -z "$(ls closed)" ] || fail "something is in the closed directory"
fi
mkdir odd
: >odd/notes
fails 125 "'$PWD/odd' is not a store, and not empty: it has 'notes'" \
	-s odd ./executable
[ "$(ls odd)" = notes ] || fail "a directory of others became a store"
