# SPDX-License-Identifier: Apache-2.0
# matrix: users
# list --uses: which runs, and which of their outputs, depended on something.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# uses_library ID PATH SONAME BUILD-ID DIGEST VERSION: make the record of RUN say
# that it used only this library, of a Debian package of that version.
uses_library() {
	manifest=$REPRISE_STORE/runs/$RUN/manifest.yaml
	awk '/^[a-z]/ { skip = /^(packages|libraries):/ } !skip' \
		"$manifest" >"$T/manifest"
	if [ -n "$5" ]; then
		cat >>"$T/manifest" <<-END
			packages:
			- id: p1
			  purl: "pkg:deb/debian/liblzma5@$5?arch=amd64"
			  type: deb
			  name: liblzma5
			  version: "$5"
			  source: "xz-utils $5"
			  location: "/"
			  files_used: 1
		END
	fi
	cat >>"$T/manifest" <<-END
		libraries:
		- path: "$1"
		  digest: "sha256:$4"
		  soname: "$2"
		  build_id: "$3"
		  loaded_by: needed
	END
	[ -z "$5" ] || echo "  package: p1" >>"$T/manifest"
	chmod u+w "${manifest%/*}" "$manifest"
	cat "$T/manifest" >"$manifest"
}

content() {
	printf %s "$1" | sha256sum | cut -d ' ' -f 1
}

# used RUN... -- REQUIREMENT: exactly these runs, the latest first.
used() {
	wanted=
	while [ "$1" != -- ]; do
		wanted="$wanted${1%%-*} "
		shift
	done
	ok reprise list --uses "$2"
	got=$(sed -n 's/^\([0-9a-f]\{8\}\)  .*/\1/p' "$T/out" | tr '\n' ' ')
	[ "$got" = "$wanted" ] || fail "--uses $2: '$got' instead of '$wanted'"
}

lib=/usr/lib/x86_64-linux-gnu/liblzma.so.5
echo data >data
capture_ok -q sh -c 'cat data >old.pkl; echo >old.log'
uses_library $lib.4.1 liblzma.so.5 11112222aaaa "$(content old)" 5.4.1-0.2
old=$RUN
capture_ok -q cp data new.pkl
uses_library $lib.6.1 liblzma.so.5 33334444bbbb "$(content new)" 5.6.1-1
new=$RUN
capture_ok -q cp data vendored.pkl
uses_library /opt/x.libs/liblzma-13fa198c.so.5.4.5 liblzma-13fa198c.so.5.4.5 \
	55556666cccc "$(content vendored)" ""
vendored=$RUN
capture_ok -q cp data none.pkl
uses_library /usr/lib/libother.so.1 libother.so.1 77778888dddd \
	"$(content other)" ""
cat >>"$REPRISE_STORE/runs/$RUN/manifest.yaml" <<-END
	packages:
	- id: p1
	  purl: "pkg:pypi/ruamel-yaml@0.17.21"
	  type: pypi
	  name: ruamel.yaml
	  version: "0.17.21"
	  location: "/usr/lib/python3/dist-packages"
	  files_used: 1
END
python=$RUN

used "$vendored" "$new" "$old" -- liblzma
used "$vendored" "$new" -- 'liblzma>=5.6.0'
stdout_has "used $lib.6.1 (pkg:deb/debian/liblzma5@5.6.1-1?arch=amd64)\$"
stdout_has 'used /opt/x.libs/.*, whose version is not known$'
stdout_has "wrote $PWD/new.pkl (model, 5 B)\$"
used "$vendored" "$new" "$old" -- 'liblzma>=5.4.1'
used "$vendored" "$old" -- 'liblzma<5.6.0'
used "$vendored" "$new" "$old" -- liblzma.so.5
used "$new" "$old" -- liblzma5
used "$new" -- 'xz-utils==5.6.1'
used "$new" "$old" -- pkg:deb/debian/liblzma5
used "$old" -- pkg:deb/debian/liblzma5@5.4.1-0.2
used "$old" -- build-id:11112222
used "$new" -- "sha256:$(content new)"
used "$python" -- 'ruamel_yaml<0.18'
stdout_has 'used pkg:pypi/ruamel-yaml@0.17.21$'
used "$python" -- pkg:pypi/ruamel-yaml
used -- libnone
stdout_is ''
used -- 'libother.so.2'
# Twice, since it is in the index now.
used "$vendored" "$new" -- 'liblzma>=5.6.0'

# By path: what was recorded there, and what lies there now.
used "$old" -- $lib.4.1
used "$vendored" -- /opt/x.libs/
printf vendored >copy.so
used "$vendored" -- ./copy.so
echo 'echo x >out.txt' >script.sh
capture_ok -q sh -c '. ./script.sh'
script=$RUN
used "$script" -- ./script.sh
stdout_has "used $PWD/script.sh\$"
mv script.sh moved.sh
used "$script" -- ./moved.sh
used "$script" -- "$PWD/script.sh"
# It was written, and not used.
used -- "$PWD/out.txt"
used "$script" -- "sha256:$(sha256sum moved.sh | cut -d ' ' -f 1)"

# A file of a root of data, of which files.yaml has one row.
mkdir d
for i in $(seq 1001); do echo "file $i" >"d/$i"; done
capture_ok -q sh -c 'cat d/*'
tree=$RUN
[ "$(manifest inputs.0.kind)" = tree ] || fail "no root of data"
used "$tree" -- ./d/7
stdout_has "used $PWD/d/7\$"
used "$tree" -- ./d/
used -- "$PWD/d/1002"
mv d/7 seven
used "$tree" -- ./seven
stdout_has "used $PWD/d/7\$"

# With a condition, and as JSON.
ok reprise list --uses liblzma5 --where 'command~new.pkl' --json
[ "$(json_value '0.uses.#' <"$T/out")" = 1 ] || fail "a package comes twice"
ok reprise list --uses liblzma --where 'command~new.pkl' --json
[ "$(json_value '#' <"$T/out")" = 1 ] || fail "not one run"
[ "$(json_value '0.uses.#' <"$T/out")" = 1 ] || fail "not one use"
[ "$(json_value '0.uses.0.soname' <"$T/out")" = liblzma.so.5 ] || fail "SONAME"
[ "$(json_value '0.uses.0.package' <"$T/out")" = \
	'pkg:deb/debian/liblzma5@5.6.1-1?arch=amd64' ] || fail "package"
[ "$(json_value '0.outputs.0.path' <"$T/out")" = "$PWD/new.pkl" ] ||
	fail "output"
[ "$(json_value '0.outputs.0.digest' <"$T/out")" = \
	"sha256:$(sha256sum new.pkl | cut -d ' ' -f 1)" ] || fail "digest"
ok reprise list --uses 'liblzma>5.6.1' --json
[ "$(json_value '0.uses.0.version_unknown' <"$T/out")" = true ] ||
	fail "an unknown version is not said"

expect_status 2 reprise list --uses 'liblzma>='
stderr_has "^reprise: requirement 'liblzma>=': "
expect_status 2 reprise list --uses ''
