// SPDX-License-Identifier: Apache-2.0
/*
 * Strategy B: a tree of real files in the cache, built once per run, for
 * kernels whose overlay has no data-only layers (before 6.16 without root, and
 * Debian 12's own 6.1). Its file system lists names in an order of its own; so
 * below it lies a tmpfs with nothing but the names of the directories that the
 * run has listed: a merged directory is listed in the order of its lowest
 * layer, and every look-up stops above it.
 */
#include "replay/stage.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "replay/layer.h"
#include "replay/plan.h"
#include "replay/scratch.h"
#include "sandbox/isolation/isolation.h"
#include "store/cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

/* Counts up when what a tree holds changes: then old ones are not used. */
#define TREE_FORMAT 2

/*
 * Trees are $XDG_CACHE_HOME/reprise/trees/<run>-<files digest>-<format>, with
 * the variant when there are inputs of this host, and with the owners of the
 * range of ids when there is one; beside each lies its lock file.
 */
int stage_b_prepare(struct stage *s, bool ranges, struct err *e)
{
	struct arena *a = s->plan->arena;
	const struct manifest *m = s->plan->manifest;
	const char *digest = m->files.digest ? m->files.digest : "sha256:";
	const char *variant = s->plan->sources.variant;
	const char *cache = cache_dir(a);
	const char *dir, *lock;

	if (!cache)
		return err_set(e, "no place for the tree of files: neither "
				  "XDG_CACHE_HOME nor HOME is set");
	dir = fs_join(a, cache, "trees");
	if (fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	s->tree_path = arena_printf(a, "%s/%s-%.16s-%d%s%s%s", dir, m->run.id,
		digest + strcspn(digest, ":") + 1, TREE_FORMAT,
		variant ? "-" : "", variant ? variant : "",
		ranges ? "-range" : "");
	lock = arena_printf(a, "%s.lock", s->tree_path);
	s->tree_lock =
		open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->tree_lock < 0)
		return err_sys(e, "cannot open '%s'", lock);
	/* Two that build it at once would only do the work twice. */
	if (flock(s->tree_lock, LOCK_SH) < 0)
		return err_sys(e, "cannot lock '%s'", lock);
	if (access(s->tree_path, F_OK) == 0)
		return 0;
	if (flock(s->tree_lock, LOCK_EX) < 0)
		return err_sys(e, "cannot lock '%s'", lock);
	return 0;
}

/* Whole or not at all: built beside its name, which it then gets. */
static int build_tree(struct stage *s, const struct iso_ids *ids, struct err *e)
{
	autofree char *tmp = NULL;
	autoclose int dir = -1;

	if (asprintf(&tmp, "%s.new", s->tree_path) < 0)
		return err_set(e, "out of memory");
	/* What a killed replay left: we hold the lock. */
	if (fs_remove_tree(AT_FDCWD, tmp, e) < 0)
		return -1;
	dir = stage_dir(AT_FDCWD, tmp, e);
	if (dir < 0)
		return -1;
	if (layer_fill(&layer_real, &s->plan->tree, s->store, ids, dir,
		    &s->report->lost, e) < 0 ||
		(FAULT("replay.tree") || rename(tmp, s->tree_path) < 0
				? err_sys(e, "cannot rename '%s'", tmp)
				: 0) < 0) {
		fs_remove_tree(AT_FDCWD, tmp, NULL);
		return -1;
	}
	s->report->tree_built = true;
	return 0;
}

static int open_tree_of(struct stage *s, const struct iso_ids *ids, struct err *e)
{
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(s->tree_path, flags);

	if (fd < 0 && errno == ENOENT) {
		if (build_tree(s, ids, e) < 0)
			return -1;
		fd = open(s->tree_path, flags);
	}
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", s->tree_path);
	/* From here on it is only read; the lock keeps it from being freed. */
	if (flock(s->tree_lock, LOCK_SH) < 0) {
		close(fd);
		return err_sys(e, "cannot lock '%s'", s->tree_path);
	}
	return fd;
}

/* By descriptor, so that no path has to be quoted for the option. */
static int set_layers(int fs, int tree, int names, const struct stage_layers *l,
	struct err *e)
{
	char text[96];

	if (names < 0)
		snprintf(text, sizeof(text), "/proc/self/fd/%d", tree);
	else
		snprintf(text, sizeof(text),
			"/proc/self/fd/%d:/proc/self/fd/%d", tree, names);
	if (stage_set(fs, "lowerdir", text, e) < 0 ||
		stage_set_layer(fs, "upperdir", l->upper, e) < 0)
		return -1;
	return stage_set_layer(fs, "workdir", l->work, e);
}

int stage_b(struct stage *s, const struct stage_layers *l, struct err *e)
{
	const struct tree *t = &s->plan->tree;
	autoclose int tree = open_tree_of(s, l->ids, e);
	autoclose int names = -1, fs = -1;

	if (tree < 0)
		return -1;
	if (t->root->layers & IN_ORDER) {
		names = stage_dir(l->meta, "names", e);
		if (names < 0 || layer_fill(&layer_names, t, s->store, l->ids,
					 names, &s->report->lost, e) < 0)
			return -1;
	}
	fs = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return err_sys(e, "cannot make an overlay");
	if (stage_set(fs, "userxattr", NULL, e) < 0 ||
		set_layers(fs, tree, names, l, e) < 0)
		return -1;
	return stage_mount(fs, e);
}
