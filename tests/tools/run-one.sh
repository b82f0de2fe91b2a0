#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run-one.sh USER ENGINE ROOT FILE: runs one unit test program (ENGINE is -)
# or one integration test, prints a line, and writes "PASSED FAILED SKIPPED"
# into a result file. USER is "self" or one that root may become.
set -u

user=$1 engine=$2 root=$3 file=$4
stage=$REPRISE_TEST_STAGE
tree=$stage/tree
name=$(basename "$file" .sh)
label="$name ($([ "$user" = self ] && id -un || echo "$user")"
[ "$engine" = - ] || label="$label $engine"
[ "$root" = - ] || label="$label $root"
label="$label)"
key=$(echo "$name.$engine.$root" | tr -c 'A-Za-z0-9._\n' _)
result=$stage/results/$user/$key
limit=$(sed -n 's/^# limit: *//p' "$file" 2>/dev/null | head -n 1)

as_user=
[ "$user" = self ] ||
	as_user="setpriv --reuid $user --regid $user --init-groups"

# As this user; its working directory and everything in it go afterwards.
# shellcheck disable=SC2086 # a command's words
work=$($as_user mktemp -d "${TMPDIR:-/tmp}/reprise-test.XXXXXX")
id=$key.$user.$$
# Only this user can write coverage data into the build directory.
gcov=
[ "$user" = self ] || gcov=$work/gcov
run() {
	# shellcheck disable=SC2086
	(cd "$work" && exec timeout -k 5 "${limit:-120}" $as_user env -i \
		PATH="$tree/build:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
		HOME="$work/home" LANG=C.UTF-8 TMPDIR="$work" \
		XDG_DATA_HOME="$work/data" XDG_CACHE_HOME="$work/cache" \
		XDG_CONFIG_HOME="$work/config" \
		REPRISE_STORE="$work/store" REPRISE_TEST_ID="$id" \
		REPRISE_TEST_TREE="$tree" REPRISE_TEST_WORK="$work" \
		REPRISE_TEST_FULL="${REPRISE_TEST_FULL-}" \
		GCOV_PREFIX="$gcov" ASAN_OPTIONS="${ASAN_OPTIONS-}" "$@") \
		>"$result.log" 2>&1 </dev/null
}

# Processes of the test that are still there some seconds after it.
left_over() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		left=$(grep -lzs "^REPRISE_TEST_ID=$id\$" /proc/[0-9]*/environ)
		[ -n "$left" ] || return 1
		sleep 0.2
	done
	echo "left-over processes:"
	for p in $left; do
		p=${p%/environ}
		printf '%s: ' "${p#/proc/}"
		tr '\0' ' ' <"$p/cmdline"
		echo
		kill -9 "${p#/proc/}"
	done
}

began=$(date +%s)
finish() {
	printf '%s\n' "$2 $3 $4" >"$result.result"
	case $1 in
	ok)
		took=$(($(date +%s) - began))
		[ "$took" -lt 20 ] || label="$label, $took s"
		printf 'ok    %s\n' "$label"
		;;
	skip) printf 'skip  %s: %s\n' "$label" \
		"$(sed -n 's/^skip: //p' "$result.log" | head -n 1)" ;;
	*)
		printf 'FAIL  %s\n%s\n' "$label" \
			"$(tail -n 60 "$result.log" | sed 's/^/    | /')"
		;;
	esac
	chmod -R u+rwX "$work" 2>/dev/null
	rm -rf "$work"
	exit 0
}

# The numbers that cmocka prints; a program that died has failed once more.
unit_count() {
	sed -n "s/^\[  $1 *\] \([0-9]*\) test(s).*/\1/p" "$result.log" |
		awk '{ n += $1 } END { print n + 0 }'
}

if [ "$engine" = - ]; then
	mkdir "$work/home" 2>/dev/null
	cd "$tree" || exit 1
	run sh -c "cd '$tree' && exec '$file'"
	status=$?
	passed=$(unit_count PASSED) failed=$(unit_count FAILED)
	skipped=$(unit_count SKIPPED)
	if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
		echo "ended with status $status" >>"$result.log"
		failed=1
	fi
	[ $((passed + failed + skipped)) -gt 0 ] || failed=1
	[ "$failed" = 0 ] || finish fail "$passed" "$failed" "$skipped"
	label="$label: $passed cases"
	[ "$skipped" = 0 ] || label="$label, $skipped skipped: $(sed -n \
		's/^\[  SKIPPED *\] \([a-z_].*\)/\1/p' "$result.log" | tr '\n' ' ')"
	finish ok "$passed" 0 "$skipped"
fi

backend="REPRISE_TEST_BACKEND=$engine"
strategy="REPRISE_TEST_ROOT=${root#-}"
run "$backend" "$strategy" sh -eu "$file"
status=$?
left_over >>"$result.log" && status=99
stray=$(find "$work" \( -name 'core' -o -name 'core.[0-9]*' \) -type f \
	2>/dev/null; find "$work"/*/tmp -mindepth 1 -path '*/store*/tmp/*' \
	2>/dev/null)
if [ -n "$stray" ]; then
	printf 'stray files:\n%s\n' "$stray" >>"$result.log"
	status=98
fi
case $status in
0) finish ok 1 0 0 ;;
77) finish skip 0 0 1 ;;
124 | 137) echo "ran longer than ${limit:-120} s" >>"$result.log" ;;
esac
echo "status $status" >>"$result.log"
finish fail 0 1 0
