#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes images.npy and labels.npy: the digits that scikit-learn brings."""
import numpy
from sklearn.datasets import load_digits


def main():
    digits = load_digits()
    numpy.save("images.npy", digits.images.astype(numpy.float32) / 16)
    numpy.save("labels.npy", digits.target.astype(numpy.int64))


main()
