# SPDX-License-Identifier: Apache-2.0
# matrix: users
# export --format cyclonedx, ro-crate, sha256sums, requirements: valid by the
# schemas and shapes of their authors, with what the record says in them.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

TESTS=$REPRISE_TEST_TREE/tests

valid_bom() {
	"$PYTHON" "$TESTS/integration/cyclonedx_check.py" \
		"$TESTS/data/cyclonedx" "$1"
}

valid_crate() {
	"$PYTHON" "$TESTS/integration/crate_check.py" "$TESTS/data/ro-crate" "$1"
}

# Names that need escapes in one form or another; a root of data.
mkdir tree
for i in $(seq 1001); do echo "$i" >"tree/$i"; done
echo 'id,x' >'data é 1%.csv'
printf 'x' >"$(printf 'line\nend')"
echo 'lr: 0.5' >conf.yaml
cat >train.py <<'EOF'
import glob, os, pickle, sqlite3
n = sum(len(open(f).read()) for f in glob.glob("tree/*"))
for f in os.listdir("."):
    if os.path.isfile(f):
        open(f).read()
pickle.dump(n, open("model.pkl", "wb"))
open("metrics.json", "w").write('{"accuracy": 0.5}')
EOF
export PYTHONDONTWRITEBYTECODE=1
capture_ok -q -n run "$PYTHON" train.py --rate=2

ok reprise export run --format cyclonedx -o bom.json
valid_bom bom.json || fail "not a valid CycloneDX document"
bom() {
	json_value "$1" <bom.json
}
[ "$(bom metadata.component.type)" = machine-learning-model ] ||
	fail "the subject is not the model"
[ "$(bom metadata.component.name)" = model.pkl ] || fail "another subject"
[ "$(bom metadata.component.hashes.0.content)" = \
	"$(sha256sum model.pkl | cut -d ' ' -f 1)" ] || fail "another digest"
[ "$(bom serialNumber)" = "urn:uuid:$RUN" ] || fail "another serial number"
[ "$(bom formulation.0.workflows.0.uid)" = "$RUN" ] || fail "another run"
"$PYTHON" - bom.json <<'EOF' || fail "the document lacks what the run used"
import json, sys
bom = json.load(open(sys.argv[1]))
by_name = {c["name"]: c for c in bom["components"]}
assert by_name["libc.so.6"]["type"] == "library"
assert by_name["libc.so.6"]["hashes"][0]["alg"] == "SHA-256"
assert by_name["tree"]["type"] == "data"
assert "hashes" not in by_name["tree"]
deps = {d["ref"]: d["dependsOn"] for d in bom["dependencies"]}
sqlite = [c for c in bom["components"] if c["name"].startswith("_sqlite3.")][0]
assert by_name["libsqlite3.so.0"]["bom-ref"] in deps[sqlite["bom-ref"]]
EOF
# The checker finds what is wrong.
sed 's/"specVersion": "1.6"/"specVersion": 16/' bom.json >bad.json
if valid_bom bad.json >/dev/null; then fail "nothing was checked"; fi
sed 's/"ref": "data-in1"/"ref": "data-in999"/' bom.json >bad.json
if valid_bom bad.json >/dev/null; then fail "references were not checked"; fi

ok reprise export run --format ro-crate -o crate
valid_crate crate >"$T/out" || {
	cat "$T/out"
	fail "not a valid RO-Crate"
}
[ -f "crate/files$PWD/tree/700" ] || fail "the tree is not in the crate"
same_file model.pkl "crate/files$PWD/model.pkl"
# A tree is one entity.
[ "$(grep -c 'tree/' crate/ro-crate-metadata.json)" -le 4 ] ||
	fail "the files of a tree are entities"
sed -i '/"license"/d' crate/ro-crate-metadata.json
if valid_crate crate >/dev/null 2>&1; then fail "nothing was checked"; fi
expect_status 2 reprise export run --format ro-crate -o crate
stderr_is "reprise: 'crate' is there already"

ok reprise export run --format sha256sums -o sums
sha256sum --quiet --check sums || fail "sha256sum does not take them"
[ "$(wc -l <sums)" -gt 1005 ] || fail "sums are missing"
echo changed >tree/5
if sha256sum --quiet --check sums >/dev/null 2>&1; then
	fail "a change was not seen"
fi

ok reprise export run --format requirements -o -
stdout_has "^# of run $RUN\$"
ok reprise export run --format requirements --dry-run
stdout_has "^# of run $RUN\$"
ok reprise export run --format ro-crate --dry-run
stdout_has "content  sha256:.*  files$PWD/model.pkl\$"

# A run without a model, one that failed, contents by reference.
capture_fails 3 -q -n failed --keep 1K sh -c \
	'cat tree/* >/dev/null; head -c 5000 /dev/zero >large; exit 3'
ok reprise export failed --format cyclonedx -o failed.json
valid_bom failed.json || fail "a failed run has no valid document"
[ "$(json_value metadata.component.type <failed.json)" = application ] ||
	fail "a subject that is none"
ok reprise export failed --format ro-crate -o failed
valid_crate failed || fail "a failed run has no valid crate"
[ ! -e "failed/files$PWD/large" ] || fail "a content that was not kept"
grep -q '"@id": "file:///.*/large"' failed/ro-crate-metadata.json ||
	fail "what is by reference has no entity"

# A parameter whose name is no UTF-8, or very long.
long=$(printf '%0400d' 0 | tr 0 x)é
echo old >state
capture_ok -q -n odd sh -c 'cat state >odd.out' sh "$(printf -- '--a\377=1')" "--$long=2"
ok reprise export odd --format cyclonedx -o odd.json
valid_bom odd.json || fail "odd names have no valid document"
grep -q "reprise:parameter:$(printf '%0100d' 0 | tr 0 x)" odd.json ||
	fail "the parameter is not there"
ok reprise export odd --format ro-crate -o odd
valid_crate odd || fail "odd names have no valid crate"

# What a run wrote over is there as it was before and after.
capture_ok -q -n over sh -c 'cat state; echo new >state'
ok reprise export over --format ro-crate -o over
valid_crate over || fail "no valid crate of what was written over"
[ "$(cat "over/files$PWD/state" "over/before$PWD/state")" = "new
old" ] || fail "not both contents"

# Bad input; nothing is left behind.
expect_status 2 reprise export run run --format cyclonedx -o x
stderr_has "takes one run"
expect_status 2 reprise export run --format ro-crate -o -
expect_status 2 reprise export run --format nonsense -o x
expect_status 2 reprise export run --format cyclonedx -o nowhere/x
rm -f "$(object_of model.pkl)"
expect_status 2 reprise export run --format ro-crate -o broken
[ ! -e broken ] || fail "half a crate"
set -- broken.*
[ ! -e "$1" ] || fail "a temporary directory is left: $1"
