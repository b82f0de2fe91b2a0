// SPDX-License-Identifier: Apache-2.0
/*
 * What belongs to the selected GPUs besides their nodes: their part of /proc,
 * CDI's edits, the driver's libraries. And over many hosts made up by chance:
 * what is given is what was selected.
 */
#include "tests/unit/gpu_help.h"

#define CTL "/dev/nvidiactl /dev/nvidia-uvm "

/* --- /proc/driver --------------------------------------------------------- */

static const char *entries(struct scene *s)
{
	autostrbuf text = STRBUF_INIT;

	strbuf_adds(&text, "");
	for (size_t i = 0; i < s->plan.gpu.proc_count; i++)
		strbuf_addf(&text, "%s ", s->plan.gpu.proc[i].path);
	return arena_strdup(s->arena, text.s);
}

static void proc_shows_the_selected_ones(void **state)
{
	struct scene s;
	const struct iso_entry *params;

	record_on(&s, "mig",
		CTL "/dev/nvidia1 /dev/nvidia-caps/nvidia-cap147 "
		    "/dev/nvidia-caps/nvidia-cap148");
	replay_on(&s, "mig");
	assert_int_equal(scene_plan(&s), 0);
	assert_int_equal(s.plan.iso.cover_count, 1);
	assert_string_equal(s.plan.iso.covers[0].target, "/proc/driver");
	assert_string_equal(entries(&s),
		"nvidia-caps nvidia/version nvidia/registry nvidia/params "
		"nvidia/gpus/0000:3d:00.0 "
		"nvidia/capabilities/gpu1/mig/gi1/access "
		"nvidia/capabilities/gpu1/mig/gi1/ci0/access ");
	assert_string_equal(
		s.plan.gpu.proc[0].source, "/proc/driver/nvidia-caps");
	params = &s.plan.gpu.proc[3];
	assert_null(params->source);
	assert_non_null(strstr(params->content, "ModifyDeviceFiles: 0\n"));
	assert_null(strstr(params->content, "ModifyDeviceFiles: 1"));
	assert_int_equal(params->len, strlen(params->content));
	scene_release(&s);
	/* A run without GPUs sees no driver, */
	record_on(&s, "none", "");
	replay_on(&s, "mig");
	assert_int_equal(scene_plan(&s), 0);
	assert_int_equal(s.plan.iso.cover_count, 1);
	assert_string_equal(entries(&s), "");
	scene_release(&s);
	/* and where there is none, nothing is hidden. */
	record_on(&s, "none", "");
	replay_on(&s, "none");
	assert_int_equal(scene_plan(&s), 0);
	assert_int_equal(s.plan.iso.cover_count, 0);
	scene_release(&s);
}

/* --- CDI ------------------------------------------------------------------ */

static struct cdi_device *cdi_device(struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->host.gpu.cdi.devices.count; i++)
		if (!strcmp(s->host.gpu.cdi.devices.items[i].name, name))
			return &s->host.gpu.cdi.devices.items[i];
	return NULL;
}

static void cdi_adds_to_the_selected_ones(void **state)
{
	struct strlist hooks = {(char *[]){(char *)"evil"}, 1};
	int64_t gids[] = {44};
	struct cdi_edits *all;
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	set_variable(&s, "NVIDIA_CTK_LIBCUDA_DIR", "recorded");
	replay_on(&s, "eight");
	all = (struct cdi_edits *)cdi_device(&s, "all")->common;
	*ARENA_PUSH(s.arena, all->env.items, all->env.count) =
		(char *)"LD_PRELOAD=/evil.so";
	node_of(&s, "/dev/nvidia-modeset")->exists = true;
	node_of(&s, "/dev/nvidia-modeset")->opens = true;
	cdi_device(&s, "5")->edits.gids = gids;
	cdi_device(&s, "5")->edits.gid_count = 1;
	/* What is asked for others is not theirs. */
	cdi_device(&s, "4")->edits.unknown_hooks = hooks;
	cdi_device(&s, "all")->edits.unknown_hooks = hooks;
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(given(&s),
		"/dev/nvidia-modeset /dev/nvidia-uvm /dev/nvidia-uvm-tools "
		"/dev/nvidia1 /dev/nvidiactl");
	assert_string_equal(variable_of(&s, "NVIDIA_VISIBLE_DEVICES"), "void");
	assert_string_equal(
		variable_of(&s, "NVIDIA_CTK_LIBCUDA_DIR"), "recorded");
	assert_null(variable_of(&s, "LD_PRELOAD"));
	assert_int_equal(s.plan.iso.host_group_count, 1);
	assert_int_equal(s.plan.iso.host_groups[0], 44);
	assert_non_null(note_of(&s, "cdi-environment"));
	assert_null(note_of(&s, "gpu-environment"));
	scene_release(&s);
}

static void a_hook_that_is_not_known_is_refused(void **state)
{
	struct strlist hooks = {(char *[]){(char *)"evil"}, 1};
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "eight");
	cdi_device(&s, "5")->edits.unknown_hooks = hooks;
	assert_int_equal(scene_plan(&s), -1);
	assert_string_equal(s.e.msg,
		"'/run/cdi/nvidia.yaml' wants the hook 'evil' for the device "
		"'nvidia.com/gpu=5', which is not known: hooks are never run; "
		"take it out, or replay with --gpus none");
	scene_release(&s);
	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "eight");
	((struct cdi_edits *)cdi_device(&s, "5")->common)->unknown_hooks = hooks;
	assert_int_equal(scene_plan(&s), -1);
	scene_release(&s);
}

/* A driver in a container of its own: its nodes lie elsewhere. */
static void nodes_can_lie_elsewhere(void **state)
{
	const struct iso_device *found = NULL;
	struct gpu_node *n;
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "one");
	n = node_of(&s, "/dev/nvidia0");
	n->source = "/run/nvidia/driver/dev/nvidia0";
	assert_int_equal(scene_plan(&s), 0);
	for (size_t i = 0; i < s.plan.iso.device_count; i++)
		if (!strcmp(s.plan.iso.devices[i].target, "/dev/nvidia0"))
			found = &s.plan.iso.devices[i];
	assert_string_equal(found->source, "/run/nvidia/driver/dev/nvidia0");
	scene_release(&s);
}

/* --- NVIDIA's user libraries ---------------------------------------------- */

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
	for (size_t i = 0; i < s->plan.iso.bind_count; i++)
		if (!strcmp(s->plan.iso.binds[i].target, path)) {
			assert_true(s->plan.iso.binds[i].read_only);
			assert_false(s->plan.iso.binds[i].devices);
			return s->plan.iso.binds[i].source;
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
	assert_int_equal(s.plan.iso.bind_count, 4);
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
	assert_int_equal(s.plan.iso.bind_count, 0);
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

/* With the recorded driver all is the run's. */
static void the_recorded_driver_needs_nothing_of_this_host(void **state)
{
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "one");
	scene_begin(&s, plain);
	assert_int_equal(scene_finish(&s), 0);
	assert_int_equal(s.plan.iso.bind_count, 0);
	assert_null(at(&s, L "libcuda.so.1")->target_here);
	assert_null(note_of(&s, "gpu-driver"));
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

/* --- what is given is what was selected ----------------------------------- */

static const char *const hosts[] = {
	"one", "eight", "mig", "other", "mismatch", "amd", "intel", "none"};
#define HOSTS (sizeof(hosts) / sizeof(*hosts))

static unsigned below(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) % n;
}

/* Some of what a host has, opened. */
static void record_some(struct scene *s, unsigned *seed, const char *host)
{
	const struct m_hardware *h;

	record_on(s, host, CTL "/dev/kfd");
	h = &s->m.hardware;
	for (size_t i = 0; i < h->accelerators.count; i++) {
		struct m_accelerator *x = &h->accelerators.items[i];

		for (size_t k = 0; k < x->device_nodes.count; k++)
			if (below(seed, 2))
				open_device(s, x->device_nodes.items[k]);
		for (size_t k = 0; k < x->mig.count; k++)
			if (below(seed, 3) == 0)
				open_device(s, x->mig.items[k].device_node);
		if (below(seed, 4) == 0)
			x->uuid = NULL;
		if (below(seed, 8) == 0)
			x->model = NULL;
	}
	accelerators_mark_used(
		&s->m.hardware, s->m.devices.items, s->m.devices.count);
	if (below(seed, 2))
		set_variable(s, "CUDA_VISIBLE_DEVICES",
			(const char *[]){"0", "1", "5,0", "", UUID("01"),
				UUID("14") "," UUID("01"),
				"MIG-" UUID("31") "/1/0"}[below(seed, 7)]);
}

static void check_given(struct scene *s)
{
	const struct gpu_plan *g = &s->plan.gpu;
	const struct m_hardware *h = &s->host.gpu.hardware;
	size_t in_proc = 0, nvidia = 0;

	/* Each stands for one, and has its node. */
	for (size_t i = 0; i < g->count; i++) {
		size_t nodes = 0;

		if (!g->wants[i].here) {
			assert_true(
				g->option == GPUS_NONE || !g->wants[i].visible);
			continue;
		}
		nvidia += !strcmp(g->wants[i].recorded->vendor, "nvidia");
		for (size_t k = 0; k < i; k++)
			assert_ptr_not_equal(g->wants[k].here, g->wants[i].here);
		for (size_t k = 0; k < s->plan.iso.device_count; k++)
			nodes += !strcmp(s->plan.iso.devices[k].target,
				gpu_main_node(g->wants[i].here));
		assert_int_equal(nodes, 1);
	}
	/* No node of any other. */
	for (size_t i = 0; i < s->plan.iso.device_count; i++) {
		const char *path = s->plan.iso.devices[i].target;
		const struct m_accelerator *x = gpu_of_node(h, path);

		assert_true(!x || gpu_selected(g, x));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				path, s->plan.iso.devices[k].target);
	}
	for (size_t i = 0; i < g->proc_count; i++)
		in_proc += !strncmp(g->proc[i].path, "nvidia/gpus/", 12);
	assert_int_equal(in_proc, nvidia);
}

static void what_is_given_is_what_was_selected(void **state)
{
	size_t planned = 0, with = 0, refused = 0;
	unsigned seed = 1;

	for (int round = 0; round < 3000; round++) {
		const char *host = hosts[below(&seed, HOSTS)];
		struct scene s;

		record_some(&s, &seed, host);
		replay_on(&s,
			below(&seed, 2) ? host : hosts[below(&seed, HOSTS)]);
		for (size_t i = 0; i < s.host.gpu.node_count; i++) {
			if (below(&seed, 16) == 0)
				s.host.gpu.nodes[i].exists = false;
			if (below(&seed, 32) == 0)
				s.host.gpu.nodes[i].opens = false;
		}
		s.host.gpu.driver.libraries.items = libraries;
		s.host.gpu.driver.libraries.count = 4;
		s.options.gpus = (enum gpus)below(&seed, 3);
		if (scene_plan(&s) == 0) {
			check_given(&s);
			planned++;
			with += s.plan.gpu.device_count > 0;
		} else {
			assert_true(s.options.gpus != GPUS_NONE);
			assert_non_null(strstr(s.e.msg, "--gpus none"));
			refused++;
		}
		scene_release(&s);
	}
	/* All three happen. */
	assert_true(planned > 500);
	assert_true(with > 300);
	assert_true(refused > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proc_shows_the_selected_ones),
		cmocka_unit_test(cdi_adds_to_the_selected_ones),
		cmocka_unit_test(a_hook_that_is_not_known_is_refused),
		cmocka_unit_test(nodes_can_lie_elsewhere),
		cmocka_unit_test(links_lead_to_the_libraries_of_this_host),
		cmocka_unit_test(links_through_other_directories_are_followed),
		cmocka_unit_test(libraries_without_a_link_are_covered),
		cmocka_unit_test(later_compatibility_libraries_stay),
		cmocka_unit_test(the_recorded_driver_needs_nothing_of_this_host),
		cmocka_unit_test(missing_libraries_are_refused),
		cmocka_unit_test(what_is_given_is_what_was_selected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
