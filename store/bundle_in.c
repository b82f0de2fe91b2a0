// SPDX-License-Identifier: Apache-2.0
/*
 * Taking a bundle into the store: stage all of it, check that its runs are
 * whole, and only then store its objects and publish its runs.
 */
#include "store/bundle_in.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "manifests/model.h"
#include "store/needs.h"
#include "store/runs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int open_object(void *ctx, const struct digest *d, struct err *e)
{
	struct import *im = ctx;

	return batch_open_object(im->batch, d, e);
}

static int check_need(void *ctx, const struct need *n, struct err *e)
{
	struct import *im = ctx;
	struct staged_object *o =
		map_get(&im->objects, &n->digest, sizeof(n->digest));
	char text[DIGEST_TEXT];
	int has = 1;

	if (!n->stored) {
		im->totals->missing++;
		return 0;
	}
	if (o)
		o->needed = true;
	else
		has = store_has(im->store, &n->digest, e);
	if (has < 0)
		return -1;
	if (has && !n->unusable)
		return 0;
	digest_text(&n->digest, text);
	return err_set(e,
		"the bundle '%s' is not whole: it lacks the content "
		"of '%s', %s",
		im->path, n->path, text);
}

static int read_manifest(struct import *im, const struct staged_run *run,
	struct manifest *m, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	char *path = arena_printf(im->arena, "%s/" RUN_MANIFEST, run->id);
	char *name = arena_printf(im->arena, "%s: runs/%s", im->path, path);

	if (fs_slurp_at(im->scratch.fd, path, &text) < 0)
		return err_sys(e, "cannot read '%s'", name);
	manifest_init(m, im->arena);
	if (manifest_read_yaml(m, im->arena, name, text.s ? text.s : "",
		    text.len, e) < 0 ||
		manifest_check(m, name, e) < 0)
		return -1;
	if (strcmp(m->run.id, run->id) != 0)
		return err_set(e, "%s: it is the manifest of another run, '%s'",
			name, m->run.id);
	return 0;
}

static int check_run(
	struct import *im, const struct staged_run *run, struct err *e)
{
	const struct needs_walk w = {open_object, check_need, im};
	char *path = arena_printf(im->arena, "%s/" RUN_FILES, run->id);
	char *name = arena_printf(im->arena, "%s: runs/%s", im->path, path);
	autoclose int fd = -1;
	struct digest files;
	struct manifest m;

	if (read_manifest(im, run, &m, e) < 0)
		return -1;
	if (!m.files.digest || digest_parse(m.files.digest, &files) < 0 ||
		!digest_equal(&files, &run->files))
		return err_set(e, "%s: its digest is not the manifest's", name);
	fd = openat(im->scratch.fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot read '%s'", name);
	return needs_walk(im->store, &m, fd, name, &w, e);
}

static bool has_digest(int dirfd, const char *name, const struct digest *want)
{
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && digest_verify_fd(fd, want, NULL) == 0;
}

/* What the store has under this id: nothing, the same run, or trouble. */
static int check_known(struct import *im, struct staged_run *run, struct err *e)
{
	struct err mine = ERR_INIT;
	struct run_dir r;
	bool same;

	if (run_open(im->store, run->id, &r, &mine) < 0) {
		if (mine.code == ENOENT)
			return 0;
		if (e)
			*e = mine;
		return -1;
	}
	same = has_digest(r.fd, RUN_MANIFEST, &run->manifest) &&
	       has_digest(r.fd, RUN_FILES, &run->files);
	run_dir_release(&r);
	if (!same)
		return err_set(e,
			"run '%s' of the bundle '%s' is in the store "
			"already, and not the same",
			run->id, im->path);
	run->known = true;
	return 0;
}

static int check_all(struct import *im, struct err *e)
{
	const struct map_entry *entry;
	char text[DIGEST_TEXT];
	size_t at = 0;

	for (size_t i = 0; i < im->run_count; i++)
		if (check_run(im, &im->runs[i], e) < 0 ||
			check_known(im, &im->runs[i], e) < 0)
			return -1;
	while ((entry = map_next(&im->objects, &at))) {
		const struct staged_object *o = entry->value;

		digest_text(&o->digest, text);
		if (!o->needed)
			return err_set(e,
				"the bundle '%s' holds %s, which no "
				"run of it needs",
				im->path, text);
	}
	return 0;
}

static int sync_staged(struct import *im, const struct staged_run *run)
{
	autoclose int dir = openat(im->scratch.fd, run->id,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	for (size_t i = 0; dir >= 0 && i < im->file_count; i++) {
		const struct staged_file *f = &im->files[i];
		autoclose int fd = -1;

		if (strcmp(f->id, run->id) != 0)
			continue;
		fd = openat(dir, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || FAULT("bundle.sync") || fsync(fd) < 0)
			return -1;
	}
	return dir < 0 ? -1 : fsync(dir);
}

static int publish(struct import *im, struct staged_run *run, struct err *e)
{
	if (run->known)
		return 0;
	if (sync_staged(im, run) < 0)
		return err_sys(e, "cannot write run '%s'", run->id);
	if (!FAULT("bundle.publish") && renameat(im->scratch.fd, run->id,
						im->store->runs_fd, run->id) == 0)
		return 0;
	/* Another import of the same bundle may have been faster. */
	if (errno == EEXIST || errno == ENOTEMPTY)
		return check_known(im, run, e);
	return err_sys(e, "cannot write run '%s' to '%s/runs'", run->id,
		im->store->dir);
}

static int take(struct import *im, struct err *e)
{
	if (store_batch_commit(im->batch, e) < 0)
		return -1;
	for (size_t i = 0; i < im->run_count; i++)
		if (publish(im, &im->runs[i], e) < 0)
			return -1;
	if (fsync(im->store->runs_fd) < 0)
		return err_sys(e, "cannot sync '%s/runs'", im->store->dir);
	return 0;
}

static int import(struct import *im, struct err *e)
{
	bool is_stdin = strcmp(im->path, "-") == 0;
	autoclose int fd = -1;

	if (!is_stdin) {
		fd = open(im->path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(
				e, "cannot open the bundle '%s'", im->path);
	}
	if (scratch_init(&im->scratch, im->store, e) < 0)
		return -1;
	im->space.fd = im->scratch.fd;
	im->batch = store_batch_new(im->store, e);
	if (!im->batch || bundle_stage(im, is_stdin ? 0 : fd, e) < 0 ||
		check_all(im, e) < 0)
		return -1;
	return take(im, e);
}

int bundle_import(struct store *s, const char *path, struct arena *a,
	char ***ids, struct bundle_totals *out, struct err *e)
{
	struct import im = {.store = s,
		.arena = arena_new(),
		.path = path,
		.scratch = SCRATCH_INIT,
		.objects = MAP_INIT,
		.totals = out};
	int r;

	*out = (struct bundle_totals){0};
	r = import(&im, e);
	out->runs = im.run_count;
	*ids = arena_array(a, im.run_count + 1, sizeof(**ids));
	for (size_t i = 0; i < im.run_count; i++)
		(*ids)[i] = arena_strdup(a, im.runs[i].id);
	store_batch_free(im.batch);
	scratch_release(&im.scratch);
	map_release(&im.objects);
	arena_free(im.arena);
	return r;
}
