# SPDX-License-Identifier: Apache-2.0
# RUN is for the words of lib.sh; dash has these limits; text is as meant.
# shellcheck shell=sh disable=SC2034,SC3045,SC1003,SC2016,SC2030,SC2031
# matrix: users engines
# What the command inherits is the caller's, byte for byte: arguments,
# environment, directory, umask, limits, signals, ids.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# same_as_bare COMMAND...: both print the same; RUN is the captured one.
same_as_bare() {
	"$@" >bare 2>&1 || fail "bare: $*: $(cat bare)"
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@" >captured 2>&1 ||
		fail "captured: $*: $(cat captured)"
	diff -u bare captured || fail "not the same: $*"
	RUN=$(cat "$T/id")
}
probe=$PROBES/surroundings

same_as_bare "$probe"
[ "$(wc -l <bare)" -gt 80 ] || fail "the probe prints too little"
same_as_bare "$probe" '' ' ' 'a b' "it's" '"' '\' '$HOME' '*' '-' '--' \
	"$(printf 'new\nline\ttab')" "$(printf '\377\300\001')" --help -q
manifest command.argv >"$T/out"
stdout_is "[\"$probe\", \"\", \" \", \"a b\", \"it's\", \"\\\"\", \"\\\\\", \
\"\$HOME\", \"*\", \"-\", \"--\", \"new\\nline\\ttab\", {\"base64\": \"/8AB\"}, \
\"--help\", \"-q\"]"

mkdir "$(printf 'dir \377')"
(
	cd "$(printf 'dir \377')" || exit
	same_as_bare "$probe"
)
(
	umask 0137
	same_as_bare "$probe"
	manifest_has command.umask 0137
)
(
	ulimit -n 77
	ulimit -f 1000000
	ulimit -S -s 4096
	same_as_bare "$probe"
	manifest_has environment.limits.nofile.soft 77
)
(
	trap '' HUP INT PIPE USR1 TSTP CHLD
	same_as_bare "$probe"
)
same_as_bare nice -n 5 "$probe"
same_as_bare "$PYTHON" "$REPRISE_TEST_TREE/tests/integration/exec_with.py" \
	blocked "$probe"
manifest_complete

# The environment: order, doubles, bytes that are no text, none at all.
raw=$REPRISE_TEST_TREE/tests/integration/exec_with.py
for what in odd none; do
	"$PYTHON" "$raw" "$what" "$probe" >bare
	"$PYTHON" "$raw" "$what" "$(command -v reprise)" capture -q \
		--backend "$REPRISE_TEST_BACKEND" --store "$REPRISE_STORE" \
		--id-file "$T/id" "$probe" >captured
	diff -u bare captured || fail "environment: $what"
done
grep -q '^variable PLAIN' bare && fail "there is an environment: $(cat bare)"

# An empty argv[0], and none: sh runs, the rest is not mixed up.
same_as_bare "$PYTHON" "$raw" nameless "$probe" one

# Scripts see themselves as they were called.
mkdir bin
# shellcheck disable=SC2016 # for the scripts
{
	printf '#!/bin/sh\necho "$0 $*"\n' >bin/script
	printf 'echo "$0 $*"\n' >bin/plain
}
chmod +x bin/script bin/plain
same_as_bare bin/script one two
same_as_bare ./bin/script
same_as_bare "$PWD/bin/script"
(
	PATH=bin:$PATH
	same_as_bare script x
)
(
	PATH=$PWD/bin:$PATH
	same_as_bare script x
)
# Without a first line it is the shell's, as execvp(3) has it.
env bin/plain one >bare
capture_ok -q bin/plain one
same_file "$T/out" bare
