// SPDX-License-Identifier: Apache-2.0
/* Packages, libraries and gaps of a run, put in order. */
#include "audit/report.h"

#include "audit/policy_check.h"
#include "base/arena.h"
#include "base/sort.h"
#include <string.h>

/* Gaps of data and streams only: no program or library hides in them. */
static const char *const of_data[] = {"block-device", "configuration", "log",
	"not-preserved", "pipe", "stdin", NULL};

static bool concerns(const struct m_gap *g)
{
	for (size_t i = 0; of_data[i] != NULL; i++)
		if (strcmp(g->kind, of_data[i]) == 0)
			return false;
	return true;
}

static const struct m_altered *altered_at(
	const struct m_package *p, const char *path)
{
	for (size_t i = 0; p != NULL && i < p->altered.count; i++)
		if (strcmp(p->altered.items[i].path, path) == 0)
			return &p->altered.items[i];
	return NULL;
}

static enum report_group group_of(const struct report_package *p)
{
	const char *type = p->package->type;

	if (p->package->altered.count > 0)
		return REPORT_ALTERED;
	if (p->libraries.count > 0)
		return REPORT_LIBRARIES;
	if (strcmp(type, "deb") != 0 && strcmp(type, "rpm") != 0)
		return REPORT_FILES;
	/* So distributions package Python's distributions. */
	return strncmp(p->package->name, "python3-", 8) == 0 ? REPORT_FILES
							     : REPORT_SYSTEM;
}

static const char *order_of(const void *item)
{
	return ((const struct report_package *)item)->order;
}

static void add_libraries(
	struct report *r, struct arena *a, const struct manifest *m)
{
	const struct m_package **owners = audit_owners(a, m);

	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_package *p = owners[i];
		struct report_package *at =
			p ? &r->packages.items[p - m->packages.items] : NULL;
		struct report_library *l =
			at ? ARENA_PUSH(a, at->libraries.items,
				     at->libraries.count)
			   : ARENA_PUSH(a, r->unowned.items, r->unowned.count);

		l->library = &m->libraries.items[i];
		l->altered = altered_at(p, l->library->path);
	}
}

void report_make(struct report *r, struct arena *a, const struct manifest *m)
{
	memset(r, 0, sizeof(*r));
	r->packages.count = m->packages.count;
	r->packages.items = arena_array(
		a, m->packages.count + 1, sizeof(*r->packages.items));
	for (size_t i = 0; i < m->packages.count; i++)
		r->packages.items[i].package = &m->packages.items[i];
	add_libraries(r, a, m);
	for (size_t i = 0; i < r->packages.count; i++) {
		struct report_package *p = &r->packages.items[i];

		p->group = group_of(p);
		p->order = arena_printf(
			a, "%d %s", (int)p->group, p->package->name);
	}
	sort_by_text(r->packages.items, r->packages.count,
		sizeof(*r->packages.items), order_of);
	r->gaps =
		arena_array(a, m->completeness.gaps.count + 1, sizeof(*r->gaps));
	for (size_t i = 0; i < m->completeness.gaps.count; i++)
		if (concerns(&m->completeness.gaps.items[i]))
			r->gaps[r->gap_count++] = &m->completeness.gaps.items[i];
}
