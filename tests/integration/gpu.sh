# SPDX-License-Identifier: Apache-2.0
# matrix: users roots
# NVIDIA's GPUs, as fixtures show them, with a stand-in for the driver's user
# libraries: what a replay on another host gives to the command and says of it.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"
. "$REPRISE_TEST_TREE/tests/gpu/lib.sh"
needs_fixture_hosts

A=GPU-a0000000-1111-2222-3333-4444555566

# --- recorded on one GPU ----------------------------------------------------
capture_on one "$PROBES/gpu" cuda nodes proc env:CUDA_VISIBLE_DEVICES =trained
stdout_has '^0: /dev/nvidia0 GPU-'
manifest_has hardware.accelerators.0.used true

# On the same host: its nodes, and no way to make others.
replay_on one 0 --check "$RUN"
stdout_is "cuda: init 0, devices 1, libcuda.so.550.54.15
0: /dev/nvidia0 ${A}01
/dev/nvidia-uvm
/dev/nvidia-uvm-tools
/dev/nvidia0
/dev/nvidiactl
/proc/driver/nvidia/gpus/0000:07:00.0/information
/proc/driver/nvidia/params
/proc/driver/nvidia/registry
/proc/driver/nvidia/version
ModifyDeviceFiles: 0
CUDA_VISIBLE_DEVICES=(not set)"
stderr_is "reprise: replayed ${RUN%"${RUN#????????}"}: exit status 0 as recorded; 1 of 1 outputs identical"
result_has gpus.faithful true
result_has gpus.gpus.0.match same
result_has gpus.driver_libraries '[]'

# Among eight it is found by its UUID, under another minor, and alone.
replay_on eight 0 --check "$RUN"
stdout_has "^0: /dev/nvidia1 ${A}01\$"
[ "$(grep -c '^/dev/nvidia[0-9]' "$T/out")" = 1 ] || fail "other nodes"
[ "$(grep -c /gpus/ "$T/out")" = 1 ] || fail "other GPUs in /proc"
[ "$(wc -l <"$T/err")" = 1 ] || fail "more was said than needed"
result_has notes.cdi-environment.detail \
	"NVIDIA_VISIBLE_DEVICES is 'void', recorded without"

# The same model with another driver: this host's libraries, and it is said.
replay_on mismatch 0 --check "$RUN"
stdout_has '^cuda: init 0, devices 1, libcuda.so.535.161.08$'
stderr_has "recorded with NVIDIA driver 550.54.15, replayed with 535.161.08 \
and 3 of its libraries from this host; the run had no code compiled"
stderr_has "recorded on ${A}01, replayed on ${A}02, both 'NVIDIA A100-SXM4-80GB'"
result_has gpus.gpus.0.match model
result_has gpus.driver_libraries.0 \
	/usr/local/nvidia/lib64/libcuda.so.535.161.08
# What is this host's is none of the replay's outputs.
replay_on mismatch 0 -o "$T/kept" "$RUN"
[ "$(find "$T/kept" -type f -o -type l)" = "$T/kept$PWD/out" ] ||
	fail "kept: $(find "$T/kept")"
# And nothing of it stays for the next replay on the recorded host.
replay_on one 0 --check "$RUN"
stdout_has 'libcuda.so.550.54.15$'

# No GPU, another model: both sides and what can be done, before the start.
replay_on none 125 "$RUN"
stdout_is ""
stderr_is "reprise: the run used 'NVIDIA A100-SXM4-80GB' with driver \
550.54.15, here is no GPU: --gpus none goes without, which is not a faithful \
replay"
replay_on none 125 --gpus any "$RUN"
replay_on other 125 "$RUN"
stdout_is ""
stderr_is "reprise: the run used 'NVIDIA A100-SXM4-80GB' with driver \
550.54.15, here is 'NVIDIA H100 80GB HBM3' with driver 550.54.15: --gpus any \
takes the recorded number of any model, --gpus none goes without; neither is \
a faithful replay"
replay_on other 125 --dry-run "$RUN"

replay_on other 0 --gpus any "$RUN"
stdout_has "^0: /dev/nvidia0 ${A}41\$"
stderr_has "recorded on 'NVIDIA A100-SXM4-80GB', replayed on 'NVIDIA H100 \
80GB HBM3': not a faithful replay"
result_has gpus.faithful false
for host in none other one; do
	replay_on $host 0 --gpus none "$RUN"
	stdout_is "cuda: init 100, devices 0, libcuda.so.550.54.15
CUDA_VISIBLE_DEVICES="
	stderr_has "replayed without a GPU: not a faithful replay"
	result_has gpus.faithful false
	result_has gpus.nodes '[]'
done

# The two halves of this host's driver have other versions.
replay_on broken 125 "$RUN"
stderr_is "reprise: the kernel module of NVIDIA's driver has version \
535.161.08 here, but no user library of that version was found (libcuda.so is \
of version 535.104.05): load the module of the same version, or replay with \
--gpus none"

# --- another command, and a run that compiled ---------------------------------
capture_on one "$PROBES/gpu" cuda jit
stdout_has '^jit: 0$'
replay_on mismatch 0 "$RUN"
stdout_has '^jit: 0$'
stderr_has 'the run had code compiled for the GPU by the driver'
replay_on mismatch 0 "$RUN" -- "$PROBES/gpu" jit nodes
stdout_has '^/dev/nvidia0$'
# A compiler that the run did not need is there for a driver that does.
capture_on one "$PROBES/gpu" cuda
replay_on mismatch 0 "$RUN" -- "$PROBES/gpu" jit
stdout_is 'jit: 0'

# --- a run on a machine with GPUs that used none -----------------------------
capture_on eight "$PROBES/gpu" nodes
replay_on none 0 "$RUN"
stdout_is ""
replay_on eight 0 "$RUN" -- "$PROBES/gpu" nodes proc
stdout_is ""
result_has gpus.faithful true
