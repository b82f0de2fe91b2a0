# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines roots
# A replay that is captured, too: a run of its own, and every file, library and
# look-up that was not as recorded.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# traced [OPTIONS] [-- COMMAND]: of the run $RUN; sets NEW.
traced() {
	options=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	# shellcheck disable=SC2086 # options without blanks
	replay_ok --trace $options "$RUN" "$@"
	NEW=$(json_value trace.run <"$T/result.json")
}
# named: "PATH differs..." of each difference that is no output's.
named() {
	"$PYTHON" - "$T/result.json" <<'EOF'
import json, sys
for d in json.load(open(sys.argv[1]))["trace"]["differences"]:
    if not d["output"]:
        print(d["path"], *d["differs"])
EOF
}
# named_is LINES
named_is() {
	named >"$T/named"
	same_text "$T/named" "$1"
}

# The same again, byte for byte: nothing is named, under python or a shell.
echo one >data
echo two >other
mkdir -p conf lib
echo conf >conf/app
cat >script <<'EOF'
cat "${INPUT-data}"
[ ! -e conf/app ] || cat conf/app
[ ! -e extra ] || cat extra
ls conf >/dev/null
echo result >out
EOF
capture_ok -q sh ./script
first=$RUN
traced
RUN=$NEW
manifest_complete
RUN=$first
stderr_is "reprise: replayed $(expr "$RUN" : '\(.\{8\}\)'): exit status 0 as\
 recorded; 1 of 1 outputs identical
reprise: not judged: '$T/out': the run's standard output went there; the\
 replay's is the caller's
reprise: traced as $(expr "$NEW" : '\(.\{8\}\)'): every file, library and\
 look-up as recorded"
stdout_is "one
conf"
named_is ''
# It is a run like others: listed, complete, and says whose replay it is.
ok reprise list --tag "replay-of=$first"
stdout_has "^$(expr "$NEW" : '\(.\{8\}\)') "
RUN=$NEW
manifest_complete
manifest_has run.tags.replay-of "$first"
manifest_has command.cwd "$PWD"
manifest_has command.argv '["sh", "./script"]'
file_has "$PWD/data" access r
file_has "$PWD/out" access wn
file_has "$PWD/extra" access n
[ "$(manifest run.user.uid)" = "$(id -u)" ] || fail "as somebody else"
# Its own replay gives the same, and that one's, too.
replay_same
stdout_is "one
conf"
traced
named_is ''
RUN=$first

# Other files, by a variable, by --input, by another command: exactly these. A
# file that the record has only by its name cannot be opened.
traced -e INPUT=conf/app
stdout_is "conf
conf"
named_is "$PWD/data recorded-only"
stderr_has "^reprise: traced as .*: 1 path not as recorded\$"
stderr_has "^reprise: trace: '$PWD/data' is in the record only (sha256:.*, r)\$"
echo three >three
traced --input "$PWD/data=three"
stdout_is "three
conf"
named_is "$PWD/data content"
stderr_has "^reprise: trace: '$PWD/data' has another content (sha256:.*, r;\
 recorded: sha256:"
sum=sha256:$(sha256sum three | cut -d ' ' -f 1)
result_has "trace.differences.$PWD/data.replayed.digest" "$sum"
sum=sha256:$(sha256sum data | cut -d ' ' -f 1)
result_has "trace.differences.$PWD/data.recorded.digest" "$sum"
# What was looked for in vain and is there now, and the reverse.
traced -v "$PWD/three:$PWD/extra:ro" --input "$PWD/conf=lib"
stdout_is "one
three"
named_is "$PWD/conf listing
$PWD/conf/app vanished
$PWD/extra appeared"
stderr_has "^reprise: trace: '$PWD/extra' was absent, and is found now "
traced -- cat data
stdout_is one
named >"$T/named"
grep -qx "$PWD/conf/app recorded-only" "$T/named" || fail "conf was not used"
if grep -q "^$PWD/data" "$T/named"; then fail "data was used as before"; fi
RUN=$NEW
manifest_has command.argv '["cat", "data"]'
RUN=$first
# A program by a relative path has an absolute one in the record.
printf '#!/bin/sh\necho tool\n' >conf/tool
chmod +x conf/tool
capture_ok -q sh -c 'cd conf && ./tool'
for tool in ./conf/tool conf/../conf/tool; do
	traced -- "$tool"
	stdout_is tool
	RUN=$NEW
	manifest_has command.executable "$PWD/conf/tool"
	replay_same
done
RUN=$first
rm conf/tool
# The record of a secret that is given anew has no more than its name.
traced -e API_TOKEN=canary-7
RUN=$NEW
manifest_has environment.redacted '["API_TOKEN"]'
if grep -r canary-7 "$REPRISE_STORE" "$T/err"; then fail "told"; fi
RUN=$first

# What cannot be done ends as without a trace, and leaves no run.
before=$(reprise list | wc -l)
replay_fails 127 --trace "$RUN" -- ./none
replay_fails 126 --trace "$RUN" -- ./data
printf '#!/nowhere\n' >script2
chmod +x script2
replay_fails 127 --trace -v "$PWD/script2:/bin/script2" "$RUN" -- script2
replay_fails 3 --trace "$RUN" -- sh -c 'exit 3'
# shellcheck disable=SC2016 # for the replayed shell
replay_fails 143 --trace "$RUN" -- sh -c 'kill -TERM $$'
result_has trace.trouble null
[ "$(reprise list | wc -l)" = $((before + 2)) ] || fail "not two runs more"
RUN=@
manifest_has run.signal SIGTERM
RUN=@~1
manifest_has run.exit_code 3
RUN=$first
echo 'echo other >out' >script3
replay_fails 1 --check --trace --input "$PWD/script=script3" "$RUN"
# It is told beforehand, and where it cannot be done.
replay_ok --dry-run --trace "$RUN"
stdout_has '^trace  *the command is captured, as a run of its own$'
capture_fails 125 -q reprise replay -q --trace "$first"
stderr_has '^reprise: the replay cannot be traced: .*already.*; remedy: run it'
RUN=$first
[ "$(find "$REPRISE_STORE/runs" -name journal | wc -l)" = 0 ] || fail "left"

# Programs that name processes and descriptors by /proc, which has two sets of
# numbers; the caller's files are none of the sandbox's.
cat >tool.py <<'EOF'
import os, subprocess, threading
here = os.getcwd()
child = subprocess.Popen(["sleep", "0.2"])
print(os.path.realpath(f"/proc/{child.pid}/cwd") == here)
with open(f"/proc/{os.getpid()}/cwd/tool-data") as f:
    print(f.read(), end="")
with open("/dev/stdin") as f:
    print(f.read(), end="")
threads = [threading.Thread(target=os.path.exists, args=("/nowhere/%d" % i,))
           for i in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
os.mkdir("made")
with open("made/a", "w") as f:
    f.write("a")
os.rename("made/a", "made/b")
with open("tool-data", "a") as f:
    f.write("more\n")
os.unlink("tool-gone")
for closed in ["closed", "/etc/shadow"] if os.getuid() else []:
    try:
        open(closed).read()
    except OSError:
        pass
open("/dev/stdout", "a").close()
print(child.wait())
EOF
echo tool >tool-data
echo gone >tool-gone
echo closed >closed
chmod 0 closed
echo mine >"$T/stdin"
capture_ok -q "$PYTHON" tool.py <"$T/stdin"
# For the root of a sandbox, who is nobody outside.
chmod 0666 "$T/out"
# The second time it is the replay that is replayed.
for _ in 1 2; do
	traced
	stdout_is "True
tool
mine
0"
	named_is ''
	RUN=$NEW
	manifest_complete
	file_has "$PWD/tool-data" access rm
	file_absent "$T/out"
done

# Where the caller sent the output is no business of the replay.
mkdir "$T/away"
reprise capture -q --id-file "$T/id" sh ./script >"$T/away/out" 2>&1
RUN=$(cat "$T/id")
file_has "$T/away" access s
traced
named_is ''

# A root of data is compared file by file when its digest is another, also with
# files that are too few to be one. A person gets twenty lines.
mkdir many
for i in $(seq 1100); do echo "$i" >"many/$i"; done
capture_ok -q sh -c 'cat many/* >/dev/null'
file_has "$PWD/many" kind tree
traced
named_is ''
traced --input "$PWD/many/500=three"
named_is "$PWD/many/500 content"
traced -- sh -c 'cat many/* many/none >/dev/null 2>&1 || :'
named >"$T/named"
grep -qx "$PWD/many/none replayed-only" "$T/named" || fail "not looked for"
traced -- cat many/1 many/2
[ "$(named | grep -c "^$PWD/many/.* recorded-only\$")" = 1098 ] || fail "$(named)"
[ "$(grep -c "^reprise: trace: '" "$T/err")" = 20 ] || fail "not 20 lines"
stderr_has '^reprise: trace: and [0-9]* more, which --result lists$'

# Processors of another machine are shown by the one listener that a process
# can have, and the new run has them, too.
capture_ok -q "$PYTHON" -c 'import os; print(len(os.sched_getaffinity(0)))'
"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/other_machine.py" \
	"$REPRISE_STORE/runs/$RUN/manifest.yaml" 61 1 1
traced
stdout_is 61
named_is ''
RUN=$NEW
manifest_has hardware.cpu.online 0-60
replay_same
stdout_is 61

# A library of another content is named as one.
libz=$(find /usr/lib /lib -name 'libz.so.1' 2>/dev/null | head -n 1)
libm=$(find /usr/lib /lib -name 'libm.so.6' 2>/dev/null | head -n 1)
if [ -n "$libz" ] && [ -n "$libm" ]; then
	cp "$libz" lib/plugin.so
	capture_ok -q "$PYTHON" -c 'import ctypes; ctypes.CDLL("lib/plugin.so")'
	traced --input "$PWD/lib/plugin.so=$libm"
	named_is "$PWD/lib/plugin.so content"
	result_has "trace.differences.$PWD/lib/plugin.so.library" true
	stderr_has "plugin.so' (program or library) has another content"
fi

# From a bundle the trace goes to the user's store.
ok reprise export --format bundle -o "$T/bundle" "$first"
ok reprise replay --trace --result "$T/result.json" "$T/bundle"
NEW=$(json_value trace.run <"$T/result.json")
ok reprise show "$NEW"
named_is ''

# Nothing gets out of the sandbox that does not without a trace, and nobody of
# those who watch can be seen from there.
capture_fails 2 -q "$PROBES/escape"
attempts() {
	reprise replay -q "$@" -e "ESCAPE_NS_MNT=$(readlink /proc/self/ns/mnt)" \
		-e "ESCAPE_NS_PID=$(readlink /proc/self/ns/pid)" \
		-e "ESCAPE_NS_NET=$(readlink /proc/self/ns/net)" \
		-e "ESCAPE_NS_IPC=$(readlink /proc/self/ns/ipc)" \
		-e "ESCAPE_NS_UTS=$(readlink /proc/self/ns/uts)" \
		-e "ESCAPE_NS_CGROUP=$(readlink /proc/self/ns/cgroup)" \
		-e "ESCAPE_NS_USER=$(readlink /proc/self/ns/user)" \
		-e "ESCAPE_HOST_FILE=$T/canary" "$RUN"
}
echo canary >"$T/canary"
attempts >"$T/plain"
attempts --trace >"$T/traced"
same_file "$T/plain" "$T/traced"
grep -q 'refused' "$T/traced" || fail "nothing was tried"
if grep OPEN "$T/traced"; then fail "something gets out"; fi
RUN=$first
# shellcheck disable=SC2016 # for the replayed shell
replay_ok --trace "$RUN" -- sh -c 'set -- /proc/[0-9]*; echo $# $PPID
	while read -r name value; do
		[ "$name" != TracerPid: ] || echo "$value"
	done </proc/self/status'
stdout_is "2 1
0"

# recorder_of REPLAY: its child that has one process number only.
recorder_of() {
	for p in $(tr ' ' '\n' <"/proc/$1/task/$1/children"); do
		if grep -q '^NSpid:[[:space:]]*[0-9]*$' "/proc/$p/status"; then
			echo "$p"
		fi
	done
}
begin() {
	rm -f "$T/out" # of the one before
	setsid reprise replay --trace --result "$T/result.json" "$RUN" -- \
		sh -c 'echo started; read -r x' <"$T/fifo" >"$T/out" 2>"$T/err" &
	replay=$!
	exec 9>"$T/fifo"
	tries=0
	until grep -qs started "$T/out"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || fail "the command did not start"
		sleep 0.05
	done
}
no_journals() {
	for _ in $(seq 100); do
		[ "$(find "$REPRISE_STORE/runs" -name journal | wc -l)" != 0 ] ||
			return 0
		sleep 0.05
	done
	fail "the run is still there"
}
mkfifo "$T/fifo"
before=$(reprise list | wc -l)
# The recorder is killed: the command goes with it, and the run.
begin
kill -9 "$(recorder_of "$replay")"
STATUS=0
wait "$replay" || STATUS=$?
[ "$STATUS" = 137 ] || fail "status $STATUS"
stderr_has '^reprise: the trace of the replay was lost: the recorder was lost,'
result_has trace.run null
no_journals
[ "$(reprise list | wc -l)" = "$before" ] || fail "a run is left"
# The replay is killed: the sandbox goes with it, and the run says how it ended.
begin
kill -9 "$replay"
wait "$replay" 2>/dev/null || :
no_journals
[ "$(reprise list | wc -l)" = $((before + 1)) ] || fail "there is no run"
RUN=@
manifest_has run.signal SIGKILL
RUN=$first
# All are killed: what is left is no run, whose files nobody has any more.
begin
kill -s KILL -- "-$replay"
wait "$replay" 2>/dev/null || :
wait_gone "$replay"
run reprise list
stderr_has "the trace of a replay, was cut short with its sandbox and is gone"
no_journals
[ "$(reprise list | wc -l)" = $((before + 1)) ] || fail "a run is left"
# A signal ends the command once, and the trace is whole.
begin
kill -TERM "$replay"
STATUS=0
wait "$replay" || STATUS=$?
[ "$STATUS" = 143 ] || fail "status $STATUS"
RUN=@
manifest_has run.signal SIGTERM
exec 9>&-
