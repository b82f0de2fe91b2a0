#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# old-kernel.sh BUILD [get|groups]: boots the kernel of Debian 12 in an emulator,
# and captures and replays in it: old-kernel-checks.sh, or, with `groups`,
# old-kernel-groups.sh. `get` only fetches that kernel into BUILD/old-kernel.
# The last line is "N passed, N failed".
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd)
kernel=$build/old-kernel
limit=120
checks=checks
[ "${2-}" != groups ] || checks=groups
# The order in which they are loaded.
modules='drivers/virtio/virtio_ring drivers/virtio/virtio
	drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci_legacy_dev
	drivers/virtio/virtio_pci drivers/block/virtio_blk lib/crc16
	crypto/crc32c_generic lib/libcrc32c fs/mbcache fs/jbd2/jbd2
	fs/ext4/ext4 fs/overlayfs/overlay'

skip() {
	echo "skip: $*"
	exit 77
}

work=$(mktemp -d "${TMPDIR:-/tmp}/reprise-old-kernel.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Unpacked only: an installed kernel would want a boot loader.
get() {
	[ ! -s "$kernel/vmlinuz" ] || return 0
	command -v apt-get >/dev/null || skip "not a Debian system: no kernel"
	package=$(apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-6\.1\..*\)/\1/p')
	[ -n "$package" ] || skip "no package of Linux 6.1"
	(cd "$work" && apt-get -qq download "$package" >&2) ||
		skip "'$package' cannot be downloaded"
	release=${package#linux-image-}
	wanted=./boot/vmlinuz-$release
	for m in $modules; do
		wanted="$wanted ./lib/modules/$release/kernel/$m.ko"
	done
	rm -rf "$kernel"
	mkdir "$kernel" "$work/unpacked"
	# shellcheck disable=SC2086 # a list
	dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb |
		tar -x -C "$work/unpacked" $wanted
	find "$work/unpacked" -name '*.ko' -exec cp {} "$kernel" \;
	cp "$work/unpacked/boot/vmlinuz-$release" "$kernel/vmlinuz"
}

# A program and the libraries that it is linked with.
add_program() {
	cp "$1" "$root/bin/"
	ldd "$1" 2>/dev/null | sed -n 's/^[^/]*\(\/[^ ]*\) (.*/\1/p' |
		while read -r lib; do
			case $lib in
			/lib64/*) cp -L "$lib" "$root/lib64/" ;;
			*) cp -L "$lib" "$root/lib/" ;;
			esac
		done
}

# The disk: a root that can be pivoted, with user attributes.
make_disk() {
	root=$work/root
	mkdir -p "$root/bin" "$root/lib" "$root/lib64" "$root/etc" "$root/dev" \
		"$root/proc" "$root/sys" "$root/tmp" "$root/noexec" \
		"$root/root" "$root/home/user"
	add_program "$build/reprise"
	add_program "$build/probes/facts"
	add_program "$build/probes/walk"
	cp /bin/busybox "$root/bin/busybox"
	busybox --list | while read -r name; do
		[ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
	done
	cp "$tools/old-kernel-guest.sh" "$root/init"
	chmod 0755 "$root/init"
	cp "$tools/old-kernel-$checks.sh" "$root/checks"
	echo 'root:x:0:0::/root:/bin/sh
user:x:1000:1000::/home/user:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:
user:x:1000:' >"$root/etc/group"
	mke2fs -q -t ext4 -O ^has_journal -d "$root" "$work/disk" 192M >/dev/null
}

# What loads the modules and goes over to the disk.
make_initramfs() {
	mkdir -p "$work/early/bin" "$work/early/new" "$work/early/dev"
	cp /bin/busybox "$work/early/bin/"
	cp "$kernel"/*.ko "$work/early/"
	{
		echo '#!/bin/busybox sh'
		for m in $modules; do
			echo "/bin/busybox insmod /${m##*/}.ko"
		done
		echo '/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t ext4 /dev/vda /new
/bin/busybox umount /dev
exec /bin/busybox switch_root /new /init'
	} >"$work/early/init"
	chmod 0755 "$work/early/init"
	(cd "$work/early" && find . | busybox cpio -o -H newc 2>/dev/null) \
		>"$work/initramfs"
}

get
[ "${2-}" != get ] || exit 0
for program in qemu-system-x86_64 busybox mke2fs; do
	command -v $program >/dev/null || [ -x "/sbin/$program" ] ||
		skip "$program is not installed"
done
PATH=$PATH:/sbin:/usr/sbin
make_disk
make_initramfs
status=0
timeout -k 5 "$limit" qemu-system-x86_64 -machine accel=tcg -cpu max -smp 2 \
	-m 512M -nographic -no-reboot -nic none -monitor none \
	-serial "file:$work/console" -kernel "$kernel/vmlinuz" \
	-initrd "$work/initramfs" \
	-drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" \
	-append 'console=ttyS0 quiet panic=-1' </dev/null || status=$?
# What the firmware has written on the console has escapes in it.
tr -d '\r\033' <"$work/console" | sed 's/^.*\(kernel [0-9]\)/\1/' >"$work/lines"
cat "$work/lines"
passed=$(grep -c '^CHECK ok' "$work/lines") || true
failed=$(grep -c '^CHECK FAIL' "$work/lines") || true
if [ "$status" = 124 ]; then
	echo "the machine ran longer than $limit s"
	failed=$((failed + 1))
elif ! grep -q '^OLD-KERNEL-OK$' "$work/lines" && [ "$failed" = 0 ]; then
	echo "the machine stopped before its checks ended"
	failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
