# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# All processes of a job are killed under load: the next command on the store
# freezes the run, with everything that was seen until then.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# start: a job in a session of its own that prints what it opens; JOB is its
# leader, the keeper.
start() {
	rm -rf names
	mkdir names
	: >"$T/names.out"
	setsid reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$PROBES/load" "$PWD/names" 3 1000000 \
		>"$T/names.out" 2>"$T/err" &
	until [ "$(wc -l <"$T/names.out")" -gt 500 ]; do sleep 0.02; done
	RUN=$(cat "$T/id")
	JOB=$(ps -o sid= -p "$(pgrep -f "^$PROBES/load $PWD/names" |
		head -n 1)" | tr -d ' ')
	members
	[ "$(echo "$all" | wc -l)" -ge 6 ] || fail "a job of: $all"
}
members() {
	all=$(ps -o pid= --sid "$JOB" || :)
}
# frozen STATUS|any: by the next command; every name that was printed is there.
frozen() {
	wait
	until members && [ -z "$all" ]; do sleep 0.05; done
	[ ! -e "$REPRISE_STORE/runs/$RUN/manifest.yaml" ] || early=yes
	ok reprise list
	case $1 in
	any) manifest_has completeness.aggregate incomplete ;;
	*) manifest_has run.status "$1" ;;
	esac
	reprise show --files "$RUN" |
		sed -n 's/^- {path: "\([^"]*\)".*/\1/p' | sort >"$T/recorded"
	sort "$T/names.out" >"$T/printed"
	lost=$(comm -23 "$T/printed" "$T/recorded")
	[ -z "$lost" ] || fail "not in the record: $(echo "$lost" | head -n 3)"
	ok reprise verify
}

early=no
start
kill -s KILL -- "-$JOB"
frozen killed
manifest_has completeness.gaps.killed.kind killed
[ $early = no ] || fail "somebody has lived on"

# As an OOM kill of a whole control group does it.
group=/sys/fs/cgroup/unified
[ -e $group/cgroup.procs ] || group=/sys/fs/cgroup
group=$group/reprise-test-$$
if [ "$(id -u)" = 0 ] && mkdir "$group" 2>/dev/null; then
	trap 'rmdir "$group"' EXIT
	if [ -e "$group/cgroup.kill" ]; then
		start
		for pid in $all; do
			echo "$pid" >"$group/cgroup.procs"
		done
		echo 1 >"$group/cgroup.kill"
		frozen killed
	fi
fi

# One after the other, the recorder first: whoever is left may do its part.
start
keeper=$JOB
recorder=$(pgrep -P "$keeper")
# What the command does without its recorder is not recorded.
cp "$T/names.out" "$T/names.before"
for pid in $recorder $keeper $all; do
	kill -KILL "$pid" 2>/dev/null || :
done
until members && [ -z "$all" ]; do
	# shellcheck disable=SC2086 # a list of numbers
	kill -KILL $all 2>/dev/null || :
done
wait
cp "$T/names.before" "$T/names.out"
frozen any
