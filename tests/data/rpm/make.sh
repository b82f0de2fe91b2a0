#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make.sh: makes rpmdb.sqlite, as rpm (Debian's package of that name) does.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for spec in tiny other; do
	rpmbuild --quiet -bb --define "_topdir $work/top" $spec.spec
	rpm --root "$work/root" --dbpath /var/lib/rpm --nodeps --noscripts \
		-i "$work"/top/RPMS/noarch/$spec-*.rpm
done
rpm --root "$work/root" --dbpath /var/lib/rpm --rebuilddb
python3 - "$work/root/var/lib/rpm/rpmdb.sqlite" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = DELETE")
# What nobody reads here makes most of it.
for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"
                          " AND name NOT LIKE 'sqlite%'").fetchall():
    if name not in ("Packages", "Name", "Basenames"):
        db.execute(f"DROP TABLE '{name}'")
db.execute("PRAGMA page_size = 1024")
db.execute("VACUUM")
END
cp "$work/root/var/lib/rpm/rpmdb.sqlite" .
