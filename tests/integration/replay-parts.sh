# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users roots
# Parts of a replay that the user replaces: variables, the directory, parts of
# this host, devices, the network. All of it is said, before and after.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

mkdir -p sub "$T/here/inner"
echo recorded >data
ln -s "$T/cwd/sub" link
cat >script <<'END'
echo "${LR-unset} ${NEW-unset} ${API_TOKEN-unset}"
pwd
cat "$1/data"
readlink /proc/self/ns/net >/dev/null
cat sub/* link/* 2>/dev/null || true
mkdir -p sub; echo "$LR" >sub/out
END
export LR=0.1 API_TOKEN=canary-1
capture_ok -q sh ./script "$PWD"
unset LR API_TOKEN
# parts: how many of the last replay were replaced, and what they were.
parts() {
	json_value replaced <"$T/result.json" |
		sed 's/{"part": "\([a-z]*\)"/\n\1/g' | sed -n 's/^\([a-z]*\),.*/\1/p'
}
# refused MESSAGE OPTIONS...
refused() {
	message=$1
	shift
	replay_fails 125 "$@" "$RUN"
	stderr_is "reprise: $message"
	stdout_is ''
}

# Variables: set, set anew, taken from here; a secret is given back by its name
# and its value is written nowhere.
export NEW=from-here
replay_ok -e LR=0.2 -e LR=0.3 -e NEW --env API_TOKEN=canary-2 "$RUN"
stdout_is "0.3 from-here canary-2
$PWD
recorded"
stderr_has "^reprise: replaced: the variable 'LR'\$"
stderr_has "^reprise: replaced: the variable 'NEW', which was not recorded\$"
stderr_has "^reprise: replayed $(expr "$RUN" : '\(.\{8\}\)'), 3 parts replaced: "
if grep -q canary "$T/err" "$T/result.json"; then fail "the value is told"; fi
if grep -q "'API_TOKEN' was not recorded" "$T/err"; then fail "not absent"; fi
[ "$(parts | sort | uniq -c | tr -s ' ')" = ' 3 variable' ] || fail "$(parts)"
result_has same false
case $(json_value outputs <"$T/result.json") in
*"$PWD/sub/out"*differs*) ;;
*) fail "the output is not judged" ;;
esac
refused "--env 'NOWHERE' is not set here" -e NOWHERE
refused "--env '=x' has no name" -e =x
replay_ok --dry-run -e LR=canary-3 "$RUN"
stdout_has "^replaced     the variable 'LR'\$"
if grep -q canary "$T/out"; then fail "the value is told"; fi
# Nothing replaced is nothing said.
replay_same
if grep -q replaced "$T/err"; then fail "nothing was replaced"; fi
[ -z "$(parts)" ] || fail "nothing was replaced: $(parts)"

# The directory, also relative to the recorded one and by a link.
for dir in "$PWD/sub" sub link; do
	replay_ok -w "$dir" "$RUN" -- sh -c pwd
	stdout_is "$PWD/sub"
	[ "$(parts)" = workdir ] || fail "$(parts)"
done
refused "--workdir: there is no directory '/nowhere' in the replay" -w /nowhere
refused "--workdir: there is no directory 'data' in the replay" -w data

# Parts of this host: new ones and over what was recorded, read-only or not.
echo here >"$T/here/file"
echo inner >"$T/here/inner/file"
echo 'echo edited' >"$T/here/edited"
# shellcheck disable=SC2016 # for the replayed shell
replay_ok -v "$T/here:/new/place" -v "$T/here:/ro:ro" -w /new/place/inner \
	"$RUN" -- sh -c 'pwd; cat ../file /ro/inner/file; echo made >../made
	(echo no >/ro/no) 2>/dev/null || echo sealed'
stdout_is "/new/place/inner
here
inner
sealed"
[ "$(cat "$T/here/made")" = made ] || fail "nothing was written"
[ "$(stat -c %u "$T/here/made")" = "$(id -u)" ] || fail "by somebody else"
[ ! -e "$T/here/no" ] || fail "written in spite of :ro"
stderr_has "^reprise: replaced: '/ro' by this host's '$T/here', read-only\$"
stderr_has "'/new/place' by this host's '$T/here', which the command may write"
[ "$(parts | tr '\n' ' ')" = 'volume volume workdir ' ] || fail "$(parts)"
replay_ok -v "$T/here/edited:$PWD/script:ro" "$RUN"
stdout_is edited
# By a link of the run, and one in another, whatever the order.
mkdir "$T/other"
echo other >"$T/other/file"
replay_ok -v "$T/other:$PWD/link/inner" -v "$T/here:$PWD/link" "$RUN" -- \
	sh -c 'cat sub/file sub/inner/file'
stdout_is "here
other"
# What is written there is not judged, and programs of it can be run.
replay_ok -v "$T/here:$PWD/sub" "$RUN"
stderr_has "'$PWD/sub/out': a volume lies there\$"
[ "$(cat "$T/here/out")" = 0.1 ] || fail "the output went elsewhere"
printf '#!%s\necho program\n' "$(command -v sh)" >"$T/here/program"
chmod +x "$T/here/program"
replay_ok -v "$T/here:/tools" "$RUN" -- /tools/program
stdout_is program
replay_fails 127 -v "$T/here:/tools" "$RUN" -- /tools/none

for target in / // /proc /proc/self/fd /sys/kernel /dev/shm /dev; do
	replay_fails 125 -v "$T/here:$target" "$RUN"
	stderr_has "^reprise: --volume: .* cannot be replaced"
done
refused "--volume: '$PWD/data' is no directory in the run" \
	-v "$T/here:$PWD/data"
refused "--volume: '$PWD/sub' is a directory in the run" \
	-v "$T/here/file:$PWD/sub"
refused "--volume: '/a/../etc' has a '.' or '..' component" \
	-v "$T/here:/a/../etc"
refused "--volume 'data' is not SRC:DST or SRC:DST:ro with an absolute DST" \
	-v data
refused "--volume '$T/none': No such file or directory" -v "$T/none:/x"
replay_fails 125 -v "$T/here:/o" -v "$T/here/inner:/o/none" "$RUN"
stderr_has "^reprise: volumes: cannot find '/o/none' in the root: No such file"
[ ! -e "$T/here/none" ] || fail "something was made on the host"

# A device of this host, at the same path.
node=$(find /dev -maxdepth 1 -type c ! -name 'tty' ! -name 'null' \
	! -name 'zero' ! -name 'full' ! -name '*random' ! -name 'ptmx' |
	sort | head -n 1)
if [ -n "$node" ]; then
	"$PROBES/steps" "stat:$node" # the probe is to be there
	replay_ok --device "$node" --device /dev/null "$RUN" -- sh -c \
		"test -c $node && echo there"
	stdout_is there
	stderr_has "^reprise: replaced: '$node' by this host's\$"
	[ "$(parts)" = device ] || fail "$(parts)"
	replay_fails 1 "$RUN" -- sh -c "test -c $node"
fi
refused "--device '/dev/none': No such file or directory" --device /dev/none
refused "--device '$T/here/file' is not a path below /dev" \
	--device "$T/here/file"
refused "--device '/dev/fd' is no device node" --device /dev/fd

# The network.
replay_ok --network host "$RUN" -- readlink /proc/self/ns/net
stdout_is "$(readlink /proc/self/ns/net)"
stderr_has "^reprise: replaced: no network by this host's\$"
[ "$(parts)" = network ] || fail "$(parts)"
replay_ok --network none "$RUN" -- readlink /proc/self/ns/net
[ "$(cat "$T/out")" != "$(readlink /proc/self/ns/net)" ] || fail "not its own"
