# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# Files and a store that change, go away or are shut while they are recorded:
# the command is not disturbed, and the record says what it has.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# gap KIND PATH
gap() {
	manifest completeness.gaps | "$PYTHON" -c '
import json, sys
kind, path = sys.argv[1:]
sys.exit(not [g for g in json.load(sys.stdin)
              if g["kind"] == kind and g.get("path") == path])' "$1" "$2" ||
		fail "no gap $1 of $2: $(manifest completeness.gaps)"
}

# Somebody writes all the time: the digest is that of what was stored.
head -c 3000000 /dev/zero >busy
(
	n=0
	until [ -e stop ]; do
		echo "line $n" >>busy
		n=$((n + 1))
	done
) &
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c 'cat busy | wc -c >/dev/null
	n=$(stat -c %s busy); until [ "$(stat -c %s busy)" != "$n" ]; do :; done'
: >stop
wait
gap changed "$PWD/busy"
digest=$(manifest "inputs.$PWD/busy.digest")
manifest_has "inputs.$PWD/busy.stored" true
reprise show --input "$RUN:busy" >kept
[ "$digest" = "sha256:$(sha256sum kept | cut -d ' ' -f 1)" ] ||
	fail "the digest is not that of what is stored"
ok reprise verify
rm -f stop

# Each of these happens after the command has read the file, by somebody else:
# the command waits for it.
for f in vanished replaced truncated shut; do
	echo "content of $f" >$f
done
(
	until [ -e started ]; do sleep 0.05; done
	rm vanished
	echo other >other
	mv other replaced
	: >truncated
	chmod 0 shut
	: >over
) &
capture_ok -q sh -c 'cat vanished replaced truncated shut; : >started
	until [ -e over ]; do sleep 0.05; done'
wait
gap unreadable "$PWD/vanished"
gap changed "$PWD/replaced"
gap changed "$PWD/truncated"
file_has "$PWD/replaced" digest "sha256:$(sha256sum replaced | cut -d ' ' -f 1)"
file_has "$PWD/truncated" digest \
	"sha256:$(sha256sum truncated | cut -d ' ' -f 1)"
[ "$(id -u)" = 0 ] || gap unreadable "$PWD/shut"
ok reprise verify

# What the command may not read either.
if [ "$(id -u)" != 0 ]; then
	echo secret >closed
	chmod 0 closed
	capture_fails 1 -q cat closed
	manifest_has run.exit_code 1
	file_has "$PWD/closed" mode 0000
fi

# The store becomes read-only, or goes away, while the command runs.
for how in shut gone; do
	export REPRISE_STORE="$T/store-$how"
	echo "$how" >input
	rm -f started over
	(
		until [ -e started ]; do sleep 0.05; done
		case $how in
		shut) find "$REPRISE_STORE" -type d -exec chmod 0500 {} + ;;
		gone) rm -rf "$REPRISE_STORE" ;;
		esac
		: >over
	) &
	capture_fails 5 -q sh -c 'cat input; : >started
		until [ -e over ]; do sleep 0.05; done
		cat input; echo >>input; exit 5'
	wait
	stdout_is "$how
$how"
	if [ $how = gone ]; then
		stderr_has '^reprise: the run is not published'
		[ ! -e "$REPRISE_STORE" ] || fail "a part of the store is back"
		continue
	fi
	[ "$(id -u)" = 0 ] || stderr_has '^reprise: the run is not published'
	# It can be written again: nothing is lost.
	find "$REPRISE_STORE" -type d -exec chmod 0700 {} +
	ok reprise list
	stdout_has "^${RUN%%-*} .* failed "
	manifest_has run.exit_code 5
	file_has "$PWD/input" access rm
	ok reprise verify
done
