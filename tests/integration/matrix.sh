# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Every way for a program to read a file and to change what it has read: the
# record is compared with the bytes that the program printed. Then all of it is
# destroyed, and the replay must print the same.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# cells PROBE KIND [OPTION...]: the program of this kind, with a directory that
# is new; both are gone before the replay.
cells() {
	probe=$T/$1
	kind=$2
	top=$T/cells
	shift 2
	if [ ! -x "$PROBES/$(basename "$probe")$kind" ]; then
		echo "not compiled here: $(basename "$probe")$kind"
		return 0
	fi
	cp "$PROBES/$(basename "$probe")$kind" "$probe"
	mkdir "$top"
	"$probe" prepare "$top" || fail "$probe cannot prepare its cells"
	capture_ok -q "$@" "$probe" run "$top"
	cp "$T/out" "$T/printed"
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/matrix.py" \
		"$RUN" "$top" "$T/printed" >"$T/out" ||
		fail "$(basename "$probe")$kind"
	rm -rf "$top" "$probe"
	replay_ok
	diff -a "$T/printed" "$T/out" || fail "the replay prints something else"
}

for kind in '' .static .32; do
	cells matrix_change "$kind"
done
