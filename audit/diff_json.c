// SPDX-License-Identifier: Apache-2.0
/* The differences for programs. */
#include "audit/diff.h"

#include "manifests/json.h"

static json_t *run_json(const struct diff_run *r)
{
	return json_pack("{s:s, s:o*, s:s}", "id", r->id, "name",
		json_text(r->m.run.name), "started", r->m.run.started);
}

static json_t *lines_json(const struct strlist *lines)
{
	json_t *j = json_array();

	for (size_t i = 0; i < lines->count; i++)
		json_array_append_new(j, json_text(lines->items[i]));
	return j;
}

static json_t *difference_json(const struct difference *x)
{
	json_t *j = json_pack("{s:s, s:s, s:o, s:o*, s:o*}", "part",
		diff_part_name(x->part), "change", diff_change_name(x->change),
		"what", json_text(x->what), "before", json_text(x->before),
		"after", json_text(x->after));

	if (x->lines.count)
		json_object_set_new(j, "lines", lines_json(&x->lines));
	if (x->detail)
		json_object_set(j, "detail", x->detail);
	return j;
}

json_t *diff_json(const struct diff *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++)
		json_array_append_new(list, difference_json(&d->items[i]));
	return json_pack("{s:[o, o], s:b, s:o, s:o}", "runs", run_json(&d->a),
		run_json(&d->b), "same", d->count == 0, "differences", list,
		"notes", lines_json(&d->notes));
}
