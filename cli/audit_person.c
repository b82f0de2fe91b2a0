/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise audit` for a person. */
#include "audit/report.h"
#include "base/arena.h"
#include "base/fs.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include <stdio.h>
#include <string.h>

/* Columns grow no further, so that one long name does not widen all. */
#define WIDE 40

static const char *text(struct arena *a, const char *s)
{
	return s != NULL ? cli_printable(a, s) : "-";
}

/* The name of a run as people know it, beside its id. */
static const char *run_text(struct arena *a, const char *id, const char *name)
{
	if (name == NULL)
		return arena_printf(a, "%.8s", id);
	return arena_printf(a, "%.8s (%s)", id, cli_printable(a, name));
}

static void print_writers(const struct audit *x)
{
	const struct audit_file *f = &x->file;

	for (size_t i = 0; i < f->writer_count; i++)
		if (strcmp(f->writers[i].run, x->id) != 0)
			printf("same file  written by run %s as %s\n",
				run_text(x->arena, f->writers[i].run,
					f->writers[i].name),
				text(x->arena, f->writers[i].path));
}

static void print_inputs(const struct audit *x)
{
	struct arena *a = x->arena;

	for (size_t i = 0; i < x->input_count; i++) {
		const struct origin_input *in = &x->inputs[i];

		printf("input      %s, written by run %s as %s",
			text(a, in->path),
			run_text(a, in->writer.run, in->writer.name),
			text(a, in->writer.path));
		if (in->others > 0)
			printf(", and by %zu other run%s", in->others,
				in->others > 1 ? "s" : "");
		putchar('\n');
	}
}

static void print_head(const struct audit *x)
{
	const struct m_run *r = &x->m.run;
	bool has_time = r->started != NULL && strlen(r->started) >= 19;
	char digest[DIGEST_TEXT];

	printf("run        %s, %s, began %.10s %.8s UTC\n",
		run_text(x->arena, x->id, r->name), r->status,
		has_time ? r->started : "?", has_time ? r->started + 11 : "");
	printf("command    %s\n", cli_command_text(x->arena, &x->m.command.argv));
	if (x->file.name != NULL) {
		digest_text(&x->file.digest, digest);
		printf("file       %s, which it wrote as %s, %s\n",
			text(x->arena, x->file.name),
			text(x->arena, x->file.path), digest);
		print_writers(x);
	}
	print_inputs(x);
}

/* A module of Python or the like: there are dozens, and nobody looks for one. */
static bool is_module(const struct report_library *l)
{
	return l->library->soname == NULL && l->altered == NULL &&
	       l->library->loaded_by != NULL &&
	       strcmp(l->library->loaded_by, "dlopen") == 0;
}

/* How wide the columns are. */
struct widths {
	int name, version;      /* of packages */
	int library, component; /* of libraries */
};

static int wider(int width, const char *s)
{
	int n = (int)strlen(s);

	return n > width && n <= WIDE ? n : width;
}

static const char *library_text(struct arena *a, const struct m_library *m)
{
	return text(a, m->soname ? m->soname : fs_base_name(m->path));
}

static const char *component_text(struct arena *a, const struct m_library *m)
{
	if (m->component == NULL)
		return "-";
	if (m->version == NULL)
		return text(a, m->component);
	return arena_printf(a, "%s %s", cli_printable(a, m->component),
		cli_printable(a, m->version));
}

static void print_library(
	struct arena *a, const struct widths *w, const struct report_library *l)
{
	const struct m_library *m = l->library;

	printf("    %-*s  %-7s  %-*s  %s%s\n", w->library, library_text(a, m),
		text(a, m->loaded_by), w->component, component_text(a, m),
		text(a, m->path), l->altered ? "  ALTERED" : "");
}

static void print_altered(struct arena *a, const struct report_package *p)
{
	for (size_t i = 0; i < p->package->altered.count; i++) {
		const struct m_altered *x = &p->package->altered.items[i];

		printf("    altered: %s is %.19s, installed was %.19s\n",
			text(a, x->path), text(a, x->digest),
			text(a, x->installed));
	}
}

static const char *used_text(struct arena *a, const struct m_package *p)
{
	if (p->files_used == ABSENT)
		return "-";
	if (p->files_total == ABSENT)
		return arena_printf(a, "%lld", (long long)p->files_used);
	return arena_printf(a, "%lld of %lld", (long long)p->files_used,
		(long long)p->files_total);
}

static void print_libraries(struct arena *a, const struct widths *w,
	const struct report_library *items, size_t count)
{
	size_t modules = 0;

	for (size_t i = 0; i < count; i++)
		if (is_module(&items[i]))
			modules++;
		else
			print_library(a, w, &items[i]);
	if (modules > 0)
		printf("    and %zu module%s without a SONAME\n", modules,
			modules > 1 ? "s" : "");
}

static void widen(struct widths *w, struct arena *a,
	const struct report_library *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_module(&items[i]))
			continue;
		w->library = wider(w->library, library_text(a, items[i].library));
		w->component =
			wider(w->component, component_text(a, items[i].library));
	}
}

static struct widths widths_of(struct arena *a, const struct report *r)
{
	struct widths w = {7, 7, 7, 1};

	for (size_t i = 0; i < r->packages.count; i++) {
		const struct report_package *p = &r->packages.items[i];

		if (p->group == REPORT_SYSTEM)
			continue;
		w.name = wider(w.name, text(a, p->package->name));
		w.version = wider(w.version, text(a, p->package->version));
		widen(&w, a, p->libraries.items, p->libraries.count);
	}
	widen(&w, a, r->unowned.items, r->unowned.count);
	return w;
}

static void print_package(
	struct arena *a, const struct widths *w, const struct report_package *p)
{
	printf("%-*s  %-*s  %-8s  %s\n", w->name, text(a, p->package->name),
		w->version, text(a, p->package->version),
		text(a, p->package->type), used_text(a, p->package));
	print_altered(a, p);
	print_libraries(a, w, p->libraries.items, p->libraries.count);
}

static void print_packages(
	struct arena *a, const struct widths *w, const struct report *r)
{
	size_t left = 0;

	for (size_t i = 0; i < r->packages.count; i++)
		left += r->packages.items[i].group == REPORT_SYSTEM;
	if (left < r->packages.count)
		printf("\n%-*s  %-*s  %-8s  %s\n", w->name, "PACKAGE",
			w->version, "VERSION", "TYPE", "FILES USED");
	for (size_t i = 0; i < r->packages.count; i++)
		if (r->packages.items[i].group != REPORT_SYSTEM)
			print_package(a, w, &r->packages.items[i]);
	if (left > 0)
		printf("\nand %zu package%s of the system, of which only other "
		       "files were used (--json has them)\n",
			left, left > 1 ? "s" : "");
}

static void print_gaps(struct arena *a, const struct report *r)
{
	if (r->gap_count > 0)
		printf("\nGAPS\n");
	for (size_t i = 0; i < r->gap_count; i++)
		printf("    %s%s%s%s%s\n", r->gaps[i]->kind,
			r->gaps[i]->path ? "  " : "",
			r->gaps[i]->path ? text(a, r->gaps[i]->path) : "",
			r->gaps[i]->detail ? ": " : "",
			r->gaps[i]->detail ? text(a, r->gaps[i]->detail) : "");
}

static void print_unused(const struct audit *x)
{
	for (size_t i = 0; i < x->unused_count; i++)
		printf("%s  %s\n", text(x->arena, x->unused[i].purl),
			text(x->arena, x->unused[i].location));
}

const char *audit_executable(const struct manifest *m, const char *id)
{
	for (size_t i = 0; i < m->processes.items.count; i++)
		if (strcmp(m->processes.items.items[i].id, id) == 0)
			return m->processes.items.items[i].executable;
	return NULL;
}

/* The first ones: a library of a job's workers was mapped by all of them. */
static const char *processes_text(const struct audit *x, const struct strlist *ids)
{
	size_t shown = ids->count < 3 ? ids->count : 3;
	const char *out = "";

	for (size_t i = 0; i < shown; i++) {
		const char *exe = audit_executable(&x->m, ids->items[i]);

		out = arena_printf(x->arena, "%s%s%s (%s)", out,
			i > 0 ? ", " : "",
			exe ? text(x->arena, fs_base_name(exe)) : "?",
			text(x->arena, ids->items[i]));
	}
	if (shown < ids->count)
		out = arena_printf(
			x->arena, "%s and %zu more", out, ids->count - shown);
	return out;
}

static void print_subject(const struct audit *x, const struct policy_hit *h)
{
	struct arena *a = x->arena;

	if (h->package != NULL)
		printf(": %s %s (%s)", text(a, h->package->name),
			text(a, h->package->version), text(a, h->package->type));
	if (h->paths.count > 0)
		printf(": %s", text(a, h->paths.items[0]));
	if (h->paths.count > 1)
		printf(" and %zu more", h->paths.count - 1);
	if (h->requirement != NULL && h->unknown)
		printf(", of which the version is not known");
	else if (h->version != NULL &&
		 (h->package == NULL || h->package->version == NULL ||
			 strcmp(h->version, h->package->version) != 0))
		printf(", version %s", text(a, h->version));
	if (h->altered != NULL)
		printf(", is %.19s, installed was %.19s",
			text(a, h->altered->digest),
			text(a, h->altered->installed));
	if (h->network != NULL)
		printf(": %s %s %s", h->network->direction,
			h->network->protocol, text(a, h->network->peer));
	if (h->gap != NULL)
		printf(": %s%s%s%s%s", h->gap->kind, h->gap->path ? " " : "",
			h->gap->path ? text(a, h->gap->path) : "",
			h->gap->detail ? ", " : "",
			h->gap->detail ? text(a, h->gap->detail) : "");
	if (h->processes.count > 0)
		printf(", mapped by %s", processes_text(x, &h->processes));
}

static void print_hits(const struct audit *x)
{
	for (size_t i = 0; i < x->hits.count; i++) {
		const struct policy_hit *h = &x->hits.items[i];

		printf("%s:%zu: %s", text(x->arena, x->policy.name),
			h->rule->line, policy_word(h->rule->kind));
		if (h->requirement != NULL)
			printf(" %s", text(x->arena, h->requirement->text));
		print_subject(x, h);
		if (h->rule->reason != NULL)
			printf(" [%s]", text(x->arena, h->rule->reason));
		putchar('\n');
	}
	printf("run %s: %zu hit%s of %zu rule%s\n",
		run_text(x->arena, x->id, x->m.run.name), x->hits.count,
		x->hits.count == 1 ? "" : "s", x->policy.count,
		x->policy.count == 1 ? "" : "s");
}

void audit_print(const struct audit *x)
{
	struct widths w;
	struct report r;

	if (x->has_policy)
		print_hits(x);
	if (x->has_unused)
		print_unused(x);
	if (x->has_policy || x->has_unused)
		return;
	report_make(&r, x->arena, &x->m);
	print_head(x);
	w = widths_of(x->arena, &r);
	print_packages(x->arena, &w, &r);
	if (r.unowned.count > 0) {
		printf("\nLIBRARIES AND PROGRAMS OF NO PACKAGE\n");
		print_libraries(x->arena, &w, r.unowned.items, r.unowned.count);
	}
	print_gaps(x->arena, &r);
}
