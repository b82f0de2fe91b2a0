# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# A large input that is opened for writing: its bytes go to the disk, where the
# scratch directory is, and not to the tmpfs that the root is built on.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

SCRATCH=$XDG_CACHE_HOME/reprise/scratch
mkdir "$T/sync"
[ "$(stat -f -c %T "$T")" != tmpfs ] ||
	skip "the cache is on a tmpfs here"

head -c 64M /dev/urandom >large
echo old >changed
capture_ok -q sh -c 'wc -c <large; echo new >>changed; cat changed'

# paused PATH SCRIPT [OPTIONS]: while a replay waits after SCRIPT, what the
# scratch directory has of PATH is looked at: MIB is its size on the disk.
paused() {
	path=$1
	script=$2
	shift 2
	rm -f "$T/sync"/*
	mkfifo "$T/sync/ready" "$T/sync/go"
	# shellcheck disable=SC2016 # for the replayed shell
	reprise replay -v "$T/sync:/sync" "$@" "$RUN" -- sh -c "$script"'
		echo ready >/sync/ready; read -r _ </sync/go
		wc -c <'"$path" >"$T/out" 2>"$T/err" &
	# Should it fail, nobody else writes.
	timeout 60 cat "$T/sync/ready" >"$T/ready"
	[ -s "$T/ready" ] || fail "the replay does not run"
	set -- "$SCRATCH"/*/upper"$PWD/$path"
	[ -f "$1" ] || fail "nothing of '$path' is on the disk"
	set -- "$(du -m "$1")" "$(stat -f -c %T "$1")"
	MIB=${1%%[!0-9]*}
	TYPE=$2
	echo go >"$T/sync/go"
	wait $! || fail "the replay failed"
	[ "$TYPE" != tmpfs ] || fail "'$path' is in memory"
}

# Only read by the run, and written to by another command.
paused large 'exec 3<>large; echo x >&3; exec 3>&-;'
[ "$MIB" -ge 64 ] || fail "only $MIB MiB are on the disk"
stdout_has '^67108864$'
# Changed by the run: it is there from the beginning. A hole takes no room.
truncate -s 1G "$T/sparse"
echo end >>"$T/sparse"
paused changed '' --input changed="$T/sparse"
[ "$MIB" -lt 32 ] || fail "$MIB MiB of holes are on the disk"
stdout_has '^1073741828$'
[ -z "$(ls -A "$SCRATCH")" ] || fail "something is left"

# Where there is no other place, it is told: a tmpfs has user xattrs since 6.6.
if [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
	memory=$(mktemp -d /dev/shm/reprise-test.XXXXXX)
	trap 'rm -rf "$memory"' EXIT
	ok env XDG_CACHE_HOME="$memory" reprise replay "$RUN"
	stderr_has "'$memory/.*'\\(, which is in memory\\|.* cannot hold\\)"
fi
