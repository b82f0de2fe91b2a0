#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""staged.py: from a table of files on stdin, "KIND PATH" of every path that a
replay's root must have, sorted: what was there at first, but for devices, for
contents that were not stored, and for what the sandbox mounts itself.
"""
import os
import sys

import yaml

MOUNTED = ("/dev", "/proc", "/sys")


def main():
    staged = {b"directory " + os.fsencode(m) for m in MOUNTED}
    for row in yaml.load(sys.stdin.buffer, Loader=yaml.CSafeLoader):
        path, kind = row["path"], row["kind"]
        raw = path if isinstance(path, bytes) else os.fsencode(path)
        if "n" in row.get("access", "") or kind in ("absent", "char", "block"):
            continue
        if any(raw.startswith(os.fsencode(m) + b"/") for m in MOUNTED):
            continue
        if raw == b"/" or (kind == "file" and row.get("stored") is False):
            continue
        staged.add(os.fsencode(kind) + b" " + raw)
    sys.stdout.buffer.write(b"".join(s + b"\n" for s in sorted(staged)))


main()
