// SPDX-License-Identifier: Apache-2.0
/* Two contents that are not the same: close, or different, and in what. */
#include "replay/verdict.h"

#include "base/arena.h"
#include "numeric/numeric.h"
#include "numeric/stream.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_IDENTICAL] = "identical",
		[VERDICT_CLOSE] = "close",
		[VERDICT_DIFFERS] = "differs",
		[VERDICT_MISSING] = "missing",
		[VERDICT_EXTRA] = "extra",
		[VERDICT_NOT_JUDGED] = "not judged",
	};

	return names[v];
}

/* FNM_LEADING_DIR: or a directory that it begins with, of which the empty
 * pattern would be one. */
static bool matches(const char *pattern, const char *path)
{
	if (!*pattern)
		return false;
	if (fnmatch(pattern, path, FNM_LEADING_DIR) == 0)
		return true;
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/'))
		if (fnmatch(pattern, p + 1, FNM_LEADING_DIR) == 0)
			return true;
	return false;
}

const char *criteria_ignored(const struct criteria *k, const char *path)
{
	for (size_t i = 0; i < k->ignore.count; i++)
		if (matches(k->ignore.items[i], path))
			return k->ignore.items[i];
	return NULL;
}

/* "largest difference 1e-09, relative 2e-07, at [3, 17]; 1 of 64 values" */
static const char *numbers_text(struct arena *a, const struct distance *d)
{
	if (*d->unlike)
		return arena_printf(a, "%s: %s", d->format, d->unlike);
	if (!d->different)
		return arena_printf(a,
			"%s: all %" PRIu64 " values are equal, other bytes "
			"are not",
			d->format, d->values);
	return arena_printf(a,
		"%s: largest difference %.3g, relative %.3g at %s; %" PRIu64
		" of %" PRIu64 " values differ",
		d->format, d->max_abs, d->max_rel, d->where, d->different,
		d->values);
}

static void differs(struct outcome *o, struct arena *a, int recorded, int replayed)
{
	autostream *s = stream_range(recorded, 0, (uint64_t)o->recorded_bytes);
	autostream *t = stream_range(replayed, 0, (uint64_t)o->replayed_bytes);
	const char *where = "", *numbers = "";
	int64_t at = stream_difference(s, t);

	o->verdict = VERDICT_DIFFERS;
	if (recorded < 0) {
		where = ", and the recorded content is not stored";
	} else if (at >= 0) {
		o->first_difference = at;
		where = arena_printf(
			a, ", first difference at byte %" PRId64, at);
	}
	if (o->distance)
		numbers = arena_printf(a, "; %s", numbers_text(a, o->distance));
	o->reason = arena_printf(a, "%" PRId64 " bytes, recorded %" PRId64 "%s%s",
		o->replayed_bytes, o->recorded_bytes, where, numbers);
}

void verdict_contents(struct outcome *o, const struct criteria *k,
	struct arena *a, int recorded, int replayed)
{
	struct distance d;

	if (numeric_only_stamps(recorded, replayed)) {
		o->verdict = VERDICT_CLOSE;
		o->reason = "only times noted inside it differ";
		return;
	}
	if (numeric_compare(&d, o->path, recorded, replayed))
		o->distance = memcpy(arena_alloc(a, sizeof(d)), &d, sizeof(d));
	if (!o->distance || *d.unlike || !(d.max_rel <= k->tolerance)) {
		differs(o, a, recorded, replayed);
		return;
	}
	o->verdict = VERDICT_CLOSE;
	o->reason = numbers_text(a, o->distance);
}
