# SPDX-License-Identifier: Apache-2.0
"""ld_debug.py PREFIX <manifest: the libraries of a run against what the
dynamic loader itself said of each process.

The run's programs had LD_DEBUG=files,libs and LD_DEBUG_OUTPUT=PREFIX. A process
appends to the file that it had when it was executed; so do its forks. What is
mapped before "initialize program" is needed or preloaded, what comes later was
asked for by dlopen (ld.so(8))."""
import collections
import glob
import json
import os
import re
import sys

NEEDED_BY = re.compile(r"file=(.*) \[\d+\];  needed by (.*) \[\d+\]$")
GENERATING = re.compile(r"file=(.*) \[\d+\];  generating link map$")
TRYING = re.compile(r"  trying file=(.*)$")
WORDS = ["exec", "interp", "preload", "needed", "dlopen"]


class Process:
    def __init__(self):
        self.names = set()  # as the loader spells them
        self.first = set()  # real paths, before the program began
        self.later = set()
        self.running = False

    def sets(self):
        return frozenset(self.first), frozenset(self.later - self.first)


def processes_of(path):
    found = []
    tried = None
    for line in open(path, encoding="utf-8", errors="surrogateescape"):
        line = line.rstrip("\n").split(":\t", 1)[-1]
        needed = NEEDED_BY.search(line)
        # Needed by the program itself, which is no library.
        if needed and (not found or found[-1].running) and \
                (not found or needed.group(2) not in found[-1].names):
            found.append(Process())
        if TRYING.search(line):
            tried = TRYING.search(line).group(1)
        if "initialize program: " in line:
            if not found:
                found.append(Process())
            found[-1].running = True
        made = GENERATING.search(line)
        if made:
            name = made.group(1) if "/" in made.group(1) else tried
            if not found:
                found.append(Process())
            found[-1].names.add(name)
            (found[-1].later if found[-1].running else
             found[-1].first).add(os.path.realpath(name))
    return found


def recorded(manifest):
    """For each process that had LD_DEBUG: what it executed, and the rest."""
    debugged = [p["id"] for p in manifest["processes"]["items"]
                if any(v.startswith("LD_DEBUG_OUTPUT=")
                       for v in p.get("env_added", []))]
    libraries = collections.defaultdict(set)
    for library in manifest["libraries"]:
        if library["loaded_by"] in ("exec", "interp"):
            continue
        for process in library["processes"]:
            libraries[process].add(library["path"])
    return [frozenset(libraries[p]) for p in debugged if libraries[p]]


def main():
    manifest = json.load(sys.stdin)
    said = [p.sets() for name in glob.glob(sys.argv[1] + ".*")
            for p in processes_of(name)]
    ours = collections.Counter(recorded(manifest))
    theirs = collections.Counter(a | b for a, b in said)
    bad = 0
    for libraries in (ours - theirs):
        print("recorded only:", *sorted(libraries), sep="\n\t")
        bad = 1
    for libraries in (theirs - ours):
        print("loaded only:", *sorted(libraries), sep="\n\t")
        bad = 1
    # The first word that is true of any process.
    first = set().union(*(a for a, _ in said))
    for library in manifest["libraries"]:
        word, path = library["loaded_by"], library["path"]
        if word in ("exec", "interp") or not any(
                path in a | b for a, b in said):
            continue
        if (word == "dlopen") == (path in first):
            print("loaded by", word, "and yet otherwise:", path)
            bad = 1
    print(len(said), "processes,", sum(len(a | b) for a, b in said),
          "libraries")
    sys.exit(bad or len(said) < int(sys.argv[2]))


main()
