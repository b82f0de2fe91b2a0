#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# python-suite.sh REPRISE [MODULE...]: Python's own tests (Debian's
# libpython3.11-testsuite) bare and captured under both engines; the verdicts
# must be the same, test by test. A module that does not end by itself here,
# bare, is skipped. Prints a line for each module and engine, and "N passed, N
# failed, N skipped" at the end.
set -uf

reprise=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
[ $# -gt 0 ] || set -- test_subprocess test_signal test_threading test_os \
	test_socket test_multiprocessing_fork test_asyncio
if ! /usr/bin/python3 -c 'import test.test_os' 2>/dev/null; then
	echo "python-suite: libpython3.11-testsuite is not installed"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/reprise-python.XXXXXX")
trap 'rm -rf "$work"' EXIT
REPRISE_STORE=$work/store
export REPRISE_STORE
cd "$work" || exit 2

# verdicts NAME MODULE [COMMAND...]: sorted lines "test_x (class) ... ok". A
# test's own output may come between its name and its verdict, and is dropped.
verdicts() {
	name=$1 module=$2
	shift 2
	# shellcheck disable=SC2086 # words
	timeout 400 "$@" /usr/bin/python3 -m test -v $options "$module" \
		>"$work/$name.log" 2>&1
	echo "exit status $?" >"$work/$name"
	awk '/^test[A-Za-z0-9_]* \(.*\)/ { name = $1 " " $2 }
		/(\.\.\. |^)(ok|FAIL|ERROR|skipped.*|expected failure)$/ {
			if (name != "") { print name, $NF; name = "" }
		}' "$work/$name.log" | sort >>"$work/$name"
}

passed=0 failed=0 skipped=0
for module; do
	options=
	# Waits for ever on a virtual machine whose host does not answer.
	[ "$module" != test_socket ] || options='-i *VSOCK*'
	verdicts bare "$module"
	if grep -q '^exit status 124' "$work/bare"; then
		skipped=$((skipped + 1))
		echo "skip  $module: does not end here, bare"
		continue
	fi
	for engine in notify ptrace; do
		verdicts "$engine" "$module" \
			"$reprise" capture -q --backend "$engine"
		if diff "$work/bare" "$work/$engine" >"$work/diff"; then
			passed=$((passed + 1))
			echo "ok    $module ($engine):" \
				"$(($(wc -l <"$work/bare") - 1)) verdicts"
		else
			failed=$((failed + 1))
			echo "FAIL  $module ($engine)"
			sed 's/^/    | /' "$work/diff"
		fi
	done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
