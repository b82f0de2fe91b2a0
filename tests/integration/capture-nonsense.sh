# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Arguments that no sane program gives: what the calls answer does not depend
# on the watch, and neither it nor the record is harmed by them.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

"$PROBES/nonsense" >bare
capture_ok -q "$PROBES/nonsense"
same_file bare "$T/out"
manifest_has run.status completed
# One process: no other one was ever run.
manifest_has processes.items.# 1
manifest_has completeness.gaps.# 1
manifest_has completeness.gaps.0.kind unknown-call

# argv and environ as long as they can be, and longer; malformed variables.
"$PROBES/nonsense" exec >bare
capture_ok -q "$PROBES/nonsense" exec
same_file bare "$T/out"
manifest_has run.status completed
reprise show --json "$RUN" >"$T/manifest"
"$PYTHON" - "$T/manifest" <<'END' || fail "processes"
import json
import sys
items = json.load(open(sys.argv[1]))["processes"]["items"]
lengths = [(len(i["argv"]), len(i.get("env_added", []))) for i in items]
assert lengths == [(2, 0), (10, 8), (30, 28), (60002, 60000), (0, 0)], lengths
assert max(len(a) for a in items[1]["argv"]) == 32 * 4096 - 1
END
ok reprise show "$RUN"
ok reprise verify

# A process whose memory this user may not read is named, whatever it did.
[ "$(id -u)" != 0 ] || exit 0
cp /bin/cat unreadable
chmod 0111 unreadable
echo one >one
capture_ok -q ./unreadable one
stdout_is one
manifest_has completeness.aggregate incomplete
case $(manifest completeness.gaps.unreadable-process.detail) in
*"'unreadable'"*) ;;
*) fail "the process is not named" ;;
esac
manifest_has completeness.gaps.unreadable.path "$PWD/unreadable"
capture_ok -q "$PROBES/steps" read:one undumpable:itself read:bare create:made
stdout_is ''
[ -e made ] || fail "the process was disturbed"
file_has "$PWD/one" access r
file_absent "$PWD/bare"
case $(manifest completeness.gaps.unreadable-process.detail) in
*"'steps'"*) ;;
*) fail "the process is not named" ;;
esac
