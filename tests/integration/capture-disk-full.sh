# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# The store's disk is full: the command is not disturbed, the record says so,
# and what has no room is there by its digest.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

[ -n "${INSIDE-}" ] || unshare --user --map-root-user --mount true 2>/dev/null ||
	[ "$(id -u)" = 0 ] || skip "no user namespaces to mount a small disk in"
if [ -z "${INSIDE-}" ]; then
	export INSIDE=1
	if [ "$(id -u)" = 0 ]; then
		exec unshare --mount sh -eu "$0"
	fi
	exec unshare --user --map-root-user --mount sh -eu "$0"
fi

head -c 8000000 /dev/urandom >large
echo small >small
digest=$(sha256sum large | cut -d ' ' -f 1)
for size in 1500k 6m; do
	mkdir "$T/disk-$size"
	mount -t tmpfs -o size=$size tmpfs "$T/disk-$size"
	REPRISE_STORE=$T/disk-$size/store
	capture_fails 5 -q sh -c 'cat small large small | wc -c; exit 5'
	stdout_is 8000012
	manifest_has completeness.aggregate incomplete
	manifest_has run.exit_code 5
	manifest_has "inputs.$PWD/large.digest" "sha256:$digest"
	manifest_has "inputs.$PWD/large.stored" false
	manifest_has completeness.gaps.no-room.kind no-room
	file_has "$PWD/large" digest "sha256:$digest"
	file_has "$PWD/large" stored false
	# Nothing half written is left.
	[ -z "$(find "$REPRISE_STORE" -size +7000k)" ] || fail "half an object"
	ok reprise verify
	# What the command says reaches the caller; its log ends with the room.
	reprise capture -q --log --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" cat large | cmp - large || fail "the output"
	RUN=$(cat "$T/id")
	manifest_has completeness.gaps.log.detail "a log ends before what the \
command wrote: No space left on device"
	manifest_has outputs./dev/stdout.role log
	reprise show "$RUN:/dev/stdout" >"$T/log" 2>/dev/null ||
		manifest_has outputs./dev/stdout.stored false
	cmp -n "$(manifest outputs./dev/stdout.bytes)" "$T/log" large ||
		[ ! -s "$T/log" ] || fail "the log"
	# The same while the content is preserved, with the command waiting.
	cp large changed
	capture_ok -q "$PROBES/steps" read:changed write:changed
	[ "$(head -c 7 changed)" = WRITTEN ] || fail "the command was disturbed"
	manifest_has completeness.gaps.not-preserved.path "$PWD/changed"
done

# So full that no run can begin: nothing is run.
dd if=/dev/zero of="$T/disk-6m/fill" bs=4k 2>/dev/null || :
: >"$T/disk-6m/fill2" 2>/dev/null || :
rm -f ran
run reprise capture -q --backend "$REPRISE_TEST_BACKEND" sh -c ': >ran'
case $STATUS in
125) [ ! -e ran ] || fail "status 125, and the command ran" ;;
0) [ -e ran ] || fail "status 0, and the command did not run" ;;
*) fail "status $STATUS" ;;
esac
