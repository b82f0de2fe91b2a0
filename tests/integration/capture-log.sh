# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users engines
# limit: 200
# capture --log: what the command writes to its standard output and error is
# an output of the run, and the caller sees no difference.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

logged() {
	rm -f "$T/id"
	reprise capture -q --log --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@"
}
# log_is PATH TEXT, of the latest run.
log_is() {
	RUN=$(cat "$T/id")
	got=$(reprise show "$RUN:$1") || fail "there is no log $1"
	[ "$got" = "$2" ] || fail "$1 is '$got'"
	manifest_has "outputs.$1.role" log
	manifest_has "outputs.$1.stored" true
}
no_log() {
	RUN=$(cat "$T/id")
	case $(manifest outputs) in
	*"\"$1\""*) fail "there is a log $1" ;;
	esac
}

# Two pipes: two logs, each complete, and the status.
{
	logged sh -c 'echo out; echo err >&2; printf more; exit 3' || echo $?
} 2>err | cat >out
[ "$(cat out)" = 'out
more3' ] || fail "the pipe gave $(cat out)"
log_is /dev/stdout 'out
more'
manifest_has run.exit_code 3
# A file is recorded as every file is.
no_log /dev/stderr
[ "$(reprise show "$RUN:err")" = err ] || fail "stderr"
{ { logged sh -c 'echo out; echo err >&2' | cat >out; } 2>&1 >&3 |
	cat >err; } 3>&1
log_is /dev/stdout out
log_is /dev/stderr err
[ "$(cat out err)" = 'out
err' ] || fail "pipes: $(cat out err)"
# Nothing is left of how it was done.
[ "$(ls "$REPRISE_STORE/runs/$RUN")" = 'files.yaml
manifest.yaml' ] || fail "left in the run: $(ls "$REPRISE_STORE/runs/$RUN")"
manifest_complete
ok reprise verify "$RUN"
ok reprise export -o "$T/bundle" "$RUN"
REPRISE_STORE=$T/other
ok reprise import "$T/bundle"
log_is /dev/stdout out
REPRISE_STORE=$T/store

# One pipe for both: one log, in the order of writing.
logged "$PYTHON" -c 'import os
for i in range(500):
    os.write(1 + i % 2, b"%d\n" % i)' 2>&1 | cat >out
[ "$(cat out)" = "$(seq 0 499)" ] || fail "the order was changed"
log_is /dev/stdout "$(seq 0 499)"
no_log /dev/stderr

# The command finds what it would find: of descriptors, type and flags.
"$PROBES/descriptors" bare 2>&1 | cat
logged "$PROBES/descriptors" mine 2>&1 | cat
same_file bare mine

# A replay does not judge them.
logged sh -c 'date +%N; echo x >file' | cat >/dev/null
RUN=$(cat "$T/id")
replay_same
result_has outputs./dev/stdout.verdict 'not judged'
result_has outputs_judged 1

# Nowhere; closed; a socket; a device.
logged sh -c 'echo nowhere' >/dev/null
log_is /dev/stdout nowhere
[ ! -s /dev/null ] || fail "/dev/null"
logged sh -c 'echo closed 2>/dev/null; echo $? >&2' >&- 2>err
no_log /dev/stdout
[ "$(cat err)" != 0 ] || fail "a closed stream was open"
"$PYTHON" -c 'import socket, subprocess, sys
ours, theirs = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdout=theirs)
theirs.close()
text = b""
while more := ours.recv(100):
    text += more
assert (p.wait(), text) == (0, b"socket\n"), (p.wait(), text)' \
	reprise capture -q --log --backend "$REPRISE_TEST_BACKEND" \
	--id-file "$T/id" echo socket
log_is /dev/stdout socket
logged sh -c 'echo full 2>/dev/null; echo $? >&2' >/dev/full 2>err
[ "$(cat err)" != 0 ] || fail "a full device was not full"
no_log /dev/stdout
manifest_has completeness.gaps.log.kind log

# What never starts leaves nothing, and says so as ever.
capture_fails 127 --log ./nowhere
stderr_is "reprise: cannot run './nowhere': No such file or directory"
printf '#!/no/such/shell\n' >orphan
chmod +x orphan
capture_fails 127 --log ./orphan
stderr_is "reprise: cannot run './orphan': No such file or directory"
[ -z "$RUN" ] || fail "there is a run"

# 100 MB, with the reader slower than the writer.
logged --keep 1M "$PYTHON" -c 'import sys
block = bytes(range(256)) * 4096
for i in range(100):
    sys.stdout.buffer.write(block[i:] + block[:i])' |
	"$PYTHON" -c 'import hashlib, sys
h = hashlib.sha256()
while block := sys.stdin.buffer.read(40000):
    h.update(block)
print(h.hexdigest())' >sum
RUN=$(cat "$T/id")
[ "$(manifest outputs./dev/stdout.digest)" = "sha256:$(cat sum)" ] ||
	fail "100 MB came through differently"
manifest_has outputs./dev/stdout.bytes 104857600

# The reader goes away: the command dies of it, or waits for it, as it would.
{ logged yes || echo $? >status; } | head -n 1 >out
[ "$(cat out)" = y ] || fail "yes said $(cat out)"
RUN=$(cat "$T/id")
manifest_has run.signal SIGPIPE
echo line >followed
{ logged tail -f followed || echo $? >status; } | head -n 1 >out
[ "$(cat out)" = line ] || fail "tail said $(cat out)"

# Larger than --keep: by digest.
logged --keep 10 sh -c 'echo longer than that' | cat >out
RUN=$(cat "$T/id")
manifest_has outputs./dev/stdout.stored false
manifest_has outputs./dev/stdout.digest \
	"sha256:$(sha256sum out | cut -d ' ' -f 1)"

# A process that is left behind goes on writing, to the caller only, who sees
# the end when it has ended.
logged sh -c '(until [ -e go ]; do sleep 0.05; done; echo late) &
	echo early' | {
	read -r x
	echo "$x"
	until [ ! -e "$REPRISE_STORE/runs/$(cat "$T/id")/journal" ]; do
		sleep 0.05
	done
	: >go
	cat
} >out
[ "$(cat out)" = 'early
late' ] || fail "left behind: $(cat out)"
log_is /dev/stdout early
manifest_has completeness.gaps.left-running.kind left-running

# A caller that waits first and reads then.
"$PYTHON" -c 'import subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
assert p.wait(60) == 0
assert len(p.stdout.read()) == 60000' \
	reprise capture -q --log --backend "$REPRISE_TEST_BACKEND" \
	head -c 60000 /dev/zero
