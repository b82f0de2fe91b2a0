// SPDX-License-Identifier: Apache-2.0
/* Versions: which rule, and bounds. */
#include "audit/version.h"

#include "audit/version_rules.h"
#include "base/arena.h"
#include "base/fs.h"
#include <stdbool.h>
#include <string.h>

enum version_scheme version_scheme_of(const char *purl_type)
{
	static const struct {
		const char *type;
		enum version_scheme scheme;
	} schemes[] = {
		{"conda", VERSION_CONDA},
		{"deb", VERSION_DEB},
		{"pypi", VERSION_PEP440},
		{"rpm", VERSION_RPM},
	};

	for (size_t i = 0; purl_type && i < sizeof(schemes) / sizeof(*schemes);
		i++)
		if (strcmp(purl_type, schemes[i].type) == 0)
			return schemes[i].scheme;
	return VERSION_GENERIC;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int version_compare(enum version_scheme s, const char *a, const char *b)
{
	int order;

	switch (s) {
	case VERSION_DEB:
		return version_deb(a, b);
	case VERSION_RPM:
		return version_rpm(a, b);
	case VERSION_CONDA:
		return version_conda(a, b);
	case VERSION_PEP440:
		if (version_pep440(a, b, &order))
			return order;
		break;
	case VERSION_GENERIC:
		break;
	}
	return version_generic(a, b);
}

/* Cut the version before the first of `mark` that `bound` has none of. */
static void cut(char *version, const char *bound, const char *mark)
{
	char *at = strstr(version, mark);

	if (at && !strstr(bound, mark))
		*at = '\0';
}

/* What a distribution did to a version of its authors. */
static char *cut_deb(char *v, const char *bound)
{
	static const char *const repacked[] = {
		"+dfsg", "~dfsg", ".dfsg", "+ds", "~ds", "+repack", "~repack"};
	char *really;

	for (size_t i = 0; i < sizeof(repacked) / sizeof(*repacked); i++)
		cut(v, bound, repacked[i]);
	/* Packaged under a higher number, to go back to an older version. */
	really = strstr(v, "+really");
	return really && !strstr(bound, "+really") ? really + strlen("+really")
						   : v;
}

/* The parts of `v`, which is changed, that a bound without them means. */
static char *for_bound(enum version_scheme s, char *v, const char *bound)
{
	bool packaged = s == VERSION_DEB || s == VERSION_RPM;
	char *dash = strrchr(v, '-');
	size_t n = version_digits(v);

	if (packaged && n > 0 && v[n] == ':' && !strchr(bound, ':'))
		v += n + 1;
	/* A generic version may have words of a pre-release there. */
	if (dash && !strchr(bound, '-') &&
		(packaged || (s == VERSION_GENERIC && is_digit(dash[1]))))
		*dash = '\0';
	if (s == VERSION_DEB)
		v = cut_deb(v, bound);
	if (s == VERSION_PEP440 || s == VERSION_CONDA)
		cut(v, bound, "+");
	return v;
}

int version_compare_bound(
	enum version_scheme s, const char *version, const char *bound)
{
	autofree char *copy = xstrdup(version);

	return version_compare(s, for_bound(s, copy, bound), bound);
}

int version_has_prefix(
	enum version_scheme s, const char *version, const char *prefix)
{
	autofree char *copy = xstrdup(version);
	const char *v = for_bound(s, copy, prefix);
	size_t n = strlen(prefix);

	return strncmp(v, prefix, n) == 0 && !is_digit(v[n]);
}
