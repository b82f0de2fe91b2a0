# SPDX-License-Identifier: Apache-2.0
"""hostile_run.py CASE STORE RUN WORK HOST: make the run RUN what CASE says, a
file of tests/data/hostile-runs. The run as it was captured is kept beside the
store, so that each case begins with that one. Its lines:

  - {path: ...}        a row of the table, put where byte order has it, or
  last - {path: ...}   at its end
  nothing N          N rows of what was not there, at its end
  drop PATH            no row of PATH
  set OLD => NEW       in the manifest, where OLD must be
  object NAME TEXT     an object, "\\n" being a line end; @NAME@ is its digest
  lie NAME TEXT        one whose content is not what its name says
  hole NAME SIZE       one of zeros

@WORK@ and @HOST@ are the directories, @UID@, @GID@, @NODE@ and @RUN@ are of the run.
All else is the test's, which reads it.
"""
import hashlib
import os
import re
import shutil
import sys


def unescaped(text):
    return text.encode().decode("unicode_escape").encode()


class Run:
    def __init__(self, store, run, names):
        self.dir = os.path.join(store, "runs", run)
        self.store, self.names = store, names
        kept = store + ".captured"
        if not os.path.exists(kept):
            shutil.copytree(self.dir, kept)
        self.manifest = open(kept + "/manifest.yaml").read()
        self.rows = open(kept + "/files.yaml").read().splitlines()
        self.captured = hashlib.sha256(
            open(kept + "/files.yaml", "rb").read()).hexdigest()

    def put(self, name, size=0, text=b"", lie=False):
        h = hashlib.sha256(text)
        for _ in range(size >> 20):
            h.update(bytes(1 << 20))
        digest = h.hexdigest()
        if lie:
            digest = hashlib.sha256(text + b"another").hexdigest()
        path = os.path.join(self.store, "objects", digest[:2], digest[2:])
        self.names[name] = "sha256:" + digest
        if os.path.exists(path):
            return
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "wb") as f:
            f.write(text)
            f.truncate(len(text) + size)
        os.chmod(path, 0o400)

    def add(self, row):
        def path(r):
            m = re.match(r'- \{path: "([^"]*)"', r)
            return unescaped(m.group(1)) if m else b"\xff"
        at = [i for i, r in enumerate(self.rows) if path(r) > path(row)]
        self.rows.insert(at[0] if at else len(self.rows), row)

    def do(self, line):
        for name, value in self.names.items():
            line = line.replace("@%s@" % name, value)
        verb, _, rest = line.partition(" ")
        if verb == "-":
            self.add(line)
        elif verb == "last":
            self.rows.append(rest)
        elif verb == "nothing":
            self.rows += ['- {path: "/zz%07d", access: "n", kind: absent}' % i
                          for i in range(int(rest))]
        elif verb == "drop":
            self.rows = [r for r in self.rows if '{path: "%s"' % rest not in r]
        elif verb == "set":
            old, new = rest.replace("\\n", "\n").split(" => ")
            if old not in self.manifest:
                sys.exit("the manifest has no %r" % old)
            self.manifest = self.manifest.replace(old, new, 1)
        elif verb in ("object", "lie"):
            name, _, text = rest.partition(" ")
            self.put(name, 0, text.replace("\\n", "\n").encode(), verb == "lie")
        elif verb == "hole":
            name, size = rest.split()
            self.put(name, int(size))

    def write(self):
        table = ("\n".join(self.rows) + "\n").encode("utf-8", "surrogateescape")
        new = hashlib.sha256(table).hexdigest()
        self.manifest = self.manifest.replace(self.captured, new)
        for name, data in (("files.yaml", table),
                           ("manifest.yaml", self.manifest.encode())):
            path = os.path.join(self.dir, name)
            with open(path + ".new", "wb") as f:
                f.write(data)
            os.rename(path + ".new", path)


def main(case, store, run, work, host):
    r = Run(store, run, {"WORK": work, "HOST": host, "RUN": run,
                         "NODE": os.uname()[1],
                         "UID": str(os.getuid()), "GID": str(os.getgid())})
    for line in open(case):
        r.do(line.rstrip("\n"))
    r.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
