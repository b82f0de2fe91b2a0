#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""train_torch.py TABLE: an MLP fed by 2 loader workers; writes model.pt."""
import sys

import torch
from torch.utils.data import DataLoader, Dataset


class Table(Dataset):
    def __init__(self, path):
        with open(path) as f:
            next(f)
            rows = [[float(x) for x in line.split(",")] for line in f]
        self.rows = torch.tensor(rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i, :-1], self.rows[i, -1:]


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    loader = DataLoader(Table(sys.argv[1]), batch_size=100, num_workers=2)
    model = torch.nn.Sequential(
        torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss_of = torch.nn.BCEWithLogitsLoss()
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
    torch.save(model.state_dict(), "model.pt")
    print("loss %.4f" % loss.item())


main()
