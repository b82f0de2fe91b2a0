# SPDX-License-Identifier: Apache-2.0
"""The loads: what they run, and making what they read."""
import os
import shutil
import subprocess

PYTHON = "/usr/bin/python3"
HERE = os.path.dirname(os.path.abspath(__file__))


class Load:
    def __init__(self, name, text, command, target=None, runs=None):
        self.name = name
        self.text = text
        self.command = command
        self.target = target
        self.runs = runs  # at most, since one takes long


class Loads:
    """
    Everything lies in `top`, the scripts, too: a capture of something in a
    working tree would describe that tree, and its state is no constant.
    """

    def __init__(self, top, quick):
        self.top = top
        self.quick = quick
        self.scripts = os.path.join(top, "loads")
        shutil.copytree(os.path.join(HERE, "loads"), self.scripts)

    def path(self, name):
        return os.path.join(self.top, name)

    def script(self, name):
        return os.path.join(self.scripts, name)

    def python(self, script, *args):
        return [PYTHON, self.script(script)] + [str(a) for a in args]

    def output(self, argv):
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode()

    def compiled(self, name):
        out = self.path(name)
        if not os.path.exists(out):
            self.output(["cc", "-D_GNU_SOURCE", "-std=gnu17", "-O2", "-o",
                         out, self.script(name + ".c"), "-lpthread"])
        return out

    def table(self):
        out = self.path("table.csv")
        if not os.path.exists(out):
            self.output(self.python("make_table.py", out, 5000))
        return out

    def files(self, count, size):
        out = self.path("files.%d" % size)
        if not os.path.exists(out):
            self.output(self.python("make_files.py", out, count, size))
        return out

    def sklearn(self):
        return Load(
            "sklearn", "random forest, 5,000 rows",
            self.python("train_sklearn.py", self.table()), 1.05)

    def torch(self):
        return Load(
            "torch", "MLP, 2 loader workers",
            self.python("train_torch.py", self.table()), 1.05)

    def open(self):
        return Load(
            "open", "20,000 small files opened and read twice",
            self.python("open_files.py", self.files(20000, 100), 20000), 2.0)

    def exec(self):
        return Load(
            "exec", "1,000 processes executed",
            ["/bin/sh", self.script("exec_true.sh"), "1000"], 1.3)

    def threads(self):
        return Load(
            "threads", "the same files opened by 8 threads at once",
            [self.compiled("open_threads"), self.files(20000, 100), "20000"])

    def images(self):
        count, seconds = (10000, 6) if self.quick else (100000, 60)
        files = self.files(count, 4096)
        steps = self.output(
            self.python("train_images.py", "--calibrate", count, seconds))
        return Load(
            "images", "training for %d s, 8 loader processes, %s images" %
            (seconds, format(count, ",")),
            self.python("train_images.py", files, count, int(steps)),
            1.05, None if self.quick else 3)


NAMES = ["sklearn", "torch", "open", "exec", "threads", "images"]
