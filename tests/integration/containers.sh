# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users
# Inside the default confinement of Docker, podman and older CRI-O, and inside
# stricter ones: the engine that works is chosen, or 125 with the remedy before
# the command starts; doctor says the same.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# LeakSanitizer would need ptrace itself.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"
confine="$PROBES/confine"
echo data >input
script='cat input >output; echo ran >>ran; grep -m 1 NoNew /proc/self/status'

# inside "WORDS" ENGINE WANTED: captured there, ENGINE asked for, WANTED taken.
inside() {
	rm -f ran "$T/id"
	# shellcheck disable=SC2086 # words
	ok "$confine" $1 -- reprise capture -q --backend "$2" \
		--id-file "$T/id" sh -c "$script"
	RUN=$(cat "$T/id")
	cp "$T/out" "$T/said"
	manifest_has run.backend "$3"
	manifest_complete
	file_has "$PWD/input" access r
	file_has "$PWD/input" stored true
	manifest_has "outputs.$PWD/output.bytes" 5
	[ "$2" != auto ] || doctor_says "$1" yes
}

# refused "WORDS" ENGINE TEXT: 125 with the text, and nothing has run.
refused() {
	rm -f ran
	before=$(reprise list --json)
	# shellcheck disable=SC2086 # words
	expect_status 125 "$confine" $1 -- reprise capture --backend "$2" \
		--id-file "$T/none" sh -c "$script"
	stderr_has "$3"
	cp "$T/err" "$T/refusal"
	[ ! -e ran ] || fail "the command has run"
	[ ! -e "$T/none" ] || fail "there is an id"
	[ "$(reprise list --json)" = "$before" ] || fail "there is a record"
	[ "$2" != auto ] || doctor_says "$1" no
}

# The same finding, the same remedy.
doctor_says() {
	# shellcheck disable=SC2086 # words
	run "$confine" $1 -- reprise doctor --json
	[ "$(json_value items.capture.state <"$T/out")" = "$2" ] ||
		fail "doctor, $1: $(json_value items.capture <"$T/out")"
	[ "$2" = no ] || return 0
	[ "$STATUS" = 1 ] || fail "doctor's status is $STATUS"
	[ "$(json_value items.capture.detail <"$T/out"); remedy: $(json_value \
		items.capture.remedy <"$T/out")" = \
		"$(sed 's/^reprise: //' "$T/refusal")" ] ||
		fail "doctor, $1: $(json_value items.capture <"$T/out")"
}

ok reprise capture -q true

# Default settings, and with no-new-privileges.
for engine in docker podman cri; do
	inside $engine auto notify
	inside "$engine nnp" auto notify
	grep -q 'NoNewPrivs:.1' "$T/said" || fail "privileges could be gained"
	inside $engine notify notify
done
inside docker ptrace ptrace
inside podman ptrace ptrace
refused cri ptrace 'ptrace is refused: .*--cap-add SYS_PTRACE$'

# As another user than root, with and without no-new-privileges.
if [ "$(id -u)" = 0 ]; then
	mkdir "$T/other"
	chown 1000:1000 "$T/other"
	chmod 755 "$T" "$T/cwd" "$T/home"
	for words in docker 'podman nnp' cri; do
		rm -f "$T/other/id"
		# shellcheck disable=SC2086 # words
		ok "$confine" $words uid=1000 -- env HOME="$T/other" \
			reprise capture -q --store "$T/other/store" \
			--id-file "$T/other/id" cat input
		RUN=$(cat "$T/other/id")
		[ "$(reprise show --store "$T/other/store" --json "$RUN" |
			json_value completeness.aggregate)" = complete ] ||
			fail "$words uid=1000: not complete"
		[ "$(reprise show --store "$T/other/store" --json "$RUN" |
			json_value run.user.uid)" = 1000 ] || fail "user"
	done
fi

# One thing less at a time. EINVAL: an older kernel, or a profile that looks at
# seccomp's arguments.
inside 'docker listener=1' auto ptrace
inside 'docker listener=22' auto ptrace
inside 'docker seccomp=1' auto ptrace
inside 'docker ptrace=1' auto notify
inside 'docker process_vm_readv=1' auto notify
inside 'podman process_vm_readv=38' auto notify
inside 'podman process_vm_readv=38' ptrace ptrace
inside 'docker openat2=38 statx=38' auto notify
refused 'docker listener=1' notify 'a seccomp listener is refused: .*seccomp='
refused 'docker ptrace=1' ptrace 'ptrace is refused: .*--cap-add SYS_PTRACE$'

# Everything that could do it.
refused 'docker filter=1' auto \
	'^reprise: a seccomp listener is refused: Operation not permitted, and'
refused 'cri listener=1' auto 'ptrace is refused: .*--cap-add SYS_PTRACE$'
refused 'podman listener=22 ptrace=1' auto \
	'there are no seccomp listeners: Invalid argument, and ptrace is refused'

# Without pidfds a signal still reaches the command, and only once.
for refusal in pidfd_open=1 pidfd_send_signal=38; do
	rm -f ready
	"$confine" docker $refusal -- reprise capture -q "$PROBES/signals" \
		ready 1 >"$T/out" 2>"$T/err" &
	tries=0
	until [ -s ready ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "the command did not start"
		sleep 0.1
	done
	kill -s TERM $!
	wait
	stdout_is 'TERM 1'
done
