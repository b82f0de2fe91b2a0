/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody looks for among packages and libraries, in one string:
 *
 *	liblzma                    a name, of a library or a package
 *	liblzma>=5.6.0,<5.6.2      with bounds: < <= > >= = == != ~=, 1.2.*
 *	liblzma vers:deb/>=1|<2    with a range of the "vers" specification
 *	pkg:pypi/numpy@1.24.2      a package URL, or with bounds pkg:pypi/numpy<2
 *	liblzma.so.5               a SONAME; liblzma.so is any of its versions
 *	build-id:HEX, HEX          NT_GNU_BUILD_ID, or its first 8 digits or more
 *	sha256:HEX                 a content, likewise; so is HEX of 64 digits
 *	/usr/lib/libx.so, /opt/x/  a file; with a slash at its end all below it
 *
 * A name is the stem of a SONAME or a file (liblzma of liblzma.so.5), a
 * component, a package, what a package was built from, or a distribution of
 * Python in any of the spellings that PyPI takes for one. Case does not count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct m_library;
struct m_package;

enum requirement_kind {
	REQUIRE_NAME,
	REQUIRE_PURL,
	REQUIRE_SONAME,
	REQUIRE_BUILD_ID,
	REQUIRE_DIGEST,
	REQUIRE_PATH,
};

enum requirement_match {
	MATCH_NO,
	MATCH_YES,
	/* It is what was named, but its version is not known: a hit, of which
	 * that has to be said. */
	MATCH_UNKNOWN,
};

struct requirement {
	const char *text; /* as it was given */
	enum requirement_kind kind;
	/* The name, SONAME or path; or lower-case digits: of "sha256:HEX",
	 * HEX. */
	const char *name;
	const struct purl *purl;               /* of REQUIRE_PURL */
	const struct requirement_range *range; /* NULL: any version */
};

/* Memory from the arena. -1 and a message that quotes the text. */
int requirement_parse(struct requirement *r, struct arena *a, const char *text,
	struct err *e);

/*
 * Is this library, of this package, what is required? Either may be NULL: no
 * package is known, or it is asked of a package alone (a SONAME, a build-id, a
 * digest or a path is never one). *version (may be NULL) gets the version that
 * was compared, or would have been; NULL where none is known.
 */
enum requirement_match requirement_match(const struct requirement *r,
	const struct m_library *l, const struct m_package *p,
	const char **version);

/* "torch" and "Torch", "ruamel.yaml" and "ruamel_yaml": names of Python's
 * distributions that are one, as PyPI compares them. */
bool requirement_same_python(const char *a, const char *b);
