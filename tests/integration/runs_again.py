# SPDX-License-Identifier: Apache-2.0
"""runs_again.py STORE N RUN...: N copies of each run in the store, taking
turns, a second apart, before all others."""
import os
import re
import sys
import uuid

store, count, runs = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
for i in range(count * len(runs)):
    run = runs[i % len(runs)]
    new = str(uuid.uuid4())
    old_dir, new_dir = (os.path.join(store, "runs", r) for r in (run, new))
    os.mkdir(new_dir, 0o700)
    os.link(old_dir + "/files.yaml", new_dir + "/files.yaml")
    text = open(old_dir + "/manifest.yaml").read().replace(run, new)
    text = re.sub(r"(\nrun:\n  id: .*)\n  name: .*", r"\1", text, count=1)
    text = re.sub(r'(\n  started: ").*"', r'\g<1>2020-01-01T%02d:%02d:%02d.000000Z"' %
                  (i // 3600, i // 60 % 60, i % 60), text, count=1)
    with open(new_dir + "/manifest.yaml", "w") as f:
        f.write(text)
    if i == 0:
        print(new)
