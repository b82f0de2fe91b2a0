# SPDX-License-Identifier: Apache-2.0
# The recorder is killed at random moments under load, half of them with a call
# in flight: whatever the command had opened is in the record, the command's
# status is passed on where it lived.
# matrix: users engines
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

ok "$PYTHON" "$REPRISE_TEST_TREE/tests/integration/kill_recorder.py" \
	"$REPRISE_TEST_BACKEND" "$PROBES/load" 20
cat "$T/out"
read -r moments _ flying _ _ received _ <"$T/out"
[ "$moments" = 20 ] || fail "only $moments moments"
[ "$flying" -ge 5 ] || fail "only $flying with a call in flight"
[ "$received" -ge 3 ] || fail "only $received with a call that was received"
ok reprise verify
