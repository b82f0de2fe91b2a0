#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What a replay costs: until the command runs, as a whole, and while it trains.
Prints tables in Markdown; README.md beside this file says what they mean.
"""
import argparse
import os
import statistics
import subprocess
import time

import frame
import loads as the_loads
import report
from frame import say
from tools import environment, move_away

FILES = 20000
ROOTS = ["A", "B cold", "B cached"]


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--runs", type=int, default=10, metavar="N",
                   help="replays of each kind (default 10)")
    p.add_argument("--trainings", type=int, default=3, metavar="N",
                   help="trainings, bare and replayed (default 3; 0: none)")
    p.add_argument("--seconds", type=int, default=30, metavar="N",
                   help="how long the bare training takes (default 30)")
    frame.add_options(p)
    return p.parse_args()


class Done:
    """wall and cpu (of all its processes) in s, `begin` by the monotonic
    clock."""

    def __init__(self, argv, env, cwd):
        self.begin = time.monotonic_ns()
        process = subprocess.Popen(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE)
        self.stdout = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = (time.monotonic_ns() - self.begin) / 1e9
        self.cpu = usage.ru_utime + usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if status:
            raise SystemExit("bench: status %d of: %s" %
                             (process.returncode, " ".join(argv)))


class Bench:
    def __init__(self, opt, top):
        self.opt = opt
        self.top = top
        self.reprise = os.path.abspath(opt.reprise)
        self.store = os.path.join(top, "store")
        self.cache = os.path.join(top, "cache")
        self.env = dict(environment(top), XDG_CACHE_HOME=self.cache)
        self.loads = the_loads.Loads(top, False)
        self.now = self.loads.compiled("now")
        os.mkdir(self.env["HOME"])

    def capture(self, name, command):
        cwd = os.path.join(self.top, "capture." + name)
        os.mkdir(cwd)
        Done([self.reprise, "capture", "-q", "--store", self.store, "--name",
              name, "--"] + command, self.env, cwd)

    def replay(self, name, root, command=()):
        argv = [self.reprise, "replay", "-q", "--store", self.store, name]
        if command:
            argv += ["--"] + command
        return Done(argv, dict(self.env, REPRISE_ROOT=root[0]), self.top)

    def stage(self, name, root):
        """Milliseconds until the command runs, of the whole, and of CPU."""
        if root == "B cold":
            move_away(self.top, os.path.join(self.cache, "reprise/trees"))
        done = self.replay(name, root, [self.now])
        return ((int(done.stdout) - done.begin) / 1e6, done.wall * 1e3,
                done.cpu * 1e3)

    def stages(self):
        files = self.loads.files(FILES, 100)
        self.capture("true", [self.now])
        self.capture("files", [
            "/bin/sh", "-c", '"$@"; exec ' + self.now, "sh"] +
            self.loads.python("open_files.py", files, FILES))
        result = {}
        for i in range(-1, self.opt.runs):
            for name in ("true", "files"):
                for root in ROOTS:
                    times = self.stage(name, root)
                    if i >= 0:  # the first fills the page cache
                        result.setdefault((name, root), []).append(times)
        return result

    def train(self):
        """Pairs of a bare run and a replay, one after the other."""
        table = self.loads.table()
        script = self.loads.python("train_sklearn.py", table)
        cwd = os.path.join(self.top, "bare")
        os.mkdir(cwd)
        once = Done(script + ["20"], self.env, cwd)
        more = Done(script + ["120"], self.env, cwd)
        tree = max((more.cpu - once.cpu) / 100, 1e-4)
        trees = max(20, int((self.opt.seconds - once.cpu) / tree))
        command = script + [str(trees)]
        say("training: %d trees" % trees)
        self.capture("train", command)
        pairs = []
        for _ in range(self.opt.trainings):
            pair = (Done(command, self.env, cwd), self.replay("train", "A"))
            if pair[0].stdout != pair[1].stdout:
                raise SystemExit("bench: a replay's output is another")
            say("training: bare %.2f s (CPU %.2f), replayed %.2f s (CPU "
                "%.2f)" % (pair[0].wall, pair[0].cpu, pair[1].wall,
                           pair[1].cpu))
            pairs.append(pair)
        return pairs


def middle(values):
    """The median, and the least: what others do only ever adds."""
    return "%.1f (%.1f)" % (statistics.median(values), min(values))


def stage_table(result):
    lines = ["| replay of `now` from | root | until it runs, ms | whole, ms | "
             "CPU time, ms |", "|---|---|---:|---:|---:|"]
    names = {"true": "a run of nothing else",
             "files": "a run with %s files" % format(FILES, ",")}
    for (name, root), times in result.items():
        lines.append("| %s | %s | %s |" % (
            names[name], root, " | ".join(map(middle, zip(*times)))))
    return "\n".join(lines)


def stage_targets(result):
    lines = []
    for root in ("A", "B cached"):
        whole = statistics.median(t[1] for t in result["true", root])
        lines.append(report.verdict(
            "a replay of nothing under 30 ms, %s" % root,
            "%.1f ms" % whole, whole < 30))
    for root in ("A", "B cached"):
        runs = [statistics.median(t[0] for t in result[name, root])
                for name in ("files", "true")]
        lines.append(report.verdict(
            "staging of %s files under 150 ms, %s" % (
                format(FILES, ","), root),
            "%.1f ms more than of none" % (runs[0] - runs[1]),
            runs[0] - runs[1] < 150))
    return lines


def train_lines(pairs):
    """CPU time is what a replay itself adds, whatever else runs here."""
    def ratio(what):
        return statistics.median(
            getattr(b, what) / getattr(a, what) for a, b in pairs)

    bare = statistics.median(a.wall for a, _ in pairs)
    wall = ratio("wall")
    return [report.verdict(
        "a training of %.0f s at most 1.02 times its bare run" % bare,
        "%.3f of its time, %.3f of its CPU time" % (wall, ratio("cpu")),
        round(wall, 2) <= 1.02)]


def main():
    opt = options()
    with frame.directory(opt) as top:
        others = report.Others()
        bench = Bench(opt, top)
        result = bench.stages()
        pairs = bench.train() if opt.trainings else []
        lines = stage_targets(result) + (train_lines(pairs) if pairs else [])
        frame.publish(opt, "\n\n".join([
            report.machine(bench.reprise, top, others.cpus()) +
            "\n- replays of each: %d, trainings: %d" % (
                opt.runs, opt.trainings),
            stage_table(result), "\n".join(lines)]), "replay")


main()
