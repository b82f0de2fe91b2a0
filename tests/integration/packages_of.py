#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""packages_of.py MANIFEST.JSON <FILES.YAML: as dpkg -S says.

Each file that the run read or executed has the Debian package that dpkg itself
names for it, or for the source that Python compiled it from, and no other file
has one; the manifest's numbers are the rows'.
"""
import json
import re
import subprocess
import sys

import yaml


def source_of(path):
    return re.sub(r"__pycache__/(.*)\.[^.]*-\d+(\.opt-\d)?\.pyc$", r"\1.py", path)


def is_metadata(path):
    return ".dist-info/" in path or ".egg-info" in path


def ask_dpkg(paths):
    """path -> names of packages, by both spellings of what /usr merged."""
    asked = sorted(paths) + sorted(p[4:] for p in paths if p.startswith("/usr/"))
    out = subprocess.run(["dpkg-query", "-S", *asked], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True, check=False,
                         env={"LC_ALL": "C"}).stdout
    owners = {}
    for line in out.splitlines():
        names, _, path = line.partition(": ")
        if names.startswith("diversion "):
            continue
        for name in names.split(", "):
            owners.setdefault(path, set()).add(name.partition(":")[0])
    return {p: owners.get(p) or owners.get(p[4:], set()) for p in paths}


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        manifest = json.load(f)
    packages = {p["id"]: p for p in manifest.get("packages", [])}
    rows = [r for r in yaml.load(sys.stdin, yaml.CSafeLoader)
            if r["kind"] == "file"]
    used = [r for r in rows if set("rx") & set(r.get("access", ""))
            and "n" not in r["access"]]
    owners = ask_dpkg({source_of(r["path"]) for r in used})
    bad, counted = [], {}
    for r in used:
        names = owners[source_of(r["path"])]
        package = packages.get(r.get("package"))
        if package:
            counted.setdefault(package["id"], set()).add(source_of(r["path"]))
        if package and package["type"] != "deb":
            continue
        # Descriptions alone do not make a package a used one.
        if not package and is_metadata(r["path"]):
            continue
        if (package["name"] if package else None) not in (names or {None}):
            bad.append(f"{r['path']}: {package and package['name']}, {names}")
    bad += [f"{r['path']}: is not used" for r in rows
            if "package" in r and r not in used]
    bad += [f"{p['name']}: {p['files_used']} files, {counted.get(i)}"
            for i, p in packages.items()
            if len(counted.get(i, ())) != p["files_used"]]
    bad += [f"{p['name']}: {p['files_used']} of {p['files_total']}"
            for p in packages.values()
            if p["files_used"] > p.get("files_total", p["files_used"])]
    print("\n".join(bad) if bad else f"{len(used)} files, {len(packages)} packages")
    return 1 if bad else 0


sys.exit(main())
