// SPDX-License-Identifier: Apache-2.0
/*
 * Strategy A: a tree of metadata over the store's objects. Each file of the
 * tree is sparse, of the recorded size, with two attributes: "metacopy" says
 * that its content lies elsewhere, "redirect" where. Nothing is copied.
 * Documentation/filesystems/overlayfs.rst, "Data-only lower layers"; in a user
 * namespace since 6.16.
 */
#include "replay/stage.h"

#include "base/err.h"
#include "base/fs.h"
#include "replay/layer.h"
#include "replay/plan.h"
#include "store/store.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define METACOPY "user.overlay.metacopy"
#define REDIRECT "user.overlay.redirect"

/*
 * Where the content of a file would be that nobody opened: a name longer than
 * a name can be, so that opening it gives ENAMETOOLONG, which no ordinary file
 * gives; an absent object would give ENOENT.
 */
static void no_place(char out[NAME_MAX + 3])
{
	out[0] = '/';
	memset(out + 1, 'x', NAME_MAX + 1);
	out[NAME_MAX + 2] = 0;
}

static int redirected_file(
	struct layer *l, const struct node *n, int *fd, struct err *e)
{
	const struct node *f = node_file(n);
	char object[NAME_MAX + 3] = "/";
	const char *place = object;
	/* A file that is mounted is only a place for the mount. */
	bool mounted =
		f->content == CONTENT_HOST && f->source->place == PLACE_BIND;

	*fd = layer_new_file(n, f->mode & 0777, mounted ? 0 : f->size, e);
	if (*fd < 0)
		return -1;
	if (f->content == CONTENT_NONE || mounted)
		return 0;
	if (f->content == CONTENT_OBJECT)
		object_path(&f->digest, object + 1);
	else if (f->content == CONTENT_HOST)
		place = f->source->inside;
	else
		no_place(object);
	if (fsetxattr(*fd, METACOPY, "", 0, 0) < 0 ||
		fsetxattr(*fd, REDIRECT, place, strlen(place), 0) < 0)
		return err_sys(e, "cannot mark '%s'", n->path);
	return 0;
}

static bool wants(const struct node *n)
{
	return (n->layers & IN_LOWER && !(n->layers & IN_UPPER)) ||
	       node_holds_place(n);
}

static const struct layer_kind layer_metadata = {
	.wants = wants,
	.file = redirected_file,
	.places = true,
	.reverse = true,
	.whole = true,
};

/* An objects directory by its path, as it is in this mount namespace. */
static int add_objects(int fs, int known, struct err *e)
{
	char link[64], path[PATH_MAX];
	autoclose int fd = -1;
	struct stat a, b;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", known);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return err_sys(e, "cannot find the store's path");
	path[n] = 0;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &a) < 0 || fstat(known, &b) < 0)
		return err_sys(e, "cannot open '%s' again", path);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return err_set(e, "'%s' was replaced", path);
	return stage_set_layer(fs, "datadir+", fd, e);
}

static int add_data(int fs, struct store *s, const char *inputs, struct err *e)
{
	autoclose int fd = -1;

	if (add_objects(fs, store_objects_fd(s), e) < 0)
		return -1;
	for (size_t i = 0; i < store_alternate_count(s); i++)
		if (add_objects(fs, store_alternate_fd(s, i), e) < 0)
			return -1;
	if (!inputs)
		return 0;
	fd = open(inputs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", inputs);
	return stage_set_layer(fs, "datadir+", fd, e);
}

int stage_a(struct stage *s, const struct stage_layers *l, struct err *e)
{
	autoclose int lower = stage_dir(l->meta, "lower", e);
	autoclose int fs = -1;

	if (lower < 0)
		return -1;
	if (layer_fill(&layer_metadata, &s->plan->tree, s->store, l->ids, lower,
		    &s->report->lost, e) < 0)
		return -1;
	fs = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return err_sys(e, "cannot make an overlay");
	if (stage_set(fs, "userxattr", NULL, e) < 0 ||
		stage_set_layer(fs, "lowerdir+", lower, e) < 0 ||
		add_data(fs, s->store, s->plan->sources.layer, e) < 0 ||
		stage_set_layer(fs, "upperdir", l->upper, e) < 0 ||
		stage_set_layer(fs, "workdir", l->work, e) < 0)
		return -1;
	return stage_mount(fs, e);
}
