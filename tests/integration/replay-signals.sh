# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# limit: 200
# A signal to `reprise replay`, or to everybody, reaches the replayed command
# exactly once; Ctrl-C does on a terminal; what is ignored stays ignored.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# The recorded one waits for no signal, and has the other commands' files.
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c '"$0" ready 0; sleep 0; echo 0 | { read -r x; }' \
	"$PROBES/signals"

# start N: replays the probe in a process group of its own; GROUP is its id.
start() {
	setsid reprise replay -q "$RUN" -- "$PROBES/signals" ready "$1" \
		>"$T/out" 2>"$T/err" &
	GROUP=$!
	tries=0
	until handles TERM; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || fail "the command did not start"
		sleep 0.05
	done
}
# The file READY lies in the replay; so: has one of the group a handler of
# SIGTERM?
handles() {
	for p in $(ps -o pid= -g "$GROUP"); do
		caught=$(sed -n 's/^SigCgt:\t//p' "/proc/$p/status" 2>/dev/null)
		case $caught in *[4-7c-f]???) return 0 ;; esac
	done
	return 1
}
ends_with() {
	wait "$GROUP" || :
	stdout_is "$1"
	stderr_is ''
}

# To reprise alone, as a scheduler or `timeout` does it.
for s in TERM INT HUP USR1; do
	start 1
	kill -s "$s" "$GROUP"
	ends_with "$s 1"
done
# To every process of the group.
for s in TERM INT QUIT USR2; do
	start 1
	kill -s "$s" -- "-$GROUP"
	ends_with "$s 1"
done
start 4
for s in TERM USR1 TERM; do
	kill -s "$s" -- "-$GROUP"
	sleep 0.2
done
kill -s TERM "$GROUP"
ends_with 'USR1 1
TERM 3'

# Without a handler it is the command's end, and said with its status.
run timeout -s TERM 2 reprise replay -q "$RUN" -- sleep 30
[ "$STATUS" = 124 ] || fail "timeout: $STATUS"
run timeout --preserve-status -s INT 2 \
	reprise replay -q --result "$T/result.json" "$RUN" -- sleep 30
[ "$STATUS" = 130 ] || fail "timeout: $STATUS"
result_has exit.replayed_signal SIGINT
# When reprise is killed, nothing of it is left (run-one.sh looks).
run timeout -s KILL 2 reprise replay -q "$RUN" -- sleep 30
[ "$STATUS" = 137 ] || fail "timeout: $STATUS"

# nohup: neither reprise nor the command ends.
# shellcheck disable=SC2016 # for the replayed shell
nohup reprise replay -q "$RUN" -- sh -c 'kill -HUP $$; sleep 2; echo end' \
	>"$T/out" 2>"$T/err" &
sleep 1
kill -s HUP $!
wait $! || fail "status $? after a signal that is ignored"
stdout_is end
