# SPDX-License-Identifier: Apache-2.0
# RUN is for the words of lib.sh; the inner shell expands.
# shellcheck shell=sh disable=SC2016,SC2034
# matrix: users engines
# limit: 300
# Every way for a program to read a file and to change what it has read: the
# record is compared with the bytes that the program printed. Then all of it is
# destroyed, and the replay must print the same. The cells are in
# tests/probes/matrix_*.c:
#   change   read, then written to in each way: open, append, mmap, truncate,
#            fallocate, clone, splice; attributes and times; never read
#   append   what O_APPEND promises, and how it is taken back
#   names    removed, replaced, exchanged, moved alone or with the directory,
#            hard and symbolic links, unnamed files, inodes used again
#   open     relative, by descriptor, openat2 and RESOLVE_*, chdir, fchdir,
#            /proc and /dev/fd, standard input, descriptors over sockets
#   look     looked at, absent, listed; odd names; what may not be read
#   process  threads, exec from a thread, vfork, CLONE_FS, fexecve, scripts,
#            environments, daemons, setuid
#   random   all of that in random order
#   race     a first read against what destroys it
#   view     user, mount and PID namespaces, chroot, pivot_root, file handles
#   mount    mounts in the recorder's own namespace; aliases
#   limits   what is a gap: unknown calls, x32, undumpable processes, ...
# Each is run as an ordinary program, and where it matters as a static and as a
# 32-bit one.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# In the namespaces that the cells need.
inside='eval "$setup"
reprise capture -q --backend "$REPRISE_TEST_BACKEND" --id-file "$T/id" \
	$options "$copy" run "$top" >"$T/printed"
[ -z "$options" ] || reprise finish "$(cat "$T/id")"
"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/matrix.py" "$(cat "$T/id")" \
	"$top" "$T/printed"'

# record PROBE KIND COMMAND...: has the cells of the program of this kind run
# by COMMAND, after $setup; all of it is gone afterwards. 1: it is not compiled.
setup=
options=
record() {
	copy=$T/$1
	top=$T/cells
	from=$PROBES/$1$2
	shift 2
	[ -x "$from" ] || return 1
	cp "$from" "$copy"
	mkdir "$top"
	"$copy" prepare "$top" || fail "$from cannot prepare its cells"
	rm -f "$T/id"
	export T PYTHON setup options copy top
	ok "$@" sh -euc "$inside"
	RUN=$(cat "$T/id")
	chmod -R u+rwX "$top"
	rm -rf "$top" "$copy"
}

for probe in change append names open look process random; do
	for kind in '' .static .32; do
		if record "matrix_$probe" "$kind" env; then
			replay_ok
			# Threads print when they can.
			sort "$T/printed" >"$T/wanted"
			sort "$T/out" | diff -a "$T/wanted" - ||
				fail "the replay prints something else"
		else
			echo "not compiled here: $probe$kind"
		fi
	done
done

# What is larger than --keep is not copied: when that loses something, a gap
# names it; a checkpoint that nobody has read costs nothing.
cd "$T" || exit
mkdir large
for f in read unread used; do
	head -c 5000 /dev/urandom >"large/$f"
done
truncate -s 20G large/checkpoint
capture_ok -q --keep 4K "$PROBES/steps" read:large/read create:large/read \
	create:large/unread read:large/used create:large/checkpoint
manifest_has completeness.gaps.# 1
manifest_has completeness.gaps.too-large.path "$PWD/large/read"
manifest_has "inputs.$PWD/large/used.stored" false
file_has "$PWD/large/checkpoint" size 21474836480
rm -rf large

# The same, read back from the journal.
options='--finish-within 0s'
record matrix_random '' env
record matrix_names '' env
options=

record matrix_race '' env
record matrix_limits '' env

# What no sandbox lets its programs do.
run unshare --user --map-root-user --mount true
[ "$STATUS" = 0 ] || skip "no user namespaces: some cells cannot run"
record matrix_view '' env
record matrix_view .32 env || echo "not compiled here: view.32"
# Mounts in the recorder's own namespace, which is not the host's.
record matrix_mount '' unshare --user --map-root-user --mount
# As in containers: the first write to a file makes another one of it.
mkdir upper work
setup='mount -t overlay -o userxattr,lowerdir="$top",upperdir=upper,workdir=work \
	overlay "$top"'
ok unshare --user --map-root-user --mount sh -euc "top=$T; $setup"
record matrix_change '' unshare --user --map-root-user --mount
record matrix_append '' unshare --user --map-root-user --mount
