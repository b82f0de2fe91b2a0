#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# python-suite.sh [-e ENGINE]... [-m TEST]... [-i TEST]... REPRISE [MODULE...]:
# Python's own tests, from the Debian package of its test suite, bare and
# captured; the verdicts must be the same, test by test. -m takes only tests
# with these names, -i leaves them out (both as python3 -m test has them).
#
# Some of these tests fail now and then by themselves. So those whose verdict
# differs run again, bare and captured, three times at most: the same verdict
# once is enough, and they are named. A module that does not end here, bare, is
# skipped. Prints a line for each module and engine, and "N passed, N failed, N
# skipped".
set -uf

engines='' select=''
while getopts e:i:m: option; do
	case $option in
	e) engines="$engines $OPTARG" ;;
	i | m) select="$select -$option $OPTARG" ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
engines=${engines:-notify ptrace}
reprise=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
[ $# -gt 0 ] || set -- test_subprocess test_signal test_threading test_os \
	test_socket test_multiprocessing_fork test_asyncio
if ! /usr/bin/python3 -c 'import importlib.util as u, sys
sys.exit(not u.find_spec("test.test_os"))'; then
	echo "skip  the test suite of python3 is not installed"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/reprise-python.XXXXXX")
trap 'rm -rf "$work"' EXIT
REPRISE_STORE=$work/store
export REPRISE_STORE
cd "$work" || exit 2

# verdicts ENGINE|bare FILE MODULE [OPTION...]: sorted lines "test_x (class)
# ok". A test's own output may come between its name and its verdict, and is
# dropped.
verdicts() {
	how=$1 file=$2 module=$3
	shift 3
	set -- /usr/bin/python3 -m test -v "$@" "$module"
	[ "$how" = bare ] ||
		set -- "$reprise" capture -q --backend "$how" "$@"
	mkdir "$file.d"
	(cd "$file.d" && exec timeout -k 10 400 "$@") >"$file.log" 2>&1
	status=$?
	rm -rf "$file.d"
	awk '/^test[A-Za-z0-9_]* \(.*\)/ { name = $1 " " $2 }
		/(\.\.\. |^)(ok|FAIL|ERROR|skipped.*|expected failure)$/ {
			sub(/.*\.\.\. /, "")
			if (name != "") { print name, $1; name = "" }
		}' "$file.log" | sort >"$file"
	# Verdicts say whether tests failed; this, that the module ended.
	[ $status -lt 124 ] || echo "ended with status $status" >>"$file"
}

# again MODULE ENGINE: the tests that differ, once more; sets `names`.
again() {
	names=$(diff bare "$2" | sed -n 's/^[<>] [^ ]* (\([^)]*\)).*/\1/p' |
		sort -u)
	tests=$(echo "$names" | sed -n 's/./-m &/p')
	# Without a name it is the module that ended otherwise.
	[ -n "$names" ] || names=$1 tests=$chosen
	for round in 1 2 3; do
		# shellcheck disable=SC2086 # words
		verdicts bare "bare.$round" "$1" $tests
		# shellcheck disable=SC2086
		verdicts "$2" "$2.$round" "$1" $tests
		[ -s "bare.$round" ] && cmp -s "bare.$round" "$2.$round" &&
			return 0
	done
	return 1
}

passed=0 failed=0 skipped=0
for module; do
	chosen=$select
	# Waits for ever on a virtual machine whose host does not answer.
	[ "$module" != test_socket ] || chosen="$chosen -i *VSOCK*"
	# All of them wait more than they work: at the same time.
	for how in bare $engines; do
		# shellcheck disable=SC2086
		verdicts "$how" "$how" "$module" $chosen &
	done
	wait
	if grep -q '^ended with status 124' bare; then
		skipped=$((skipped + 1))
		echo "skip  $module: does not end here, bare"
		find . -maxdepth 1 -type f -delete
		continue
	fi
	for engine in $engines; do
		names=
		if [ ! -s bare ]; then
			failed=$((failed + 1))
			echo "FAIL  $module ($engine): no verdicts, bare"
		elif cmp -s bare "$engine" || again "$module" "$engine"; then
			passed=$((passed + 1))
			echo "ok    $module ($engine): $(wc -l <bare) verdicts"
			[ -z "$names" ] ||
				echo "$names" | sed 's/^/    | by chance: /'
		else
			failed=$((failed + 1))
			echo "FAIL  $module ($engine)"
			diff "bare.3" "$engine.3" | sed 's/^/    | /'
		fi
	done
	find . -maxdepth 1 -type f -delete
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
