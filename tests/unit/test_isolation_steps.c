// SPDX-License-Identifier: Apache-2.0
/*
 * A step that fails is named, and nothing was started: neither the command nor
 * any process that stays.
 */
#include "tests/unit/isolation_env.h"

#include <errno.h>

static const char *const steps[] = {
	"group",
	"signals",
	"ids-outer",
	"private",
	"volume-ids",
	"hostname",
	"loopback",
	"root",
	"read-only",
	"dev",
	"devices",
	"proc",
	"pids",
	"sys",
	"covers",
	"binds",
	"volumes",
	"fakes",
	"masks",
	"dev-seal",
	"pivot",
	"limits-raise",
	"enter-group",
	"groups",
	"process-limit",
	"userns",
	"ids",
	"terminal",
	"keyring",
	"caps",
	"no-new-privs",
	"landlock",
	"fds",
	"dumpable",
	"seccomp",
	"process-group",
	"cwd",
	"stdin",
	"affinity",
	"emulate",
	"watch",
	"limits",
	"exec",
};

/* The command would leave a mark, and so would anything that outlives the
 * run: it holds the pipe. */
static void check_step(const char *step, bool root)
{
	char expected[128], fault[64], byte, *argv[4];
	struct isolation iso = sandbox_of(argv, "echo started >&9");
	struct outcome *o;
	int mark[2];

	assert_int_equal(pipe(mark), 0);
	dup2(mark[1], 9);
	close(mark[1]);
	snprintf(fault, sizeof(fault), "isolation.%s=EIO", step);
	setenv("REPRISE_FAULT", fault, 1);
	o = run_sandbox(&iso, root);
	unsetenv("REPRISE_FAULT");
	close(9);
	snprintf(expected, sizeof(expected),
		"%s: injected fault: Input/output error", step);
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg, expected);
	assert_int_equal(o->e.code, EIO);
	assert_int_equal(read(mark[0], &byte, 1), 0);
	close(mark[0]);
}

static void every_step_can_fail(void **state)
{
	bool root = is_root(state);

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		check_step(steps[i], root);
}

static int failing_root(void *arg, const struct iso_ids *ids, struct err *e)
{
	return err_set(e, "object '%s' is damaged", (char *)arg);
}

static void an_error_of_the_root_builder_arrives(void **state)
{
	char *argv[4], object[] = "abcd";
	struct isolation iso = sandbox_of(argv, "");
	struct outcome *o;

	iso.build_root = failing_root;
	iso.build_arg = object;
	o = run_sandbox(&iso, is_root(state));
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg, "root: object 'abcd' is damaged");
}

static int bare_root(void *arg, const struct iso_ids *ids, struct err *e)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), fd;

	fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	for (const char *const *name = arg; *name; name++)
		if (mkdirat(fd, *name, 0755) < 0 &&
			symlinkat("/proc", fd, "dev") < 0)
			return err_sys(e, "cannot make '%s'", *name);
	return fd;
}

/* Mount points must be directories of the root: not made here, and never
 * somewhere else by a link (CVE-2026-41579: /dev of the image as one). */
static void mount_points_must_be_there(void **state)
{
	const char *no_dev[] = {"proc", "sys", NULL};
	const char *linked[] = {"proc", "sys", "proc", NULL};
	const char *no_proc[] = {"dev", "sys", NULL};
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	bool root = is_root(state);

	iso.build_root = bare_root;
	iso.build_arg = no_dev;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"dev: the root has no directory '/dev': No such file or "
		"directory");
	iso.build_arg = linked;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"dev: the root has no directory '/dev': Too many levels of "
		"symbolic links");
	iso.build_arg = no_proc;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"proc: the root has no directory '/proc': No such file or "
		"directory");
}

static int linked_root(void *arg, const struct iso_ids *ids, struct err *e)
{
	const char *names[] = {"dev", "proc", "sys", NULL};
	int fd = bare_root(names, ids, e);

	return fd < 0 || symlinkat(arg, fd, "mnt") < 0 ? -1 : fd;
}

/* By a link of the recorded files something of ours could be mounted in the
 * host's root, or be opened through a process's (CVE-2021-30465). */
static void a_link_of_the_root_leads_not_out(void **state)
{
	const struct iso_bind bind = {"/etc", "/mnt", true, false, false};
	static const struct {
		const char *link, *message;
	} links[] = {
		{"/proc/self/cwd/etc", "Too many levels of symbolic links"},
		{"/proc/1/root/etc", "Too many levels of symbolic links"},
		{"../../../../etc", "No such file or directory"},
		{"/etc", "No such file or directory"},
	};
	char *argv[4], expected[200];
	struct isolation iso = sandbox_of(argv, "");

	iso.build_root = linked_root;
	iso.binds = &bind;
	iso.bind_count = 1;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		iso.build_arg = (void *)links[i].link;
		snprintf(expected, sizeof(expected),
			"binds: cannot find '/mnt' in the root: %s",
			links[i].message);
		assert_string_equal(
			run_sandbox(&iso, is_root(state))->e.msg, expected);
	}
}

static void a_target_that_is_missing_is_named(void **state)
{
	const struct iso_fake fake = {"/proc/nowhere", "", 0};
	const struct iso_bind bind = {"/etc", "/nowhere", true, false, false};
	const struct iso_bind mixed = {"/etc/passwd", "/mnt", true, false, false};
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	bool root = is_root(state);

	iso.fakes = &fake;
	iso.fake_count = 1;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"fakes: cannot find '/proc/nowhere' in the root: No such file "
		"or directory");
	iso.fake_count = 0;
	iso.binds = &bind;
	iso.bind_count = 1;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"binds: cannot find '/nowhere' in the root: No such file or "
		"directory");
	iso.binds = &mixed;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"binds: '/etc/passwd' and '/mnt' are not both directories or "
		"both files");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(every_step_can_fail),
		BOTH(an_error_of_the_root_builder_arrives),
		BOTH(mount_points_must_be_there),
		BOTH(a_link_of_the_root_leads_not_out),
		BOTH(a_target_that_is_missing_is_named),
	};

	return RUN_CASES(tests);
}
