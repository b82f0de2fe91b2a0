/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans about GPUs: a run recorded on one host of tests/data/gpu, replayed on
 * another. Device nodes are those in the host's file "nodes": no real ones.
 */
#pragma once

#include "tests/unit/replay_help.h"

#include "host/accelerators.h"
#include "replay/gpu.h"
#include "replay/plan.h"

#define GPU_HOSTS "tests/data/gpu/"
/* Nodes, with blanks between them: of all NVIDIA's GPUs, what a replay gives
 * with one, of the fixture "eight", of an instance in the fixture "mig". */
#define CTL "/dev/nvidiactl /dev/nvidia-uvm "
#define ALWAYS "/dev/nvidia-uvm /dev/nvidia-uvm-tools "
#define EIGHT                                                      \
	CTL "/dev/nvidia0 /dev/nvidia1 /dev/nvidia2 /dev/nvidia3 " \
	    "/dev/nvidia4 /dev/nvidia5 /dev/nvidia6 /dev/nvidia7"
#define PART                                               \
	CTL "/dev/nvidia1 /dev/nvidia-caps/nvidia-cap147 " \
	    "/dev/nvidia-caps/nvidia-cap148"

#define UUID(n) "GPU-a0000000-1111-2222-3333-4444555566" n

struct scene {
	struct arena *arena;
	struct manifest m;
	struct host_view host;
	struct replay_options options;
	struct plan plan;
	struct err e;
};

static inline void open_device(struct scene *s, const char *path)
{
	*ARENA_PUSH(s->arena, s->m.devices.items, s->m.devices.count) =
		(struct m_device){
			.path = arena_strdup(s->arena, path),
			.type = (char *)"char",
			.access = (char *)"rw",
			.accelerator = true,
		};
}

/* Paths with blanks between them. */
static inline void open_devices(struct scene *s, const char *paths)
{
	char *all = arena_strdup(s->arena, paths), *save = NULL;

	for (char *w = strtok_r(all, " ", &save); w;
		w = strtok_r(NULL, " ", &save))
		open_device(s, w);
}

static inline void set_variable(
	struct scene *s, const char *name, const char *value)
{
	struct kvlist *v = &s->m.environment.variables;

	*ARENA_PUSH(s->arena, v->items, v->count) = (struct kv){
		arena_strdup(s->arena, name), arena_strdup(s->arena, value)};
}

static inline struct gpu_node *node_of(struct scene *s, const char *path)
{
	for (size_t i = 0; i < s->host.gpu.node_count; i++)
		if (!strcmp(s->host.gpu.nodes[i].path, path))
			return &s->host.gpu.nodes[i];
	return NULL;
}

static inline void stand_in(struct scene *s, const char *host)
{
	char *path = arena_printf(s->arena, GPU_HOSTS "%s/nodes", host);
	autofile *f = fopen(path, "re");
	unsigned major, minor, mode;
	char node[100];

	assert_non_null(f);
	while (fscanf(f, "%99s %u %u %o", node, &major, &minor, &mode) == 4) {
		struct gpu_node *n = node_of(s, node);

		if (!n)
			continue;
		n->exists = n->reads = true;
		n->opens = (mode & 0006) == 0006;
		n->major = major;
		n->minor = minor;
		n->mode = (mode_t)mode;
	}
}

/* What the run opened: devices with blanks between them. */
static inline void record_on(struct scene *s, const char *host, const char *opened)
{
	*s = (struct scene){.arena = arena_new()};
	manifest_init(&s->m, s->arena);
	s->m.run.id = (char *)"11111111-2222-4333-8444-555555555555";
	s->m.run.user.uid = s->m.run.user.gid = 1000;
	s->m.command.cwd = (char *)"/";
	s->m.command.executable = (char *)"/";
	*ARENA_PUSH(s->arena, s->m.command.argv.items, s->m.command.argv.count) =
		(char *)"x";
	accelerators_read(&s->m.hardware, s->arena,
		arena_printf(s->arena, GPU_HOSTS "%s", host));
	open_devices(s, opened);
	accelerators_mark_used(
		&s->m.hardware, s->m.devices.items, s->m.devices.count);
}

static inline void replay_on(struct scene *s, const char *host)
{
	s->host.root_a = s->host.root_b = true;
	s->host.devices = arena_array(
		s->arena, s->m.devices.count + 1, sizeof(*s->host.devices));
	gpu_host_read(&s->host.gpu, s->arena,
		arena_printf(s->arena, GPU_HOSTS "%s", host), &s->m, false);
	stand_in(s, host);
}

static inline struct file_row scene_row(
	const char *path, enum file_kind kind, unsigned access)
{
	struct file_row r;

	file_row_init(&r);
	r.path = (char *)path;
	r.kind = kind;
	r.access = access;
	r.mode = kind == KIND_DIRECTORY ? 0755 : 0644;
	r.uid = r.gid = 0;
	r.size = 0;
	r.mtime_s = 1;
	return r;
}

/* "PATH" is a directory, "PATH=" a file, "PATH=TARGET" a link. */
static inline void scene_begin(struct scene *s, const char *const *rows)
{
	struct file_row r = scene_row("/", KIND_DIRECTORY, ACCESS_S);

	if (plan_init(&s->plan, s->arena, &s->m, &s->options, &s->host, &s->e) <
			0 ||
		plan_add(&s->plan, NULL, &r, &s->e) < 0)
		fail_msg("%s", s->e.msg);
	for (; rows && *rows; rows++) {
		char *path = arena_strdup(s->arena, *rows);
		char *target = strchr(path, '=');

		if (target)
			*target++ = 0;
		r = scene_row(path,
			!target   ? KIND_DIRECTORY
			: *target ? KIND_SYMLINK
				  : KIND_FILE,
			target && !*target ? ACCESS_X : ACCESS_S);
		r.target = target;
		if (plan_add(&s->plan, NULL, &r, &s->e) < 0)
			fail_msg("%s", s->e.msg);
	}
}

static inline int scene_finish(struct scene *s)
{
	return plan_finish(&s->plan, &s->options, &s->host, &s->e);
}

static inline int scene_plan(struct scene *s)
{
	scene_begin(s, NULL);
	return scene_finish(s);
}

static inline void scene_release(struct scene *s)
{
	plan_release(&s->plan);
	arena_free(s->arena);
}

/* Devices that the command gets, sorted, with blanks between them. */
static inline int by_target(const void *a, const void *b)
{
	return strverscmp(((const struct iso_device *)a)->target,
		((const struct iso_device *)b)->target);
}

static inline const char *given(struct scene *s)
{
	size_t n = s->plan.iso.device_count;
	struct iso_device *all = arena_array(s->arena, n + 1, sizeof(*all));
	autostrbuf text = STRBUF_INIT;

	strbuf_adds(&text, "");
	if (n) {
		memcpy(all, s->plan.iso.devices, n * sizeof(*all));
		qsort(all, n, sizeof(*all), by_target);
	}
	for (size_t i = 0; i < n; i++)
		strbuf_addf(&text, "%s%s", i ? " " : "", all[i].target);
	return arena_strdup(s->arena, text.s ? text.s : "");
}

static inline const char *variable_of(struct scene *s, const char *name)
{
	size_t n = strlen(name);

	for (char *const *v = s->plan.iso.envp; *v; v++)
		if (!strncmp(*v, name, n) && (*v)[n] == '=')
			return *v + n + 1;
	return NULL;
}

static inline const char *note_of(struct scene *s, const char *kind)
{
	for (size_t i = 0; i < s->plan.notes.count; i++)
		if (!strcmp(s->plan.notes.items[i].kind, kind))
			return s->plan.notes.items[i].detail;
	return NULL;
}
