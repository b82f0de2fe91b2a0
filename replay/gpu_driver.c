// SPDX-License-Identifier: Apache-2.0
/*
 * NVIDIA's user libraries. The kernel module refuses those of another version,
 * so this host's stand beside the recorded ones, and the links that led to
 * those (libcuda.so.1) lead to these: the loader's cache, which names the
 * links, stays as it was recorded.
 */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "replay/plan.h"

#include <stdlib.h>
#include <string.h>

struct swap {
	struct plan *plan;
	const struct nvidia_driver *host;
	const char *was; /* the recorded version */
	/* Directories of the main libraries: the others belong there, too. */
	struct node **homes;
	size_t home_count;
	size_t missing; /* libraries that this host does not have */
	const char *first_missing;
};

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The library of this host that has the stem of the name, "libcuda.so." */
static const struct nvidia_library *by_stem(
	const struct nvidia_driver *d, const char *name, size_t stem)
{
	for (size_t i = 0; i < d->libraries.count; i++)
		if (!strncmp(d->libraries.items[i].name, name, stem) &&
			!strcmp(d->libraries.items[i].name + stem, d->version))
			return &d->libraries.items[i];
	return NULL;
}

static const struct nvidia_library *by_soname(
	const struct nvidia_driver *d, const char *name)
{
	for (size_t i = 0; i < d->libraries.count; i++)
		if (!strcmp(d->libraries.items[i].soname, name))
			return &d->libraries.items[i];
	return NULL;
}

static void bind(struct swap *s, const struct nvidia_library *l, const char *to)
{
	struct gpu_plan *g = &s->plan->gpu;

	*ARENA_PUSH(s->plan->arena, g->binds, g->bind_count) = (struct iso_bind){
		.source = l->path, .target = to, .read_only = true};
}

/* Beside the recorded ones, unless the run had this very one. */
static void place(
	struct swap *s, const struct node *dir, const struct nvidia_library *l)
{
	struct arena *a = s->plan->arena;
	const char *path = fs_join(a, dir->path, l->name);

	if (tree_add_of_host(&s->plan->tree, path, NULL))
		bind(s, l, path);
}

static void add_home(struct swap *s, struct node *dir)
{
	for (size_t i = 0; i < s->home_count; i++)
		if (s->homes[i] == dir)
			return;
	*ARENA_PUSH(s->plan->arena, s->homes, s->home_count) = dir;
}

/*
 * Libraries for a kernel module older than they are lie in "compat" (CUDA
 * Compatibility guide). They are part of the toolkit, so the run's; a module
 * of a later series has no use for them.
 */
static bool is_compat(const struct node *n)
{
	return !strcmp(base_of(n->parent->path), "compat");
}

static bool later_than_host(const struct swap *s, const char *version)
{
	return strtol(version, NULL, 10) > strtol(s->host->version, NULL, 10);
}

/* A link to a library of the recorded version. */
static void swap_link(struct swap *s, struct node *n)
{
	struct plan *p = s->plan;
	const char *name = base_of(n->target), *version = nvidia_suffix(name);
	size_t before = (size_t)(name - n->target);
	const struct nvidia_library *l;
	struct node *dir;

	if (!version || (strcmp(version, s->was) != 0 && !is_compat(n)))
		return;
	if (strcmp(version, s->was) != 0 && later_than_host(s, version)) {
		if (starts(name, "libcuda.so."))
			note_add(&p->notes, "gpu-driver", n->path,
				"the run's compatibility library of version %s "
				"is used",
				version);
		return;
	}
	l = by_stem(s->host, name, (size_t)(version - name));
	dir = before ? tree_resolve(&p->tree, n->parent->path,
			       arena_memdup(p->arena, n->target, before))
		     : n->parent;
	if (!l || !dir) {
		if (!tree_resolve(&p->tree, n->parent->path, n->target) ||
			strcmp(version, s->host->version) != 0) {
			if (!s->missing++)
				s->first_missing = name;
		}
		return;
	}
	place(s, dir, l);
	if (strcmp(version, s->host->version) != 0)
		n->target_here = arena_printf(
			p->arena, "%.*s%s", (int)before, n->target, l->name);
	if (starts(name, "libcuda.so.") || starts(name, "libnvidia-ml.so."))
		add_home(s, dir);
}

/* Where a container's runtime has mounted the library over the link's name. */
static void swap_file(struct swap *s, struct node *n)
{
	const struct nvidia_library *l = by_soname(s->host, n->name);

	if (!l || is_compat(n) || !strcmp(base_of(n->parent->path), "stubs") ||
		!strcmp(s->was, s->host->version))
		return;
	bind(s, l, n->path);
	add_home(s, n->parent);
}

/* What the driver may load on this host and did not on the recorded one. */
static void add_rest(struct swap *s)
{
	struct plan *p = s->plan;

	for (size_t i = 0; i < s->home_count; i++)
		for (size_t k = 0; k < s->host->libraries.count; k++) {
			const struct nvidia_library *l =
				&s->host->libraries.items[k];

			place(s, s->homes[i], l);
			if (strcmp(l->soname, l->name) != 0)
				tree_add_of_host(&p->tree,
					fs_join(p->arena, s->homes[i]->path,
						l->soname),
					l->name);
		}
}

/* The tree grows while it is walked: only what was in it before. */
static void swap_all(struct swap *s)
{
	struct plan *p = s->plan;
	struct node **all = arena_array(p->arena, p->tree.count, sizeof(*all));
	size_t count = 0;

	for (struct node *n = p->tree.root; n; n = tree_next(n))
		if (n->kind == KIND_SYMLINK || n->kind == KIND_FILE)
			all[count++] = n;
	for (size_t i = 0; i < count; i++)
		if (all[i]->kind == KIND_SYMLINK)
			swap_link(s, all[i]);
		else
			swap_file(s, all[i]);
}

/*
 * Did the driver compile code for the GPU, or take what it had compiled before
 * from its cache? Such code depends on the driver.
 */
static bool has_compiled(const struct plan *p)
{
	const char *cache = gpu_variable(p->manifest, "CUDA_CACHE_PATH");

	for (const struct node *n = p->tree.root; n; n = tree_next(n)) {
		if (n->access & ACCESS_X &&
			starts(n->name, "libnvidia-ptxjitcompiler.so"))
			return true;
		if (n->access & ACCESS_R &&
			(strstr(n->path, "/.nv/ComputeCache/") ||
				(cache && *cache && fs_below(n->path, cache))))
			return true;
	}
	return false;
}

static const char *recorded_version(const struct gpu_plan *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->wants[i].recorded->vendor, "nvidia") &&
			g->wants[i].recorded->driver_version)
			return g->wants[i].recorded->driver_version;
	return NULL;
}

/* Before the kernel module was asked: the version is in the link's name. */
static const char *version_of_link(const struct plan *p)
{
	for (const struct node *n = p->tree.root; n; n = tree_next(n))
		if (n->kind == KIND_SYMLINK && !strcmp(n->name, "libcuda.so.1"))
			return nvidia_suffix(base_of(n->target));
	return NULL;
}

static bool all_of_model(const struct gpu_plan *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].here && g->wants[i].match == MATCH_OTHER)
			return false;
	return true;
}

static int lacks_libraries(
	struct plan *p, const struct nvidia_driver *d, struct err *e)
{
	const struct strlist *other = &d->other_versions;

	return err_set(e,
		"the kernel module of NVIDIA's driver has version %s here, but "
		"no user library of that version was found%s%s%s: %s, or "
		"replay "
		"with --gpus none",
		d->version, other->count ? " (libcuda.so is of version " : "",
		other->count ? other->items[0] : "", other->count ? ")" : "",
		other->count ? "load the module of the same version"
			     : "install them (libcuda1, or the driver's own "
			       "installer)");
}

static void note_driver(struct swap *s)
{
	struct plan *p = s->plan;

	if (strcmp(s->was, s->host->version) != 0)
		note_add(&p->notes, "gpu-driver", NULL,
			"recorded with NVIDIA driver %s, replayed with %s and "
			"%zu of its libraries from this host; the run had %s",
			s->was, s->host->version, p->gpu.bind_count,
			has_compiled(p)
				? "code compiled for the GPU by the driver, "
				  "which can differ"
				: "no code compiled for the GPU by the driver");
	if (s->missing)
		note_add(&p->notes, "driver-library", NULL,
			"%zu libraries of the recorded driver, %s among them, "
			"have no counterpart on this host",
			s->missing, s->first_missing);
}

int gpu_driver(struct plan *p, const struct gpu_host *h, struct err *e)
{
	struct swap s = {.plan = p, .host = &h->driver};
	bool same;

	if (!gpu_uses(&p->gpu, "nvidia") || !h->driver.version)
		return 0;
	s.was = recorded_version(&p->gpu);
	if (!s.was)
		s.was = version_of_link(p);
	if (!s.was)
		return 0;
	same = !strcmp(s.was, h->driver.version);
	if (!same && !h->driver.libraries.count)
		return lacks_libraries(p, &h->driver, e);
	swap_all(&s);
	if (!same || !all_of_model(&p->gpu))
		add_rest(&s);
	note_driver(&s);
	return 0;
}
