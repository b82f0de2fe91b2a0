# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# limit: 200
# On a terminal: Ctrl-C, Ctrl-\, Ctrl-Z, fg, kill %1 and reading lines in a
# replay. A death by signal is its status. The command's terminal is another
# one than the caller's, whose modes come back.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

talk() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/terminal.py" "$@"
}
# conversation RESULT WHAT COMMAND, with the conversation on standard input
conversation() {
	got=$(talk "$2" "reprise replay -q $RUN -- $3") || fail "$3: $got"
	[ "$got" = "$1" ] || fail "$3: '$got'"
}
capture_ok -q sh -c 'sleep 0; cat /dev/null; stty -a; tty; bash -c :'

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
expect fg\r\n
expect prompt> 
send exit 0\n
END
# Who traces it does not keep what tells of the caller's end.
got=$(talk shell "reprise replay -q --trace $RUN -- sh -c \
'echo g\"\"o; read x; echo got \$x'" <<'END'
expect go
mode raw
send line\n
expect got line
expect prompt> 
send exit $?\n
END
) || fail "traced: $got"
[ "$got" = 'exit 0' ] || fail "traced: $got"
# SIGTERM ends it also where the terminal takes no more.
"$PYTHON" - "$RUN" <<'END' >"$T/held" || fail "held up: $(cat "$T/held")"
import os, pty, signal, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp("reprise", ["reprise", "replay", "-q", sys.argv[1], "--", "sh",
        "-c", "while :; do echo 0123456789012345678901234567890123456789; done"])
time.sleep(2)
os.kill(pid, signal.SIGTERM)
end = time.time() + 10
while time.time() < end:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        sys.exit(os.waitstatus_to_exitcode(status) != 143)
    time.sleep(0.1)
print("does not end")
os.kill(pid, signal.SIGKILL)
sys.exit(1)
END
# Its own: modes and size.
conversation 'exit 0' run "sh -c 'tty; stty raw; echo g\"\"o; read x; stty size'" \
	<<'END'
expect /dev/pts/0
resize 20 50
expect go
mode raw
send \n
expect 20 50
END
# Ctrl-C reaches the rest of the caller's group, too.
got=$(talk run "sh -c 'trap \"echo wrap\"\"per\" INT
	reprise replay -q $RUN -- sh -c \"echo go; exec sleep 20\"; stty -a'" <<'END'
expect go
send \x03
expect wrapper
expect \nisig icanon
END
) || fail "$got"
[ "$got" = 'exit 0' ] || fail "$got"
# Behind a pipe somebody else may read keys: they are the command's once it
# reads. Until then the terminal is as it was.
for rest in "| cat" "</dev/null"; do
	got=$(talk shell "reprise replay -q $RUN -- sh -c \
'echo g\"\"o; sleep 1; read x </dev/tty; echo got \$x' $rest" <<'END'
expect go
mode cooked
mode raw
send line\n
expect got line
expect prompt> 
send exit 5\n
END
	) || fail "$rest: $got"
	[ "$got" = 'exit 5' ] || fail "$rest: $got"
done
got=$(talk shell "reprise replay -q $RUN -- sh -c \
'echo g\"\"o; sleep 2; echo en\"\"d' | cat" <<'END'
expect go
wait 0.5
send \x1a
expect Stopped
wait 1
send fg\n
expect end
expect prompt> 
send exit 5\n
END
) || fail "a pipeline: $got"
# In the background it may not read.
got=$(talk shell "reprise replay -q $RUN -- sh -c \
'sleep 1; echo g\"\"o; read x; echo got \$x' &" <<'END'
expect prompt> 
expect go
wait 0.5
send \n
expect Stopped
send fg\n
wait 0.5
mode raw
send line\n
expect got line
expect prompt> 
send exit 5\n
END
) || fail "in the background: $got"
# Job control inside.
conversation 'exit 3' shell "bash --norc" <<'END'
expect bash-
send sleep 100\n
wait 1
send \x1a
expect Stopped
send fg\n
wait 1
send \x03
expect bash-
send exit 3\n
expect prompt> 
send exit $?\n
END
# The same when it is traced: nobody waits for ever.
got=$(talk shell "reprise replay -q --trace $RUN -- sh -c \
'echo g\"\"o; read x; echo got \$x'" <<'END'
expect go
wait 0.5
send \x1a
expect Stopped
send fg\n
wait 0.5
send line\n
expect got line
expect prompt> 
send exit 5\n
END
) || fail "traced: $got"
