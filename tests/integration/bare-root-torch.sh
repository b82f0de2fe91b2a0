# SPDX-License-Identifier: Apache-2.0
# matrix: users engines roots
# limit: 300
# The same as bare-root, with a PyTorch training and its loader processes.
/usr/bin/python3 -c 'import torch' 2>/dev/null || {
	echo "skip: no python3-torch here"
	exit 77
}
# shellcheck disable=SC2034 # for the test that follows
BARE_EXAMPLE=digits-torch BARE_MODEL=model.pt
. "$REPRISE_TEST_TREE/tests/integration/bare-root.sh"
