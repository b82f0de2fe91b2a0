// SPDX-License-Identifier: Apache-2.0
/* What the run wrote, looked into: models, metrics, and settings of its own. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/finish.h"
#include "capture/metrics.h"
#include "capture/model_file.h"
#include "capture/parameters.h"
#include "capture/secrets.h"
#include "store/store.h"

#include <fcntl.h>
#include <string.h>

int finish_open_result(struct finish *f, const struct item *i)
{
	const struct content *c = i->result;
	int fd = -1;

	if (!c || (c->outcome != CONTENT_OK && c->outcome != CONTENT_NO_ROOM))
		return -1;
	if (c->stored)
		fd = store_open_object(f->cap->store, &c->digest, NULL);
	return fd >= 0 ? fd : content_open(c->path);
}

/* A name says less than what is in the file, and more than nothing. */
static const char *role_by_content(const char *role, enum model_format format)
{
	bool unknown = !role || !strcmp(role, "other");
	bool weights = role && !strcmp(role, "dataset");

	if (model_is_certain(format) && (unknown || weights))
		return "model";
	return unknown && format != MODEL_NONE ? "model" : role;
}

const char *finish_role(const char *role, int fd)
{
	autoclose int closing = fd;

	if (fd < 0 || (role && (!strcmp(role, "model") ||
				       !strcmp(role, "checkpoint"))))
		return role;
	return role_by_content(role, model_format(fd));
}

static void read_metrics(
	struct finish *f, struct metrics *m, const struct item *i)
{
	autostrbuf text = STRBUF_INIT;

	if (!finish_slurp(finish_open_result(f, i), METRICS_FILE_MAX, &text) ||
		!metrics_file(m, i->t->now, text.s, text.len))
		record_gap(f->rec, "configuration", i->t->now,
			"its metrics are not known: it is not understood, or "
			"has too many");
}

/* The value of one of MLflow's parameters is the whole file. */
static void read_parameter(struct finish *f, struct parameters *p,
	const struct item *i, const char *name)
{
	autostrbuf text = STRBUF_INIT;

	if (!finish_slurp(finish_open_result(f, i), PARAMETER_FILE_MAX, &text) ||
		memchr(text.s, 0, text.len))
		return;
	text.s[strcspn(text.s, "\r\n")] = 0;
	parameters_add(p, name, text.s, i->t->now);
}

void finish_outputs(struct finish *f)
{
	struct manifest *m = f->cap->manifest;
	struct metrics metrics = {.a = f->a};
	struct parameters p = {.a = f->a,
		.redact = &f->rec->redact,
		.items = m->parameters.items,
		.count = m->parameters.count};
	int files = 0;

	finish_sort_by_now(f);
	for (size_t i = 0; i < f->count && files < METRICS_FILES; i++) {
		const struct item *it = &f->items[i];
		const char *name;

		if (!it->result || secret_path(f->cap->home, it->t->now))
			continue;
		name = metrics_parameter_name(it->t->now);
		if (name)
			read_parameter(f, &p, it, name);
		else if (metrics_is_configuration(it->t->now))
			finish_parameters(
				f, &p, it->t->now, finish_open_result(f, it));
		else if (metrics_in_file(it->t->now))
			read_metrics(f, &metrics, it);
		else
			continue;
		files++;
	}
	m->parameters.items = p.items;
	m->parameters.count = p.count;
	m->metrics.items = metrics.items;
	m->metrics.count = metrics.count;
}
