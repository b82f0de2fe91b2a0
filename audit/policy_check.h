/* SPDX-License-Identifier: Apache-2.0 */
/* A run against a policy. */
#pragma once

#include "audit/policy.h"
#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* One thing that a rule is against. What does not apply is NULL. */
struct policy_hit {
	const struct policy_rule *rule;
	/* Of `forbid`: which of its requirements, and the version that counted.
	 * `unknown`: it could not be compared, since none is known. */
	const struct requirement *requirement;
	const char *version;
	bool unknown;
	const struct m_package *package;
	const struct m_library *library; /* NULL: a package as such */
	/* Of a library or an altered file; of a package, its libraries. */
	struct strlist paths;
	const struct m_altered *altered;
	const struct m_network *network;
	const struct m_gap *gap;
	struct strlist processes; /* ids of those that mapped it */
};

struct policy_hits {
	struct policy_hit *items;
	size_t count;
};

/*
 * All hits, in the order of the rules: libraries, then packages. A package
 * that a requirement names is one hit, with all its libraries. Memory from the
 * arena; policy and manifest must live as long.
 */
void policy_check(const struct policy *p, const struct manifest *m,
	struct arena *a, struct policy_hits *out);

/*
 * The first rule of which nothing can be said without packages (`altered`, and
 * `forbid` with a name or a package URL), or NULL: a record that has none may
 * come from a host that nobody could read them of, and must not pass as clean.
 */
const struct policy_rule *policy_needs_packages(const struct policy *p);

/* The package of each library of the manifest, in its order; NULL: none. */
const struct m_package **audit_owners(struct arena *a, const struct manifest *m);
