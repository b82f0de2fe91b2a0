# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # RUN is for the words of lib.sh
# matrix: users engines
# Programs that confine themselves by seccomp, or trace others: what the watch
# leaves alone is no gap, what it disturbs is one.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

engine=$REPRISE_TEST_BACKEND
echo data >input

no_gap() {
	[ "$(manifest "completeness.gaps.#")" = 0 ] ||
		fail "gaps: $(manifest completeness.gaps)"
	file_has "$PWD/input" access r
}
# gap KIND TEXT
gap() {
	[ "$(manifest "completeness.gaps.#")" = 1 ] ||
		fail "gaps: $(manifest completeness.gaps)"
	manifest_has "completeness.gaps.0.kind" "$1"
	case $(manifest completeness.gaps.0.detail) in
	"$2"*) ;;
	*) fail "the gap: $(manifest completeness.gaps.0.detail)" ;;
	esac
	file_has "$PWD/input" access r
}

# A filter of its own, as sandboxes have it: calls fail, or kill.
capture_ok -q "$PROBES/confine" podman mount=1 -- cat input
no_gap
stdout_is data

# seccomp MODE... : by seccomp(2), by prctl(2), and as a 32-bit program.
cat >own.c <<'END'
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {4, code};
	const char *mode = argv[1];
	char buf[99];
	int r = 0, n, fd = open("input", O_RDONLY);

	code[2].k = strstr(mode, "listen") ? SECCOMP_RET_USER_NOTIF
		    : strstr(mode, "trace") ? SECCOMP_RET_TRACE
					    : SECCOMP_RET_ERRNO | ENOSYS;
	errno = 0;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(mode, "listen"))
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) < 0;
	else if (!strcmp(mode, "strict"))
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
	else if (!strcmp(mode, "strict-prctl"))
		r = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
	else if (strstr(mode, "prctl"))
		r = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	else
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
	n = read(fd, buf, sizeof(buf));
	n = write(1, buf, n);
	printf("%s %s\n", mode, r ? strerror(errno) : "set");
	return 0;
}
END
cc -o own own.c
programs=./own
if cc -m32 -o own32 own.c 2>/dev/null && ./own32 fail >/dev/null 2>&1; then
	programs="./own ./own32"
fi
for own in $programs; do
	name=${own#./}
	for mode in fail fail-prctl; do
		capture_ok -q "$own" "$mode"
		stdout_has "$mode set"
		no_gap
	done
	for mode in trace trace-prctl; do
		capture_ok -q "$own" "$mode"
		stdout_has "$mode set"
		gap seccomp "'$name' traces system calls by seccomp: "
	done
	for mode in strict strict-prctl; do
		capture_ok -q "$own" "$mode"
		stdout_has "$mode Invalid argument"
		gap seccomp "'$name' asked for strict seccomp mode, "
	done
	capture_ok -q "$own" listen
	if [ "$engine" = notify ]; then
		stdout_has 'listen Device or resource busy'
		gap seccomp 'the program asked for a seccomp listener'
	else
		stdout_has 'listen set'
		gap seccomp "'$name' listens to system calls by seccomp: "
	fi
done

# Tracers: under a listener they work, under a tracer they cannot.

command -v strace >/dev/null || skip "strace is not installed"
run strace -o bare cat input
[ "$STATUS" = 0 ] || skip "strace cannot trace here"
if [ "$engine" = notify ]; then
	capture_ok -q strace -f -o calls cat input
	stdout_is data
	no_gap
	grep -q 'openat.*"input"' calls || fail "strace has seen nothing"
	capture_ok -q strace --seccomp-bpf -f -e trace=openat -o calls cat input
	stdout_is data
	gap seccomp "'strace' traces system calls by seccomp: "
else
	run reprise capture -q --backend ptrace --id-file "$T/id" \
		sh -c "strace -o calls cat input; cat input"
	RUN=$(cat "$T/id")
	stdout_is data
	gap ptrace "'strace' traces processes, and only one can: "
fi
# LeakSanitizer cannot run under a tracer.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"
# Reprise itself under strace -f: only a listener works there, and is chosen.
rm -f "$T/id"
ok strace -f -o /dev/null reprise capture -q --id-file "$T/id" cat input
RUN=$(cat "$T/id")
manifest_has run.backend notify
no_gap
expect_status 125 strace -f -o /dev/null reprise capture --backend ptrace true
stderr_has 'this process is being traced, by process [0-9]*; remedy: run it out'
# Under a debugger that does not follow, too.
if command -v gdb >/dev/null; then
	rm -f "$T/id"
	run gdb -q -batch -ex run --args "$(command -v reprise)" capture -q \
		--backend "$engine" --id-file "$T/id" cat input
	RUN=$(cat "$T/id")
	no_gap
fi
if [ "$engine" = notify ] && command -v gdb >/dev/null; then
	capture_ok -q gdb -q -batch -ex run --args cat input
	stdout_has '^data$'
	stdout_has 'exited normally'
	[ "$(manifest "completeness.gaps.#")" = 0 ] ||
		fail "gdb: $(manifest completeness.gaps)"
fi
