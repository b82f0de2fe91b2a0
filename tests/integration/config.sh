# SPDX-License-Identifier: Apache-2.0
# matrix: users
# Configuration files: by option name, the command line wins, errors have a
# line and a column.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

user=$XDG_CONFIG_HOME/reprise/config.yaml
mkdir -p "$(dirname "$user")" .reprise
project=$PWD/.reprise/config.yaml

# A flag, from the least to the most specific file.
echo 'json: true' >"$user"
ok reprise version
stdout_has '"name": "reprise"'
echo 'json: false' >"$project"
ok reprise version
stdout_has '^reprise '
ok reprise version --json
stdout_has '"name": "reprise"'
# Below a command's name it counts for that command only.
printf 'doctor:\n  json: true\n' >"$project"
: >"$user"
ok reprise version
stdout_has '^reprise '
printf 'version:\n  json: true\n' >"$project"
ok reprise version
stdout_has '"name": "reprise"'
# The nearest file upwards is the project's.
mkdir -p deep/er
cd deep/er || exit
ok reprise version
stdout_has '"name": "reprise"'
cd ../.. || exit

echo 'jsn: true' >"$project"
expect_status 2 reprise version
stderr_is "reprise: $project:1:1: unknown option 'jsn'"
printf 'quiet: true\njson: maybe\n' >"$project"
expect_status 2 reprise version
stderr_is "reprise: $project:2:7: 'maybe' is neither true nor false"
printf 'json: [\n' >"$project"
expect_status 2 reprise version
stderr_has "^reprise: $project:2:1: "
echo '- json' >"$project"
expect_status 2 reprise version
stderr_is "reprise: $project:1:1: a mapping of options is expected"
printf 'tag: nonsense\n' >"$project"
expect_status 2 reprise list
stderr_is "reprise: $project:1:6: a mapping is expected here"
printf 'capture:\n  keep: lots\n' >"$project"
expect_status 125 reprise capture true
stderr_is "reprise: $project:2:9: 'lots' is not a size like 500M"
# It is none of the others' business; and help always comes.
ok reprise version
ok reprise capture --help

# The environment's store counts for more than a file's.
printf 'store: %s/elsewhere\n' "$T" >"$project"
ok reprise capture -q true
[ ! -e "$T/elsewhere" ] || fail "the file's store was taken"
unset REPRISE_STORE
ok reprise capture -q true
[ -d "$T/elsewhere/runs" ] || fail "the file's store was not taken"
