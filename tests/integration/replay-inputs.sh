# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# Inputs that this host has: what --input gives in the place of a recorded file
# or directory, and what was kept by reference, which must be what it was.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# Of every file of a list: its mode, time and content.
mkdir -p data/sub "$T/here"
echo one >data/one
echo two >data/sub/two
echo secret >"$HOME/.netrc"
cat >train.sh <<'END'
for f in data/* data/sub/* "$HOME/.netrc"; do
	[ ! -f "$f" ] || { stat -c '%n %a %Y' "$f"; cat "$f"; }
done
echo trained >model
END
touch -d 2020-01-01 data/* data/sub/* train.sh
chmod 0640 data/one
capture_ok -q sh train.sh
was=$(date -d 2020-01-01 +%s)
mv data train.sh "$T/here"
mv "$HOME/.netrc" "$T/here/netrc"

# What the run had: nothing of it is here any more, but for the secret.
replay_same
recorded="data/one 640 $was
one
data/sub/two 644 $was
two"
stdout_is "$recorded"
stderr_has "'$HOME/.netrc': not stored: absent"

# One file, by a path of the run: its content and time, the recorded mode.
echo edited >"$T/here/one"
touch -d 2021-01-01 "$T/here/one"
chmod 0600 "$T/here/one"
now=$(date -d 2021-01-01 +%s)
replay_ok --input data/one="$T/here/one" --input "$HOME/.netrc=$T/here/netrc" \
	"$RUN"
stdout_is "data/one 640 $now
edited
data/sub/two 644 $was
two
$HOME/.netrc 644 $(stat -c %Y "$T/here/netrc")
secret"
stderr_has "^reprise: replaced: '$PWD/data/one' by '$T/here/one'\$"
stderr_has ", 2 parts replaced: exit status 0 as recorded; 1 of 1 outputs ident"
if grep -q "'$HOME/.netrc': not stored" "$T/err"; then fail "it is given"; fi
result_has replaced.0.part input
result_has replaced.0.path "$PWD/data/one"
result_has replaced.0.by "$T/here/one"
result_has replaced.0.digest "sha256:$(sha256sum "$T/here/one" | cut -c-64)"
result_has replaced.0.recorded "sha256:$(echo one | sha256sum | cut -c-64)"
result_has replaced.0.same false
# A secret's digest could be guessed from.
result_has replaced.1.digest null
replay_ok --dry-run --input data/one="$T/here/one" "$RUN"
stdout_has "^replaced     '$PWD/data/one' by '$T/here/one'\$"
# The very content that was recorded is no difference.
replay_same --input data/one="$T/here/data/one"
stdout_is "$recorded"
stderr_has "by '$T/here/data/one', which has the same content\$"
if grep -q ' part.* replaced:' "$T/err"; then fail "nothing was replaced"; fi

# An edited script, and something new beside what there was.
sed 's/trained/trained better/' "$T/here/train.sh" >"$T/here/edited.sh"
replay_ok -o "$T/out1" --input train.sh="$T/here/edited.sh" \
	--input data/three="$T/here/one" "$RUN"
same_text "$T/out1$PWD/model" 'trained better'
stdout_has '^data/three 600 '
stderr_has "'$PWD/data/three', which the run did not have, by "
result_has same false
replay_fails 1 --check --input train.sh="$T/here/edited.sh" "$RUN"

# A directory takes the place of all that there was.
mkdir -p "$T/here/other/new"
echo 1 >"$T/here/other/one"
echo 2 >"$T/here/other/new/two"
ln -s new "$T/here/other/sub"
replay_ok --input data="$T/here/other" "$RUN"
stdout_is "data/one 640 $(stat -c %Y "$T/here/other/one")
1
data/sub/two 644 $(stat -c %Y "$T/here/other/new/two")
2"
stderr_has "'$PWD/data' by '$T/here/other' with 2 files\$"
# The next one begins with what was recorded, whatever is kept in the cache.
replay_same
stdout_is "$recorded"

replay_fails 125 --input nowhere/x="$T/here/one" "$RUN"
stderr_is "reprise: --input: 'nowhere/x' is not in this run"
replay_fails 125 --input data/one="$T/none" "$RUN"
stderr_is "reprise: --input '$T/none': No such file or directory"
replay_fails 125 --input data="$T/here/one" "$RUN"
stderr_is "reprise: --input: 'data' is a directory in the run, and \
'$T/here/one' a file"

# --- kept by reference: a large file, a small one, a root of data.
rm -rf "$T/cwd"
mkdir -p "$T/cwd/root/a" "$T/cwd/root/b"
cd "$T/cwd" || exit
(cd root/a && seq 600 | xargs truncate -s 60k)
(cd root/b && seq 500 | xargs truncate -s 70k)
for f in root/a/1 root/b/500; do echo begins >$f; done
truncate -s 70M large
echo large >>large
echo small >small
chmod 0600 large
touch -d 2020-01-01 large small root/a/*
capture_ok -q --keep 10M --by-reference small sh -c \
	'cat root/a/* root/b/* large small | sha256sum
	stat -c "%n %a %Y %s" large small root/a/1; ls root/a | tail -n 2'
recorded=$(cat "$T/out")
manifest inputs | grep -q '"kind": "tree"' || fail "no root of data"
replay_ok "$RUN"
stdout_is "$recorded"
result_has by_reference.0.path "$PWD/large"
result_has by_reference.1.path "$PWD/small"
result_has by_reference.2.path "$PWD/root"
result_has by_reference.2.files 1100
[ "$(du -sm "$T/store" | cut -f 1)" -lt 50 ] || fail "it was stored"

# Elsewhere it is the same, and looks as it was recorded as far as it can.
mv "$T/cwd" "$T/moved"
mkdir "$T/cwd"
cd "$T/cwd" || exit
chmod 0644 "$T/moved/large"
touch "$T/moved/large" "$T/moved/root/a/1" "$T/moved/small"
echo 'not recorded' >"$T/moved/root/a/unknown"
replay_fails 125 "$RUN"
stderr_has "'$PWD/large' was kept by reference, sha256:[0-9a-f]*, and is not he"
stderr_has "'$PWD/root' with 1100 files was kept by reference, sha256:"
stderr_has '1102 of 1102 inputs that were kept by reference cannot be used'
set -- --input large="$T/moved/large" --input root="$T/moved/root"
if [ "$REPRISE_TEST_ROOT" = A ]; then
	replay_ok "$@" --input small="$T/moved/small" "$RUN"
	stdout_is "$recorded"
else
	# It can only be mounted as it is, and so it is said.
	replay_fails 125 "$@" --input small="$T/moved/small" "$RUN"
	stderr_has "^reprise: '$T/moved/root/a' has 'unknown' now, which the run"
	rm "$T/moved/root/a/unknown"
	replay_ok "$@" --input small="$T/moved/small" "$RUN"
	[ "$(head -n 1 "$T/out")" = "$(echo "$recorded" | head -n 1)" ] ||
		fail "other content"
	stdout_has '^small 644 1577836800 6$'
	stderr_has "'$PWD/root' and 1 more: mounted read-only: names, their ord"
fi
result_has replaced.1.same true

# What has changed is refused, with both digests; the cache does not lie.
before=$(sha256sum "$T/moved/small" | cut -c-64)
echo SMALL >"$T/moved/small"
after=$(sha256sum "$T/moved/small" | cut -c-64)
replay_fails 125 "$@" --input small="$T/moved/small" "$RUN"
stderr_is "reprise: '$PWD/small' was kept by reference as sha256:$before, but \
'$T/moved/small' is sha256:$after (a volume can stand there instead: --volume \
FILE:PATH:ro)"
replay_ok "$@" -v "$T/moved/small:$PWD/small:ro" "$RUN" -- cat small
stdout_is SMALL

# So is a change while it is used, in the result.
replay_ok "$@" -v "$T/moved:/writable" -v "$T/moved/small:$PWD/small:ro" \
	"$RUN" -- sh -c 'echo more >>/writable/large'
stderr_has "'$T/moved/large' was changed while the replay ran\$"
replay_fails 125 "$@" -v "$T/moved/small:$PWD/small:ro" "$RUN"
