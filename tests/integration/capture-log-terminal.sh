# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2016 # for lib.sh and captured shells
# matrix: users engines
# limit: 200
# capture --log on a terminal: the command has one, with its size and settings,
# the caller's gets the same bytes, and keys and job control are as ever.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

here=$REPRISE_TEST_TREE/tests/integration
logged="reprise capture -q --log --backend $REPRISE_TEST_BACKEND --id-file $T/id"

# same COMMAND...: the terminal sees no difference; TEXT is what it got.
same() {
	"$PYTHON" "$here/log_terminal.py" "$@" >bare || fail "bare: $*"
	# shellcheck disable=SC2086 # a command's words
	"$PYTHON" "$here/log_terminal.py" $logged "$@" >got || fail "$*"
	diff -u bare got || fail "the terminal is different: $*"
	RUN=$(cat "$T/id")
}

same "$PYTHON" -c 'import os, sys
print([os.isatty(i) for i in range(3)], os.get_terminal_size(1))
sys.stdout.flush()
os.write(2, b"error\n\xff\x00 raw bytes\n")
print("progress\rmore", end="")
sys.exit(3)'
grep -q '\[True, True, True\] .*columns=77, lines=33.* 3$' bare ||
	fail "bare: $(cat bare)"
# In the order of writing, as the command wrote them.
reprise show "$RUN:/dev/stdout" >log
printf "[True, True, True] os.terminal_size(columns=77, lines=33)
error\n\377\000 raw bytes\nprogress\rmore" >wanted
same_file log wanted
manifest_has outputs./dev/stdout.role log
manifest_has command.stdout.kind tty
manifest_has 'outputs.#' 1
manifest_complete

# Settings made on one descriptor are those of all, and stay.
same "$PYTHON" -c 'import os, termios, tty
def all_same():
    settings = [termios.tcgetattr(i) for i in range(3)]
    return settings[0] == settings[1] == settings[2]
print(all_same(), os.tcgetpgrp(1) == os.getpgrp())
raw = termios.tcgetattr(2)
tty.setraw(1)
os.write(1, b"raw\n")
print(all_same(), end="\r\n", flush=True)
termios.tcsetattr(2, termios.TCSADRAIN, raw)
echo = termios.tcgetattr(1)
echo[3] &= ~termios.ECHO
termios.tcsetattr(1, termios.TCSAFLUSH, echo)
print(all_same(), not termios.tcgetattr(0)[3] & termios.ECHO)
'
grep -q 'True True.*True.*True True' bare || fail "bare: $(cat bare)"
# A full-screen program, by the library that most of them use.
same env TERM=vt100 "$PYTHON" -c 'import curses
def main(screen):
    screen.addstr(5, 5, "%d x %d" % screen.getmaxyx())
    screen.refresh()
curses.wrapper(main)'
grep -q '33 x 77' bare || fail "bare: $(cat bare)"
# A new size is there when the signal is.
same "$PYTHON" -c 'import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print("resize", flush=True)
signal.sigwait([signal.SIGWINCH])
print(os.get_terminal_size(1), os.get_terminal_size(2))'
grep -q 'columns=50, lines=20.*columns=50, lines=20' bare || fail "$(cat bare)"
# A stream that is no terminal stays none.
same sh -c 'test -t 1 && ! test -t 2 && echo "out $(tty)"' 2>/dev/null

talk() {
	got=$("$PYTHON" "$here/terminal.py" "$2" "$logged -- $3") ||
		fail "$3: $got"
	[ "$got" = "$1" ] || fail "$3: '$got'"
}
# Keys: Ctrl-C, a line, the end of input; and a shell's job control.
talk 'signal 2' run "sh -c 'echo go; exec sleep 20'" <<'END'
expect go
send \x03
END
talk 'exit 0' run "sh -c 'test -t 0 && test -t 1 && test -t 2 && cat'" <<'END'
send hello\n
expect hello
expect hello
send \x04
END
[ "$(reprise show @:/dev/stdout)" = hello ] || fail "the log of a conversation"
talk 'exit 5' shell "sh -c 'echo st\"\"art; read x; echo got \$x'" <<'END'
expect start
send \x1a
expect Stopped
expect prompt> 
wait 0.5
send fg\n
wait 0.5
send line\n
expect got line
expect prompt> 
send exit 5\n
END
[ "$(reprise show @:/dev/stdout)" = 'start
got line' ] || fail "the log of a stopped job"
# A shell with jobs of its own, whose terminal is a copy of descriptor 2.
talk 'exit 4' run "bash --norc --noprofile -i" <<'END'
expect prompt> 
send sleep 20\n
wait 0.5
send \x1a
expect Stopped
send jobs\n
expect sleep 20
send fg\n
wait 0.5
send \x03
send echo $((40+2))\n
expect 42
send exit 4\n
END
reprise show @:/dev/stdout | grep -q '^.*42$' || fail "the log of a shell"
# A pipeline whose end is on the terminal: standard error alone is relayed.
talk 'exit 0' shell "sh -c 'echo o\"\"ut; echo e\"\"rr >&2' | cat" <<'END'
expect out
expect prompt> 
send exit 0\n
END
[ "$(reprise show @:/dev/stderr)" = err ] || fail "standard error alone"
[ "$(reprise show @:/dev/stdout)" = out ] || fail "standard output alone"
