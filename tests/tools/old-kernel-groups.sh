# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # read by old-kernel-guest.sh
# Limits by control groups: of root, which is in the topmost one; of a user
# alone in one of its own; of a user in root's.
groups=/sys/fs/cgroup
mount -t cgroup2 cgroup2 $groups
mkdir $groups/job $groups/own
# The emulator is slow, and half of this is what a bomb can have.
echo 600 >/proc/sys/kernel/pid_max
hog='dd if=/dev/zero of=/dev/null bs=128M count=1'
bomb='i=0; while sleep 60 & do i=$((i + 1)); done'

# enter GROUP USER COMMAND: nobody else is in the group then.
cat >/bin/enter <<'END'
#!/bin/sh
echo $$ >/sys/fs/cgroup/$1/cgroup.procs
home=/root
[ "$2" = root ] || home=/home/$2
exec su -s /bin/sh "$2" -c "PATH=/bin HOME=$home; export PATH HOME
	cd && exec $3"
END
chmod 0755 /bin/enter
all_gone() {
	for group in "$groups"/reprise-* "$groups"/own/reprise-*; do
		[ ! -e "$group" ] || return 1
	done
}

# No controller is there for its children, until we say so.
as root reprise doctor
check "doctor as root" 0 '^yes *control-group .* memory processes processors'
as user reprise doctor
check "doctor without a control group" 0 \
	'^no *control-group .*is not delegated to this user' \
	'remedy: systemd-run --user --scope -p Delegate=yes'

# Recorded under a limit of memory.
echo '+memory' >$groups/cgroup.subtree_control
echo 64M >$groups/job/memory.max
cat >/bin/job <<'END'
#!/bin/sh
/bin/cat /dev/null; /bin/sleep 0; /bin/true; /bin/dd if=/dev/null of=/dev/null
/bin/wc -l /dev/null
END
chmod 0755 /bin/job
for who in root user; do
	as root "enter job $who 'reprise capture -q --id-file id /bin/job'"
	check "capture as $who under a limit" 0
done

as root 'reprise replay --dry-run $(cat id)'
check "limits in the plan" 0 \
	'^at most *[0-9]* processes, 67108864 bytes of memory'
as root "reprise replay \$(cat id) -- $hog"
check "memory of root is limited" 137
all_gone
status=$?
check "no control group is left" 0
as root 'reprise replay $(cat id) -- cat /proc/self/cgroup'
check "the command does not see its control group" 0 '^0::/$'
as root 'reprise replay -q $(cat id) -- sleep 20 & pid=$!; sleep 4
	cat /sys/fs/cgroup/reprise-*/memory.max /sys/fs/cgroup/reprise-*/pids.max
	cat /sys/fs/cgroup/reprise-*/cgroup.procs | wc -l
	kill -9 $pid; sleep 1; ls -d /sys/fs/cgroup/reprise-*'
check "limits are set" 0 '^67108864$' '^300$' '^2$' reprise-
as root 'reprise replay -q $(cat id) -- true'
all_gone || status=99
check "what a killed replay left is removed" 0
# Without a limit of memory, which the bomb would meet first.
as root "reprise capture -q --id-file free /bin/job;
	reprise replay \$(cat free) -- $hog"
check "without a limit there is room" 0
as root "reprise replay \$(cat free) -- sh -c '$bomb'"
check "a fork bomb of root ends" 2 "can't fork"
as user "reprise replay \$(cat id) -- sh -c '$bomb'"
check "a fork bomb of a user ends" 2 "can't fork"
as user 'reprise replay $(cat id) -- true'
check "a limit that is not set is said" 0 \
	'had 0.1 GB of memory at most, and no limit is set here: the control'

# Given to a user.
for file in . cgroup.procs cgroup.subtree_control cgroup.threads; do
	chown user $groups/own/$file
done
echo '+pids' >$groups/cgroup.subtree_control
id=$(cat /home/user/id)
as root 'enter own user "reprise doctor"'
check "doctor with a control group" 0 '^yes *control-group .* memory processes'
as root "enter own user 'reprise replay $id -- $hog'"
check "memory of a user is limited" 137
as root "enter own user 'reprise replay -q $id -- sleep 20' & sleep 4
	cat $groups/own/reprise-*/memory.max $groups/own/cgroup.procs
	kill \$!; wait"
check "limits of a user are set" 0 '^67108864$' '^max$'
all_gone && [ -z "$(cat $groups/own/cgroup.subtree_control)" ] || status=99
check "no control group is left of a user" 0
as root "enter own user 'reprise replay -q --trace $id -- true'"
all_gone && [ -z "$(cat $groups/own/cgroup.subtree_control)" ] || status=99
check "nor of one whose replay was traced" 0
as root "enter own user \"sh -c 'reprise replay --dry-run $id; true'\""
check "others in the group" 0 'note .*other processes are in the control group'
# One that cannot be made all the same: nothing runs, nothing is left.
echo 1 >$groups/own/cgroup.max.descendants
as root "enter own user 'reprise replay $id -- sh -c \"echo ran\"'"
check "a control group that cannot be made" 125 \
	'^reprise: group: cannot make a control group: '
! grep -q ran "$T/out" && all_gone || status=99
check "nothing has run then" 125
