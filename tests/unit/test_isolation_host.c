// SPDX-License-Identifier: Apache-2.0
/* What the host allows is found by trying, and agrees with what works. */
#include "base/arena.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_says_something),
		cmocka_unit_test(a_sandbox_runs_where_the_probes_say_so),
		cmocka_unit_test(a_root_is_found_with_few_probes),
		cmocka_unit_test(nothing_stays_in_the_cache),
		cmocka_unit_test(a_host_name_must_be_settable),
		cmocka_unit_test(a_refusal_comes_with_its_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
