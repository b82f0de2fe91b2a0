// SPDX-License-Identifier: Apache-2.0
/* A run into the index, and out of it. */
#include "store/index_internal.h"

#include "base/strbuf.h"

#include <math.h>
#include <string.h>

static int add_fact(struct index *ix, int64_t run, enum index_fact kind,
	size_t seq, const char *name, const char *value, const char *source,
	struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_ADD_FACT, e);

	if (!st)
		return -1;
	index_bind_int(st, 1, run);
	index_bind_int(st, 2, kind);
	index_bind_int(st, 3, (int64_t)seq);
	index_bind_text(st, 4, name);
	index_bind_text(st, 5, value);
	index_bind_text(st, 6, source);
	return index_step(ix, st, e);
}

static int add_facts(
	struct index *ix, const struct manifest *m, int64_t run, struct err *e)
{
	const struct kvlist *tags = &m->run.tags;
	int r = 0;

	for (size_t i = 0; r == 0 && i < tags->count; i++)
		r = add_fact(ix, run, FACT_TAG, i, tags->items[i].key,
			tags->items[i].value, NULL, e);
	for (size_t i = 0; r == 0 && i < m->parameters.count; i++) {
		const struct m_parameter *p = &m->parameters.items[i];

		r = add_fact(ix, run, FACT_PARAMETER, i, p->name, p->value,
			p->source, e);
	}
	for (size_t i = 0; r == 0 && i < m->metrics.count; i++) {
		const struct m_metric *p = &m->metrics.items[i];

		r = add_fact(ix, run, FACT_METRIC, i, p->name, p->value,
			p->source, e);
	}
	return r;
}

static int add_row(struct index *ix, const struct manifest *m,
	const struct index_stamp *stamp, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_ADD_RUN, e);
	autostrbuf argv = STRBUF_INIT;

	if (!st)
		return -1;
	strbuf_grow(&argv, 0);
	for (size_t i = 0; i < m->command.argv.count; i++)
		strbuf_add(&argv, m->command.argv.items[i],
			strlen(m->command.argv.items[i]) + 1);
	index_bind_text(st, 1, m->run.id);
	index_bind_int(st, 2, stamp->size);
	index_bind_int(st, 3, stamp->mtime_ns);
	index_bind_int(st, 4, stamp->ctime_ns);
	index_bind_text(st, 5, m->run.name);
	index_bind_text(st, 6, m->run.group);
	index_bind_text(st, 7, m->run.status);
	index_bind_int(st, 8, m->run.exit_code);
	index_bind_text(st, 9, m->run.signal);
	index_bind_text(st, 10, m->run.started ? m->run.started : "");
	index_bind_text(st, 11, m->run.ended);
	index_bind_double(st, 12, m->run.resource_usage.wall_s);
	sqlite3_bind_blob(st, 13, argv.s, (int)argv.len, SQLITE_TRANSIENT);
	return index_step(ix, st, e);
}

int index_add_run(struct index *ix, const struct manifest *m,
	const struct index_stamp *stamp, struct err *e)
{
	int64_t run;

	if (add_row(ix, m, stamp, e) < 0)
		return -1;
	run = sqlite3_last_insert_rowid(ix->db);
	return add_facts(ix, m, run, e) < 0 ||
			       index_add_contents(ix, m, run, e) < 0 ||
			       index_add_uses(ix, m, run, e) < 0
		       ? -1
		       : 0;
}

int index_delete_run(struct index *ix, int64_t key, struct err *e)
{
	static const enum index_sql from[] = {SQL_DELETE_RUN, SQL_DELETE_FACTS,
		SQL_DELETE_CONTENTS, SQL_DELETE_LIBRARIES, SQL_DELETE_PACKAGES};

	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
		sqlite3_stmt *st = index_stmt(ix, from[i], e);

		if (!st)
			return -1;
		index_bind_int(st, 1, key);
		if (index_step(ix, st, e) < 0)
			return -1;
	}
	return 0;
}
