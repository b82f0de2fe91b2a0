# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC3045 # every sh of Debian has these limits
# matrix: users engines roots
# A program that prints what it can find out about itself and its files prints
# the same in capture and replay, and something else when it is run bare on the
# replay's host. tests/probes/facts.c says what.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

"$PYTHON" - <<'END'
import os
import random

os.makedirs("tree/many")
names = ["f%02d" % i for i in range(50)]
random.Random(5).shuffle(names)
for name in names:
    with open("tree/many/" + name, "w") as f:
        f.write(name)
os.makedirs("tree/sub/empty")
modes = {"plain": 0o644, "setuid": 0o4755, "setgid": 0o2755, "secret": 0o400,
         "nobody": 0o777, "sticky": 0o1600, "write-only": 0o622 | 0o400}
for name, mode in modes.items():
    with open("tree/" + name, "w") as f:
        f.write("content of " + name)
    os.chmod("tree/" + name, mode)
for name, mode in {"tree/closed": 0o500, "tree/open": 0o1777,
                   "tree/group": 0o2770}.items():
    os.mkdir(name)
    os.chmod(name, mode)
with open("tree/sparse", "wb") as f:
    f.truncate(3 << 20)
    f.seek(2 << 20)
    f.write(b"island")
open("tree/nothing", "w").close()
with open("tree/hard1", "w") as f:
    f.write("three names")
os.link("tree/hard1", "tree/hard2")
os.link("tree/hard1", "tree/sub/hard3")
os.symlink("plain", "tree/relative")
os.symlink(os.path.abspath("tree/plain"), "tree/absolute")
os.symlink("nowhere/at/all", "tree/dangling")
os.symlink("many", "tree/directory-link")
os.symlink("round", "tree/round")
os.mkfifo("tree/fifo", 0o640)
os.mknod("tree/socket", 0o140700)
open(b"tree/\xff\n'name", "w").close()
times = {"tree/plain": 1234567890123456789, "tree/setuid": 1, "tree/sparse":
         -1500000000, "tree/nobody": 4102444800999999999,
         "tree/sub/empty": 946684800000000001, "tree": 1000000000000000007}
for path, ns in times.items():
    os.utime(path, ns=(ns, ns))
os.utime("tree/dangling", ns=(5, 1600000000000000003), follow_symlinks=False)
END

facts=$PROBES/facts
umask 0137
ulimit -S -n 77
ulimit -S -s 4096
ulimit -S -f 1000000
ulimit -c 0
captured() {
	env PLAIN=plain EMPTY= "SPACED=a b  c" NEWLINE='x
y' reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
		"$facts" one '' 'two  words' "it's" >"$T/captured"
}
captured || fail "capture"
RUN=$(cat "$T/id")
manifest_complete
[ "$(wc -l <"$T/captured")" -gt 110 ] || fail "the probe prints too little"
grep -q '^listing tree/many:.*(50)$' "$T/captured" || fail "no order"
grep -q 'mode 104755' "$T/captured" || fail "no setuid bit"
grep -q '1234567890.123456789' "$T/captured" || fail "no nanoseconds"

# The replay's host is another in all of that.
umask 022
ulimit -S -n 200
ulimit -S -s 2048
ulimit -S -f 900000
mv "$T/cwd" "$T/gone"
# What was absent is there.
mkdir -p "$T/cwd/tree" "$T/cwd/absent"
: >"$T/cwd/absent/deeper"
: >"$T/cwd/tree/absent"
cp -R "$T/cwd" "$T/elsewhere"
cd "$T/elsewhere" || exit
# Its name, too; without root in a namespace in which this user is "root".
own=
[ "$(id -u)" = 0 ] || own=-r
on_another_host() {
	unshare -u $own sh -c 'hostname elsewhere && exec "$@"' sh \
		env -i PATH="$PATH" HOME="$HOME" REPRISE_ROOT="$REPRISE_ROOT" \
		XDG_CACHE_HOME="$XDG_CACHE_HOME" REPRISE_STORE="$REPRISE_STORE" \
		OTHER=1 "$@"
}
on_another_host reprise replay -q --result "$T/result.json" "$RUN" \
	>"$T/out" 2>"$T/err" || fail "replay"
diff -u "$T/captured" "$T/out" || fail "the replay sees something else"
# Twice: B's tree comes from the cache now.
on_another_host reprise replay -q "$RUN" >"$T/out" 2>"$T/err" ||
	fail "replay, again"
diff -u "$T/captured" "$T/out" || fail "the second replay sees something else"

# Bare, each of these facts is another: no line is the same.
as=
[ "$(id -u)" != 0 ] || as="setpriv --reuid 65534 --regid 65534 --clear-groups"
# shellcheck disable=SC2086 # a command's words
(
	ulimit -n 60
	ulimit -s 1024
	ulimit -f 5000
	umask 077
	on_another_host $as taskset -c 0 "$facts" bare >"$T/bare" 2>"$T/err"
) || fail "bare: $(cat "$T/err")"
# Most limits are infinite everywhere, and this machine may have one processor.
grep -v -e '^limit' -e '^cpus: 1$' -e '^argument 0' "$T/captured" >"$T/wanted"
if grep -Fxf "$T/wanted" "$T/bare" >"$T/same"; then
	fail "facts that do not tell a replay: $(cat "$T/same")"
fi
for l in 1 3 7; do
	grep "^limit $l:" "$T/captured" >"$T/wanted"
	if grep -Fxf "$T/wanted" "$T/bare"; then fail "limit $l is the same"; fi
done
