# SPDX-License-Identifier: Apache-2.0
# matrix: users
# verify: damaged and missing contents are named, with the runs they hurt.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

echo 'one' >one
echo 'two' >two
capture_ok -q -n first cat one
first=$RUN
capture_ok -q -n second cat one two
second=$RUN
ok reprise verify
stdout_has '^whole: 2 runs, [0-9]* objects, '
ok reprise verify --json
[ "$(json_value problems <"$T/out")" = '[]' ] || fail "problems"

# One that both need, changed; one that the second needs, gone.
one=$(object_of one) two=$(object_of two)
chmod u+w "$one" "$(dirname "$two")"
echo 'uno' >"$one"
rm -f "$two"
expect_status 1 reprise verify
for run in "$first" "$second"; do
	stdout_has "^damaged object sha256:.* run ${run%%-*} for '$PWD/one'\$"
done
stdout_has "^missing object sha256:.* run ${second%%-*} for '$PWD/two'\$"
[ "$(wc -l <"$T/out")" = 3 ] || fail "not three lines"
expect_status 1 reprise verify --json first
[ "$(json_value 'problems.#' <"$T/out")" = 1 ] || fail "not one problem"
[ "$(json_value problems.0.kind <"$T/out")" = damaged ] || fail "kind"
[ "$(json_value problems.0.runs <"$T/out")" = "[\"$first\"]" ] || fail "runs"

# A replay names it, too, and runs nothing.
replay_fails 125 second
stdout_is ''
stderr_has "one\|two"
