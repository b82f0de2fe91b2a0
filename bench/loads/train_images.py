#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
train_images.py DIR COUNT STEPS: one epoch over COUNT images of 64x64 bytes
that 8 processes load. The training of a batch of 100 is STEPS multiplications
of matrices, so that a run is long for its compute, not for its files.

train_images.py --calibrate COUNT SECONDS: the STEPS that fill SECONDS.
"""
import multiprocessing
import os
import sys
import time

# One thread computes, whatever the machine; the loaders have the others.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
import numpy  # noqa: E402

LOADERS, BATCH, SIDE = 8, 100, 64


def load(job):
    top, first, last = job
    images = numpy.empty((last - first, SIDE * SIDE), numpy.float32)
    for i in range(first, last):
        with open("%s/%03d/%06d" % (top, i // 1000, i), "rb") as f:
            images[i - first] = numpy.frombuffer(f.read(), numpy.uint8)
    return images / 255


def train(weights, images, steps):
    for _ in range(steps):
        hidden = numpy.tanh(images @ weights)
        weights -= 1e-4 * (images.T @ hidden)


def start():
    rng = numpy.random.default_rng(1)
    return rng.standard_normal((SIDE * SIDE, 32), numpy.float32) / 100


def calibrate(count, seconds):
    weights = start()
    images = numpy.ones((BATCH, SIDE * SIDE), numpy.float32) / 2
    train(weights, images, 20)
    begin = time.perf_counter()
    train(weights, images, 200)
    step = (time.perf_counter() - begin) / 200
    print(max(1, round(seconds / (count / BATCH) / step)))


def main():
    if sys.argv[1] == "--calibrate":
        calibrate(int(sys.argv[2]), float(sys.argv[3]))
        return
    top, count, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    weights = start()
    jobs = [(top, i, min(i + BATCH, count)) for i in range(0, count, BATCH)]
    # Not more batches ahead than fit into memory on a slow machine.
    ahead = multiprocessing.Semaphore(4 * LOADERS)

    def given():
        for job in jobs:
            ahead.acquire()
            yield job

    with multiprocessing.Pool(LOADERS) as pool:
        for images in pool.imap(load, given()):
            train(weights, images, steps)
            ahead.release()
    numpy.save("weights.npy", weights)
    print("norm %.3f" % numpy.linalg.norm(weights))


main()
