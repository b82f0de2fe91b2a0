// SPDX-License-Identifier: Apache-2.0
/*
 * Limits of all of the command's processes together: the number of them, here;
 * where a control group could be made, told by directories as a kernel has
 * them. What a real one does is in tests/tools/old-kernel-groups.sh.
 */
#include "base/arena.h"
#include "sandbox/isolation/group.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <sys/utsname.h>

#define BOMB "fork-bomb"
#define PROCESSES 60

static char self[4096];

/* The command: makes processes until it cannot, 4 * PROCESSES at most. */
static _Noreturn void fork_bomb(void)
{
	struct rlimit seen;
	int made = 0, error = 0;

	getrlimit(RLIMIT_NPROC, &seen);
	while (made < 4 * PROCESSES) {
		pid_t pid = fork();

		if (pid == 0) {
			/* Each of them is one, too. */
			fork();
			pause();
		}
		error = errno;
		if (pid < 0)
			break;
		made++;
	}
	printf("%s %llu\n", made < PROCESSES ? strerror(error) : "no end",
		(unsigned long long)seen.rlim_cur);
	fflush(stdout);
	/* A sanitizer's last look takes a process, too. */
	_exit(0);
}

static bool kernel_is(int major, int minor)
{
	struct utsname u;
	int a = 0, b = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &a, &b);
	return a > major || (a == major && b >= minor);
}

/* Its own limit stays as it is. */
static void a_fork_bomb_ends(void **state)
{
	char *argv[] = {BOMB, NULL}, expected[128], *unused[4];
	struct isolation iso = sandbox_of(unused, "");
	struct iso_limit recorded = {RLIMIT_NPROC, {4000, 4000}};
	struct outcome *o;
	struct rlimit here;

	if (!kernel_is(5, 14))
		skip();
	getrlimit(RLIMIT_NPROC, &here);
	iso.argv = argv;
	iso.executable = self;
	iso.group.processes = PROCESSES;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->e.msg, "");
	snprintf(expected, sizeof(expected),
		"Resource temporarily unavailable %llu\n",
		(unsigned long long)here.rlim_cur);
	assert_string_equal(o->out, expected);
	iso.limits = &recorded;
	iso.limit_count = 1;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->out, "Resource temporarily unavailable 4000\n");
	iso.group.processes = 0;
	assert_string_equal(
		run_sandbox(&iso, is_root(state))->out, "no end 4000\n");
}

/* A machine of files. */
static char root[] = "/tmp/reprise-group-XXXXXX";

static void put(const char *path, const char *text)
{
	autoarena *a = arena_new();
	char *name = fs_join(a, root, path);

	*strrchr(name, '/') = 0;
	assert_int_equal(fs_mkdirs(name, 0777, NULL), 0);
	chmod(name, 0777);
	name = fs_join(a, root, path);
	assert_int_equal(
		fs_write_file(AT_FDCWD, name, text, strlen(text), 0666, NULL), 0);
	chmod(name, 0666);
}

static void put_group(const char *dir, const char *controllers,
	const char *procs, bool topmost)
{
	autoarena *a = arena_new();
	const char *under = arena_printf(a, "sys/fs/cgroup%s", dir);

	put(arena_printf(a, "%s/cgroup.controllers", under), controllers);
	put(arena_printf(a, "%s/cgroup.procs", under), procs);
	put(arena_printf(a, "%s/cgroup.subtree_control", under), "");
	if (!topmost)
		put(arena_printf(a, "%s/cgroup.type", under), "domain\n");
}

static const char *find(struct iso_group_support *s, bool *topmost)
{
	static char path[1100];

	group_find(s, root, path, sizeof(path), topmost);
	return path + (strncmp(path, root, strlen(root)) ? 0 : strlen(root));
}

#define MOUNT                                                        \
	"25 1 0:22 / /proc rw,relatime - proc proc rw\n"             \
	"30 1 0:26 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 " \
	"cgroup2 rw\n"

static void groups_are_found(void **state)
{
	struct iso_group_support s;
	char pid[16];
	bool topmost;

	assert_non_null(mkdtemp(root));
	chmod(root, 0755);
	snprintf(pid, sizeof(pid), "%d\n", getpid());
	put("proc/self/mountinfo", MOUNT);
	put("proc/self/cgroup", "1:cpu:/x\n0::/\n");
	put_group("", "cpuset cpu io memory pids\n", "1\n2\n", true);
	assert_string_equal(find(&s, &topmost), "/sys/fs/cgroup");
	assert_string_equal(s.why, "");
	assert_true(topmost && s.memory && s.processes && s.cpus);

	put("proc/self/cgroup", "0::/user.slice/a.scope\n");
	put_group("/user.slice/a.scope", "memory pids\n", pid, false);
	assert_string_equal(
		find(&s, &topmost), "/sys/fs/cgroup/user.slice/a.scope");
	assert_string_equal(s.why, "");
	assert_true(!topmost && s.memory && s.processes && !s.cpus);
	/* A container's: a part of the hierarchy is mounted. */
	put("proc/self/mountinfo",
		"30 1 0:26 /user.slice /sys/fs/cgroup/user.slice rw - cgroup2 "
		"none rw\n");
	find(&s, &topmost);
	assert_string_equal(s.why, "");
	assert_int_equal(fs_remove_tree(AT_FDCWD, root, NULL), 0);
}

static void check_refused(const char *why, bool remedy)
{
	struct iso_group_support s;
	bool topmost;

	find(&s, &topmost);
	if (!strstr(s.why, why) || (s.remedy != NULL) != remedy || s.memory ||
		s.processes || s.cpus)
		fail_msg("'%s' instead of '%s'", s.why, why);
}

static void why_there_is_none_is_said(void **state)
{
	autoarena *a = arena_new();
	char others[32];
	pid_t pid;
	int status;

	strcpy(root + strlen(root) - 6, "XXXXXX");
	assert_non_null(mkdtemp(root));
	chmod(root, 0755);
	snprintf(others, sizeof(others), "%d\n1\n", getpid());
	check_refused("no control group of version 2 is to be seen", false);
	put("proc/self/mountinfo", MOUNT);
	put("proc/self/cgroup", "1:memory:/x\n");
	check_refused("no control group of version 2 is to be seen", false);
	put("proc/self/cgroup", "0::/../b\n");
	check_refused("no control group of version 2 is to be seen", false);
	put("proc/self/cgroup", "0::/a\n");
	put_group("/a", "hugetlb memory_recursiveprot\n", "", false);
	check_refused("has no controllers 'memory' and 'pids'", false);
	put_group("/a", "memory\n", others, false);
	check_refused("other processes are in the control group", true);
	put_group("/a", "pids\n", "", false);
	assert_int_equal(
		chmod(fs_join(a, root, "sys/fs/cgroup/a/cgroup.procs"), 0444), 0);
	pid = fork();
	if (pid == 0) {
		become_ordinary();
		check_refused("is not delegated to this user", true);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, root, NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_fork_bomb_ends),
		{"groups_are_found", groups_are_found, NULL, NULL,
			(void *)&as_ordinary},
		{"why_there_is_none_is_said", why_there_is_none_is_said, NULL,
			NULL, (void *)&as_ordinary},
	};

	if (!strcmp(argv[0], BOMB))
		fork_bomb();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return RUN_CASES(tests);
}
