#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""status_of.py COMMAND...: how the command ended, which a shell cannot tell.

Prints "exit N" or "signal N" on standard output; the command has the other
streams.
"""
import os
import sys


def main():
    pid = os.fork()
    if pid == 0:
        # What Python itself has changed.
        import signal
        for sig in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(sig, signal.SIG_DFL)
        try:
            os.execvp(sys.argv[1], sys.argv[1:])
        except OSError as e:
            print(e, file=sys.stderr)
        os._exit(127)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        print("signal", os.WTERMSIG(status))
    else:
        print("exit", os.WEXITSTATUS(status))


main()
