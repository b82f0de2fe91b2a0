# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 240
# packages[] of a manifest: Debian's as dpkg names them, Python's by their own
# records, files that are not as they were installed, all that was installed.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

command -v dpkg-query >/dev/null || skip "no Debian packages here"
"$PYTHON" -c 'import pip, venv' 2>/dev/null || skip "no python3-pip, python3-venv"

# as_dpkg_says: of RUN.
as_dpkg_says() {
	reprise show --json "$RUN" >"$T/manifest.json"
	reprise show --files "$RUN" | "$PYTHON" \
		"$REPRISE_TEST_TREE/tests/integration/packages_of.py" \
		"$T/manifest.json" >"$T/out" 2>&1 || fail "not as dpkg says"
}

# installed_object: the path of the list.
installed_object() {
	sum=$(manifest installed)
	sum=${sum#sha256:}
	rest=${sum#??}
	echo "$REPRISE_STORE/objects/${sum%"$rest"}/$rest"
}

# --- Debian's
capture_ok "$PYTHON" -c 'import sklearn'
manifest_complete
stderr_has ' [0-9]* files of [0-9]* Debian packages$'
as_dpkg_says
libc=$(dpkg-query -W -f '${Version}\n' libc6 | head -n 1)
manifest_has packages.libc6.type deb
manifest_has packages.libc6.version "$libc"
manifest_has packages.libc6.source "glibc $libc"
manifest_has packages.libc6.location /
manifest packages.libc6.purl | grep -q '^pkg:deb/[a-z]*/libc6@2[^+/]*?arch=' ||
	fail "$(manifest packages.libc6.purl)"
path=$(realpath /lib/*-linux-gnu/libc.so.6 | head -n 1)
file_has "$path" package "$(manifest packages.libc6.id)"
manifest_has "libraries.$path.package" "$(manifest packages.libc6.id)"
# What was only looked at has none.
reprise show --files "$RUN" >"$T/rows"
if grep 'access: s' "$T/rows" | grep -q 'package:'; then fail "looked at"; fi
# But for what this test, run by root, installs below at the same time.
dpkg-query -W -f '${db:Status-Status} ${Package}\n' | grep -c -v \
	-e '^config-files ' -e '^not-installed ' -e ' reprise-test-' >"$T/wanted"
grep '^pkg:deb/.* /$' "$(installed_object)" | grep -c -v '/reprise-test-' \
	>"$T/number"
same_file "$T/wanted" "$T/number"
LC_ALL=C sort -c -u "$(installed_object)" || fail "not sorted"

# --- Python's: a wheel, installed by pip in three ways
"$PYTHON" - <<'END'
import base64, hashlib, zipfile
files = {
    "tiny_pkg/__init__.py": "from . import part\n",
    "tiny_pkg/part.py": "VALUE = 1\n",
    "tiny_pkg/unused.py": "",
    "tiny_pkg.libs/libvendored.so": "no library\n",
    "Tiny_Pkg-1.0+l.dist-info/METADATA":
        "Metadata-Version: 2.1\nName: Tiny_Pkg\nVersion: 1.0+l\n",
    "Tiny_Pkg-1.0+l.dist-info/WHEEL":
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = ""
with zipfile.ZipFile("Tiny_Pkg-1.0+l-py3-none-any.whl", "w") as z:
    for name, text in files.items():
        z.writestr(name, text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        record += f"{name},sha256={digest.decode().rstrip('=')},{len(text)}\n"
    z.writestr("Tiny_Pkg-1.0+l.dist-info/RECORD",
               record + "Tiny_Pkg-1.0+l.dist-info/RECORD,,\n")
END
"$PYTHON" -m venv --without-pip "$T/venv"
ok "$PYTHON" -m pip -q --python "$T/venv/bin/python" install --no-index ./*.whl
ok "$PYTHON" -m pip -q install --no-index --target "$T/target" ./*.whl
site=$(echo "$T"/venv/lib/python3*/site-packages)
use='import tiny_pkg; open(tiny_pkg.__path__[0] + ".libs/libvendored.so").read()'

capture_ok "$T/venv/bin/python" -c "$use"
manifest_complete
stderr_has ' files of 1 Python and [0-9]* Debian packages$'
as_dpkg_says
manifest_has packages.Tiny_Pkg.purl pkg:pypi/tiny-pkg@1.0%2Bl
manifest_has packages.Tiny_Pkg.location "$site"
manifest_has packages.Tiny_Pkg.files_used 3
file_has "$site/tiny_pkg.libs/libvendored.so" package \
	"$(manifest packages.Tiny_Pkg.id)"
grep -q -x "pkg:pypi/tiny-pkg@1.0%2Bl $site" "$(installed_object)" ||
	fail "not in the list"
if manifest packages.Tiny_Pkg.altered; then fail "nothing was altered"; fi

# By reading what describes it, nothing of it is used.
capture_ok "$T/venv/bin/python" -c 'from importlib.metadata import version
print(version("tiny_pkg"))'
stdout_is 1.0+l
if manifest packages.Tiny_Pkg; then fail "it was not used"; fi

# Edited, with the times that it had.
was=$(sha256sum "$site/tiny_pkg/part.py" | cut -d ' ' -f 1)
cp -p "$site/tiny_pkg/part.py" "$T/part.py"
echo 'VALUE = 2' >"$site/tiny_pkg/part.py"
touch -r "$T/part.py" "$site/tiny_pkg/part.py"
echo '# never used' >>"$site/tiny_pkg/unused.py"
rm -r "$site/tiny_pkg/__pycache__"
capture_ok "$T/venv/bin/python" -c "$use"
manifest_has packages.Tiny_Pkg.altered.# 1
manifest_has packages.Tiny_Pkg.altered.0.path "$site/tiny_pkg/part.py"
manifest_has packages.Tiny_Pkg.altered.0.installed "sha256:$was"
manifest_has packages.Tiny_Pkg.altered.0.digest \
	"sha256:$(sha256sum "$site/tiny_pkg/part.py" | cut -d ' ' -f 1)"

# In a directory of no such name.
capture_ok env PYTHONPATH="$T/target" "$PYTHON" -c "$use"
manifest_has packages.Tiny_Pkg.location "$T/target"

# Code that is installed in place is code.
cat >"$site/direct-1.pth" <<'END'
import sys
END
mkdir "$site/direct-1.dist-info"
printf 'Name: direct\nVersion: 1\n' >"$site/direct-1.dist-info/METADATA"
echo 'direct-1.pth,,' >"$site/direct-1.dist-info/RECORD"
echo '{"dir_info": {"editable": true}, "url": "file:///x"}' \
	>"$site/direct-1.dist-info/direct_url.json"
# One that cannot be read is named, and the rest is complete.
# Nobody waits for what is no file.
mkdir "$site/waits-1.dist-info"
printf 'Metadata-Version: 2.1\nName: waits\nVersion: 1\n' \
	>"$site/waits-1.dist-info/METADATA"
mkfifo "$site/waits-1.dist-info/RECORD"
capture_ok timeout 60 "$T/venv/bin/python" -c 'import tiny_pkg'
rm -r "$site/waits-1.dist-info"
mkdir "$site/broken-1.dist-info"
echo nothing >"$site/broken-1.dist-info/METADATA"
capture_ok "$T/venv/bin/python" -c "$use"
manifest_has packages.Tiny_Pkg.files_used 3
if manifest packages.direct; then fail "a package"; fi
manifest_has completeness.gaps.packages.path \
	"$site/broken-1.dist-info/METADATA"

# --- conda's: an environment of one package and a Python that lies elsewhere
env=$T/env
mkdir -p "$env/conda-meta" "$env/share"
echo data >"$env/share/data"
echo other >"$env/share/other"
sum=$(sha256sum "$env/share/data" | cut -d ' ' -f 1)
cat >"$env/conda-meta/stuff-1.2-h1_0.json" <<END
{"name": "stuff", "version": "1.2", "build": "h1_0", "subdir": "noarch",
 "channel": "https://conda.anaconda.org/conda-forge/noarch",
 "fn": "stuff-1.2-h1_0.conda", "files": ["share/data", "share/other"],
 "paths_data": {"paths_version": 1, "paths": [
  {"_path": "share/data", "path_type": "hardlink", "sha256": "$sum",
   "sha256_in_prefix": "$sum"},
  {"_path": "share/other", "path_type": "hardlink", "sha256_in_prefix": "$sum"}
 ]}}
END
echo '{"name": "empty", "version": "0"}' >"$env/conda-meta/empty-0.json"
capture_ok cat "$env/share/data" "$env/share/other"
manifest_complete
stderr_has ' files of 1 conda and [0-9]* Debian packages$'
purl='pkg:conda/stuff@1.2?build=h1_0&channel=conda-forge&subdir=noarch&type=conda'
manifest_has packages.stuff.purl "$purl"
manifest_has packages.stuff.location "$env"
manifest_has packages.stuff.files_used 2
manifest_has packages.stuff.altered.# 1
manifest_has packages.stuff.altered.0.path "$env/share/other"
grep -q -x -F -e "$purl $env" "$(installed_object)" || fail "not in the list"
grep -q -x -F -e "pkg:conda/empty@0 $env" "$(installed_object)" || fail "nor this"
echo '{' >"$env/conda-meta/torn-1.json"
capture_ok cat "$env/share/data"
manifest_has completeness.gaps.packages.path "$env/conda-meta/torn-1.json"
manifest_has packages.stuff.files_used 1

# --- a model in the cache of Hugging Face
commit=0123456789abcdef0123456789abcdef01234567
hub=$T/hub/models--org--name
mkdir -p "$hub/blobs" "$hub/snapshots/$commit"
echo weights >"$hub/blobs/abc"
ln -s ../../blobs/abc "$hub/snapshots/$commit/model.bin"
capture_ok cat "$hub/snapshots/$commit/model.bin"
manifest_has packages.org/name.purl "pkg:huggingface/org/name@$commit"
manifest_has packages.org/name.location "$hub/snapshots/$commit"
file_has "$hub/blobs/abc" package "$(manifest packages.org/name.id)"

# --- an edited file of a Debian package
[ "$(id -u)" = 0 ] || exit 0
deb=reprise-test-$$
mkdir -p "$T/deb/DEBIAN" "$T/deb/opt/$deb" "$T/deb/etc"
printf 'Package: %s\nVersion: 1-1\nArchitecture: all\nMaintainer: x <x@y>\n' \
	"$deb" >"$T/deb/DEBIAN/control"
echo 'Description: for a test' >>"$T/deb/DEBIAN/control"
echo one >"$T/deb/opt/$deb/one"
echo two >"$T/deb/opt/$deb/two"
echo setting >"$T/deb/etc/$deb.conf"
echo "/etc/$deb.conf" >"$T/deb/DEBIAN/conffiles"
ok dpkg-deb --root-owner-group -b "$T/deb" "$T/x.deb"
# dpkg itself writes the digests of packages that come without.
trap 'dpkg -P "$deb" >/dev/null 2>&1' EXIT
for _ in $(seq 30); do
	dpkg -i "$T/x.deb" >"$T/out" 2>&1 && break
	sleep 1
done
[ -f "/opt/$deb/one" ] || fail "not installed"
capture_ok cat "/opt/$deb/one" "/opt/$deb/two" "/etc/$deb.conf"
manifest_complete
manifest_has "packages.$deb.files_used" 3
manifest_has "packages.$deb.files_total" 3
if manifest "packages.$deb.altered"; then fail "nothing was altered"; fi
cp -p "/opt/$deb/two" "$T/two"
echo own >"/opt/$deb/two"
touch -r "$T/two" "/opt/$deb/two"
echo own >"/etc/$deb.conf"
capture_ok cat "/opt/$deb/one" "/opt/$deb/two" "/etc/$deb.conf"
manifest_has "packages.$deb.altered.#" 2
manifest_has "packages.$deb.altered./opt/$deb/two.installed" \
	"md5:$(md5sum <"$T/two" | cut -d ' ' -f 1)"
manifest_has "packages.$deb.altered./opt/$deb/two.digest" \
	"sha256:$(sha256sum "/opt/$deb/two" | cut -d ' ' -f 1)"
manifest_has "packages.$deb.altered./etc/$deb.conf.installed" \
	"md5:$(echo setting | md5sum | cut -d ' ' -f 1)"
# Put back, it is as it was.
cp "$T/two" "/opt/$deb/two"
capture_ok cat "/opt/$deb/two"
if manifest "packages.$deb.altered"; then fail "it is as installed"; fi
