#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains a random forest on data.csv; writes model.pkl and metrics.json."""
import argparse
import json
import pickle

import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data.csv")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--seed", type=int, help="default: another each time")
    args = parser.parse_args()

    table = numpy.loadtxt(args.data, delimiter=",", skiprows=1)
    features, target = table[:, :-1], table[:, -1].astype(int)
    train_x, test_x, train_y, test_y = train_test_split(
        features, target, test_size=0.25, random_state=args.seed)
    model = RandomForestClassifier(
        n_estimators=args.trees, random_state=args.seed)
    model.fit(train_x, train_y)
    metrics = {
        "accuracy": accuracy_score(test_y, model.predict(test_x)),
        "roc_auc": roc_auc_score(test_y, model.predict_proba(test_x)[:, 1]),
    }
    with open("model.pkl", "wb") as f:
        pickle.dump(model, f)
    with open("metrics.json", "w") as f:
        json.dump(metrics, f, indent=2)
        f.write("\n")
    print("accuracy %.4f, ROC AUC %.4f" % tuple(metrics.values()))


main()
