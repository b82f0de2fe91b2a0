#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""log_terminal.py COMMAND...: what COMMAND makes of a terminal of 77x33.

Prints the bytes that the terminal got, the settings that it was left with and
how COMMAND ended. When it prints "resize", the terminal becomes 50x20.
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    pid, fd = pty.fork()
    if pid == 0:
        resize(0, 33, 77)
        os.execvp(sys.argv[1], sys.argv[1:])
    seen, resized = b"", False
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:  # EIO: the other end is closed
            break
        seen += data
        if b"resize\r\n" in seen and not resized:
            resized = True
            resize(fd, 20, 50)
    status = os.waitpid(pid, 0)[1]
    settings = termios.tcgetattr(fd)[:4]
    print(seen, settings, os.waitstatus_to_exitcode(status))


main()
