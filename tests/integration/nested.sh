# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users engines
# A capture inside a capture runs its command plainly and says so; the outer
# record has everything and no gap. However the inner one was reached, and
# whatever engine it would take.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

echo data >input
notice='reprise: this command is being captured already: it runs plainly, and'
notice="$notice the outer record has it"

# nested WRAPPER...: an inner capture of each engine.
nested() {
	for inner in notify ptrace; do
		rm -f output
		capture_fails 3 -q "$@" reprise capture --backend "$inner" \
			--store "$T/inner" --id-file "$T/inner-id" \
			sh -c 'cat input >output; exit 3'
		[ "$(sed '/^reprise: this/!d' "$T/err")" = "$notice" ] ||
			fail "no notice: $*"
		[ ! -e "$T/inner" ] || fail "there is an inner store: $*"
		manifest_complete
		file_has "$PWD/input" access r
		manifest_has "outputs.$PWD/output.bytes" 5
		same_file input output
	done
}

nested env
# shellcheck disable=SC2016 # for the captured shell
nested sh -c '"$@"; exit $?' sh
nested setsid -w
# Through a daemon: its parent has ended.
cat >daemon <<'END'
( "$@" >daemon.out 2>daemon.err; echo $? >daemon.status ) &
END
for inner in auto ptrace; do
	rm -f daemon.status
	# shellcheck disable=SC2016 # for the captured shell
	capture_ok -q sh -c 'sh ./daemon "$@"
		until [ -s daemon.status ]; do sleep 0.05; done' sh \
		reprise capture --backend "$inner" cat input
	same_file daemon.out input
	[ "$(cat daemon.status)" = 0 ] || fail "daemon: $(cat daemon.status)"
	[ "$(cat daemon.err)" = "$notice" ] || fail "daemon: $(cat daemon.err)"
	manifest_complete
done
# Another user, whose processes the inner one cannot look at from there.
if [ "$(id -u)" = 0 ]; then
	nested setpriv --regid 1000 --clear-groups --bounding-set=-sys_ptrace
	mkdir -m 777 "$T/all"
	cp input "$T/all"
	chmod 755 "$T" "$T/cwd"
	cd "$T/all" || exit 1
	nested setpriv --reuid 1000 --regid 1000 --clear-groups \
		env HOME="$T/all"
	cd "$T/cwd" || exit 1
fi
# User and PID namespaces, with their own /proc and with the one of outside,
# and another program file.
if unshare -Ur true 2>/dev/null; then
	nested unshare -Ur
	nested unshare -Urpf --mount-proc
	nested unshare -Urpf
fi
cp "$(command -v reprise)" copy
capture_fails 3 -q ./copy capture sh -c 'exit 3'
stderr_is "$notice"

# A program that was left by a capture is not being recorded any more: the
# listener is still there, so nothing can record it, and that is an error; a
# tracer is not in a listener's way.
# shellcheck disable=SC2016 # for the captured shell
capture_ok -q sh -c '(until [ -e go ]; do sleep 0.05; done
	reprise capture -q --id-file late cat input >late.out 2>late.err
	echo $? >late.status) >/dev/null 2>&1 &'
: >go
tries=0
until [ -s late.status ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || fail "what was left has not ended"
	sleep 0.1
done
if [ "$REPRISE_TEST_BACKEND" = notify ]; then
	[ "$(cat late.status)" = 125 ] || fail "status $(cat late.status)"
	grep -q "^reprise: another program's seccomp listener stands over this \
process; remedy: run it outside of that program\$" late.err ||
		fail "$(cat late.err)"
else
	[ "$(cat late.status)" = 0 ] || fail "status $(cat late.status)"
	same_file late.out input
	RUN=$(cat late)
	manifest_has run.backend notify
	file_has "$PWD/input" access r
fi
