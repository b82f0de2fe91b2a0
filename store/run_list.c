// SPDX-License-Identifier: Apache-2.0
/* The runs of a store, latest first. */
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* RFC 3339 in UTC with a fixed number of digits sorts as text. */
static int latest_first(const void *a, const void *b)
{
	const struct run_entry *x = a, *y = b;
	int order = strcmp(y->started, x->started);

	return order ? order : strcmp(x->id, y->id);
}

static void read_entry(struct store *s, struct arena *a, struct run_dir *r,
	struct run_entry *out)
{
	autoclose int fd = openat(r->fd, RUN_MANIFEST,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct err trouble = ERR_INIT;
	char *name;
	int live;

	memcpy(out->id, r->id, sizeof(out->id));
	if (fd >= 0 || errno != ENOENT) {
		out->published = true;
		name = arena_printf(a, "%s/runs/%s/" RUN_MANIFEST, s->dir, r->id);
		if (fd < 0)
			err_sys(&trouble, "cannot open '%s'", name);
		if (fd < 0 || run_read_head(fd, name, a, out, &trouble) < 0)
			out->trouble = arena_strdup(a, trouble.msg);
	} else {
		live = journal_is_live(r->fd, RUN_JOURNAL, &trouble);
		/* Without a journal it has only just been made. */
		out->dead = live == 0;
		out->pending = out->dead &&
			       faccessat(r->fd, RUN_PENDING, F_OK, 0) == 0;
		if (live < 0 && trouble.code != ENOENT)
			out->trouble = arena_strdup(a, trouble.msg);
	}
	if (!out->started)
		out->started = arena_strdup(a, "");
}

int run_read_entry(struct store *s, struct arena *a, const char *id,
	struct run_entry *out, struct err *e)
{
	struct run_dir r;

	memset(out, 0, sizeof(*out));
	if (run_open(s, id, &r, e) < 0)
		return -1;
	read_entry(s, a, &r, out);
	run_dir_release(&r);
	return 0;
}

int runs_list_prefix(struct store *s, struct arena *a, const char *prefix,
	bool unpublished_too, struct run_entry **out, size_t *count,
	struct err *e)
{
	int again = openat(s->runs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct run_entry one, *list = NULL;
	struct dirent *ent;
	size_t n = 0;

	if (!d)
		return err_sys(e, "cannot read '%s/runs'", s->dir);
	while ((ent = readdir(d))) {
		/* One that goes meanwhile is not there. */
		if (!run_is_id(ent->d_name) ||
			strncmp(ent->d_name, prefix, strlen(prefix)) != 0 ||
			run_read_entry(s, a, ent->d_name, &one, NULL) < 0)
			continue;
		if (one.published || unpublished_too)
			*ARENA_PUSH(a, list, n) = one;
	}
	closedir(d);
	if (n)
		qsort(list, n, sizeof(*list), latest_first);
	*out = list;
	*count = n;
	return 0;
}

int runs_list(struct store *s, struct arena *a, bool unpublished_too,
	struct run_entry **out, size_t *count, struct err *e)
{
	return runs_list_prefix(s, a, "", unpublished_too, out, count, e);
}
