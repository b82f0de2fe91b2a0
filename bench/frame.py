# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: their options, their directory, their result."""
import contextlib
import os
import signal
import sys
import tempfile

import report
from tools import remove

HERE = os.path.dirname(os.path.abspath(__file__))


def add_options(parser):
    parser.add_argument("--reprise",
                        default=os.path.join(HERE, "../build/reprise"))
    parser.add_argument("--dir",
                        help="where the loads lie (default $TMPDIR)")
    parser.add_argument("--update", action="store_true",
                        help="write the result into README.md, too")


def say(text):
    print("bench: " + text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def directory(opt):
    """What was made goes away, and what runs ends, whatever ends this."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    top = os.path.realpath(
        tempfile.mkdtemp(prefix="reprise-bench.", dir=opt.dir))
    try:
        yield top
    finally:
        remove(top)


def publish(opt, text, part):
    print(text)
    if opt.update:
        report.update(os.path.join(HERE, "README.md"), text, part)
