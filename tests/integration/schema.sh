# SPDX-License-Identifier: Apache-2.0
# matrix: users engines
# Real manifests are valid by the published JSON Schema, as YAML and as JSON.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

valid() {
	reprise show --json "$RUN" >"$T/manifest.json"
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/schema.py" \
		"$REPRISE_TEST_TREE/manifests/reprise-manifest-1.schema.json" \
		"$REPRISE_STORE/runs/$RUN/manifest.yaml" "$T/manifest.json" \
		"$REPRISE_STORE/runs/$RUN/files.yaml" ||
		fail "not a valid record"
}

echo data >data
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q -n named -t 'a=b: c' sh -c 'cat data; ls; : "$1" >out' \
	'# true' "$(printf 'x\ty')"
valid
capture_fails 3 -q sh -c 'exit 3'
valid
capture_fails 137 -q sh -c 'kill -9 $$'
valid
# Names that YAML could take for something else, or cannot hold at all.
mkdir odd
for name in null 12 '- a' '{b}' "it's" '"q"' "$(printf 'new\nline')" \
	"$(printf '\377bytes')" 'é' ' '; do
	echo x >"odd/$name"
done
capture_ok -q sh -c 'cat odd/*'
valid
