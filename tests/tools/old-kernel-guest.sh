#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The first process of the machine that old-kernel.sh starts: a line for each
# check of /checks, then OLD-KERNEL-OK when all of them passed, and the power
# goes off.
# shellcheck disable=SC2016 # for the shells that run it
export PATH=/bin LANG=C.UTF-8 LD_LIBRARY_PATH=/lib
T=/tmp/check
failed=0

power_off() {
	echo o >/proc/sysrq-trigger
	sleep 60
}
trap power_off EXIT

mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs /noexec
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm $T
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
# What else the console says must not get between the lines.
echo 1 >/proc/sys/kernel/printk
chown -R 0:0 /root /bin /lib /lib64 /etc
chmod 0700 /root /home/user
chown -R 1000:1000 /home/user
# The console as input would be waited for.
exec </dev/null
echo "kernel $(uname -r)"

fails() {
	echo "CHECK FAIL $*: status $status"
	sed 's/^/| /' $T/out $T/err
	failed=1
}

# as USER SCRIPT: sets $status; the text is in $T/out and $T/err.
as() {
	who=$1
	shift
	status=0
	if [ "$who" = root ]; then
		HOME=/root sh -c "cd && $*" >$T/out 2>$T/err || status=$?
	else
		su -s /bin/sh user -c "PATH=/bin HOME=/home/user; export PATH HOME
			cd && $*" >$T/out 2>$T/err || status=$?
	fi
}

# check NAME STATUS [TEXT...]: what the last `as` should have given; each TEXT
# is a basic regular expression that some line matches.
check() {
	checked=$1 wanted=$2
	shift 2
	if [ "$status" != "$wanted" ]; then
		fails "$checked"
		return
	fi
	for text; do
		if ! grep -q -e "$text" $T/out $T/err; then
			fails "$checked: nothing says '$text'"
			return
		fi
	done
	echo "CHECK ok $checked"
}

# shellcheck source=/dev/null
. /checks
[ "$failed" = 0 ] && echo OLD-KERNEL-OK
