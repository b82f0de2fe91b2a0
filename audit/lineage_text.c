// SPDX-License-Identifier: Apache-2.0
/* The graph of runs as an indented tree. */
#include "audit/lineage.h"

#include "audit/words.h"
#include "base/arena.h"
#include "base/strbuf.h"

#include <string.h>

/* Of each run; the rest is in the JSON. */
#define SOURCES_SHOWN 8

struct text {
	const struct lineage *l;
	char *(*printable)(struct arena *a, const char *s);
	struct strbuf *out;
	bool *shown; /* runs */
};

static const char *safe(const struct text *t, const char *s)
{
	return t->printable(t->l->arena, s);
}

static void indent(const struct text *t, int depth)
{
	for (int i = 0; i < depth; i++)
		strbuf_adds(t->out, "  ");
}

static const char *command(const struct text *t, const struct index_run *r)
{
	return safe(t, words_joined(t->l->arena, &r->argv, " "));
}

static void print_run(const struct text *t, size_t at, int depth)
{
	const struct index_run *r = &t->l->runs[at].run;

	indent(t, depth);
	strbuf_addf(t->out, "%.8s%s%s  %.19s  %s%s\n", r->id,
		r->name ? "  " : "", r->name ? safe(t, r->name) : "",
		r->started, command(t, r), t->shown[at] ? "  (see above)" : "");
}

static const char *many(const struct text *t, const struct lineage_edge *e)
{
	return e->contents > 1 ? arena_printf(t->l->arena, " (%lld files)",
					 (long long)e->contents)
			       : "";
}

static void print_sources(const struct text *t, size_t at, int depth)
{
	const struct lineage_run *r = &t->l->runs[at];

	for (size_t i = 0; i < r->source_count && i < SOURCES_SHOWN; i++) {
		indent(t, depth);
		strbuf_addf(t->out, "read %s, which no run wrote\n",
			safe(t, r->sources[i].path));
	}
	if (r->source_count > SOURCES_SHOWN) {
		indent(t, depth);
		strbuf_addf(t->out, "read %zu more that no run wrote\n",
			r->source_count - SOURCES_SHOWN);
	}
}

/* A run, and below it what its inputs came from. */
static void print_back(const struct text *t, size_t at, int depth)
{
	bool again = t->shown[at];

	print_run(t, at, depth);
	t->shown[at] = true;
	if (again)
		return;
	for (size_t i = 0; i < t->l->edge_count; i++) {
		const struct lineage_edge *e = &t->l->edges[i];

		if (e->to != at ||
			t->l->runs[e->from].relation == LINEAGE_DESCENDANT)
			continue;
		indent(t, depth + 1);
		strbuf_addf(
			t->out, "read %s%s", safe(t, e->read.path), many(t, e));
		if (strcmp(e->read.path, e->wrote.path) != 0)
			strbuf_addf(t->out, ", written as %s",
				safe(t, e->wrote.path));
		strbuf_adds(t->out, " by\n");
		print_back(t, e->from, depth + 2);
	}
	print_sources(t, at, depth + 1);
}

/* What was made of what the run wrote. */
static void print_on(const struct text *t, size_t at, int depth)
{
	for (size_t i = 0; i < t->l->edge_count; i++) {
		const struct lineage_edge *e = &t->l->edges[i];
		bool again = t->shown[e->to];

		if (e->from != at ||
			t->l->runs[e->to].relation != LINEAGE_DESCENDANT)
			continue;
		indent(t, depth);
		strbuf_addf(t->out, "wrote %s%s", safe(t, e->wrote.path),
			many(t, e));
		if (strcmp(e->read.path, e->wrote.path) != 0)
			strbuf_addf(
				t->out, ", read as %s", safe(t, e->read.path));
		strbuf_adds(t->out, " by\n");
		print_run(t, e->to, depth + 1);
		t->shown[e->to] = true;
		if (!again)
			print_on(t, e->to, depth + 2);
	}
}

static void print_content(const struct text *t)
{
	const struct lineage *l = t->l;
	char digest[DIGEST_TEXT];

	digest_text(&l->content, digest);
	strbuf_addf(t->out, "%s  %s\n", safe(t, l->content_name), digest);
	if (!l->writer_count)
		strbuf_adds(t->out, "no run wrote it\n");
	else
		strbuf_addf(t->out, "written as %s by\n",
			safe(t, l->writers[0].path));
	for (size_t i = 1; i < l->writer_count; i++)
		strbuf_addf(t->out, "also written as %s by %.8s  %.19s\n",
			safe(t, l->writers[i].path), l->writers[i].run,
			l->writers[i].started);
}

static void print_readers(const struct text *t)
{
	for (size_t i = 0; i < t->l->run_count; i++) {
		if (t->shown[i])
			continue;
		strbuf_adds(t->out, "read by\n");
		print_run(t, i, 1);
		t->shown[i] = true;
		print_on(t, i, 2);
	}
}

void lineage_text(const struct lineage *l,
	char *(*printable)(struct arena *a, const char *s), struct strbuf *out)
{
	struct text t = {l, printable, out,
		arena_array(l->arena, l->run_count + 1, sizeof(bool))};

	if (l->has_content)
		print_content(&t);
	if (!l->has_content || l->writer_count) {
		print_back(&t, 0, 0);
		print_on(&t, 0, 1);
	}
	print_readers(&t);
}
