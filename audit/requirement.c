// SPDX-License-Identifier: Apache-2.0
/* From the string that somebody wrote to what it asks for. */
#include "audit/requirement.h"

#include "audit/requirement_range.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "manifests/purl.h"
#include <string.h>

#define SPACE " \t"
#define HEX "0123456789abcdefABCDEF"
/* Fewer digits of a digest or build-id name too many of them. */
#define LEAST_DIGITS 8

static char *lower_case(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return copy;
}

static int take_digits(struct requirement *r, struct arena *a,
	enum requirement_kind kind, const char *digits, struct err *e)
{
	size_t n = strlen(digits);

	if (strspn(digits, HEX) != n)
		return err_set(e, "'%s' is not hexadecimal", digits);
	if (n < LEAST_DIGITS)
		return err_set(e, "'%s' has fewer than %d digits", digits,
			LEAST_DIGITS);
	if (kind == REQUIRE_DIGEST && n > DIGEST_HEX)
		return err_set(
			e, "'%s' has more than %d digits", digits, DIGEST_HEX);
	r->kind = kind;
	r->name = lower_case(a, digits);
	return 0;
}

/* The bytes before `found`, if that is less than n. */
static size_t before(const char *text, const char *found, size_t n)
{
	return found && (size_t)(found - text) < n ? (size_t)(found - text) : n;
}

/* Where bounds begin behind a purl, in which '~' may stand, and '=' in its
 * qualifiers. */
static size_t purl_end(const char *text)
{
	size_t n = strcspn(text, "<>!" SPACE);

	n = before(text, strstr(text, "~="), n);
	n = before(text, strstr(text, "=="), n);
	if (before(text, strchr(text, '?'), n) < n)
		return n;
	return before(text, strchr(text, '='), n);
}

/* The bounds that a qualifier gives, which is then no qualifier any more. */
static int take_vers(struct requirement *r, struct arena *a, struct purl *purl,
	struct err *e)
{
	struct kvlist *q = &purl->qualifiers;
	size_t kept = 0;

	for (size_t i = 0; i < q->count; i++) {
		if (strcmp(q->items[i].key, "vers") != 0)
			q->items[kept++] = q->items[i];
		else if (requirement_range_parse(
				 &r->range, a, q->items[i].value, e) < 0)
			return -1;
	}
	q->count = kept;
	return 0;
}

static int take_purl(
	struct requirement *r, struct arena *a, const char *text, struct err *e)
{
	struct purl *purl = arena_alloc(a, sizeof(*purl));
	size_t n = purl_end(text);

	if (purl_parse(purl, a, arena_memdup(a, text, n), e) < 0 ||
		take_vers(r, a, purl, e) < 0)
		return -1;
	r->kind = REQUIRE_PURL;
	r->name = purl->name;
	r->purl = purl;
	if (text[n + strspn(text + n, SPACE)] == '\0') {
		if (purl->version != NULL)
			r->range = requirement_range_of(a, purl->version);
		return 0;
	}
	if (purl->version != NULL || r->range != NULL)
		return err_set(e, "it has a version, and bounds too");
	return requirement_range_parse(&r->range, a, text + n, e);
}

/* "liblzma.so", "liblzma.so.5". */
static bool is_soname(const char *s)
{
	const char *so = strstr(s, ".so");

	return so != NULL && so > s && (so[3] == '\0' || so[3] == '.');
}

static int take_name(
	struct requirement *r, struct arena *a, const char *text, struct err *e)
{
	size_t n = requirement_range_begin(text);
	char *name = arena_memdup(a, text, n);
	size_t good = strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ._+-");

	if (n == 0)
		return err_set(e, "the name is missing");
	if (name[good] == '@')
		return err_set(e, "a version follows '==', and '@' only in a "
				  "package URL (pkg:TYPE/NAME@VERSION)");
	if (name[good] != '\0')
		return err_set(e, "'%s' is no name, SONAME or package URL", name);
	r->kind = is_soname(name) ? REQUIRE_SONAME : REQUIRE_NAME;
	r->name = name;
	return requirement_range_parse(&r->range, a, text + n, e);
}

static int parse(
	struct requirement *r, struct arena *a, const char *text, struct err *e)
{
	size_t n = strlen(text);

	if (n == 0)
		return err_set(e, "it is empty");
	if (strncmp(text, "pkg:", 4) == 0)
		return take_purl(r, a, text, e);
	if (strncmp(text, "build-id:", 9) == 0)
		return take_digits(r, a, REQUIRE_BUILD_ID, text + 9, e);
	if (strncmp(text, "sha256:", 7) == 0)
		return take_digits(r, a, REQUIRE_DIGEST, text + 7, e);
	if (n >= LEAST_DIGITS && strspn(text, HEX) == n)
		return take_digits(r, a,
			n == DIGEST_HEX ? REQUIRE_DIGEST : REQUIRE_BUILD_ID,
			text, e);
	if (*text == '/') {
		r->kind = REQUIRE_PATH;
		r->name = text;
		return 0;
	}
	return take_name(r, a, text, e);
}

int requirement_parse(
	struct requirement *r, struct arena *a, const char *text, struct err *e)
{
	char *copy = arena_strdup(a, text + strspn(text, SPACE));
	size_t n = strlen(copy);

	while (n > 0 && strchr(SPACE, copy[n - 1]))
		copy[--n] = '\0';
	memset(r, 0, sizeof(*r));
	r->text = copy;
	if (parse(r, a, copy, e) < 0)
		return err_wrap(e, "requirement '%s'", copy);
	return 0;
}
