# SPDX-License-Identifier: Apache-2.0
"""kill_recorder.py ENGINE LOAD MOMENTS: kills the recorder of a busy capture
at so many random moments, and looks whether the record has every name that
the command had printed by then, and the command what it is promised.

In some of the moments the recorder is stopped first, again and again, until a
call is in flight: received and not answered (notify), or its task stopped
(ptrace). Prints "MOMENTS moments, N in flight, M received"."""

import ctypes
import os
import random
import re
import select
import signal
import subprocess
import sys
import time

engine, load, moments = sys.argv[1], sys.argv[2], int(sys.argv[3])
seed = int.from_bytes(os.urandom(4), "little")
random.seed(seed)
libc = ctypes.CDLL(None, use_errno=True)
PIDFD_GETFD = 438


def fail(message):
    sys.exit(f"seed {seed}: {message}")


def wait_for(condition, what):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.001)
    fail(f"waited in vain for {what}")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def children(pid):
    return [int(p) for p in read(f"/proc/{pid}/task/{pid}/children").split()]


def state(pid):
    return read(f"/proc/{pid}/stat").rpartition(") ")[2][:1]


def waits_for_answer(pid):
    """Its call has stopped, for whoever watches it."""
    if engine == "ptrace":
        return state(pid) == "t"
    return "seccomp" in read(f"/proc/{pid}/wchan")


def listener(recorder):
    """A copy of the recorder's listener."""
    fds = f"/proc/{recorder}/fd"
    for n in os.listdir(fds):
        if "seccomp" in os.readlink(f"{fds}/{n}"):
            pidfd = os.pidfd_open(recorder)
            fd = libc.syscall(PIDFD_GETFD, pidfd, int(n), 0)
            os.close(pidfd)
            if fd < 0:
                fail(os.strerror(ctypes.get_errno()))
            return fd
    return fail("the recorder has no listener")


def stop(recorder, workers, received):
    """Stopped with a call in flight. Whether the recorder had received it can
    be told with one worker only: then nothing waits to be received."""
    fd = listener(recorder) if engine == "notify" else -1
    deadline = time.monotonic() + 20
    try:
        while True:
            os.kill(recorder, signal.SIGSTOP)
            wait_for(lambda: state(recorder) == "T", "the stop")
            wait_for(
                lambda: any(waits_for_answer(w) for w in workers),
                "a call in flight",
            )
            has = engine == "ptrace" or not select.select([fd], [], [], 0)[0]
            if has or not received or time.monotonic() > deadline:
                return has
            os.kill(recorder, signal.SIGCONT)
            time.sleep(random.uniform(0, 0.003))
    finally:
        if fd >= 0:
            os.close(fd)


def names_in(path):
    return read(path).rpartition("\n")[0].split("\n")


def moment(n):
    """One capture, killed once. (in flight, received)"""
    name = os.path.abspath(f"m{n}")
    os.mkdir(name)
    received = n % 4 == 1
    count = 1 if received else 3
    with open(f"{name}.out", "wb") as out:
        keeper = subprocess.Popen(
            ["reprise", "capture", "-q", "--backend", engine, "--id-file",
             f"{name}.id", load, name, str(count), "3000"],
            stdout=out, stderr=subprocess.PIPE)
    wait_for(lambda: os.path.getsize(f"{name}.out"), "the first name")
    recorder = children(keeper.pid)[0]
    command = children(recorder)[0]
    workers = wait_for(
        lambda: (c := children(command)) and len(c) == count and c,
        "the workers")
    time.sleep(random.uniform(0, 0.1))
    flying = n % 2 == 1
    has = flying and stop(recorder, workers, received)
    # What the command has opened by now the record must have. Under ptrace
    # that is all that it ever opens.
    printed = names_in(f"{name}.out")
    os.kill(recorder, signal.SIGKILL)
    time.sleep(0.02)
    open(f"{name}/stop", "w").close()
    message = keeper.stderr.read().decode()
    status = keeper.wait()
    if engine == "ptrace":
        printed = names_in(f"{name}.out")
    if status != (42 if engine == "notify" else -signal.SIGKILL):
        fail(f"moment {n}: status {status}: {message}")
    if not message.startswith("reprise: the recorder was lost"):
        fail(f"moment {n}: {message}")
    check(n, read(f"{name}.id").strip(), printed)
    return flying, has and count == 1


def check(n, run, printed):
    manifest = subprocess.run(
        ["reprise", "show", "--yaml", run], capture_output=True, text=True,
        check=True).stdout
    if not re.search("^ *status: incomplete$", manifest, re.M):
        fail(f"moment {n}: the run is not incomplete")
    files = subprocess.run(
        ["reprise", "show", "--files", run], capture_output=True, text=True,
        check=True).stdout
    recorded = set(re.findall(r'^- \{path: "([^"]*)"', files, re.M))
    lost = [p for p in printed if p not in recorded]
    if lost:
        fail(f"moment {n}: {len(lost)} of {len(printed)} names are not "
             f"recorded, {lost[0]} the first")


totals = [moment(n) for n in range(moments)]
print(f"{moments} moments, {sum(f for f, _ in totals)} in flight, "
      f"{sum(r for _, r in totals)} received")
