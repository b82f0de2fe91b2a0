#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""train_sklearn.py TABLE [TREES]: a random forest; writes model.pkl."""
import pickle
import sys

import numpy
from sklearn.ensemble import RandomForestClassifier


def main():
    table = numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
    trees = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    model = RandomForestClassifier(n_estimators=trees, random_state=1)
    model.fit(table[:, :-1], table[:, -1])
    with open("model.pkl", "wb") as out:
        pickle.dump(model, out)
    print("score %.4f" % model.score(table[:, :-1], table[:, -1]))


main()
