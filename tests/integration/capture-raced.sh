# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# Somebody else makes a directory of what was a link when the run first looked:
# the record says so, and a replay is not refused for it.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

mkdir d1 d2
echo a >d1/a
echo secret >d2/secret
ln -s d1 l
# shellcheck disable=SC2016 # for the captured shell
reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
	sh -c 'cat l/a; : >ready; until [ -e go ]; do sleep 0.05; done
	cat l/secret' >"$T/out" 2>"$T/err" &
capture=$!
for _ in $(seq 200); do
	[ ! -e ready ] || break
	sleep 0.05
done
rm l
mv d2 l
: >go
wait "$capture" || fail "the capture failed"
stdout_is 'a
secret'
RUN=$(cat "$T/id")
manifest_has completeness.gaps.raced.path "$PWD/l/secret"
file_has "$PWD/l" kind symlink
file_absent "$PWD/l/secret"
file_has "$PWD/d1/a" kind file
# The recorded command would wait for ever.
replay_ok "$RUN" -- cat l/a
stdout_is a
