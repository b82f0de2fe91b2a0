#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""status_of.py COMMAND...: how the command ended, which a shell cannot tell.

Prints "exit N" or "signal N" on standard output; the command has the other
streams. One that is stopped is continued, and "stops N, " comes before.
"""
import os
import signal
import sys


def main():
    pid = os.fork()
    if pid == 0:
        # What Python itself has changed.
        for sig in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(sig, signal.SIG_DFL)
        try:
            os.execvp(sys.argv[1], sys.argv[1:])
        except OSError as e:
            print(e, file=sys.stderr)
        os._exit(127)
    stops = 0
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        stops += 1
        os.kill(pid, signal.SIGCONT)
    if stops:
        print("stops %d, " % stops, end="")
    if os.WIFSIGNALED(status):
        print("signal", os.WTERMSIG(status))
    else:
        print("exit", os.WEXITSTATUS(status))


main()
