#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py SCHEMA MANIFEST.yaml MANIFEST.json FILES.yaml: the manifest is
valid by the JSON Schema as YAML and as JSON, both say the same, and the table
of files is what any YAML parser reads as a sorted list of paths."""
import base64
import json
import sys

import jsonschema
import yaml


def load(path):
    with open(path, "rb") as f:
        return f.read()


def as_bytes(path):
    return path if isinstance(path, bytes) else path.encode()


def as_json(value):
    """Bytes that are not UTF-8 are !!binary in YAML, an object in JSON."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value


def main():
    schema = json.loads(load(sys.argv[1]))
    from_yaml = as_json(yaml.safe_load(load(sys.argv[2])))
    from_json = json.loads(load(sys.argv[3]))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for name, document in (("YAML", from_yaml), ("JSON", from_json)):
        errors = [e.message for e in validator.iter_errors(document)]
        if errors:
            sys.exit("%s: %s" % (name, "; ".join(errors[:5])))
    if from_yaml != from_json:
        sys.exit("YAML and JSON differ")
    # Something that the schema must refuse.
    del from_json["run"]["id"]
    if validator.is_valid(from_json):
        sys.exit("the schema takes a run without an id")

    rows = yaml.safe_load(load(sys.argv[4]))
    paths = [as_bytes(row["path"]) for row in rows]
    if paths != sorted(set(paths)):
        sys.exit("the table is not sorted by path")
    if len(rows) != from_yaml["files"]["entries"]:
        sys.exit("%d rows instead of %d" % (
            len(rows), from_yaml["files"]["entries"]))


main()
