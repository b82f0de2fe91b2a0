# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users engines
# limit: 200
# A signal to reprise, or to everybody, reaches the command exactly once.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# start N COMMAND...: captured in a process group of its own; PID is reprise.
start() {
	rm -f ready
	n=$1
	shift
	setsid "$@" reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$PROBES/signals" ready "$n" \
		>"$T/out" 2>"$T/err" &
	PID=$!
	tries=0
	until [ -s ready ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "the command did not start"
		sleep 0.1
	done
	# Which of the two forked first does not matter: kill(1) by name of
	# the leader of the new session.
	PID=$(ps -o sid= -p "$(cat ready)" | tr -d ' ')
}
# got N: the command has it, so that the next one is another one.
got() {
	tries=0
	until [ "$(wc -c <ready.got)" -ge "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || fail "signal $1 has not arrived"
		sleep 0.05
	done
}
ends_with() {
	wait
	stdout_is "$1"
	stderr_is ''
}

# To reprise alone, as a scheduler or `timeout` does it.
for s in TERM INT HUP USR1 WINCH; do
	start 1
	kill -s "$s" "$PID"
	ends_with "$s 1"
done
# To every process of the group, as a terminal or `kill -TERM -- -PGID`.
for s in TERM INT QUIT USR2; do
	start 1
	kill -s "$s" -- "-$PID"
	ends_with "$s 1"
done
# One after the other.
start 4
n=0
for s in TERM USR1 TERM; do
	kill -s "$s" "$PID"
	got $((n += 1))
done
kill -s TERM -- "-$PID"
ends_with 'USR1 1
TERM 3'
# To the command alone: not to be answered by reprise.
start 1
kill -s INT "$(cat ready)"
ends_with 'INT 1'

# To every process of the session, each by its number, as schedulers do it that
# look for them in /proc; whoever comes first.
every() {
	signal=$1
	shift
	for p in $(ps -o pid= --sid "$PID" | sort -n "$@"); do
		kill -s "$signal" "$p"
	done
}
start 1
every TERM
ends_with 'TERM 1'
start 1
every INT -r
ends_with 'INT 1'
start 3
n=0
for s in USR1 USR2 USR1; do
	every $s
	got $((n += 1))
done
ends_with 'USR1 2
USR2 1'
# One that only the recorder was told says nothing about a later one.
start 1
kill -s TERM "$(pgrep -P "$PID")"
sleep 2.5
kill -s TERM "$PID"
ends_with 'TERM 1'

# The recorder is lost: no signal is, and none comes twice.
if [ "$REPRISE_TEST_BACKEND" = notify ]; then
	for how in alone group every; do
		start 2
		recorder=$(pgrep -P "$PID")
		kill -KILL "$recorder"
		# The stand-in is there, and the command the keeper's child.
		until [ "$(pgrep -c -P "$PID")" = 2 ]; do sleep 0.05; done
		n=0
		for s in TERM USR1; do
			case $how in
			alone) kill -s "$s" "$PID" ;;
			group) kill -s "$s" -- "-$PID" ;;
			every) every "$s" ;;
			esac
			got $((n += 1))
		done
		wait
		stdout_is 'USR1 1
TERM 1'
	done
fi

# All are stopped, with what hashes ahead, and only the process that was started
# is continued.
start 1
until pgrep -s "$PID" ahead >/dev/null; do sleep 0.05; done
kill -s STOP -- "-$PID"
until [ "$(ps -o stat= -p "$(cat ready)" | cut -c 1 | tr t T)" = T ]; do
	sleep 0.1
done
kill -s CONT "$PID"
kill -s USR1 "$(cat ready)"
ends_with 'USR1 1'

# What ends one stop does not end the next one.
# shellcheck disable=SC2016 # for the captured shell
how=$("$PYTHON" "$REPRISE_TEST_TREE/tests/integration/status_of.py" \
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
	sh -c 'for s in STOP TSTP STOP STOP; do kill -s $s $$; done; exit 3')
[ "$how" = 'stops 4, exit 3' ] || fail "stops itself: $how"

# Without a handler both end as the signal says.
how=$("$PYTHON" "$REPRISE_TEST_TREE/tests/integration/status_of.py" \
	timeout --foreground -s TERM 1 \
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" sleep 30)
[ "$how" = 'exit 124' ] || fail "timeout: $how"
how=$("$PYTHON" "$REPRISE_TEST_TREE/tests/integration/status_of.py" \
	timeout --preserve-status -s INT 1 \
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
	--id-file "$T/id" sleep 30)
[ "$how" = 'exit 130' ] || [ "$how" = 'signal 2' ] || fail "timeout: $how"
RUN=$(cat "$T/id")
manifest_has run.signal SIGINT
manifest_has run.status failed

# Ignored by the caller (nohup): neither reprise nor the command ends.
# shellcheck disable=SC2016 # for the captured shell
nohup reprise capture -q --backend "$REPRISE_TEST_BACKEND" sh -c '
	echo >started
	until [ -e stop ]; do sleep 0.1; done; echo end' >"$T/out" 2>"$T/err" &
until [ -e started ]; do sleep 0.1; done
kill -s HUP $!
sleep 0.3
: >stop
wait $! || fail "status $? after a signal that is ignored"
stdout_is end
