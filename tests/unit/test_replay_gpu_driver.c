// SPDX-License-Identifier: Apache-2.0
/* NVIDIA's user libraries: which of them are this host's, and where. */
#include "tests/unit/gpu_help.h"

#define NEW "535.161.08"
#define OLD "550.54.15"
#define L "/usr/lib/x86_64-linux-gnu/"

static struct nvidia_library libraries[] = {
	{(char *)"/host/libcuda.so." NEW, (char *)"libcuda.so." NEW,
		(char *)"libcuda.so.1"},
	{(char *)"/host/libnvidia-ml.so." NEW, (char *)"libnvidia-ml.so." NEW,
		(char *)"libnvidia-ml.so.1"},
	{(char *)"/host/libnvidia-gpucomp.so." NEW,
		(char *)"libnvidia-gpucomp.so." NEW,
		(char *)"libnvidia-gpucomp.so." NEW},
	{(char *)"/host/libnvidia-ptxjitcompiler.so." NEW,
		(char *)"libnvidia-ptxjitcompiler.so." NEW,
		(char *)"libnvidia-ptxjitcompiler.so.1"},
};

static void swap_begin(struct scene *s, const char *const *rows)
{
	record_on(s, "one", CTL "/dev/nvidia0");
	replay_on(s, "mismatch");
	s->host.gpu.driver.libraries.items = libraries;
	s->host.gpu.driver.libraries.count = 4;
	scene_begin(s, rows);
}

static const struct node *at(struct scene *s, const char *path)
{
	const struct node *n = tree_find(&s->plan.tree, path);

	if (!n)
		fail_msg("there is no '%s'", path);
	return n;
}

static const char *bound_to(struct scene *s, const char *path)
{
	for (size_t i = 0; i < s->plan.gpu.bind_count; i++)
		if (!strcmp(s->plan.gpu.binds[i].target, path)) {
			assert_true(s->plan.gpu.binds[i].read_only);
			assert_false(s->plan.gpu.binds[i].devices);
			return s->plan.gpu.binds[i].source;
		}
	return NULL;
}

static void links_lead_to_the_libraries_of_this_host(void **state)
{
	static const char *const rows[] = {"/usr", "/usr/lib",
		"/usr/lib/x86_64-linux-gnu", L "libcuda.so=libcuda.so.1",
		L "libcuda.so.1=libcuda.so." OLD, L "libcuda.so." OLD "=",
		L "libnvidia-ptxjitcompiler.so.1="
		  "libnvidia-ptxjitcompiler.so." OLD,
		L "libnvidia-ptxjitcompiler.so." OLD "=",
		L "libnvidia-gone.so.1=libnvidia-gone.so." OLD,
		L "libc.so.6=libc-2.36.so", NULL};
	struct scene s;

	swap_begin(&s, rows);
	assert_int_equal(scene_finish(&s), 0);
	assert_string_equal(
		at(&s, L "libcuda.so.1")->target_here, "libcuda.so." NEW);
	/* As recorded it stays in a tree that is built once. */
	assert_string_equal(
		at(&s, L "libcuda.so.1")->target, "libcuda.so." OLD);
	assert_true(at(&s, L "libcuda.so.1")->layers & IN_UPPER);
	assert_true(at(&s, L "libcuda.so.1")->layers & IN_LOWER);
	assert_null(at(&s, L "libcuda.so")->target_here);
	assert_null(at(&s, L "libc.so.6")->target_here);
	assert_string_equal(
		bound_to(&s, L "libcuda.so." NEW), "/host/libcuda.so." NEW);
	assert_int_equal(at(&s, L "libcuda.so." NEW)->layers, IN_UPPER);
	assert_string_equal(bound_to(&s, L "libnvidia-ptxjitcompiler.so." NEW),
		"/host/libnvidia-ptxjitcompiler.so." NEW);
	/* What the run did not load, the driver may here. */
	assert_non_null(bound_to(&s, L "libnvidia-gpucomp.so." NEW));
	assert_non_null(bound_to(&s, L "libnvidia-ml.so." NEW));
	assert_string_equal(
		at(&s, L "libnvidia-ml.so.1")->target, "libnvidia-ml.so." NEW);
	assert_int_equal(s.plan.gpu.bind_count, 4);
	assert_string_equal(note_of(&s, "gpu-driver"),
		"recorded with NVIDIA driver " OLD ", replayed with " NEW
		" and 4 of its libraries from this host; the run had code "
		"compiled for the GPU by the driver, which can differ");
	assert_string_equal(note_of(&s, "driver-library"),
		"1 libraries of the recorded driver, libnvidia-gone.so." OLD
		" among them, have no counterpart on this host");
	scene_release(&s);
}

/* Debian's alternatives: the version is two links away, in a directory. */
static void links_through_other_directories_are_followed(void **state)
{
	static const char *const rows[] = {"/etc", "/etc/alternatives",
		"/etc/alternatives/libcuda=/usr/lib/x86_64-linux-gnu/nvidia/"
		"current/libcuda.so." OLD,
		"/usr", "/usr/lib", "/usr/lib/x86_64-linux-gnu",
		L "libcuda.so.1=/etc/alternatives/libcuda", L "nvidia",
		L "nvidia/current", L "nvidia/current/libcuda.so." OLD "=", NULL};
	struct scene s;

	swap_begin(&s, rows);
	assert_int_equal(scene_finish(&s), 0);
	assert_null(at(&s, L "libcuda.so.1")->target_here);
	assert_string_equal(at(&s, "/etc/alternatives/libcuda")->target_here,
		L "nvidia/current/libcuda.so." NEW);
	assert_non_null(bound_to(&s, L "nvidia/current/libcuda.so." NEW));
	assert_null(tree_find(&s.plan.tree, L "libcuda.so." NEW));
	assert_null(
		tree_find(&s.plan.tree, "/etc/alternatives/libcuda.so." NEW));
	scene_release(&s);
}

/* A container's runtime has put the library itself at the link's name. */
static void libraries_without_a_link_are_covered(void **state)
{
	static const char *const rows[] = {"/libs",
		"/libs/libcuda.so.1=", "/cuda", "/cuda/stubs",
		"/cuda/stubs/libcuda.so.1=", NULL};
	struct scene s;

	swap_begin(&s, rows);
	assert_int_equal(scene_finish(&s), 0);
	assert_string_equal(
		bound_to(&s, "/libs/libcuda.so.1"), "/host/libcuda.so." NEW);
	assert_non_null(bound_to(&s, "/libs/libnvidia-gpucomp.so." NEW));
	assert_null(bound_to(&s, "/cuda/stubs/libcuda.so.1"));
	assert_null(bound_to(&s, "/cuda/compat/libcuda.so.1"));
	scene_release(&s);
}

static void later_compatibility_libraries_stay(void **state)
{
	static const char *const later[] = {"/cuda", "/cuda/compat",
		"/cuda/compat/libcuda.so.1=libcuda.so.555.42.02",
		"/cuda/compat/libcuda.so.555.42.02=", NULL};
	static const char *const earlier[] = {"/cuda", "/cuda/compat",
		"/cuda/compat/libcuda.so.1=libcuda.so.525.60.13",
		"/cuda/compat/libcuda.so.525.60.13=", NULL};
	struct scene s;

	swap_begin(&s, later);
	assert_int_equal(scene_finish(&s), 0);
	assert_null(at(&s, "/cuda/compat/libcuda.so.1")->target_here);
	assert_int_equal(s.plan.gpu.bind_count, 0);
	assert_string_equal(note_of(&s, "gpu-driver"),
		"the run's compatibility library of version 555.42.02 is used");
	scene_release(&s);
	swap_begin(&s, earlier);
	assert_int_equal(scene_finish(&s), 0);
	assert_string_equal(at(&s, "/cuda/compat/libcuda.so.1")->target_here,
		"libcuda.so." NEW);
	scene_release(&s);
}

static const char *const plain[] = {"/usr", "/usr/lib",
	"/usr/lib/x86_64-linux-gnu", L "libcuda.so.1=libcuda.so." OLD,
	L "libcuda.so." OLD "=", NULL};

/* Others bind, too. */
static void binds_are_added_to_others(void **state)
{
	const struct iso_bind other = {.source = "/a", .target = "/b"};
	struct scene s;

	swap_begin(&s, plain);
	assert_int_equal(scene_finish(&s), 0);
	s.plan.iso.binds = &other;
	s.plan.iso.bind_count = 1;
	gpu_bind(&s.plan);
	assert_int_equal(s.plan.iso.bind_count, 5);
	assert_string_equal(s.plan.iso.binds[0].target, "/b");
	assert_string_equal(s.plan.iso.binds[1].target, L "libcuda.so." NEW);
	scene_release(&s);
}

static struct nvidia_library old_libraries[] = {
	{(char *)"/host/libcuda.so." OLD, (char *)"libcuda.so." OLD,
		(char *)"libcuda.so.1"},
	{(char *)"/host/libnvidia-ml.so." OLD, (char *)"libnvidia-ml.so." OLD,
		(char *)"libnvidia-ml.so.1"},
};

/* With the recorded driver all is the run's, */
static void the_recorded_driver_needs_nothing_of_this_host(void **state)
{
	static const char *const rows[] = {"/usr", "/usr/lib",
		"/usr/lib/x86_64-linux-gnu", L "libcuda.so.1=libcuda.so." OLD,
		L "libcuda.so." OLD "=", "/libs", "/libs/libcuda.so.1=", NULL};

	for (int any = 0; any < 2; any++) {
		struct scene s;

		record_on(&s, "one", CTL "/dev/nvidia0");
		replay_on(&s, any ? "other" : "one");
		s.options.gpus = GPUS_ANY;
		s.host.gpu.driver.libraries.items = old_libraries;
		s.host.gpu.driver.libraries.count = 2;
		scene_begin(&s, rows);
		assert_int_equal(scene_finish(&s), 0);
		assert_null(at(&s, L "libcuda.so.1")->target_here);
		assert_null(bound_to(&s, L "libcuda.so." OLD));
		assert_null(note_of(&s, "gpu-driver"));
		/* and for another model what it may need besides. */
		assert_int_equal(s.plan.gpu.bind_count, any);
		if (any)
			assert_non_null(bound_to(&s, L "libnvidia-ml.so." OLD));
		scene_release(&s);
	}
}

/* Not stored, by reference: the host's of that version stands for it. */
static void a_library_that_was_not_stored_is_this_hosts(void **state)
{
	static const char *const rows[] = {"/usr", "/usr/lib",
		"/usr/lib/x86_64-linux-gnu", L "libcuda.so.1=libcuda.so." OLD,
		NULL};
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "one");
	s.host.gpu.driver.libraries.items = old_libraries;
	s.host.gpu.driver.libraries.count = 2;
	scene_begin(&s, rows);
	assert_int_equal(scene_finish(&s), 0);
	assert_string_equal(
		bound_to(&s, L "libcuda.so." OLD), "/host/libcuda.so." OLD);
	scene_release(&s);
}

/* The kernel module had not been asked: the link says it. */
static void the_recorded_version_can_be_that_of_the_link(void **state)
{
	struct scene s;

	swap_begin(&s, plain);
	s.m.hardware.accelerators.items[0].driver_version = NULL;
	assert_int_equal(scene_finish(&s), 0);
	assert_string_equal(
		at(&s, L "libcuda.so.1")->target_here, "libcuda.so." NEW);
	assert_non_null(strstr(note_of(&s, "gpu-driver"),
		"the run had no code compiled for the GPU by the driver"));
	scene_release(&s);
}

/* What was compiled before was compiled by the recorded driver, too. */
static void compiled_code_can_come_from_a_cache(void **state)
{
	static const char *const rows[] = {"/usr", "/usr/lib",
		"/usr/lib/x86_64-linux-gnu", L "libcuda.so.1=libcuda.so." OLD,
		"/r", "/r/.nv", "/r/.nv/ComputeCache",
		"/r/.nv/ComputeCache/index=", "/s", "/s/code=", NULL};

	for (int i = 0; i < 3; i++) {
		struct file_row r =
			scene_row(i ? "/s/code2" : "/r/.nv/ComputeCache/1",
				KIND_FILE, ACCESS_R);
		struct scene s;

		record_on(&s, "one", CTL "/dev/nvidia0");
		replay_on(&s, "mismatch");
		s.host.gpu.driver.libraries.items = libraries;
		s.host.gpu.driver.libraries.count = 4;
		set_variable(&s, "CUDA_CACHE_PATH", i == 2 ? "/s" : "");
		scene_begin(&s, rows);
		assert_int_equal(plan_add(&s.plan, NULL, &r, &s.e), 0);
		assert_int_equal(scene_finish(&s), 0);
		assert_int_equal(i == 1, strstr(note_of(&s, "gpu-driver"),
						 "the run had no code") != NULL);
		scene_release(&s);
	}
}

/* A directory of one library of the driver gets that one, and a compiler that
 * was only looked at has compiled nothing. */
static void only_directories_of_the_main_ones_get_all(void **state)
{
	static const char *const rows[] = {"/usr", "/usr/lib",
		"/usr/lib/x86_64-linux-gnu", L "libcuda.so.1=libcuda.so." OLD,
		L "jit",
		L "jit/libnvidia-ptxjitcompiler.so.1="
		  "libnvidia-ptxjitcompiler.so." OLD,
		NULL};
	struct scene s;

	swap_begin(&s, rows);
	assert_int_equal(scene_finish(&s), 0);
	assert_non_null(bound_to(&s, L "jit/libnvidia-ptxjitcompiler.so." NEW));
	assert_null(bound_to(&s, L "jit/libcuda.so." NEW));
	assert_int_equal(s.plan.gpu.bind_count, 5);
	assert_non_null(strstr(note_of(&s, "gpu-driver"),
		"the run had no code compiled for the GPU by the driver"));
	scene_release(&s);
}

static void missing_libraries_are_refused(void **state)
{
	char *found[] = {(char *)"535.104.05"};
	struct scene s;

	swap_begin(&s, plain);
	s.host.gpu.driver.libraries.count = 0;
	assert_int_equal(scene_finish(&s), -1);
	assert_string_equal(s.e.msg,
		"the kernel module of NVIDIA's driver has version " NEW
		" here, but no user library of that version was found: install "
		"them (libcuda1, or the driver's own installer), or replay "
		"with --gpus none");
	scene_release(&s);
	swap_begin(&s, plain);
	s.host.gpu.driver.libraries.count = 0;
	s.host.gpu.driver.other_versions = (struct strlist){found, 1};
	assert_int_equal(scene_finish(&s), -1);
	assert_non_null(strstr(s.e.msg,
		"(libcuda.so is of version 535.104.05): load the module of the "
		"same version"));
	scene_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_lead_to_the_libraries_of_this_host),
		cmocka_unit_test(links_through_other_directories_are_followed),
		cmocka_unit_test(libraries_without_a_link_are_covered),
		cmocka_unit_test(later_compatibility_libraries_stay),
		cmocka_unit_test(the_recorded_driver_needs_nothing_of_this_host),
		cmocka_unit_test(a_library_that_was_not_stored_is_this_hosts),
		cmocka_unit_test(the_recorded_version_can_be_that_of_the_link),
		cmocka_unit_test(binds_are_added_to_others),
		cmocka_unit_test(compiled_code_can_come_from_a_cache),
		cmocka_unit_test(only_directories_of_the_main_ones_get_all),
		cmocka_unit_test(missing_libraries_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
