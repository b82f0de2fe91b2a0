// SPDX-License-Identifier: Apache-2.0
/* From a name to what a run has of it. */
#include "audit/query.h"
#include "audit/words.h"
#include "base/arena.h"
#include "base/err.h"
#include "store/index.h"
#include <math.h>
#include <string.h>

/* What has names of its own in a run. */
enum kind { PARAMETERS, METRICS, TAGS, KINDS };

static const char *const kind_names[KINDS] = {"parameters", "metrics", "tags"};

static size_t count_of(const struct index_run *r, enum kind k)
{
	return k == PARAMETERS ? r->parameters.count
	       : k == METRICS  ? r->metrics.count
			       : r->tags.count;
}

static struct kv item(const struct index_run *r, enum kind k, size_t i)
{
	switch (k) {
	case PARAMETERS:
		return (struct kv){r->parameters.items[i].name,
			r->parameters.items[i].value};
	case METRICS:
		return (struct kv){
			r->metrics.items[i].name, r->metrics.items[i].value};
	default:
		return r->tags.items[i];
	}
}

/* 1 when `name` is a field, whether or not the run has a value. */
static int field(const struct query_run *q, struct arena *a, const char *name,
	const char **value)
{
	const struct index_run *r = q->run;
	const struct {
		const char *name, *value;
	} texts[] = {
		{"id", r->id},
		{"group", r->group},
		{"status", r->status},
		{"signal", r->signal},
		{"started", r->started},
		{"ended", r->ended},
		{"command", q->command},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(texts[i].name, name) == 0) {
			*value = texts[i].value;
			return 1;
		}
	*value = NULL;
	if (strcmp(name, "name") == 0 && q->names.count)
		*value = words_joined(a, &q->names, ",");
	else if (strcmp(name, "exit_code") == 0 && r->exit_code != ABSENT)
		*value = arena_printf(a, "%lld", (long long)r->exit_code);
	else if (strcmp(name, "wall_s") == 0 && !isnan(r->wall_s))
		*value = arena_printf(a, "%.15g", r->wall_s);
	return *value || strcmp(name, "name") == 0 ||
	       strcmp(name, "exit_code") == 0 || strcmp(name, "wall_s") == 0;
}

/* Several of one name: the first counts, which is that of the command line. */
static int exactly(const struct index_run *r, enum kind k, const char *name,
	const char **value)
{
	for (size_t i = 0; i < count_of(r, k); i++) {
		struct kv kv = item(r, k, i);

		if (kv.key && strcmp(kv.key, name) == 0) {
			*value = kv.value;
			return 1;
		}
	}
	return 0;
}

static bool ends_in(const char *full, const char *name)
{
	size_t all = strlen(full), len = strlen(name);

	return all > len + 1 && full[all - len - 1] == '.' &&
	       strcmp(full + all - len, name) == 0;
}

/* By the last components; *full is what was found so far. */
static int by_end(const struct index_run *r, enum kind k, const char *name,
	const char **full, const char **value, struct err *e)
{
	for (size_t i = 0; i < count_of(r, k); i++) {
		struct kv kv = item(r, k, i);

		if (!kv.key || !ends_in(kv.key, name))
			continue;
		if (*full && strcmp(*full, kv.key) != 0)
			return err_set(e, "'%s' may be '%s' or '%s' of run %.8s",
				name, *full, kv.key, r->id);
		if (!*full)
			*value = kv.value;
		*full = kv.key;
	}
	return 0;
}

/* "metrics.loss": the kind, and what follows; KINDS when it is not said. */
static enum kind said_kind(const char **name)
{
	for (enum kind k = 0; k < KINDS; k++) {
		size_t len = strlen(kind_names[k]);

		if (strncmp(*name, kind_names[k], len) == 0 &&
			(*name)[len] == '.' && (*name)[len + 1]) {
			*name += len + 1;
			return k;
		}
	}
	return KINDS;
}

int query_value(const struct query_run *q, struct arena *a, const char *name,
	const char **value, struct err *e)
{
	const char *full = NULL;
	enum kind said;

	*value = NULL;
	if (field(q, a, name, value))
		return 1;
	for (enum kind k = 0; k < KINDS; k++)
		if (exactly(q->run, k, name, value))
			return 1;
	said = said_kind(&name);
	if (said != KINDS && exactly(q->run, said, name, value))
		return 1;
	for (enum kind k = 0; k < KINDS; k++)
		if ((said == KINDS || said == k) &&
			by_end(q->run, k, name, &full, value, e) < 0)
			return -1;
	return full ? 1 : 0;
}

const char *query_parameter(const struct query_run *q, const char *name)
{
	const char *value = NULL;

	exactly(q->run, PARAMETERS, name, &value);
	return value;
}

const char *query_metric(const struct query_run *q, const char *name)
{
	const char *value = NULL;

	exactly(q->run, METRICS, name, &value);
	return value;
}
