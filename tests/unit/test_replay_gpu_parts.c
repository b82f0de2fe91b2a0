// SPDX-License-Identifier: Apache-2.0
/*
 * What belongs to the selected GPUs besides their nodes: their part of /proc
 * and CDI's edits. And over many hosts made up by chance: what is given is what
 * was selected.
 */
#include "tests/unit/gpu_help.h"

#include <limits.h>
#include <sys/sysmacros.h>

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

/* One more device, of these nodes, that wants a hook. */
static void add_cdi(struct scene *s, const char *kind, const char *const *nodes)
{
	struct cdi *c = &s->host.gpu.cdi;
	struct cdi_device *d =
		ARENA_PUSH(s->arena, c->devices.items, c->devices.count);
	struct cdi_edits *e = &d->edits;

	d->kind = (char *)kind;
	d->name = (char *)"more";
	d->file = (char *)"/etc/cdi/more.yaml";
	d->common = arena_alloc(s->arena, sizeof(*d->common));
	for (; *nodes; nodes++)
		*ARENA_PUSH(s->arena, e->nodes.items, e->nodes.count) =
			(struct cdi_node){(char *)*nodes, (char *)*nodes};
	*ARENA_PUSH(s->arena, e->unknown_hooks.items, e->unknown_hooks.count) =
		(char *)"evil";
}

static const struct {
	const char *host, *opened, *kind, *nodes[4];
	bool refused;
} devices[] = {
	{"eight", CTL "/dev/nvidia1", "nvidia.com/gpu",
		{"/dev/nvidia1", "/dev/nvidiactl"}, true},
	{"eight", CTL "/dev/nvidia1", "nvidia.com/gpu",
		{"/dev/nvidia1", "/dev/nvidia2"}, false},
	{"eight", CTL "/dev/nvidia1", "other.com/gpu", {"/dev/nvidia1"}, false},
	{"eight", CTL "/dev/nvidia1", "nvidia.com/gpu.old", {"/dev/nvidia1"},
		false},
	{"eight", CTL "/dev/nvidia1", "nvidia.com/gpu", {"/dev/nvidiactl"}, false},
	{"amd", "/dev/kfd /dev/dri/renderD129", "amd.com/gpu",
		{"/dev/kfd", "/dev/dri/card1", "/dev/dri/renderD129"}, true},
	{"amd", "/dev/kfd /dev/dri/renderD129", "amd.com/gpu",
		{"/dev/dri/renderD129", "/dev/dri/renderD128"}, false},
	{"mig",
		CTL "/dev/nvidia1 /dev/nvidia-caps/nvidia-cap147 "
		    "/dev/nvidia-caps/nvidia-cap148",
		"nvidia.com/gpu",
		{"/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap148"}, true},
	{"mig",
		CTL "/dev/nvidia1 /dev/nvidia-caps/nvidia-cap147 "
		    "/dev/nvidia-caps/nvidia-cap148",
		"nvidia.com/gpu",
		{"/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap156"}, false},
};

static void devices_of_cdi_are_those_of_the_selected(void **state)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		struct scene s;

		record_on(&s, devices[i].host, devices[i].opened);
		replay_on(&s, devices[i].host);
		add_cdi(&s, devices[i].kind, devices[i].nodes);
		if ((scene_plan(&s) < 0) != devices[i].refused)
			fail_msg("%zu: %s", i, s.e.msg);
		scene_release(&s);
	}
}

/* What it lists, and the run did not open or this user may not, is not given. */
static void cdi_is_no_reason_to_give_more(void **state)
{
	static const char *const nodes[] = {"/dev/kfd", "/dev/dri/card1",
		"/dev/dri/renderD129", "/dev/nvidiactl", NULL};
	struct scene s;

	record_on(&s, "amd", "/dev/kfd /dev/dri/renderD129");
	replay_on(&s, "amd");
	add_cdi(&s, "amd.com/gpu", nodes);
	s.host.gpu.cdi.devices.items[0].edits.unknown_hooks.count = 0;
	node_of(&s, "/dev/nvidiactl")->exists = true;
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(given(&s), "/dev/dri/renderD129 /dev/kfd");
	scene_release(&s);
}

/* --- this host ------------------------------------------------------------ */

static void write_text(const char *path, const char *text)
{
	struct err e = ERR_INIT;

	if (fs_write_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
		fail_msg("%s", e.msg);
}

/*
 * A driver in a container of its own has its nodes elsewhere, and a
 * specification says where; a link is no node. Ordinary users make none.
 */
static void nodes_can_lie_elsewhere(void **state)
{
	char root[] = "/tmp/reprise-gpu-XXXXXX", back[PATH_MAX];
	const struct gpu_node *n;
	struct err e = ERR_INIT;
	struct scene s;
	bool made;

	record_on(&s, "one", CTL "/dev/nvidia0");
	assert_non_null(getcwd(back, sizeof(back)));
	assert_true(mkdtemp(root) && chdir(root) == 0);
	assert_int_equal(fs_mkdirs("etc/cdi", 0755, &e), 0);
	assert_int_equal(fs_mkdirs("dev", 0755, &e), 0);
	assert_int_equal(fs_mkdirs("elsewhere", 0755, &e), 0);
	assert_int_equal(symlink("/dev/null", "dev/nvidia0"), 0);
	assert_int_equal(symlink("/dev/null", "dev/nvidiactl"), 0);
	write_text("etc/cdi/x.yaml",
		"kind: nvidia.com/gpu\n"
		"devices: [{name: '0', containerEdits: {deviceNodes: [{path: "
		"/dev/nvidia0, hostPath: /elsewhere/nvidia0}]}}]\n");
	umask(0);
	made = mknod("elsewhere/nvidia0", S_IFCHR | 0620, makedev(1, 3)) == 0;
	gpu_host_read(&s.host.gpu, s.arena, root, &s.m, false);
	assert_false(gpu_host_node(&s.host.gpu, "/dev/nvidiactl")->exists);
	n = gpu_host_node(&s.host.gpu, "/dev/nvidia0");
	assert_int_equal(n->exists, made);
	if (made) {
		assert_string_equal(n->source, "/elsewhere/nvidia0");
		assert_int_equal(n->minor, 3);
		assert_int_equal(n->mode & 0777, 0620);
		assert_true(n->opens);
		/* One in its own place comes first. */
		assert_int_equal(unlink("dev/nvidia0"), 0);
		assert_int_equal(
			mknod("dev/nvidia0", S_IFCHR | 0600, makedev(1, 5)), 0);
		gpu_host_read(&s.host.gpu, s.arena, root, &s.m, false);
		n = gpu_host_node(&s.host.gpu, "/dev/nvidia0");
		assert_string_equal(n->source, "/dev/nvidia0");
		assert_int_equal(n->minor, 5);
	}
	assert_int_equal(chdir(back), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, root, &e), 0);
	scene_release(&s);
}

static void the_source_of_a_node_is_bound(void **state)
{
	const struct iso_device *found = NULL;
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "one");
	node_of(&s, "/dev/nvidia0")->source = "/run/nvidia/driver/dev/nvidia0";
	assert_int_equal(scene_plan(&s), 0);
	for (size_t i = 0; i < s.plan.iso.device_count; i++)
		if (!strcmp(s.plan.iso.devices[i].target, "/dev/nvidia0"))
			found = &s.plan.iso.devices[i];
	assert_string_equal(found->source, "/run/nvidia/driver/dev/nvidia0");
	scene_release(&s);
}

/* --- what is given is what was selected ----------------------------------- */

static const char *const hosts[] = {
	"one", "eight", "mig", "other", "mismatch", "amd", "intel", "none"};
#define HOSTS (sizeof(hosts) / sizeof(*hosts))

static struct nvidia_library library = {
	(char *)"/l", (char *)"libcuda.so.535.161.08", (char *)"libcuda.so.1"};

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
		s.host.gpu.driver.libraries.items = &library;
		s.host.gpu.driver.libraries.count = 1;
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
		cmocka_unit_test(devices_of_cdi_are_those_of_the_selected),
		cmocka_unit_test(cdi_is_no_reason_to_give_more),
		cmocka_unit_test(nodes_can_lie_elsewhere),
		cmocka_unit_test(the_source_of_a_node_is_bound),
		cmocka_unit_test(what_is_given_is_what_was_selected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
