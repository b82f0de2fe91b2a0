# SPDX-License-Identifier: Apache-2.0
# matrix: users roots
# limit: 120
# All that tells a program of processors and memory agrees with the record: on
# this machine, and for a record of machines with fewer and with more of them.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

cat >tell.py <<'END'
import ctypes
import glob
import multiprocessing
import os
import re
import subprocess


def read(path):
    with open(path) as f:
        return f.read()


def run(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, check=True,
                          text=True).stdout.strip()


CPU = "/sys/devices/system/cpu/"
NODE = "/sys/devices/system/node/"
info = read("/proc/cpuinfo")
mine = sorted(os.sched_getaffinity(0))
page = os.sysconf("SC_PAGESIZE")
last = len(glob.glob(CPU + "cpu[0-9]*")) - 1
place = CPU + "cpu%d/" % last
print("os.cpu_count", os.cpu_count())
print("multiprocessing", multiprocessing.cpu_count())
print("affinity", *mine)
print("affinity of this process by its number",
      *sorted(os.sched_getaffinity(os.getpid())))
print("sysconf ONLN", os.sysconf("SC_NPROCESSORS_ONLN"))
print("sysconf CONF", os.sysconf("SC_NPROCESSORS_CONF"))
print("sysconf PHYS", os.sysconf("SC_PHYS_PAGES") * page)
print("nproc", run("nproc"))
print("nproc --all", run("nproc", "--all"))
print("OpenMP", ctypes.CDLL("libgomp.so.1").omp_get_max_threads())
print("online", read(CPU + "online").strip())
print("possible", read(CPU + "possible").strip())
print("present", read(CPU + "present").strip())
print("directories", last + 1, len(os.listdir("/sys/bus/cpu/devices")))
print("core", read(place + "topology/core_id").strip())
print("package", read(place + "topology/physical_package_id").strip())
print("threads", read(place + "topology/thread_siblings_list").strip(),
      read(place + "topology/thread_siblings").strip())
for n in range(4):
    index = place + "cache/index%d/" % n
    if os.path.exists(index):
        print("cache", n, *[read(index + f).strip() for f in (
            "level", "size", "ways_of_associativity", "shared_cpu_list")])
print("nodes", read(NODE + "online").strip(), *[
    read(n + "/cpulist").strip() for n in sorted(glob.glob(NODE + "node[0-9]*"))])
print("model", *sorted(set(re.findall("(?m)^model name\t: (.*)$", info))))
print("cpuinfo", *re.findall("(?m)^processor\t: (.*)$", info))
print("stat", *re.findall("(?m)^cpu([0-9]+) ", read("/proc/stat")))
print("MemTotal", read("/proc/meminfo").split()[1])
print("lscpu", run("lscpu", "-p=CPU,CORE,SOCKET,NODE").split("\n")[-1],
      *re.findall(r"(?m)^(?:CPU|Thread|Core|Socket)\(s\).*?([0-9]+)$",
                  run("lscpu")))
os.sched_setaffinity(0, {mine[-1]})
print("pinned", *os.sched_getaffinity(0), run("nproc"))
os.sched_setaffinity(0, range(1024))
print("let go", len(os.sched_getaffinity(0)), run("nproc"))
END

capture() {
	reprise capture -q --id-file "$T/id" "$PYTHON" tell.py >"$T/captured" ||
		fail "capture"
	RUN=$(cat "$T/id")
}

replay() {
	reprise replay -q --result "$T/result.json" "$@" "$RUN" \
		>"$T/out" 2>"$T/err" || fail "replay"
}

noted() {
	json_value notes <"$T/result.json" | grep -q "$1" || fail "no note of $1"
}

# told WORDS: one of the lines.
told() {
	grep -q -x -F -e "$1" "$T/out" || fail "no '$1'"
}

# What a machine of COUNT processors, SOCKETS and THREADS shows, whose last
# one is CORE of PACKAGE and has the SIBLINGS with the mask MASK.
tells() {
	told "os.cpu_count $1"
	told "multiprocessing $1"
	told "affinity $(seq -s ' ' 0 $(($1 - 1)))"
	told "affinity of this process by its number $(seq -s ' ' 0 $(($1 - 1)))"
	told "sysconf ONLN $1"
	told "sysconf CONF $(($1 + 2))"
	told "sysconf PHYS $(($1 << 30))"
	told "nproc $1"
	told "nproc --all $(($1 + 2))"
	told "OpenMP $1"
	told "possible 0-$(($1 + 1))"
	told "directories $1 $1"
	told "core $4"
	told "package $5"
	told "threads $6 $7"
	told "cache 0 1 48K 16 $6"
	told "model Another $1"
	told "cpuinfo $(seq -s ' ' 0 $(($1 - 1)))"
	told "stat $(seq -s ' ' 0 $(($1 - 1)))"
	told "MemTotal $(($1 << 20))"
	told "lscpu $(($1 - 1)),$(($1 / $3 - 1)),$5,$5 $1 $3 $(($1 / $2 / $3)) $2"
	told "pinned $(($1 - 1)) 1"
	told "let go $1 $1"
}

machine() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/other_machine.py" \
		"$REPRISE_STORE/runs/$RUN/manifest.yaml" "$@"
}

capture
manifest_complete
replay
diff -u "$T/captured" "$T/out" || fail "the replay sees another machine"
# Fewer here than there were: it is told of, and does not show.
if [ "$(nproc)" -gt 1 ]; then
	ok taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" \
		reprise replay --result "$T/result.json" "$RUN"
	stderr_has "the run had $(nproc) processors, here 1"
	diff -u "$T/captured" "$T/out" || fail "fewer processors show"
	noted cpus
fi

machine 61 1 1
replay
tells 61 1 1 60 0 60 10000000,00000000
told "cache 2 3 65536K 16 0-60"
noted cpus
noted memory
machine 28 2 2
replay
tells 28 2 2 6 1 13,27 08002000
told "cache 2 3 65536K 16 7-13,21-27"
told "nodes 0-1 0-6,14-20 7-13,21-27"
machine 7 1 1
replay
tells 7 1 1 6 0 6 040
machine 3 1 1
replay
tells 3 1 1 2 0 2 04
machine 1 1 1
replay
tells 1 1 1 0 0 0 1
# A part of what there is, of numbers that this machine may not have.
machine 8 1 1 3,6
replay
told "affinity 3 6"
told "os.cpu_count 8"
told "nproc 2"
told "OpenMP 2"
told "pinned 6 1"
told "let go 8 8"
# The limit of the control group is where it was.
ok reprise replay -q "$RUN" -- "$PYTHON" -c \
	'print(open("/sys/fs/cgroup/cpu.max").read(), end="")'
stdout_is "250000 100000"

# As this machine is.
replay --cpus host
"$PYTHON" tell.py >"$T/bare"
diff -u "$T/bare" "$T/out" || fail "--cpus host shows another machine"
ok reprise replay --dry-run "$RUN"
stdout_has '^cpus  *3,6$'
ok reprise replay --dry-run --cpus host "$RUN"
stdout_has '^cpus  *of this host$'
replay_fails 125 --cpus few "$RUN"
