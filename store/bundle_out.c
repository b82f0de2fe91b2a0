// SPDX-License-Identifier: Apache-2.0
/* Writing a bundle: gather what the runs need, then stream it into a tar. */
#include "store/bundle.h"
#include "store/bundle_format.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "manifests/model.h"
#include "store/internal.h"
#include "store/needs.h"
#include "store/runs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)

/* A file of a run; `name` is one of RUN_FILES, RUN_KEY, RUN_MANIFEST. */
struct run_file {
	const char *id;
	const char *name;
	char path[BUNDLE_PATH];
	struct digest digest;
};

struct exporter {
	struct store *store;
	struct arena *arena;
	struct run_file *files;
	size_t file_count;
	struct map seen;    /* digests that are exported */
	struct map missing; /* digests that are not */
	struct digest *objects;
	size_t object_count;
	struct archive *tar;
	int out;
	bool failed; /* nothing more is written */
	struct hasher *hasher;
	char *buf;
	struct bundle_totals *totals;
};

static int gather(void *ctx, const struct need *n, struct err *e)
{
	struct exporter *x = ctx;
	struct digest *copy;
	struct map *set = n->stored ? &x->seen : &x->missing;

	if (map_get(set, &n->digest, sizeof(n->digest)))
		return 0;
	copy = (struct digest *)(void *)arena_memdup(
		x->arena, &n->digest, sizeof(n->digest));
	map_put(set, copy, sizeof(*copy), copy);
	if (n->stored)
		*ARENA_PUSH(x->arena, x->objects, x->object_count) = *copy;
	if (n->unusable)
		return err_set(
			e, "the table of '%s' is missing or damaged", n->path);
	return 0;
}

static int open_run_file(
	struct exporter *x, const struct run_file *f, struct err *e)
{
	struct run_dir r;
	int fd;

	if (run_open(x->store, f->id, &r, e) < 0)
		return -1;
	fd = openat(r.fd, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	run_dir_release(&r);
	if (fd < 0)
		err_sys(e, "cannot open '%s' of run '%s'", f->name, f->id);
	return fd;
}

/* In the order in which they sort. */
static int add_run_files(struct exporter *x, const char *id, struct err *e)
{
	static const char *const names[] = {RUN_FILES, RUN_KEY, RUN_MANIFEST};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct run_file f = {.id = id, .name = names[i]};
		autoclose int fd = -1;

		snprintf(f.path, sizeof(f.path), "runs/%s/%s", id, names[i]);
		fd = open_run_file(x, &f, e);
		if (fd < 0 && errno == ENOENT && names[i][0] == 'k')
			continue;
		if (fd < 0 || digest_fd(fd, &f.digest, NULL, e) < 0)
			return -1;
		*ARENA_PUSH(x->arena, x->files, x->file_count) = f;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct digest));
}

static int gather_runs(
	struct exporter *x, const char *const *ids, size_t n, struct err *e)
{
	const char **sorted = arena_array(x->arena, n + 1, sizeof(*sorted));
	const struct needs_walk w = {NULL, gather, x};

	memcpy(sorted, ids, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(sorted[i - 1], sorted[i]) == 0)
			continue;
		if (needs_of_run(x->store, sorted[i], &w, e) < 0 ||
			add_run_files(x, sorted[i], e) < 0)
			return err_wrap(e, "cannot export run '%s'", sorted[i]);
		x->totals->runs++;
	}
	if (x->object_count)
		qsort(x->objects, x->object_count, sizeof(*x->objects),
			by_digest);
	/* By reference in one run, stored for another: it is in the bundle. */
	for (size_t i = 0, at = 0; i < x->missing.count; i++) {
		const struct map_entry *m = map_next(&x->missing, &at);

		if (!map_get(&x->seen, m->key, m->len))
			x->totals->missing++;
	}
	return 0;
}

static int tar_failed(struct exporter *x, const char *path, struct err *e)
{
	const char *why = archive_error_string(x->tar);

	err_set(e, "cannot write '%s' to the bundle: %s", path,
		why ? why : "unknown error");
	if (e)
		e->code = archive_errno(x->tar);
	return -1;
}

static int begin_entry(
	struct exporter *x, const char *path, uint64_t size, struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	int r;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0400);
	archive_entry_set_mtime(entry, 0, 0);
	r = archive_write_header(x->tar, entry);
	archive_entry_free(entry);
	return r == ARCHIVE_OK ? 0 : tar_failed(x, path, e);
}

static int add_text(struct exporter *x, const char *path,
	const struct strbuf *text, struct err *e)
{
	if (begin_entry(x, path, text->len, e) < 0)
		return -1;
	if (archive_write_data(x->tar, text->s, text->len) !=
		(la_ssize_t)text->len)
		return tar_failed(x, path, e);
	return 0;
}

/* Hashed on its way: a bundle never carries damage on. */
static int add_fd(struct exporter *x, const char *path, int fd,
	const struct digest *want, struct err *e)
{
	struct digest is;
	struct stat st;
	uint64_t left;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot read '%s'", path);
	if (begin_entry(x, path, (uint64_t)st.st_size, e) < 0)
		return -1;
	for (left = (uint64_t)st.st_size; left;) {
		size_t n = left < CHUNK ? (size_t)left : CHUNK;
		ssize_t got = fs_read_all(fd, x->buf, n);

		if (got < 0)
			return err_sys(e, "cannot read '%s'", path);
		if ((size_t)got < n)
			return err_set(e, "'%s' is damaged: it was cut", path);
		hasher_add(x->hasher, x->buf, n);
		if (archive_write_data(x->tar, x->buf, n) != (la_ssize_t)n)
			return tar_failed(x, path, e);
		left -= n;
	}
	hasher_final(x->hasher, &is);
	if (!digest_equal(&is, want))
		return err_set(e, "'%s' is damaged: its digest is wrong", path);
	x->totals->bytes += (uint64_t)st.st_size;
	return 0;
}

static int add_head(struct exporter *x, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	char digest[DIGEST_TEXT];

	strbuf_addf(&text, BUNDLE_VERSION "\n" BUNDLE_COUNT "%zu\n",
		x->object_count);
	for (size_t i = 0; i < x->file_count; i++) {
		digest_text(&x->files[i].digest, digest);
		strbuf_addf(&text, "%s %s\n", digest, x->files[i].path);
	}
	return add_text(x, BUNDLE_HEAD, &text, e);
}

static int add_all(struct exporter *x, struct err *e)
{
	char path[sizeof("objects/") + OBJECT_PATH] = "objects/";

	if (add_head(x, e) < 0)
		return -1;
	for (size_t i = 0; i < x->file_count; i++) {
		const struct run_file *f = &x->files[i];
		autoclose int fd = open_run_file(x, f, e);

		if (fd < 0 || add_fd(x, f->path, fd, &f->digest, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < x->object_count; i++) {
		autoclose int fd = store_open_object(x->store, &x->objects[i], e);

		object_path(&x->objects[i], path + strlen("objects/"));
		if (fd < 0 || add_fd(x, path, fd, &x->objects[i], e) < 0)
			return -1;
		x->totals->objects++;
	}
	return 0;
}

/*
 * libarchive only frees everything when it is closed in good order, which
 * would fill up an entry that was not finished: after a failure it is closed,
 * too, but what it writes goes nowhere.
 */
static la_ssize_t write_block(
	struct archive *tar, void *ctx, const void *buf, size_t n)
{
	struct exporter *x = ctx;

	if (!x->failed && !FAULT("bundle.write") &&
		fs_write_all(x->out, buf, n) == 0)
		return (la_ssize_t)n;
	if (!x->failed)
		archive_set_error(tar, errno, "%s", strerror(errno));
	x->failed = true;
	return -1;
}

static int write_tar(struct exporter *x, int fd, struct err *e)
{
	int r = -1;

	x->out = fd;

	x->tar = archive_write_new();
	if (!x->tar)
		return err_set(e, "cannot start libarchive");
	/* The same bytes into a pipe as into a file. */
	archive_write_set_bytes_in_last_block(x->tar, 1);
	archive_write_set_bytes_per_block(x->tar, CHUNK);
	if (archive_write_set_format_pax_restricted(x->tar) != ARCHIVE_OK ||
		archive_write_open(x->tar, x, NULL, write_block, NULL) !=
			ARCHIVE_OK)
		tar_failed(x, BUNDLE_HEAD, e);
	else if (add_all(x, e) == 0)
		r = archive_write_close(x->tar) == ARCHIVE_OK
			    ? 0
			    : tar_failed(x, "the end", e);
	x->failed = r < 0;
	archive_write_free(x->tar);
	return r;
}

static int write_file(struct exporter *x, const char *path, struct err *e)
{
	autofree char *tmp = NULL;
	autoclose int fd = -1;
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return err_sys(e, "cannot get random bytes");
	if (asprintf(&tmp, "%s.%016" PRIx64 ".tmp", path, nonce) < 0)
		abort();
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "cannot create '%s'", path);
	if (write_tar(x, fd, e) == 0) {
		if (!FAULT("bundle.rename") && fsync(fd) == 0 &&
			rename(tmp, path) == 0)
			return 0;
		err_sys(e, "cannot write '%s'", path);
	}
	unlink(tmp);
	return -1;
}

static int write_bundle(struct exporter *x, const char *path, struct err *e)
{
	autoclose int fd = -1;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return write_tar(x, STDOUT_FILENO, e);
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return write_file(x, path, e);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	return write_tar(x, fd, e);
}

int bundle_export(struct store *s, const char *const *ids, size_t n,
	const char *path, struct bundle_totals *out, struct err *e)
{
	struct exporter x = {.store = s,
		.arena = arena_new(),
		.seen = MAP_INIT,
		.missing = MAP_INIT,
		.hasher = hasher_new(),
		.buf = xmalloc(CHUNK),
		.totals = out};
	int r;

	*out = (struct bundle_totals){0};
	r = gather_runs(&x, ids, n, e);
	if (r == 0)
		r = write_bundle(&x, path, e);
	free(x.buf);
	hasher_free(x.hasher);
	map_release(&x.seen);
	map_release(&x.missing);
	arena_free(x.arena);
	return r;
}
