// SPDX-License-Identifier: Apache-2.0
/* The graph of runs for Graphviz. */
#include "audit/lineage.h"

#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/scalar.h"

#include <string.h>

/* In quotes; dot(1) takes UTF-8 only, and a terminal no control characters. */
static void quoted(struct strbuf *out, const char *s)
{
	for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
		uint32_t cp;

		n = utf8_decode(s, left, &cp);
		if (*s == '"' || *s == '\\') {
			strbuf_addf(out, "\\%c", *s);
		} else if (n > 0 && cp >= ' ' && scalar_printable(cp)) {
			strbuf_add(out, s, n);
		} else {
			strbuf_addc(out, '?');
			n = 1;
		}
	}
}

static void add_run(struct strbuf *out, const struct lineage_run *r)
{
	strbuf_addf(out, "  \"%s\" [shape=box, label=\"", r->run.id);
	if (r->run.name) {
		quoted(out, r->run.name);
		strbuf_adds(out, "\\n");
	}
	strbuf_addf(out, "%.8s\\n", r->run.id);
	for (size_t i = 0; i < r->run.argv.count; i++) {
		strbuf_adds(out, i ? " " : "");
		quoted(out, i ? r->run.argv.items[i]
			      : fs_base_name(r->run.argv.items[i]));
	}
	strbuf_addf(out, "\"%s];\n",
		r->relation == LINEAGE_SUBJECT ? ", style=bold" : "");
}

/* A content by its digest, so that one that went two ways is one. */
static void add_key(struct strbuf *out, const struct index_content *c)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(&c->digest, hex);
	strbuf_addf(out, "\"%s%s\"", c->tree ? "tree:" : "", hex);
}

static void add_content(struct strbuf *out, const struct index_content *c)
{
	strbuf_adds(out, "  ");
	add_key(out, c);
	strbuf_addf(out, " [shape=%s, label=\"", c->tree ? "folder" : "note");
	quoted(out, fs_base_name(c->path));
	strbuf_adds(out, "\"];\n");
}

static void add_edge(struct strbuf *out, const struct lineage *l,
	const struct lineage_edge *e)
{
	bool one = digest_equal(&e->wrote.digest, &e->read.digest);

	add_content(out, &e->wrote);
	strbuf_addf(out, "  \"%s\" -> ", l->runs[e->from].run.id);
	add_key(out, &e->wrote);
	strbuf_adds(out, ";\n");
	if (!one) {
		add_content(out, &e->read);
		strbuf_adds(out, "  ");
		add_key(out, &e->wrote);
		strbuf_adds(out, " -> ");
		add_key(out, &e->read);
		strbuf_addf(out, " [style=dashed, label=\"%lld\"];\n",
			(long long)e->contents);
	}
	strbuf_adds(out, "  ");
	add_key(out, one ? &e->wrote : &e->read);
	strbuf_addf(out, " -> \"%s\";\n", l->runs[e->to].run.id);
}

void lineage_dot(const struct lineage *l, struct strbuf *out)
{
	strbuf_adds(out, "digraph lineage {\n  rankdir=LR;\n");
	for (size_t i = 0; i < l->run_count; i++) {
		const struct lineage_run *r = &l->runs[i];

		add_run(out, r);
		for (size_t k = 0; k < r->source_count; k++) {
			add_content(out, &r->sources[k]);
			strbuf_adds(out, "  ");
			add_key(out, &r->sources[k]);
			strbuf_addf(out, " -> \"%s\";\n", r->run.id);
		}
	}
	for (size_t i = 0; i < l->edge_count; i++)
		add_edge(out, l, &l->edges[i]);
	strbuf_adds(out, "}\n");
}
