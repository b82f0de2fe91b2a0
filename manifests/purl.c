// SPDX-License-Identifier: Apache-2.0
/* Package URLs, to and from text. */
#include "manifests/purl.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/sort.h"
#include "base/strbuf.h"
#include "manifests/purl_types.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Without regard to the locale. */
static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
}

static bool made_of(const char *s, const char *bytes)
{
	return *s && !s[strspn(s, bytes)];
}

/* --- the rules -------------------------------------------------------- */

static const char *lowered(struct arena *a, const char *s)
{
	char *copy = s ? arena_strdup(a, s) : NULL;

	if (copy)
		lower(copy);
	return copy;
}

static bool names_in_lower_case(const struct purl *p, unsigned rules)
{
	const char *url = kvlist_value(&p->qualifiers, "repository_url");

	return rules & PURL_LOWER_NAME ||
	       (rules & PURL_DATABRICKS && url && strstr(url, "azuredatabricks"));
}

static int check_rules(const struct purl *p, unsigned rules, struct err *e)
{
	if (rules & PURL_NAMESPACE && !p->namespace)
		return err_set(e, "'%s' packages have a namespace", p->type);
	if (rules & PURL_NO_NAMESPACE && p->namespace)
		return err_set(e, "'%s' packages have no namespace", p->type);
	if (rules & PURL_NO_COLONS && strstr(p->name, "::"))
		return err_set(e, "'%s' is the name of a module", p->name);
	if (rules & PURL_UUID && !kvlist_value(&p->qualifiers, "uuid"))
		return err_set(e, "'%s' packages have a 'uuid'", p->type);
	return 0;
}

/* One spelling of each, and nothing that its type does not have. */
static int normalise(struct purl *p, struct arena *a, struct err *e)
{
	unsigned rules;
	char *name;

	if (!p->type || !made_of(p->type, LOWER UPPER DIGITS ".-") ||
		strchr(DIGITS, *p->type))
		return err_set(e, "the type of a package URL is missing or "
				  "is none");
	if (!p->name || !*p->name)
		return err_set(e, "the name of the package is missing");
	p->type = lowered(a, p->type);
	rules = purl_rules(p->type);
	if (p->namespace && !*p->namespace)
		p->namespace = NULL;
	if (p->version && !*p->version)
		p->version = NULL;
	if (p->subpath && !*p->subpath)
		p->subpath = NULL;
	if (rules & PURL_LOWER_NAMESPACE)
		p->namespace = lowered(a, p->namespace);
	if (rules & PURL_LOWER_VERSION)
		p->version = lowered(a, p->version);
	name = arena_strdup(a, p->name);
	if (names_in_lower_case(p, rules))
		lower(name);
	for (char *s = name; rules & PURL_DASHES && (s = strchr(s, '_'));)
		*s = '-';
	p->name = name;
	return check_rules(p, rules, e);
}

static const char *key_of(const void *item)
{
	return ((const struct kv *)item)->key;
}

/* Sorted, each key once. */
static int check_qualifiers(struct purl *p, struct arena *a, struct err *e)
{
	struct kvlist *q = &p->qualifiers;
	struct kv *copy = arena_array(a, q->count, sizeof(*copy));

	if (q->count)
		memcpy(copy, q->items, q->count * sizeof(*copy));
	q->items = copy;
	sort_by_text(q->items, q->count, sizeof(*q->items), key_of);
	for (size_t i = 0; i < q->count; i++) {
		const char *key = q->items[i].key;

		if (!made_of(key, LOWER DIGITS "._-") || strchr(DIGITS, *key))
			return err_set(e, "'%s' is no qualifier's name", key);
		if (i && strcmp(q->items[i - 1].key, key) == 0)
			return err_set(e, "the qualifier '%s' comes twice", key);
	}
	return 0;
}

void purl_qualify(
	struct purl *p, struct arena *a, const char *key, const char *value)
{
	if (value && *value)
		*ARENA_PUSH(a, p->qualifiers.items, p->qualifiers.count) =
			(struct kv){arena_strdup(a, key), arena_strdup(a, value)};
}

/* --- out -------------------------------------------------------------- */

static void add_encoded(struct strbuf *out, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c && strchr(LOWER UPPER DIGITS ".-_~:", c)) {
			strbuf_addc(out, s[i]);
			continue;
		}
		strbuf_addc(out, '%');
		strbuf_addc(out, hex[c >> 4]);
		strbuf_addc(out, hex[c & 15]);
	}
}

/* Each segment behind a `before`, the others behind a '/'. */
static void add_segments(struct strbuf *out, char before, const char *s)
{
	size_t n;

	for (; *s; s += n) {
		s += strspn(s, "/");
		n = strcspn(s, "/");
		if (!n)
			return;
		strbuf_addc(out, before);
		add_encoded(out, s, n);
		before = '/';
	}
}

static void add_text(struct strbuf *out, const struct purl *p)
{
	char before = '?';

	strbuf_adds(out, "pkg:");
	strbuf_adds(out, p->type);
	if (p->namespace)
		add_segments(out, '/', p->namespace);
	strbuf_addc(out, '/');
	add_encoded(out, p->name, strlen(p->name));
	if (p->version) {
		strbuf_addc(out, '@');
		add_encoded(out, p->version, strlen(p->version));
	}
	for (size_t i = 0; i < p->qualifiers.count; i++) {
		const struct kv *kv = &p->qualifiers.items[i];

		if (!kv->value || !*kv->value)
			continue;
		strbuf_addc(out, before);
		strbuf_adds(out, kv->key);
		strbuf_addc(out, '=');
		add_encoded(out, kv->value, strlen(kv->value));
		before = '&';
	}
	if (p->subpath)
		add_segments(out, '#', p->subpath);
}

char *purl_format(struct arena *a, const struct purl *p, struct err *e)
{
	autostrbuf out = STRBUF_INIT;
	struct purl copy = *p;

	if (normalise(&copy, a, e) < 0 || check_qualifiers(&copy, a, e) < 0)
		return NULL;
	add_text(&out, &copy);
	return arena_memdup(a, out.s, out.len);
}

/* --- in --------------------------------------------------------------- */

static int digit(char c)
{
	const char *at = c ? strchr(DIGITS "abcdef" DIGITS "ABCDEF", c) : NULL;

	return at ? (int)(at - DIGITS "abcdef" DIGITS "ABCDEF") % 16 : -1;
}

/* In place. */
static int decode(char *s, struct err *e)
{
	char *to = s;

	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (digit(s[1]) < 0 || digit(s[2]) < 0 ||
			(s[1] == '0' && s[2] == '0'))
			return err_set(e, "'%.3s' stands for no character", s);
		*to++ = (char)(digit(s[1]) * 16 + digit(s[2]));
		s += 2;
	}
	*to = 0;
	return 0;
}

/* Decoded, without empty ones; of a path also without "." and "..". */
static int read_segments(
	struct arena *a, char *s, bool path, const char **to, struct err *e)
{
	autostrbuf out = STRBUF_INIT;
	char *save = NULL;

	for (char *t = strtok_r(s, "/", &save); t;
		t = strtok_r(NULL, "/", &save)) {
		if (decode(t, e) < 0)
			return -1;
		if (strchr(t, '/'))
			return err_set(e, "'%s' is more than one segment", t);
		if (path && (strcmp(t, ".") == 0 || strcmp(t, "..") == 0))
			continue;
		if (out.len)
			strbuf_addc(&out, '/');
		strbuf_adds(&out, t);
	}
	*to = out.len ? arena_memdup(a, out.s, out.len) : NULL;
	return 0;
}

static int read_qualifiers(
	struct purl *p, struct arena *a, char *s, struct err *e)
{
	char *save = NULL;

	for (char *t = strtok_r(s, "&", &save); t;
		t = strtok_r(NULL, "&", &save)) {
		char *value = strchr(t, '=');

		if (!value)
			return err_set(e, "the qualifier '%s' has no value", t);
		*value++ = 0;
		if (decode(value, e) < 0)
			return -1;
		purl_qualify(p, a, t, value);
	}
	return 0;
}

/* What follows the last `c` in `s`, which ends there now. */
static char *cut(char *s, char c)
{
	char *at = strrchr(s, c);

	if (!at)
		return NULL;
	*at = 0;
	return at + 1;
}

/* namespace/name@version; a scope such as "@babel" is no version. */
static int read_name(struct purl *p, struct arena *a, char *s, struct err *e)
{
	char *name, *version;

	for (size_t n = strlen(s); n && s[n - 1] == '/';)
		s[--n] = 0;
	name = cut(s, '/');
	version = cut(name ? name : s, '@');
	if (decode(name ? name : s, e) < 0 || (version && decode(version, e) < 0))
		return -1;
	p->name = name ? name : s;
	p->version = version;
	return name ? read_segments(a, s, false, &p->namespace, e) : 0;
}

static int read_parts(
	struct purl *p, struct arena *a, char *s, bool any_case, struct err *e)
{
	char *subpath = cut(s, '#'), *qualifiers = cut(s, '?'), *rest;

	if (strncasecmp(s, "pkg:", 4) != 0)
		return err_set(e, "a package URL begins with 'pkg:'");
	s += 4;
	s += strspn(s, "/");
	rest = strchr(s, '/');
	if (!rest)
		return err_set(e, "the type or the name is missing");
	*rest++ = 0;
	p->type = s;
	if ((subpath && read_segments(a, subpath, true, &p->subpath, e) < 0) ||
		(qualifiers && read_qualifiers(p, a, qualifiers, e) < 0) ||
		read_name(p, a, rest, e) < 0)
		return -1;
	for (size_t i = 0; any_case && i < p->qualifiers.count; i++)
		lower(p->qualifiers.items[i].key);
	return normalise(p, a, e) < 0 ? -1 : check_qualifiers(p, a, e);
}

static int parse(struct purl *p, struct arena *a, const char *text,
	bool any_case, struct err *e)
{
	*p = (struct purl){0};
	if (read_parts(p, a, arena_strdup(a, text), any_case, e) < 0)
		return err_wrap(e, "'%s' is no package URL", text);
	return 0;
}

int purl_parse(struct purl *p, struct arena *a, const char *text, struct err *e)
{
	return parse(p, a, text, false, e);
}

char *purl_canonical(struct arena *a, const char *text, struct err *e)
{
	struct purl p;

	return parse(&p, a, text, true, e) < 0 ? NULL : purl_format(a, &p, e);
}
