# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The words of the integration tests. A test file says in its header which
# matrix it runs in ("# matrix: users engines roots") and begins with
#	. "$REPRISE_TEST_TREE/tests/integration/lib.sh"
# It starts in an empty directory of its own, with HOME, XDG directories and
# REPRISE_STORE below it. What a command printed is in $T/out and $T/err.

T=$REPRISE_TEST_WORK
EXAMPLES=$REPRISE_TEST_TREE/examples
# Probes are run by `capture $PROBES/name`.
# shellcheck disable=SC2034 # for the tests
PROBES=$REPRISE_TEST_TREE/build/probes
PYTHON=/usr/bin/python3
RUN=
mkdir -p "$HOME" "$T/cwd"
cd "$T/cwd" || exit 1
# Which root strategy a replay takes.
[ -z "${REPRISE_TEST_ROOT-}" ] || export REPRISE_ROOT="$REPRISE_TEST_ROOT"

fail() {
	echo "FAILED: $*"
	if [ -f "$T/out" ]; then
		echo "--- stdout:"
		tail -n 20 "$T/out"
	fi
	if [ -f "$T/err" ]; then
		echo "--- stderr:"
		tail -n 20 "$T/err"
	fi
	exit 1
}

skip() {
	echo "skip: $*"
	exit 77
}

# run COMMAND...: sets STATUS; never fails itself.
run() {
	STATUS=0
	"$@" >"$T/out" 2>"$T/err" || STATUS=$?
}

# expect_status N COMMAND...
expect_status() {
	want=$1
	shift
	run "$@"
	[ "$STATUS" = "$want" ] || fail "status $STATUS instead of $want: $*"
}

ok() {
	expect_status 0 "$@"
}

# capture_fails STATUS [OPTIONS] [--] COMMAND...: RUN is empty when nothing
# was recorded.
capture_fails() {
	want=$1
	shift
	rm -f "$T/id"
	expect_status "$want" reprise capture \
		--backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" "$@"
	RUN=
	[ ! -s "$T/id" ] || RUN=$(cat "$T/id")
}

# capture_ok [OPTIONS] [--] COMMAND...: sets RUN.
capture_ok() {
	capture_fails 0 "$@"
	[ -n "$RUN" ] || fail "capture wrote no run id"
}

# replay_ok [OPTIONS] [RUN [-- COMMAND...]]
replay_ok() {
	[ $# -gt 0 ] || set -- "$RUN"
	ok reprise replay --result "$T/result.json" "$@"
}

# replay_same [OPTIONS] [RUN]: every judged output as recorded.
replay_same() {
	replay_ok --check "$@" "$RUN"
}

# replay_fails STATUS [OPTIONS] RUN [-- COMMAND...]
replay_fails() {
	want=$1
	shift
	expect_status "$want" reprise replay --result "$T/result.json" "$@"
}

json_value() {
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/json_value.py" "$@"
}

# manifest KEY: a value of the manifest of RUN, "outputs.0.path"; a name
# instead of a number takes the item with that path, name, id or kind.
manifest() {
	reprise show --json "$RUN" | json_value "$1"
}

# manifest_has KEY VALUE
manifest_has() {
	got=$(manifest "$1") || fail "the manifest has no $1"
	[ "$got" = "$2" ] || fail "$1 is '$got' instead of '$2'"
}

# The record of RUN has no gaps.
manifest_complete() {
	got=$(manifest completeness.aggregate)
	[ "$got" = complete ] || fail "gaps: $(manifest completeness.gaps)"
}

# file_has PATH KEY VALUE: of the row in the table of files.
file_has() {
	got=$(reprise show --input --json "$RUN:$1" | json_value "$2") ||
		fail "the row of $1 has no $2"
	[ "$got" = "$3" ] || fail "$2 of $1 is '$got' instead of '$3'"
}

# file_absent PATH: the table of files has no row for it.
file_absent() {
	if reprise show --input --json "$RUN:$1" >/dev/null 2>&1; then
		fail "there is a row for $1"
	fi
}

# result_has KEY VALUE: of the last replay's --result.
result_has() {
	got=$(json_value "$1" <"$T/result.json") ||
		fail "the result has no $1"
	[ "$got" = "$2" ] || fail "$1 is '$got' instead of '$2'"
}

same_text() {
	printf '%s\n' "$2" >"$T/wanted"
	[ -n "$2" ] || : >"$T/wanted"
	diff -u "$T/wanted" "$1" || fail "unexpected text"
}

# The whole of what the last command printed.
stdout_is() {
	same_text "$T/out" "$1"
}

stderr_is() {
	same_text "$T/err" "$1"
}

# A line that matches the basic regular expression.
stdout_has() {
	grep -q -e "$1" "$T/out" || fail "no line of stdout has '$1'"
}

stderr_has() {
	grep -q -e "$1" "$T/err" || fail "no line of stderr has '$1'"
}

same_file() {
	cmp "$1" "$2" || fail "'$1' and '$2' differ"
}

different_file() {
	if cmp -s "$1" "$2"; then fail "'$1' and '$2' are the same"; fi
}

# wait_gone PGID: until no process of the group is left (some seconds at most):
# a killed process may hold its locks a moment longer than its parent lives.
wait_gone() {
	for _ in $(seq 200); do
		kill -0 "-$1" 2>/dev/null || return 0
		sleep 0.05
	done
}

# The object of the content that `sha256sum FILE` names.
object_of() {
	sum=$(sha256sum "$1" | cut -d ' ' -f 1)
	rest=${sum#??}
	echo "$REPRISE_STORE/objects/${sum%"$rest"}/$rest"
}

# The directory of the example, copied to the working directory.
example() {
	cp -R "$EXAMPLES/$1/." .
}
