// SPDX-License-Identifier: Apache-2.0
/* Two JSON texts, value by value. */
#include "base/arena.h"
#include "base/strbuf.h"
#include "numeric/formats.h"
#include "numeric/json.h"
#include "numeric/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	struct distance *d;
	const char *prefix;
	struct arena *arena;
};

/* The way to a value. */
struct step {
	const struct step *up;
	const struct json *member; /* of an object, or NULL: */
	size_t index;
};

/* ".history[3].loss" */
static size_t path_text(const struct step *s, char *out, size_t size)
{
	size_t n = s->up ? path_text(s->up, out, size) : 0;
	char *p = out + (n < size ? n : size - 1);
	size_t left = size - (size_t)(p - out);

	if (!s->up)
		return 0;
	if (s->member)
		n += (size_t)snprintf(p, left, ".%.*s",
			s->member->key_len < 60 ? (int)s->member->key_len : 60,
			s->member->key);
	else
		n += (size_t)snprintf(p, left, "[%zu]", s->index);
	return n;
}

static const char *path_of(const struct step *s, char out[DISTANCE_TEXT])
{
	strcpy(out, ".");
	path_text(s, out, DISTANCE_TEXT);
	return out;
}

static void unlike(const struct walk *w, const struct step *s, const char *what)
{
	char path[DISTANCE_TEXT];

	if (!*w->d->unlike)
		distance_unlike(
			w->d, w->prefix, "%s: %s", path_of(s, path), what);
}

static bool same_text(const char *a, uint32_t a_len, const char *b, uint32_t b_len)
{
	return a_len == b_len && !memcmp(a, b, a_len);
}

static void compare(const struct walk *w, const struct step *s,
	const struct json *a, const struct json *b);

static void compare_array(const struct walk *w, const struct step *up,
	const struct json *a, const struct json *b)
{
	struct step s = {up, NULL, 0};

	if (a->len != b->len)
		unlike(w, up, "another number of items");
	a = a->first;
	b = b->first;
	for (; a && b; a = a->next, b = b->next, s.index++)
		compare(w, &s, a, b);
}

static bool same_keys(const struct json *a, const struct json *b)
{
	while (a && b && same_text(a->key, a->key_len, b->key, b->key_len)) {
		a = a->next;
		b = b->next;
	}
	return !a && !b;
}

/* A member, and which one of its object: equal keys keep their order. */
struct member {
	const struct json *value;
	size_t index;
};

static int by_key(const struct json *a, const struct json *b)
{
	uint32_t n = a->key_len < b->key_len ? a->key_len : b->key_len;
	int r = memcmp(a->key, b->key, n);

	return r ? r : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

static int member_order(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int r = by_key(x->value, y->value);

	return r ? r : (x->index > y->index) - (x->index < y->index);
}

static struct member *sorted(struct arena *a, const struct json *object)
{
	struct member *list = arena_array(a, object->len, sizeof(*list));
	const struct json *v = object->first;

	for (size_t i = 0; v; v = v->next, i++)
		list[i] = (struct member){v, i};
	qsort(list, object->len, sizeof(*list), member_order);
	return list;
}

/* The order of members does not count. */
static void compare_sorted(const struct walk *w, const struct step *up,
	const struct json *a, const struct json *b)
{
	const struct member *x = sorted(w->arena, a), *y = sorted(w->arena, b);
	size_t i = 0, k = 0;

	while (i < a->len || k < b->len) {
		int r = i == a->len   ? 1
			: k == b->len ? -1
				      : by_key(x[i].value, y[k].value);
		struct step s = {up, r > 0 ? y[k].value : x[i].value, 0};

		if (r == 0)
			compare(w, &s, x[i].value, y[k].value);
		else
			unlike(w, &s, r < 0 ? "missing" : "not recorded");
		i += r <= 0;
		k += r >= 0;
	}
}

static void compare_object(const struct walk *w, const struct step *up,
	const struct json *a, const struct json *b)
{
	if (!same_keys(a->first, b->first)) {
		compare_sorted(w, up, a, b);
		return;
	}
	a = a->first;
	b = b->first;
	for (; a; a = a->next, b = b->next) {
		struct step s = {up, a, 0};

		compare(w, &s, a, b);
	}
}

static void compare_number(const struct walk *w, const struct step *s,
	const struct json *a, const struct json *b)
{
	char path[DISTANCE_TEXT];

	if (same_text(a->text, a->len, b->text, b->len))
		w->d->values++;
	else if (distance_add(
			 w->d, strtold(a->text, NULL), strtold(b->text, NULL)))
		distance_at(w->d, w->prefix, "%s", path_of(s, path));
}

static void compare(const struct walk *w, const struct step *s,
	const struct json *a, const struct json *b)
{
	if (a->type != b->type) {
		unlike(w, s, "another type");
		return;
	}
	switch (a->type) {
	case JSON_NUMBER:
		compare_number(w, s, a, b);
		break;
	case JSON_ARRAY:
		compare_array(w, s, a, b);
		break;
	case JSON_OBJECT:
		compare_object(w, s, a, b);
		break;
	case JSON_WORD:
	case JSON_STRING:
		if (!same_text(a->text, a->len, b->text, b->len))
			unlike(w, s, "another text");
		break;
	}
}

void json_compare_values(struct distance *d, const char *prefix,
	struct arena *arena, const struct json *a, const struct json *b)
{
	const struct walk w = {d, prefix, arena};
	const struct step top = {0};

	compare(&w, &top, a, b);
}

static bool slurp(struct stream *s, struct strbuf *out)
{
	ssize_t n = 1;

	while (n > 0 && out->len <= JSON_TEXT_MAX) {
		strbuf_grow(out, STREAM_PEEK);
		n = stream_read(s, out->s + out->len, STREAM_PEEK);
		out->len += n > 0 ? (size_t)n : 0;
		out->s[out->len] = 0;
	}
	return n == 0;
}

bool json_compare(struct distance *d, const struct contents *c)
{
	autostrbuf x = STRBUF_INIT, y = STRBUF_INIT;
	autoarena *arena = arena_new();
	const struct json *a, *b;

	if (!slurp(c->recorded, &x) || !slurp(c->replayed, &y))
		return false;
	a = json_parse(x.s, x.len, arena);
	b = a ? json_parse(y.s, y.len, arena) : NULL;
	if (!a || !b)
		return false;
	/* One value is the usual case, and needs no index in a path. */
	if (a->len == 1 && b->len == 1) {
		a = a->first;
		b = b->first;
	}
	json_compare_values(d, c->prefix, arena, a, b);
	return true;
}
