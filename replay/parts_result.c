// SPDX-License-Identifier: Apache-2.0
/* What is said about parts that the user has replaced. */
#include "replay/parts.h"

#include "base/arena.h"
#include "base/log.h"
#include "replay/plan.h"
#include "replay/result.h"

#include <inttypes.h>
#include <jansson.h>

size_t parts_changed(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->replaced.count; i++)
		n += !p->replaced.items[i].same;
	return n;
}

static const char *input_text(struct arena *a, const struct replaced *r)
{
	const char *how = r->is_new ? ", which the run did not have," : "";

	if (r->same)
		return arena_printf(a, "'%s' by '%s', which has the same content",
			r->path, r->by);
	if (r->files >= 0)
		return arena_printf(a, "'%s'%s by '%s' with %" PRId64 " files",
			r->path, how, r->by, r->files);
	return arena_printf(a, "'%s'%s by '%s'", r->path, how, r->by);
}

/* Never the value of a variable: it may be a secret. */
static const char *text_of(struct arena *a, const struct replaced *r)
{
	switch (r->part) {
	case PART_INPUT:
		return input_text(a, r);
	case PART_VARIABLE:
		return arena_printf(a, "the variable '%s'%s", r->path,
			r->is_new ? ", which was not recorded" : "");
	case PART_WORKDIR:
		return arena_printf(a, "the working directory by '%s'", r->path);
	case PART_VOLUME:
		return arena_printf(a, "'%s' by this host's '%s'%s", r->path,
			r->by,
			r->read_only ? ", read-only"
				     : ", which the command may write to");
	case PART_DEVICE:
		return arena_printf(a, "'%s' by this host's", r->path);
	case PART_NETWORK:
		return "no network by this host's";
	}
	return NULL;
}

void parts_print(const struct plan *p, FILE *out)
{
	for (size_t i = 0; i < p->replaced.count; i++)
		plan_print_line(out, "replaced",
			text_of(p->arena, &p->replaced.items[i]));
}

void references_print(const struct plan *p, FILE *out)
{
	for (size_t i = 0; i < p->sources.reference_count; i++) {
		const struct reference *r = &p->sources.references[i];
		char digest[DIGEST_TEXT];

		digest_text(&r->digest, digest);
		plan_print_line(out, "reference",
			arena_printf(p->arena,
				"'%s' at '%s', %s, %" PRId64 " bytes", r->path,
				r->by, digest, r->bytes));
	}
}

json_t *references_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->sources.reference_count; i++) {
		const struct reference *r = &p->sources.references[i];

		json_array_append_new(list,
			json_pack("{s:o,s:o,s:o,s:o,s:o}", "path",
				result_text(r->path), "by", result_text(r->by),
				"digest", result_digest(true, &r->digest),
				"files", result_number(r->files), "bytes",
				result_number(r->bytes)));
	}
	return list;
}

void parts_announce(const struct plan *p)
{
	for (size_t i = 0; i < p->replaced.count; i++)
		log_info("replaced: %s",
			text_of(p->arena, &p->replaced.items[i]));
}

static const char *const names[] = {
	[PART_INPUT] = "input",
	[PART_VARIABLE] = "variable",
	[PART_WORKDIR] = "workdir",
	[PART_VOLUME] = "volume",
	[PART_DEVICE] = "device",
	[PART_NETWORK] = "network",
};

static json_t *one_json(const struct replaced *r)
{
	json_t *j = json_pack("{s:s,s:o,s:o,s:b}", "part", names[r->part],
		r->part == PART_VARIABLE ? "name" : "path", result_text(r->path),
		"by", result_text(r->by), "new", r->is_new);

	if (r->part == PART_VOLUME)
		json_object_set_new(j, "read_only", json_boolean(r->read_only));
	if (r->part != PART_INPUT)
		return j;
	json_object_set_new(j, "same", json_boolean(r->same));
	json_object_set_new(
		j, "digest", result_digest(r->has_digest, &r->digest));
	json_object_set_new(
		j, "recorded", result_digest(r->has_recorded, &r->recorded));
	json_object_set_new(j, "files", result_number(r->files));
	json_object_set_new(j, "bytes", result_number(r->bytes));
	return j;
}

json_t *parts_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->replaced.count; i++)
		json_array_append_new(list, one_json(&p->replaced.items[i]));
	return list;
}
