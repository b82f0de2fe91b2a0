# SPDX-License-Identifier: Apache-2.0
# A process that the command left running does not keep its record from being
# completed: what there was no time for, and what the recorder's death left.
# matrix: users engines
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# A command that leaves a process behind until the file `go` is there.
cat >leave.sh <<'EOS'
cat "$1"
sh -c 'echo $$ >pid; until [ -e go ]; do sleep 0.1; done' \
	>/dev/null 2>&1 </dev/null &
until [ -s pid ]; do sleep 0.05; done
[ "$2" = now ] || until [ -e end ]; do sleep 0.05; done
exit 5
EOS
head -c 3000000 /dev/zero >data
alive() {
	kill -0 "$(cat pid)" || fail "the process that was left is dead"
}

capture_fails 5 -q --finish-within 0ms sh leave.sh data now
alive
ok reprise finish "$RUN"
manifest_has run.exit_code 5
file_has "$PWD/data" digest "sha256:$(sha256sum data | cut -d ' ' -f 1)"
alive
: >go
rm -f pid

# The recorder dies: the keeper itself freezes what there is, at once.
[ "$REPRISE_TEST_BACKEND" = notify ] || exit 0
rm -f go
reprise capture -q --id-file "$T/id" sh leave.sh data later \
	>"$T/out" 2>"$T/err" &
keeper=$!
until [ -s pid ]; do sleep 0.1; done
kill -KILL "$(pgrep -P $keeper)"
: >end
STATUS=0
wait $keeper || STATUS=$?
[ $STATUS = 5 ] || fail "status $STATUS"
alive
RUN=$(cat "$T/id")
[ -e "$REPRISE_STORE/runs/$RUN/manifest.yaml" ] || fail "it is not frozen"
manifest_has run.status incomplete
manifest_has run.exit_code 5
: >go
