#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""exec_with.py WHAT PROGRAM [ARG...]: execs PROGRAM in a state that no shell
can make: with signals blocked and pending, an odd or no environment, an empty
argv[0].
"""
import ctypes
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)


def strings(items):
    return (ctypes.c_char_p * (len(items) + 1))(*items, None)


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
    libc.execve(program, strings(argv), strings(env))
    print(os.strerror(ctypes.get_errno()), file=sys.stderr)
    sys.exit(1)


main()
