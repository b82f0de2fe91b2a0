/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of two versions is the newer, by the rules of who gave them:
 *
 *	deb      deb-version(7)
 *	rpm      rpm-version(7), with epoch, '~' and '^'
 *	PEP 440  "Version Identification and Dependency Specification"
 *	conda    the order of conda's "match specification" documentation
 *	generic  numbers and words between dots, and Semantic Versioning 2.0.0
 *
 * There is always an answer: text that is no version of PEP 440 is compared as
 * a generic version, and the other rules take any text.
 */
#pragma once

enum version_scheme {
	VERSION_GENERIC,
	VERSION_DEB,
	VERSION_RPM,
	VERSION_PEP440,
	VERSION_CONDA,
};

/* By the type of a purl, "deb"; generic for others and for NULL. */
enum version_scheme version_scheme_of(const char *purl_type);

/* -1, 0 or 1: `a` is older than, the same as or newer than `b`. */
int version_compare(enum version_scheme s, const char *a, const char *b);

/*
 * A version against a bound that somebody wrote, who may have meant only what
 * the authors of the program call it: parts that a distribution added and that
 * the bound has none of are left out. That is the epoch and the revision of
 * deb and rpm, "+dfsg", "+ds" and "+repack" of Debian, and local versions of
 * PEP 440 and conda. "5.6.1+really5.4.5" is 5.4.5. So 5.4.1-0.2 is as new as
 * the bound 5.4.1, and newer than the bound 5.4.1-0.1.
 */
int version_compare_bound(
	enum version_scheme s, const char *version, const char *bound);

/* Does the version begin with the numbers of `prefix`: 1.24.2 with 1.24, and
 * not with 1.2? Parts are left out as above. */
int version_has_prefix(
	enum version_scheme s, const char *version, const char *prefix);
