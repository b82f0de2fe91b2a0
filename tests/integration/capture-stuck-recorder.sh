# SPDX-License-Identifier: Apache-2.0
# A recorder that is stopped, again and again, does not hold the command.
# matrix: users engines
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

[ "$REPRISE_TEST_BACKEND" = notify ] ||
	skip "a tracee cannot go on without its tracer"

cat >loop.sh <<'EOF'
i=0
while [ $i -lt 200 ]; do cat /etc/hostname >/dev/null; i=$((i + 1)); done
exit 42
EOF
reprise capture --backend notify --id-file "$T/id" sh loop.sh \
	>"$T/out" 2>"$T/err" &
keeper=$!
while [ ! -s "$T/id" ]; do sleep 0.05; done
sleep 0.2
recorder=$(pgrep -P $keeper) || fail "the recorder is not there"
kill -STOP "$recorder"
STATUS=0
wait $keeper || STATUS=$?
[ $STATUS = 42 ] || fail "status $STATUS instead of 42"
# shellcheck disable=SC2034 # for manifest_has
RUN=$(cat "$T/id")
# It was continued by the keeper, and so missed nothing.
manifest_has run.status failed
manifest_has completeness.aggregate complete
