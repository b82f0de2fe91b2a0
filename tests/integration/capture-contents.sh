# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 300
# What a run read is kept, whatever the run does to it afterwards; what it
# left is kept, too. The letters say which was which.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# Each case has a new directory with the files "f" (old content) and "g".
# steps STEP...: captured there; what the probe printed is in $T/out.
case_number=0
steps() {
	case_number=$((case_number + 1))
	mkdir "$T/cwd/$case_number"
	cd "$T/cwd/$case_number" || exit
	echo 'old f' >f
	echo 'old g, longer' >g
	DOING=$*
	capture_ok -q "$PROBES/steps" "$@"
	cp "$T/out" "$T/printed"
	manifest_complete
}
printed() {
	printf '%s\n' "$1" | diff -u - "$T/printed" || fail "printed: $DOING"
}
# before FILE TEXT: what it was for the run
before() {
	ok reprise show --input "$RUN:$1"
	[ "$(cat "$T/out")" = "$2" ] ||
		fail "$DOING: '$1' was '$(cat "$T/out")' instead of '$2'"
}
# after FILE TEXT: what it is now, and is recorded as an output
after() {
	[ "$(cat "$1")" = "$2" ] || fail "$DOING: '$1' is '$(cat "$1")'"
	manifest_has "outputs.$PWD/$1.kind" file
	ok reprise show "$RUN:$1"
	[ "$(cat "$T/out")" = "$2" ] ||
		fail "$DOING: '$1' is recorded as '$(cat "$T/out")'"
}
letters() {
	file_has "$PWD/$1" access "$2"
}
no_output() {
	if manifest "outputs.$PWD/$1" >/dev/null; then
		fail "$DOING: '$1' is an output"
	fi
}
input() {
	manifest_has "inputs.$PWD/$1.digest" \
		"sha256:$(echo "$2" | sha256sum | cut -d ' ' -f 1)"
	manifest_has "inputs.$PWD/$1.stored" true
}

steps read:f
letters f r
before f 'old f'
input f 'old f'
no_output f
file_absent "$PWD/g"

# Read, then changed in each of the ways there are.
for change in write:f update:f append:f create:f truncate:f mapwrite:f \
	rename:g:f; do
	steps read:f "$change"
	letters f rm
	before f 'old f'
	input f 'old f'
	after f "$(cat f)"
	[ "$(cat f)" != 'old f' ] || fail "$change changed nothing"
done
for change in unlink:f rename:f:g rename:f:h; do
	steps read:f "$change"
	before f 'old f'
	input f 'old f'
	no_output f
done
steps read:f unlink:f
letters f rw
steps read:f rename:f:h
after h 'old f'
steps read:f unlink:f create:f
letters f rm
before f 'old f'
after f CREATED
# Changed without changing.
steps read:f chmod:f
letters f rw
before f 'old f'
for change in times:f fdtimes:f; do
	steps read:f "$change"
	before f 'old f'
done

# Never read, but the old bytes could have been.
steps write:f
before f 'old f'
after f WRITTEN
steps update:f
letters f rm
before f 'old f'
input f 'old f'
after f UPDATED
steps mapwrite:f
before f 'old f'
after f 'MAP!f'
steps append:f
letters f w
before f 'old f'
after f 'old f
APPENDED'
# Appended to, read, and appended to again: what was read first counts.
steps append:f read:f append:f
letters f rm
before f 'old f'
steps append:f create:f read:f
after f CREATED
# Never read, but an output all the same.
steps rename:f:h
letters f w
before f 'old f'
after h 'old f'
replay_same
steps rename:f:h create:h
after h CREATED
replay_same

# Old bytes nobody could read: only what stat says is kept.
for change in create:f unlink:f rename:g:f; do
	steps "$change"
	letters f w
	file_has "$PWD/f" size 6
	if reprise show --input "$RUN:f" >"$T/out" 2>&1; then
		fail "$change: bytes that nobody read were kept"
	fi
done

# Made by the run.
steps create:new read:new
letters new wn
after new CREATED
steps exclusive:f exclusive:new
printed 'exclusive:f: File exists'
letters f s
after new NEW
steps create:new rename:new:f read:f
letters f w
letters new wn
no_output new
after f CREATED
# The usual way to write a model: nothing of the temporary name remains.
steps read:f create:f.tmp rename:f.tmp:f
letters f rm
before f 'old f'
after f CREATED
no_output f.tmp
# Made and removed: no output.
steps create:new unlink:new
no_output new
letters new wn

# Two names at once.
steps read:f read:g exchange:f:g
before f 'old f'
before g 'old g, longer'
after f 'old g, longer'
after g 'old f'
steps read:f noreplace:f:g
printed 'noreplace:f:g: File exists'
before f 'old f'
no_output g
# A rename that fails leaves all as it was.
steps read:f mkdir:d rename:f:d rename:f:none/x rename:f:g/x rename:d:g \
	exchange:f:none
[ "$(grep -c : "$T/printed")" = 5 ] || fail "not all failed: $(cat "$T/printed")"
letters f r
before f 'old f'
input f 'old f'
no_output f
letters g s
# To another file system: mv copies then.
if [ "$(stat -c %d /dev/shm)" != "$(stat -c %d .)" ]; then
	there=/dev/shm/reprise-test.$$
	steps read:f rename:f:"$there" unlink:f
	printed "rename:f:$there: Invalid cross-device link"
	letters f rw
	before f 'old f'
fi
# Nothing is below a file.
steps read:f/x create:g/x append:none/x
letters f s
letters g s
letters none n
no_output g
# There and back.
steps read:f rename:f:h rename:h:f create:h
letters h wn
before f 'old f'
after h CREATED

# Hard links: the bytes are one file's, by whatever name they change.
mkdir "$T/links"
cd "$T/links" || exit
echo shared >one
ln one two
capture_ok -q "$PROBES/steps" read:one write:two
before one shared
after two WRITTEN
[ "$(manifest "outputs.$PWD/one.kind")" = file ] ||
	fail "the other name of a changed file is no output"
file_has "$PWD/one" access rm
steps read:f link:f:h write:h
before f 'old f'
after h WRITTEN

# Directories that move take what is in them along.
mkdir "$T/moving" "$T/moving/d"
cd "$T/moving" || exit
echo inside >d/x
capture_ok -q "$PROBES/steps" read:d/x rename:d:e append:e/x create:e/y
before d/x inside
after e/x 'inside
APPENDED'
after e/y CREATED
no_output d/x
file_has "$PWD/d/y" kind absent
# Away and back again.
capture_ok -q "$PROBES/steps" read:e/x rename:e:d read:d/x rename:d:e read:e/x
before e/x 'inside
APPENDED'
no_output d/x

# What is moved away and replaced under the old name.
steps read:f rename:f:f.old create:f read:f
before f 'old f'
after f CREATED
after f.old 'old f'

# Checkpoints that are rotated, all made by the run.
steps create:c rename:c:c.1 create:c rename:c.1:c.2 rename:c:c.1 append:c
after c APPENDED
after c.1 CREATED
after c.2 CREATED
letters c wn
file_has "$PWD/c" size 9
# Moved away, removed there, and made anew.
steps read:f rename:f:h unlink:h create:f append:f
before f 'old f'
after f 'CREATED
APPENDED'
no_output h
steps list:. read:f rename:f:h create:f
listed=$(reprise show --input --json "$RUN:$PWD" | json_value listing)
[ "$listed" = '["f", "g"]' ] || [ "$listed" = '["g", "f"]' ] ||
	fail "the listing is $listed"

# Symbolic links: what they lead to changes, the link does not.
steps symlink:f:s read:s
letters s wn
cd "$T/cwd" || exit
mkdir sym
cd sym || exit
echo 'old f' >f
ln -s f s
DOING='write through a link'
capture_ok -q "$PROBES/steps" read:s write:s
letters s l
letters f rm
before f 'old f'
after f WRITTEN
