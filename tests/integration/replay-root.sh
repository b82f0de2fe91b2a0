# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines roots
# The root of a replay lists exactly the paths of the manifest, besides /proc,
# /dev and /sys.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# The run lists, looks, reads, looks for what is not there, makes, changes,
# renames, removes; and has the probe among its files.
mkdir -p listed/deep seen/unlisted empty moved
echo one >listed/one
echo two >listed/deep/two
echo three >seen/three
echo not opened >listed/closed
echo far >moved/far
ln -s one listed/link
ln -s nowhere listed/dangling
ln listed/one listed/hard
mkfifo listed/fifo
echo changed >changed
echo removed >removed
echo untouched >seen/unlisted/untouched
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c '
	ls listed listed/deep empty; cat listed/link listed/deep/two seen/three
	cat listed/absent 2>/dev/null; echo made >made; mkdir dir; echo x >dir/x
	echo more >>changed; rm removed; mv moved gone; "$0" empty' \
	"$PROBES/walk"
manifest_complete

ok reprise show --files "$RUN"
"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/staged.py" <"$T/out" \
	>"$T/staged"
grep -q "^file $PWD/listed/one\$" "$T/staged" || fail "no row of a file"
grep -q "^file $PWD/listed/closed\$" "$T/staged" || fail "no unopened row"
grep -q "^file $PWD/removed\$" "$T/staged" || fail "no removed row"
# What nobody looked at is in no row.
if grep -q untouched "$T/staged"; then fail "a row of what was not touched"; fi
if grep -q "$PWD/made" "$T/staged"; then fail "what the run made was there"; fi

# Somewhere else: what is here now does not count.
mv "$T/cwd" "$T/gone"
mkdir "$T/cwd"
cd "$T/cwd" || exit
replay_ok "$RUN" -- "$PROBES/walk" /
# Of the sandbox's own file systems, only where they are.
LC_ALL=C sort "$T/out" >"$T/walked"
diff -u "$T/staged" "$T/walked" || fail "the root is not what was recorded"
[ "$(wc -l <"$T/walked")" -gt 30 ] || fail "the root is too small"

# The mounts tell of no directory of this host.
cat >mounts.sh <<'END'
while read -r line; do echo "$line"; done </proc/self/mountinfo
END
capture_ok -q sh mounts.sh
replay_ok "$RUN"
stdout_has ' / / '
if grep -e "$REPRISE_STORE" -e "${XDG_CACHE_HOME:-$HOME}" -e "$T" "$T/out"; then
	fail "the mounts tell where the store or the scratch lies"
fi
