# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# matrix: users engines
# limit: 300
# Hundreds of small probes see the same bare and captured: what calls return,
# how processes end, what signals do, what a program finds of itself.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

# The calls that only 32-bit programs have, and some that they have, too.
calls32='open.read open.create openat.read creat execve stat64 lstat64 oldstat
oldlstat fstatat fstatat.empty statx access.read readlink statfs64 truncate64
unlink chown32 lchown32 utime utimensat utimensat64 setxattr'

# A sanitizer needs memory that these do not leave, and shows in a child until
# that executes something.
too_small=none
not_for_all='^$'
if ldd "$(command -v reprise)" | grep -q libasan; then
	too_small='address-space\|data-size'
	not_for_all='resident below'
fi

# probes [COMMAND...]: runs all, each below COMMAND.
probes() (
	rm -rf run
	mkdir run
	cd run || exit
	for p in "$PROBES"/same_*; do
		case $p in
		*/same_setup) continue ;;
		*/same_paths.32)
			# shellcheck disable=SC2086 # words
			"$@" "$p" $calls32
			;;
		*) "$@" "$p" ;;
		esac || echo "ended with $?: $p"
	done
	for s in $("$PROBES/same_setup" | grep -vx "$too_small"); do
		"$PROBES/same_setup" "$s" "$@" "$PROBES/same_self" itself "$s" ||
			echo "ended with $?: $s"
	done
	:
)
unset OLDPWD
probes 2>&1 | grep -v "$not_for_all" >bare
probes reprise capture -q --backend "$REPRISE_TEST_BACKEND" 2>&1 |
	grep -v "$not_for_all" >captured
user=others
[ "$(id -u)" != 0 ] || user=root
"$PYTHON" "$REPRISE_TEST_TREE/tests/integration/same_as_bare.py" \
	"$REPRISE_TEST_TREE/tests/integration/same_as_bare.expected" \
	"$REPRISE_TEST_BACKEND" "$user" bare captured

# Where the recorder keeps out of the run's way, it says so.
if [ -w /dev/fuse ]; then
	capture_ok -q "$PROBES/same_mounts" served
	manifest_has completeness.gaps.served-files.kind served-files
fi
