# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# Roots of data: a file that was read and then changed, or was there and then
# written, is an input, an output, of its own; none is left out.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

count() {
	reprise show --json "$RUN" | "$PYTHON" -c '
import json, sys
print(sum(d["files"] for d in json.load(sys.stdin)[sys.argv[1]]
          if "/data" in d["path"]))' "$1"
}

kinds() {
	reprise show --json "$RUN" | "$PYTHON" -c '
import json, sys
print(sum(d["kind"] == "tree" for d in json.load(sys.stdin)[sys.argv[1]]))' "$1"
}

mkdir data
for i in $(seq 1100); do echo "$i" >"data/$i"; done
cat >some.py <<'EOF'
import os
for f in os.listdir("data"):
    open("data/" + f).read()
open("data/500", "w").write("rewritten")
open("data/new", "w").write("new")
EOF
was=$(sha256sum data/500 | cut -d ' ' -f 1)
capture_ok -q "$PYTHON" some.py
[ "$(count inputs)" = 1100 ] || fail "$(count inputs) inputs instead of 1100"
[ "$(count outputs)" = 2 ] || fail "$(count outputs) outputs instead of 2"
manifest_has "inputs.$PWD/data/500.digest" "sha256:$was"
manifest_has "outputs.$PWD/data/500.digest" \
	"sha256:$(sha256sum data/500 | cut -d ' ' -f 1)"
replay_same
result_has outputs_identical 2
# By their paths, whichever table they are in; before and afterwards.
[ "$(reprise show "$RUN:data/700")" = 700 ] || fail "a file of the root"
[ "$(reprise show --json "$RUN:data/700" | json_value path)" = \
	"$PWD/data/700" ] || fail "its path"
[ "$(reprise show "$RUN:data/500")" = rewritten ] || fail "what was left"
[ "$(reprise show --input "$RUN:data/500")" = 500 ] || fail "what was found"
expect_status 2 reprise show "$RUN:data/none"
stderr_has "has no file '$PWD/data/none'"

# All of them: no root is left, and every output is judged.
cat >all.py <<'EOF'
import os
for f in os.listdir("data"):
    text = open("data/" + f).read()
    open("data/" + f, "w").write(text + "more")
EOF
capture_ok -q "$PYTHON" all.py
[ "$(count inputs)" = 1101 ] || fail "$(count inputs) inputs instead of 1101"
[ "$(count outputs)" = 1101 ] || fail "$(count outputs) outputs instead of 1101"
[ "$(kinds inputs)$(kinds outputs)" = 00 ] || fail "a tree without files"
replay_same
result_has outputs_identical 1101
