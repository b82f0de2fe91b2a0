# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# A file that was listed and looked at, but not opened, is there with its name,
# size and time. Opening it fails, for root, too. Its mode is as recorded under
# A; under B it is closed by having none, and the result says so.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

echo 'not recorded' >looked
chmod 0640 looked
touch -d '2020-02-02 02:02:02.020202020 UTC' looked
echo opened >opened
capture_ok -q sh -c 'ls -l; stat looked opened; cat opened'
file_has "$PWD/looked" access s
mv "$T/cwd" "$T/gone"
mkdir "$T/cwd"
cd "$T/cwd" || exit

replay_ok "$RUN" -- stat -c '%n %s %.Y' looked opened
stdout_has '^looked 13 1580608922.020202020$'
stdout_has '^opened 7 '
replay_ok "$RUN" -- stat -c %a looked
case $REPRISE_TEST_ROOT in
A) mode=640 why='File name too long' ;;
B) mode=0 why='Permission denied' ;;
esac
stdout_is "$mode"
replay_fails 1 "$RUN" -- cat looked
stderr_has "looked: $why"
stdout_is ''
notes=$(json_value notes <"$T/result.json")
case $notes in
*"\"kind\": \"unopened\", \"path\": \"$PWD/looked\""*) ;;
*) fail "the result does not name it: $notes" ;;
esac
case $REPRISE_TEST_ROOT:$notes in
A:*'shows no mode'*) fail "it shows its mode" ;;
A:* | B:*'seen but not opened: shows no mode and cannot be opened'*) ;;
*) fail "the result does not say that it shows no mode: $notes" ;;
esac
