# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users engines
# Capture inside a user namespace, with and without an id in it, inside a PID
# namespace as its first process, and where /proc is another namespace's.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

unshare -Ur true 2>/dev/null || skip "user namespaces cannot be made"
echo data >input
rm -f "$T/id"

# within ID COMMAND...: captured below COMMAND, where this user has the ID.
within() {
	id=$1
	shift
	rm -rf output "$T/id"
	expect_status 3 "$@" reprise capture -q \
		--backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
		sh -c 'cat input >output; exit 3'
	RUN=$(cat "$T/id")
	manifest_complete
	manifest_has run.user.uid "$id"
	file_has "$PWD/input" access r
	file_has "$PWD/input" stored true
	manifest_has "outputs.$PWD/output.bytes" 5
	# What another namespace's user wrote is read by this one.
	ok reprise show "$RUN:output"
	stdout_is data
}

within 0 unshare -Ur
within 65534 unshare -U
within "$(id -u)" unshare -Uc
within 0 unshare -Urm
within 0 unshare -Urpf --mount-proc
within 0 unshare -Ur unshare -Ur
replay_same

# As the first process of a PID namespace, as in `docker run`: it would ignore
# what it has no handler for.
rm -f ready
unshare -Urpf --mount-proc reprise capture -q \
	--backend "$REPRISE_TEST_BACKEND" "$PROBES/signals" ready 1 \
	>"$T/out" 2>"$T/err" &
tries=0
until [ -s ready ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || fail "the command did not start"
	sleep 0.1
done
kill -s TERM "$(ps -o pid= --ppid $!)"
wait
stdout_is 'TERM 1'
stderr_is ''

# Process ids of another namespace would name other processes; and without
# /proc there are none.
remedy='; remedy: mount -t proc proc /proc (unshare(1) has --mount-proc)'
expect_status 125 unshare -Urpf reprise capture sh -c 'echo ran >ran'
stderr_is "reprise: /proc belongs to another PID namespace$remedy"
# AddressSanitizer needs /proc itself.
if ! grep -q __asan_init "$(command -v reprise)"; then
	expect_status 125 unshare -Urm sh -c 'mount -t tmpfs none /proc
		exec reprise capture sh -c "echo ran >ran"'
	stderr_is "reprise: /proc is not mounted$remedy"
fi
[ ! -e ran ] || fail "the command has run"
