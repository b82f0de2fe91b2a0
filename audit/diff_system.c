// SPDX-License-Identifier: Apache-2.0
/* What the run stood on: packages, libraries, the machine. */
#include "audit/diff_parts.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"

#include <string.h>

/* --- packages --------------------------------------------------------- */

static const char *place_of(const struct manifest *m, const struct m_package *p)
{
	return p->location ? diff_relative(m, p->location) : "";
}

static bool is_elsewhere(const struct diff *d, const struct m_package *x,
	const struct m_package *y)
{
	return strcmp(place_of(&d->a.m, x), place_of(&d->b.m, y)) != 0;
}

static const char *altered_text(struct diff *d, const struct m_package *p)
{
	const char *version = p->version ? p->version : "(no version)";

	return p->altered.count ? arena_printf(d->arena, "%s, altered", version)
				: version;
}

static bool same_altered(const struct m_package *x, const struct m_package *y)
{
	if (x->altered.count != y->altered.count)
		return false;
	for (size_t i = 0; i < x->altered.count; i++)
		if (strcmp(x->altered.items[i].digest,
			    y->altered.items[i].digest) != 0)
			return false;
	return true;
}

static void say_altered(struct diff *d, struct difference *out,
	const char *which, const struct m_package *p)
{
	for (size_t i = 0; i < p->altered.count; i++)
		diff_line(d, out, "%s: %s is not as installed", which,
			p->altered.items[i].path);
}

static void compare_package(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct m_package *x = a, *y = b, *any = x ? x : y;
	struct difference *out;

	(void)key;
	if (x && y && !strcmp(x->purl, y->purl) && same_altered(x, y) &&
		!is_elsewhere(d, x, y))
		return;
	out = diff_add(d, DIFF_PACKAGES, any->name,
		x ? altered_text(d, x) : NULL, y ? altered_text(d, y) : NULL);
	diff_line(d, out, "%s", any->purl);
	if (x && y && is_elsewhere(d, x, y))
		diff_line(d, out, "was in %s, is in %s",
			x->location ? x->location : "no directory",
			y->location ? y->location : "no directory");
	if (x)
		say_altered(d, out, "first", x);
	if (y)
		say_altered(d, out, "second", y);
}

/* Names, whatever the version; those that a run has twice are ambiguous. */
static const char **package_names(
	struct diff *d, const struct manifest *m, struct map *ambiguous)
{
	const char **names =
		arena_array(d->arena, m->packages.count + 1, sizeof(*names));
	struct map here = MAP_INIT;

	for (size_t i = 0; i < m->packages.count; i++) {
		const struct m_package *p = &m->packages.items[i];

		names[i] = arena_printf(d->arena, "%s %s", p->type, p->name);
		if (map_puts(&here, names[i], (void *)p))
			map_puts(ambiguous, names[i], (void *)p);
	}
	map_release(&here);
	return names;
}

/* Where it is installed tells only those apart. */
static void key_packages(struct diff *d, const struct manifest *m,
	const char *const *names, const struct map *ambiguous,
	struct diff_keys *out)
{
	for (size_t i = 0; i < m->packages.count; i++) {
		const struct m_package *p = &m->packages.items[i];
		bool apart = map_gets(ambiguous, names[i]) != NULL;

		diff_key(d, out,
			apart ? arena_printf(d->arena, "%s %s", names[i],
					place_of(m, p))
			      : names[i],
			p);
	}
}

void diff_packages(struct diff *d)
{
	struct diff_keys a = {0}, b = {0};
	struct map ambiguous = MAP_INIT;
	const char **x = package_names(d, &d->a.m, &ambiguous);
	const char **y = package_names(d, &d->b.m, &ambiguous);

	key_packages(d, &d->a.m, x, &ambiguous, &a);
	key_packages(d, &d->b.m, y, &ambiguous, &b);
	map_release(&ambiguous);
	diff_pairs(d, &a, &b, compare_package);
}

/* --- libraries -------------------------------------------------------- */

/* Its package has been named: that says it. */
static bool is_packaged(const struct diff *d, const struct manifest *m,
	const struct m_library *l)
{
	for (size_t i = 0; l->package && i < m->packages.count; i++)
		if (!strcmp(m->packages.items[i].id, l->package))
			return diff_has(
				d, DIFF_PACKAGES, m->packages.items[i].name);
	return false;
}

static const char *library_text(struct diff *d, const struct m_library *l)
{
	if (l->version)
		return arena_printf(d->arena, "%s %s", l->component, l->version);
	if (l->build_id)
		return arena_printf(d->arena, "build-id %s", l->build_id);
	return l->digest ? arena_printf(d->arena, "%.19s", l->digest) : "unknown";
}

/* Without a digest, what else is known of both tells. */
static bool same_library(const struct m_library *x, const struct m_library *y)
{
	return diff_same_text(x->digest, y->digest) &&
	       (x->digest || (diff_same_text(x->build_id, y->build_id) &&
				     diff_same_text(x->version, y->version)));
}

static void compare_library(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct m_library *x = a, *y = b;
	struct difference *out;

	if ((x && y && same_library(x, y)) || (x && is_packaged(d, &d->a.m, x)) ||
		(y && is_packaged(d, &d->b.m, y)))
		return;
	out = diff_add(d, DIFF_LIBRARIES, key, x ? library_text(d, x) : NULL,
		y ? library_text(d, y) : NULL);
	if (x && x->digest)
		diff_line(d, out, "first: %s", x->digest);
	if (y && y->digest)
		diff_line(d, out, "second: %s", y->digest);
}

/* Where it lies says less than what it is. */
static const char *library_key(const struct m_library *l)
{
	return l->soname ? l->soname : fs_base_name(l->path);
}

static void count_names(struct map *names, const struct manifest *m)
{
	struct map here = MAP_INIT;

	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];

		if (map_puts(&here, library_key(l), (void *)l))
			map_puts(names, library_key(l), (void *)l);
	}
	map_release(&here);
}

/* Several libraries of one run may have one name; then only paths tell. */
static void key_libraries(struct diff *d, const struct manifest *m,
	const struct map *ambiguous, struct diff_keys *out)
{
	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];
		const char *name = library_key(l);

		diff_key(d, out, map_gets(ambiguous, name) ? l->path : name, l);
	}
}

void diff_libraries(struct diff *d)
{
	struct diff_keys a = {0}, b = {0};
	struct map ambiguous = MAP_INIT;

	count_names(&ambiguous, &d->a.m);
	count_names(&ambiguous, &d->b.m);
	key_libraries(d, &d->a.m, &ambiguous, &a);
	key_libraries(d, &d->b.m, &ambiguous, &b);
	map_release(&ambiguous);
	diff_pairs(d, &a, &b, compare_library);
}

/* --- hardware --------------------------------------------------------- */

/* Those of `x` that `y` has not; NULL when there is none. */
static const char *only(
	struct diff *d, const struct strlist *x, const struct strlist *y)
{
	char *out = NULL;

	for (size_t i = 0; i < x->count; i++)
		if (!strlist_has(y, x->items[i]))
			out = arena_printf(d->arena, "%s%s%s", out ? out : "",
				out ? " " : "", x->items[i]);
	return out;
}

static void compare_flags(struct diff *d)
{
	const struct strlist *a = &d->a.m.hardware.cpu.flags;
	const struct strlist *b = &d->b.m.hardware.cpu.flags;

	diff_texts(d, DIFF_HARDWARE, "processor flags", only(d, a, b),
		only(d, b, a));
}

/* "NVIDIA A100, driver 550.54", one for each that was used. */
static const char *accelerators(struct diff *d, const struct m_hardware *h)
{
	char *out = NULL;

	for (size_t i = 0; i < h->accelerators.count; i++) {
		const struct m_accelerator *x = &h->accelerators.items[i];

		if (!x->used)
			continue;
		out = arena_printf(d->arena, "%s%s%s%s%s", out ? out : "",
			out ? "; " : "", x->model ? x->model : x->vendor,
			x->driver_version ? ", driver " : "",
			x->driver_version ? x->driver_version : "");
	}
	return out;
}

void diff_hardware(struct diff *d)
{
	const struct m_hardware *a = &d->a.m.hardware, *b = &d->b.m.hardware;
	const struct m_host *x = &d->a.m.run.host, *y = &d->b.m.run.host;

	diff_texts(d, DIFF_HARDWARE, "processor", a->cpu.model_name,
		b->cpu.model_name);
	diff_texts(d, DIFF_HARDWARE, "architecture", x->architecture,
		y->architecture);
	diff_texts(d, DIFF_HARDWARE, "processor level", a->cpu.isa_level,
		b->cpu.isa_level);
	compare_flags(d);
	diff_numbers(d, DIFF_HARDWARE, "processors", a->cpu.count, b->cpu.count);
	diff_numbers(d, DIFF_HARDWARE, "memory in bytes", a->memory.total_bytes,
		b->memory.total_bytes);
	diff_texts(d, DIFF_HARDWARE, "accelerators used", accelerators(d, a),
		accelerators(d, b));
	diff_texts(d, DIFF_HARDWARE, "kernel", x->kernel, y->kernel);
	diff_texts(d, DIFF_HARDWARE, "operating system", x->os, y->os);
	diff_texts(d, DIFF_HARDWARE, "C library", x->libc, y->libc);
}
