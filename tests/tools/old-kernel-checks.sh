# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2016,SC2154 # read by old-kernel-guest.sh
# Both users and engines, settings that refuse, each with its remedy.
yama=/proc/sys/kernel/yama/ptrace_scope

# The small run: reads, writes, lists, makes, renames and removes.
work='cat input && facts uid affinity >facts.txt && walk data >walk.txt &&
	mkdir made && mv data/a made/b && rm data/c && rmdir data/empty &&
	echo more >>data/d'
fresh='rm -rf data made facts.txt walk.txt && mkdir -p data/empty &&
	echo text >input && echo a >data/a && echo c >data/c && echo d >data/d'

for who in root user; do
	as "$who" reprise doctor
	check "doctor as $who" 0 '^yes *capture  *by seccomp user notif' \
		'^no *overlay-metadata-root ' 'remedy: Linux 6\.' \
		'^yes *overlay-cache-root ' '^yes *ptrace ' \
		'^yes *user-namespaces ' '^yes *seccomp-wait-killable '
	for engine in notify ptrace; do
		as "$who" "$fresh; reprise capture -q --backend $engine --id-file id \
			sh -c '$work'"
		check "capture as $who by $engine" 0 '^text$'
		as "$who" "rm -rf data made facts.txt walk.txt; reprise replay --check --result result \
			\$(cat id)"
		check "replay as $who of $engine" 0
		as "$who" cat result
		check "root B by itself as $who" 0 '"root": *"B"'
	done
	as "$who" 'REPRISE_ROOT=A reprise replay $(cat id)'
	check "root A refused as $who" 125 'Linux 6\.'
done

# So far it was 1; what is watched is a child, and only 2 and 3 matter.
for scope in 0 2; do
	echo $scope >$yama
	as root "$fresh; reprise capture -q --id-file id sh -c '$work'"
	check "capture as root with ptrace_scope $scope" 0 '^text$'
	as user "$fresh; reprise capture sh -c 'echo ran >ran'"
	[ $scope != 2 ] || break
	check "capture as user with ptrace_scope $scope" 0
done
check "capture as user refused with ptrace_scope 2" 125 \
	'ptrace_scope is 2: .*; remedy: sysctl kernel.yama.ptrace_scope=1'
as user 'rm ran; reprise capture true; cat ran'
check "nothing has run" 1
as user reprise doctor
check "doctor as user with ptrace_scope 2" 1 \
	'^no *process-memory ' 'remedy: sysctl kernel.yama.ptrace_scope=1, or root'
as user 'reprise replay --check $(cat id)'
check "replay as user with ptrace_scope 2" 0
echo 1 >$yama

# Debian's own switch, and the limit that every kernel has.
for setting in kernel/unprivileged_userns_clone user/max_user_namespaces; do
	name=$(echo $setting | tr / .)
	old=$(cat /proc/sys/$setting)
	echo 0 >/proc/sys/$setting
	as user reprise doctor
	check "doctor with $name 0" 1 '^no *user-namespaces ' \
		"$setting is 0, needed: sysctl $name="
	as user 'reprise replay $(cat id)'
	check "replay with $name 0" 125 "needed: sysctl $name="
	echo "$old" >/proc/sys/$setting
done

# A store on a file system that executes nothing.
for who in root user; do
	as "$who" "$fresh; export REPRISE_STORE=/noexec/$who
		reprise capture -q --id-file id sh -c '$work'
		rm -rf data made facts.txt walk.txt
		reprise replay --check \$(cat id)"
	check "a store on noexec as $who" 0
done
# A tmpfs of this kernel has no user attributes.
as user 'XDG_CACHE_HOME=/noexec reprise doctor'
check "doctor with a cache on a tmpfs" 1 '^no *overlay-cache-root ' \
	'remedy: set XDG_CACHE_HOME to a directory on a local ext4'
as user 'XDG_CACHE_HOME=/noexec reprise replay -s /noexec/user $(cat id)'
check "replay with a cache on a tmpfs" 125 'set XDG_CACHE_HOME to a directory'
