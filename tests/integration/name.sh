# SPDX-License-Identifier: Apache-2.0
# matrix: users
# name, and capture --require: a set of files that a run left has a name, and a
# command that insists on it starts on the very same files only.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# A run.
capture_ok -q true
ok reprise name "$RUN" experiments/first
ok reprise show --json experiments/first
ok reprise name "$RUN" experiments/first
other=$RUN
capture_ok -q true
expect_status 2 reprise name "$RUN" experiments/first
stderr_is "reprise: the name 'experiments/first' is taken: it means $(
	echo "$other" | cut -c 1-8)"
ok reprise name -f "$RUN" experiments/first
[ "$(reprise show --json experiments/first | json_value run.id)" = "$RUN" ] ||
	fail "the name means another run"

# A set of files that a run left.
mkdir features
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'cd features; for i in 1 2 3; do echo $i >$i.npy; done'
features=$RUN
ok reprise name "$RUN:features" features/users@v1
stderr_has "^reprise: features/users@v1: 3 files (6 B) that run .* left, sha256:"
(cd features && sha256sum ./* | sed 's/\.\///' | sha256sum | cut -d ' ' -f 1) >sum
grep -q "sha256:$(cat sum)" "$T/err" || fail "not the digest that sha256sum gives"

capture_ok -q --require features/users@v1=features sh -c 'cat features/*'
manifest_has "inputs.$PWD/features/1.npy.origin" features/users@v1
# The same files elsewhere are the same set.
cp -r features moved
capture_ok -q --require features/users@v1=moved sh -c 'cat moved/*'

# Changed, missing and new files are named; the command does not start.
echo 9 >moved/1.npy
rm moved/2.npy
echo 4 >moved/4.npy
capture_fails 125 -q --require features/users@v1=moved \
	sh -c 'touch started'
stderr_is "reprise: 'moved/1.npy': has changed
reprise: 'moved/2.npy': is missing
reprise: 'moved/4.npy': is new
reprise: 'moved' is not 'features/users@v1': 3 of its files differ"
[ ! -e started ] || fail "the command has started"
[ -z "$RUN" ] || fail "a run was recorded"

# What a run read: files that it did not read do not count.
capture_ok -q sh -c 'cat features/1.npy features/2.npy'
ok reprise name "$RUN:features" features/some@v1
stderr_has 'features/some@v1: 2 files (4 B) that run .* read'
capture_ok -q --require features/some@v1=features true
echo 7 >features/3.npy
capture_ok -q --require features/some@v1=features true
echo 7 >features/2.npy
capture_fails 125 -q --require features/some@v1=features true

# One file; many files.
ok reprise name "$features:features/1.npy" one@v1
capture_ok -q --require one@v1=features/1.npy true
capture_fails 125 -q --require one@v1=features/2.npy true
mkdir many
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'for i in $(seq 1200); do echo $i >many/$i; done'
ok reprise name "$RUN:many" many@v1
capture_ok -q --require many@v1=many --require one@v1=features/1.npy true
echo x >many/700
capture_fails 125 -q --require many@v1=many true
stderr_has "^reprise: 'many/700': has changed"

# Bad input.
expect_status 2 reprise name "$features:nothing/here" set@v1
stderr_has "neither left nor read a file at '$PWD/nothing/here'"
expect_status 2 reprise name nobody set@v1
expect_status 2 reprise name "$features" 'a:b'
expect_status 2 reprise name "$features" ../escape
capture_fails 125 -q --require nothing@v1=many true
stderr_has "nothing is named 'nothing@v1'"
capture_fails 125 -q --require experiments/first=many true
stderr_has "'experiments/first' names run .*, not files of it"
capture_fails 125 -q --require many@v1=nowhere true
stderr_has "cannot open the directory 'nowhere'"
capture_fails 125 -q --require many@v1 true
# No control character of a name reaches the terminal.
expect_status 2 reprise name nobody "$(printf 'a\302\233:\303\251')"
stderr_has "bad name 'a.xc2.x9b:é'"
