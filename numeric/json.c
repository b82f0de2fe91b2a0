// SPDX-License-Identifier: Apache-2.0
/* JSON as a tree. */
#include "numeric/json.h"

#include "base/arena.h"

#include <string.h>

struct parser {
	struct arena *arena;
	const char *p, *end; /* *end is a NUL */
	size_t values;
};

static struct json *read_value(struct parser *x, int depth);

static void skip_spaces(struct parser *x)
{
	x->p += strspn(x->p, " \t\n\r");
}

static struct json *value_new(struct parser *x, enum json_type type)
{
	struct json *v;

	if (++x->values > JSON_VALUES_MAX)
		return NULL;
	v = arena_alloc(x->arena, sizeof(*v));
	v->type = type;
	return v;
}

static struct json *text_new(
	struct parser *x, enum json_type type, const char *text, size_t n)
{
	struct json *v = value_new(x, type);

	if (v) {
		v->text = text;
		v->len = (uint32_t)n;
	}
	return v;
}

/* A string from its quote to the one at its end; NULL: not ended. */
static const char *read_string(struct parser *x, size_t *n)
{
	const char *start = ++x->p;

	for (; x->p < x->end && *x->p != '"'; x->p++) {
		if ((unsigned char)*x->p < 0x20)
			return NULL;
		if (*x->p == '\\' && (unsigned char)*++x->p < 0x20)
			return NULL;
	}
	if (x->p >= x->end)
		return NULL;
	*n = (size_t)(x->p++ - start);
	return start;
}

static size_t digits(const char *p)
{
	return strspn(p, "0123456789");
}

/* Length of the number at p, 0 when there is none. */
static size_t number_len(const char *p)
{
	const char *q = p + (*p == '-');
	size_t n = digits(q);

	if (!strncmp(q, "Infinity", 8))
		return (size_t)(q - p) + 8;
	if (n == 0 || (n > 1 && *q == '0'))
		return 0;
	q += n;
	if (*q == '.') {
		n = digits(q + 1);
		if (n == 0)
			return 0;
		q += 1 + n;
	}
	if (*q == 'e' || *q == 'E') {
		q += 1 + (q[1] == '-' || q[1] == '+');
		n = digits(q);
		if (n == 0)
			return 0;
		q += n;
	}
	return (size_t)(q - p);
}

static struct json *read_word(struct parser *x)
{
	static const struct {
		const char *text;
		enum json_type type;
	} words[] = {{"null", JSON_WORD}, {"true", JSON_WORD},
		{"false", JSON_WORD}, {"NaN", JSON_NUMBER}};
	const char *p = x->p;
	size_t n = number_len(p);

	if (n > 0) {
		x->p += n;
		return text_new(x, JSON_NUMBER, p, n);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		n = strlen(words[i].text);
		if (strncmp(p, words[i].text, n) != 0)
			continue;
		x->p += n;
		return text_new(x, words[i].type, p, n);
	}
	return NULL;
}

/* "key": value */
static struct json *read_member(struct parser *x, int depth)
{
	const char *key;
	struct json *v;
	size_t n;

	if (*x->p != '"')
		return NULL;
	key = read_string(x, &n);
	if (!key)
		return NULL;
	skip_spaces(x);
	if (*x->p != ':')
		return NULL;
	x->p++;
	v = read_value(x, depth);
	if (v) {
		v->key = key;
		v->key_len = (uint32_t)n;
	}
	return v;
}

static struct json *read_list(struct parser *x, bool object, int depth)
{
	struct json *list = value_new(x, object ? JSON_OBJECT : JSON_ARRAY);
	struct json **tail;
	char end = object ? '}' : ']';

	if (!list || depth == JSON_DEPTH_MAX)
		return NULL;
	x->p++;
	skip_spaces(x);
	for (tail = &list->first; *x->p != end || list->len;) {
		*tail = object ? read_member(x, depth + 1)
			       : read_value(x, depth + 1);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
		list->len++;
		skip_spaces(x);
		if (*x->p == end)
			break;
		if (*x->p != ',')
			return NULL;
		x->p++;
		skip_spaces(x);
	}
	x->p++;
	return list;
}

static struct json *read_value(struct parser *x, int depth)
{
	const char *text;
	size_t n;

	skip_spaces(x);
	switch (*x->p) {
	case '{':
		return read_list(x, true, depth);
	case '[':
		return read_list(x, false, depth);
	case '"':
		text = read_string(x, &n);
		return text ? text_new(x, JSON_STRING, text, n) : NULL;
	default:
		return read_word(x);
	}
}

struct json *json_parse(const char *text, size_t n, struct arena *a)
{
	struct parser x = {a, text, text + n, 0};
	struct json *all = value_new(&x, JSON_ARRAY), **tail = &all->first;

	if (n > JSON_TEXT_MAX)
		return NULL;
	for (skip_spaces(&x); x.p < x.end; skip_spaces(&x)) {
		*tail = read_value(&x, 0);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
		all->len++;
	}
	return all->len ? all : NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	const struct json *v = object->type == JSON_OBJECT ? object->first : NULL;
	size_t n = strlen(key);

	while (v && (v->key_len != n || memcmp(v->key, key, n) != 0))
		v = v->next;
	return v;
}
