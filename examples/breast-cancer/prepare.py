#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes data.csv: the Wisconsin breast cancer data that scikit-learn brings."""
import csv

from sklearn.datasets import load_breast_cancer


def main():
    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    with open("data.csv", "w", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(names + ["benign"])
        for row, target in zip(data.data, data.target):
            writer.writerow([repr(float(x)) for x in row] + [int(target)])


main()
