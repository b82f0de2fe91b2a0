# SPDX-License-Identifier: Apache-2.0
"""Results as Markdown."""
import datetime
import os
import platform
import statistics
import subprocess
import time

PACKAGES = ["reprozip", "cde", "proot", "strace", "python3", "python3-sklearn",
            "python3-torch", "python3-numpy"]


def median(runs, what):
    values = [getattr(r, what) for r in runs if getattr(r, what) is not None]
    return statistics.median(values) if values else None


def ratio(result, load, tool):
    """Of the medians; None when the tool failed."""
    runs, bare = result[load.name][tool], result[load.name]["bare"]
    if not runs or any(r.trouble for r in runs):
        return None
    return median(runs, "wall") / median(bare, "wall")


def trouble(runs):
    return next((r.trouble for r in runs if r.trouble), "not run")


def wall_cell(result, load, tool):
    r = ratio(result, load, tool)
    if r is None:
        return trouble(result[load.name][tool])
    if tool != "bare":
        return "%.2f" % r if r < 10 else "%.0f" % r
    walls = [run.wall for run in result[load.name]["bare"]]
    spread = (max(walls) - min(walls)) / statistics.median(walls) / 2
    return "1 ± %.2f" % spread


def memory_cell(result, load, tool):
    if tool == "bare" or ratio(result, load, tool) is None:
        return "-"
    return "%.0f" % (median(result[load.name][tool], "memory") / 1024)


def after_cell(result, load, tool):
    if tool == "bare" or ratio(result, load, tool) is None:
        return "-"
    after = median(result[load.name][tool], "after")
    if after is None:
        return "?"
    packing = [r.packed for r in result[load.name][tool]
               if getattr(r, "packed", None)]
    return "%.2f" % after + ("" if not packing else " + %s" % packing[0])


def table(result, loads, columns, cell):
    names = [c.name for c in columns]
    lines = ["| load | " + " | ".join(names) + " |",
             "|---|" + "---:|" * len(names)]
    for load in loads:
        cells = [cell(result, load, n) for n in names]
        lines.append("| %s | %s |" % (load.name, " | ".join(cells)))
    return "\n".join(lines)


def verdict(what, measured, met):
    return "- %s: %s (%s)" % (
        what, measured, "not measured" if met is None
        else "met" if met else "**not met**")


def targets(result, loads, columns):
    lines = []
    for load in loads:
        ours = ratio(result, load, "reprise notify")
        if load.target and ours:
            lines.append(verdict(
                "%s at most %.2f times the bare run" %
                (load.name, load.target), "%.2f where the floor is %.2f" %
                (ours, ratio(result, load, "floor") or 0),
                round(ours, 2) <= load.target))
        others = [(ratio(result, load, c.name), c.name)
                  for c in columns if c.peer]
        others = [o for o in others if o[0]]
        if ours and others:
            fastest = min(others)
            lines.append(verdict(
                "%s faster than every peer" % load.name,
                "%.2f against %.2f of %s" % (ours, *fastest),
                ours < fastest[0]))
    return "\n".join(lines)


def output(*argv):
    try:
        return subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=False).stdout.decode().strip()
    except OSError:
        return ""


def cpu_model():
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


class Others:
    """The CPU time that went to processes which are none of ours."""

    def __init__(self):
        self.begin = self.now()

    @staticmethod
    def now():
        with open("/proc/stat") as f:
            ticks = [int(x) for x in f.readline().split()[1:]]
        # user, nice, system, idle, iowait, irq, softirq, steal; proc_stat(5)
        busy = (sum(ticks[:3]) + ticks[7]) / os.sysconf("SC_CLK_TCK")
        ours = sum(os.times()[:4])
        return time.monotonic(), busy - ours

    def cpus(self):
        at, used = self.now()
        return (used - self.begin[1]) / max(at - self.begin[0], 1e-3)


def machine(reprise, top, others):
    """What the numbers depend on, without the machine's name."""
    here = os.path.dirname(os.path.abspath(__file__))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # Of a program from elsewhere the tree's commit says nothing.
    inside = reprise.startswith(os.path.dirname(here) + "/")
    commit = inside and output(
        "git", "-C", here, "rev-parse", "--short", "HEAD")
    versions = []
    for package in PACKAGES:
        v = output("dpkg-query", "-W", "-f", "${Version}", package)
        if v:
            versions.append("%s %s" % (package, v))
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return "\n".join([
        "- %s, %s%s" % (datetime.date.today().isoformat(),
                        output(reprise, "version").splitlines()[0],
                        ", commit " + commit if commit else ""),
        "- %s, %d CPUs for this process, %.0f GiB of memory, %s" % (
            cpu_model(), len(os.sched_getaffinity(0)), memory / 2**30,
            output("stat", "-f", "-c", "%T", top)),
        "- %s, kernel %s" % (release, platform.release()),
        "- other processes used %.2f CPUs meanwhile%s" % (
            others, "; **the machine was not quiet**" if others > 0.1 else ""),
        "- " + ", ".join(versions)])


def update(path, text, part):
    """Replaces what stands between the marks of `part`."""
    begin, end = "<!-- %s begin -->" % part, "<!-- %s end -->" % part
    with open(path) as f:
        old = f.read()
    head, rest = old.split(begin, 1)
    tail = rest.split(end, 1)[1]
    with open(path, "w") as f:
        f.write("%s%s\n%s\n%s%s" % (head, begin, text, end, tail))
