# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2016 # for lib.sh and captured shells
# matrix: users engines
# limit: 200
# capture --log: the command's output goes on when a process of reprise is
# killed, and what was written until then is in the record.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

wait_for() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 150 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}
has_line() {
	grep -qsx "$1" "$2"
}
# Children of the keeper: the recorder has the command as its child, relays
# have none.
find_processes() {
	relays='' recorder=''
	for p in $(ps -o pid= --ppid "$keeper"); do
		if [ -n "$(ps -o pid= --ppid "$p")" ]; then
			recorder=$p
		else
			relays="$relays $p"
		fi
	done
}
# begin: a command that copies its standard input, line by line, to both; the
# caller reads through pipes.
begin() {
	rm -f in out err out.fifo err.fifo "$T/id"
	mkfifo in out.fifo err.fifo
	cat <out.fifo >out &
	cat <err.fifo >err &
	reprise capture -q --log --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" sh -c 'while read -r x; do
			echo "out $x"; echo "err $x" >&2; done; exit 5' \
		<in >out.fifo 2>err.fifo &
	keeper=$!
	exec 3>in
	say one
	find_processes
}
say() {
	echo "$1" >&3
	wait_for has_line "out $1" out
	wait_for has_line "err $1" err
}
end() {
	exec 3>&-
	STATUS=0
	wait "$keeper" || STATUS=$?
	wait
	RUN=$(cat "$T/id")
}
logs_are() {
	for s in out err; do
		got=$(reprise show "$RUN:/dev/std$s" | tr '\n' ' ')
		want=$(printf "$s %s " "$@")
		[ "$got" = "$want" ] || fail "std$s: '$got'"
	done
}

# Both relays are killed, more than once: other ones take their place.
begin
[ "$(echo "$relays" | wc -w)" = 2 ] || fail "relays: $relays"
for x in two three; do
	# shellcheck disable=SC2086 # a list of numbers
	kill -KILL $relays
	before=$relays
	say $x
	find_processes
	[ "$(echo "$relays" | wc -w)" = 2 ] || fail "relays: $relays"
	[ "$relays" != "$before" ] || fail "the relays live"
done
end
[ "$STATUS" = 5 ] || fail "status $STATUS"
logs_are one two three
[ "$(reprise show --json "$RUN" | json_value completeness.gaps.0.kind)" = \
	stdin ] || fail "gaps: $(manifest completeness.gaps)"
[ "$(manifest "completeness.gaps.#")" = 1 ] || fail "there are more gaps"

# They are stopped: somebody sees it, and they go on.
begin
# shellcheck disable=SC2086
kill -STOP $relays
say two
end
[ "$STATUS" = 5 ] || fail "status $STATUS"
logs_are one two

# The recorder is killed: under notify the command goes on, and so do its logs.
begin
kill -KILL "$recorder"
if [ "$REPRISE_TEST_BACKEND" = notify ]; then
	say two
	end
	[ "$STATUS" = 5 ] || fail "status $STATUS"
	manifest_has run.status incomplete
	logs_are one two
else
	end
	[ "$STATUS" = 137 ] || fail "status $STATUS"
	logs_are one
fi

# All are killed at once: the next command freezes what there was.
begin
command=$(ps -o pid= --ppid "$recorder" | head -n 1 | tr -d ' ')
# shellcheck disable=SC2086 # lists of numbers
for signal in STOP KILL; do
	kill -s $signal $keeper $recorder $relays $command 2>/dev/null || :
done
end
gone() {
	! kill -0 "$recorder" 2>/dev/null
}
wait_for gone
# What hashes ahead ends by itself, when it gets to run.
frozen() {
	! reprise list | grep -q ' running '
}
wait_for frozen
manifest_has run.status killed
logs_are one

# A reader that does not read holds the end up, as it would hold the command's
# last write up; a signal ends the waiting, and the record is there.
mkfifo stuck
exec 4<>stuck
rm -f "$T/id"
# shellcheck disable=SC2016 # for the captured shell
reprise capture -q --log --backend "$REPRISE_TEST_BACKEND" \
	--id-file "$T/id" sh -c 'echo $$ >pid; exec head -c 90000 /dev/zero' \
	>stuck &
keeper=$!
wait_for test -s pid
ended() {
	! kill -0 "$(cat pid)" 2>/dev/null
}
wait_for ended
kill -0 "$keeper" || fail "the end came before the output"
kill -TERM "$keeper"
wait "$keeper" || fail "status $?"
exec 4>&-
RUN=$(cat "$T/id")
# Its recorder may be on its way out.
finished() {
	reprise finish "$RUN" 2>/dev/null
}
wait_for finished
manifest_has run.exit_code 0
manifest_has outputs./dev/stdout.role log
