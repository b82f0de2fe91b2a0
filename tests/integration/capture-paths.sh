# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Rows of the table of files: kinds, letters, names of any bytes, links,
# listings, what was looked for and absent.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

letters() {
	file_has "$1" access "$2"
}

# Looked at only, looked for and absent, listed.
mkdir d empty
echo a >d/a
echo b >d/b
mkdir d/sub
ln -s a d/link
mkfifo d/fifo
echo x >plain
capture_ok -q "$PROBES/steps" stat:plain access:plain stat:none \
	read:none/deeper readlink:d/link list:d list:empty chdir:empty \
	stat:../plain read:../d/a
letters "$PWD/plain" s
letters "$PWD/none" n
file_has "$PWD/none" kind absent
file_absent "$PWD/none/deeper"
letters "$PWD/d" d
letters "$PWD/d/a" r
letters "$PWD/d/b" s
letters "$PWD/d/sub" s
file_has "$PWD/d/sub" kind directory
letters "$PWD/d/link" s
file_has "$PWD/d/link" target a
file_has "$PWD/d/fifo" kind fifo
letters "$PWD/empty" d
if reprise show --input "$RUN:d/b" >/dev/null 2>&1; then
	fail "what was only listed is stored"
fi
# The order of a listing is the kernel's.
ls -U d >order
[ "$(reprise show --input --json "$RUN:$PWD/d" | json_value listing)" = \
	"$("$PYTHON" -c 'import json, sys
print(json.dumps(sys.stdin.read().split()))' <order)" ] || fail "listing of d"
grep -v : "$T/out" | diff -u order - || fail "the probe saw another order"

# Mode, owner, size, time.
chmod 0641 plain
touch -d '2001-02-03 04:05:06.123456789 UTC' plain
capture_ok -q cat plain
file_has "$PWD/plain" mode 0641
file_has "$PWD/plain" size 2
file_has "$PWD/plain" mtime 981173106.123456789
file_has "$PWD/plain" uid "$(id -u)"
file_has "$PWD" kind directory
file_has / kind directory

# Chains of symbolic links, relative and absolute, through directories.
mkdir real
echo deep >real/file
ln -s real one
ln -s "$PWD/one" two
ln -s two/../two/file chain
capture_ok -q cat chain
[ "$(cat "$T/out")" = deep ] || fail "chain"
letters "$PWD/chain" l
file_has "$PWD/chain" target two/../two/file
letters "$PWD/two" l
letters "$PWD/one" l
file_has "$PWD/two" target "$PWD/one"
letters "$PWD/real/file" r
file_absent "$PWD/one/file"
# A link that leads nowhere, and one that leads to itself.
ln -s nowhere dangling
ln -s loop loop
capture_ok -q "$PROBES/steps" read:dangling read:loop create:dangling
letters "$PWD/dangling" l
letters "$PWD/nowhere" wn
file_has "$PWD/loop" kind symlink
# /dev/stdin and /proc/self/fd: what they lead to is read.
capture_ok -q cat /dev/stdin <plain
letters "$PWD/plain" r
capture_ok -q sh -c 'exec 5<real/file; cat /proc/self/fd/5'
letters "$PWD/real/file" r

# Hard links keep being one file.
mkdir hard
echo both >hard/one
ln hard/one hard/two
capture_ok -q cat hard/one hard/two
file_has "$PWD/hard/two" link "$PWD/hard/one"

# Names of any bytes.
mkdir names
nl=$(printf 'new\nline') tab=$(printf 'a\ttab') quote="it's \"q\" \\ {x: y}"
bytes=$(printf 'bad\377utf8') control=$(printf 'esc\033\177')
for name in "$nl" "$tab" "$quote" "$bytes" "$control" 'ünï' ' space ' '#x' \
	'a: b' '- x' true 1.0 '~' '*' '&x' '!y' '|' '%' '@z' '`'; do
	printf '%s' "in $name" >"names/$name"
done
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'cat names/*'
manifest_complete
for name in "$nl" "$tab" "$quote" "$bytes" "$control" 'ünï' ' space ' '#x' \
	'a: b' '- x' true 1.0 '~' '*' '&x' '!y' '|' '%' '@z' '`'; do
	file_has "$PWD/names/$name" access r
	ok reprise show "$RUN:names/$name"
	[ "$(cat "$T/out")" = "in $name" ] || fail "content of '$name'"
done
"$PYTHON" - "$RUN" <<'END' || fail "PyYAML reads other names"
import os
import subprocess
import sys
import yaml

text = subprocess.run(["reprise", "show", "--files", sys.argv[1]],
                      capture_output=True, check=True).stdout
rows = {r["path"] if isinstance(r["path"], bytes) else r["path"].encode()
        for r in yaml.load(text, Loader=yaml.CSafeLoader)}
wanted = {os.path.join(os.getcwdb(), b"names", n)
          for n in os.listdir(b"names")}
sys.exit(not wanted <= rows)
END

# Longer than PATH_MAX: reached by a relative name.
"$PYTHON" - "$PROBES/steps" <<'END' || skip "no paths of this length here"
import os
import sys
for _ in range(30):
    os.mkdir("x" * 200)
    os.chdir("x" * 200)
with open("deep", "w") as f:
    f.write("deep down\n")
END
cat >deep.py <<'END'
import os
for _ in range(30):
    os.chdir("x" * 200)
print(open("deep").read(), end="")
END
capture_ok -q "$PYTHON" deep.py
stdout_is 'deep down'
# It is there, or it is named: never silence.
if ! reprise show --files "$RUN" | grep -q '/deep"'; then
	manifest_has completeness.aggregate incomplete
fi

# The kernel's own trees are not recorded, devices are.
capture_ok -q sh -c 'cat /proc/self/status /sys/devices/system/cpu/online \
	/dev/null >/dev/zero; head -c 1 /dev/urandom >/dev/null'
if reprise show --files "$RUN" | grep -q '"/proc/\|"/sys/'; then
	fail "there are rows of /proc or /sys"
fi
manifest_has devices./dev/urandom.major 1
manifest_has devices./dev/urandom.access r
