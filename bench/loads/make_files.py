#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make_files.py DIR COUNT BYTES: files of known bytes, 1,000 a directory."""
import os
import random
import sys


def main():
    top, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(1)
    for i in range(count):
        folder = os.path.join(top, "%03d" % (i // 1000))
        if i % 1000 == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, "%06d" % i), "wb") as out:
            out.write(rng.randbytes(size))


main()
