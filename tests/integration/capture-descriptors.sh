# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users engines
# What the command has open before it runs: no call will show it.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# captured COMMAND...: with the descriptors of this call.
captured() {
	rm -f "$T/id"
	reprise capture -q --backend "$REPRISE_TEST_BACKEND" \
		--id-file "$T/id" "$@" >"$T/out" 2>"$T/err" ||
		fail "captured: $*"
	RUN=$(cat "$T/id")
}
# before FILE TEXT
before() {
	[ "$(reprise show --input "$RUN:$1")" = "$2" ] ||
		fail "'$1' was '$(reprise show --input "$RUN:$1" 2>&1)'"
}
gap() {
	manifest completeness.gaps >"$T/gaps"
	grep -q "\"$1\"" "$T/gaps" || fail "no gap '$1': $(cat "$T/gaps")"
}
note() {
	manifest completeness.notes >"$T/notes"
	grep -q "$1" "$T/notes" || fail "no note '$1': $(cat "$T/notes")"
}

# A directory is listed, and files in it are opened, by its descriptor.
mkdir d
echo inside >d/x
: >d/y
captured "$PYTHON" -c 'import os
print(os.listdir(3), os.read(os.open("x", os.O_RDONLY, dir_fd=3), 9))' 3<d
grep -q inside "$T/out" || fail "$(cat "$T/out")"
file_has "$PWD/d" access d
file_has "$PWD/d/x" access r
file_has "$PWD/d/y" access s
manifest_complete

# Files that are read and written without being opened.
echo content >f
captured sh -c 'cat <&3' 3<f
stdout_is content
before f content
note 'a replay does not have it open'
manifest_complete
printf 'old bytes' >f
captured sh -c 'printf NEW >&3' 3<>f
[ "$(cat f)" = 'NEW bytes' ] || fail "f is '$(cat f)'"
before f 'old bytes'
[ "$(reprise show "$RUN:f")" = 'NEW bytes' ] || fail "what became of f"
# From the end of a log it may go back.
printf 'old bytes' >f
captured "$PYTHON" -c 'import os
os.lseek(3, 0, 0); os.write(3, b"NEW"); print(open("f").read())' 3<>f
stdout_is 'NEW bytes'
before f 'old bytes'
printf 'old bytes' >f
captured "$PYTHON" -c 'import os, fcntl
os.write(3, b" and more")
fcntl.fcntl(3, fcntl.F_SETFL, 0); os.pwrite(3, b"NEW", 0)' 3>>f
[ "$(cat f)" = 'NEW bytes and more' ] || fail "f is '$(cat f)'"
before f 'old bytes'

# A file that has lost its name, as here-documents of some shells are; and
# another one that has the name now.
echo nameless >gone
exec 4<gone
rm gone
captured cat <&4
stdout_is nameless
gap stdin
exec 4<&-
echo first >name
exec 4<name
rm name
echo second >name
captured sh -c 'cat <&4; cat name'
stdout_is 'first
second'
before name second
note 'a file without a name'
exec 4<&-
# It was moved before it is used: that is still it.
echo moved >name
exec 4<name
mv name elsewhere
captured cat <&4
stdout_is moved
before elsewhere moved
manifest_complete
exec 4<&-
