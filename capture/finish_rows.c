// SPDX-License-Identifier: Apache-2.0
/* Making the rows and writing them. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "capture/classify.h"
#include "capture/finish.h"
#include "capture/xattrs.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void gap_of(struct finish *f, const struct content *c, const char *path)
{
	switch (c->outcome) {
	case CONTENT_OK:
	case CONTENT_PENDING: /* not published with one */
		return;
	case CONTENT_CHANGED:
		record_gap(f->rec, "changed", path,
			"was changed by somebody else between the run's "
			"reading it and its end: the digest is of the changed "
			"content");
		return;
	case CONTENT_UNREADABLE:
		record_gap(f->rec, "unreadable", path, "%s", strerror(c->error));
		return;
	case CONTENT_NO_ROOM:
		record_gap(f->rec, "no-room", path,
			"the store is full: kept by digest only");
		return;
	}
}

/* Nothing of the run is missing by it. */
static void note_unstored(
	struct finish *f, const struct content *c, const char *path)
{
	if (!c->stored)
		record_gap(f->rec, "package-file", path,
			"is not stored with its package: %s",
			c->outcome == CONTENT_UNREADABLE ? strerror(c->error)
							 : "no room");
}

static void row_content(
	struct finish *f, const struct item *i, struct file_row *r)
{
	const struct touched *t = i->t;
	const struct content *c = i->first;

	if ((t->access & ACCESS_N) && i->result)
		c = i->result;
	if (finish_only_whole(t) && !(c && c->stored))
		return;
	if (c) {
		r->has_digest = c->outcome != CONTENT_UNREADABLE;
		r->digest = c->digest;
		r->not_stored = !c->stored;
	} else if (t->preserved) {
		r->has_digest = true;
		r->digest = t->digest;
	} else if (t->not_stored) {
		r->not_stored = true;
	}
}

/* One row a path: what the run found there; where it found nothing, what it
 * made last. */
static bool has_row(struct finish *f, struct touched *t)
{
	struct touched *first = record_first(t);

	return t ==
	       (first->access & ACCESS_N ? record_find(f->rec, t->path) : first);
}

/* Those of the system's files are the kernel's and the packages' affair. */
static bool shows_attributes(const struct touched *t, const struct file_row *r)
{
	return (r->kind == KIND_FILE || r->kind == KIND_DIRECTORY) &&
	       !(r->access & (ACCESS_W | ACCESS_M | ACCESS_N)) &&
	       !strcmp(t->now, t->path) && !is_environment_path(t->path);
}

static void make_row(struct finish *f, const struct item *i)
{
	struct touched *t = i->t;
	struct file_row *r = &f->rows.items[f->rows.count++];
	bool made = (t->access & ACCESS_N) && (t->access & ACCESS_W);

	file_row_init(r);
	r->path = (char *)t->path;
	r->access = row_access(t, i->result || i->replaced);
	/* Made by the run and moved away since: nothing is left here. */
	if (!made)
		row_from_state(r, &t->first);
	else if (!strcmp(t->now, t->path))
		row_from_state(r, &i->last);
	else
		r->kind = KIND_ABSENT;
	if (r->kind == KIND_SYMLINK)
		r->target = t->target ? (char *)t->target
				      : fs_readlink(f->a, AT_FDCWD, t->path);
	if (t->access & ACCESS_D)
		r->listing = t->listing;
	if (r->kind == KIND_FILE)
		row_content(f, i, r);
	if (r->access & (ACCESS_R | ACCESS_X))
		r->package = map_gets(&f->package_of, t->path);
	if (shows_attributes(t, r))
		r->xattrs = xattrs_of(f->a, t->path);
}

/* What lies where the run has moved it has a row there, too. */
static void make_moved_row(struct finish *f, const struct item *i)
{
	struct touched *t = i->t;
	struct file_row *r;

	if (!strcmp(t->now, t->path) || !i->last.exists ||
		record_find(f->rec, t->now))
		return;
	r = &f->rows.items[f->rows.count++];
	file_row_init(r);
	r->path = (char *)t->now;
	r->access = ACCESS_N | ACCESS_W;
	row_from_state(r, &i->last);
	if (i->result) {
		r->has_digest = i->result->outcome != CONTENT_UNREADABLE;
		r->digest = i->result->digest;
		r->not_stored = !i->result->stored;
	}
}

/* One file has one content, by whatever name it was read. */
static void one_content(struct file_row *first, struct file_row *link)
{
	link->link = first->path;
	if (first->has_digest || !link->has_digest)
		return;
	first->has_digest = true;
	first->digest = link->digest;
	first->not_stored = link->not_stored;
}

/* Hard links of one file: all but the first in byte order name the first. */
static void name_links(struct finish *f)
{
	struct map paths = MAP_INIT, inodes = MAP_INIT;

	for (size_t i = 0; i < f->count; i++) {
		struct touched *t = f->items[i].t;

		if (t->first.nlink > 1 && !(t->access & ACCESS_N) && has_row(f, t))
			map_puts(&paths, t->path, t);
	}
	for (size_t i = 0; i < f->rows.count && paths.count; i++) {
		struct file_row *r = &f->rows.items[i];
		struct touched *t =
			r->kind == KIND_FILE ? map_gets(&paths, r->path) : NULL;
		struct file_row *first;
		uint64_t *key;

		if (!t)
			continue;
		key = arena_array(f->a, 2, sizeof(*key));
		key[0] = t->first.dev;
		key[1] = t->first.ino;
		first = map_get(&inodes, key, 2 * sizeof(*key));
		if (first)
			one_content(first, r);
		else
			map_put(&inodes, key, 2 * sizeof(*key), r);
	}
	map_release(&paths);
	map_release(&inodes);
}

/* Two rows for one path: a moved file's new place and another's old one. */
static void drop_doubles(struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (!n || strcmp(rows->items[n - 1].path, rows->items[i].path))
			rows->items[n++] = rows->items[i];
	rows->count = n;
}

static bool holds_rows(const struct file_row *r)
{
	return r && (r->kind == KIND_DIRECTORY || r->kind == KIND_TREE);
}

/*
 * Of a path that was a link for one process and a directory for another only
 * the first is in the table: no replay could rebuild what lay below the second.
 */
static void drop_orphans(struct finish *f)
{
	struct map rows = MAP_INIT;
	size_t n = 0;

	for (size_t i = 0; i < f->rows.count; i++) {
		struct file_row *r = &f->rows.items[i];
		size_t len = (size_t)(strrchr(r->path, '/') - r->path);

		/* What the run made is not rebuilt. */
		if (r->kind == KIND_ABSENT || (r->access & ACCESS_N) ||
			len == 0 || holds_rows(map_get(&rows, r->path, len))) {
			f->rows.items[n] = *r;
			map_puts(&rows, r->path, &f->rows.items[n++]);
			continue;
		}
		record_gap(f->rec, "raced", r->path,
			"lay in a directory whose path was something else when "
			"the run first looked: it cannot be rebuilt");
	}
	f->rows.count = n;
	map_release(&rows);
}

static void make_all(struct finish *f)
{
	f->rows.items =
		arena_array(f->a, 2 * f->count + 1, sizeof(*f->rows.items));
	for (size_t i = 0; i < f->count; i++) {
		struct item *it = &f->items[i];

		if (it->first && finish_only_whole(it->t))
			note_unstored(f, it->first, it->t->path);
		else if (it->first)
			gap_of(f, it->first, it->t->path);
		if (it->result)
			gap_of(f, it->result, it->t->now);
		if (has_row(f, it->t))
			make_row(f, it);
		make_moved_row(f, it);
	}
	rows_sort(&f->rows);
	drop_doubles(&f->rows);
	drop_orphans(f);
	name_links(f);
}

static int write_rows(int fd, const struct rows *rows, struct digest *digest,
	int64_t *count, struct err *e)
{
	struct table_writer *w = table_writer_new(fd);

	for (size_t i = 0; i < rows->count; i++)
		if (table_write(w, &rows->items[i], e) < 0) {
			table_writer_free(w);
			return -1;
		}
	return table_writer_finish(w, digest, count, e);
}

/*
 * A row that the root of data `root` takes out of the main table: what was
 * there at first and stayed as it was (inputs), or what the run made and left
 * (outputs).
 */
static bool belongs(const struct file_row *r, const char *root, bool results)
{
	bool made = (r->access & ACCESS_N) && (r->access & ACCESS_W) &&
		    r->kind != KIND_ABSENT;

	return fs_below(r->path, root) && r->path[strlen(root)] &&
	       r->kind != KIND_TREE &&
	       (results ? made : !(r->access & (ACCESS_W | ACCESS_M | ACCESS_N)));
}

/* Where all was read and then changed, nothing stays together. */
static bool has_files(const struct rows *rows, const char *root, bool results)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].kind == KIND_FILE &&
			belongs(&rows->items[i], root, results))
			return true;
	return false;
}

/* Paths in a tree begin at its root, so that equal data has an equal digest
 * wherever it lies. */
static void take_rows(
	struct finish *f, const char *root, bool results, struct rows *out)
{
	size_t len = strlen(root), kept = 0;

	out->items = arena_array(f->a, f->rows.count, sizeof(*out->items));
	for (size_t i = 0; i < f->rows.count; i++) {
		struct file_row *r = &f->rows.items[i];

		if (belongs(r, root, results)) {
			out->items[out->count] = *r;
			out->items[out->count].path += len;
			/* Ids are of this run alone. */
			out->items[out->count].package = NULL;
			/* The first of hard links may lie outside. */
			if (r->link)
				out->items[out->count].link =
					fs_below(r->link, root) ? r->link + len
								: NULL;
			out->count++;
		} else {
			f->rows.items[kept++] = *r;
		}
	}
	f->rows.count = kept;
}

static struct file_row *find_row(struct rows *rows, const char *path)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->items[i].path, path))
			return &rows->items[i];
	return NULL;
}

static int make_tree(
	struct finish *f, const char *root, bool results, struct err *e)
{
	autoclose int fd = memfd_create("table", MFD_CLOEXEC);
	struct file_row *top = find_row(&f->rows, root);
	struct rows rows = {NULL, 0};
	struct put_result put;
	struct digest digest;
	int64_t entries;

	/* One directory cannot be two trees; and a root that the run found
	 * cannot be one that it made. */
	if (!top || top->kind != KIND_DIRECTORY ||
		!has_files(&f->rows, root, results))
		return 0;
	if (fd < 0)
		return err_sys(e, "cannot make a memory file");
	take_rows(f, root, results, &rows);
	top = find_row(&f->rows, root);
	if (write_rows(fd, &rows, &digest, &entries, e) < 0 ||
		store_put_fd(f->cap->batch, fd, UINT64_MAX, &put, e) < 0)
		return err_wrap(e, "the table of '%s'", root);
	top->kind = KIND_TREE;
	top->has_digest = true;
	top->digest = digest;
	top->entries = entries;
	return 0;
}

static int make_trees(struct finish *f, struct err *e)
{
	for (size_t i = 0; i < f->input_roots.count; i++)
		if (make_tree(f, f->input_roots.items[i], false, e) < 0)
			return -1;
	for (size_t i = 0; i < f->output_roots.count; i++)
		if (make_tree(f, f->output_roots.items[i], true, e) < 0)
			return -1;
	return f->input_roots.count + f->output_roots.count
		       ? store_batch_commit(f->cap->batch, e)
		       : 0;
}

int finish_rows(struct finish *f, struct err *e)
{
	struct m_files *files = &f->cap->manifest->files;
	autoclose int fd = openat(f->cap->run.fd, RUN_FILES_TMP,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct digest digest;

	if (fd < 0)
		return err_sys(e, "cannot create '%s'", RUN_FILES_TMP);
	make_all(f);
	if (make_trees(f, e) < 0 ||
		write_rows(fd, &f->rows, &digest, &files->entries, e) < 0)
		return -1;
	files->path = (char *)"files.yaml";
	files->digest = digest_string(f->a, &digest);
	return 0;
}
