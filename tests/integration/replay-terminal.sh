# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# limit: 200
# On a terminal: Ctrl-C, Ctrl-\, Ctrl-Z, fg, kill %1 and reading lines in a
# replay. A death by signal is its status.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

talk() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/terminal.py" "$@"
}
# conversation RESULT WHAT COMMAND, with the conversation on standard input
conversation() {
	got=$(talk "$2" "reprise replay -q $RUN -- $3") || fail "$3: $got"
	[ "$got" = "$1" ] || fail "$3: '$got'"
}
capture_ok -q sh -c 'sleep 0; cat /dev/null'

conversation 'exit 130' run "sh -c 'echo go; exec sleep 20'" <<'END'
expect go
send \x03
END
conversation 'exit 131' run "sh -c 'echo go; exec sleep 20'" <<'END'
expect go
send \x1c
END
# A command that handles Ctrl-C ends as it likes.
conversation 'exit 7' run "sh -c 'trap \"echo got; exit 7\" INT; echo go
while :; do sleep 0.1; done'" <<'END'
expect go
send \x03
expect got
END
# Lines are read from the terminal, end of file with Ctrl-D.
conversation 'exit 0' run "sh -c 'test -t 0 && test -t 1 && test -t 2 && cat'" \
	<<'END'
send hello\n
expect hello
expect hello
send \x04
END
# Job control of the shell that started it.
conversation 'exit 5' shell "sh -c 'echo st\"\"art; read x; echo got \$x'" \
	<<'END'
expect start
send \x1a
expect Stopped
expect prompt> 
wait 1
send fg\n
wait 1
send line\n
expect got line
expect prompt> 
send exit 5\n
END
conversation 'exit 0' shell "sh -c 'echo st\"\"art; exec sleep 20'" <<'END'
expect start
send \x1a
expect Stopped
wait 1
send bg\n
expect prompt> 
send jobs\n
expect Running
send kill %1; fg\n
expect prompt> 
send exit 0\n
END
