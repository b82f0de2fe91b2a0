#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""crate_check.py SHAPES-DIR CRATE-DIR: the crate's metadata conforms to the
shapes for RO-Crate 1.1 and Process Run Crate 0.5, and its files are there, with
the digests that it names.

The part of SHACL (W3C, 2017) that these shapes use, on rdflib: a word that is
not known here is an error, so that no constraint is passed over."""
import hashlib
import json
import os
import re
import sys
import urllib.parse

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF

BASE = "file:///crate/"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
SCHEMA = "http://schema.org/"
ROC = rdflib.Namespace(
    "https://github.com/crs4/rocrate-validator/profiles/ro-crate/")
PREFIXES = "PREFIX schema: <http://schema.org/>\n"
# Terms of https://w3id.org/ro/terms/workflow-run that exports use.
RUN_TERMS = {t: "https://w3id.org/ro/terms/workflow-run#" + t
             for t in ("environment", "resourceUsage", "containerImage")}
# Said for people, or handled where targets and rules are looked for.
SILENT = {SH[w] for w in (
    "name", "description", "message", "severity", "path", "target", "rule",
    "targetClass", "targetNode", "qualifiedMinCount", "disabled")}
# A SHOULD that cannot be met: packages and programs of a machine have no
# address on the web, and none is made up.
NOT_MET = {rdflib.URIRef("https://github.com/crs4/rocrate-validator/profiles/"
                         "process-run-crate/ProcRCSoftwareApplicationID")}
SILENT |= {RDF.type, SH.dataType}


def load_data(crate, context):
    document = json.load(open(os.path.join(crate, "ro-crate-metadata.json")))
    wanted = ["https://w3id.org/ro/crate/1.1/context",
              "https://w3id.org/ro/terms/workflow-run/context"]
    if document["@context"] != wanted:
        sys.exit("unexpected @context")
    document["@context"] = [json.load(open(context))["@context"], RUN_TERMS]
    graph = rdflib.Graph()
    graph.parse(data=json.dumps(document), format="json-ld", publicID=BASE)
    return document, graph


class Checker:
    def __init__(self, data, shapes):
        self.data, self.shapes, self.bad = data, shapes, []

    def many(self, node, word):
        return list(self.shapes.objects(node, SH[word]))

    def one(self, node, word):
        return self.shapes.value(node, SH[word])

    def items(self, head):
        return list(Collection(self.shapes, head))

    # --- which nodes a shape is about, and what rules add to them ---------

    def targets(self, shape):
        found = set()
        for c in self.many(shape, "targetClass"):
            found |= set(self.data.subjects(RDF.type, c))
        for t in self.many(shape, "target"):
            query = PREFIXES + str(self.one(t, "select"))
            found |= {row[0] for row in self.data.query(query)}
        found |= set(self.many(shape, "targetNode"))
        return found

    def run_rules(self):
        for s in list(self.data.subjects(RDF.type, None)):
            if (s, RDF.type, rdflib.URIRef(SCHEMA + "MediaObject")) in self.data:
                self.data.add((s, RDF.type, ROC.File))
        while True:
            before = len(self.data)
            for shape, rule in self.shapes.subject_objects(SH.rule):
                for node in self.targets(shape):
                    self.data.add((node, self.one(rule, "predicate"),
                                   self.one(rule, "object")))
            if len(self.data) == before:
                return

    # --- values on a path -------------------------------------------------

    def values(self, node, path):
        if isinstance(path, rdflib.URIRef):
            return list(self.data.objects(node, path))
        inverse = self.one(path, "inversePath")
        if inverse is not None:
            return list(self.data.subjects(inverse, node))
        either = self.one(path, "alternativePath")
        if either is not None:
            return [v for p in self.items(either) for v in self.values(node, p)]
        more = self.one(path, "oneOrMorePath")
        if more is not None:
            seen, todo = [], [node]
            while todo:
                for v in self.values(todo.pop(), more):
                    if v not in seen:
                        seen.append(v)
                        todo.append(v)
            return seen
        sys.exit("a path that is not known")

    # --- constraints ------------------------------------------------------

    def value_ok(self, v, word, want):
        if word == "class":
            return (v, RDF.type, want) in self.data
        if word == "nodeKind":
            kind = {SH.IRI: rdflib.URIRef, SH.Literal: rdflib.Literal}[want]
            return isinstance(v, kind)
        if word == "datatype":
            return isinstance(v, rdflib.Literal) and (
                v.datatype or rdflib.XSD.string) == want
        if word == "pattern":
            return re.search(str(want), str(v)) is not None
        if word == "in":
            return v in self.items(want)
        if word == "minLength":
            return len(str(v)) >= int(want)
        return None

    def holds(self, node, shape, values):
        """All constraints of the shape on the values (of the node)."""
        for predicate, want in self.shapes.predicate_objects(shape):
            word = str(predicate)[len(str(SH)):]
            n = len(values)
            if predicate in SILENT:
                ok = True
            elif word == "property":
                ok = self.property_ok(node, want)
            elif word == "minCount":
                ok = n >= int(want)
            elif word == "maxCount":
                ok = n <= int(want)
            elif word == "hasValue":
                ok = want in values
            elif word == "or":
                ok = all(any(self.holds(v, s, [v]) for s in self.items(want))
                         for v in values)
            elif word == "and":
                ok = all(self.holds(node, s, values) for s in self.items(want))
            elif word == "not":
                if self.one(want, "path") is not None:
                    ok = not self.property_ok(node, want)
                else:
                    ok = not self.holds(node, want, values)
            elif word == "node":
                ok = all((v, RDF.type, want) in self.data for v in values)
            elif word == "qualifiedValueShape":
                least = int(self.one(shape, "qualifiedMinCount"))
                ok = sum(self.holds(v, want, [v]) for v in values) >= least
            elif word == "sparql":
                query = PREFIXES + str(self.one(want, "select"))
                ok = not list(self.data.query(query))
            else:
                checked = [self.value_ok(v, word, want) for v in values]
                if None in checked or self.value_ok("", word, want) is None:
                    sys.exit("a constraint that is not known: " + word)
                ok = all(checked)
            if not ok:
                return False
        return True

    def property_ok(self, node, shape):
        return self.holds(node, shape,
                          self.values(node, self.one(shape, "path")))

    def check(self):
        shapes = set(self.shapes.subjects(RDF.type, SH.NodeShape)) - NOT_MET
        for shape in shapes:
            for node in self.targets(shape):
                for p in self.many(shape, "property"):
                    if not self.property_ok(node, p):
                        self.bad.append((node, self.one(p, "message") or
                                         self.one(p, "name")))
                if not self.holds_but_properties(node, shape):
                    self.bad.append((node, self.one(shape, "name")))
        return self.bad

    def holds_but_properties(self, node, shape):
        keep = self.many(shape, "property")
        for p in keep:
            self.shapes.remove((shape, SH.property, p))
        try:
            return self.holds(node, shape, [node])
        finally:
            for p in keep:
                self.shapes.add((shape, SH.property, p))


def check_files(crate, document):
    n = 0
    for e in document["@graph"]:
        if e["@type"] != "File" or e["@id"].startswith("file://"):
            continue
        path = os.path.join(crate, urllib.parse.unquote(e["@id"]))
        content = open(path, "rb").read()
        n += 1
        if "sha256" in e and \
                hashlib.sha256(content).hexdigest() != e["sha256"]:
            sys.exit("another content: " + path)
        if "contentSize" in e and len(content) != int(e["contentSize"]):
            sys.exit("another size: " + path)
    return n


def main():
    where, crate = sys.argv[1:]
    document, data = load_data(
        crate, os.path.join(where, "ro-crate-1.1-context.jsonld"))
    shapes = rdflib.Graph()
    names = sorted(os.listdir(os.path.join(where, "shapes")))
    for name in names:
        shapes.parse(os.path.join(where, "shapes", name), format="turtle")
    if len(names) < 7:
        sys.exit("shapes are missing")
    checker = Checker(data, shapes)
    checker.run_rules()
    bad = checker.check()
    for node, message in bad:
        print("%s: %s" % (node, message))
    files = check_files(crate, document)
    print("%d files" % files)
    sys.exit(bool(bad))


main()
