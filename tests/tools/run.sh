#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [unit] [integration [NAME...]]: runs tests from a copy of the
# tree that every user can read (the checkout may lie below a directory of
# mode 0700), as this user and, when that is root, as an ordinary user, too.
# The last line is "N passed, N failed, N skipped".
set -eu

build=$1
shift
user=reprise-test
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$build" && pwd)

stage=$(mktemp -d "${TMPDIR:-/tmp}/reprise-tests.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0755 "$stage"
mkdir "$stage/tree" "$stage/results"
(cd "$here" && tar -cf - --exclude=./.git --exclude='./build*' .) |
	tar -C "$stage/tree" -xf -
# Unit tests have faults compiled in, in a build directory of their own.
unit=$build/unit
[ ! -d "$build/faults/unit" ] || unit=$build/faults/unit
mkdir "$stage/tree/build"
for part in "$build/reprise" "$build/probes" "$build/old-kernel" "$unit"; do
	[ ! -e "$part" ] || cp -R "$part" "$stage/tree/build/"
done
chmod -R a+rX "$stage/tree"

users=self
if [ "$(id -u)" = 0 ]; then
	id "$user" >/dev/null 2>&1 ||
		useradd --system --create-home --shell /bin/sh "$user"
	# For the tests that map a range of ids.
	grep -qs "^$user:" /etc/subuid ||
		usermod --add-subuids 300000-365535 \
			--add-subgids 300000-365535 "$user"
	users="self $user"
	mkdir "$stage/results/$user"
	chown "$user:" "$stage/results/$user"
fi
mkdir "$stage/results/self"

# One line of output and one result file for each unit program and user.
unit_jobs() {
	for u in $users; do
		for t in "$stage"/tree/build/unit/*; do
			case $t in *.d) continue ;; esac
			[ -x "$t" ] || continue
			echo "$u - - $t"
		done
	done
}

# What the matrix line of a test file asks for.
integration_jobs() {
	for f in "$stage"/tree/tests/integration/*.sh; do
		name=$(basename "$f" .sh)
		[ "$name" != lib ] || continue
		[ $# = 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
		matrix=" $(sed -n 's/^# matrix://p' "$f") "
		us=self engines=notify roots=-
		case $matrix in *' users '*) us=$users ;; esac
		case $matrix in *' engines '*) engines='notify ptrace' ;; esac
		case $matrix in *' roots '*) roots='A B' ;; esac
		for u in $us; do for e in $engines; do for r in $roots; do
			echo "$u $e $r $f"
		done; done; done
	done
}

jobs=$stage/jobs
: >"$jobs"
while [ $# -gt 0 ]; do
	case $1 in
	unit) unit_jobs >>"$jobs" ;;
	integration)
		shift
		integration_jobs "$@" >>"$jobs"
		break
		;;
	esac
	shift
done

REPRISE_TEST_STAGE=$stage
export REPRISE_TEST_STAGE
# Three at a time: most of them wait more than they compute. Failures are
# counted from the result files, not from xargs' status.
xargs -P 3 -n 4 sh "$stage/tree/tests/tools/run-one.sh" <"$jobs" || true

ran=$(cat "$stage"/results/*/*.result 2>/dev/null | wc -l)
wanted=$(wc -l <"$jobs")
cat "$stage"/results/*/*.result 2>/dev/null | awk -v lost=$((wanted - ran)) '
	{ p += $1; f += $2; s += $3 }
	END {
		f += lost
		printf "%d passed, %d failed, %d skipped\n", p, f, s
		exit f > 0 || p == 0
	}'
