# SPDX-License-Identifier: Apache-2.0
# matrix: users
# list as a log of experiments: conditions, tags, order, columns.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# The first eight digits of the ids that were listed, in their order.
ids() {
	sed -n 's/^\([0-9a-f]\{8\}\)  .*/\1/p' "$T/out" | tr '\n' ' '
}

# lists IDS WORDS...: exactly these runs, in this order.
lists() {
	wanted=$1
	shift
	ok reprise list "$@"
	[ "$(ids)" = "$wanted" ] ||
		fail "list $*: '$(ids)' instead of '$wanted'"
}

# An empty store has no names, and no mistakes.
capture_ok -q true
chmod -R u+w "$REPRISE_STORE/runs/$RUN"
rm -r "$REPRISE_STORE/runs/$RUN"
lists "" --where lr=1

printf 'optimizer: {lr: 0.01, name: adam}\n' >a.yaml
printf 'optimizer: {lr: 1e-1, name: sgd}\n' >b.yaml
capture_ok -q -n a -t kind=small -t size=1 cat a.yaml
a=${RUN%%-*}
capture_ok -q -n b -t kind=large cat b.yaml
b=${RUN%%-*}
capture_fails 3 -q sh -c 'exit 3' train --lr 5 --optimizer.lr 0.5
c=${RUN%%-*}

lists "$a " --where lr=1e-2
lists "$b " --where 'optimizer.lr=0.1'
lists "$b $a " --where 'optimizer.lr<0.5'
lists "$c $b " --where 'optimizer.lr>=0.1'
lists "$c " --where lr=5
lists "$b $a " --where 'status!=failed'
lists "$c " --where 'exit_code=3'
lists "$a " --where name=a
lists "$b " --where 'optimizer.name~gd'
lists "$a " --where lr=0.01 --where 'optimizer.name=adam'
lists "" --where lr=0.01 --where 'optimizer.name=sgd'
lists "$c $b $a " --where 'started>2020-01-01'
lists "$c " --where 'command~exit 3'
lists "$b " --where kind=large
lists "" --where lr=7

lists "$b $a " --tag kind
lists "$a " --tag kind --tag size=1
lists "" --tag kind=other
lists "" --tag other

lists "$a $b $c " --sort optimizer.lr
lists "$c $b $a " --sort -optimizer.lr
# What has none comes last, either way.
lists "$b $a $c " --sort kind
lists "$a $b $c " --sort -kind
lists "$b $a $c " --sort status
lists "$a $b $c " --sort name

expect_status 2 reprise list --where rl=1
stderr_is "reprise: no run has a parameter, metric, tag or field 'rl'"
expect_status 2 reprise list --where 'lr is 1'
stderr_has "'lr is 1' is no condition"
expect_status 2 reprise list --sort rl
stderr_is "reprise: no run has a parameter, metric, tag or field 'rl'"
expect_status 2 reprise list --columns lr,rl
stderr_is "reprise: no run has a parameter, metric, tag or field 'rl'"
# Known, but not to the runs that are listed: no mistake.
lists "" --where size=1 --where kind=large

ok reprise list --where name~a --where status=completed
stdout_has '^RUN  *STARTED (UTC)  *STATUS  *NAME  *COMMAND$'
ok reprise list --tag kind
stdout_has '^RUN  *STARTED (UTC)  *STATUS  *NAME  *lr  *name  *COMMAND$'
stdout_has "^$a .*  completed  a     0.01  adam  cat a.yaml\$"
stdout_has "^$b .*  completed  b     1e-1  sgd   cat b.yaml\$"
COLUMNS=75
export COLUMNS
ok reprise list --tag kind
stdout_has '^RUN  *STARTED (UTC)  *STATUS  *NAME  *lr  *COMMAND$'
COLUMNS=40
ok reprise list --tag kind
stdout_has '^RUN  *STARTED (UTC)  *STATUS  *NAME  *COMMAND$'
unset COLUMNS
ok reprise list --columns kind,exit_code,optimizer.lr
stdout_has '  NAME  kind   exit_code  optimizer.lr  COMMAND$'
stdout_has "^$c .*  failed 3   -     -      3          0.5           sh -c "
stdout_has "^$a .*  completed  a     small  0          0.01          cat "
ok reprise list --columns '' --tag kind
stdout_has '  NAME  COMMAND$'

ok reprise list --json
[ "$(json_value 'a.parameters.optimizer.lr' <"$T/out")" = 0.01 ] ||
	fail "a parameter"
[ "$(json_value '0.parameters.lr' <"$T/out")" = 5 ] || fail "a parameter"
[ "$(json_value '0.metrics' <"$T/out")" = '{}' ] || fail "metrics"

# Names are what they mean now.
ok reprise name b best
ok reprise name --force "$c" a
lists "$c " --where name=a
lists "$b " --where name=best
ok reprise list --json
[ "$(json_value 'b.names' <"$T/out")" = '["b", "best"]' ] || fail "names"
ok reprise list
stdout_has "^$a .*  completed  -  "
stdout_has "^$b .*  completed  b,best  "

# The index may be lost, or be no index, or have no place.
rm -rf "$XDG_CACHE_HOME/reprise"
lists "$a " --where lr=1e-2
for f in "$XDG_CACHE_HOME"/reprise/index-*; do
	[ -s "$f" ] || fail "no index in the cache"
	echo nonsense >"$f"
done
lists "$a " --where lr=1e-2
rm -rf "$XDG_CACHE_HOME/reprise"
: >"$XDG_CACHE_HOME/reprise"
lists "$a " --where lr=1e-2
rm "$XDG_CACHE_HOME/reprise"

# A run that is gone.
chmod -R u+w "$REPRISE_STORE/runs/$RUN"
rm -r "$REPRISE_STORE/runs/$RUN"
lists "$b $a "
