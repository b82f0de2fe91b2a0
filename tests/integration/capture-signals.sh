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
for s in TERM USR1 TERM; do
	kill -s "$s" "$PID"
	sleep 0.3
done
kill -s TERM -- "-$PID"
ends_with 'USR1 1
TERM 3'
# To the command alone: not to be answered by reprise.
start 1
kill -s INT "$(cat ready)"
ends_with 'INT 1'

# All are stopped, and only the process that was started is continued.
start 1
kill -s STOP -- "-$PID"
until [ "$(ps -o stat= -p "$(cat ready)" | cut -c 1 | tr t T)" = T ]; do
	sleep 0.1
done
kill -s CONT "$PID"
kill -s USR1 "$(cat ready)"
ends_with 'USR1 1'

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
