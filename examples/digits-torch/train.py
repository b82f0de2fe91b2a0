#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains a small network on images.npy and labels.npy with PyTorch, loading
batches in processes of their own; writes model.pt and metrics.json."""
import argparse
import json

import numpy
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Digits(Dataset):
    """The files are opened by each loader process for itself."""

    def __init__(self):
        self.images = None
        self.labels = numpy.load("labels.npy")

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        if self.images is None:
            self.images = numpy.load("images.npy", mmap_mode="r")
        return torch.from_numpy(numpy.array(self.images[i])), self.labels[i]


def accuracy(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).sum().item()
            total += len(labels)
    return right / total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, help="default: another each time")
    args = parser.parse_args()

    if args.seed is None:
        torch.seed()
    else:
        torch.manual_seed(args.seed)
    digits = Digits()
    test_size = len(digits) // 4
    train, test = random_split(digits, [len(digits) - test_size, test_size])
    train_loader = DataLoader(
        train, batch_size=64, shuffle=True, num_workers=args.workers)
    test_loader = DataLoader(test, batch_size=256)

    model = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(args.epochs):
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()

    metrics = {"accuracy": accuracy(model, test_loader), "loss": loss.item()}
    torch.save(model.state_dict(), "model.pt")
    with open("metrics.json", "w") as f:
        json.dump(metrics, f, indent=2)
        f.write("\n")
    print("accuracy %.4f, last loss %.4f" % tuple(metrics.values()))


main()
