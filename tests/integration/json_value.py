#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""json_value.py KEY: the value at KEY, "a.0.b", of the JSON document on stdin.

A step that is no number takes the list's item whose path, name, id or kind it
is; a key may hold dots when the longest one that fits is meant ("#" gives the
number of items). Scalars are printed as they are, everything else as JSON.
"""
import json
import sys


def step(value, key):
    if key == "#":
        return len(value)
    if isinstance(value, dict):
        return value[key]
    if key.isdigit():
        return value[int(key)]
    for item in value:
        if key in (item.get(k) for k in ("path", "name", "id", "kind")):
            return item
    raise KeyError(key)


def find(value, keys):
    if not keys:
        return value
    for n in range(len(keys), 0, -1):
        try:
            return find(step(value, ".".join(keys[:n])), keys[n:])
        except (KeyError, IndexError, TypeError, AttributeError):
            pass
    raise KeyError(".".join(keys))


def main():
    document = json.load(sys.stdin)
    try:
        value = find(document, sys.argv[1].split("."))
    except KeyError:
        sys.exit(1)
    if isinstance(value, str):
        print(value)
    else:
        print(json.dumps(value))


main()
