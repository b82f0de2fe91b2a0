#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# on-host.sh DIR COMMAND...: runs COMMAND where this machine has the GPUs of the
# fixture DIR, in mounts that nobody else sees: DIR/proc/driver and DIR/sys over
# the kernel's, nodes of DIR/nodes in /dev, a stand-in for NVIDIA's user
# libraries of the version in DIR/driver in /usr/local/nvidia/lib64, DIR/run as
# /run. As root nodes have the numbers that DIR/nodes gives; without root they
# are the null device. REPRISE_TEST_STUB is the stand-in's file.
set -eu

if [ "$1" != --inside ]; then
	REPRISE_TEST_UID=$(id -u)
	REPRISE_TEST_GID=$(id -g)
	export REPRISE_TEST_UID REPRISE_TEST_GID
	[ "$REPRISE_TEST_UID" = 0 ] || set -- --user "$@"
	if [ "$1" = --user ]; then
		shift
		exec unshare -Urm --propagation private sh "$0" --inside "$@"
	fi
	exec unshare -m --propagation private sh "$0" --inside "$@"
fi
shift
host=$1
shift

work=$(mktemp -d "${TMPDIR:-/tmp}/host.XXXXXX")
mount -t tmpfs none "$work"
mkdir "$work/proc" "$work/sys" "$work/dev"

# The kernel gives a new /proc and /sys only to who can see a whole one.
mount --rbind /proc "$work/proc"
mount --rbind /sys "$work/sys"
mount -t tmpfs none /proc/driver
[ ! -d "$host/proc/driver" ] || cp -R "$host/proc/driver/." /proc/driver
for part in bus class module; do
	[ -d "$host/sys" ] || break
	mount -t tmpfs none "/sys/$part"
	[ ! -d "$host/sys/$part" ] || cp -R "$host/sys/$part/." "/sys/$part"
done

node() { # PATH MAJOR MINOR MODE
	mkdir -p "$(dirname "$work$1")"
	if [ "$REPRISE_TEST_UID" = 0 ] &&
		mknod -m "$4" "$work$1" c "$2" "$3" 2>/dev/null; then
		return
	fi
	: >"$work$1"
	mount --bind /dev/null "$work$1"
}
mount -t tmpfs -o mode=755 none "$work/dev"
for name in null zero full random urandom tty; do
	: >"$work/dev/$name"
	mount --bind "/dev/$name" "$work/dev/$name"
done
mkdir "$work/dev/pts" "$work/dev/shm"
mount --rbind /dev/pts "$work/dev/pts"
mount --rbind /dev/shm "$work/dev/shm"
ln -s pts/ptmx "$work/dev/ptmx"
ln -s /proc/self/fd "$work/dev/fd"
while read -r path major minor mode; do
	node "$path" "$major" "$minor" "$mode"
done <"$host/nodes"
mount --rbind "$work/dev" /dev

mount -t tmpfs -o mode=755 none /usr/local
if [ -f "$host/driver" ]; then
	version=$(cat "$host/driver")
	lib=/usr/local/nvidia/lib64
	mkdir -p $lib
	for name in libcuda libnvidia-ml libnvidia-ptxjitcompiler; do
		cp "$REPRISE_TEST_STUB/$name.so.1" "$lib/$name.so.$version"
		ln -s "$name.so.$version" "$lib/$name.so.1"
	done
	ln -s libcuda.so.1 $lib/libcuda.so
fi
mount -t tmpfs -o mode=755 none /run
[ ! -d "$host/run" ] || cp -R "$host/run/." /run

[ "$REPRISE_TEST_UID" != 0 ] || exec "$@"
exec unshare -U --map-user="$REPRISE_TEST_UID" \
	--map-group="$REPRISE_TEST_GID" "$@"
