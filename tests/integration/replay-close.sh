# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users
# limit: 240
# A model that differs in one weight by 1e-9 is close within 1e-6 and differs
# by 1e-12, in each format of numbers.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

$PYTHON -c 'import torch' 2>/dev/null || skip "no python3-torch here"
cp "$REPRISE_TEST_TREE/tests/integration/models.py" .
models='w.npy w.npz compressed.npz w.safetensors w.pt w.csv w.json'
capture_ok -q "$PYTHON" models.py
mv "$T/cwd" "$T/gone"
mkdir "$T/cwd"
cd "$T/cwd" || exit

# verdicts NAMES VERDICT
verdicts() {
	for f in $1; do
		result_has "outputs.$PWD/$f.verdict" "$2"
	done
}

# Without a tolerance only noted times are close; what differs says by how much.
replay_fails 1 --check --ignore events "$RUN"
verdicts "$models" differs
verdicts 't.gz t.zip' close
verdicts events 'not judged'
stderr_has ' 0 of 9 outputs identical, 2 close$'
stderr_has "differs: '$PWD/w.npy': 176 bytes, recorded 176, first difference \
at byte 168; npy: largest difference 1e-09, relative 6.67e-10 at \[1, 2\]; \
1 of 6 values differ\$"
result_has tolerance null

replay_same --tolerance 1e-6 --ignore events
verdicts "$models t.gz t.zip" close
stderr_has ' 0 of 9 outputs identical, 9 close$'
stderr_has "close: '$PWD/w.pt': torch: largest difference 1e-09, relative \
6.67e-10 at storage 0 ('weight') \[5\]; 1 of 8 values differ\$"
result_has tolerance 1e-06
result_has same true
result_has outputs_close 9
for f in $models; do
	result_has "outputs.$PWD/$f.values_different" 1
	got=$(json_value "outputs.$PWD/$f.max_abs" <"$T/result.json")
	"$PYTHON" -c "assert abs($got - 1e-9) < 1e-15" || fail "$f: $got"
done
result_has "outputs.$PWD/w.csv.where" 'row 2, column 3'
result_has "outputs.$PWD/w.json.where" '.w[1][2]'
result_has "outputs.$PWD/w.npz.where" "member 'w.npy' [1, 2]"
result_has "outputs.$PWD/w.safetensors.where" "tensor 'w' [1, 2]"

replay_fails 1 --check --tolerance 1e-12 --ignore events "$RUN"
verdicts "$models" differs
verdicts 't.gz t.zip' close
# What is not close makes it fail alone, too.
replay_fails 1 --check --tolerance 1e-6 "$RUN"
verdicts events differs
stderr_has ' 0 of 10 outputs identical, 9 close$'

for bad in -1 nan 1e-6x ''; do
	expect_status 125 reprise replay --tolerance "$bad" "$RUN"
	stderr_is "reprise: replay: option '--tolerance': '$bad' is not a \
number like 1e-6"
done
