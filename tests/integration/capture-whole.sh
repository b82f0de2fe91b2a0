# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# limit: 240
# capture --packages whole: other commands and an edited script work in a
# replay, and the record stays true about what the run touched.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

command -v dpkg-query >/dev/null || skip "no Debian packages here"
echo hello >data
cat >train.sh <<'END'
read -r line <data
echo "$line"
END
capture_ok -q sh train.sh
mv "$T/cwd" "$T/gone"
mkdir "$T/cwd"
cd "$T/cwd" || exit
replay_fails 127 "$RUN" -- bash -c true

cp "$T/gone/data" "$T/gone/train.sh" .
capture_ok --packages whole sh train.sh
stderr_has '^reprise: stored whole: [0-9]* packages and a shell, [0-9]* files t'
manifest_complete
reprise show --files "$RUN" >"$T/rows"
# The run itself used what it used.
file_has "$PWD/data" access r
grep -q '"/usr/bin/grep", kind: file' "$T/rows" || fail "no grep"
grep -q '"/usr/bin/grep".*digest: ' "$T/rows" || fail "grep is not stored"
if grep '"/usr/bin/grep".*access' "$T/rows"; then fail "it was not touched"; fi
# All files of the shell's package, which are not all programs.
dpkg-query -L dash | grep "^/" | while read -r path; do
	real=$(realpath "$path")
	if [ -f "$real" ] && [ ! -h "$path" ]; then
		grep -q "path: \"$real\".*digest: " "$T/rows" ||
			echo "$path" >>"$T/lost"
	fi
done
[ ! -e "$T/lost" ] || fail "not stored: $(cat "$T/lost")"
if grep '"/usr/bin/env"' "$T/rows" | grep -q access; then fail "env"; fi

# Elsewhere: the recorded command, others, an edited script.
rm -rf "${T:?}/cwd"
mkdir "$T/cwd"
cd "$T/cwd" || exit
replay_same
stdout_is hello
# shellcheck disable=SC2016 # for the replayed shell
replay_ok "$RUN" -- bash -c 'ls; cat data; grep -c hell data; sed s/h/j/ data
	wc -c <data; find . -type f | sort | head -n 1; echo $((6 * 7))'
stdout_is "data
train.sh
hello
1
jello
6
./data
42"
echo 'tr a-z A-Z <data | tee copy' >"$T/edited.sh"
replay_ok -o "$T/out1" --input train.sh="$T/edited.sh" "$RUN"
stdout_is HELLO
same_text "$T/out1$PWD/copy" HELLO
replay_ok -v "$T/edited.sh:$PWD/train.sh:ro" "$RUN"
stdout_is HELLO

# The root lists exactly the paths of the record.
"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/staged.py" <"$T/rows" \
	>"$T/staged"
replay_ok "$RUN" -- find / -mindepth 1 \( -path /proc -o -path /sys \
	-o -path /dev \) -prune -o -type f -printf 'file %p\n' -o -type d \
	-printf 'directory %p\n' -o -type l -printf 'symlink %p\n'
grep -v -e ' /dev$' -e ' /proc$' -e ' /sys$' "$T/staged" >"$T/wanted"
LC_ALL=C sort "$T/out" >"$T/walked"
diff -u "$T/wanted" "$T/walked" >"$T/diff" ||
	fail "another root: $(head -n 20 "$T/diff")"
[ "$(wc -l <"$T/walked")" -gt 500 ] || fail "the root is too small"

# A file that is kept by reference is no part of this: it is not needed.
cp "$T/gone/data" "$T/gone/train.sh" .
capture_ok --packages whole --keep 100K sh train.sh
manifest_complete
manifest completeness.notes | grep -q '"package-file"' || fail "not noted"
grep -v -e '^reprise: stored' -e '^reprise: captured' "$T/err" >"$T/notes" || true
if grep -q 'package' "$T/notes"; then fail "$(cat "$T/notes")"; fi
replay_same
