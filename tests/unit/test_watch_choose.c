// SPDX-License-Identifier: Apache-2.0
/*
 * Which engine is chosen, from what works; and what works, where calls are
 * refused as a container's seccomp profile does it.
 */
#include "base/err.h"
#include "sandbox/watch/support.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>

#define UNTRIED WATCH_UNTRIED
#define AUTO BACKEND_AUTO
#define NOTIFY BACKEND_NOTIFY
#define PTRACE BACKEND_PTRACE
#define NONE (-1)

static const struct decision {
	struct watch_support host;
	enum watch_backend asked;
	int chosen;
	const char *detail, *remedy; /* parts of the message */
} decisions[] = {
	{{.ptrace = UNTRIED}, AUTO, NOTIFY, NULL, NULL},
	{{.ptrace = UNTRIED}, NOTIFY, NOTIFY, NULL, NULL},
	{{0}, PTRACE, PTRACE, NULL, NULL},
	/* A tracer above disturbs the engine of ptrace only. */
	{{.ptrace = EPERM, .tracer = 7}, AUTO, NOTIFY, NULL, NULL},
	{{.ptrace = EPERM, .tracer = 7}, PTRACE, NONE, "traced, by process 7",
		"outside of that tracer"},
	/* Old kernels: ptrace is the better one, but both will do. */
	{{.interrupts = true}, AUTO, PTRACE, NULL, NULL},
	{{.interrupts = true, .ptrace = EPERM}, AUTO, NOTIFY, NULL, NULL},
	{{.notify = EINVAL, .interrupts = true}, AUTO, PTRACE, NULL, NULL},
	{{.notify = EINVAL}, NOTIFY, NONE, "no seccomp listeners", "Linux 5.5"},
	{{.ptrace = EOPNOTSUPP}, PTRACE, NONE, "which call", "Linux 5.3"},
	/* A listener is taken, or refused. */
	{{.notify = EBUSY}, AUTO, PTRACE, NULL, NULL},
	{{.notify = EBUSY}, NOTIFY, NONE, "another program's seccomp listener",
		"outside of that program"},
	{{.notify = EBUSY, .ptrace = EBUSY}, AUTO, NONE,
		"another program's seccomp listener", "outside of that program"},
	{{.notify = EBUSY, .ptrace = EBUSY}, PTRACE, NONE,
		"takes the calls before ptrace", "outside of that program"},
	{{.notify = EPERM}, AUTO, PTRACE, NULL, NULL},
	{{.notify = EPERM}, NOTIFY, NONE, "listener is refused",
		"seccomp=unconfined"},
	{{.ptrace = EPERM}, PTRACE, NONE, "ptrace is refused",
		"--cap-add SYS_PTRACE"},
	{{.notify = EPERM, .ptrace = EPERM}, AUTO, NONE,
		"Operation not permitted, and ptrace is refused: Operation",
		"seccomp=unconfined); or in a container: start it with "
		"--cap-add SYS_PTRACE"},
	{{.notify = EPERM, .ptrace = EPERM, .tracer = 9}, AUTO, NONE,
		"traced, by process 9", "outside of that tracer"},
	/* What both need. */
	{{.memory = EPERM, .yama = -1}, AUTO, NONE, "memory cannot be read",
		"--cap-add SYS_PTRACE"},
	{{.memory = EPERM, .yama = 1}, NOTIFY, NONE, "memory cannot be read",
		"apparmor=unconfined"},
	{{.memory = EPERM, .yama = 2}, AUTO, NONE, "ptrace_scope is 2",
		"sysctl kernel.yama.ptrace_scope=1"},
	{{.memory = EPERM, .yama = 3}, PTRACE, NONE, "ptrace_scope is 3",
		"restart"},
	/* Root at 2 may read. */
	{{.yama = 2}, AUTO, NOTIFY, NULL, NULL},
	{{.proc = ENOENT, .memory = ENOENT}, AUTO, NONE, "not mounted",
		"mount -t proc"},
	{{.proc = EXDEV}, PTRACE, NONE, "another PID namespace", "--mount-proc"},
};

static void decides_by_what_works(void **state)
{
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		const struct decision *d = &decisions[i];
		enum watch_backend backend = d->asked;
		struct watch_refusal why;
		struct err e = ERR_INIT;
		int r = watch_decide(&d->host, &backend, &why);

		print_message("%zu: %s %s\n", i, r < 0 ? why.detail : "",
			r < 0 ? why.remedy : "");
		if (d->chosen != NONE) {
			assert_int_equal(r, 0);
			assert_int_equal(backend, d->chosen);
			continue;
		}
		assert_int_equal(r, -1);
		assert_non_null(strstr(why.detail, d->detail));
		assert_non_null(strstr(why.remedy, d->remedy));
		/* The error says both, in one line. */
		assert_int_equal(watch_choose(&d->host, &backend, &e), -1);
		assert_non_null(strstr(e.msg, why.detail));
		assert_non_null(strstr(e.msg, why.remedy));
	}
}

/* What `f` gives in a process of its own, where calls may be refused. */
static int in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct watch_support probe(void)
{
	struct watch_support s;

	watch_support_probe(&s, BACKEND_AUTO, true);
	return s;
}

static int memory_by_file(void)
{
	refuse_call(SYS_process_vm_readv, EPERM);
	return probe().memory;
}

static int memory_without_call(void)
{
	refuse_call(SYS_process_vm_readv, ENOSYS);
	return probe().memory;
}

static int ptrace_refused(void)
{
	struct watch_support s;

	refuse_call(SYS_ptrace, EACCES);
	s = probe();
	return !s.notify && !s.memory ? s.ptrace : 255;
}

/* The older call loads a filter, too, but gives no listener. */
static int seccomp_refused(void)
{
	struct watch_support s;

	refuse_call(SYS_seccomp, EPERM);
	s = probe();
	return !s.captured && !s.ptrace ? s.notify : 255;
}

/* As an ignored signal, from nohup-like callers. */
static int no_ends_of_children(void)
{
	struct sigaction act;
	struct watch_support s;

	signal(SIGCHLD, SIG_IGN);
	s = probe();
	sigaction(SIGCHLD, NULL, &act);
	return act.sa_handler == SIG_IGN ? s.memory + s.notify + s.ptrace : 255;
}

static void kill_call(unsigned nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* A profile that kills, as services have it: only the probe is killed. */
static int seccomp_kills(void)
{
	struct watch_support s;

	kill_call(SYS_seccomp);
	s = probe();
	return !s.captured && !s.memory ? s.notify : 255;
}

/* Another program's listener, for a call that capture does not test. */
static int listener_above(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {4, code};
	struct watch_support s;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) < 0)
		return 255;
	s = probe();
	return !s.ptrace ? s.notify : 254;
}

static void finds_out_by_trying(void **state)
{
	assert_int_equal(in_child(memory_by_file), 0);
	assert_int_equal(in_child(memory_without_call), 0);
	assert_int_equal(in_child(ptrace_refused), EACCES);
	assert_int_equal(in_child(seccomp_refused), EPERM);
	assert_int_equal(in_child(no_ends_of_children), 0);
	assert_int_equal(in_child(seccomp_kills), EPERM);
	assert_int_equal(in_child(listener_above), EBUSY);
}

/* A child of this process is traced by it. */
static void knows_its_tracer(void **state)
{
	struct watch_support *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid = fork();

	assert_ptr_not_equal(s, MAP_FAILED);
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		*s = probe();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	/* Its children are traced too, as by strace -f. */
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK);
	ptrace(PTRACE_CONT, pid, 0, 0);
	for (;;) {
		pid_t got = waitpid(-1, &status, __WALL);

		if (got == pid && WIFEXITED(status))
			break;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, got, 0,
				status >> 16 || WSTOPSIG(status) == SIGSTOP
					? 0
					: WSTOPSIG(status));
	}
	while (waitpid(-1, &status, __WALL) > 0)
		;
	assert_int_equal(s->tracer, getpid());
	assert_int_equal(s->notify, 0);
	assert_int_equal(s->ptrace, EPERM);
	munmap(s, sizeof(*s));
}

/* Process ids of the wrong namespace would name other processes. */
static void knows_whose_proc_it_sees(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
			_exit(77);
		pid = fork();
		if (pid == 0)
			_exit(probe().proc == EXDEV ? 0 : 1);
		waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(probe().proc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_by_what_works),
		cmocka_unit_test(finds_out_by_trying),
		cmocka_unit_test(knows_its_tracer),
		cmocka_unit_test(knows_whose_proc_it_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
