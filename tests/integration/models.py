#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""models.py: writes a model in each format of numbers, and as each container.

In a replay, where its parent is process 1, one weight is 1e-9 larger, the
containers note another time, and a file has other lines.
"""
import gzip
import json
import os
import struct
import zipfile

import numpy
import torch

REPLAYED = os.getppid() == 1


def safetensors(path, name, array):
    header = json.dumps({name: {
        "dtype": "F64", "shape": array.shape,
        "data_offsets": [0, array.nbytes]}}).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header + array.tobytes())


def main():
    weights = numpy.linspace(0.5, 1.5, 6).reshape(2, 3)
    weights[1, 2] += 1e-9 * REPLAYED
    numpy.save("w.npy", weights)
    numpy.savez("w.npz", w=weights)
    numpy.savez_compressed("compressed.npz", w=weights)
    safetensors("w.safetensors", "w", weights)
    layer = torch.nn.Linear(3, 2).double()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights))
        layer.bias.zero_()
    torch.save(layer.state_dict(), "w.pt")
    numpy.savetxt("w.csv", weights, delimiter=",", fmt="%.17g")
    with open("w.json", "w") as f:
        json.dump({"w": weights.tolist(), "rate": float("nan")}, f)

    with gzip.GzipFile("t.gz", "wb", mtime=1 + REPLAYED) as f:
        f.write(b"text")
    with zipfile.ZipFile("t.zip", "w") as z:
        z.writestr(zipfile.ZipInfo("t", (2001 + REPLAYED, 2, 3, 4, 5, 6)),
                   "text")
    with open("events", "w") as f:
        f.write("replayed\n" if REPLAYED else "recorded\n")


main()
