#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""same_as_bare.py EXPECTED ENGINE USER BARE CAPTURED

Compares what the probes said bare and captured: lines "AREA.CASE: VERDICT".
They may differ only as the file EXPECTED says, and there they must differ.
"""
import difflib
import fnmatch
import sys


class Rule:
    """One line of EXPECTED: ENGINES USERS [may] BARE => VERDICT."""

    def __init__(self, line):
        head, self.verdict = line.split("=>", 1)
        self.engines, self.users, rest = head.split(None, 2)
        self.may = rest.startswith("may ")
        self.bare = rest[4:].strip() if self.may else rest.strip()
        self.verdict = self.verdict.strip()
        self.line = line
        self.used = False

    def holds_for(self, engine, user):
        return (self.engines in ("both", engine) and
                self.users in ("all", user))

    def captured(self, line):
        """What a line becomes; None when nothing is said at all."""
        if not self.verdict:
            return None
        return line.split(": ", 1)[0] + ": " + self.verdict


def rules_of(path, engine, user):
    rules = []
    with open(path) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                rules.append(Rule(line.rstrip("\n")))
    return [r for r in rules if r.holds_for(engine, user)]


def wanted(bare, captured, rules):
    said = set(captured)
    for line in bare:
        for rule in rules:
            if not fnmatch.fnmatchcase(line, rule.bare):
                continue
            other = rule.captured(line)
            if rule.may and other not in said:
                continue
            rule.used = rule.used or other != line
            line = other
            break
        if line is not None:
            yield line


def main():
    expected, engine, user = sys.argv[1:4]
    bare, captured = (open(p).read().splitlines() for p in sys.argv[4:6])
    rules = rules_of(expected, engine, user)
    lines = list(wanted(bare, captured, rules))
    bad = False
    for line in difflib.unified_diff(lines, captured, "bare", "captured", "",
                                     "", 0, ""):
        print(line)
        bad = True
    for rule in rules:
        if not rule.used and not rule.may:
            print("no difference any more, or nobody asks:", rule.line)
            bad = True
    cases = {line.split(": ", 1)[0] for line in bare}
    print(len(bare), "verdicts of", len(cases), "cases,",
          sum(r.used for r in rules), "expected differences")
    sys.exit(bad or len(cases) < 300)


main()
