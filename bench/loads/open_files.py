#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""open_files.py DIR COUNT: opens and reads each file of make_files.py twice."""
import sys


def main():
    top, count = sys.argv[1], int(sys.argv[2])
    total = 0
    for _ in range(2):
        for i in range(count):
            with open("%s/%03d/%06d" % (top, i // 1000, i), "rb") as f:
                total += len(f.read())
    print("bytes %d" % total)


main()
