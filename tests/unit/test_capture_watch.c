// SPDX-License-Identifier: Apache-2.0
/*
 * The watch: the filter against a small interpreter of BPF, and both engines
 * on this program itself, which makes each watched call once, natively and (on
 * x86-64, by int 0x80) as a 32-bit program would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "capture/calls.h"
#include "sandbox/watch/arch.h"
#include "sandbox/watch/filter.h"
#include "sandbox/watch/support.h"
#include "sandbox/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(x) (sizeof(x) / sizeof(*(x)))
#define MAGIC 0x5ca1ab1eu
#define STOPS 0x1234u /* what a filter of the test returns for a stop */

static const struct call_spec *table;
static size_t table_count;

/* ---- the filter ---- */

/* The part of classic BPF that seccomp filters use (seccomp(2)). */
static uint32_t interpret(
	const struct sock_fprog *prog, const struct seccomp_data *data)
{
	uint32_t acc = 0;

	for (size_t pc = 0; pc < prog->len; pc++) {
		const struct sock_filter *f = &prog->filter[pc];
		bool yes;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&acc, (const char *)data + f->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			acc &= f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = acc == f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = acc > f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = acc >= f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = acc & f->k;
			break;
		default:
			fail_msg("instruction %#x", f->code);
			return 0;
		}
		pc += yes ? f->jt : f->jf;
	}
	fail_msg("the filter has no end");
	return 0;
}

static struct filter built;

static int build_filter(void **state)
{
	struct err e = ERR_INIT;

	table = calls_table(&table_count);
	return filter_build(
		&built, table, table_count, SCMP_ACT_TRACE(STOPS), &e);
}

static int release_filter(void **state)
{
	filter_release(&built);
	return 0;
}

static const uint32_t audit_of[WATCH_ARCHES] = {
#if defined(__x86_64__)
	AUDIT_ARCH_X86_64,
	AUDIT_ARCH_I386,
#else
	AUDIT_ARCH_AARCH64,
	AUDIT_ARCH_ARM,
#endif
};

static bool stops_in(uint32_t audit, int nr, const uint64_t args[6])
{
	struct seccomp_data d = {.nr = nr, .arch = audit};

	memcpy(d.args, args, sizeof(d.args));
	return interpret(&built.prog, &d) == SCMP_ACT_TRACE(STOPS);
}

static bool stops(enum watch_arch arch, const char *name, const uint64_t args[6])
{
	int nr = seccomp_syscall_resolve_name_arch(arch_seccomp(arch), name);

	if (nr < 0)
		fail_msg("%s is not known", name);
	return stops_in(audit_of[arch], nr, args);
}

#define ARGS(...) ((const uint64_t[6]){__VA_ARGS__})

static int number_of(enum watch_arch arch, const struct call_spec *c)
{
	return c->number ? c->number
			 : seccomp_syscall_resolve_name_arch(
				   arch_seccomp(arch), c->name);
}

/* Arguments for which alternative `i` of the call stops. */
static void args_that_stop(const struct call_spec *c, size_t i, uint64_t args[6])
{
	memset(args, 0, 6 * sizeof(*args));
	for (size_t k = 0; k < COUNT(c->stop[i]); k++) {
		const struct arg_test *t = &c->stop[i][k];

		if (t->mask)
			args[t->arg] =
				t->differs ? ~t->value & t->mask : t->value;
	}
}

static void test_every_call_stops(void **state)
{
	size_t seen[WATCH_ARCHES] = {0};

	for (enum watch_arch a = 0; a < WATCH_ARCHES; a++)
		for (size_t i = 0; i < table_count; i++) {
			int nr = number_of(a, &table[i]);

			if (nr < 0)
				continue; /* the architecture has none */
			seen[a]++;
			for (size_t k = 0; k < COUNT(table[i].stop); k++) {
				uint64_t args[6];

				if (k && !table[i].stop[k][0].mask)
					continue;
				args_that_stop(&table[i], k, args);
				if (!stops_in(audit_of[a], nr, args))
					fail_msg("%s does not stop",
						table[i].name);
			}
			assert_int_equal(filter_lookup(&built, a, nr), i);
		}
	assert_true(seen[WATCH_NATIVE] > 80);
	assert_true(seen[WATCH_COMPAT] > 80);
	assert_true(built.prog.len < 1000);
}

/* Each call that names a path, a program or a peer. */
static void test_table_is_complete(void **state)
{
	static const char *const names[] = {"open", "openat", "openat2",
		"creat", "execve", "execveat", "stat", "lstat", "newfstatat",
		"statx", "access", "faccessat", "faccessat2", "readlink",
		"readlinkat", "chdir", "truncate", "rename", "renameat",
		"renameat2", "link", "linkat", "symlink", "symlinkat", "unlink",
		"unlinkat", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat",
		"chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat",
		"utime", "utimes", "futimesat", "utimensat", "setxattr",
		"lsetxattr", "getxattr", "lgetxattr", "listxattr", "llistxattr",
		"removexattr", "lremovexattr", "setxattrat", "getxattrat",
		"listxattrat", "removexattrat", "file_getattr", "file_setattr",
		"statfs", "name_to_handle_at", "open_by_handle_at", "mount",
		"umount2", "move_mount", "open_tree", "open_tree_attr",
		"mount_setattr", "fsmount", "fspick", "pivot_root", "chroot",
		"inotify_add_watch", "connect", "bind", "mmap",
		"io_uring_setup", "setns", "unshare", "uselib", "swapon",
		"acct", "exit_group", "seccomp", "prctl", "ptrace", "ftruncate",
		"fallocate", "fcntl", "ioctl", "pwritev2", "io_setup",
		/* of 32-bit programs */
		"stat64", "lstat64", "fstatat64", "statfs64", "truncate64",
		"chown32", "lchown32", "mmap2", "utimensat_time64",
		"socketcall", "umount"};

	for (size_t i = 0; i < COUNT(names); i++) {
		bool there = false;

		for (size_t k = 0; k < table_count; k++)
			there |= !strcmp(table[k].name, names[i]);
		if (!there)
			fail_msg("%s is not watched", names[i]);
	}
}

/* Frequent calls that say nothing new must never stop. */
static void test_others_run_freely(void **state)
{
	static const char *const free_calls[] = {"read", "write", "close",
		"mprotect", "munmap", "brk", "futex", "clone", "getpid", "poll",
		"lseek", "pread64", "getdents64", "exit", "dup", "sendmsg",
		"recvmsg", "wait4", "rt_sigaction", "clock_gettime", "getrandom"};
	static const uint64_t none[6];

	for (enum watch_arch a = 0; a < WATCH_ARCHES; a++) {
		for (size_t i = 0; i < COUNT(free_calls); i++) {
			int nr = seccomp_syscall_resolve_name_arch(
				arch_seccomp(a), free_calls[i]);

			if (nr < 0)
				continue; /* i386: part of socketcall */
			if (stops_in(audit_of[a], nr, none))
				fail_msg("%s stops", free_calls[i]);
			assert_int_equal(
				filter_lookup(&built, a, nr), FILTER_FREE);
		}
	}
}

static void test_arguments(void **state)
{
	const enum watch_arch n = WATCH_NATIVE;
	const uint64_t none = (uint64_t)-1, cwd = (uint32_t)AT_FDCWD;

	/* fstat(3) is newfstatat(fd, "", AT_EMPTY_PATH). */
	assert_false(stops(n, "newfstatat", ARGS(3, 1, 1, AT_EMPTY_PATH)));
	assert_true(stops(n, "newfstatat", ARGS(3, 1, 1, 0)));
	assert_true(stops(n, "newfstatat", ARGS(cwd, 1, 1, 0)));
	assert_true(stops(n, "newfstatat", ARGS(cwd, 1, 1, AT_EMPTY_PATH)));
	assert_true(stops(n, "newfstatat",
		ARGS(3, 1, 1, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)));
	assert_false(stops(n, "statx", ARGS(3, 1, AT_EMPTY_PATH, 0, 1)));
	assert_true(stops(n, "statx", ARGS(cwd, 1, AT_EMPTY_PATH, 0, 1)));
	assert_true(stops(n, "statx", ARGS(cwd, 1, 0, 0, 1)));

	/* Only files that are mapped executable. */
	assert_false(stops(n, "mmap", ARGS(0, 9, PROT_READ, MAP_PRIVATE, 3)));
	assert_true(stops(
		n, "mmap", ARGS(0, 9, PROT_READ | PROT_EXEC, MAP_PRIVATE, 3)));
	assert_false(stops(n, "mmap",
		ARGS(0, 9, PROT_EXEC | PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			none)));
	assert_true(stops(
		n, "mmap", ARGS(0, 9, PROT_EXEC, MAP_SHARED | MAP_FIXED, 3)));

	/* Only what can take the promise of O_APPEND back. */
	assert_false(stops(n, "ioctl", ARGS(1, 0x5401)));    /* TCGETS */
	assert_true(stops(n, "ioctl", ARGS(3, 0x4030582b))); /* UNRESVSP64 */
	assert_false(stops(n, "fcntl", ARGS(3, F_GETFL)));
	assert_true(stops(n, "fcntl", ARGS(3, F_SETFL)));
	assert_false(stops(n, "pwritev2", ARGS(3, 1, 1, 0, 0, 0x10)));
	assert_true(stops(n, "pwritev2", ARGS(3, 1, 1, 0, 0, 0x20)));

#if defined(__x86_64__)
	/* Its arguments are in memory; mmap2's are not. */
	assert_true(stops(WATCH_COMPAT, "mmap", ARGS(0x1000)));
	assert_false(stops(WATCH_COMPAT, "mmap2", ARGS(0, 9, PROT_READ, 2, 3)));
	assert_false(stops(n, "mmap", ARGS(0x1000)));
#endif
	assert_false(stops(n, "unshare", ARGS(CLONE_FS)));
	assert_true(stops(n, "unshare", ARGS(CLONE_NEWNS | CLONE_FS)));
	assert_true(stops(n, "unshare", ARGS(CLONE_NEWUSER)));

	/* Programs that trace or confine themselves, not what they do then. */
	assert_true(stops(n, "ptrace", ARGS(PTRACE_TRACEME)));
	assert_true(stops(n, "ptrace", ARGS(PTRACE_ATTACH)));
	assert_true(stops(n, "ptrace", ARGS(PTRACE_SEIZE)));
	assert_false(stops(n, "ptrace", ARGS(PTRACE_PEEKDATA)));
	assert_false(stops(n, "ptrace", ARGS(PTRACE_CONT)));
	assert_false(stops(n, "ptrace", ARGS(PTRACE_GETREGSET)));
	assert_true(stops(n, "prctl", ARGS(PR_SET_SECCOMP)));
	assert_false(stops(n, "prctl", ARGS(PR_SET_NAME)));
}

/* What nobody knows must stop: it cannot be said to be harmless. */
static void test_unknown(void **state)
{
	static const uint64_t none[6];

	for (enum watch_arch a = 0; a < WATCH_ARCHES; a++) {
		for (int nr = 480; nr < 600; nr++) {
			assert_true(stops_in(audit_of[a], nr, none));
			assert_int_equal(
				filter_lookup(&built, a, nr), WATCH_UNKNOWN);
		}
		assert_true(stops_in(audit_of[a], INT32_MAX, none));
	}
	assert_int_equal(filter_lookup(&built, WATCH_OTHER, 0), WATCH_UNKNOWN);
	assert_int_equal(filter_lookup(&built, 0, -1), WATCH_UNKNOWN);
	assert_int_equal(filter_lookup(&built, 0, FILTER_NUMBERS), WATCH_UNKNOWN);
	/* Another architecture, and x32. */
	assert_true(stops_in(AUDIT_ARCH_S390X, 3, none));
#if defined(__x86_64__)
	assert_true(stops_in(AUDIT_ARCH_X86_64, 0x40000000, none));
	assert_int_equal(
		arch_from_audit(AUDIT_ARCH_X86_64, 0x40000001), WATCH_OTHER);
#endif
	assert_int_equal(arch_from_audit(audit_of[0], 1), WATCH_NATIVE);
	assert_int_equal(arch_from_audit(audit_of[1], 1), WATCH_COMPAT);
	assert_int_equal(arch_from_audit(AUDIT_ARCH_S390X, 1), WATCH_OTHER);
	assert_int_equal(watch_word(WATCH_NATIVE), 8);
	assert_int_equal(watch_word(WATCH_COMPAT), 4);
}

/* ---- the engines ---- */

/* What the recorder saw, in memory that this process shares with it. */
struct seen {
	unsigned stops[WATCH_ARCHES][200]; /* of calls with the magic */
	unsigned unknown;
	int end_status;
	bool started, ended;
	char text[64];
	ssize_t text_len, bad_len;
	int bad_errno;
};
static struct seen *seen;

/* Errors that no call of the probe gives by itself. */
static int error_of(int spec)
{
	return 200 + spec % 100;
}

static void deny_all(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	if ((uint32_t)c->args[4] != MAGIC)
		return;
	if (!watch_call_valid(w, c))
		return;
	if (c->spec == WATCH_UNKNOWN) {
		seen->unknown++;
		*out = (struct answer){.kind = ANSWER_DENY, .error = ENOTUNIQ};
		return;
	}
	seen->stops[c->arch][c->spec]++;
	*out = (struct answer){.kind = ANSWER_DENY, .error = error_of(c->spec)};
}

static void on_start(void *arg, struct watch *w, pid_t command)
{
	seen->started = command > 0;
}

static void on_end(void *arg, const struct watch_end *end)
{
	seen->ended = true;
	seen->end_status = end->status;
}

struct run {
	enum watch_backend backend;
	const char *task; /* of this program */
	void (*call)(
		void *, struct watch *, const struct call *, struct answer *);
};

/* Its wait status; -1 when the engine cannot work here. In a child: the
 * keeper takes over signals and standard output. */
static int watched(const struct run *r)
{
	char *argv[] = {(char *)"test_watch", (char *)(uintptr_t)r->task, NULL};
	enum watch_backend backend = r->backend;
	struct watch_spec spec = {
		.calls = table,
		.call_count = table_count,
		.backend = r->backend,
		.executable = "/proc/self/exe",
		.argv = argv,
		.envp = environ,
		.umask = 0027,
		.handler = {.call = r->call, .start = on_start, .end = on_end},
	};
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct watch_support host;
	int status;
	pid_t pid;

	assert_true(n > 0);
	self[n] = 0;
	spec.executable = self;
	watch_support_probe(&host, backend, false);
	if (watch_choose(&host, &backend, NULL) < 0)
		return -1;
	memset(seen, 0, sizeof(*seen));
	pid = fork();
	if (pid == 0) {
		struct watch_result out;
		struct err e = ERR_INIT;

		if (watch_run(&spec, &out, &e) < 0)
			_exit(90);
		if (out.outcome != WATCH_ENDED)
			_exit(91);
		watch_die_like(out.status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static const enum watch_backend engines[] = {BACKEND_NOTIFY, BACKEND_PTRACE};

/* The calls of one ABI. */
static long native_call(long nr, const uint64_t a[6])
{
	long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return r < 0 ? -errno : r;
}

#if defined(__x86_64__)
static long compat_call(long nr, const uint64_t a[6])
{
	int r;
	register long first __asm__("r12") = (int)a[0];
	register long sixth __asm__("r13") = (int)a[5];

	/* Registers of the older ABI; rbx and rbp may be the compiler's. */
	__asm__ volatile("push %%rbx\n\tpush %%rbp\n\tmov %%r12d, %%ebx\n\t"
			 "mov %%r13d, %%ebp\n\tint $0x80\n\t"
			 "pop %%rbp\n\tpop %%rbx"
			 : "=a"(r)
			 : "a"((int)nr), "r"(first), "c"((int)a[1]),
			 "d"((int)a[2]), "S"((int)a[3]), "D"((int)a[4]),
			 "r"(sixth)
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}
#endif

/* Is it there at all (CONFIG_IA32_EMULATION)? In a child: it may crash. */
static bool has_compat(void)
{
#if defined(__x86_64__)
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(compat_call(20, (uint64_t[6]){0}) == getpid() ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
#else
	return false;
#endif
}

static int make_calls(enum watch_arch arch, long (*f)(long, const uint64_t *))
{
	for (size_t i = 0; i < table_count; i++) {
		int nr = number_of(arch, &table[i]);
		uint64_t args[6];
		long r;

		/* The call that ends this process comes last. */
		if (nr < 0 || table[i].never_fails)
			continue;
		args_that_stop(&table[i], 0, args);
		args[4] = MAGIC;
		r = f(nr, args);
		if (r != -error_of((int)i)) {
			fprintf(stderr, "%s gives %ld\n", table[i].name, r);
			return 1;
		}
	}
	return 0;
}

static int task_calls(void)
{
	/* A number that nobody knows. */
	if (syscall(481, 0, 0, 0, 0, (long)MAGIC) != -1 || errno != ENOTUNIQ)
		return 2;
	/* These do not stop, or they would be denied. */
	if (syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, (long)MAGIC, 0) == -1)
		return 3;
	if (make_calls(WATCH_NATIVE, native_call))
		return 1;
#if defined(__x86_64__)
	if (has_compat() && make_calls(WATCH_COMPAT, compat_call))
		return 4;
#endif
	/* This one ends here, unless somebody stops it. */
	syscall(SYS_exit_group, 42, 0, 0, 0, (long)MAGIC);
	return 42;
}

static void test_engine_calls(void **state)
{
	bool compat = has_compat();

	for (size_t k = 0; k < COUNT(engines); k++) {
		int status =
			watched(&(struct run){engines[k], "calls", deny_all});

		if (status < 0)
			skip();
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 42);
		assert_true(seen->started && seen->ended);
		assert_true(WEXITSTATUS(seen->end_status) == 42);
		assert_int_equal(seen->unknown, 1);
		for (enum watch_arch a = 0; a < WATCH_ARCHES; a++)
			for (size_t i = 0; i < table_count; i++) {
				bool want = number_of(a, &table[i]) >= 0 &&
					    (a == WATCH_NATIVE || compat);

				if (table[i].never_fails)
					want = a == WATCH_NATIVE &&
					       engines[k] == BACKEND_PTRACE;
				if (seen->stops[a][i] != want)
					fail_msg("%s: %s stopped %u times",
						watch_backend_name(engines[k]),
						table[i].name, seen->stops[a][i]);
			}
	}
}

/* Answers by the path: a value, an error, or the call as it is. */
static void by_path(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	char path[64], page[8];

	if (c->spec < 0 || strcmp(table[c->spec].name, "openat") != 0)
		return;
	if (watch_read_string(c->tid, c->args[1], path, sizeof(path)) < 0)
		return;
	if (!strcmp(path, "return"))
		*out = (struct answer){.kind = ANSWER_RETURN, .value = 12345};
	if (!strcmp(path, "negative"))
		*out = (struct answer){.kind = ANSWER_RETURN, .value = -1000000};
	if (!strcmp(path, "deny"))
		*out = (struct answer){.kind = ANSWER_DENY, .error = EXFULL};
	if (strncmp(path, "memory", 6) != 0)
		return;
	/* argument 2 points into a page before one that is not there */
	seen->text_len = watch_read_string(
		c->tid, c->args[2], seen->text, sizeof(seen->text));
	seen->bad_len = watch_read(c->tid, c->args[2] + 8, page, sizeof(page));
	errno = 0;
	watch_read_string(c->tid, c->args[3], page, sizeof(page));
	seen->bad_errno = errno;
}

static int task_answers(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct stat st;

	if (syscall(SYS_openat, AT_FDCWD, "return", 0, 0) != 12345)
		return 1;
	if (syscall(SYS_openat, AT_FDCWD, "negative", 0, 0) != -1000000)
		return 2;
	if (syscall(SYS_openat, AT_FDCWD, "deny", 0, 0) != -1 || errno != EXFULL)
		return 3;
	if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0) < 0)
		return 4;
	/* A name at the very end of memory is read to its NUL. */
	if (p == MAP_FAILED || munmap(p + 4096, 4096) < 0)
		return 5;
	strcpy(p + 4096 - 12, "the end");
	syscall(SYS_openat, AT_FDCWD, "memory", p + 4096 - 12, p + 4096);
	/* The umask that was asked for. */
	if (umask(0) != 0027)
		return 6;
	if (stat("/", &st) < 0)
		return 7;
	return 43;
}

static void test_engine_answers(void **state)
{
	for (size_t k = 0; k < COUNT(engines); k++) {
		int status =
			watched(&(struct run){engines[k], "answers", by_path});

		if (status < 0)
			skip();
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 43);
		assert_int_equal(seen->text_len, 7);
		assert_string_equal(seen->text, "the end");
		assert_int_equal(seen->bad_len, 4);
		assert_int_equal(seen->bad_errno, EFAULT);
	}
}

static void count_free(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	if (c->spec >= 0 && !strncmp(table[c->spec].name, "open", 4))
		__atomic_add_fetch(
			&seen->stops[c->arch][c->spec], 1, __ATOMIC_RELAXED);
}

/* Threads and forks whose calls come at once: none is lost. */
static void *open_much(void *arg)
{
	for (int i = 0; i < 200; i++)
		syscall(SYS_openat, AT_FDCWD, "/nowhere/at/all", O_RDONLY, 0);
	return NULL;
}

static int task_parallel(void)
{
	pthread_t t[4];
	int status, bad = 0;

	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			for (int k = 0; k < 4; k++)
				pthread_create(&t[k], NULL, open_much, NULL);
			for (int k = 0; k < 4; k++)
				pthread_join(t[k], NULL);
			_exit(9);
		}
	while (wait(&status) > 0)
		bad |= !WIFEXITED(status) || WEXITSTATUS(status) != 9;
	return bad ? 1 : 44;
}

static void test_engine_parallel(void **state)
{
	for (size_t k = 0; k < COUNT(engines); k++) {
		int status = watched(
			&(struct run){engines[k], "parallel", count_free});
		unsigned opens = 0;

		if (status < 0)
			skip();
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 44);
		for (size_t i = 0; i < table_count; i++)
			if (!strcmp(table[i].name, "openat"))
				opens = seen->stops[WATCH_NATIVE][i];
		/* Those of the loader are counted, too. */
		assert_true(opens >= 3200);
	}
}

/* Deaths by a signal, and what is no program. */
static int task_killed(void)
{
	raise(SIGKILL);
	return 0;
}

static void test_engine_ends(void **state)
{
	for (size_t k = 0; k < COUNT(engines); k++) {
		int status =
			watched(&(struct run){engines[k], "killed", count_free});

		if (status < 0)
			skip();
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_true(WIFSIGNALED(seen->end_status));
	}
}

static void test_not_started(void **state)
{
	static const struct {
		const char *executable;
		int code;
	} cases[] = {
		{"/nowhere", ENOENT}, {"/etc/passwd", EACCES}, {"/", EACCES}};

	for (size_t k = 0; k < 2 * COUNT(cases); k++) {
		char *argv[] = {(char *)"x", NULL};
		struct watch_spec spec = {
			.calls = table,
			.call_count = table_count,
			.backend = engines[k % 2],
			.executable = cases[k / 2].executable,
			.argv = argv,
			.envp = environ,
			.handler = {.call = count_free, .end = on_end},
		};
		enum watch_backend backend = engines[k % 2];
		struct watch_support host;
		int status;
		pid_t pid;

		watch_support_probe(&host, backend, false);
		if (watch_choose(&host, &backend, NULL) < 0)
			skip();
		memset(seen, 0, sizeof(*seen));
		pid = fork();
		if (pid == 0) {
			struct watch_result out;
			struct err e = ERR_INIT;

			if (watch_run(&spec, &out, &e) < 0 ||
				out.outcome != WATCH_NOT_STARTED)
				_exit(0);
			_exit(out.exec_error);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), cases[k / 2].code);
		assert_false(seen->ended);
	}
}

static int share(void **state)
{
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen == MAP_FAILED ? -1 : build_filter(state);
}

static int unshare_it(void **state)
{
	munmap(seen, sizeof(*seen));
	return release_filter(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_complete),
		cmocka_unit_test(test_every_call_stops),
		cmocka_unit_test(test_others_run_freely),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_engine_calls),
		cmocka_unit_test(test_engine_answers),
		cmocka_unit_test(test_engine_parallel),
		cmocka_unit_test(test_engine_ends),
		cmocka_unit_test(test_not_started),
	};
	static const struct {
		const char *name;
		int (*run)(void);
	} tasks[] = {{"calls", task_calls}, {"answers", task_answers},
		{"parallel", task_parallel}, {"killed", task_killed}};

	table = calls_table(&table_count);
	/* _exit: what sanitizers do at the end does not work under ptrace. */
	for (size_t i = 0; argc == 2 && i < COUNT(tasks); i++)
		if (!strcmp(argv[1], tasks[i].name))
			_exit(tasks[i].run());
	return cmocka_run_group_tests_name("watch", tests, share, unshare_it);
}
