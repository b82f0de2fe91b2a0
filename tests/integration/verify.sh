# SPDX-License-Identifier: Apache-2.0
# matrix: users
# verify: damaged and missing contents are named, with the runs they hurt.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

echo 'one' >one
echo 'two' >two
capture_ok -q -n first cat one
capture_ok -q -n second cat one two
second=$RUN
ok reprise verify
stdout_has '^2 runs and [0-9]* objects are whole$'
ok reprise verify --json
[ "$(json_value bad_objects <"$T/out")" = '[]' ] || fail "bad objects"

# One that both need, changed; one that the second needs, gone.
one=$(object_of one) two=$(object_of two)
chmod u+w "$one" "$(dirname "$two")"
echo 'uno' >"$one"
rm -f "$two"
expect_status 1 reprise verify
stdout_has "^damaged object sha256:.* run ${second%%-*} for '$PWD/one'\$"
stdout_has "^missing object sha256:.* run ${second%%-*} for '$PWD/two'\$"
[ "$(grep -c "for '$PWD/one'" "$T/out")" = 2 ] || fail "not both runs"
expect_status 1 reprise verify --json first
[ "$(json_value 'bad_objects.#' <"$T/out")" = 1 ] || fail "not one object"
[ "$(json_value bad_objects.0.state <"$T/out")" = damaged ] || fail "state"

# A replay names it, too, and runs nothing.
replay_fails 125 second
stdout_is ''
stderr_has "one\|two"
