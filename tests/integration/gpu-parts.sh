# SPDX-License-Identifier: Apache-2.0
# matrix: users
# GPUs of AMD and Intel, parts of NVIDIA's, and variables that name GPUs, on
# hosts that are fixtures: what the command of a replay sees.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"
. "$REPRISE_TEST_TREE/tests/gpu/lib.sh"
needs_fixture_hosts

A=GPU-a0000000-1111-2222-3333-4444555566

# --- an instance of a divided GPU --------------------------------------------
caps=/dev/nvidia-caps/nvidia-cap
capture_on mig "$PROBES/gpu" cuda open:${caps}147 open:${caps}148 nodes proc
stdout_has "^${caps}158\$"
replay_on mig 0 --check "$RUN"
stdout_is "cuda: init 0, devices 1, libcuda.so.550.54.15
0: /dev/nvidia1 ${A}31
${caps}147: opens
${caps}148: opens
${caps}147
${caps}148
/dev/nvidia-uvm
/dev/nvidia-uvm-tools
/dev/nvidia1
/dev/nvidiactl
/proc/driver/nvidia/capabilities/gpu1/mig/gi1/access
/proc/driver/nvidia/capabilities/gpu1/mig/gi1/ci0/access
/proc/driver/nvidia/gpus/0000:3d:00.0/information
/proc/driver/nvidia/params
/proc/driver/nvidia/registry
/proc/driver/nvidia/version
/proc/driver/nvidia-caps/mig-minors
ModifyDeviceFiles: 0"
replay_on other 125 "$RUN"
stderr_has "the run used gi1/ci0 of 'NVIDIA H100 80GB HBM3'"

# --- a GPU that a variable names -----------------------------------------------
CUDA_VISIBLE_DEVICES=${A}14
export CUDA_VISIBLE_DEVICES
capture_on eight "$PROBES/gpu" cuda env:CUDA_VISIBLE_DEVICES
unset CUDA_VISIBLE_DEVICES
stdout_has "^0: /dev/nvidia7 ${A}14\$"
# All eight were opened, that one was computed on.
replay_on eight 0 --check "$RUN"
stdout_has "^0: /dev/nvidia7 ${A}14\$"
stdout_has "^CUDA_VISIBLE_DEVICES=${A}14\$"
replay_on one 0 --check "$RUN"
stdout_is "cuda: init 0, devices 1, libcuda.so.550.54.15
0: /dev/nvidia0 ${A}01
CUDA_VISIBLE_DEVICES=${A}01"
stderr_has "CUDA_VISIBLE_DEVICES is '${A}01', recorded as '${A}14'"
stderr_has "7 of 8 GPUs are left out"
result_has gpus.nodes.0 /dev/nvidia0

# --- AMD and Intel: all libraries are the run's, and so all is as recorded ------
capture_on amd "$PROBES/gpu" open:/dev/kfd open:/dev/dri/renderD129 nodes
manifest_has hardware.accelerators.0.used false
manifest_has hardware.accelerators.1.used true
replay_on amd 0 --check "$RUN"
stdout_is "/dev/kfd: opens
/dev/dri/renderD129: opens
/dev/dri/by-path/pci-0000:c6:00.0-render
/dev/dri/renderD129
/dev/kfd"
replay_on intel 125 "$RUN"
stderr_has "the run used 'aldebaran' with driver 6.3.6, here is "
replay_on intel 0 --gpus none "$RUN"
stdout_is "/dev/kfd: No such file or directory
/dev/dri/renderD129: No such file or directory"

capture_on intel "$PROBES/gpu" open:/dev/dri/renderD128 \
	open:/dev/dri/by-path/pci-0000:4d:00.0-render nodes
replay_on intel 0 "$RUN"
stdout_is "/dev/dri/renderD128: opens
/dev/dri/by-path/pci-0000:4d:00.0-render: opens
/dev/dri/by-path/pci-0000:4d:00.0-render
/dev/dri/renderD128"
ok on intel reprise replay --dry-run "$RUN"
stdout_has '^gpu          intel 0000:4d:00.0: 0000:4d:00.0 (model)$'
stdout_has '^device       /dev/dri/renderD128$'

# --- what is run where there is a real GPU, with the stand-in for one -------------
ok on one env LD_LIBRARY_PATH=/usr/local/nvidia/lib64 \
	sh -eu "$REPRISE_TEST_TREE/tests/gpu/hardware.sh"

# --- what doctor says of them --------------------------------------------------------
run on broken reprise doctor
stdout_has "^yes  *gpus  *'NVIDIA A100-SXM4-80GB' with driver 535.161.08\$"
stdout_has '^yes  *gpu-nodes'
stdout_has "^no  *gpu-driver  *0 user libraries of NVIDIA's driver 535.161.08; \
libcuda.so also of 535.104.05\$"
stdout_has 'remedy: load the kernel module of the version of the user libraries$'
run on mismatch reprise doctor --json
[ "$(json_value items.gpu-driver.detail <"$T/out")" = \
	"3 user libraries of NVIDIA's driver 535.161.08" ] || fail "libraries"
run on none reprise doctor
stdout_has '^no  *gpus  *no GPU$'
