# SPDX-License-Identifier: Apache-2.0
# matrix: users
# Runs that are not there, names that could be two, records that are damaged.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

capture_ok -q true
for what in nothing @~7 0000 "$RUN-x"; do
	expect_status 2 reprise show "$what"
	stdout_is ''
	stderr_has "$what"
	replay_fails 125 "$what"
	stderr_has "$what"
	expect_status 2 reprise export -o "$T/bundle" "$what"
	expect_status 2 reprise verify "$what"
done
[ ! -e "$T/bundle" ] || fail "something was exported"

# Another run whose id begins the same: a prefix is ambiguous then.
begin=${RUN%"${RUN#??????????}"}
second=$(echo "${RUN#"$begin"}" | cut -c 1 | tr 0-9a-f 1-9a-f0)
other=$begin$second${RUN#"$begin"?}
cp -R "$REPRISE_STORE/runs/$RUN" "$REPRISE_STORE/runs/$other"
chmod u+w "$REPRISE_STORE/runs/$other/manifest.yaml"
sed -i "s/$RUN/$other/" "$REPRISE_STORE/runs/$other/manifest.yaml"
expect_status 2 reprise show "${RUN%%-*}"
stderr_has "'${RUN%%-*}' is ambiguous: .*${RUN%-*-*-*}.*"
stderr_has "'${RUN%%-*}' is ambiguous: .*${other%-*-*-*}.*"
ok reprise show "$RUN"
rm -rf "${REPRISE_STORE:?}/runs/$other"

# A damaged manifest: line and column.
manifest=$REPRISE_STORE/runs/$RUN/manifest.yaml
chmod u+w "$manifest"
cp "$manifest" "$T/manifest"
line=$(sed -n '/^command:/=' "$manifest")
sed -i "${line}s/.*/command: [/" "$manifest"
for status in 2 125; do
	command=show
	[ "$status" = 2 ] || command=replay
	expect_status "$status" reprise "$command" "$RUN"
	stdout_is ''
	stderr_has ":[0-9][0-9]*:[0-9][0-9]*: "
done
# It can be looked at all the same.
ok reprise show --yaml "$RUN"
stdout_has '^command: \[$'
cp "$T/manifest" "$manifest"
ok reprise show "$RUN"

# A damaged table of files does not go unnoticed.
files=$REPRISE_STORE/runs/$RUN/files.yaml
chmod u+w "$files"
sed -i '1s/size: /size: 1/' "$files"
echo >>"$files"
expect_status 2 reprise show --files "$RUN"
stderr_has 'files.yaml'
expect_status 1 reprise verify "$RUN"
stdout_has "^damaged record of run ${RUN%%-*}: "
