# SPDX-License-Identifier: Apache-2.0
# matrix: users engines roots
# limit: 240
# A seeded PyTorch training with loader processes comes back bit for bit.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

/usr/bin/python3 -c 'import torch' 2>/dev/null || skip "no python3-torch here"
example digits-torch
./prepare.py
capture_ok -q ./train.py --seed 7
manifest_complete
cp model.pt "$T/model.pt"
mv "$T/cwd" "$T/gone"
mkdir "$T/elsewhere"
cd "$T/elsewhere" || exit
replay_same -o "$T/replayed"
same_file "$T/replayed$T/cwd/model.pt" "$T/model.pt"
