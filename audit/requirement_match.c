// SPDX-License-Identifier: Apache-2.0
/* Libraries and packages against what is required. */
#include "audit/requirement.h"

#include "audit/requirement_range.h"
#include "base/arena.h"
#include "base/fs.h"
#include "manifests/model.h"
#include "manifests/purl.h"
#include <string.h>
#include <strings.h>

/* The version of what has been found. */
struct found {
	enum version_scheme scheme;
	const char *version; /* NULL: not known */
};

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcasecmp(a, b) == 0;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static bool between(char c)
{
	return c == '-' || c == '_' || c == '.';
}

bool requirement_same_python(const char *a, const char *b)
{
	for (;;) {
		size_t an = 0, bn = 0;

		while (between(a[an]))
			an++;
		while (between(b[bn]))
			bn++;
		if (!an != !bn)
			return false;
		a += an;
		b += bn;
		if (*a == '\0' || *b == '\0')
			return *a == *b;
		if (strncasecmp(a++, b++, 1) != 0)
			return false;
	}
}

static bool is_type(const struct m_package *p, const char *type)
{
	return p != NULL && p->type != NULL && strcmp(p->type, type) == 0;
}

static const char *or_null(const char *s)
{
	return s && *s ? s : NULL;
}

/* Is it the package's own name, or the name of its source? */
static bool is_package(
	const struct m_package *p, const char *name, struct found *f)
{
	const char *space = p->source ? strchr(p->source, ' ') : NULL;
	size_t n = p->source ? strcspn(p->source, " ") : 0;

	f->scheme = version_scheme_of(p->type);
	f->version = or_null(p->version);
	if (same(p->name, name))
		return true;
	if (is_type(p, "pypi") && p->name &&
		requirement_same_python(p->name, name))
		return true;
	if (n == 0 || strlen(name) != n || strncasecmp(p->source, name, n) != 0)
		return false;
	if (space && space[1] != '\0')
		f->version = space + 1;
	return true;
}

/*
 * What tools that put libraries into wheels add to a name, so that two of them
 * do not meet: "-" and 8 hexadecimal digits before ".so". How long the name is
 * without it; *rest gets what follows it.
 */
static size_t stem_length(const char *file, const char **rest)
{
	const char *so = strstr(file, ".so");
	size_t n;

	while (so != NULL && so[3] != '\0' && so[3] != '.')
		so = strstr(so + 3, ".so");
	n = so ? (size_t)(so - file) : strlen(file);
	*rest = file + n;
	if (n > 9 && file[n - 9] == '-' &&
		strspn(file + n - 8, "0123456789abcdef") >= 8)
		n -= 9;
	return n;
}

/* "liblzma" of "liblzma.so.5" and "liblzma-13fa198c.so.5.4.5". */
static bool is_stem(const char *file, const char *name)
{
	const char *rest;
	size_t plain, n;

	if (file == NULL)
		return false;
	n = stem_length(file, &rest);
	plain = (size_t)(rest - file);
	return (strlen(name) == n && strncasecmp(file, name, n) == 0) ||
	       (strlen(name) == plain && strncasecmp(file, name, plain) == 0);
}

/* Does the file's name, without what tools added, begin with the SONAME? */
static bool file_has_soname(const char *file, const char *soname, bool *mangled)
{
	const char *rest, *so = strstr(soname, ".so");
	size_t n, have = strlen(so);

	n = stem_length(file, &rest);
	*mangled = file + n != rest;
	return n == (size_t)(so - soname) && strncmp(file, soname, n) == 0 &&
	       strncmp(rest, so, have) == 0 &&
	       (rest[have] == '\0' || rest[have] == '.');
}

/* The name of a file counts where there is no SONAME that tells more. */
static bool is_soname(const struct m_library *l, const char *soname)
{
	const char *file = base_name(l->path);
	bool mangled = false;

	if (l->soname == NULL)
		return file && file_has_soname(file, soname, &mangled);
	if (strcmp(l->soname, soname) == 0)
		return true;
	if (!file_has_soname(l->soname, soname, &mangled))
		return false;
	return mangled || fs_has_suffix(soname, ".so");
}

/*
 * The version of a library. A distribution's package has one library's version
 * for its own; what a wheel brings along has a version of its own, which the
 * wheel's does not tell.
 */
static void library_version(
	const struct m_library *l, const struct m_package *p, struct found *f)
{
	bool own = is_type(p, "deb") || is_type(p, "rpm");

	f->scheme = VERSION_GENERIC;
	f->version = or_null(l->version);
	if (own || (f->version == NULL && is_type(p, "conda"))) {
		f->scheme = version_scheme_of(p->type);
		f->version = or_null(p->version);
	}
}

static bool is_library(const struct requirement *r, const struct m_library *l,
	const struct m_package *p, struct found *f)
{
	library_version(l, p, f);
	if (r->kind == REQUIRE_SONAME)
		return is_soname(l, r->name);
	return same(l->soname, r->name) || same(l->component, r->name) ||
	       is_stem(l->soname, r->name) ||
	       is_stem(base_name(l->path), r->name);
}

static bool has_qualifiers(const struct purl *p, const struct kvlist *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		bool found = false;

		for (size_t j = 0; j < p->qualifiers.count && !found; j++)
			found = strcmp(p->qualifiers.items[j].key,
					wanted->items[i].key) == 0 &&
				strcmp(p->qualifiers.items[j].value,
					wanted->items[i].value) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* A namespace or qualifiers that are not asked for may be any. */
static bool is_purl(
	const struct purl *wanted, const struct m_package *p, struct found *f)
{
	autoarena *scratch = arena_new();
	struct purl have;

	f->scheme = version_scheme_of(wanted->type);
	f->version = or_null(p->version);
	if (p->purl == NULL || !is_type(p, wanted->type) ||
		purl_parse(&have, scratch, p->purl, NULL) < 0)
		return false;
	if (strcmp(wanted->type, "pypi") == 0
			? !requirement_same_python(have.name, wanted->name)
			: strcmp(have.name, wanted->name) != 0)
		return false;
	return has_qualifiers(&have, &wanted->qualifiers) &&
	       (wanted->namespace == NULL ||
		       (have.namespace != NULL &&
			       strcmp(have.namespace, wanted->namespace) == 0));
}

static bool begins(const char *s, const char *prefix)
{
	return s != NULL && strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_path(const char *path, const char *wanted)
{
	if (path == NULL)
		return false;
	return fs_has_suffix(wanted, "/") ? begins(path, wanted)
					  : strcmp(path, wanted) == 0;
}

static bool find(const struct requirement *r, const struct m_library *l,
	const struct m_package *p, struct found *f)
{
	switch (r->kind) {
	case REQUIRE_NAME:
		if (p != NULL && is_package(p, r->name, f))
			return true;
		return l != NULL && is_library(r, l, p, f);
	case REQUIRE_PURL:
		return p != NULL && is_purl(r->purl, p, f);
	case REQUIRE_SONAME:
		return l != NULL && is_library(r, l, p, f);
	default:
		break;
	}
	if (l == NULL)
		return false;
	library_version(l, p, f);
	switch (r->kind) {
	case REQUIRE_BUILD_ID:
		return begins(l->build_id, r->name);
	case REQUIRE_DIGEST:
		return begins(l->digest, "sha256:") &&
		       begins(l->digest + strlen("sha256:"), r->name);
	default:
		return is_path(l->path, r->name);
	}
}

enum requirement_match requirement_match(const struct requirement *r,
	const struct m_library *l, const struct m_package *p,
	const char **version)
{
	struct found f = {VERSION_GENERIC, NULL};

	if (version != NULL)
		*version = NULL;
	if (!find(r, l, p, &f))
		return MATCH_NO;
	if (version != NULL)
		*version = f.version;
	if (r->range == NULL)
		return MATCH_YES;
	if (f.version == NULL)
		return MATCH_UNKNOWN;
	return requirement_range_has(r->range, f.scheme, f.version) ? MATCH_YES
								    : MATCH_NO;
}
