# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# show: for a person, the records themselves, and single files.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

echo 'read only' >input
echo 'first' >both
ln -s input link
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q -n shown sh -c 'cat input link both >output; echo second >both'

ok reprise show "$RUN"
stdout_has "^run  *$RUN\$"
stdout_has '^name  *shown$'
stdout_has '^status  *completed, exit status 0$'
stdout_has "^outputs: "
stdout_has " $PWD/output\$"
same_run() {
	ok reprise show --json "$1"
	[ "$(json_value run.id <"$T/out")" = "$RUN" ] || fail "not RUN: $1"
}
same_run shown
same_run "${RUN%%-*}"
same_run @
same_run @~0

ok reprise show --yaml shown
same_file "$T/out" "$REPRISE_STORE/runs/$RUN/manifest.yaml"
ok reprise show --files shown
same_file "$T/out" "$REPRISE_STORE/runs/$RUN/files.yaml"
[ "$(reprise show --files --json shown | json_value '#')" = \
	"$(manifest files.entries)" ] || fail "not every row"
file_has "$PWD/link" kind symlink
file_has "$PWD/link" target input
file_has "$PWD/input" stored true

# Relative paths are the run's; an output is shown as the run left it.
cd /
ok reprise show shown:input
stdout_is 'read only'
ok reprise show "shown:$T/cwd/./x/../input"
stdout_is 'read only'
ok reprise show shown:both
stdout_is 'second'
ok reprise show --input shown:both
stdout_is 'first'
ok reprise show shown:output
stdout_is 'read only
read only
first'

cd "$T/cwd" || exit
short=${RUN%%-*}
expect_status 2 reprise show shown:link
stderr_is "reprise: '$PWD/link' is a symbolic link to 'input'"
expect_status 2 reprise show shown:nowhere
stderr_is "reprise: run $short has no file '$PWD/nowhere'"
# A link is followed by hand; a content that is gone is named.
object=$(object_of input)
chmod u+w "$(dirname "$object")"
rm -f "$object"
expect_status 2 reprise show shown:input
stdout_is ''
stderr_has "^reprise: '$PWD/input': .*"
