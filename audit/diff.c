// SPDX-License-Identifier: Apache-2.0
/* Comparing two runs, part by part. */
#include "audit/diff_parts.h"

#include "base/arena.h"
#include "base/err.h"
#include "store/runs.h"

#include <jansson.h>

/* The parts in their order; what is of one part keeps its own. */
static void sort_by_part(struct diff *d)
{
	struct difference *sorted =
		arena_array(d->arena, d->count + 1, sizeof(*sorted));
	size_t n = 0;

	for (int part = 0; part < DIFF_PARTS; part++)
		for (size_t i = 0; i < d->count; i++)
			if ((int)d->items[i].part == part)
				sorted[n++] = d->items[i];
	d->items = sorted;
}

int diff_runs(struct diff *d, struct store *s, const char *a, const char *b,
	struct arena *arena, struct err *e)
{
	*d = (struct diff){
		.arena = arena, .store = s, .a = {.id = a}, .b = {.id = b}};
	if (run_read_manifest(s, a, arena, &d->a.m, e) < 0 ||
		run_read_manifest(s, b, arena, &d->b.m, e) < 0)
		return -1;
	diff_code(d);
	diff_parameters(d);
	diff_command(d);
	diff_environment(d);
	diff_packages(d);
	diff_libraries(d);
	diff_hardware(d);
	if (diff_data(d, e) < 0 || diff_files(d, e) < 0 || diff_outcome(d, e) < 0)
		return -1;
	sort_by_part(d);
	return 0;
}

void diff_release(struct diff *d)
{
	for (size_t i = 0; i < d->count; i++)
		json_decref(d->items[i].detail);
	d->count = 0;
}
