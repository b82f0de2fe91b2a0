#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bare_root.py ROOT USER COMMAND...: runs COMMAND in a mount namespace whose
root is ROOT with this machine's /proc, /dev and /sys, on a host of another
name with one processor, whose clocks since its start are years ahead. As root, COMMAND runs as USER; otherwise as a user
namespace's user 12345, since nobody can become somebody else."""
import ctypes
import os
import pwd
import sys

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER = 0x20000, 0x4000000, 0x10000000
CLONE_NEWTIME = 0x80
YEARS = 10 * 365 * 86400
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    args = [os.fsencode(a) if isinstance(a, str) else a for a in args]
    if getattr(libc, name)(*args) < 0:
        code = ctypes.get_errno()
        raise OSError(code, "%s%r: %s" % (name, args, os.strerror(code)))


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def move_clocks():
    """For children only. A kernel may have no time namespaces: then not."""
    if libc.unshare(CLONE_NEWTIME) == 0:
        write("/proc/self/timens_offsets",
              "monotonic %d 0\nboottime %d 0" % (YEARS, YEARS))


def main():
    root, user, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        call("unshare", CLONE_NEWNS | CLONE_NEWUTS)
    else:
        call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS)
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", "12345 %d 1" % uid)
        write("/proc/self/gid_map", "12345 %d 1" % gid)
    move_clocks()
    call("mount", "none", "/", None, MS_REC | MS_PRIVATE, None)
    call("mount", root, root, None, MS_BIND | MS_REC, None)
    for name in ("proc", "dev", "sys"):
        call("mount", "/" + name, root + "/" + name, None, MS_BIND | MS_REC,
             None)
    call("sethostname", "elsewhere", 9)
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    account = pwd.getpwnam(user) if uid == 0 else None
    os.chdir(root)
    call("syscall", SYS_PIVOT_ROOT[os.uname().machine], ".", ".")
    call("umount2", ".", MNT_DETACH)
    os.chdir("/")
    if account is not None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    pid = os.fork()
    if pid == 0:
        os.execv(command[0], command)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main()
