# SPDX-License-Identifier: Apache-2.0
# matrix: users engines roots
# limit: 240
# A bundle of a training is imported into an empty store and replayed by
# another user, in a mount namespace whose root holds reprise and its
# libraries only, with another host name, processor count and date.
#
# The wall clock itself cannot be another: no namespace has a CLOCK_REALTIME of
# its own, setting it would be the whole machine's, and a preloaded library would
# be lost with the caller's environment. What comes from it is another instead:
# the times of all files that came here, and the clocks since the start.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

example "${BARE_EXAMPLE:-breast-cancer}"
model=${BARE_MODEL:-model.pkl}
./prepare.py
capture_ok -q -n trained ./train.py --seed 7
ok reprise export -q -o "$T/bundle" trained
same=$(sha256sum <"$model")

root=$T/root
mkdir -p "$root/proc" "$root/dev" "$root/sys" "$root/home"
program=$(command -v reprise)
for f in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do
	mkdir -p "$root$(dirname "$f")"
	cp -L "$f" "$root$f"
done
cp "$program" "$root/reprise"
mv "$T/bundle" "$root/bundle"
chmod -R a+rX "$root"
chmod 0777 "$root/home"
# The other user must be able to reach the new root.
chmod a+x "$T"

elsewhere() {
	env -u REPRISE_STORE -u XDG_DATA_HOME HOME=/home \
		XDG_CACHE_HOME=/home/.cache "$PYTHON" \
		"$REPRISE_TEST_TREE/tests/integration/bare_root.py" \
		"$root" reprise-test /reprise "$@"
}
[ "$(id -u)" != 0 ] || mount --bind "$root" "$root" 2>/dev/null ||
	skip "this root cannot mount"
[ "$(id -u)" != 0 ] || umount "$root"

expect_status 2 elsewhere show trained
ok elsewhere import -q /bundle
stdout_is "$RUN"
find "$root" -xdev ! -type l -exec touch -d '2037-12-31 23:59:59' {} +
ok elsewhere replay --check --result /home/result.json -o /home/out trained
[ "$(sha256sum <"$root/home/out$PWD/$model")" = "$same" ] ||
	fail "another model"
# The clocks were indeed others.
ok elsewhere replay -q trained -- "$PYTHON" -c \
	'import time; print(int(time.monotonic() // 31536000))'
[ "$(cat "$T/out")" -ge 10 ] || [ ! -e /proc/self/ns/time ] ||
	fail "the clocks are this machine's"
