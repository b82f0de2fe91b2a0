# SPDX-License-Identifier: Apache-2.0
# matrix: users
# lineage: a pipeline whose files were moved and renamed between its steps is
# the graph that a person would draw; the same from a run and from a file.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# graph_is TEXT: the edges of the JSON, "from wrote -> read to", sorted.
graph_is() {
	"$PYTHON" -c '
import json, os, sys
g = json.load(sys.stdin)
names = {r["id"]: r.get("name", r["id"]) for r in g["runs"]}
rel = lambda p: os.path.relpath(p, sys.argv[1])
for e in g["edges"]:
    print(names[e["from"]], rel(e["wrote"]), "->", rel(e["read"]),
          names[e["to"]], e["contents"])
for r in g["runs"]:
    for s in r["sources"]:
        print("source", rel(s["path"]), "->", names[r["id"]])
' "$PWD" <"$T/out" | sort >"$T/graph"
	same_text "$T/graph" "$1"
}

echo 'id,x' >raw.csv
capture_ok -q -n features sh -c 'sort raw.csv >users.npy; echo a >>users.npy'
mkdir store
mv users.npy store/renamed.npy
echo 'rate: 1' >conf.yaml
capture_ok -q -n training sh -c \
	'cat store/renamed.npy conf.yaml >model.bin; echo t >>model.bin'
cp model.bin copy.bin
rm model.bin
capture_ok -q -n evaluation sh -c 'cat copy.bin raw.csv | wc -c >metrics.json'
# Not of this family.
echo other >other
capture_ok -q -n stranger sh -c 'cat other >other.out; echo >>other.out'

pipeline='features users.npy -> store/renamed.npy training 1
source conf.yaml -> training
source raw.csv -> evaluation
source raw.csv -> features
training model.bin -> copy.bin evaluation 1'
for subject in evaluation metrics.json evaluation:metrics.json; do
	ok reprise lineage --json "$subject"
	graph_is "$pipeline"
done
ok reprise lineage --json training
graph_is 'features users.npy -> store/renamed.npy training 1
source conf.yaml -> training
source raw.csv -> features
training model.bin -> copy.bin evaluation 1'
ok reprise lineage --json copy.bin
[ "$(json_value subject.written_by.0.path <"$T/out")" = "$PWD/model.bin" ] ||
	fail "not written as model.bin"
ok reprise lineage copy.bin
stdout_has "^written as $PWD/model.bin by\$"
stdout_has "^  read $PWD/store/renamed.npy, written as $PWD/users.npy by\$"
stdout_has "^      read $PWD/raw.csv, which no run wrote\$"
stdout_has "^  wrote $PWD/model.bin, read as $PWD/copy.bin by\$"

# What no run wrote has readers.
ok reprise lineage --json raw.csv
graph_is 'features users.npy -> store/renamed.npy training 1
training model.bin -> copy.bin evaluation 1'
ok reprise lineage raw.csv
stdout_has '^no run wrote it$'

# Each content is one node, whatever it was called.
ok reprise lineage --format dot evaluation
[ "$(grep -c ' -> ' "$T/out")" = 7 ] || fail "not seven arrows"
[ "$(grep -c 'shape=box' "$T/out")" = 3 ] || fail "not three runs"
stdout_has 'label="users.npy"'

# Whatever a file is called, the graph is UTF-8 without control characters.
odd=$(printf 'odd\033[31m\377\302\233"é')
echo odd >"$odd"
capture_ok -q -n odd sh -c 'cat odd*'
ok reprise lineage --format dot odd
stdout_has 'label="odd?\[31m???..é"'

# The last run that wrote it before it was read; a copy is no origin.
capture_ok -q -n features2 sh -c 'sort raw.csv >users.npy; echo a >>users.npy'
ok reprise lineage --json training
graph_is 'features users.npy -> store/renamed.npy training 1
source conf.yaml -> training
source raw.csv -> features
training model.bin -> copy.bin evaluation 1'
capture_ok -q -n training2 sh -c 'cat users.npy >model2.bin; echo >>model2.bin'
ok reprise lineage --json training2
graph_is 'features2 users.npy -> users.npy training2 1
source raw.csv -> features2'
capture_ok -q -n backup sh -c 'cat raw.csv >raw.bak'
capture_ok -q -n later sh -c 'cat raw.csv | wc -c >count'
ok reprise lineage --json later
graph_is 'source raw.csv -> later'

# Roots of data: file by file.
mkdir parts
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q -n many sh -c 'for i in $(seq 1100); do echo $i >parts/$i; done'
mkdir moved
mv parts/7 parts/8 parts/9 moved
capture_ok -q -n few sh -c 'cat moved/* | wc -c >sum'
ok reprise lineage --json few
graph_is 'many parts/7 -> moved/7 few 1
many parts/8 -> moved/8 few 1
many parts/9 -> moved/9 few 1'
capture_ok -q -n all sh -c 'cat parts/* | wc -c >sum2'
ok reprise lineage --json all
graph_is 'many parts -> parts all 1097'

# Many runs that all made one content, and as many that read it: each is looked
# at once, within some memory.
echo 1 >seed
capture_ok -q -n prepare sh -c 'tr 1 2 <seed >same'
prepare=$RUN
capture_ok -q -n use sh -c 'wc -c <same >length'
first=$("$PYTHON" "$REPRISE_TEST_TREE/tests/integration/runs_again.py" \
	"$REPRISE_STORE" 120 "$prepare" "$RUN")
ok reprise list
ok "$PYTHON" -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.exit(status or ("%d kB were needed" % used if used > 450000 else 0))
' reprise lineage "$first"
stdout_has "^  wrote $PWD/same by\$"
[ "$(wc -l <"$T/out")" = 4 ] || fail "not one reader"

# Bad input names the thing.
echo unknown >unknown
expect_status 2 reprise lineage unknown
stderr_has "no run of this store wrote or read 'unknown'"
expect_status 2 reprise lineage nobody
expect_status 2 reprise lineage parts
stderr_has "'parts' is a directory, and no run: name a file in it"
expect_status 2 reprise lineage training:nowhere
