# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# list: the latest first, how each ended, tags; one broken record does not
# hide the others.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

capture_ok -q -n first -t kind=good -t size=1 true
first=$RUN
capture_fails 3 -q -t kind=bad sh -c 'exit 3'
second=$RUN

ok reprise list
[ "$(wc -l <"$T/out")" = 3 ] || fail "not three lines"
stdout_has '^RUN *STARTED'
[ "$(sed -n 2p "$T/out" | cut -c 1-8)" = "${second%%-*}" ] ||
	fail "the latest is not the first"
stdout_has "^${first%%-*} .* completed  *first  *true\$"
stdout_has "^${second%%-*} .* failed 3  *-  *sh -c 'exit 3'\$"

ok reprise list --json
[ "$(json_value '#' <"$T/out")" = 2 ] || fail "not two runs"
[ "$(json_value "$second.exit_code" <"$T/out")" = 3 ] || fail "exit code"
[ "$(json_value first.argv <"$T/out")" = '["true"]' ] || fail "argv"
[ "$(json_value first.tags.kind <"$T/out")" = good ] || fail "tag"

ok reprise list --tag kind=good --tag size=1 --json
[ "$(json_value '#' <"$T/out")" = 1 ] || fail "not one run"
ok reprise list --tag kind=good --tag size=2
stdout_is ''
ok reprise list --tag kind=good --tag size=2 --json
stdout_is '[]'

manifest=$REPRISE_STORE/runs/$first/manifest.yaml
chmod u+w "$manifest"
echo 'nonsense: 1' >>"$manifest"
line=$(wc -l <"$manifest")
expect_status 2 reprise list
stdout_has "^${second%%-*} "
stderr_has ":$line:1: "
