#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cyclonedx_check.py SCHEMAS-DIR BOM.json: valid by the JSON Schema of CycloneDX
1.6, each reference is one to a component that is there."""
import json
import os
import sys

import jsonschema


def references(bom):
    found = {bom["metadata"]["component"]["bom-ref"]}
    for c in bom["components"]:
        if c["bom-ref"] in found:
            sys.exit("a reference is there twice: " + c["bom-ref"])
        found.add(c["bom-ref"])
    return found


def used(bom):
    for d in bom["dependencies"]:
        yield d["ref"]
        yield from d["dependsOn"]
    for c in bom["compositions"]:
        yield from c["dependencies"]
    for w in bom["formulation"][0]["workflows"]:
        for r in w.get("inputs", []) + w.get("outputs", []):
            yield r["resource"]["ref"]
    card = bom["metadata"]["component"].get("modelCard", {})
    for r in card.get("modelParameters", {}).get("datasets", []):
        yield r["ref"]


def main():
    where, path = sys.argv[1:]
    load = lambda name: json.load(open(os.path.join(where, name)))
    schema = load("bom-1.6.schema.json")
    others = {}
    for name in ("spdx.schema.json", "jsf-0.82.schema.json"):
        others["http://cyclonedx.org/schema/" + name] = load(name)
    resolver = jsonschema.RefResolver.from_schema(schema, store=others)
    checker = jsonschema.Draft7Validator(
        schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    bom = json.load(open(path))
    bad = list(checker.iter_errors(bom))
    for e in bad[:10]:
        print("/".join(map(str, e.path)), e.message[:300])
    missing = set(used(bom)) - references(bom)
    for r in sorted(missing):
        print("no component: " + r)
    sys.exit(bool(bad or missing))


main()
