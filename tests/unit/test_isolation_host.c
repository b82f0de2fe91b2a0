// SPDX-License-Identifier: Apache-2.0
/* What the host allows is found by trying, and agrees with what works. */
#include "base/arena.h"
#include "sandbox/isolation/setup.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <sched.h>

static const struct support *item(const struct host_support *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->items[i].name, name) == 0)
			return &h->items[i];
	fail_msg("no probe '%s'", name);
	return NULL;
}

static void each_finding_says_something(void **state)
{
	autoarena *a = arena_new();
	struct host_support h;

	host_support_probe(&h, a);
	assert_int_equal(h.count, 15);
	for (size_t i = 0; i < h.count; i++) {
		print_message("%s: %d %s [%s]\n", h.items[i].name,
			h.items[i].state, h.items[i].detail,
			h.items[i].remedy ? h.items[i].remedy : "");
		assert_true(*h.items[i].detail);
		assert_int_not_equal(h.items[i].state, SUPPORT_UNKNOWN);
	}
}

static void a_sandbox_runs_where_the_probes_say_so(void **state)
{
	autoarena *a = arena_new();
	struct host_support h;

	host_support_probe(&h, a);
	assert_int_equal(h.userns, run_script("true", geteuid() == 0)->rc == 0);
}

/* One probe where it is enough, the same answer as all of them. */
static void a_root_is_found_with_few_probes(void **state)
{
	autoarena *a = arena_new();
	struct host_support all, h;

	host_support_probe(&all, a);
	host_support_root(&h, a, 'A');
	assert_int_equal(h.root_a, all.root_a);
	assert_int_equal(h.count, all.root_a ? 1 : all.count);
	host_support_root(&h, a, 'B');
	assert_int_equal(h.root_b, all.root_b);
	assert_int_equal(h.count, all.root_b ? 1 : all.count);
	assert_string_equal(
		item(&h, "overlay-cache-root")->name, "overlay-cache-root");
	host_support_root(&h, a, 0);
	assert_int_equal(h.root_a, all.root_a);
	if (!all.root_a)
		assert_int_equal(h.root_b, all.root_b);
}

static void nothing_stays_in_the_cache(void **state)
{
	char dir[] = "/tmp/reprise-cache-XXXXXX";
	autoarena *a = arena_new();
	struct host_support h;

	assert_non_null(mkdtemp(dir));
	setenv("XDG_CACHE_HOME", dir, 1);
	host_support_probe(&h, a);
	unsetenv("XDG_CACHE_HOME");
	assert_non_null(strstr(item(&h, "overlay-cache-root")->detail, dir));
	assert_int_equal(rmdir(dir), 0);
}

static void a_refusal_comes_with_its_remedy(void **state)
{
	autoarena *a = arena_new();
	struct host_support h;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		refuse_call(SYS_unshare, EPERM);
		host_support_probe(&h, a);
		_exit(!h.userns && !h.root_a && !h.root_b &&
					item(&h, "user-namespaces")->remedy &&
					strstr(item(&h, "user-namespaces")->detail,
						"Operation not permitted")
				? 0
				: 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	/* A root that cannot be built: then all of them say why. */
	pid = fork();
	if (pid == 0) {
		refuse_call(SYS_unshare, EPERM);
		host_support_root(&h, a, 0);
		_exit(!h.root_a && !h.root_b && h.count == 15 &&
					item(&h, "user-namespaces")->remedy
				? 0
				: 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* As podman's seccomp profile has it: namespaces, but no name for them. */
static void a_host_name_must_be_settable(void **state)
{
	autoarena *a = arena_new();
	struct host_support h;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct outcome *o;

		refuse_call(SYS_sethostname, EPERM);
		host_support_probe(&h, a);
		o = run_script("true", geteuid() == 0);
		print_message("%s\n", o->e.msg);
		_exit(!h.userns && !h.root_a && item(&h, "host-name")->remedy &&
					o->rc < 0 &&
					strstr(o->e.msg, "--security-opt") &&
					strstr(o->e.msg, "not permitted")
				? 0
				: 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static int write_to(const char *path, int flags, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);

	return fd < 0 ? -1 : fs_write_all(fd, text, strlen(text));
}

/* A file of /proc/sys in a mount namespace of this process. */
static int set_up_setting(const char *dir, const char *path, const char *value)
{
	const bool ordinary = geteuid() != 0;
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWNS | (ordinary ? CLONE_NEWUSER : 0)) < 0)
		return -1;
	if (ordinary && (write_to("/proc/self/uid_map", 0, uid) < 0 ||
				write_to("/proc/self/setgroups", 0, "deny") < 0 ||
				write_to("/proc/self/gid_map", 0, gid) < 0))
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", dir, "tmpfs", 0, "mode=0755") < 0)
		return -1;
	return write_to(path, O_CREAT, value);
}

/* What distributions refuse namespaces by, and what they then have to do. */
static void each_setting_has_its_own_remedy(void **state)
{
	static const struct {
		const char *dir, *path, *value, *remedy;
	} cases[] = {
		{"/proc/sys/kernel",
			"/proc/sys/kernel/"
			"apparmor_restrict_unprivileged_userns",
			"1\n",
			"AppArmor profile for reprise with the line 'userns,'"},
		{"/proc/sys/kernel", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
			"0\n", "--security-opt systempaths=unconfined"},
		{"/proc/sys/kernel", "/proc/sys/kernel/unprivileged_userns_clone",
			"0\n", "sysctl kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/user", "/proc/sys/user/max_user_namespaces", "0\n",
			"sysctl user.max_user_namespaces=10000"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = ERR_INIT;
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			if (set_up_setting(cases[i].dir, cases[i].path,
				    cases[i].value) < 0)
				_exit(77);
			errno = EPERM;
			err_sys(&e, "cannot write 'uid_map'");
			_exit(host_add_remedy(&e) < 0 &&
						strstr(e.msg, cases[i].remedy) &&
						strstr(e.msg, "uid_map")
					? 0
					: 1);
		}
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip();
		print_message("%s\n", cases[i].path);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_says_something),
		cmocka_unit_test(a_sandbox_runs_where_the_probes_say_so),
		cmocka_unit_test(a_root_is_found_with_few_probes),
		cmocka_unit_test(nothing_stays_in_the_cache),
		cmocka_unit_test(a_host_name_must_be_settable),
		cmocka_unit_test(each_setting_has_its_own_remedy),
		cmocka_unit_test(a_refusal_comes_with_its_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
