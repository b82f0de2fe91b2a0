# SPDX-License-Identifier: Apache-2.0
"""What is not a load: large data by reference, and the cost of one call."""
import os
import re
import shutil
import statistics
import subprocess
import time

from measure import measure
from tools import remove


def size_of(text):
    m = re.fullmatch(r"(\d+)([MGT]?)", text)
    if not m:
        raise ValueError("not a size: '%s'" % text)
    return int(m[1]) << {"": 0, "M": 20, "G": 30, "T": 40}[m[2]]


def make_sparse(path, size):
    """False when the file system has no room for it and no holes."""
    with open(path, "wb") as f:
        try:
            f.truncate(size)
        except OSError:
            return False
    holes = os.stat(path).st_blocks * 512 < size // 2
    return holes or shutil.disk_usage(path).free > size // 10


def big(reprise, top, env, size):
    """
    Reading `size` bytes, kept by reference since they are more than --keep,
    must not keep the caller waiting for more than --finish-within.
    """
    work = os.path.join(top, "big")
    store = os.path.join(work, "store")
    path = os.path.join(work, "data")
    os.mkdir(work)
    env = dict(env, XDG_CACHE_HOME=os.path.join(work, "cache"))
    try:
        if not make_sparse(path, size_of(size)):
            return "%s by reference: skipped, no room in %s" % (size, top)
        run = measure([reprise, "capture", "-q", "--store", store, "--keep",
                       "1M", "--finish-within", "5s", "--"],
                      ["/bin/dd", "if=" + path, "of=/dev/null", "bs=1M"],
                      work, env, 600)
        if run.trouble or run.after is None:
            return "%s by reference: **%s**" % (size, run.trouble)
        begin = time.perf_counter()
        done = subprocess.run([reprise, "finish", "--store", store], env=env,
                              check=False, stderr=subprocess.DEVNULL)
        finishing = time.perf_counter() - begin
        rows = subprocess.run(
            [reprise, "show", "--store", store, "--files", "@"], env=env,
            check=False, stdout=subprocess.PIPE).stdout.decode()
        row = [r for r in rows.splitlines() if '"%s"' % path in r]
        complete = done.returncode == 0 and row and "digest:" in row[0]
        return "%s read and kept by reference, `--finish-within 5s`: back " \
            "%.2f s after the command's end (%s), `finish` %s" % (
                size, run.after, "met" if run.after <= 5 else "**not met**",
                "completes it in %.1f s" % finishing if complete
                else "**does not complete it**")
    finally:
        remove(work)


def costs(argv, env):
    text = subprocess.run(argv, env=env, check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return dict(line.split("\t") for line in text.splitlines())


def start_cost(words, top, env, runs=21):
    """Milliseconds of a command that does nothing."""
    walls = [measure(words, ["/bin/true"], top, env, 60).wall
             for _ in range(runs)]
    return statistics.median(walls) * 1000


def stops(loads, columns, top, env, runs):
    """The cost of one call in us and of `capture true` in ms."""
    count = 20000
    probe = [loads.compiled("call_costs"), loads.files(count, 100),
             str(count)]
    columns = [c for c in columns if not c.peer]
    found, lines = {}, []
    for column in columns:
        env_of = dict(env, **column.env)
        times = []
        for _ in range(runs):
            column.before()
            times.append(costs(column.words + probe, env_of))
        found[column.name] = {
            call: statistics.median(float(t[call]) for t in times) / 1000
            for call in times[0]}
    names = [c.name for c in columns]
    lines.append("| one call, us | " + " | ".join(names) + " |")
    lines.append("|---|" + "---:|" * len(names))
    for call in found["bare"]:
        lines.append("| %s | %s |" % (call, " | ".join(
            "%.2f" % found[n][call] for n in names)))
    starts = []
    for column in columns:
        column.before()
        starts.append("%.1f" % start_cost(
            column.words, top, dict(env, **column.env)))
    lines.append("| `/bin/true`, ms | " + " | ".join(starts) + " |")
    return "\n".join(lines)
