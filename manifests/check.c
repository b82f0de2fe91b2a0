// SPDX-License-Identifier: Apache-2.0
/*
 * Check a manifest in memory, read or about to be written: every string
 * against its field, then what only the whole can tell.
 */
#include "manifests/manifest.h"

#include "base/err.h"
#include "base/map.h"
#include "manifests/fields.h"
#include <string.h>

struct check {
	const char *name;
	struct err *e;
};

static int check_string(
	const struct check *c, const struct field *f, const char *s)
{
	const char *needed = field_problem(f, s);

	if (needed == NULL)
		return 0;
	return err_set(c->e, "%s: '%s': '%.60s' is not %s%s", c->name, f->key,
		s, f->words ? "one of " : "", needed);
}

static int check_record(
	const struct check *c, const struct record *rec, const void *at);

static int check_field(
	const struct check *c, const struct field *f, const void *at)
{
	const struct any_list *list = at;
	int64_t n;

	switch (f->type) {
	case F_STRING:
		return check_string(c, f, *(char *const *)at);
	case F_INT:
		n = *(const int64_t *)at;
		if (n < 0 || n > f->max)
			return err_set(c->e, "%s: '%s' is out of range",
				c->name, f->key);
		return 0;
	case F_STRINGS:
		for (size_t i = 0; i < list->count; i++) {
			if (check_string(c, f,
				    ((const struct strlist *)at)->items[i]) < 0)
				return -1;
		}
		return 0;
	case F_STRUCT:
		return check_record(c, f->record, at);
	case F_LIST:
	case F_KEYED:
		for (size_t i = 0; i < list->count; i++) {
			if (check_record(c, f->record,
				    list->items + i * f->record->size) < 0)
				return -1;
		}
		return 0;
	case F_DOUBLE:
	case F_BOOL:
	case F_MAP:
		break;
	}
	return 0;
}

static int check_record(
	const struct check *c, const struct record *rec, const void *at)
{
	for (size_t i = 0; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];

		if (field_empty(f, at)) {
			if (f->flags & FIELD_REQUIRED && !(f->flags & FIELD_SHOWN))
				return err_set(c->e, "%s: '%s' has no '%s'",
					c->name, rec->name, f->key);
			continue;
		}
		if (check_field(c, f, field_at(f, at)) < 0)
			return -1;
	}
	return 0;
}

/* One name for one thing; `ids` then knows it. */
static int add_id(const struct check *c, struct map *ids, char *id)
{
	if (map_puts(ids, id, id) != NULL)
		return err_set(
			c->e, "%s: the id '%s' is there twice", c->name, id);
	return 0;
}

static int find_id(const struct check *c, const struct map *ids,
	const char *key, const char *what, const char *id)
{
	if (id == NULL || map_gets(ids, id) != NULL)
		return 0;
	return err_set(
		c->e, "%s: '%s': there is no %s '%s'", c->name, key, what, id);
}

static int check_ids(const struct check *c, const struct manifest *m,
	struct map *processes, struct map *data)
{
	for (size_t i = 0; i < m->processes.items.count; i++) {
		if (add_id(c, processes, m->processes.items.items[i].id) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->inputs.count; i++) {
		if (add_id(c, data, m->inputs.items[i].id) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->outputs.count; i++) {
		if (add_id(c, data, m->outputs.items[i].id) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->processes.items.count; i++) {
		if (find_id(c, processes, "parent", "process",
			    m->processes.items.items[i].parent) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->outputs.count; i++) {
		if (find_id(c, processes, "written_by", "process",
			    m->outputs.items[i].written_by) < 0)
			return -1;
	}
	return 0;
}

static int check_libraries(const struct check *c, const struct manifest *m,
	const struct map *processes, struct map *packages)
{
	for (size_t i = 0; i < m->packages.count; i++) {
		if (add_id(c, packages, m->packages.items[i].id) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];

		if (find_id(c, packages, "package", "package", l->package) < 0)
			return -1;
		for (size_t k = 0; k < l->processes.count; k++) {
			if (find_id(c, processes, "processes", "process",
				    l->processes.items[k]) < 0)
				return -1;
		}
	}
	return 0;
}

/* "completed" is exit status 0, "failed" any other end of the command. */
static int check_status(const struct check *c, const struct m_run *run)
{
	bool zero = run->exit_code == 0 && run->signal == NULL;
	bool other = run->signal != NULL ||
		     (run->exit_code != ABSENT && run->exit_code != 0);

	if (strcmp(run->status, "completed") == 0 && !zero)
		return err_set(c->e,
			"%s: 'status' is completed, but 'exit_code' is not 0",
			c->name);
	if (strcmp(run->status, "failed") == 0 && !other)
		return err_set(c->e,
			"%s: 'status' is failed, but neither 'exit_code' nor "
			"'signal' says so",
			c->name);
	return 0;
}

static int check_completeness(
	const struct check *c, const struct m_completeness *completeness)
{
	bool complete = strcmp(completeness->aggregate, "complete") == 0;

	if (complete && completeness->gaps.count > 0)
		return err_set(c->e,
			"%s: 'aggregate' is complete, but there are gaps",
			c->name);
	return 0;
}

int manifest_check(const struct manifest *m, const char *name, struct err *e)
{
	struct map processes = MAP_INIT, data = MAP_INIT, packages = MAP_INIT;
	struct check c = {name, e};
	int rc = check_record(&c, &manifest_record, m);

	if (rc == 0)
		rc = check_ids(&c, m, &processes, &data);
	if (rc == 0)
		rc = check_libraries(&c, m, &processes, &packages);
	if (rc == 0)
		rc = check_status(&c, &m->run);
	if (rc == 0)
		rc = check_completeness(&c, &m->completeness);
	map_release(&processes);
	map_release(&data);
	map_release(&packages);
	return rc;
}
