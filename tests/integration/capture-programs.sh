# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# What exec runs beyond what is opened: chains of #! lines, ELF interpreters;
# each process with its parent, arguments and added variables.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

loader=$(readelf -p .interp "$PROBES/steps" | sed -n 's/.* \//\//p')
loader=$(readlink -f "$loader")

# A script run by a script, whose interpreter is named by a relative path.
cp /bin/sh "$T/cwd/shell"
# shellcheck disable=SC2016 # for the scripts
printf '#!shell\necho "inner $0 $1"\n' >inner
printf '#!%s -x\nignored\n' "$PWD/wrapper" >outer
printf '#!%s\necho "wrapper $*"\n' "$PWD/shell" >wrapper
chmod +x inner outer wrapper
capture_ok -q ./outer a b
stdout_is "wrapper -x ./outer a b"
for f in outer wrapper shell; do
	file_has "$PWD/$f" stored true
	case $(reprise show --input --json "$RUN:$PWD/$f" | json_value access) in
	*x*) ;;
	*) fail "$f was not seen as executed" ;;
	esac
done
file_has "$loader" stored true
manifest_has processes.items.p1.executable "$PWD/outer"
manifest_has processes.items.p1.argv '["./outer", "a", "b"]'
manifest_has command.executable "$PWD/outer"
capture_ok -q ./inner z
file_has "$PWD/shell" stored true

# However the command is named, its record can be read.
mkdir sub
ln -s sub link
cp inner sub
ln -s inner sub/alias
for name in ./sub/../inner "$PWD//inner" "$PWD/./inner" ./../cwd/inner; do
	capture_ok -q "$name" z
	stdout_is "inner $name z"
	manifest_has command.executable "$PWD/inner"
done
capture_ok -q link/../sub/alias z
manifest_has command.executable "$PWD/sub/alias"

# Processes: parents, arguments, directories, added variables.
# shellcheck disable=SC2016 # for the captured shell
capture_fails 4 -q sh -c 'cd sub; ADDED=1 env MORE=2 sh -c "true; exit 4"'
manifest_has processes.items.p1.exit_code 4
manifest processes.items >"$T/items"
"$PYTHON" - "$T/items" "$PWD" <<'END' || fail "processes: $(cat "$T/items")"
import json
import sys
items = json.load(open(sys.argv[1]))
cwd = sys.argv[2]
by_id = {i["id"]: i for i in items}
assert len(by_id) == len(items)
last = items[-1]
assert last["argv"] == ["sh", "-c", "true; exit 4"], last
assert last["cwd"] == cwd + "/sub", last
assert sorted(v.split("=")[0] for v in last["env_added"]
              if not v.startswith(("PWD", "OLDPWD", "_"))) == \
    ["ADDED", "MORE"], last
assert last.get("exit_code", 4) == 4, last
assert last["parent"] in by_id, last
assert "parent" not in items[0] or items[0]["parent"] is None, items[0]
END
# A signal is an end, too. Before kernel 6.15 nobody tells.
# shellcheck disable=SC2016 # for the captured shell
capture_fails 3 -q sh -c 'sh -c "kill -9 \$\$" 2>/dev/null; exit 3'
manifest_has processes.items.p1.exit_code 3
case $REPRISE_TEST_BACKEND.$(uname -r) in
notify.5.* | notify.6.?.* | notify.6.1[0-4].*) ;;
*) manifest_has processes.items.p2.exit_code 137 ;;
esac
# Forks that run nothing are counted when they make a call that is watched.
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'for i in 1 2 3; do (:) & done; wait'
manifest_has processes.count 4

# A shared library that is mapped, and one that is only read.
cp "$(readlink -f /lib/*-linux-gnu/libz.so.1)" "$T/cwd/libmine.so" \
	2>/dev/null || cp "$loader" "$T/cwd/libmine.so"
capture_ok -q "$PROBES/steps" mapexec:libmine.so read:plain.so
file_has "$PWD/libmine.so" access rx

# Static and 32-bit programs.
cat >raw.c <<'END'
#if defined(__i386__)
#define CALL(n, a, b, c) \
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), \
		"d"(c) : "memory")
enum { OPEN = 5, READ = 3, WRITE = 4, EXIT = 1 };
#else
#define CALL(n, a, b, c) \
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), \
		"d"(c) : "rcx", "r11", "memory")
enum { OPEN = 2, READ = 0, WRITE = 1, EXIT = 60 };
#endif
void _start(void);
void _start(void)
{
	static char buf[100];
	long r, fd;
	CALL(OPEN, "data", 0, 0);
	fd = r;
	CALL(READ, fd, buf, 100L);
	CALL(WRITE, 1L, buf, r);
	CALL(OPEN, "absent", 0, 0);
	CALL(EXIT, 5L, 0, 0);
	for (;;)
		;
}
END
echo 'of the older kind' >data
for flags in '' -m32; do
	[ "$(uname -m)" = x86_64 ] || break
	# shellcheck disable=SC2086 # none or one word
	cc $flags -O1 -static -nostdlib -ffreestanding -fno-stack-protector \
		-fno-pie -no-pie -o raw raw.c
	# A kernel without the older ABI cannot run it.
	run ./raw
	[ "$STATUS" = 5 ] || continue
	capture_fails 5 -q ./raw
	stdout_is 'of the older kind'
	file_has "$PWD/data" access r
	file_has "$PWD/absent" access n
	file_has "$PWD/raw" access x
	file_has "$PWD/raw" stored true
	manifest_complete
done

# Programs without a name are named as a gap.
capture_ok -q "$PYTHON" -c 'import os
fd = os.memfd_create("program")
with open("/bin/true", "rb") as f:
    os.write(fd, f.read())
os.execve(fd, ["true"], dict(os.environ))'
manifest_has completeness.gaps.anonymous-program.kind anonymous-program

# An exec that fails is no process.
: >notes
capture_ok -q sh -c './nowhere; ./notes; :'
[ "$(manifest processes.count)" = 3 ] || [ "$(manifest processes.items.#)" = 1 ] ||
	fail "a failed exec became a process"

# Programs that the machine runs by others: by extension, and by what they
# begin with. In namespaces of our own, where nobody else is affected.
misc=/proc/sys/fs/binfmt_misc
if unshare --user --map-root-user --mount mount -t binfmt_misc none $misc; then
	cp /bin/cat runs-cells
	cp /bin/cat runs-magic
	echo 'by its name' >a.cell
	echo '??MAgic begins' >b
	chmod +x a.cell b
	ok unshare --user --map-root-user --mount sh -euc "
		mount -t binfmt_misc none $misc
		echo ':cell:E::cell::$PWD/runs-cells:' >$misc/register
		echo ':magic:M:2:magi:\\xdf\\xdf\\xff\\xff:$PWD/runs-magic:' \
			>$misc/register
		exec reprise capture -q --backend $REPRISE_TEST_BACKEND \
			--id-file $T/id sh -c './a.cell; ./b'"
	stdout_is 'by its name
??MAgic begins'
	RUN=$(cat "$T/id")
	for f in a.cell b runs-cells runs-magic; do
		file_has "$PWD/$f" stored true
		case $(reprise show --input --json "$RUN:$PWD/$f" |
			json_value access) in
		*x*) ;;
		*) fail "$f was not seen as executed" ;;
		esac
	done
	manifest_has "completeness.gaps.$PWD/a.cell.kind" binfmt
	manifest_has "completeness.gaps.$PWD/b.kind" binfmt
else
	echo "no binfmt_misc in namespaces here"
fi
