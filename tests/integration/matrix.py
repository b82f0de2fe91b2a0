# SPDX-License-Identifier: Apache-2.0
"""matrix.py RUN DIR PRINTED: is each line that a probe of the matrix printed
(tests/probes/matrix.h) so in the record of RUN? DIR holds the cells."""
import hashlib
import json
import os
import re
import subprocess
import sys

import yaml

run, top, printed = sys.argv[1:]
store = os.environ["REPRISE_STORE"]
failures = []


def show(*options):
    return subprocess.run(["reprise", "show", *options, run],
                          capture_output=True, check=True).stdout


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def unescape(text):
    return re.sub(rb"\\([0-9a-f]{2})",
                  lambda m: bytes([int(m.group(1), 16)]), text)


def plain(value):
    """A string of the JSON form: bytes that are no text are in base64."""
    if isinstance(value, dict):
        import base64
        return base64.b64decode(value["base64"])
    return value.encode()


def object_of(digest):
    """The content, None when it is not in the store."""
    name = digest.removeprefix("sha256:")
    try:
        with open(f"{store}/objects/{name[:2]}/{name[2:]}", "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


rows = {raw(r["path"]): r
        for r in yaml.load(show("--files"), Loader=yaml.CSafeLoader)}
manifest = json.loads(show("--json"))
inputs = {plain(i["path"]): i for i in manifest["inputs"]}
outputs = {plain(o["path"]): o for o in manifest["outputs"]}
found_gaps = {(g["kind"], g.get("path", "-"))
              for g in manifest["completeness"]["gaps"]}
notes = {g["kind"] for g in manifest["completeness"].get("notes", [])}
named_gaps, was_input = set(), set()


def first_content(path):
    row = rows.get(path)
    if row is None:
        return b"no row"
    if "link" in row:
        row = rows[raw(row["link"])]
    if "digest" not in row:
        return b"no digest: " + repr(row).encode()
    content = object_of(row["digest"])
    return b"nothing: " + repr(row).encode() if content is None else content


def check_in(path, text):
    was_input.add(path)
    content = first_content(path)
    if content != text:
        return f"is recorded as {content!r}"
    # By one of its names: no two files hold the same before the run.
    digest = rows[raw(rows[path].get("link", path))]["digest"]
    letters = rows[path]["access"] + "".join(
        r["access"] for r in rows.values() if r.get("digest") == digest)
    return None if set(letters) & set("rxm") else f"has the letters {letters}"


def check_raced(path, text):
    """In the record, or its loss is named."""
    raced.add(path)
    if any(gap[1] == path.decode() for gap in found_gaps):
        return None
    return check_in(path, text)


def check_came(path, text):
    """The record of some file of the cell has it."""
    digest = "sha256:" + hashlib.sha256(text).hexdigest()
    cell = path[:len(top) + 1] + path[len(top) + 1:].split(b"/")[0] + b"/"
    holders = [r for p, r in rows.items()
               if p.startswith(cell) and r.get("digest") == digest]
    letters = set("".join(r["access"] for r in holders))
    if object_of(digest) != text or not letters & set("rxm"):
        return f"is in no record of what was read: {holders}"
    return None


def check_torn(path, text):
    raced.add(path)


def check_kept(path, text):
    """Still what `prepare` put there."""
    cell, name = os.path.relpath(path, os.fsencode(top)).split(b"/", 1)
    was_input.add(path)
    content = first_content(path)
    wanted = cell + b": what " + name + b" held\n"
    return None if content == wanted else f"is recorded as {content!r}"


def check_left(path, text):
    with open(path, "rb") as f:
        there = f.read()
    if path not in outputs:
        return "is no output"
    got = object_of(outputs[path]["digest"])
    return None if got == there else f"is kept as {got!r}, not {there!r}"


def check_unread(path, text):
    row = rows.get(path)
    if row is None or not set(row["access"]) & set("wm"):
        return f"was not seen as changed: {row}"
    return f"its bytes were kept: {row}" if "digest" in row else None


def check_list(path, text):
    row = rows.get(path, {})
    names = b"/".join(raw(n) for n in row.get("listing", []))
    if "d" not in row.get("access", ""):
        return f"was not listed: {row}"
    return None if names == text else f"is listed as {names!r}"


def letter(wanted, kind=None):
    def check(path, text):
        row = rows.get(path)
        if row is None or wanted not in row["access"]:
            return f"no letter {wanted}: {row}"
        if kind and row["kind"] != kind:
            return f"is no {kind}: {row}"
        if kind == "symlink" and raw(row["target"]) != text:
            return f"leads to another place: {row}"
        return None
    return check


def check_own(path, text):
    owned.add(path)


def check_gap(path, text):
    if path.endswith(b"/-"):
        path = b"-"
    named_gaps.add((text.decode(), path.decode()))


def check_note(path, text):
    kind = text.decode()
    return None if kind in notes else f"the record has no note {kind}"


def check_failed(path, text):
    return "the cell did not work"


owned = set()
raced = set()
checks = {
    "in": check_in, "raced": check_raced, "came": check_came, "torn": check_torn,
    "kept": check_kept, "left": check_left,
    "unread": check_unread, "list": check_list, "own": check_own,
    "link": letter("l", "symlink"), "look": letter("s"),
    "absent": letter("n"), "ran": letter("x"), "made": letter("w"),
    "gap": check_gap, "note": check_note, "failed": check_failed,
    "say": lambda path, text: None,
}
count = 0
with open(printed, "rb") as f:
    for line in f.read().splitlines():
        word, path, text = line.split(b"\t")
        where = os.path.join(os.fsencode(top), unescape(path))
        why = checks[word.decode()](where, unescape(text))
        count += 1
        if why:
            failures.append(f"{line.decode()}: {why}")
for path in owned - was_input:
    # By another name it may be one; but never with what the run made.
    if path in inputs and b": what " not in first_content(path):
        failures.append(f"{path.decode()} is an input: {rows[path]}")
for gap in found_gaps - named_gaps:
    if os.fsencode(gap[1]) in raced:
        continue
    detail = [g["detail"] for g in manifest["completeness"]["gaps"]
              if g["kind"] == gap[0] and g.get("path", "-") == gap[1]]
    failures.append(f"an unexpected gap: {gap}: {detail}")
for gap in named_gaps - found_gaps:
    failures.append(f"a gap is not named: {gap}")
print("\n".join(failures) if failures else f"{count} lines are as printed")
sys.exit(bool(failures) or count == 0)
