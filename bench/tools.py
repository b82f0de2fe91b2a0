# SPDX-License-Identifier: Apache-2.0
"""The columns: how a load is run under each tool."""
import os
import shutil


class Tool:
    """
    before(): empties what the tool would otherwise find from its last run;
    words: what stands before the command; peer: not one of reprise's;
    links: it makes hard links to what was read, which changes their ctime, so
    that nobody may trust a remembered digest.
    """

    def __init__(self, name, words, before=None, env=None, peer=False,
                 links=False):
        self.name = name
        self.links = links
        self.words = words
        self.before = before or (lambda: None)
        self.env = env or {}
        self.peer = peer


def move_away(top, path):
    """Deleting would make the next run's new files slow: see README.md."""
    if os.path.lexists(path):
        attic = os.path.join(top, "attic")
        os.makedirs(attic, exist_ok=True)
        os.rename(path, os.path.join(attic, str(len(os.listdir(attic)))))


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


def reprise_words(reprise, store, backend):
    return [reprise, "capture", "-q", "--store", store, "--backend", backend,
            "--"]


def tools(reprise, top, floor, peers):
    """The bare run comes first."""
    known = os.path.join(top, "known")
    empty = os.path.join(top, "empty")
    cache = {"XDG_CACHE_HOME": known + ".cache"}

    def forget():
        move_away(top, empty)
        move_away(top, empty + ".cache")

    columns = [Tool("bare", []), Tool("floor", [floor])]
    columns += [
        Tool("reprise " + b, reprise_words(reprise, known, b), env=cache)
        for b in ("notify", "ptrace")]
    columns.append(Tool(
        "reprise first", reprise_words(reprise, empty, "auto"), forget,
        {"XDG_CACHE_HOME": empty + ".cache"}))
    if peers:
        columns += [
            Tool("reprozip", ["reprozip", "trace", "--overwrite", "-d",
                              "trace"], peer=True),
            Tool("cde", ["cde"], peer=True, links=True),
            Tool("proot", ["proot"], peer=True),
            Tool("strace", ["strace", "--seccomp-bpf", "-f", "-e",
                            "trace=file", "-o", "strace.out"],
                 peer=True),
        ]
    return columns


def environment(top):
    """The caller's, without what would change what the tools do."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("REPRISE_", "XDG_", "PYTHON"))}
    env["HOME"] = os.path.join(top, "home")
    env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:" \
        "/bin"
    # reprozip asks on the terminal otherwise.
    env["REPROZIP_USAGE_STATS"] = "off"
    return env
