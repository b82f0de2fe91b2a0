# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# A recorder that is stopped, or frozen for good, does not hold the command.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

cat >loop.sh <<'EOS'
i=0
while [ $i -lt 200 ]; do
	cat /etc/hostname >/dev/null
	i=$((i + 1))
	[ $i != 50 ] || : >started
done
exit 42
EOS
# start: KEEPER and RECORDER of a command that is at work.
start() {
	rm -f started
	reprise capture --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
		sh loop.sh >"$T/out" 2>"$T/err" &
	KEEPER=$!
	until [ -e started ]; do sleep 0.05; done
	RECORDER=$(pgrep -P $KEEPER) || fail "the recorder is not there"
}
# ends STATUS
ends() {
	STATUS=0
	wait $KEEPER || STATUS=$?
	[ $STATUS = "$1" ] || fail "status $STATUS instead of $1"
	# shellcheck disable=SC2034 # for manifest_has
	RUN=$(cat "$T/id")
}

# Stopped once: the keeper continues it, and so nothing is missed.
start
kill -STOP "$RECORDER"
ends 42
manifest_has run.status failed
manifest_has completeness.aggregate complete

# Stopped again as soon as it goes on: the command goes on without it, or
# (ptrace) with what it gets.
start
touch stopping
while [ -e stopping ] && kill -STOP "$RECORDER" 2>/dev/null; do
	sleep 0.02
done &
stopper=$!
if [ "$REPRISE_TEST_BACKEND" = notify ]; then
	ends 42
	stderr_has 'the recorder does not answer'
	manifest_has run.status incomplete
	manifest_has run.exit_code 42
	manifest_has completeness.gaps.recorder-lost.kind recorder-lost
else
	sleep 1
	rm -f stopping
	ends 42
	manifest_has completeness.aggregate complete
fi
rm -f stopping
wait $stopper

# A frozen control group, as batch systems and container engines suspend jobs:
# version 2 lets SIGKILL through, version 1 does not.
[ "$(id -u)" = 0 ] || exit 0
[ "$REPRISE_TEST_BACKEND" = notify ] || exit 0
trap 'exit 143' TERM
for root in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/freezer; do
	group=$root/reprise-test-$$
	mkdir "$group" 2>/dev/null || continue
	trap 'echo 0 >$group/cgroup.freeze || echo THAWED >$group/freezer.state
		kill -KILL $RECORDER; sleep 0.2
		rmdir $group' EXIT 2>/dev/null
	if [ -e "$group/cgroup.freeze" ]; then
		file=cgroup.freeze off=0 on=1
	elif [ -e "$group/freezer.state" ]; then
		file=freezer.state off=THAWED on=FROZEN
	else
		rmdir "$group"
		trap - EXIT
		continue
	fi
	echo "frozen by $group/$file"
	start
	echo "$RECORDER" >"$group/cgroup.procs"
	echo "$on" >"$group/$file"
	ends 42
	stderr_has 'the recorder does not answer'
	echo "$off" >"$group/$file"
	# One that SIGKILL could not reach held its journal until now.
	until ! kill -0 "$RECORDER" 2>/dev/null; do sleep 0.05; done
	ok reprise list
	manifest_has run.status incomplete
	manifest_has run.exit_code 42
	trap - EXIT
	rmdir "$group"
done
