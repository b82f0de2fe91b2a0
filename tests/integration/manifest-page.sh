# SPDX-License-Identifier: Apache-2.0
# matrix:
# The manual page of the manifest has every key of the field table (through the
# schema) and of a row, says of each whether it is required, and lists every
# word that a value may be and every letter of "access".
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

"$PYTHON" - "$REPRISE_TEST_TREE" <<'EOF' || fail "reprise-manifest(5) is behind"
import json
import re
import sys

tree = sys.argv[1]
schema = json.load(open(tree + "/manifests/reprise-manifest-1.schema.json"))
page = open(tree + "/docs/reprise-manifest.5").read()
rows = open(tree + "/manifests/row.c").read()
manifest, table = page.split(".Sh TABLE OF FILES")
bad = []


def items(text):
    """(key, required) of each ".It Cm KEY[ , KEY] No (TYPE[, required])"."""
    found = set()
    for line in re.findall(r"^\.It Cm (.*)$", text, re.M):
        keys, _, type_of = line.partition(" No (")
        for key in re.split(r"[ ,]+(?:Cm )?", keys):
            found.add((key, "required" in type_of))
    return found


def records():
    yield "manifest", schema
    for name, record in schema["$defs"].items():
        if "properties" in record and name != "base64":
            yield name, record


known = items(manifest)
wanted = set()
for name, record in records():
    for key, field in record["properties"].items():
        wanted.add((key, key in record.get("required", [])))
        for word in field.get("enum", []):
            if not re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(word), page):
                bad.append("no word %s of %s.%s" % (word, name, key))
for key, required in sorted(wanted - known):
    bad.append("no key %s%s" % (key, ", required" if required else ""))

known_rows = {key for key, required in items(table)}
row_keys = re.findall(r'^\t\{"([a-z]+)", ROW_', rows, re.M)
kinds = re.findall(r'\[KIND_[A-Z]+\] = "([a-z]+)"', rows)
letters = re.search(r'access_letters\[\] = "([a-z]+)"', rows).group(1)
if len(row_keys) < 17 or len(kinds) < 9 or len(letters) != 8:
    bad.append("row.c was not understood")
bad += ["no key %s of a row" % k for k in row_keys if k not in known_rows]
bad += ["no kind %s" % k for k in kinds
        if not re.search(r"(Cm|,) .*\b%s\b" % k, table)]
bad += ["no letter %s" % c for c in letters
        if not re.search(r"^\.It Cm %s$" % c, table, re.M)]
# What the page has and nothing knows: each ".It Cm" is a key or a word.
words = {w for _, r in records() for f in r["properties"].values()
         for w in f.get("enum", [])}
all_known = {k for k, _ in wanted} | words | set(row_keys) | set(letters)
bad += ["unknown key %s" % k for k, _ in items(page) if k not in all_known]
print("\n".join(bad))
sys.exit(bool(bad))
EOF
