# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# metrics and models: results are read from the files that a run wrote, models
# are known by what is in them.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

metric_is() {
	got=$(reprise show --json "$RUN" | "$PYTHON" -c '
import json, sys
for m in json.load(sys.stdin).get("metrics", []):
    if m["name"] == sys.argv[1]:
        print(m["value"], m["source"])
' "$1")
	[ "$got" = "$2" ] || fail "$1 is '$got' instead of '$2'"
}

cat >train.py <<'EOF'
import json, os, pickle, zipfile
json.dump({"accuracy": 0.925, "val": {"loss": [2.0, 1.5]}},
          open("metrics.json", "w"))
os.makedirs("lightning_logs/version_0")
open("lightning_logs/version_0/metrics.csv", "w").write(
    "epoch,loss\n0,3\n1,2.5\n")
open("lightning_logs/version_0/hparams.yaml", "w").write("lr: 0.125\n")
os.makedirs("mlruns/0/abc/metrics")
os.makedirs("mlruns/0/abc/params")
open("mlruns/0/abc/metrics/auc", "w").write("1 0.5 0\n2 0.75 1\n")
open("mlruns/0/abc/params/depth", "w").write("7")
open("broken_metrics.json", "w").write("{")
pickle.dump([1, 2], open("weights", "wb"))
with zipfile.ZipFile("net.bin", "w") as z:
    z.writestr("archive/data.pkl", b"\x80\2N.")
open("plain.bin", "w").write("nothing of the kind")
EOF
capture_ok -q "$PYTHON" train.py
metric_is accuracy "0.925 $PWD/metrics.json"
metric_is val.loss "1.5 $PWD/metrics.json"
metric_is loss "2.5 $PWD/lightning_logs/version_0/metrics.csv"
metric_is auc "0.75 $PWD/mlruns/0/abc/metrics/auc"
manifest_has parameters.lr.value 0.125
manifest_has parameters.depth.value 7
manifest_has "outputs.$PWD/weights.role" model
manifest_has "outputs.$PWD/net.bin.role" model
manifest_has "outputs.$PWD/plain.bin.role" other
manifest_has "outputs.$PWD/metrics.json.role" metrics
manifest_has "completeness.notes.$PWD/broken_metrics.json.kind" configuration
manifest_complete
# A run that writes none says so by silence.
capture_ok -q true
if reprise show --json "$RUN" | grep -q '"metrics"'; then
	fail "metrics of a run without any"
fi
