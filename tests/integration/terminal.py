#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""terminal.py WHAT COMMAND: a conversation on a terminal of its own.

WHAT "run": COMMAND (a shell's words) leads the session. "shell": COMMAND is
typed into an interactive bash. Standard input is the script: each line is
"expect TEXT", "send TEXT" (with backslash escapes), "wait SECONDS", "resize
ROWS COLUMNS", "mode raw" or "mode cooked" (what the terminal is to be in).
Prints how the session leader ended; on the first expectation that fails within
20 s it prints what was there and exits 1.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


class Terminal:
    def __init__(self, argv):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for sig in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(sig, signal.SIG_DFL)
            os.environ["PS1"] = "prompt> "
            os.execvp(argv[0], argv)

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the other end is closed
            data = b""
        self.seen += data
        return data != b""

    def expect(self, text):
        end = time.time() + 20
        while text not in self.seen:
            left = end - time.time()
            if left <= 0 or (not self.read(left) and text not in self.seen):
                print("waited for", text, "and saw", self.seen)
                os.kill(self.pid, signal.SIGKILL)
                sys.exit(1)
        self.seen = self.seen.split(text, 1)[1]

    def mode(self, wanted):
        end = time.time() + 20
        is_ = None
        while is_ != wanted and time.time() < end:
            self.read(0.05)
            canonical = termios.tcgetattr(self.fd)[3] & termios.ICANON
            is_ = b"cooked" if canonical else b"raw"
        if is_ != wanted:
            print("the terminal is", is_, "and not", wanted)
            os.kill(self.pid, signal.SIGKILL)
            sys.exit(1)

    def resize(self, rows, columns):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)

    def end(self):
        end = time.time() + 20
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                if os.WIFSIGNALED(status):
                    return "signal %d" % os.WTERMSIG(status)
                return "exit %d" % os.WEXITSTATUS(status)
            self.read(0.05)
        print("does not end; seen:", self.seen)
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(1)


def main():
    if sys.argv[1] == "run":
        t = Terminal(["/bin/sh", "-c", "exec " + sys.argv[2]])
    else:
        t = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"])
        t.expect(b"prompt> ")
        os.write(t.fd, sys.argv[2].encode() + b"\n")
    for line in sys.stdin:
        word, text = line.rstrip("\n").split(" ", 1)
        text = text.encode().decode("unicode_escape").encode("latin-1")
        if word == "expect":
            t.expect(text)
        elif word == "send":
            os.write(t.fd, text)
        elif word == "mode":
            t.mode(text)
        elif word == "resize":
            t.resize(*map(int, text.split()))
        elif word == "wait":
            end = time.time() + float(text)
            while time.time() < end and t.read(end - time.time()):
                pass
    print(t.end())


main()
