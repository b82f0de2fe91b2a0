// SPDX-License-Identifier: Apache-2.0
/* Python's installed distributions: what they have. */
#include "host/files.h"
#include "host/python.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct files {
	const struct python_site *site;
	const char *base; /* what its paths are relative to */
	python_file *fn;
	void *arg;
};

static void give(const struct files *f, const char *path, const char *hash)
{
	char full[2 * PATH_MAX];
	int n = snprintf(
		full, sizeof(full), "%s/%s", *path == '/' ? "" : f->base, path);

	if (!*path || n < 0 || n >= (int)sizeof(full))
		return;
	fs_plain(full);
	if (fs_below(full, f->site->prefix))
		f->fn(f->arg, full, hash);
}

/* The field at *s of a line of RECORD, a CSV file (RFC 4180), in place; *s is
 * then at the next one. */
static char *take_field(char **s)
{
	char *field = *s, *to = field, *p = field;

	if (*p == '"') {
		for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
			p += *p == '"';
			*to++ = *p;
		}
		p += *p == '"';
		p += strcspn(p, ",");
	} else {
		p += strcspn(p, ",\r");
		to = p;
	}
	*s = *p == ',' ? p + 1 : p + strlen(p);
	*to = 0;
	return field;
}

static char *slurp(const struct python_site *s, const struct python_package *p,
	const char *name, struct strbuf *out)
{
	autofree char *full = NULL;

	if (asprintf(&full, "%s%s/%s", s->root, p->info, name) < 0)
		abort();
	/* Those of the largest packages are some megabytes. */
	strbuf_clear(out);
	return host_record(AT_FDCWD, full, out) < 0 ? NULL : out->s;
}

static void read_record(const struct files *f, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char *path = take_field(&line);

		give(f, path, take_field(&line));
	}
}

/* One path a line, relative to the .egg-info directory itself. */
static void read_installed(struct files *f, const char *info, char *text)
{
	char *save = NULL;

	f->base = info;
	for (char *line = strtok_r(text, "\r\n", &save); line;
		line = strtok_r(NULL, "\r\n", &save))
		give(f, line, "");
}

/* Names of modules; each is a directory or a file. */
static void read_top_level(const struct files *f, char *text)
{
	char *save = NULL;

	for (char *name = strtok_r(text, "\r\n", &save); name;
		name = strtok_r(NULL, "\r\n", &save)) {
		char path[2 * PATH_MAX];

		if (*name == '.' || strlen(name) > NAME_MAX ||
			strlen(f->base) > PATH_MAX)
			continue;
		snprintf(path, sizeof(path), "%s/%s.py", f->base, name);
		f->fn(f->arg, path, "");
		snprintf(path, sizeof(path), "%s/%s/", f->base, name);
		f->fn(f->arg, path, "");
	}
}

bool python_files(const struct python_site *s, const struct python_package *p,
	python_file *fn, void *arg)
{
	struct files f = {s, s->directory, fn, arg};
	autostrbuf text = STRBUF_INIT;
	char *t;

	if (fs_has_suffix(p->info, ".dist-info")) {
		t = slurp(s, p, "RECORD", &text);
		if (t)
			read_record(&f, t);
		return t != NULL;
	}
	t = slurp(s, p, "installed-files.txt", &text);
	if (t) {
		read_installed(&f, p->info, t);
		return true;
	}
	/* In another directory it describes the source that lies there. */
	if (s->prefix == s->directory)
		return false;
	t = slurp(s, p, "top_level.txt", &text);
	if (t)
		read_top_level(&f, t);
	return false;
}

/* PEP 376: urlsafe, without the padding. */
static int base64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

char *python_digest(struct arena *a, const char *hash)
{
	static const char prefix[] = "sha256=";
	char text[DIGEST_TEXT];
	struct digest d;
	uint32_t bits = 0;
	size_t n = 0;

	if (strncmp(hash, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	hash += sizeof(prefix) - 1;
	if (strnlen(hash, 44) != 43)
		return NULL;
	for (int i = 0; i < 43; i++) {
		int v = base64_value(hash[i]);

		if (v < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)v;
		/* Of the first digit come 6 bits, of the second 12. */
		if (i % 4 && n < DIGEST_BYTES)
			d.b[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	digest_text(&d, text);
	return arena_strdup(a, text);
}
