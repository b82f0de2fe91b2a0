# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 200
# On a terminal: Ctrl-C, Ctrl-\, Ctrl-Z, fg, bg, kill %1, a window's size, as
# without reprise. Each conversation is held with and without it.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

capture="reprise capture -q --backend $REPRISE_TEST_BACKEND --"
talk() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/terminal.py" "$@"
}
# both RESULT WHAT COMMAND, with the conversation on standard input
both() {
	cat >"$T/script"
	for before in '' "$capture"; do
		got=$(talk "$2" "$before $3" <"$T/script") ||
			fail "${before:-bare} $3: $got"
		[ "$got" = "$1" ] || fail "${before:-bare} $3: '$got'"
	done
}

# Shells lose signals between fork and exec, so commands here are simple.
both 'signal 2' run "sh -c 'echo go; exec sleep 20'" <<'END'
expect go
send \x03
END
both 'signal 3' run "sh -c 'ulimit -c 0; echo go; exec sleep 20'" <<'END'
expect go
send \x1c
END
# A command that handles Ctrl-C ends as it likes.
both 'exit 7' run "sh -c 'trap \"echo got; exit 7\" INT; echo go
while :; do sleep 0.1; done'" <<'END'
expect go
send \x03
expect got
END
both 'exit 0' run "$PROBES/signals ready 1" <<'END'
wait 1
send \x03
expect INT 1
END
# Lines are read from the terminal, end of file with Ctrl-D.
both 'exit 0' run "sh -c 'test -t 0 && test -t 1 && test -t 2 && cat'" <<'END'
send hello\n
expect hello
expect hello
send \x04
END

# Job control of a shell.
both 'exit 5' shell "sh -c 'echo st\"\"art; read x; echo got \$x'" <<'END'
expect start
send \x1a
expect Stopped
expect prompt> 
wait 1
send fg\n
wait 0.5
send line\n
expect got line
expect prompt> 
send exit 5\n
END
# Stopped twice, continued in the background, ended from there.
both 'exit 0' shell "sh -c 'echo st\"\"art; exec sleep 20'" <<'END'
expect start
send \x1a
expect Stopped
wait 1
send bg\n
expect prompt> 
send jobs\n
expect Running
wait 1
send fg\n
wait 0.5
send \x1a
expect Stopped
send kill %1; fg\n
expect Terminated
expect prompt> 
send exit 0\n
END
# Reading the terminal in the background stops the job.
both 'exit 0' shell "sh -c 'sleep 0.3; read x; echo got \$x' &" <<'END'
expect prompt> 
wait 1.5
send \n
expect Stopped
wait 1
send fg\n
wait 0.5
send line\n
expect got line
expect prompt> 
send exit 0\n
END
# A pipeline is one job.
both 'exit 0' shell "sh -c 'echo st\"\"art; exec sleep 20' | cat" <<'END'
expect start
send \x03
expect prompt> 
send echo $?-${PIPESTATUS[0]}-\n
expect prompt> 
send exit 0\n
END
