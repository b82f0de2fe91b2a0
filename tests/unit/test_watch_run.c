// SPDX-License-Identifier: Apache-2.0
/*
 * What surrounds the answers of the watch: memory of tasks, what the command
 * gets and leaves behind, and the loss of the recorder. What is watched is
 * this same program, run again with the name of a task.
 */
#include "base/err.h"
#include "base/fs.h"
#include "sandbox/watch/support.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct call_spec specs[] = {{.name = "openat"}};

static struct seen {
	unsigned ends, lost;
	int lost_status;
	struct watch_end end;
	_Atomic unsigned opened[26]; /* of "/m/a", "/m/b", ... */
	/* What watch_run returned. */
	int r;
	struct watch_result result;
	struct err err;
} * seen;

static char self[PATH_MAX];

/* Memory: three pages of 'a', and nothing behind them */

#define END ((size_t)3 * 4096)

static char *pages;

static int map_pages(void **state)
{
	pages = mmap(NULL, END + 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return -1;
	memset(pages, 'a', END);
	return munmap(pages + END, 4096);
}

static int unmap_pages(void **state)
{
	return munmap(pages, END);
}

static ssize_t string_at(size_t offset, char *buf, size_t cap)
{
	return watch_read_string(
		getpid(), (uint64_t)(uintptr_t)(pages + offset), buf, cap);
}

static void strings_near_the_end_of_memory(void **state)
{
	char buf[PATH_MAX];

	pages[END - 1] = 0;
	assert_int_equal(string_at(END - 1, buf, sizeof(buf)), 0);
	assert_int_equal(string_at(END - 4, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "aaa");
	/* Longer than the first, short read, and over a page's end. */
	assert_int_equal(string_at(END - 1001, buf, sizeof(buf)), 1000);
	assert_int_equal(strlen(buf), 1000);
	pages[END - 1] = 'a';
	pages[4096 + 5] = 0;
	assert_int_equal(string_at(4090, buf, sizeof(buf)), 11);
	assert_string_equal(buf, "aaaaaaaaaaa");
	/* No NUL before the end. */
	assert_int_equal(string_at(END - 4, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(watch_read_string(getpid(), 0, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EFAULT);
}

static void strings_that_are_too_long(void **state)
{
	char buf[PATH_MAX + 1];

	buf[PATH_MAX] = 'z';
	assert_int_equal(string_at(1, buf, PATH_MAX), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(buf[PATH_MAX], 'z');
	/* One more than fits, and the longest that does. */
	pages[PATH_MAX] = 0;
	assert_int_equal(string_at(0, buf, PATH_MAX), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(string_at(1, buf, PATH_MAX), PATH_MAX - 1);
}

static void reads_up_to_the_end(void **state)
{
	uint64_t at = (uint64_t)(uintptr_t)(pages + END - 10);
	char buf[5000];

	assert_int_equal(watch_read(getpid(), at, buf, 10), 10);
	assert_int_equal(watch_read(getpid(), at, buf, 100), 10);
	assert_int_equal(watch_read(getpid(), at + 10, buf, 1), -1);
	assert_int_equal(watch_read(getpid(), at - 4990, buf, 5000), 5000);
}

/* The same where the call is refused, as containers do it; in a process of its
 * own, since a filter stays. */
static int read_by_file(void)
{
	char buf[5000];
	uint64_t at = (uint64_t)(uintptr_t)(pages + END - 10);
	pid_t gone = fork();

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	refuse_call(SYS_process_vm_readv, EPERM);
	pages[END - 1] = 0;
	if (string_at(END - 1001, buf, sizeof(buf)) != 1000 ||
		watch_read(getpid(), at - 4990, buf, 5000) != 5000)
		return 1;
	if (watch_read_string(getpid(), 0, buf, sizeof(buf)) != -1 ||
		errno != EFAULT)
		return 2;
	/* The kernel's half of the addresses. */
	if (watch_read(getpid(), ~0ull << 47, buf, 8) != -1 || errno != EFAULT)
		return 3;
	if (watch_read(gone, at, buf, 8) != -1 || errno != ESRCH)
		return 4;
	prctl(PR_SET_DUMPABLE, 0);
	/* A process that must not be dumped is not even its own, but root's. */
	if (geteuid() != 0 &&
		(watch_read(getpid(), at, buf, 8) != -1 || errno != EPERM))
		return 5;
	return 0;
}

static void reads_where_the_call_is_refused(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(read_by_file());
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* What the watched program does; its exit status is the answer. */

static int as_the_user_had_it(void)
{
	struct sigaction pipe_action;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGPIPE, NULL, &pipe_action);
	if (!sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGTERM))
		return 1;
	if (pipe_action.sa_handler != SIG_IGN)
		return 2;
	return umask(0) == 027 ? 0 : 3;
}

static int leave_one(void)
{
	int ready[2];
	char c;

	if (pipe(ready) < 0)
		return 1;
	if (fork() == 0) {
		prctl(PR_SET_NAME, "left-one");
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		usleep(700000);
		_exit(0);
	}
	return read(ready[0], &c, 1) == 1 ? 5 : 1;
}

static int absent(const char *path)
{
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0) < 0 &&
	       errno == ENOENT;
}

/* The same address in every program; a task's memory is kept at hand after
 * some calls, so there are more than some. */
#define CALLS 40

static char *same_place(void)
{
	char *p = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p == MAP_FAILED ? NULL : strcpy(p, "/m/?");
}

static void open_often(char *path, char letter)
{
	path[3] = letter;
	for (int i = 0; i < CALLS; i++)
		absent(path);
}

/* The child has the parent's memory until it runs another program. */
static int replace_memory(bool again)
{
	char *path = same_place();
	int status;
	pid_t pid;

	if (!path)
		return 1;
	open_often(path, again ? 'c' : 'a');
	if (again)
		return 0;
	pid = vfork();
	if (pid == 0) {
		open_often(path, 'b');
		execl(self, self, "replaced", NULL);
		_exit(1);
	}
	open_often(path, 'd');
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static int task(const char *name)
{
	if (!strcmp(name, "replace"))
		return replace_memory(false);
	if (!strcmp(name, "replaced"))
		return replace_memory(true);
	if (!strcmp(name, "surroundings"))
		return as_the_user_had_it();
	if (!strcmp(name, "leave"))
		return leave_one();
	/* The call in flight and the one after it are let through. */
	if (!strcmp(name, "lose"))
		return absent("/x/lose") && absent("/x/y") ? 3 : 1;
	return 99;
}

/* The handler */

static void on_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	char path[PATH_MAX];

	if (c->spec != 0 ||
		watch_read_string(c->tid, c->args[1], path, sizeof(path)) <= 0)
		return;
	if (!strcmp(path, "/x/lose"))
		kill(getpid(), SIGKILL);
	if (!strncmp(path, "/m/", 3) && path[3] >= 'a' && path[3] <= 'z')
		seen->opened[path[3] - 'a']++;
}

static void on_end(void *arg, const struct watch_end *end)
{
	seen->ends++;
	seen->end = *end;
}

static void on_lost(void *arg, int status)
{
	seen->lost++;
	seen->lost_status = status;
}

/* In a process of its own: the keeper changes signals for good. */
static void keep(enum watch_backend backend, const char *program, const char *name)
{
	char *argv[] = {(char *)"task", (char *)name, NULL};
	char *envp[] = {(char *)"LC_ALL=C", NULL};
	const struct watch_spec spec = {
		.calls = specs,
		.call_count = 1,
		.backend = backend,
		.executable = program,
		.argv = argv,
		.envp = envp,
		.umask = 027,
		.handler = {.call = on_call, .end = on_end, .lost = on_lost},
	};
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_SETMASK, &usr1, NULL);
	signal(SIGPIPE, SIG_IGN);
	seen->r = watch_run(&spec, &seen->result, &seen->err);
	_exit(0);
}

static void run(void **state, const char *program, const char *name)
{
	const enum watch_backend backend = *(const enum watch_backend *)*state;
	enum watch_backend chosen = backend;
	struct watch_support host;
	struct err e = ERR_INIT;
	int status;
	pid_t pid;

	watch_support_probe(&host, backend, false);
	if (watch_choose(&host, &chosen, &e) < 0) {
		print_message("%s\n", e.msg);
		skip();
	}
	memset(seen, 0, sizeof(*seen));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		keep(backend, program, name);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (seen->r < 0)
		fail_msg("%s", seen->err.msg);
	assert_int_equal(seen->result.outcome, WATCH_ENDED);
}

static void exited_with(int code)
{
	assert_true(WIFEXITED(seen->result.status));
	assert_int_equal(WEXITSTATUS(seen->result.status), code);
}

static void gives_the_users_signals_and_umask(void **state)
{
	run(state, self, "surroundings");
	exited_with(0);
	assert_int_equal(seen->ends, 1);
	assert_int_equal(seen->lost, 0);
	assert_false(seen->end.left_processes);
	assert_string_equal(seen->end.left_names, "");
}

static void names_what_is_left(void **state)
{
	run(state, self, "leave");
	exited_with(5);
	assert_int_equal(seen->end.status, seen->result.status);
	assert_true(seen->end.left_processes);
	assert_memory_equal(seen->end.left_names, "left-one (", 10);
}

static void runs_scripts_without_a_first_line(void **state)
{
	static const char script[] = "[ \"$1\" = word ] && exit 6\n";
	char path[] = "/tmp/test-watch.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, script, sizeof(script) - 1), 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	run(state, path, "word");
	unlink(path);
	exited_with(6);
}

static void loses_its_recorder(void **state)
{
	run(state, self, "lose");
	assert_int_equal(seen->ends, 0);
	assert_int_equal(seen->lost, 1);
	assert_int_equal(seen->lost_status, seen->result.status);
	if (*(const enum watch_backend *)*state == BACKEND_NOTIFY) {
		exited_with(3);
		return;
	}
	/* The kernel takes the command along with its tracer. */
	assert_true(WIFSIGNALED(seen->result.status));
	assert_int_equal(WTERMSIG(seen->result.status), SIGKILL);
}

static void reads_the_memory_that_is_there_now(void **state)
{
	run(state, self, "replace");
	exited_with(0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(seen->opened[i], CALLS);
}

static int ending_like(int status)
{
	int got = -1;
	pid_t pid = fork();

	if (pid == 0) {
		/* Even of what is ignored here. */
		for (int s = 1; s < NSIG; s++)
			signal(s, SIG_IGN);
		watch_die_like(status);
	}
	assert_int_equal(waitpid(pid, &got, 0), pid);
	return got;
}

static void dies_as_the_command_did(void **state)
{
	for (int code = 0; code < 256; code++)
		assert_int_equal(ending_like(code << 8), code << 8);
	for (int s = 1; s < NSIG; s++) {
		/* Nobody dies of these; two are the C library's own. */
		if (s == SIGCHLD || s == SIGCONT || s == SIGURG ||
			s == SIGWINCH || s == SIGSTOP || s == SIGTSTP ||
			s == SIGTTIN || s == SIGTTOU || s == 32 || s == 33)
			continue;
		/* One core file is enough. */
		assert_int_equal(ending_like(s), s);
		assert_int_equal(ending_like(s | 0x80), s);
	}
}

static enum watch_backend notify = BACKEND_NOTIFY, traced = BACKEND_PTRACE;

#define NOTIFY(f) cmocka_unit_test_prestate(f, &notify)
#define PTRACE(f) cmocka_unit_test_prestate(f, &traced)
#define PAGES(f) cmocka_unit_test_setup_teardown(f, map_pages, unmap_pages)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PAGES(strings_near_the_end_of_memory),
		PAGES(strings_that_are_too_long),
		PAGES(reads_up_to_the_end),
		PAGES(reads_where_the_call_is_refused),
		NOTIFY(gives_the_users_signals_and_umask),
		PTRACE(gives_the_users_signals_and_umask),
		NOTIFY(names_what_is_left),
		PTRACE(names_what_is_left),
		NOTIFY(runs_scripts_without_a_first_line),
		PTRACE(runs_scripts_without_a_first_line),
		NOTIFY(reads_the_memory_that_is_there_now),
		PTRACE(reads_the_memory_that_is_there_now),
		NOTIFY(loses_its_recorder),
		PTRACE(loses_its_recorder),
		cmocka_unit_test(dies_as_the_command_did),
	};

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	if (argc > 1)
		_exit(task(argv[1]));
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
