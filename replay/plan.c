// SPDX-License-Identifier: Apache-2.0
/* The plan: rows in, objects out, and what will not be as recorded. */
#include "replay/plan.h"

#include "base/arena.h"
#include "base/err.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

void note_add(struct notes *n, const char *kind, const char *path,
	const char *fmt, ...)
{
	struct note *note = ARENA_PUSH(n->arena, n->items, n->count);
	va_list ap;

	va_start(ap, fmt);
	*note = (struct note){
		.kind = kind,
		.path = path ? arena_strdup(n->arena, path) : NULL,
		.detail = arena_vprintf(n->arena, fmt, ap),
	};
	va_end(ap);
}

static const struct {
	const char *kind, *detail;
} reasons[] = {
	[LEFT_NOT_STORED] = {"not-stored", "not stored: absent in the replay"},
	[LEFT_UNOPENED] = {"unopened",
		"seen but not opened: cannot be opened in the replay"},
	[LEFT_DEVICE] = {"device-node",
		"a device node outside of /dev, which takes root: absent"},
	[LEFT_SHM] = {"shared-memory",
		"/dev/shm is empty when the replay starts"},
	[LEFT_MOUNTED] = {"kernel-tree",
		"the replay has its own /proc, /sys and /dev"},
};

static void left_out(void *ctx, enum left_out why, const char *path)
{
	struct plan *p = ctx;

	note_add(&p->notes, reasons[why].kind, path, "%s", reasons[why].detail);
}

static int choose_root(struct plan *p, const struct replay_options *o,
	const struct host_view *h, struct err *e)
{
	const char *why = h->root_detail ? h->root_detail : "not supported here";

	if (o->strategy == 'A' && !h->root_a)
		return err_set(e, "REPRISE_ROOT=A does not work here: %s", why);
	if (o->strategy == 'B' && !h->root_b)
		return err_set(e, "REPRISE_ROOT=B does not work here: %s", why);
	p->strategy = o->strategy ? o->strategy
		      : h->root_a ? 'A'
		      : h->root_b ? 'B'
				  : 0;
	if (!p->strategy)
		return err_set(
			e, "a replay's root cannot be built here: %s", why);
	return 0;
}

/* Of every replay. */
static void note_the_sandbox(struct plan *p)
{
	note_add(&p->notes, "file-system", NULL,
		"inode numbers, times of access and of change, blocks, links "
		"and sizes of directories, and the type of the file system are "
		"the sandbox's own");
	note_add(&p->notes, "process", NULL,
		"process numbers, capabilities and mounts are the sandbox's "
		"own");
}

int plan_init(struct plan *p, struct arena *a, const struct manifest *m,
	const struct replay_options *o, const struct host_view *h, struct err *e)
{
	*p = (struct plan){
		.arena = a,
		.manifest = m,
		.notes.arena = a,
		.recorded_command = !o->argv,
	};
	tree_init(&p->tree, a);
	note_the_sandbox(p);
	p->tree.left_out = left_out;
	p->tree.devices = h->device_nodes;
	p->tree.ctx = p;
	return choose_root(p, o, h, e);
}

void plan_release(struct plan *p)
{
	tree_release(&p->tree);
	map_release(&p->needed);
}

int plan_add(struct plan *p, const char *base, const struct file_row *r,
	struct err *e)
{
	return tree_add(&p->tree, base, r, e);
}

static int need_objects(struct plan *p, struct err *e)
{
	for (struct node *n = p->tree.root; n; n = tree_next(n)) {
		struct plan_object *o;

		if (n->link || n->content != CONTENT_OBJECT)
			continue;
		o = map_get(&p->needed, &n->digest, sizeof(n->digest));
		if (o && o->size != n->size)
			return err_set(e,
				"'%s' and '%s' have one digest, but two sizes",
				o->path, n->path);
		if (o)
			continue;
		o = ARENA_PUSH(p->arena, p->objects, p->object_count);
		*o = (struct plan_object){n->digest, n->size, n->path};
		/* The array moves while it grows: what is kept must not. */
		o = (void *)arena_memdup(p->arena, o, sizeof(*o));
		map_put(&p->needed, &n->digest, sizeof(n->digest), o);
	}
	return 0;
}

/* An id above the range has a line of the map for itself, while there is room;
 * the rest shows as nobody. */
static bool collect_id(uint32_t *ids, size_t *count, uint32_t id)
{
	size_t i = 0;

	if (id < ISO_ID_COUNT)
		return true;
	while (i < *count && ids[i] != id)
		i++;
	if (i == ISO_EXTRA_IDS - 1)
		return false;
	ids[i] = id;
	*count += i == *count;
	return true;
}

/* The groups of the run first: setgroups(2) refuses what is not mapped. */
static void collect_ids(struct plan *p)
{
	const struct strlist *groups = &p->manifest->run.user.groups;
	uint32_t *uids = arena_array(p->arena, ISO_EXTRA_IDS, sizeof(*uids));
	uint32_t *gids = arena_array(p->arena, ISO_EXTRA_IDS, sizeof(*gids));
	gid_t *list = arena_array(p->arena, groups->count + 1, sizeof(*list));

	for (size_t i = 0; i < groups->count; i++) {
		uint32_t gid = (uint32_t)strtoul(groups->items[i], NULL, 10);

		if (collect_id(gids, &p->iso.extra_gid_count, gid))
			list[p->iso.group_count++] = gid;
	}
	for (struct node *n = p->tree.root; n; n = tree_next(n)) {
		collect_id(uids, &p->iso.extra_uid_count, n->uid);
		collect_id(gids, &p->iso.extra_gid_count, n->gid);
	}
	p->iso.groups = list;
	p->iso.extra_uids = uids;
	p->iso.extra_gids = gids;
}

static bool has_other_groups(const struct plan *p)
{
	for (size_t i = 0; i < p->iso.group_count; i++)
		if (p->iso.groups[i] != p->iso.gid)
			return true;
	return false;
}

static bool has_other_owners(const struct plan *p)
{
	for (struct node *n = p->tree.root; n; n = tree_next(n))
		if (n->row && (n->uid != p->iso.uid || n->gid != p->iso.gid))
			return true;
	return false;
}

/*
 * Strategy B can refuse to open a file only by its mode. Root's own power over
 * modes must not open it then, as it would with one id that owns everything:
 * with a range, such files have an owner that the command has no power over.
 */
static void keep_closed(struct plan *p, const struct host_view *h)
{
	const uint64_t power =
		1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH;
	bool closed = false;

	for (struct node *n = p->tree.root; n && !closed; n = tree_next(n))
		closed = n->content == CONTENT_UNOPENED &&
			 (p->strategy == 'B' || n->layers & IN_UPPER);
	if (!closed || h->ranges || !(p->iso.keep_caps & power))
		return;
	p->iso.keep_caps &= ~power;
	note_add(&p->notes, "capabilities", NULL,
		"root has no power over modes, so that files that were not "
		"opened stay closed");
}

/* What this way of building the root, or this host, cannot give. */
static void note_differences(struct plan *p, const struct host_view *h)
{
	const struct manifest *m = p->manifest;
	const char *model = m->hardware.cpu.model_name;

	for (struct node *n = p->tree.root; n; n = tree_next(n))
		if (n->listed && n->first != n->last && !(n->layers & IN_LOWER))
			note_add(&p->notes, "listing-order", n->path,
				"renamed by the run: listed in another order");
	if (p->strategy == 'B')
		for (size_t i = 0; i < p->notes.count; i++)
			if (!strcmp(p->notes.items[i].kind, "unopened"))
				p->notes.items[i].detail =
					"seen but not opened: shows no mode "
					"and "
					"cannot be opened";
	if (!h->ranges && has_other_owners(p))
		note_add(&p->notes, "owners", NULL,
			"every file shows as owned by %u:%u: other owners "
			"take root",
			(unsigned)p->iso.uid, (unsigned)p->iso.gid);
	if (!h->ranges && has_other_groups(p))
		note_add(&p->notes, "groups", NULL,
			"supplementary groups show as 65534: others take root");
	if (model && h->cpu_model && strcmp(model, h->cpu_model) != 0)
		note_add(&p->notes, "cpu", NULL,
			"recorded on '%s', replayed on '%s'", model,
			h->cpu_model);
	if (m->run.host.kernel && h->kernel &&
		strcmp(m->run.host.kernel, h->kernel) != 0)
		note_add(&p->notes, "kernel", NULL,
			"recorded on Linux %s, replayed on %s",
			m->run.host.kernel, h->kernel);
}

/* A run that touched nothing in its working directory was there all the same. */
static void add_cwd(struct plan *p)
{
	const char *cwd = p->manifest->command.cwd;

	if (cwd && !tree_resolve(&p->tree, NULL, cwd) &&
		tree_add_directory(&p->tree, cwd))
		note_add(&p->notes, "directory", cwd,
			"was not recorded: empty, with another mode and time");
}

int plan_places(struct plan *p, const struct replay_options *o, struct err *e)
{
	p->has_places = true;
	add_cwd(p);
	return parts_volumes(p, o->parts, e);
}

int plan_finish(struct plan *p, const struct replay_options *o,
	const struct host_view *h, struct err *e)
{
	if (!p->has_places && plan_places(p, o, e) < 0)
		return -1;
	tree_leave_withheld(&p->tree);
	if (plan_gpus(p, &h->gpu, o->gpus, e) < 0)
		return -1;
	tree_finish(&p->tree);
	sources_place(p, &h->mounts);
	if (need_objects(p, e) < 0 || plan_command(p, o, h, e) < 0)
		return -1;
	collect_ids(p);
	keep_closed(p, h);
	plan_read_only(p);
	note_differences(p, h);
	return 0;
}
