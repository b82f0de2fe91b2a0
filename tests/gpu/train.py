#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""train.py DEVICE: a small PyTorch training that is the same every time.

Writes the weights to "model.npz" and the losses to "metrics.json".
"""
import json
import sys

import numpy
import torch


def main():
    device = torch.device(sys.argv[1])
    torch.manual_seed(1)
    torch.use_deterministic_algorithms(True)
    features = torch.randn(512, 32).to(device)
    labels = (features[:, 0] * features[:, 1] > 0).long()
    model = torch.nn.Sequential(
        torch.nn.Linear(32, 64), torch.nn.ReLU(), torch.nn.Linear(64, 2)
    ).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(features), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    numpy.savez("model.npz", **{
        name: value.detach().cpu().numpy()
        for name, value in model.state_dict().items()})
    with open("metrics.json", "w", encoding="utf-8") as out:
        json.dump({"loss": losses}, out)
    if device.type == "cuda":
        print(torch.cuda.get_device_name(device))


main()
