// SPDX-License-Identifier: Apache-2.0
/*
 * The recorder dies, is stopped or hangs, at each stage: the command is not
 * disturbed, its status is passed on, and the caller is not held. What is
 * watched is this same program, run again with the name of a task.
 */
#include "base/err.h"
#include "base/fs.h"
#include "sandbox/watch/support.h"
#include "sandbox/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct call_spec specs[] = {{.name = "openat"}};

enum stage { NOWHERE, IN_CALL, IN_END, IN_LOST };

static struct seen {
	/* What to do, set by the test. */
	enum stage stop_in, hang_in;
	bool die_after_reaping;
	/* What happened. */
	_Atomic unsigned ends, losses;
	_Atomic bool holding, inside, overlapped;
	_Atomic pid_t command, recorder;
	int lost_status;
	int r;
	struct watch_result result;
	struct err err;
} * seen;

static char self[PATH_MAX];
/* The command's end of a pipe to the test. */
static int answer_fd;

/* Tasks */

/* A name that only the handler knows: ENOENT, or what the handler answers. */
static int look(const char *path)
{
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0) < 0 ? errno : 0;
}

static bool absent(const char *path)
{
	return look(path) == ENOENT;
}

/* Leaves a process behind whose call is being handled. */
static int leave_in_call(void)
{
	if (fork() == 0) {
		look("/x/hold");
		_exit(0);
	}
	while (look("/x/held") != EXDEV)
		usleep(1000);
	return 5;
}

/* Leaves one behind that does not die of anything, and says so. */
static int leave_one(int fd)
{
	pid_t parent = getpid();
	char good;

	if (fork() > 0)
		return 5;
	while (getppid() == parent)
		usleep(1000);
	for (int i = 0; i < 150; i++) {
		if (!absent("/x/y"))
			_exit(1);
		usleep(10000);
	}
	good = 'g';
	_exit(write(fd, &good, 1) == 1 ? 0 : 1);
}

/* Kills the processes that its parent, the keeper, has besides it. */
static int kill_stand_in(void)
{
	char path[64];
	FILE *f;
	int pid, killed = 0;

	if (!absent("/x/die"))
		return 1;
	for (int tries = 0; tries < 5000 && killed < 3; tries++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
			getppid(), getppid());
		f = fopen(path, "r");
		while (f && fscanf(f, "%d", &pid) == 1)
			if (pid != getpid() && kill(pid, SIGKILL) == 0)
				killed++;
		if (f)
			fclose(f);
		usleep(1000);
	}
	return killed == 3 && absent("/x/y") ? 6 : 2;
}

static int task(const char *name, const char *fd)
{
	if (!strcmp(name, "plain"))
		return absent("/x/y") ? 5 : 1;
	if (!strcmp(name, "die"))
		return absent("/x/die") && absent("/x/y") ? 5 : 1;
	if (!strcmp(name, "leave-in-call"))
		return leave_in_call();
	if (!strcmp(name, "leave"))
		return leave_one(atoi(fd));
	if (!strcmp(name, "kill-stand-in"))
		return kill_stand_in();
	return 99;
}

/* The handler */

static void linger(enum stage here)
{
	if (seen->stop_in == here) {
		seen->stop_in = NOWHERE;
		kill(getpid(), SIGSTOP);
	}
	while (seen->hang_in == here)
		pause();
}

/* Until the command has been reaped and, if it may come to that, until `end`
 * has begun although this call is not over. */
static void hold(struct watch *w)
{
	watch_slow(w);
	seen->holding = seen->inside = true;
	while (kill(seen->command, 0) == 0)
		usleep(1000);
	if (seen->die_after_reaping)
		kill(getpid(), SIGKILL);
	for (int i = 0; i < 300 && !seen->ends; i++)
		usleep(1000);
	seen->inside = false;
}

static void on_start(void *arg, struct watch *w, pid_t command)
{
	seen->command = command;
	seen->recorder = getpid();
}

static void on_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	char path[PATH_MAX];

	if (watch_read_string(c->tid, c->args[1], path, sizeof(path)) < 0)
		return;
	if (!strcmp(path, "/x/die"))
		kill(getpid(), SIGKILL);
	if (!strcmp(path, "/x/hold"))
		hold(w);
	if (!strcmp(path, "/x/held") && seen->holding)
		*out = (struct answer){.kind = ANSWER_DENY, .error = EXDEV};
	if (!strcmp(path, "/x/y"))
		linger(IN_CALL);
}

static void on_end(void *arg, const struct watch_end *end)
{
	seen->overlapped = seen->inside;
	seen->ends++;
	linger(IN_END);
}

static void on_lost(void *arg, int status)
{
	seen->losses++;
	seen->lost_status = status;
	linger(IN_LOST);
}

/* In a process of its own: the keeper changes signals for good. */
static void keep(enum watch_backend backend, const char *name, int fd)
{
	char number[16];
	char *argv[] = {(char *)"task", (char *)name, number, NULL};
	char *envp[] = {NULL};
	const struct watch_spec spec = {
		.calls = specs,
		.call_count = 1,
		.backend = backend,
		.executable = self,
		.argv = argv,
		.envp = envp,
		.patience_s = 2,
		.handler = {.call = on_call,
			.start = on_start,
			.end = on_end,
			.lost = on_lost},
	};

	snprintf(number, sizeof(number), "%d", fd);
	seen->r = watch_run(&spec, &seen->result, &seen->err);
	_exit(0);
}

static void run(void **state, const char *name)
{
	enum watch_backend backend = *(const enum watch_backend *)*state;
	struct watch_support host;
	struct err e = ERR_INIT;
	int status, ends[2];
	pid_t pid;

	watch_support_probe(&host, backend, false);
	if (watch_choose(&host, &backend, &e) < 0) {
		print_message("%s\n", e.msg);
		skip();
	}
	assert_int_equal(pipe(ends), 0);
	answer_fd = ends[0];
	fcntl(answer_fd, F_SETFD, FD_CLOEXEC);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		keep(backend, name, ends[1]);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (seen->r < 0)
		fail_msg("%s", seen->err.msg);
	assert_int_equal(seen->result.outcome, WATCH_ENDED);
}

static int setup(void **state)
{
	memset(seen, 0, sizeof(*seen));
	return 0;
}

static int teardown(void **state)
{
	/* One that was left hanging; the pid is still its own. */
	if (seen->hang_in && seen->recorder)
		kill(seen->recorder, SIGKILL);
	return 0;
}

static bool is_notify(void **state)
{
	return *(const enum watch_backend *)*state == BACKEND_NOTIFY;
}

static void exited_with(int code)
{
	if (!WIFEXITED(seen->result.status) ||
		WEXITSTATUS(seen->result.status) != code)
		fail_msg("wait status %#x", seen->result.status);
}

static void dies_in_a_call(void **state)
{
	run(state, "die");
	assert_int_equal(seen->ends, 0);
	assert_int_equal(seen->losses, 1);
	assert_int_equal(seen->lost_status, seen->result.status);
	if (is_notify(state)) {
		exited_with(5);
		return;
	}
	/* The kernel takes the command along with its tracer. */
	assert_true(WIFSIGNALED(seen->result.status));
	assert_int_equal(WTERMSIG(seen->result.status), SIGKILL);
}

static void dies_before_it_can_tell_the_end(void **state)
{
	seen->die_after_reaping = true;
	run(state, "leave-in-call");
	exited_with(5);
	assert_int_equal(seen->ends, 0);
	assert_int_equal(seen->losses, 1);
	assert_int_equal(seen->lost_status, seen->result.status);
}

static void waits_for_calls_before_the_end(void **state)
{
	run(state, "leave-in-call");
	exited_with(5);
	assert_int_equal(seen->ends, 1);
	assert_true(seen->holding);
	assert_false(seen->overlapped);
}

static void is_stopped(void **state)
{
	for (enum stage s = IN_CALL; s <= IN_END; s++) {
		setup(state);
		seen->stop_in = s;
		run(state, "plain");
		exited_with(5);
		assert_int_equal(seen->stop_in, NOWHERE);
		assert_int_equal(seen->ends, 1);
		assert_int_equal(seen->losses, 0);
	}
}

static void hangs_in_a_call(void **state)
{
	seen->hang_in = IN_CALL;
	run(state, "plain");
	exited_with(5);
	assert_int_equal(seen->ends, 0);
	assert_int_equal(seen->losses, 1);
	assert_int_equal(seen->lost_status, seen->result.status);
}

/* Nor does what the command left running die of it. */
static void hangs_in_the_end(void **state)
{
	char good = 0;

	seen->hang_in = IN_END;
	run(state, "leave");
	exited_with(5);
	assert_int_equal(seen->ends, 1);
	assert_int_equal(seen->losses, 0);
	assert_int_equal(read(answer_fd, &good, 1), 1);
	assert_int_equal(good, 'g');
}

static void hangs_in_the_freezing(void **state)
{
	seen->hang_in = IN_LOST;
	run(state, "die");
	exited_with(5);
	assert_int_equal(seen->losses, 1);
}

static void is_stood_in_for_again(void **state)
{
	run(state, "kill-stand-in");
	exited_with(6);
}

static enum watch_backend notify = BACKEND_NOTIFY, traced = BACKEND_PTRACE;

#define ONE(f, backend)                                       \
	{                                                     \
#f " " #backend, f, setup, teardown, &backend \
	}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ONE(dies_in_a_call, notify),
		ONE(dies_in_a_call, traced),
		/* A tracer that handles a call reaps nobody. */
		ONE(dies_before_it_can_tell_the_end, notify),
		ONE(waits_for_calls_before_the_end, notify),
		ONE(is_stopped, notify),
		ONE(is_stopped, traced),
		ONE(hangs_in_a_call, notify),
		ONE(hangs_in_the_end, notify),
		ONE(hangs_in_the_end, traced),
		ONE(hangs_in_the_freezing, notify),
		ONE(is_stood_in_for_again, notify),
	};

	if (argc > 2)
		_exit(task(argv[1], argv[2]));
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
