// SPDX-License-Identifier: Apache-2.0
/* Write files.yaml: one flow mapping per line, in a formatter of its own. */
#include "manifests/row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/scalar.h"
#include <stdlib.h>
#include <string.h>

#define FLUSH_AT (128 << 10)

struct table_writer {
	int fd;
	int64_t rows;
	struct hasher *hasher;
	struct strbuf out;
	struct strbuf last; /* path of the row before */
};

struct table_writer *table_writer_new(int fd)
{
	struct table_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->hasher = hasher_new();
	return w;
}

void table_writer_free(struct table_writer *w)
{
	if (w == NULL)
		return;
	hasher_free(w->hasher);
	strbuf_release(&w->out);
	strbuf_release(&w->last);
	free(w);
}

static int flush(struct table_writer *w, struct err *e)
{
	hasher_add(w->hasher, w->out.s, w->out.len);
	if (FAULT("table.write") || fs_write_all(w->fd, w->out.s, w->out.len) < 0)
		return err_sys(e, "cannot write the file table");
	strbuf_clear(&w->out);
	return 0;
}

/* Decimal, by hand: printf would take half of a row's time. */
static void add_int(struct strbuf *out, int64_t n)
{
	uint64_t u = n < 0 ? -(uint64_t)n : (uint64_t)n;
	char text[24], *p = text + sizeof(text);

	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (n < 0)
		*--p = '-';
	strbuf_add(out, p, (size_t)(text + sizeof(text) - p));
}

static void add_mode(struct strbuf *out, uint32_t mode)
{
	char text[] = "\"0000\"";

	for (int i = 4; i > 0; i--, mode >>= 3)
		text[i] = (char)('0' + (mode & 7));
	strbuf_add(out, text, 6);
}

static void add_mtime(struct strbuf *out, int64_t s, uint32_t ns)
{
	char text[] = ".000000000\"";

	for (int i = 9; i > 0; i--, ns /= 10)
		text[i] = (char)('0' + ns % 10);
	strbuf_addc(out, '"');
	add_int(out, s);
	strbuf_add(out, text, 11);
}

static void add_digest(struct strbuf *out, const struct digest *d)
{
	char text[DIGEST_TEXT];

	digest_text(d, text);
	strbuf_addc(out, '"');
	strbuf_add(out, text, DIGEST_TEXT - 1);
	strbuf_addc(out, '"');
}

static void add_names(struct strbuf *out, const struct strlist *names)
{
	for (size_t i = 0; i < names->count; i++) {
		strbuf_add(out, i == 0 ? "[" : ", ", i == 0 ? 1 : 2);
		scalar_quote(out, names->items[i], strlen(names->items[i]));
	}
	strbuf_addc(out, ']');
}

static void add_access(struct strbuf *out, unsigned access)
{
	char text[9];

	access_text(access, text);
	strbuf_addc(out, '"');
	strbuf_adds(out, text);
	strbuf_addc(out, '"');
}

static bool is_set(const struct file_row *r, const struct row_field *f)
{
	const void *at = (const char *)r + f->offset;

	switch (f->type) {
	case ROW_TEXT:
		return *(char *const *)at != NULL && **(char *const *)at;
	case ROW_INT:
	case ROW_MTIME:
		return *(const int64_t *)at != ABSENT;
	case ROW_ACCESS:
		return r->access != 0;
	case ROW_MODE:
		return r->kind != KIND_ABSENT;
	case ROW_DIGEST:
		return r->has_digest;
	case ROW_NAMES:
		return r->listing.count > 0;
	case ROW_STORED:
		return r->not_stored;
	case ROW_KIND:
		break;
	}
	return true;
}

static void add_value(
	struct strbuf *out, const struct file_row *r, const struct row_field *f)
{
	const void *at = (const char *)r + f->offset;

	switch (f->type) {
	case ROW_TEXT:
		/* Package ids are words, and most rows have one. */
		if (f->offset == offsetof(struct file_row, package) &&
			scalar_plain_ok(r->package, strlen(r->package)))
			strbuf_adds(out, r->package);
		else
			scalar_quote(out, *(char *const *)at,
				strlen(*(char *const *)at));
		break;
	case ROW_ACCESS:
		add_access(out, r->access);
		break;
	case ROW_KIND:
		strbuf_adds(out, file_kind_name(r->kind));
		break;
	case ROW_MODE:
		add_mode(out, r->mode);
		break;
	case ROW_INT:
		add_int(out, *(const int64_t *)at);
		break;
	case ROW_MTIME:
		add_mtime(out, r->mtime_s, r->mtime_ns);
		break;
	case ROW_DIGEST:
		add_digest(out, &r->digest);
		break;
	case ROW_NAMES:
		add_names(out, &r->listing);
		break;
	case ROW_STORED:
		strbuf_add(out, "false", 5);
		break;
	}
}

static int check_row(
	const struct table_writer *w, const struct file_row *r, struct err *e)
{
	const char *problem = row_problem(r);

	if (problem != NULL)
		return err_set(e, "cannot write the file table: %s: '%s'",
			problem, r->path ? r->path : "");
	if (w->rows > 0 && strcmp(w->last.s, r->path) >= 0)
		return err_set(e, "cannot write the file table: '%s' after '%s'",
			r->path, w->last.s);
	for (size_t i = 0; i < ROW_FIELDS; i++) {
		int64_t n;

		if (row_fields[i].type != ROW_INT)
			continue;
		n = *(const int64_t *)((const char *)r + row_fields[i].offset);
		if (n != ABSENT && (n < 0 || n > row_fields[i].max))
			return err_set(e,
				"cannot write the file table: '%s' of '%s' is "
				"out of range",
				row_fields[i].key, r->path);
	}
	return 0;
}

int table_write(struct table_writer *w, const struct file_row *r, struct err *e)
{
	const struct row_field *f = row_fields;
	struct strbuf *out = &w->out;

	if (check_row(w, r, e) < 0)
		return -1;
	strbuf_add(out, "- {path: ", 9);
	add_value(out, r, f);
	for (f++; f < row_fields + ROW_FIELDS; f++) {
		if (!is_set(r, f))
			continue;
		strbuf_add(out, ", ", 2);
		strbuf_adds(out, f->key);
		strbuf_add(out, ": ", 2);
		add_value(out, r, f);
	}
	strbuf_add(out, "}\n", 2);
	strbuf_clear(&w->last);
	strbuf_adds(&w->last, r->path);
	w->rows++;
	return out->len >= FLUSH_AT ? flush(w, e) : 0;
}

int table_writer_finish(struct table_writer *w, struct digest *digest,
	int64_t *rows, struct err *e)
{
	struct digest d;
	int rc;

	/* An empty document would be null, not a list. */
	if (w->rows == 0)
		strbuf_adds(&w->out, "[]\n");
	rc = flush(w, e);
	hasher_final(w->hasher, &d);
	if (digest != NULL)
		*digest = d;
	if (rows != NULL)
		*rows = w->rows;
	table_writer_free(w);
	return rc;
}
