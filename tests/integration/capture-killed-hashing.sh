# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# The command has ended, and the recorder hashes, when a scheduler ends the job:
# the status is the command's where somebody lived to pass it on, and the record
# is complete, then or later.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# Sparse, so that it takes no room.
truncate -s 512M big
digest=sha256:$("$PYTHON" -c 'import hashlib
h, z = hashlib.sha256(), bytes(1 << 20)
for _ in range(512): h.update(z)
print(h.hexdigest())')

# hashing: a job in a session of its own, whose recorder is stopped while it
# hashes (the keeper continues it within a second); JOB is the keeper.
hashing() {
	# Else the digest would be known from the last time.
	touch big
	setsid reprise capture -q --by-reference "$PWD/big" \
		--backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
		sh -c 'head -c 1 big >/dev/null; exit 5' >"$T/out" 2>"$T/err" &
	PID=$!
	until [ -s "$T/id" ] &&
		RUN=$(cat "$T/id") && [ "$RUN" != "${last-}" ]; do sleep 0.02; done
	last=$RUN
	JOB=$PID
	until recorder=$(pgrep -P "$JOB") && has_it_open; do
		kill -0 "$PID" 2>/dev/null || fail "it has not hashed: $(cat "$T/err")"
	done
	kill -s STOP "$recorder"
	has_it_open || {
		wait "$PID" || :
		hashing # too late
	}
}
has_it_open() {
	find "/proc/$recorder/fd" -lname "$PWD/big" 2>/dev/null | grep -q .
}
# ended STATUS...: one of these, as wait(1) gives it.
ended() {
	STATUS=0
	wait "$PID" || STATUS=$?
	case " $* " in *" $STATUS "*) ;; *) fail "status $STATUS, not $*" ;; esac
	until [ -z "$(ps -o pid= --sid "$JOB")" ]; do sleep 0.05; done
}
is_complete() {
	manifest_has run.status failed
	manifest_has run.exit_code 5
	manifest_complete
	file_has "$PWD/big" digest "$digest"
	ok reprise verify
}
all() {
	for p in $(ps -o pid= --sid "$JOB"); do
		kill -s "$1" "$p" 2>/dev/null || :
	done
}

# SIGTERM to all, and SIGKILL one second later to whoever is left.
hashing
all TERM
kill -s CONT "$recorder"
sleep 1
all KILL
ended 5
ok reprise list
stdout_has "^${RUN%%-*} .* pending "
ok reprise finish "$RUN"
is_complete

# SIGKILL to all at once.
hashing
kill -s KILL -- "-$JOB"
ended 137
ok reprise list
is_complete

# Only the recorder is killed: the keeper passes the status on.
hashing
kill -s KILL "$recorder"
ended 5
[ -e "$REPRISE_STORE/runs/$RUN/manifest.yaml" ] || fail "it is not frozen"
is_complete

# And told to hurry, it leaves the rest to the next command.
hashing
kill -s KILL "$recorder"
until [ "$(pgrep -P "$JOB")" ] && [ "$(pgrep -P "$JOB")" != "$recorder" ]; do
	sleep 0.02
done
kill -s TERM "$JOB"
ended 5
[ -e "$REPRISE_STORE/runs/$RUN/manifest.yaml" ] || ok reprise list
is_complete

# What killed writers left in the store goes with the next one.
ok reprise finish
