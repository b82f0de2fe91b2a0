/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise show --files --json`: rows of the file table as JSON. */
#include "base/err.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "manifests/json.h"
#include "manifests/table.h"
#include <stdio.h>

static void add_integer(json_t *j, const char *key, int64_t n)
{
	if (n != ABSENT)
		json_object_set_new(j, key, json_integer(n));
}

/* The keys of files.yaml, with the same meanings. */
static json_t *row_json(const struct file_row *r)
{
	json_t *j = json_object();
	char text[DIGEST_TEXT], access[9], number[64];

	json_put_text(j, "path", r->path);
	access_text(r->access, access);
	if (*access != '\0')
		json_put_text(j, "access", access);
	json_put_text(j, "kind", file_kind_name(r->kind));
	if (r->kind != KIND_ABSENT) {
		snprintf(number, sizeof(number), "%04o", r->mode);
		json_put_text(j, "mode", number);
	}
	add_integer(j, "uid", r->uid);
	add_integer(j, "gid", r->gid);
	add_integer(j, "size", r->size);
	if (r->mtime_s != ABSENT) {
		snprintf(number, sizeof(number), "%lld.%09u",
			(long long)r->mtime_s, r->mtime_ns);
		json_put_text(j, "mtime", number);
	}
	if (r->has_digest) {
		digest_text(&r->digest, text);
		json_put_text(j, "digest", text);
	}
	json_object_set_new(
		j, "stored", json_boolean(r->has_digest && !r->not_stored));
	json_put_text(j, "target", r->target);
	json_put_text(j, "xattrs", r->xattrs);
	add_integer(j, "major", r->major);
	add_integer(j, "minor", r->minor);
	add_integer(j, "entries", r->entries);
	json_put_text(j, "link", r->link);
	json_put_text(j, "package", r->package);
	if (r->listing.count > 0)
		json_put(j, "listing", json_texts(&r->listing));
	return j;
}

int show_row_json(const struct file_row *row, struct err *e)
{
	return cli_print_json(row_json(row), e);
}

int show_table_json(int fd, struct err *e)
{
	struct table_reader *t = table_reader_new(fd, "files.yaml");
	const char *before = "[\n";
	struct file_row row;
	int r;

	while ((r = table_next(t, &row, e)) > 0) {
		json_t *j = row_json(&row);

		fputs(before, stdout);
		json_dumpf(j, stdout, JSON_COMPACT);
		json_decref(j);
		before = ",\n";
	}
	table_reader_free(t);
	if (r < 0)
		return -1;
	puts(*before == '[' ? "[]" : "\n]");
	return 0;
}
