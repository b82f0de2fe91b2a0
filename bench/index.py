#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What questions about many runs cost: `list` over 1,000 runs of 300 libraries
and 100 packages each. Prints a table in Markdown; README.md beside this file
says what it means.
"""
import argparse
import hashlib
import os
import random
import re
import resource
import statistics
import subprocess
import time
import uuid

import frame
import report
from tools import environment

TARGET_MS = 100


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--runs", type=int, default=1000, metavar="N",
                   help="runs in the store (default 1000)")
    p.add_argument("--libraries", type=int, default=300, metavar="N",
                   help="of each run (default 300)")
    p.add_argument("--packages", type=int, default=100, metavar="N",
                   help="of each run (default 100)")
    p.add_argument("--times", type=int, default=20, metavar="N",
                   help="how often each question is asked (default 20)")
    frame.add_options(p)
    return p.parse_args()


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def packages(opt, age):
    """As YAML. Of a hundred runs one has newer versions than those before."""
    lines = ["packages:"]
    for i in range(opt.packages):
        version = "1.%d.%d" % (i, age if i % 7 == 0 else 0)
        name = "liblzma5" if i == 0 else "package%d" % i
        version = "5.%d.0-1" % (2 + age) if i == 0 else version
        lines += ["- id: p%d" % (i + 1),
                  '  purl: "pkg:deb/debian/%s@%s?arch=amd64"' % (
                      name, version),
                  "  type: deb", "  name: %s" % name,
                  '  version: "%s"' % version, '  location: "/"',
                  "  files_used: 3", "  files_total: 12"]
    return lines


def libraries(opt, age):
    lines = ["libraries:"]
    for i in range(opt.libraries):
        package = i % opt.packages
        name = "liblzma.so.5" if i == 0 else "libpart%d.so.%d" % (i, i % 5)
        what = digest("library", i, age if package % 7 == 0 else 0)
        lines += ['- path: "/usr/lib/x86_64-linux-gnu/%s.%d"' % (name, i),
                  '  digest: "sha256:%s"' % what,
                  '  soname: "%s"' % name,
                  '  build_id: "%s"' % what[:40],
                  "  package: p%d" % (package + 1),
                  "  loaded_by: %s" % ("needed" if i % 3 else "dlopen"),
                  '  needed: ["libc.so.6", "libm.so.6"]',
                  '  requires: {GLIBC: "2.34"}', "  processes: [p1]"]
    return lines


def facts(i):
    rng = random.Random(i)
    lines = ["parameters:"]
    for name, value in [("optimizer.lr", rng.choice(["0.1", "1e-2", "0.001"])),
                        ("seed", i), ("model.depth", rng.randrange(2, 9))] + [
                            ("fixed.%d" % n, n) for n in range(20)]:
        lines += ["- name: %s" % name, '  value: "%s"' % value,
                  "  source: argv"]
    lines += ["metrics:"]
    for name in ("loss", "accuracy"):
        lines += ["- name: val.%s" % name,
                  '  value: "%.4f"' % rng.random(), "  source: /w/m.csv"]
    return lines


def data(i):
    """Each run reads what the one before it has written."""
    def entry(name, path, who):
        return ["- id: %s" % name, '  path: "%s"' % path, "  kind: file",
                "  role: model", "  files: 1", "  bytes: 1000",
                '  digest: "sha256:%s"' % digest("data", who)] + (
                    ['  mode: "0644"'] if name == "out1" else []) + [
                        "  stored: false"]
    return ["inputs:"] + entry("in1", "/w/%d" % (i - 1), i - 1) + [
        "outputs:"] + entry("out1", "/w/%d" % i, i)


def without(text, keys):
    """The YAML document without these top-level keys."""
    parts = re.split(r"(?m)^(?=[a-z])", text)
    return "".join(p for p in parts if p.split(":")[0] not in keys)


class Bench:
    def __init__(self, opt, top):
        self.opt = opt
        self.reprise = os.path.abspath(opt.reprise)
        self.store = os.path.join(top, "store")
        self.cache = os.path.join(top, "cache")
        self.env = dict(environment(top), XDG_CACHE_HOME=self.cache)
        os.mkdir(self.env["HOME"])
        self.call("capture", "-q", "--store", self.store, "--", "true")

    def call(self, *words):
        """Milliseconds, of CPU too, and what it printed."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        done = subprocess.run([self.reprise] + list(words), env=self.env,
                              stdin=subprocess.DEVNULL, check=True,
                              stdout=subprocess.PIPE)
        wall = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime - before.ru_utime +
               after.ru_stime - before.ru_stime)
        return wall * 1000, cpu * 1000, done.stdout.decode()

    def list(self, *words):
        return self.call("list", "--store", self.store, *words)

    def fill(self):
        """Runs made of the one that was captured."""
        runs = os.path.join(self.store, "runs")
        first = os.path.join(runs, os.listdir(runs)[0])
        with open(os.path.join(first, "manifest.yaml")) as f:
            text = without(f.read(), ["packages", "libraries", "parameters",
                                      "metrics", "inputs", "outputs"])
        with open(os.path.join(first, "files.yaml")) as f:
            files = f.read()
        for i in range(self.opt.runs):
            name = str(uuid.UUID(int=random.getrandbits(128), version=4))
            age = i * 10 // self.opt.runs
            mine = re.sub(r'(?m)^(  id: ).*$', r'\1"%s"' % name, text, count=1)
            mine = re.sub(
                r'(?m)^(  started: ).*$', r'\1"2026-01-01T%02d:%02d:00.%06dZ"' %
                (i // 60 % 24, i % 60, i), mine, count=1)
            mine += "\n".join(packages(self.opt, age) +
                              libraries(self.opt, age) + facts(i) +
                              data(i)) + "\n"
            os.mkdir(os.path.join(runs, name))
            for what, content in (("files.yaml", files),
                                  ("manifest.yaml", mine)):
                with open(os.path.join(runs, name, what), "w") as f:
                    f.write(content)

    def questions(self):
        yield "list", []
        yield "list --json", ["--json"]
        yield "list --where 'accuracy>0.9' --sort -accuracy", [
            "--where", "accuracy>0.9", "--sort", "-accuracy"]
        yield "list --uses 'liblzma>=5.6.0'", ["--uses", "liblzma>=5.6.0"]
        yield "list --uses liblzma.so.5", ["--uses", "liblzma.so.5"]
        yield "list --uses pkg:deb/debian/package7", [
            "--uses", "pkg:deb/debian/package7"]
        yield "list --uses build-id:...", [
            "--uses", "build-id:" + digest("library", 7, 3)[:40]]
        yield "list --uses sha256:...", [
            "--uses", "sha256:" + digest("library", 7, 3)]

    def measure(self):
        first = self.list("--json")
        rows = []
        for name, words in self.questions():
            times = [self.list(*words) for _ in range(self.opt.times)]
            found = len(re.findall('(?m)^([0-9a-f]{8}  |{"id")', times[0][2]))
            rows.append((name, found, times))
        return first, rows

    def size(self):
        where = os.path.join(self.cache, "reprise")
        return sum(os.path.getsize(os.path.join(where, f))
                   for f in os.listdir(where) if f.startswith("index-"))


def middle(values):
    values = list(values)
    return "%.0f (%.0f)" % (statistics.median(values), min(values))


def table(first, rows, size):
    lines = ["| question | runs found | ms | CPU time, ms |",
             "|---|---:|---:|---:|"]
    for name, found, times in rows:
        lines.append("| `%s` | %d | %s | %s |" % (
            name, found, middle(t[0] for t in times),
            middle(t[1] for t in times)))
    lines += ["", "- the index: made in %.1f s (CPU time %.1f s), %.1f MB" % (
        first[0] / 1000, first[1] / 1000, size / 1e6)]
    return "\n".join(lines)


def main():
    opt = options()
    with frame.directory(opt) as top:
        others = report.Others()
        bench = Bench(opt, top)
        bench.fill()
        first, rows = bench.measure()
        asked = [statistics.median(x[0] for x in t)
                 for n, _, t in rows if ">=5.6.0" in n][0]
        frame.publish(opt, "\n\n".join([
            report.machine(bench.reprise, top, others.cpus()) +
            "\n- %d runs with %d libraries and %d packages each, asked %d "
            "times" % (opt.runs, opt.libraries, opt.packages, opt.times),
            table(first, rows, bench.size()),
            report.verdict("`list --uses` over %d runs under %d ms" % (
                opt.runs, TARGET_MS), "%.0f ms" % asked, asked < TARGET_MS)]),
            "index")


main()
