#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Runs the same loads bare, under reprise and under its peers, by turns, and
prints tables in Markdown; README.md beside this file says what they mean.
"""
import argparse
import os
import shutil
import time

import checks
import frame
import loads as the_loads
import report
from frame import say
from measure import measure
from tools import environment, move_away, tools

# A file changed this recently has no digest that may be remembered.
QUIET_S = 3


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--runs", type=int, default=5, metavar="N",
                   help="runs of each pair of load and tool (default 5)")
    p.add_argument("--only", action="append", choices=the_loads.NAMES,
                   metavar="LOAD", help="one of: %s; may be repeated" %
                   ", ".join(the_loads.NAMES))
    p.add_argument("--quick", action="store_true",
                   help="the images load with 10,000 images and 6 s")
    p.add_argument("--no-peers", action="store_true")
    p.add_argument("--big", default="20G", metavar="SIZE",
                   help="data read by reference (default 20G; 0: none)")
    p.add_argument("--stops", action="store_true",
                   help="the cost of one call and of `capture true` instead")
    frame.add_options(p)
    return p.parse_args()


class Bench:
    def __init__(self, opt, top):
        self.opt = opt
        self.top = top
        self.env = environment(top)
        self.reprise = os.path.abspath(opt.reprise)
        self.loads = the_loads.Loads(top, opt.quick)
        self.columns = [
            c for c in tools(self.reprise, top, self.loads.compiled("floor"),
                             not opt.no_peers)
            if not c.peer or self.is_there(c)]
        self.result = {}
        os.mkdir(self.env["HOME"])

    def is_there(self, column):
        there = shutil.which(column.words[0], path=self.env["PATH"])
        if not there:
            say("%s is not installed: left out" % column.name)
        return there

    def run_once(self, load, column, limit):
        """In a directory of its own, so that nothing of a run stays."""
        column.before()
        cwd = os.path.join(self.top, "cwd")
        move_away(self.top, cwd)
        os.mkdir(cwd)
        run = measure(column.words, load.command, cwd,
                      dict(self.env, **column.env), limit)
        if column.name == "reprozip" and not run.trouble:
            run.packed = self.packing(load, cwd, limit)
        return run

    def packing(self, load, cwd, limit):
        """reprozip's record holds bytes only once it is packed."""
        if any(hasattr(r, "packed")
               for r in self.result[load.name]["reprozip"]):
            return None
        run = measure([], ["reprozip", "pack", "-d", "trace", "out.rpz"],
                      cwd, self.env, limit)
        return run.trouble or "%.1f to pack" % run.wall

    def check_output(self, run, expected):
        """reprozip adds lines of its own."""
        if not run.trouble and expected not in run.stdout:
            run.trouble = "wrong output"

    def warm_up(self, load):
        """Fills the page cache and the store that knows the environment."""
        first = self.run_once(load, self.columns[0], 3600)
        if first.trouble:
            raise SystemExit("bench: the load %s %s" %
                             (load.name, first.trouble))
        self.learn(load)
        return first

    def learn(self, load):
        """Has the store and the cache of digests know what the load reads."""
        time.sleep(QUIET_S)
        notify = next(c for c in self.columns if c.name == "reprise notify")
        self.run_once(load, notify, 3600)

    def run_load(self, load):
        self.result[load.name] = {c.name: [] for c in self.columns}
        first = self.warm_up(load)
        limit = 120 + 20 * first.wall
        for i in range(min(self.opt.runs, load.runs or self.opt.runs)):
            for column in self.columns:
                done = self.result[load.name][column.name]
                # Once is enough for a tool that cannot do it.
                if any(r.trouble for r in done):
                    continue
                run = self.run_once(load, column, limit)
                self.check_output(run, first.stdout)
                if column.links:
                    self.learn(load)
                done.append(run)
                say("%s, %s, run %d: %s" % (
                    load.name, column.name, i + 1, run.trouble or
                    "%.3f s, %.3f s after the command, %d KiB" % (
                        run.wall, run.after or 0, run.memory)))

    def run(self):
        others = report.Others()
        chosen = [getattr(self.loads, n)()
                  for n in self.opt.only or the_loads.NAMES]
        for load in chosen:
            self.run_load(load)
        parts = [
            report.machine(self.reprise, self.top, others.cpus()) +
            "\n- runs of each: %d%s" % (
                self.opt.runs, "".join(
                    ", of %s %d" % (x.name, x.runs) for x in chosen
                    if x.runs and x.runs < self.opt.runs)),
            "Wall time, as a multiple of the bare run's:",
            report.table(self.result, chosen, self.columns, report.wall_cell),
            "Peak memory of the tool's own processes, MiB:",
            report.table(self.result, chosen, self.columns,
                         report.memory_cell),
            "From the command's end until the record is complete, s:",
            report.table(self.result, chosen, self.columns,
                         report.after_cell),
            "Targets:",
            "\n".join(filter(None, [
                report.targets(self.result, chosen, self.columns),
                self.first_capture(), self.big()]))]
        return "\n\n".join(parts)

    def first_capture(self):
        if "sklearn" not in self.result:
            return ""
        after = report.median(self.result["sklearn"]["reprise first"], "after")
        return report.verdict(
            "first capture of sklearn complete within 2 s of its end",
            "%.2f s" % (after or 0), after and after <= 2)

    def big(self):
        if self.opt.only or self.opt.big == "0":
            return ""
        say("reading %s by reference" % self.opt.big)
        return "- " + checks.big(
            self.reprise, self.top, self.env, self.opt.big)


def main():
    opt = options()
    with frame.directory(opt) as top:
        bench = Bench(opt, top)
        if opt.stops:
            print(checks.stops(bench.loads, bench.columns, top, bench.env,
                               opt.runs))
        else:
            frame.publish(opt, bench.run(), "results")


main()
