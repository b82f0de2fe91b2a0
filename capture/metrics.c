// SPDX-License-Identifier: Apache-2.0
/* From files of metrics to names and values. */
#include "capture/metrics.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "capture/classify.h"
#include "manifests/scalar.h"
#include "numeric/cells.h"
#include "numeric/json.h"

#include <string.h>
#include <strings.h>

struct reading {
	struct metrics *out;
	struct arena *scratch;
	const char *source;
	struct map known;     /* names of this file -> their last value */
	struct strlist names; /* in the order of their first coming */
	bool too_many;
};

/* A loss that is none any more is the last value, too: as C, Python and
 * JavaScript print it. */
static bool is_number(const char *s)
{
	static const char *const words[] = {"nan", "inf", "infinity"};
	double d;

	if (scalar_double(s, strlen(s), &d) == 0)
		return true;
	s += *s == '-' || *s == '+';
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(s, words[i]))
			return true;
	return false;
}

/* The last value of a name counts. */
static void set(struct reading *r, const char *name, const char *value)
{
	if (!*name || !is_number(value))
		return;
	if (!map_gets(&r->known, name)) {
		if (r->names.count == METRICS_OF_FILE) {
			r->too_many = true;
			return;
		}
		name = arena_strdup(r->scratch, name);
		*ARENA_PUSH(r->scratch, r->names.items, r->names.count) =
			(char *)name;
	}
	map_puts(&r->known, name, arena_strdup(r->scratch, value));
}

/* --- JSON ------------------------------------------------------------- */

static void walk(struct reading *r, struct strbuf *name, const struct json *j);

static void walk_members(
	struct reading *r, struct strbuf *name, const struct json *object)
{
	for (const struct json *m = object->first; m; m = m->next) {
		size_t len = name->len;

		strbuf_addf(name, "%s%.*s", len ? "." : "", (int)m->key_len,
			m->key);
		walk(r, name, m);
		name->len = len;
		name->s[len] = 0;
	}
}

/* A list is a history: each element has the name of all of them. */
static void walk(struct reading *r, struct strbuf *name, const struct json *j)
{
	autofree char *text = NULL;

	switch (j->type) {
	case JSON_OBJECT:
		walk_members(r, name, j);
		break;
	case JSON_ARRAY:
		for (const struct json *e = j->first; e; e = e->next)
			walk(r, name, e);
		break;
	case JSON_NUMBER:
		text = xmalloc(j->len + 1);
		memcpy(text, j->text, j->len);
		text[j->len] = 0;
		set(r, name->s, text);
		break;
	case JSON_WORD:
	case JSON_STRING:
		break;
	}
}

static bool read_json(struct reading *r, const char *text, size_t len)
{
	struct json *j = json_parse(text, len, r->scratch);
	autostrbuf name = STRBUF_INIT;

	if (!j)
		return false;
	strbuf_grow(&name, 1);
	walk(r, &name, j);
	return true;
}

/* --- tables ----------------------------------------------------------- */

/* Lightning leaves out in each row what was not measured then. */
static bool read_table(struct reading *r, char *text)
{
	struct cells names = {0}, row;
	char separator, *save = NULL;
	/* The mark of UTF-8 is no part of the first name. */
	char *line = strtok_r(text + (strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3),
		"\r\n", &save);

	if (!line)
		return false;
	separator = cells_separator(line);
	cells_split(line, separator, &names, r->scratch);
	while ((line = strtok_r(NULL, "\r\n", &save))) {
		cells_split(line, separator, &row, r->scratch);
		for (size_t i = 0; i < row.count && i < names.count; i++)
			set(r, names.items[i], row.items[i]);
	}
	return true;
}

/* --- MLflow ----------------------------------------------------------- */

/* What follows mlruns/EXPERIMENT/RUN/<kind>/; NULL: it is none of these. */
static const char *mlflow_name(const char *path, const char *kind)
{
	const char *p = strstr(path, "/mlruns/");
	size_t n = strlen(kind);

	if (!p)
		return NULL;
	p += strlen("/mlruns/");
	for (int i = 0; i < 2; i++) {
		p = strchr(p, '/');
		if (!p)
			return NULL;
		p++;
	}
	return !strncmp(p, kind, n) && p[n] == '/' && p[n + 1] ? p + n + 1 : NULL;
}

const char *metrics_parameter_name(const char *path)
{
	return mlflow_name(path, "params");
}

/* Lines of time, value and step. */
static bool read_mlflow(struct reading *r, const char *name, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		if (!value)
			return false;
		value++;
		value[strcspn(value, " ")] = 0;
		set(r, name, value);
	}
	return true;
}

/* --- files ------------------------------------------------------------ */

bool metrics_is_configuration(const char *path)
{
	const char *name = fs_base_name(path);

	return !strcmp(name, "hparams.yaml") ||
	       (!strcmp(name, "config.yaml") &&
		       (strstr(path, "/.hydra/") ||
			       (strstr(path, "/wandb/") &&
				       strstr(path, "/files/"))));
}

static bool is_json(const char *path)
{
	return fs_has_suffix(path, ".json") || fs_has_suffix(path, ".jsonl") ||
	       fs_has_suffix(path, ".ndjson");
}

static bool is_table(const char *path)
{
	return fs_has_suffix(path, ".csv") || fs_has_suffix(path, ".tsv");
}

bool metrics_in_file(const char *path)
{
	return mlflow_name(path, "metrics") ||
	       (!strcmp(role_of_output(path), "metrics") &&
		       (is_json(path) || is_table(path)));
}

static void add_all(struct reading *r)
{
	struct metrics *m = r->out;

	for (size_t i = 0; i < r->names.count && m->count < METRICS_MAX; i++) {
		const char *name = r->names.items[i];
		struct m_metric *x = ARENA_PUSH(m->a, m->items, m->count);

		x->name = arena_strdup(m->a, name);
		x->value = arena_strdup(m->a, map_gets(&r->known, name));
		x->source = arena_strdup(m->a, r->source);
	}
}

bool metrics_file(struct metrics *m, const char *path, char *text, size_t len)
{
	autoarena *scratch = arena_new();
	struct reading r = {
		.out = m, .scratch = scratch, .source = path, .known = MAP_INIT};
	const char *name = mlflow_name(path, "metrics");
	bool ok = !memchr(text, 0, len) &&
		  (name                   ? read_mlflow(&r, name, text)
			  : is_json(path) ? read_json(&r, text, len)
					  : read_table(&r, text));

	if (ok && !r.too_many)
		add_all(&r);
	map_release(&r.known);
	return ok && !r.too_many;
}
