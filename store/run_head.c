// SPDX-License-Identifier: Apache-2.0
/*
 * The few facts that a listing shows, from the first lines of a manifest: a
 * thousand runs are listed without reading their processes and libraries.
 */
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"

#include <string.h>
#include <yaml.h>

struct head {
	struct arena *a;
	struct run_entry *out;
	int depth;     /* of mappings and sequences */
	bool in_run;   /* below the top-level key `run` */
	bool want_key; /* the next scalar at this depth is a key */
	char *key;
	bool done;
};

static int read_some(void *ctx, unsigned char *buf, size_t size, size_t *got)
{
	ssize_t n = fs_read_all(*(int *)ctx, buf, size);

	*got = n < 0 ? 0 : (size_t)n;
	return n >= 0;
}

static void take_value(struct head *h, const char *value, size_t len)
{
	const struct {
		const char *key;
		char **to;
	} wanted[] = {
		{"name", &h->out->name},
		{"status", &h->out->status},
		{"started", &h->out->started},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (strcmp(h->key, wanted[i].key) == 0)
			*wanted[i].to = arena_memdup(h->a, value, len);
}

/* Keys matter at depth 1 (the document) and 2 (within `run`) only. */
static void take_scalar(struct head *h, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	if (h->depth != (h->in_run ? 2 : 1))
		return;
	if (h->want_key)
		h->key = arena_memdup(h->a, text, len);
	else if (h->in_run && !ev->data.scalar.tag)
		take_value(h, text, len);
	h->want_key = !h->want_key;
}

static void begin(struct head *h, bool mapping)
{
	if (h->depth == 0)
		h->want_key = true;
	if (h->depth == 1 && !h->want_key && mapping && h->key &&
		strcmp(h->key, "run") == 0)
		h->in_run = h->want_key = true;
	h->depth++;
}

static void end(struct head *h)
{
	h->depth--;
	if (h->in_run && h->depth == 1)
		h->done = true;
	/* What just ended was a value. */
	if (h->depth == (h->in_run ? 2 : 1))
		h->want_key = true;
}

static void take_event(struct head *h, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		begin(h, ev->type == YAML_MAPPING_START_EVENT);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		end(h);
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(h, ev);
		break;
	case YAML_STREAM_END_EVENT:
		h->done = true;
		break;
	default:
		break;
	}
}

int run_read_head(int fd, const char *name, struct arena *a,
	struct run_entry *out, struct err *e)
{
	struct head h = {.a = a, .out = out};
	yaml_parser_t y;
	yaml_event_t ev;
	int r = 0;

	if (!yaml_parser_initialize(&y))
		return err_set(e, "cannot start the YAML reader");
	yaml_parser_set_input(&y, read_some, &fd);
	while (r == 0 && !h.done) {
		if (yaml_parser_parse(&y, &ev)) {
			take_event(&h, &ev);
			yaml_event_delete(&ev);
		} else {
			r = err_set(e, "%s:%zu:%zu: %s", name,
				y.problem_mark.line + 1,
				y.problem_mark.column + 1,
				y.problem ? y.problem : "cannot be read");
		}
	}
	yaml_parser_delete(&y);
	if (r == 0 && (!out->started || !out->status))
		r = err_set(e, "%s: is not a manifest", name);
	return r;
}
