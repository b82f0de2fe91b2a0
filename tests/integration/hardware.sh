# SPDX-License-Identifier: Apache-2.0
# matrix: users
# hardware: what a manifest says of this machine, against what others say.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

capture_ok -q true
manifest_has hardware.cpu.count "$(nproc)"
manifest_has hardware.cpu.online "$(cat /sys/devices/system/cpu/online)"
manifest_has hardware.memory.total_bytes \
	"$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) * 1024))"
if [ "$(uname -m)" = x86_64 ]; then
	manifest_has hardware.cpu.vendor "$(awk -F ': ' \
		'/^vendor_id/ { print $2; exit }' /proc/cpuinfo)"
	manifest_has hardware.cpu.model "$(awk -F ': ' \
		'/^model\t/ { print $2; exit }' /proc/cpuinfo)"
	manifest_has hardware.cpu.cpuid.0.leaf 0x00000000
fi
if [ -e /proc/driver/nvidia/gpus ]; then
	manifest_has hardware.accelerators.0.vendor nvidia
	manifest_has hardware.accelerators.0.used false
elif [ ! -e /sys/class/drm ]; then
	manifest_has hardware.accelerators '[]'
fi
# Another set of processors is another affinity on the same machine.
cpu=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
capture_ok -q taskset -c "$cpu" true
manifest_has hardware.cpu.count "$(nproc)"
ok taskset -c "$cpu" reprise capture --id-file "$T/id" -q true
# shellcheck disable=SC2034 # for manifest_has
RUN=$(cat "$T/id")
manifest_has hardware.cpu.count 1
manifest_has hardware.cpu.affinity "$cpu"
