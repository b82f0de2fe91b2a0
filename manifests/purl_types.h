/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of types of package URLs. Private to manifests/. */
#pragma once

enum purl_rule {
	PURL_LOWER_NAMESPACE = 1 << 0, /* case does not matter */
	PURL_LOWER_NAME = 1 << 1,
	PURL_LOWER_VERSION = 1 << 2,
	PURL_DASHES = 1 << 3,       /* '_' in the name is '-' */
	PURL_NAMESPACE = 1 << 4,    /* it must have one */
	PURL_NO_NAMESPACE = 1 << 5, /* it has none */
	PURL_NO_COLONS = 1 << 6,    /* no "::" in the name */
	PURL_UUID = 1 << 7,         /* it needs the qualifier */
	PURL_DATABRICKS = 1 << 8,   /* there, the name's case does not matter */
};

struct purl_type {
	const char *name;
	unsigned rules;
};

/* Of an unknown type there are none. */
unsigned purl_rules(const char *type);
