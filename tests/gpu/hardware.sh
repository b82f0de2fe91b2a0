# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# A training on a real GPU, captured and replayed: with the driver alone, and
# with PyTorch where it can use the GPU. Skips by name where there is no GPU.
# REPRISE_GPU_PYTHON names the Python that has PyTorch.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

[ -n "$(ls /proc/driver/nvidia/gpus 2>/dev/null)" ] || [ -e /dev/kfd ] ||
	skip "no GPU on this machine"

# The nodes of GPUs that the last replay gave, and those of the manifest.
given_as_recorded() {
	result_has gpus.faithful true
	result_has gpus.gpus.0.match same
	json_value gpus.nodes <"$T/result.json" | tr -d '[]",' | tr ' ' '\n' |
		grep '/dev/nvidia[0-9]\|/dev/dri/render' | sort >"$T/given"
	reprise show --json "$RUN" | json_value devices |
		grep -o '/dev/nvidia[0-9][0-9]*\|/dev/dri/renderD[0-9]*' |
		sort -u >"$T/opened"
	diff "$T/opened" "$T/given" || fail "other nodes than were opened"
}

# The driver's cache of compiled code would be one more output.
CUDA_CACHE_DISABLE=1
export CUDA_CACHE_DISABLE

if [ -e /proc/driver/nvidia/version ]; then
	capture_ok "$PROBES/cuda_train"
	manifest_has hardware.accelerators.0.vendor nvidia
	replay_same
	given_as_recorded
	# Its kernel was compiled by the driver, so a compiler is recorded.
	replay_fails 3 --gpus none "$RUN"
	stderr_has 'cuda_train: cuInit: error'
	result_has gpus.faithful false
fi

python=${REPRISE_GPU_PYTHON:-python3}
if "$python" -c 'import sys, torch
sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
	cp "$REPRISE_TEST_TREE/tests/gpu/train.py" .
	CUBLAS_WORKSPACE_CONFIG=:4096:8
	export CUBLAS_WORKSPACE_CONFIG
	capture_ok "$python" train.py cuda
	replay_same
	given_as_recorded
	result_has outputs.0.verdict identical
else
	echo "no PyTorch that can use the GPU: only the driver was tried"
fi
