// SPDX-License-Identifier: Apache-2.0
/*
 * Whose a file is: models in the cache of huggingface_hub ("Understand caching"
 * in its documentation): models--ORG--NAME/snapshots/COMMIT/FILE.
 */
#include "host/owners_read.h"

#include "base/arena.h"
#include "manifests/purl.h"
#include "manifests/scalar.h"

#include <string.h>

#define REPOSITORY "/models--"
#define SNAPSHOTS "/snapshots/"
#define COMMIT 40 /* hexadecimal digits */

/* "ORG--NAME"; the first models have no ORG. */
static void set_name(struct arena *a, struct purl *p, const char *s, size_t n)
{
	char *name = arena_memdup(a, s, n), *at = strstr(name, "--");

	p->name = at ? at + 2 : name;
	p->namespace = at ? name : NULL;
	if (at)
		*at = 0;
}

struct m_package *owners_huggingface(struct owners *o, const char *path)
{
	const char *name = strstr(path, REPOSITORY), *end, *commit;
	struct purl p = {.type = "huggingface"};
	const char *location;
	struct owner *w;

	if (!name)
		return NULL;
	name += sizeof(REPOSITORY) - 1;
	end = strchr(name, '/');
	if (!end || strncmp(end, SNAPSHOTS, sizeof(SNAPSHOTS) - 1) != 0)
		return NULL;
	commit = end + sizeof(SNAPSHOTS) - 1;
	if (strspn(commit, "0123456789abcdef") != COMMIT ||
		commit[COMMIT] != '/' || !utf8_valid(name, (size_t)(end - name)))
		return NULL;
	location = arena_memdup(o->a, path, (size_t)(commit + COMMIT - path));
	w = map_gets(&o->by_location, location);
	if (w)
		return &w->m;
	w = arena_alloc(o->a, sizeof(*w));
	set_name(o->a, &p, name, (size_t)(end - name));
	p.version = arena_memdup(o->a, commit, COMMIT);
	w->m = (struct m_package){.purl = purl_format(o->a, &p, NULL),
		.type = (char *)"huggingface",
		.version = (char *)p.version,
		.location = (char *)location,
		.files_total = ABSENT};
	w->m.name = (char *)(p.namespace ? arena_printf(o->a, "%s/%s",
						   p.namespace, p.name)
					 : p.name);
	if (!w->m.purl)
		return NULL;
	map_puts(&o->by_location, location, w);
	return &w->m;
}
