// SPDX-License-Identifier: Apache-2.0
/*
 * Reading a bundle, which anybody may have made: nothing but the entries that
 * the format allows, in its order, is taken, and no name in the archive is
 * ever used as a path unless it is exactly one that this side would write.
 */
#include "store/bundle_in.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1 << 20)

struct reader {
	struct archive *tar;
	struct archive_entry *entry; /* the one being read */
	const char *path;            /* its name */
	uint64_t size, left;
	struct import *im;
};

static int tar_failed(struct reader *r, struct err *e)
{
	const char *why = archive_error_string(r->tar);

	return err_set(e, "cannot read the bundle '%s': %s", r->im->path,
		why ? why : "it is damaged");
}

/* The next entry, which must be a plain file: 1, at the end 0, else -1. */
static int next_entry(struct reader *r, struct err *e)
{
	int got = archive_read_next_header(r->tar, &r->entry);

	if (got == ARCHIVE_EOF)
		return 0;
	/* Warnings too: a bundle gives no cause for one. */
	if (got != ARCHIVE_OK)
		return tar_failed(r, e);
	r->path = archive_entry_pathname(r->entry);
	if (!r->path || archive_entry_filetype(r->entry) != AE_IFREG ||
		archive_entry_hardlink(r->entry) ||
		archive_entry_symlink(r->entry) ||
		!archive_entry_size_is_set(r->entry) ||
		archive_entry_size(r->entry) < 0 ||
		archive_entry_sparse_count(r->entry) != 0)
		return err_set(e,
			"'%s' is not a bundle of reprise: it has "
			"'%.100s', which is no plain file",
			r->im->path, r->path ? r->path : "");
	r->size = r->left = (uint64_t)archive_entry_size(r->entry);
	return 1;
}

static int expect_entry(struct reader *r, const char *path, struct err *e)
{
	int got = next_entry(r, e);

	if (got > 0 && strcmp(r->path, path) == 0)
		return 0;
	return got < 0 ? -1
		       : err_set(e,
				 "'%s' is not a bundle of reprise, or "
				 "damaged: it lacks '%s'",
				 r->im->path, path);
}

/* As read(2): a batch_read_fn. */
static ssize_t read_data(void *ctx, void *buf, size_t n, struct err *e)
{
	struct reader *r = ctx;
	size_t done = 0;

	if (n > r->left)
		n = (size_t)r->left;
	while (done < n) {
		la_ssize_t got =
			archive_read_data(r->tar, (char *)buf + done, n - done);

		if (got < 0)
			return tar_failed(r, e);
		if (got == 0)
			return err_set(e, "the bundle '%s' is cut within '%s'",
				r->im->path, r->path);
		done += (size_t)got;
	}
	r->left -= done;
	return (ssize_t)done;
}

static int read_text(
	struct reader *r, size_t most, struct strbuf *out, struct err *e)
{
	ssize_t n;

	if (r->size > most)
		return err_set(e, "'%s' in the bundle '%s' is too large",
			r->path, r->im->path);
	strbuf_grow(out, (size_t)r->size);
	n = read_data(r, out->s, (size_t)r->size, e);
	if (n < 0)
		return -1;
	out->len = (size_t)n;
	out->s[n] = 0;
	if (memchr(out->s, 0, out->len))
		return err_set(e, "'%s' in the bundle '%s' is not text",
			r->path, r->im->path);
	return 0;
}

static struct staged_run *run_for(struct import *im, const char *id)
{
	struct staged_run *run;

	/* Sorted by path: a run's files follow one another. */
	if (im->run_count && strcmp(im->runs[im->run_count - 1].id, id) == 0)
		return &im->runs[im->run_count - 1];
	run = ARENA_PUSH(im->arena, im->runs, im->run_count);
	memcpy(run->id, id, sizeof(run->id));
	return run;
}

/* "DIGEST runs/<id>/<name>", later than the line before. */
static bool parse_file_line(struct import *im, char *line)
{
	static const char *const names[] = {RUN_FILES, RUN_KEY, RUN_MANIFEST};
	char *path = strchr(line, ' ');
	struct staged_file f = {.name = NULL};
	struct staged_run *run;

	if (!path || path - line != DIGEST_TEXT - 1 ||
		strlen(path + 1) >= sizeof(f.path))
		return false;
	*path++ = 0;
	if (digest_parse(line, &f.digest) < 0 || strncmp(path, "runs/", 5) != 0 ||
		strlen(path) < 5 + RUN_ID_LEN + 2)
		return false;
	memcpy(f.id, path + 5, RUN_ID_LEN);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(path + 5 + RUN_ID_LEN + 1, names[i]) == 0)
			f.name = names[i];
	strcpy(f.path, path);
	if (!run_is_id(f.id) || path[5 + RUN_ID_LEN] != '/' || !f.name ||
		(im->file_count &&
			strcmp(im->files[im->file_count - 1].path, path) >= 0))
		return false;
	run = run_for(im, f.id);
	if (strcmp(f.name, RUN_FILES) == 0) {
		run->files = f.digest;
		run->has_files = true;
	} else if (strcmp(f.name, RUN_MANIFEST) == 0) {
		run->manifest = f.digest;
		run->has_manifest = true;
	}
	*ARENA_PUSH(im->arena, im->files, im->file_count) = f;
	return true;
}

static bool parse_count(const char *line, uint64_t *out)
{
	size_t skip = strlen(BUNDLE_COUNT);
	char again[32];

	if (strncmp(line, BUNDLE_COUNT, skip) != 0)
		return false;
	*out = strtoull(line + skip, NULL, 10);
	/* One spelling only. */
	snprintf(again, sizeof(again), "%" PRIu64, *out);
	return strcmp(again, line + skip) == 0;
}

static bool parse_head(struct import *im, char *text)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	bool ok;

	line = strtok_r(NULL, "\n", &save);
	if (!line || !parse_count(line, &im->announced))
		return false;
	while ((line = strtok_r(NULL, "\n", &save)))
		if (!parse_file_line(im, line))
			return false;
	ok = im->run_count > 0;
	for (size_t i = 0; i < im->run_count; i++)
		ok = ok && im->runs[i].has_files && im->runs[i].has_manifest;
	return ok;
}

static int read_head(struct reader *r, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	size_t len = strlen(BUNDLE_VERSION);

	if (expect_entry(r, BUNDLE_HEAD, e) < 0 ||
		read_text(r, BUNDLE_HEAD_MOST, &text, e) < 0)
		return -1;
	if (strncmp(text.s, BUNDLE_VERSION, len) != 0 || text.s[len] != '\n')
		return err_set(e,
			"the bundle '%s' is of a version that this "
			"reprise cannot read: '%.*s'",
			r->im->path, (int)strcspn(text.s, "\n"), text.s);
	if (!parse_head(r->im, text.s))
		return err_set(e, "the bundle '%s' is damaged: bad '%s'",
			r->im->path, BUNDLE_HEAD);
	return 0;
}

static int write_staged(
	struct reader *r, int fd, const struct staged_file *f, struct err *e)
{
	autofree char *buf = xmalloc(CHUNK);
	struct hasher *h = hasher_new();
	struct digest is;
	ssize_t n;

	while ((n = read_data(r, buf, CHUNK, e)) > 0) {
		hasher_add(h, buf, (size_t)n);
		if (space_take(&r->im->space, (uint64_t)n, e) < 0)
			break;
		if (FAULT("bundle.stage") ||
			fs_write_all(fd, buf, (size_t)n) < 0) {
			err_sys(e, "cannot write to '%s'", r->im->store->dir);
			break;
		}
	}
	hasher_final(h, &is);
	hasher_free(h);
	if (n != 0)
		return -1;
	if (!digest_equal(&is, &f->digest))
		return err_set(e,
			"the bundle '%s' is damaged: '%s' does not "
			"have its digest",
			r->im->path, f->path);
	return 0;
}

/* Into tmp/<nonce>/<id>/<name>. */
static int stage_file(
	struct reader *r, const struct staged_file *f, struct err *e)
{
	struct import *im = r->im;
	bool is_key = strcmp(f->name, RUN_KEY) == 0;
	uint64_t most = is_key ? BUNDLE_KEY_MOST
			: strcmp(f->name, RUN_MANIFEST) == 0
				? BUNDLE_MANIFEST_MOST
				: UINT64_MAX;
	autoclose int fd = -1;

	if (expect_entry(r, f->path, e) < 0)
		return -1;
	if (r->size > most)
		return err_set(e, "'%s' in the bundle '%s' is too large",
			f->path, im->path);
	if (mkdirat(im->scratch.fd, f->id, im->store->dir_mode) < 0 &&
		errno != EEXIST)
		return err_sys(e, "cannot write to '%s'", im->store->dir);
	/* "runs/" is not part of the name here. */
	fd = openat(im->scratch.fd, f->path + strlen("runs/"),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		is_key ? 0600 : im->store->file_mode);
	if (fd < 0)
		return err_sys(e, "cannot write to '%s'", im->store->dir);
	if (write_staged(r, fd, f, e) < 0)
		return -1;
	im->totals->bytes += r->size;
	return 0;
}

/* "objects/ab/cdef...": exactly as this side writes it. */
static bool parse_object_path(const char *path, struct digest *out)
{
	static const char prefix[] = "objects/";
	char hex[DIGEST_HEX + 1], again[OBJECT_PATH];

	if (strlen(path) != sizeof(prefix) - 1 + OBJECT_PATH - 1 ||
		strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return false;
	path += sizeof(prefix) - 1;
	memcpy(hex, path, 2);
	memcpy(hex + 2, path + 3, DIGEST_HEX - 2 + 1);
	if (digest_parse(hex, out) < 0)
		return false;
	object_path(out, again);
	return strcmp(again, path) == 0;
}

static int stage_object(
	struct reader *r, const struct digest *want, struct err *e)
{
	struct import *im = r->im;
	struct staged_object *o;
	struct put_result put;

	if (batch_put_stream(im->batch, read_data, r, &put, e) < 0)
		return -1;
	if (!digest_equal(&put.digest, want))
		return err_set(e,
			"the bundle '%s' is damaged: '%s' does not "
			"have its digest",
			im->path, r->path);
	o = arena_alloc(im->arena, sizeof(*o));
	o->digest = *want;
	map_put(&im->objects, &o->digest, sizeof(o->digest), o);
	im->totals->objects++;
	im->totals->bytes += put.bytes;
	return 0;
}

static int stage_objects(struct reader *r, struct err *e)
{
	struct digest last, d;
	int got;

	memset(&last, 0, sizeof(last));
	while ((got = next_entry(r, e)) > 0) {
		/* In order, and therefore each only once. */
		if (!parse_object_path(r->path, &d) ||
			(r->im->objects.count &&
				memcmp(&last, &d, sizeof(d)) >= 0))
			return err_set(e,
				"the bundle '%s' is damaged: "
				"'%.100s' has no place in it",
				r->im->path, r->path);
		if (stage_object(r, &d, e) < 0)
			return -1;
		last = d;
	}
	if (got == 0 && r->im->objects.count != r->im->announced)
		return err_set(e,
			"the bundle '%s' is cut: it has %zu objects "
			"and not %" PRIu64,
			r->im->path, r->im->objects.count, r->im->announced);
	return got;
}

static int stage_all(struct reader *r, struct err *e)
{
	struct import *im = r->im;

	if (read_head(r, e) < 0)
		return -1;
	for (size_t i = 0; i < im->file_count; i++)
		if (stage_file(r, &im->files[i], e) < 0)
			return -1;
	return stage_objects(r, e);
}

int bundle_stage(struct import *im, int fd, struct err *e)
{
	struct reader r = {.tar = archive_read_new(), .im = im};
	int done;

	if (!r.tar)
		return err_set(e, "cannot start libarchive");
	archive_read_support_format_tar(r.tar);
	done = archive_read_open_fd(r.tar, fd, CHUNK) == ARCHIVE_OK
		       ? stage_all(&r, e)
		       : tar_failed(&r, e);
	archive_read_free(r.tar);
	return done;
}

bool bundle_is(const char *path)
{
	/* ustar(5): the name of the first entry, and the magic. */
	static const char name[] = BUNDLE_HEAD, magic[] = "ustar";
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char block[512];

	return fd >= 0 &&
	       fs_read_all(fd, block, sizeof(block)) == (ssize_t)sizeof(block) &&
	       memcmp(block, name, sizeof(name)) == 0 &&
	       memcmp(block + 257, magic, sizeof(magic) - 1) == 0;
}
