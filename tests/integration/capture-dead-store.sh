# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: engines
# The store's file system stops answering, as that of a server that is gone:
# the recorder hangs in the kernel, where nothing reaches it. The command goes
# on to its end, and its status is passed on.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

[ "$REPRISE_TEST_BACKEND" = notify ] ||
	skip "a tracee cannot go on without its tracer"
if [ -z "${INSIDE-}" ]; then
	[ "$(id -u)" = 0 ] || skip "only root can freeze a file system"
	INSIDE=1 exec unshare --mount sh -eu "$0"
fi
truncate -s 64M "$T/disk"
mkfs.ext4 -q -F "$T/disk" || skip "no mkfs.ext4"
mkdir "$T/mnt"
mount -o loop "$T/disk" "$T/mnt" 2>"$T/err" ||
	skip "no loop device: $(cat "$T/err")"
thaw() {
	fsfreeze -u "$T/mnt" 2>/dev/null || :
}
trap thaw EXIT
trap 'exit 143' TERM
export REPRISE_STORE="$T/mnt/store"

cat >loop.sh <<'EOS'
i=0
while [ $i -lt 300 ]; do
	cat /etc/hostname >/dev/null
	i=$((i + 1))
	[ $i != 50 ] || : >started
	# Its first pages were written to before.
	[ $i != 50 ] || until [ -e frozen ]; do sleep 0.1; done
done
: >ended
exit 42
EOS
reprise capture -q --id-file "$T/id" sh loop.sh >"$T/out" 2>"$T/err" &
keeper=$!
until [ -e started ]; do sleep 0.1; done
fsfreeze -f "$T/mnt"
: >frozen
until [ -e ended ]; do sleep 0.1; done
# The record cannot be frozen now. The keeper would try for two minutes, but
# the scheduler has no patience.
until grep -q 'the recorder does not answer' "$T/err"; do sleep 0.1; done
kill -TERM $keeper
STATUS=0
wait $keeper || STATUS=$?
[ $STATUS = 42 ] || fail "status $STATUS"
stderr_has 'left to the next command'

# The server is back.
thaw
# shellcheck disable=SC2034 # for manifest_has
RUN=$(cat "$T/id")
tries=0
until reprise list >"$T/out" && grep -q " killed " "$T/out"; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || fail "the run is not frozen"
	sleep 0.1
done
file_has /etc/hostname access r
ok reprise verify
umount "$T/mnt"
