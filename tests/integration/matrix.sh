# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Every way for a program to read a file and to change what it has read: the
# record is compared with the bytes that the program printed. Then all of it is
# destroyed, and the replay must print the same.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# record PROBE KIND COMMAND...: has the cells of the program of this kind run
# by COMMAND; all of it is gone afterwards.
record() {
	copy=$T/$1
	top=$T/cells
	from=$PROBES/$1$2
	shift 2
	[ -x "$from" ] || return 1
	cp "$from" "$copy"
	mkdir "$top"
	"$copy" prepare "$top" || fail "$from cannot prepare its cells"
	rm -f "$T/id"
	ok "$@" reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$copy" run "$top"
	RUN=$(cat "$T/id")
	cp "$T/out" "$T/printed"
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/matrix.py" \
		"$RUN" "$top" "$T/printed" >"$T/out" || fail "$from"
	chmod -R u+rwX "$top"
	rm -rf "$top" "$copy"
}

for probe in change names open look process; do
	for kind in '' .static .32; do
		if record "matrix_$probe" "$kind" env; then
			replay_ok
			# Threads print when they can.
			sort "$T/printed" >"$T/wanted"
			sort "$T/out" | diff -a "$T/wanted" - ||
				fail "the replay prints something else"
		else
			echo "not compiled here: $probe$kind"
		fi
	done
done

record matrix_race '' env

# What no sandbox lets its programs do.
run unshare --user --map-root-user --mount true
[ "$STATUS" = 0 ] || skip "no user namespaces: some cells cannot run"
record matrix_view '' env
record matrix_view .32 env || echo "not compiled here: view.32"
# Mounts in the recorder's own namespace, which is not the host's.
record matrix_mount '' unshare --user --map-root-user --mount
