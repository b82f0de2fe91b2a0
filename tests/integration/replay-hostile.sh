# SPDX-License-Identifier: Apache-2.0
# matrix: users roots
# Runs that somebody made to do harm (tests/data/hostile-runs): each is refused
# with its reason and nothing is run, or does no harm. No file of the host is
# read or written, whatever the manifest and its table say, and 1 GiB of
# memory is enough to tell.
#
#	refused BRE     125, and a line of stderr has BRE; nothing was started
#	contained N     the command ran and ended with N
#	ended           it ran, or not
#	either BRE      it ran, or was refused: file systems differ
#	says BRE        a line of stderr has BRE
#	out BRE, not BRE  a line of stdout has it, none has it
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

CASES=$REPRISE_TEST_TREE/tests/data/hostile-runs
HOST=$T/host
mkdir a
echo one >a/one
# What is there is read and written, by all names that it has.
cat >attack.sh <<EOF
echo started
for f in a/* a/*/* a/*/*/* $HOST/*; do
	[ -e "\$f" ] || [ -h "\$f" ] || continue
	[ ! -p "\$f" ] || continue
	head -c 64 "\$f" && echo "read \$f"
	echo written >>"\$f"
	echo written >"\$f/made"
done 2>/dev/null
exit 0
EOF
WORK=$PWD
capture_ok -q sh attack.sh
# The run has seen nothing of it.
mkdir -m 0777 "$HOST"
echo 'the secret of the host' >"$HOST/canary"
chmod 0666 "$HOST/canary"
find "$HOST" -printf '%p %m %s %T@ %l\n' | sort >"$T/host.before"
mv "$T/cwd" "$T/gone"
mkdir "$T/cwd"
cd "$T/cwd" || exit

host_is_whole() {
	find "$HOST" -printf '%p %m %s %T@ %l\n' | sort >"$T/host.after"
	cmp -s "$T/host.before" "$T/host.after" || fail "$1: the host was changed"
	[ -z "$(ls -A "$T/cwd")" ] || fail "$1: it wrote outside"
	if grep -r -q -s 'secret of the host' "$T/out" "$T/err" \
		"$T/result.json" "$T/kept"; then
		fail "$1: it read the host's"
	fi
}

# The message must not act on a terminal either.
check_refused() {
	[ "$STATUS" = 125 ] || fail "$1: status $STATUS"
	if grep -q started "$T/out"; then fail "$1: something was run"; fi
	stderr_has "$2"
}

check_case() {
	name=$(basename "$1" .case)
	seen=
	while read -r verb rest; do
		case $verb in
		refused) check_refused "$name" "$rest" && seen=1 ;;
		either)
			[ "$STATUS" = 0 ] || check_refused "$name" "$rest"
			seen=1
			;;
		contained)
			[ "$STATUS" = "$rest" ] || fail "$name: status $STATUS"
			seen=1
			;;
		ended) seen=1 ;;
		says) stderr_has "$rest" ;;
		out) stdout_has "$rest" ;;
		not) if grep -q -e "$rest" "$T/out"; then fail "$name"; fi ;;
		esac
	done <"$1"
	[ -n "$seen" ] || fail "$name: does not say what is expected"
	if grep -q "$(printf '[\001-\010\013-\037\177]')" "$T/err"; then
		fail "$name: control characters on stderr"
	fi
	host_is_whole "$name"
}

for c in "$CASES"/*.case; do
	"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/hostile_run.py" "$c" \
		"$REPRISE_STORE" "$RUN" "$WORK" "$HOST" 2>"$T/err" ||
		fail "$c cannot be made"
	rm -rf "$T/kept" "$T/result.json"
	run sh -c 'ulimit -v 1048576; exec timeout -k 2 60 "$@"' sh \
		reprise replay -o "$T/kept" --result "$T/result.json" "$RUN"
	check_case "$c"
done
