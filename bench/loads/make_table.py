#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make_table.py FILE ROWS: a CSV table of 20 features and a class."""
import random
import sys


def main():
    rng = random.Random(1)
    weights = [rng.gauss(0, 1) for _ in range(20)]
    with open(sys.argv[1], "w") as out:
        out.write(",".join("f%d" % i for i in range(20)) + ",class\n")
        for _ in range(int(sys.argv[2])):
            row = [rng.gauss(0, 1) for _ in weights]
            score = sum(w * x for w, x in zip(weights, row))
            row.append(int(score + rng.gauss(0, 1) > 0))
            out.write(",".join("%.6g" % x for x in row) + "\n")


main()
