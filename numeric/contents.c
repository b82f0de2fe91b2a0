// SPDX-License-Identifier: Apache-2.0
/* Which format a content has that is read from beginning to end. */
#include "numeric/formats.h"
#include "numeric/stream.h"

#include <string.h>
#include <strings.h>

bool contents_named(const char *name, const char *ending)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcasecmp(dot + 1, ending);
}

static bool is_json(const char *name)
{
	return contents_named(name, "json") || contents_named(name, "jsonl") ||
	       contents_named(name, "ndjson");
}

bool contents_compare(struct distance *d, const struct contents *c)
{
	size_t n, m;
	const unsigned char *p = stream_peek(c->recorded, &n);
	const unsigned char *q = stream_peek(c->replayed, &m);

	if (!p || !q)
		return false;
	if (npy_is(p, n) && npy_is(q, m)) {
		d->format = "npy";
		return npy_compare(d, c);
	}
	if (is_json(c->name)) {
		d->format = "JSON";
		return json_compare(d, c);
	}
	if (contents_named(c->name, "csv") || contents_named(c->name, "tsv")) {
		d->format = "CSV";
		return csv_compare(d, c);
	}
	return false;
}
