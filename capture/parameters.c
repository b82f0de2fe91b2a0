// SPDX-License-Identifier: Apache-2.0
/* From a tree of values to names and values, without secrets. */
#include "capture/parameters.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "capture/secrets.h"
#include "manifests/scalar.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Objects, arrays and scalars that are looked at: aliases of YAML can make
 * more of them than a file has bytes. */
#define NODES_MAX 100000

static const struct {
	const char *suffix;
	json_t *(*read)(const char *text, size_t len, struct err *e);
} formats[] = {
	{".yaml", parameters_yaml},
	{".yml", parameters_yaml},
	{".json", parameters_json},
	{".toml", parameters_toml},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What tokens of well-known services begin with. */
static const char *const token_prefixes[] = {"ghp_", "gho_", "ghs_",
	"github_pat_", "glpat-", "hf_", "sk-", "xoxb-", "xoxp-", "AKIA", "ASIA",
	"eyJhbGci"};

static bool begins_like_token(const char *s, size_t n)
{
	for (size_t i = 0; n >= 16 && i < COUNT(token_prefixes); i++)
		if (!strncmp(s, token_prefixes[i], strlen(token_prefixes[i])))
			return true;
	return false;
}

/* A token, alone or in a list. */
static bool token_value(const char *value)
{
	static const char around[] = " ,=[]\"'";

	if (strstr(value, "PRIVATE KEY-----"))
		return true;
	for (size_t n; *value; value += n) {
		value += strspn(value, around);
		n = strcspn(value, around);
		if (begins_like_token(value, n))
			return true;
	}
	return false;
}

static bool is_number(const char *value)
{
	double d;

	return scalar_double(value, strlen(value), &d) == 0;
}

/*
 * "optimizer.api-key" as the name of a variable, for the patterns of secrets:
 * "OPTIMIZER_API_KEY". Tokens of a language are no secrets: "tokenizer" never,
 * "max_tokens" and "pad_token_id" where the value is a number.
 */
static char *variable_name(struct arena *a, const char *name, const char *value)
{
	char *s = arena_strdup(a, name), *p;

	for (p = s; *p; p++)
		*p = (char)(isalnum((unsigned char)*p)
				    ? toupper((unsigned char)*p)
				    : '_');
	for (p = strstr(s, "TOKEN"); p; p = strstr(p + 1, "TOKEN"))
		if (!strncmp(p, "TOKENIZ", 7) || is_number(value))
			*p = 'x';
	return s;
}

static bool is_secret(
	const struct parameters *p, const char *name, const char *value)
{
	autoarena *scratch = arena_new();

	return !strcmp(value, SECRET_PLACEHOLDER) || token_value(value) ||
	       secret_variable(
		       variable_name(scratch, name, value), value, p->redact);
}

/* Cut where a character begins. */
static char *short_value(struct arena *a, const char *value)
{
	size_t n = PARAMETER_VALUE_MAX;

	if (strlen(value) <= n)
		return arena_strdup(a, value);
	while (n && ((unsigned char)value[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(a, "%.*s...", (int)n, value);
}

void parameters_add(struct parameters *p, const char *name, const char *value,
	const char *source)
{
	struct m_parameter *m;

	if (p->count >= PARAMETER_VALUES)
		return;
	m = ARENA_PUSH(p->a, p->items, p->count);
	m->name = short_value(p->a, name);
	if (!is_secret(p, name, value))
		m->value = short_value(p->a, value);
	m->source = arena_strdup(p->a, source);
}

/* One walk over a tree. */
struct flat {
	struct parameters *out;
	const char *source;
	struct strbuf name;
	size_t nodes;
	struct err *e;
};

static void add_scalar(struct strbuf *out, const json_t *j)
{
	char text[SCALAR_DOUBLE];

	switch (json_typeof(j)) {
	case JSON_STRING:
		strbuf_adds(out, json_string_value(j));
		return;
	case JSON_INTEGER:
		strbuf_addf(out, "%lld", json_integer_value(j));
		return;
	case JSON_REAL:
		scalar_double_text(json_real_value(j), text);
		strbuf_adds(out, text);
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		strbuf_adds(out, json_is_true(j) ? "true" : "false");
		return;
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		strbuf_adds(out, "null");
	}
}

static bool is_container(const json_t *j)
{
	return json_is_object(j) || json_is_array(j);
}

static bool is_plain_list(const json_t *j)
{
	for (size_t i = 0; i < json_array_size(j); i++)
		if (is_container(json_array_get(j, i)))
			return false;
	return true;
}

static int add_value(struct flat *f, const json_t *j)
{
	autostrbuf text = STRBUF_INIT;

	if (!f->name.len)
		return 0; /* a whole file of one value has no name for it */
	strbuf_grow(&text, 0);
	if (json_is_object(j)) {
		strbuf_adds(&text, "{}");
	} else if (json_is_array(j)) {
		strbuf_addc(&text, '[');
		for (size_t i = 0; i < json_array_size(j); i++) {
			if (++f->nodes > NODES_MAX)
				return err_set(f->e, "holds too many values");
			if (i)
				strbuf_adds(&text, ", ");
			add_scalar(&text, json_array_get(j, i));
		}
		strbuf_addc(&text, ']');
	} else {
		add_scalar(&text, j);
	}
	parameters_add(f->out, f->name.s, text.s, f->source);
	return 0;
}

static int flatten(struct flat *f, const json_t *j, int depth);

static int flatten_member(
	struct flat *f, const char *key, const json_t *j, int depth)
{
	size_t len = f->name.len;
	int r;

	strbuf_addf(&f->name, "%s%s", len ? "." : "", key);
	r = flatten(f, j, depth + 1);
	f->name.len = len;
	f->name.s[len] = 0;
	return r;
}

static int flatten(struct flat *f, const json_t *j, int depth)
{
	void *i;
	char index[24];

	if (depth > PARAMETER_DEPTH)
		return err_set(f->e, "is nested too deeply");
	if (++f->nodes > NODES_MAX || f->name.len > PARAMETER_FILE_MAX)
		return err_set(f->e, "holds too many values");
	if (json_object_size(j)) {
		for (i = json_object_iter((json_t *)j); i;
			i = json_object_iter_next((json_t *)j, i))
			if (flatten_member(f, json_object_iter_key(i),
				    json_object_iter_value(i), depth) < 0)
				return -1;
		return 0;
	}
	if (!json_is_array(j) || is_plain_list(j))
		return add_value(f, j);
	for (size_t k = 0; k < json_array_size(j); k++) {
		snprintf(index, sizeof(index), "%zu", k);
		if (flatten_member(f, index, json_array_get(j, k), depth) < 0)
			return -1;
	}
	return 0;
}

json_t *parameters_json(const char *text, size_t len, struct err *e)
{
	json_error_t why;
	json_t *j = json_loadb(text, len, JSON_DECODE_ANY, &why);

	if (!j)
		err_set(e, "line %d: %s", why.line, why.text);
	return j;
}

static size_t format_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t i = 0;

	while (i < COUNT(formats) && !(dot && !strcasecmp(formats[i].suffix, dot)))
		i++;
	return i;
}

bool parameters_in_file(const char *path)
{
	return format_of(path) < COUNT(formats);
}

int parameters_file(struct parameters *p, const char *path, const char *text,
	size_t len, struct err *e)
{
	size_t format = format_of(path), before = p->count;
	struct flat f = {.out = p, .source = path, .name = STRBUF_INIT, .e = e};
	json_t *j;
	int r;

	if (format == COUNT(formats))
		return err_set(e, "is of no known format");
	if (len > PARAMETER_FILE_MAX)
		return err_set(e, "is too large for a configuration");
	if (!utf8_valid(text, len) || memchr(text, 0, len))
		return err_set(e, "is not UTF-8 text");
	j = formats[format].read(text, len, e);
	if (!j)
		return -1;
	strbuf_grow(&f.name, 0);
	r = flatten(&f, j, 0);
	strbuf_release(&f.name);
	json_decref(j);
	if (r == 0 && p->count - before > PARAMETER_FILE_VALUES)
		r = err_set(e, "sets too much for a configuration");
	if (r < 0)
		p->count = before;
	return r;
}
