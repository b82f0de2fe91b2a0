# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 1800
# Many processes, many threads: none is missed, the recorder's memory grows
# with what it records and nothing else, and a pid that is used again is
# another process. REPRISE_TEST_FULL=1: 100,000 processes and 10,000 threads.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

forks=3000 execs=500 threads=1000
[ -z "${REPRISE_TEST_FULL-}" ] || forks=100000 execs=100000 threads=10000
mkdir names

# many WHAT N BYTES: each costs the recorder at most so many bytes.
many() {
	capture_ok -q "$PROBES/many" "$1" "$2" "$PWD/names"
	read -r first last <"$T/out"
	each=$(((last - first) * 1024 / ($2 - $2 / 10)))
	echo "$2 $1: the recorder has $last KiB, $each bytes more for each"
	# One page of the arena more or less.
	[ $(((last - first - 1024) * 1024)) -le $(($3 * $2)) ] ||
		fail "the recorder grew from $first to $last KiB"
	manifest_complete
	reprise show --files "$RUN" >"$T/files"
	got=$(grep -c "path: \"$PWD/names/[0-9]*\", access: \"n\"" "$T/files")
	[ "$got" = "$2" ] || fail "$got of $2 names"
}
many forks $forks 700
manifest_has processes.count $((forks + 1))
many execs $execs 1500
manifest_has processes.count $((execs + 1))
manifest_has processes.items.p2.parent p1
manifest_has "processes.items.p$((execs + 1)).exit_code" 0
many threads $threads 700
manifest_has processes.count 1

# The one that is killed makes no call that would tell its end: only the kernel
# may, and nobody else's end is taken for it.
run "$PROBES/many" reuse "$PWD/names"
[ "$STATUS" != 77 ] || exit 0 # this user may not choose pids
rm "$PWD/names/written"
capture_ok -q "$PROBES/many" reuse "$PWD/names"
manifest_has outputs.0.path "$PWD/names/written"
manifest_has outputs.0.written_by p1
if manifest processes.items.p2.exit_code >"$T/out" 2>&1; then
	[ "$(cat "$T/out")" = 137 ] ||
		fail "the end of another process was taken for that of p2"
fi
