# SPDX-License-Identifier: Apache-2.0
# matrix: users
# What the command line says to help, version and mistakes.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

version=$(sed -n 's/^VERSION := //p' "$REPRISE_TEST_TREE/Makefile")
ok reprise version
stdout_is "reprise $version"
stderr_is ''
ok reprise --version
stdout_is "reprise $version"
ok reprise version --json
[ "$(json_value version <"$T/out")" = "$version" ] || fail "version --json"

ok reprise --help
cp "$T/out" "$T/help"
ok reprise help
same_file "$T/out" "$T/help"
ok reprise help list
stdout_has '^usage: reprise list '
cp "$T/out" "$T/help"
ok reprise list --help
same_file "$T/out" "$T/help"

expect_status 2 reprise
stderr_is "reprise: a command is missing; see 'reprise help'"
expect_status 2 reprise lisst
stderr_is "reprise: unknown command 'lisst'; did you mean 'list'?"
expect_status 2 reprise frobnicate
stderr_is "reprise: unknown command 'frobnicate'; see 'reprise help'"
expect_status 2 reprise --frobnicate
stderr_is "reprise: unknown option '--frobnicate'; see 'reprise help'"
expect_status 2 reprise list --frobnicate
stderr_is "reprise: list: unknown or ambiguous option '--frobnicate'"
expect_status 2 reprise list -Z
stderr_is "reprise: list: unknown option '-Z'"
expect_status 2 reprise list --store
stderr_is "reprise: list: option '--store' needs an argument"
expect_status 2 reprise list --json=yes
stderr_is "reprise: list: '--json=yes': this option takes no argument"
expect_status 2 reprise list --tag =nonsense
stderr_is "reprise: list: option '--tag': '=nonsense' is not KEY=VALUE"
expect_status 125 reprise capture --tag nonsense true
stderr_is "reprise: capture: option '--tag': 'nonsense' is not KEY=VALUE"
expect_status 2 reprise export --format tar @
stderr_is "reprise: export: option '--format': 'tar' is none of bundle|cyclonedx|ro-crate|requirements|sha256sums"
expect_status 2 reprise show
stderr_is "reprise: show: an operand is missing; usage: reprise show \
[OPTIONS] RUN[:PATH]"
expect_status 2 reprise list one
stderr_is "reprise: list: one operand too many: 'one'"
expect_status 125 reprise capture
expect_status 125 reprise capture --keep nonsense true
stderr_is "reprise: capture: option '--keep': 'nonsense' is not a size like \
500M"
expect_status 125 reprise replay
# What was printed did not arrive: an error, not silence.
if [ -c /dev/full ]; then
	STATUS=0
	reprise help >/dev/full 2>"$T/err" || STATUS=$?
	[ "$STATUS" = 2 ] || fail "status $STATUS instead of 2"
	stderr_is "reprise: cannot write to standard output: No space left on \
device"
fi
