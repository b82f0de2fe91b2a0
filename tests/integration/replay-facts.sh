# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC3045 # every sh of Debian has these limits
# matrix: users engines roots
# A program that prints what it can find out about itself, the machine and its
# files prints the same in capture and replay, and something else when it is run
# bare on the replay's host. tests/probes/facts.c and file_facts.c say what.
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
if os.getuid() == 0:
    os.mknod("tree/device", 0o20640, os.makedev(1, 3))
    os.chown("tree/nobody", 65534, 100)
    os.chown("tree/group", 70000, 80000)
open(b"tree/\xff\n'name", "w").close()
try:
    os.setxattr("tree/plain", "user.origin", b"https://example.org/?a=b")
    os.setxattr("tree/plain", "user.bytes", b"\xff\n\\")
    os.setxattr("tree/sub", "user.directory", b"")
except OSError:
    pass
times = {"tree/plain": 1234567890123456789, "tree/setuid": 1, "tree/sparse":
         -1500000000, "tree/nobody": 4102444800999999999,
         "tree/sub/empty": 946684800000000001, "tree": 1000000000000000007}
for path, ns in times.items():
    os.utime(path, ns=(ns, ns))
os.utime("tree/dangling", ns=(5, 1600000000000000003), follow_symlinks=False)
END
printf 'skipped\nread from standard input' >"$T/input"

umask 0137
ulimit -S -n 77
ulimit -S -s 4096
ulimit -S -f 1000000
ulimit -c 0
as=
[ "$(id -u)" != 0 ] || as="setpriv --regid 0 --groups 0,4,27,80000"
# shellcheck disable=SC2086 # a command's words
captured() {
	env PLAIN=plain EMPTY= "SPACED=a b  c" NEWLINE='x
y' TZ=Asia/Kathmandu LC_ALL=C.UTF-8 FILES="$PROBES/file_facts" \
		$as reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@"
}
{
	read -r _
	# shellcheck disable=SC2016 # for the captured shell
	captured sh -c '"$0" "$@" && "$FILES"' \
		"$PROBES/facts" one '' 'two  words' "it's" >"$T/captured" ||
		fail "capture"
} <"$T/input"
RUN=$(cat "$T/id")
manifest_complete
[ "$(wc -l <"$T/captured")" -gt 190 ] || fail "the probe prints too little"
grep -q '^listing tree/many:.*(50)$' "$T/captured" || fail "no order"
grep -q 'mode 104755' "$T/captured" || fail "no setuid bit"
grep -q '1234567890.123456789' "$T/captured" || fail "no nanoseconds"
grep -q '^standard input: read from' "$T/captured" || fail "no standard input"
if [ "$(id -u)" = 0 ]; then
	grep -q '^groups: 0 4 27 80000$' "$T/captured" || fail "no groups"
	grep -q '^file tree/device: mode 20640 .* device 1:3' "$T/captured" ||
		fail "no device"
fi
captured "$PROBES/file_facts" others >"$T/captured-others" || fail "capture"
others=$(cat "$T/id")

# The replay's host is another in all of that.
umask 022
ulimit -S -n 200
ulimit -S -s 2048
ulimit -S -f 900000
cp "$PROBES/facts" "$T/bare-facts"
cp "$PROBES/file_facts" "$T/bare-files"
mv "$T/cwd" "$T/gone"
echo other >"$T/input"
# What was absent is there.
mkdir -p "$T/cwd/tree/nowhere/at" "$T/cwd/absent"
: >"$T/cwd/tree/nowhere/at/all"
: >"$T/cwd/absent/deeper"
: >"$T/cwd/tree/absent"
cp -R "$T/cwd" "$T/elsewhere"
ln -s nowhere/at/all "$T/elsewhere/tree/dangling"
cd "$T/elsewhere" || exit
# Its name, too; without root in a namespace in which this user is "root".
own=
[ "$(id -u)" = 0 ] || own=-r
# shellcheck disable=SC2120 # it has arguments
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

# What neither way of building the root gives back, and the result says so.
on_another_host reprise replay -q --result "$T/result.json" "$others" \
	>"$T/out" 2>"$T/err" || fail "replay of the others"
for fact in inode change process /proc/self/mountinfo; do
	grep "^$fact:" "$T/captured-others" >"$T/wanted"
	if grep -Fxf "$T/wanted" "$T/out"; then fail "$fact is given back"; fi
done
json_value notes.file-system <"$T/result.json" | grep -q 'inode numbers' ||
	fail "the result does not say what the file system has of its own"
json_value notes.process <"$T/result.json" | grep -q 'process numbers' ||
	fail "the result does not say what the sandbox has of its own"

# Bare, each of these facts is another: no line is the same. The machine's
# files are another machine's.
fake=$T/fake
more=$(nproc --all)
mkdir -p "$fake/cpu/cpu0/topology" "$fake/cpu/cpu0/cache/index0" \
	"$fake/cpu/cpu0/cache/index2" "$fake/node/node0"
for f in online possible present; do
	echo "900-$((900 + more))" >"$fake/cpu/$f"
done
for f in kernel_max cpu0/topology/core_id cpu0/topology/core_siblings_list \
	cpu0/topology/thread_siblings cpu0/topology/physical_package_id \
	cpu0/cache/index0/size cpu0/cache/index2/shared_cpu_list; do
	echo 901 >"$fake/cpu/$f"
done
echo 7 | tee "$fake/node/online" >"$fake/node/node0/cpulist"
i=-1
while [ "$i" -le "$more" ]; do
	printf 'processor\t: 0\nmodel name\t: other\ncpu cores\t: 901\nflags\t: f\n'
	echo "cpu$i" >>"$fake/stat"
	i=$((i + 1))
done >"$fake/cpuinfo"
printf 'MemTotal: 1 kB\nSwapTotal: 2 kB\n' >"$fake/meminfo"
chmod -R a+rX "$T/elsewhere" "$fake" "$T"/bare-*
chmod a+x "$T"
as=
[ "$(id -u)" != 0 ] || as="setpriv --reuid 65534 --regid 65534 --clear-groups"
# shellcheck disable=SC2016,SC2086 # for that shell; a command's words
(
	ulimit -n 60
	ulimit -s 1024
	ulimit -f 5000
	umask 077
	# The name of another user's home and group, too.
	unshare -m -u $own sh -c '
		for f in cpuinfo stat meminfo; do
			mount --bind "$0/$f" "/proc/$f" || exit
		done
		mount --bind "$0/cpu" /sys/devices/system/cpu || exit
		mount --bind "$0/node" /sys/devices/system/node || exit
		hostname elsewhere && exec "$@"' "$fake" \
		env -i PATH="$PATH" OTHER=1 TZ=UTC LC_ALL=C TMPDIR=/ \
		$as taskset -c 0 sh -c '"$0" bare && "$1"' "$T/bare-facts" \
		"$T/bare-files" >"$T/bare" 2>"$T/err" </dev/null
) || fail "bare: $(cat "$T/err")"
# Most limits are infinite everywhere, this machine may have one processor, and
# nobody can lie about sysinfo(2): replay-cpus has records of other sizes.
grep -v -e '^limit' -e '^processors to use: 1$' -e '^processors: 0$' \
	-e '^memory: ' -e '^sysconf PHYS_PAGES' "$T/captured" >"$T/wanted"
if grep -Fxf "$T/wanted" "$T/bare" >"$T/same"; then
	fail "facts that do not tell a replay: $(cat "$T/same")"
fi
for l in 1 3 7; do
	grep "^limit $l:" "$T/captured" >"$T/wanted"
	if grep -Fxf "$T/wanted" "$T/bare"; then fail "limit $l is the same"; fi
done
