# SPDX-License-Identifier: Apache-2.0
# matrix: users engines roots
# A bundle carries a run to an empty store; a cut or altered one is refused.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

echo 'some data' >data
capture_ok -q -n travels sh -c 'cat data data >twice'

ok reprise export --dry-run travels
stdout_has "^run  *$RUN\$"
stdout_has "^content  sha256:.*  $PWD/data\$"
ok reprise export -q -o "$T/bundle" travels
stdout_is ''
ok reprise export -o - travels
tar -tf "$T/out" | grep -q "runs/$RUN/manifest.yaml" ||
	fail "a bundle is no tar archive"

mv "$T/cwd" "$T/gone"
mv "$REPRISE_STORE" "$T/old-store"
mkdir "$T/elsewhere"
cd "$T/elsewhere" || exit

# Refused: nothing of them gets into the store.
contents() {
	(cd "$REPRISE_STORE" && find . -type f | sort)
}
size=$(wc -c <"$T/bundle")
refused() {
	expect_status 2 reprise import "$T/bad"
	stdout_is ''
	[ -s "$T/err" ] || fail "nothing is said"
	[ -z "$(contents)" ] || fail "the store has $(contents)"
}
head -c $((size / 2)) "$T/bundle" >"$T/bad"
refused
sed 's/some data/same data/' "$T/bundle" >"$T/bad"
refused
: >"$T/bad"
refused
echo 'no bundle at all' >"$T/bad"
refused
rm "$T/bad"
expect_status 2 reprise import "$T/bad"
stderr_has "'$T/bad': No such file"

ok reprise import -q "$T/bundle"
stdout_is "$RUN"
ok reprise verify
ok reprise show travels
replay_same -o "$T/replayed"
printf 'some data\nsome data\n' >"$T/wanted"
same_file "$T/replayed$T/cwd/twice" "$T/wanted"
# Twice is as good as once.
ok reprise import "$T/bundle"
ok reprise list --json
[ "$(json_value '#' <"$T/out")" = 1 ] || fail "not one run"
