# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 200
# The command is not disturbed by what happens to its record, and what was
# recorded until then is kept: full disks, killed recorders, left daemons.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# wait_for CONDITION...
wait_for() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 150 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}
gone() {
	! kill -0 "$1" 2>/dev/null
}
session_gone() {
	[ -z "$(ps -o pid= --sid "$session")" ]
}
echo first >early
echo second >late

# Everything but the command is killed: notify lets it finish, ptrace cannot.
# shellcheck disable=SC2016 # for the captured shell
reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
	sh -c 'cat early; : >started; until [ -e go ]; do sleep 0.1; done
	cat late; exit 7' >"$T/out" 2>"$T/err" &
keeper=$!
wait_for test -e started
recorder=$(ps -o pid= --ppid "$keeper" | tr -d " ")
command=$(ps -o pid= --ppid "$recorder" | head -n 1 | tr -d " ")
kill -KILL "$recorder"
: >go
STATUS=0
wait "$keeper" || STATUS=$?
RUN=$(cat "$T/id")
if [ "$REPRISE_TEST_BACKEND" = notify ]; then
	[ "$STATUS" = 7 ] || fail "status $STATUS after the recorder's death"
	stdout_is 'first
second'
	manifest_has run.status incomplete
	manifest_has run.exit_code 7
	manifest_has completeness.gaps.recorder-lost.kind recorder-lost
else
	[ "$STATUS" = 137 ] || fail "status $STATUS after the tracer's death"
	wait_for gone "$command"
fi
stderr_has '^reprise: the recorder was lost'
manifest_has completeness.aggregate incomplete
file_has "$PWD/early" access r
[ "$(reprise show "$RUN:early")" = first ] || fail "early"
file_absent "$PWD/late"

# All are killed at once, as by an OOM kill of a job: the next command freezes
# what was recorded.
rm -f started go
# shellcheck disable=SC2016
setsid reprise capture -q --backend "$REPRISE_TEST_BACKEND" -n killed \
	--id-file "$T/id" sh -c 'cat early >copy; rm early
	: >started; exec sleep 30' >"$T/out" 2>"$T/err" &
wait_for test -e started
RUN=$(cat "$T/id")
[ "$RUN" != "$(reprise list --json | json_value 0.id)" ] ||
	fail "a running run is listed as finished"
session=$(ps -o pid=,args= -e | awk '/sleep 30$/ && !/awk/ { print $1 }' |
	while read -r p; do
		tr '\0' '\n' <"/proc/$p/environ" 2>/dev/null |
			grep -qx "REPRISE_TEST_ID=$REPRISE_TEST_ID" &&
			ps -o sid= -p "$p"
	done | sort -u | tr -d ' ')
[ -n "$session" ] || fail "the session is not there"
# Stopped first, so that none sees another one's end; with its tracer the
# command may be gone before its turn.
all=$(ps -o pid= --sid "$session")
for signal in STOP KILL; do
	# shellcheck disable=SC2086 # a list of numbers
	kill -s $signal $all 2>/dev/null || :
done
wait
wait_for session_gone
ok reprise list
stdout_has "^${RUN%%-*} .* killed "
manifest_has run.status killed
manifest_has completeness.gaps.killed.kind killed
file_has "$PWD/early" access rw
[ "$(reprise show --input "$RUN:early")" = first ] || fail "early after kill"
file_has "$PWD/copy" digest "sha256:$(sha256sum copy | cut -d ' ' -f 1)"
echo first >early

# Only the keeper is killed: the command dies with it, its record does not.
rm -f started go
reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
	sh -c 'cat early; : >started; exec sleep 30' >"$T/out" 2>"$T/err" &
keeper=$!
wait_for test -e started
RUN=$(cat "$T/id")
kill -KILL "$keeper"
wait "$keeper" && fail "the keeper was killed and ended well"
wait_for test ! -e "$REPRISE_STORE/runs/$RUN/journal"
ok reprise show "$RUN"
file_has "$PWD/early" access r

# A daemon that is left behind lives on, undisturbed, and is named.
rm -f started go
# shellcheck disable=SC2016
start=$(date +%s)
capture_ok -q sh -c 'setsid sh -c "
	until [ -e go ]; do sleep 0.1; done
	cat late >copied; exit 0" >/dev/null 2>&1 </dev/null &
	echo $! >pid'
[ $(($(date +%s) - start)) -lt 10 ] || fail "capture waited for the daemon"
manifest_has completeness.aggregate incomplete
got=$(manifest completeness.gaps.left-running.detail)
case $got in *"($(cat pid))"*) ;; *) fail "the daemon is not named: $got" ;; esac
: >go
wait_for test -s copied
same_file late copied
wait_for gone "$(cat pid)"
file_absent "$PWD/late"
