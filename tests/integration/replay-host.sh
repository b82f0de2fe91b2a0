# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# limit: 300
# Nothing on the host changes by a replay, whatever the command does: path,
# inode, size, mode, time of the last change.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# What only an administrator changes, and all of this test's own but the store,
# the cache and these listings. Homes, /tmp and /var belong to others, who may
# be at work now.
listing() {
	ls -a /
	for start in /bin /boot /etc /lib /lib64 /opt /sbin /srv /usr "$T"; do
		find "$start" \( -path "$T/store" -o -path "$T/cache" \
			-o -path "$T/listing-*" -o -path "$T/out" \
			-o -path "$T/err" -o -path "$T/result.json" \) -prune \
			-o -path "$T" -o -printf '%i %p %C@ %s %m %U %G %l\n' \
			2>/dev/null || :
	done
}
unchanged() {
	listing >"$T/listing-after"
	diff "$T/listing-before" "$T/listing-after" >"$T/listing-changes" ||
		fail "the host has changed: $(head -n 20 "$T/listing-changes")"
}

# It writes, appends, truncates, renames, links, removes, makes directories,
# changes modes and times, in its directory and where only root may.
mkdir dir other
echo data >data
echo data >dir/data
echo other >other/data
cat >script <<'END'
echo new >new
echo more >>data
: >dir/data
chmod 0600 dir/data script
mv other renamed
ln data linked
ln -s data symbolic
mkdir made
rm -f dir/data
touch -d 2001-01-01 data .
for d in / /etc /usr /usr/bin /usr/lib /opt /srv /tmp /boot; do
	echo canary >$d/reprise-canary
	touch $d
done
echo x >>/etc/ld.so.cache
chmod 0777 "$0" /usr/bin/touch /etc /usr/bin
rm -f /usr/bin/mv
test -e new
END
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'cat data dir/data other/data script; ls . dir
	for c in mv ln mkdir rm touch chmod; do "$c" --version; done
	echo more >>data; exec 2>&-'
listing >"$T/listing-before"
[ "$(wc -l <"$T/listing-before")" -gt 1000 ] || fail "the listing is short"
grep -q " $T/cwd/dir/data [0-9]" "$T/listing-before" || fail "not all of it"

replay_ok -o "$T/listing-of-output" "$RUN" -- sh ./script
# It did happen, elsewhere.
[ -e "$T/listing-of-output$PWD/new" ] || fail "the command wrote nothing"
[ -e "$T/listing-of-output$PWD/renamed/data" ] || fail "nothing was renamed"
[ "$(id -u)" != 0 ] || [ -e "$T/listing-of-output/reprise-canary" ] ||
	fail "root wrote nothing to /"
rm -rf "$T/listing-of-output"
unchanged

# The recorded command, too, and one that is killed half-way.
replay_same
unchanged
replay_fails 137 "$RUN" -- sh -c '. ./script; kill -9 $$'
unchanged
[ ! -e /reprise-canary ] || fail "/reprise-canary"
