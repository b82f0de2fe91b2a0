#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deps.sh GROUP...: installs the Debian packages of the groups that are
# missing, with apt-get as root or through sudo; else names them and stops.
set -eu

# The only place that knows package names.
packages() {
	case $1 in
	build)
		echo gcc make pkg-config libc6-dev libseccomp-dev libcap-dev \
			libelf-dev libyaml-dev libssl-dev libarchive-dev \
			libjansson-dev libsqlite3-dev libgit2-dev
		;;
	demo)
		echo python3-sklearn
		;;
	test)
		echo libcmocka-dev git mandoc shellcheck clang-format uidmap \
			passwd strace python3-yaml python3-jsonschema python3-rdflib \
			python3-torch python3-pip python3-venv rpm
		# 32-bit programs are traced, too.
		[ "$(dpkg --print-architecture)" != amd64 ] ||
			echo gcc-multilib
		packages python
		;;
	python)
		version=$(/usr/bin/python3 -c 'import sys
print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || :
		echo "libpython${version:-3.11}-testsuite"
		;;
	old-kernel)
		[ "$(dpkg --print-architecture)" != amd64 ] ||
			echo qemu-system-x86 busybox-static e2fsprogs
		;;
	bench)
		echo reprozip cde proot strace python3-numpy python3-torch
		;;
	extra)
		echo cppcheck gcovr
		;;
	*)
		echo "deps.sh: unknown group '$1'" >&2
		exit 2
		;;
	esac
}

if ! command -v dpkg-query >/dev/null; then
	echo "deps.sh: not a Debian system: taking for granted that what" \
		"Debian calls these is there:" >&2
	for group; do packages "$group" 2>/dev/null; done >&2
	exit 0
fi

missing=
for group; do
	names=$(packages "$group")
	for p in $names; do
		state=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) || state=
		case $state in
		*' installed') ;;
		*) missing="$missing $p" ;;
		esac
	done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
then
	as_root=sudo
else
	echo "these packages are missing, and only root can install them:" >&2
	echo " $missing" >&2
	echo "run: apt-get install$missing" >&2
	exit 1
fi

echo "installing:$missing"
get() {
	# shellcheck disable=SC2086 # empty or one word, and a list of words
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}
get -qq update || echo "deps.sh: going on with the old package lists" >&2
# shellcheck disable=SC2086
get -qq -y --no-install-recommends install $missing </dev/null >/dev/null
