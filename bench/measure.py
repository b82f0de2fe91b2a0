# SPDX-License-Identifier: Apache-2.0
"""
One run of a command under a tool, seen from outside: how long the tool took,
how long it went on after the command had ended, and how much memory its own
processes had at most. Nothing is asked of the tool or of the command, so that
the bare run is watched in exactly the same way.
"""
import os
import select
import signal
import subprocess
import time

# How often to look, in ms: for the command's process; at memory while the
# command runs (VmHWM is a maximum kept by the kernel, so seldom is enough);
# at memory after it, when the last look must not be far from the end.
LOOK_MS, MEMORY_MS, ENDING_MS = 2, 50, 5


class Run:
    """wall and after in seconds, memory in KiB; trouble: None or why not."""
    wall = 0.0
    after = None
    memory = None
    trouble = None
    stdout = b""


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def children(pid):
    found = []
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return found
    for tid in tasks:
        text = read("/proc/%d/task/%s/children" % (pid, tid))
        found += [int(child) for child in text.split()]
    return found


def command_line(pid):
    return read("/proc/%d/cmdline" % pid)


class Watch:
    """A tool's processes and the command's, among the tool's descendants."""

    def __init__(self, pid, command):
        self.pid = pid
        self.wanted = b"".join(os.fsencode(a) + b"\0" for a in command)
        self.command = self.command_fd = None
        self.peaks = {}

    def look_for_command(self):
        level = [self.pid]
        while level and self.command_fd is None:
            below = []
            for pid in level:
                if command_line(pid) == self.wanted:
                    try:
                        self.command_fd = os.pidfd_open(pid)
                        self.command = pid
                    except OSError:
                        pass
                    return
                below += children(pid)
            level = below

    def look_at_memory(self):
        """
        The first process and those of its children that are still the same
        program (a keeper's recorder): anything else is the command's.
        """
        own = command_line(self.pid)
        for pid in [self.pid] + children(self.pid):
            if command_line(pid) != own:
                continue
            for line in read("/proc/%d/status" % pid).splitlines():
                if line.startswith(b"VmHWM:"):
                    now = int(line.split()[1])
                    self.peaks[pid] = max(self.peaks.get(pid, 0), now)

    def memory(self):
        """Only the largest child: others are forks about to execute."""
        below = [kib for pid, kib in self.peaks.items()
                 if pid not in (self.pid, self.command)]
        return self.peaks.get(self.pid, 0) + max(below, default=0)


def wait(process, watch, limit):
    """Seconds from now to the command's end (or None) and to the tool's."""
    begin = time.perf_counter()
    ended = None
    tool = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(tool, select.POLLIN)
    known = False
    try:
        while True:
            step = LOOK_MS if not known else \
                MEMORY_MS if ended is None else ENDING_MS
            ready = [fd for fd, _ in poll.poll(step)]
            now = time.perf_counter() - begin
            if known and ended is None and watch.command_fd in ready:
                ended = now
                poll.unregister(watch.command_fd)
            if tool in ready:
                return ended, now
            if now > limit:
                return ended, None
            if not known:
                watch.look_for_command()
                known = watch.command_fd is not None
                if known:
                    poll.register(watch.command_fd, select.POLLIN)
            watch.look_at_memory()
    finally:
        os.close(tool)
        if watch.command_fd is not None:
            os.close(watch.command_fd)


def died(status):
    if status < 0:
        return "aborts (%s)" % signal.Signals(-status).name
    return "aborts (status %d)" % status


def measure(tool, command, cwd, env, limit):
    """Runs `command` under `tool` (a list of words; empty: bare)."""
    argv = tool + command
    run = Run()
    out_path = os.path.join(cwd, "bench.out")
    os.sync()
    with open(out_path, "wb") as out, \
            open(os.path.join(cwd, "bench.err"), "wb") as err:
        begin = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out,
            stderr=err, start_new_session=True)
        started = time.perf_counter() - begin
        watch = Watch(process.pid, command)
        wall = None
        try:
            ended, wall = wait(process, watch, limit)
        finally:
            if wall is None:
                os.killpg(process.pid, signal.SIGKILL)
                run.trouble = "stopped after %.0f s" % limit
            status = process.wait()
    if wall is not None:
        run.wall = wall + started
        run.after = None if ended is None else wall - ended
        run.memory = watch.memory()
        run.stdout = read(out_path)
        if status:
            run.trouble = died(status)
    return run
