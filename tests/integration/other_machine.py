# SPDX-License-Identifier: Apache-2.0
"""other_machine.py MANIFEST CPUS SOCKETS THREADS [AFFINITY]: the run was made
on another machine. Threads of a core are as far apart as there are cores."""
import os
import re
import sys


def text_list(numbers):
    return ",".join(str(n) for n in numbers)


def quoted(values):
    return "[" + ", ".join('"%s"' % v for v in values) + "]"


def hardware(cpus, sockets, threads, affinity, flags):
    cores = cpus // threads
    each = cores // sockets
    core = [i % cores for i in range(cpus)]
    package = [c // each for c in core]
    lines = [("vendor_id", None), ("model name", None), ("cpu MHz", None),
             ("physical id", package), ("siblings", [cpus // sockets]),
             ("core id", [c % each for c in core]), ("cpu cores", [each]),
             ("apicid", [2 * i for i in range(cpus)]), ("flags", None),
             ("bogomips", ["4000.50"])]
    out = ["hardware:", "  cpu:", "    vendor: Elsewhere",
           '    model_name: "Another %d"' % cpus, flags,
           '    online: "0-%d"' % (cpus - 1),
           '    possible: "0-%d"' % (cpus + 1),
           '    present: "0-%d"' % (cpus - 1), "    kernel_max: 8191",
           '    affinity: "%s"' % affinity, "    count: 1", "    cgroup:",
           "      quota_us: 250000", "      period_us: 100000",
           "      version: 2", "    topology:", "      sockets: %d" % sockets,
           "      cores: %d" % cores, "      threads_per_core: %d" % threads,
           "      numa_nodes: %d" % sockets, "      caches:"]
    first = [i for i in range(cpus) if core[i] == 0]
    for level, kib, shared in ((1, 48, first), (2, 2048, first),
                               (3, 65536, [i for i in range(cpus)
                                           if package[i] == 0])):
        out.append('      - {level: %d, type: Unified, size_bytes: %d, '
                   'line_bytes: 64, ways: 16, shared_by: "%s"}'
                   % (level, kib << 10, text_list(shared)))
    out.append("      nodes:")
    for n in range(sockets):
        out.append('      - {number: %d, cpus: "%s", memory_bytes: %d}'
                   % (n, text_list(i for i in range(cpus)
                                   if package[i] == n), (cpus << 30) // sockets))
    out.append("    cpuinfo:")
    for key, values in lines:
        out.append('    - {key: "%s"%s}' % (
            key, "" if values is None else ", values: " + quoted(values)))
    out += ["  memory:", "    total_bytes: %d" % (cpus << 30),
            "    swap_bytes: 4096000", "  accelerators: []"]
    return "\n".join(out) + "\n"


path, cpus, sockets, threads = sys.argv[1], *map(int, sys.argv[2:5])
affinity = sys.argv[5] if len(sys.argv) > 5 else "0-%d" % (cpus - 1)
manifest = open(path).read()
flags = re.search(r"^    flags: .*$", manifest, re.M).group(0)
new = re.sub(r"(?ms)^hardware:\n.*?(?=^inputs:)",
             lambda _: hardware(cpus, sockets, threads, affinity, flags),
             manifest)
new = re.sub(r"(?m)^    available_bytes: .*$",
             "    available_bytes: %d" % (cpus << 29), new)
os.chmod(path, 0o600)
open(path, "w").write(new)
