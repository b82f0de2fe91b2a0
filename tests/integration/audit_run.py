#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""audit_run.py STORE RUN [bare|no-packages]: gives the run packages and libraries that are
the same on every machine, and a list of installed packages; or fewer."""
import hashlib
import json
import os
import subprocess
import sys

LZMA = "/usr/lib/x86_64-linux-gnu/liblzma.so.5.6.1"
VENV = "/venv/lib/python3.11/site-packages"
HASH = "sha256:" + "0123456789abcdef" * 4

PACKAGES = [
    {"id": "p1", "purl": "pkg:deb/debian/libc-bin@2.36-9?arch=amd64",
     "type": "deb", "name": "libc-bin", "version": "2.36-9", "location": "/",
     "files_used": 1, "files_total": 60},
    {"id": "p2", "purl": "pkg:deb/debian/liblzma5@5.6.1-1?arch=amd64",
     "type": "deb", "name": "liblzma5", "version": "5.6.1-1",
     "source": "xz-utils 5.6.1-1", "location": "/",
     "files_used": 2, "files_total": 9},
    {"id": "p3", "purl": "pkg:pypi/joblib@1.2.0", "type": "pypi",
     "name": "joblib", "version": "1.2.0", "location": VENV,
     "files_used": 40, "files_total": 151},
    {"id": "p4", "purl": "pkg:pypi/numpy@1.24.2", "type": "pypi",
     "name": "numpy", "version": "1.24.2", "location": VENV,
     "files_used": 312, "files_total": 980,
     "altered": [{"path": VENV + "/numpy/version.py",
                  "installed": "sha256:" + "f" * 64, "digest": HASH}]},
    {"id": "p5", "purl": "pkg:deb/debian/python3-six@1.16.0-4?arch=all",
     "type": "deb", "name": "python3-six", "version": "1.16.0-4",
     "location": "/", "files_used": 1, "files_total": 9},
]


def library(path, package, loaded_by, **more):
    return dict({"path": path, "digest": HASH, "loaded_by": loaded_by,
                 "processes": ["p1x"]}, package=package, **more)


LIBRARIES = [
    library(LZMA, "p2", "needed", soname="liblzma.so.5",
            build_id="0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
    library(VENV + "/numpy.libs/libopenblas64_p-r0-15028c96.3.21.so", "p4",
            "needed", soname="libopenblas64_p-r0-15028c96.3.21.so",
            component="openblas", version="0.3.21"),
    library(VENV + "/numpy/core/_multiarray.so", "p4", "dlopen"),
    library(VENV + "/numpy/linalg/lapack_lite.so", "p4", "dlopen"),
    library("/opt/site/libfast.so.2", None, "dlopen", soname="libfast.so.2"),
]


def put(store, text):
    digest = hashlib.sha256(text).hexdigest()
    path = os.path.join(store, "objects", digest[:2], digest[2:])
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    if not os.path.exists(path):
        with open(path, "wb") as f:
            f.write(text)
        os.chmod(path, 0o400)
    return "sha256:" + digest


def write(store, run, m):
    path = os.path.join(store, "runs", run, "manifest.yaml")
    with open(path + ".new", "w") as f:
        json.dump(m, f)
    os.rename(path + ".new", path)


def main(store, run, bare=None):
    m = json.loads(subprocess.check_output(
        ["reprise", "show", "--json", run]))
    if bare == "bare":
        for key in ("packages", "libraries", "installed"):
            m.pop(key, None)
        return write(store, run, m)
    process = m["processes"]["items"][0]["id"]
    libraries = []
    for item in LIBRARIES:
        item = {k: v for k, v in item.items() if v is not None}
        item["processes"] = [process]
        libraries.append(item)
    lines = ["%s %s" % (p["purl"], p["location"]) for p in PACKAGES] + [
        "pkg:deb/debian/xz-utils@5.6.1-1?arch=amd64 /",
        "pkg:pypi/numpy@1.24.2 /other/site-packages",
        "pkg:pypi/torch@2.1.0 " + VENV]
    m["libraries"] = libraries
    m["packages"] = PACKAGES
    if bare == "no-packages":
        m["libraries"] = [{k: v for k, v in item.items() if k != "package"}
                          for item in libraries]
        m["packages"] = []
        return write(store, run, m)
    # Ids are unique in a manifest; those of processes may be taken.
    taken = {p["id"] for p in m["processes"]["items"]}
    text = json.dumps(m)
    for p in PACKAGES:
        if p["id"] in taken:
            text = text.replace('"package": "%s"' % p["id"],
                                '"package": "k%s"' % p["id"])
            text = text.replace('{"id": "%s", "purl"' % p["id"],
                                '{"id": "k%s", "purl"' % p["id"])
    m = json.loads(text)
    m["installed"] = put(store, ("\n".join(sorted(lines)) + "\n").encode())
    m["network"] = m.get("network", []) + [
        {"family": "inet", "protocol": "stream", "direction": "connect",
         "peer": "192.0.2.1:443"}]
    write(store, run, m)


main(*sys.argv[1:])
