// SPDX-License-Identifier: Apache-2.0
/* A run against a policy, rule by rule. */
#include "audit/policy_check.h"

#include "audit/requirement.h"
#include "base/arena.h"
#include "base/map.h"
#include <string.h>

struct check {
	const struct manifest *m;
	const struct m_package **owners; /* of m->libraries */
	struct arena *a;
	struct policy_hits *out;
};

const struct m_package **audit_owners(struct arena *a, const struct manifest *m)
{
	const struct m_package **owners =
		arena_array(a, m->libraries.count + 1, sizeof(*owners));
	struct map by_id = MAP_INIT;

	for (size_t i = 0; i < m->packages.count; i++)
		map_puts(&by_id, m->packages.items[i].id, &m->packages.items[i]);
	for (size_t i = 0; i < m->libraries.count; i++)
		if (m->libraries.items[i].package != NULL)
			owners[i] =
				map_gets(&by_id, m->libraries.items[i].package);
	map_release(&by_id);
	return owners;
}

static struct policy_hit *add(struct check *c, const struct policy_rule *rule)
{
	struct policy_hit *h = ARENA_PUSH(c->a, c->out->items, c->out->count);

	h->rule = rule;
	return h;
}

/* An exception must be sure: one of which the version is not known is none. */
static bool is_excepted(const struct policy_rule *rule,
	const struct m_library *l, const struct m_package *p)
{
	for (size_t i = 0; i < rule->except.count; i++)
		if (requirement_match(&rule->except.items[i], l, p, NULL) ==
			MATCH_YES)
			return true;
	return false;
}

static void add_path(struct arena *a, struct policy_hit *h, const char *path)
{
	*ARENA_PUSH(a, h->paths.items, h->paths.count) = (char *)path;
}

/* A hit of this requirement, unless it is none, or an exception. */
static struct policy_hit *forbid_one(struct check *c,
	const struct policy_rule *rule, const struct requirement *r,
	const struct m_library *l, const struct m_package *p)
{
	const char *version;
	enum requirement_match match = requirement_match(r, l, p, &version);
	struct policy_hit *h;

	if (match == MATCH_NO || is_excepted(rule, l, p))
		return NULL;
	h = add(c, rule);
	h->requirement = r;
	h->version = version;
	h->unknown = match == MATCH_UNKNOWN;
	h->package = p;
	h->library = l;
	return h;
}

static void add_process(struct arena *a, struct policy_hit *h, char *id)
{
	if (!strlist_has(&h->processes, id))
		*ARENA_PUSH(a, h->processes.items, h->processes.count) = id;
}

static void forbid_package(struct check *c, const struct policy_rule *rule,
	const struct requirement *r, const struct m_package *p)
{
	struct policy_hit *h = forbid_one(c, rule, r, NULL, p);

	for (size_t i = 0; h != NULL && i < c->m->libraries.count; i++) {
		const struct m_library *l = &c->m->libraries.items[i];

		if (c->owners[i] != p)
			continue;
		add_path(c->a, h, l->path);
		for (size_t j = 0; j < l->processes.count; j++)
			add_process(c->a, h, l->processes.items[j]);
	}
}

static void forbid(struct check *c, const struct policy_rule *rule,
	const struct requirement *r)
{
	const struct manifest *m = c->m;

	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];
		const struct m_package *p = c->owners[i];
		struct policy_hit *h;

		/* All of a package that is meant itself is one hit. */
		if (p != NULL && requirement_match(r, NULL, p, NULL) != MATCH_NO)
			continue;
		h = forbid_one(c, rule, r, l, p);
		if (h == NULL)
			continue;
		add_path(c->a, h, l->path);
		h->processes = l->processes;
	}
	for (size_t i = 0; i < m->packages.count; i++)
		forbid_package(c, rule, r, &m->packages.items[i]);
}

static const struct m_library *library_at(
	const struct manifest *m, const struct m_altered *x)
{
	for (size_t i = 0; i < m->libraries.count; i++)
		if (strcmp(m->libraries.items[i].path, x->path) == 0)
			return &m->libraries.items[i];
	return NULL;
}

static void altered_file(struct check *c, const struct policy_rule *rule,
	const struct m_package *p, const struct m_altered *x)
{
	const struct m_library *l = library_at(c->m, x);
	/* Other files can be excepted by path and content, too. */
	struct m_library file = {.path = x->path, .digest = x->digest};
	struct policy_hit *h;

	if (is_excepted(rule, l ? l : &file, p))
		return;
	h = add(c, rule);
	h->package = p;
	h->version = p->version;
	h->library = l;
	add_path(c->a, h, x->path);
	h->altered = x;
	if (l != NULL)
		h->processes = l->processes;
}

static void altered(struct check *c, const struct policy_rule *rule)
{
	for (size_t i = 0; i < c->m->packages.count; i++) {
		const struct m_package *p = &c->m->packages.items[i];

		for (size_t j = 0; j < p->altered.count; j++)
			altered_file(c, rule, p, &p->altered.items[j]);
	}
}

static void unowned(struct check *c, const struct policy_rule *rule)
{
	for (size_t i = 0; i < c->m->libraries.count; i++) {
		const struct m_library *l = &c->m->libraries.items[i];
		struct policy_hit *h;

		if (c->owners[i] != NULL || is_excepted(rule, l, NULL))
			continue;
		h = add(c, rule);
		h->library = l;
		add_path(c->a, h, l->path);
		h->version = l->version;
		h->processes = l->processes;
	}
}

/* An address that leads out of this host, or lets others in. */
static bool is_remote(const struct m_network *n)
{
	static const char *const here[] = {
		"127.", "[::1]", "::1", "[::ffff:127.", "::ffff:127."};

	if (strcmp(n->family, "unix") == 0 || strcmp(n->family, "netlink") == 0)
		return false;
	for (size_t i = 0; n->peer && i < sizeof(here) / sizeof(*here); i++)
		if (strncmp(n->peer, here[i], strlen(here[i])) == 0)
			return false;
	return true;
}

static void network(struct check *c, const struct policy_rule *rule)
{
	for (size_t i = 0; i < c->m->network.count; i++)
		if (is_remote(&c->m->network.items[i]))
			add(c, rule)->network = &c->m->network.items[i];
}

static void gaps(struct check *c, const struct policy_rule *rule)
{
	for (size_t i = 0; i < c->m->completeness.gaps.count; i++)
		add(c, rule)->gap = &c->m->completeness.gaps.items[i];
}

void policy_check(const struct policy *p, const struct manifest *m,
	struct arena *a, struct policy_hits *out)
{
	struct check c = {m, audit_owners(a, m), a, out};

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < p->count; i++) {
		const struct policy_rule *rule = &p->rules[i];

		switch (rule->kind) {
		case POLICY_FORBID:
			for (size_t j = 0; j < rule->forbid.count; j++)
				forbid(&c, rule, &rule->forbid.items[j]);
			break;
		case POLICY_ALTERED:
			altered(&c, rule);
			break;
		case POLICY_UNOWNED:
			unowned(&c, rule);
			break;
		case POLICY_NETWORK:
			network(&c, rule);
			break;
		case POLICY_GAPS:
			gaps(&c, rule);
			break;
		}
	}
}

const struct policy_rule *policy_needs_packages(const struct policy *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct policy_rule *rule = &p->rules[i];

		if (rule->kind == POLICY_ALTERED)
			return rule;
		for (size_t j = 0; j < rule->forbid.count; j++)
			if (rule->forbid.items[j].kind == REQUIRE_NAME ||
				rule->forbid.items[j].kind == REQUIRE_PURL)
				return rule;
	}
	return NULL;
}
