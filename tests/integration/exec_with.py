#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""exec_with.py WHAT PROGRAM [ARG...]: execs PROGRAM in a state that no shell
can make: with signals blocked and pending, an odd or no environment, an empty
argv[0], seccomp listeners refused.
"""
import ctypes
import errno
import os
import signal
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)


def strings(items):
    return (ctypes.c_char_p * (len(items) + 1))(*items, None)


def refuse_listeners():
    """As container engines do it: seccomp(2) with SECCOMP_FILTER_FLAG_NEW_
    LISTENER, bit 3 of its second argument, fails."""
    number = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
    code = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 24),
            (0x45, 0, 1, 8), (0x06, 0, 0, 0x50000 | errno.EPERM),
            (0x06, 0, 0, 0x7FFF0000)]
    text = b"".join(struct.pack("HBBI", *c) for c in code)
    buf = ctypes.create_string_buffer(text)
    prog = struct.pack("HxxxxxxP", len(code), ctypes.addressof(buf))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, prog, 0, 0):
        sys.exit("cannot load the filter")


def main():
    what, program = sys.argv[1], os.fsencode(sys.argv[2])
    argv = [os.fsencode(a) for a in sys.argv[2:]]
    env = [k + b"=" + v for k, v in os.environb.items()]
    for sig in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(sig, signal.SIG_DFL)
    if what == "blocked":
        signal.pthread_sigmask(
            signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM, 40])
    elif what == "odd":
        env = [b"PLAIN=1", b"TWICE=a", b"TWICE=b", b"", b"NOEQUALS",
               b"=odd", b"BYTES=\xff\xfe\n", b"EMPTY="]
    elif what == "none":
        env = []
    elif what == "nameless":
        argv[0] = b""
    elif what == "no-listener":
        refuse_listeners()
    libc.execve(program, strings(argv), strings(env))
    print(os.strerror(ctypes.get_errno()), file=sys.stderr)
    sys.exit(1)


main()
