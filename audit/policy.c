// SPDX-License-Identifier: Apache-2.0
/* Reading a policy: libyaml's events, one rule after another. */
#include "audit/policy.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/events.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
	struct events v;
	struct arena *a;
	struct policy *out;
};

static const struct {
	const char *word;
	enum policy_kind kind;
} kinds[] = {
	{"altered", POLICY_ALTERED},
	{"forbid", POLICY_FORBID},
	{"gaps", POLICY_GAPS},
	{"network", POLICY_NETWORK},
	{"unowned", POLICY_UNOWNED},
};

const char *policy_word(enum policy_kind kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].word;
	return "";
}

static bool now_is(const struct reader *r, yaml_event_type_t type)
{
	return r->v.now.type == type;
}

/* The current event as a string that is one line of text. */
static int get_string(struct reader *r, char **out, struct err *e)
{
	const char *value;
	size_t len;

	if (!now_is(r, YAML_SCALAR_EVENT))
		return events_fail(&r->v, e, "a string is needed");
	if (events_tag(&r->v) == TAG_BINARY)
		return events_fail(&r->v, e, "text is needed, not binary data");
	value = (const char *)r->v.now.data.scalar.value;
	len = r->v.now.data.scalar.length;
	if (len == 0)
		return events_fail(&r->v, e, "the string is empty");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return events_fail(
				&r->v, e, "the string has a control character");
	*out = arena_memdup(r->a, value, len);
	return 0;
}

static int get_requirement(
	struct reader *r, struct requirement *out, struct err *e)
{
	struct err why = ERR_INIT;
	char *text;

	if (get_string(r, &text, e) < 0)
		return -1;
	if (requirement_parse(out, r->a, text, &why) < 0)
		return events_fail(&r->v, e, "%s", why.msg);
	return 0;
}

/* One requirement or a list of them, appended. */
static int get_requirements(struct reader *r, struct requirement **items,
	size_t *count, struct err *e)
{
	struct requirement one;

	if (!now_is(r, YAML_SEQUENCE_START_EVENT)) {
		if (get_requirement(r, &one, e) < 0)
			return -1;
		*ARENA_PUSH(r->a, *items, *count) = one;
		return 0;
	}
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_SEQUENCE_END_EVENT))
			break;
		if (get_requirement(r, &one, e) < 0)
			return -1;
		*ARENA_PUSH(r->a, *items, *count) = one;
	}
	if (*count == 0)
		return events_fail(&r->v, e, "the list is empty");
	return 0;
}

/* A rule that is switched off would be taken for one that holds. */
static int need_true(struct reader *r, const char *key, struct err *e)
{
	if (now_is(r, YAML_SCALAR_EVENT) &&
		r->v.now.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		strcmp((const char *)r->v.now.data.scalar.value, "true") == 0)
		return 0;
	return events_fail(&r->v, e,
		"'%s' is 'true'; to switch the rule off, remove it", key);
}

static int take_kind(struct reader *r, struct policy_rule *rule, bool *has,
	size_t kind, struct err *e)
{
	if (*has)
		return events_fail(&r->v,
			e, "the rule is '%s' already: '%s' needs a rule of its own",
			policy_word(rule->kind), kinds[kind].word);
	*has = true;
	rule->kind = kinds[kind].kind;
	if (events_next(&r->v, e) < 0)
		return -1;
	if (rule->kind == POLICY_FORBID)
		return get_requirements(
			r, &rule->forbid.items, &rule->forbid.count, e);
	return need_true(r, kinds[kind].word, e);
}

/* One key of a rule and its value; the key is the current event. */
static int take_key(
	struct reader *r, struct policy_rule *rule, bool *has, struct err *e)
{
	char *key, *reason;

	if (get_string(r, &key, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(key, kinds[i].word) == 0)
			return take_kind(r, rule, has, i, e);
	if (strcmp(key, "reason") == 0) {
		if (rule->reason != NULL)
			return events_fail(&r->v, e, "a second 'reason'");
		if (events_next(&r->v, e) < 0 || get_string(r, &reason, e) < 0)
			return -1;
		rule->reason = reason;
		return 0;
	}
	if (strcmp(key, "except") == 0) {
		if (rule->except.count > 0)
			return events_fail(&r->v, e, "a second 'except'");
		if (events_next(&r->v, e) < 0)
			return -1;
		return get_requirements(
			r, &rule->except.items, &rule->except.count, e);
	}
	return events_fail(&r->v, e,
		"'%.60s' is not one of altered, except, forbid, gaps, network, "
		"reason, unowned",
		key);
}

static int take_rule(struct reader *r, struct err *e)
{
	struct policy_rule *rule;
	bool has = false;

	rule = ARENA_PUSH(r->a, r->out->rules, r->out->count);
	rule->line = events_line(&r->v);
	if (now_is(r, YAML_SCALAR_EVENT)) {
		rule->kind = POLICY_FORBID;
		return get_requirements(
			r, &rule->forbid.items, &rule->forbid.count, e);
	}
	if (!now_is(r, YAML_MAPPING_START_EVENT))
		return events_fail(&r->v, e, "a rule is needed: 'forbid: ...'");
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_MAPPING_END_EVENT))
			break;
		if (take_key(r, rule, &has, e) < 0)
			return -1;
	}
	if (!has)
		return events_fail(&r->v, e,
			"the rule has none of altered, forbid, gaps, network, "
			"unowned");
	if (rule->except.count > 0 &&
		(rule->kind == POLICY_NETWORK || rule->kind == POLICY_GAPS))
		return events_fail(&r->v, e, "'%s' has no 'except'",
			policy_word(rule->kind));
	return 0;
}

static int take_document(struct reader *r, struct err *e)
{
	do {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_STREAM_END_EVENT))
			return events_fail(&r->v, e, "the policy is empty");
	} while (now_is(r, YAML_STREAM_START_EVENT) ||
		 now_is(r, YAML_DOCUMENT_START_EVENT));
	if (!now_is(r, YAML_SEQUENCE_START_EVENT))
		return events_fail(&r->v, e, "a list of rules is needed");
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_SEQUENCE_END_EVENT))
			break;
		if (take_rule(r, e) < 0)
			return -1;
	}
	if (r->out->count == 0)
		return events_fail(&r->v, e, "the policy has no rules");
	if (events_next(&r->v, e) < 0 || events_next(&r->v, e) < 0)
		return -1;
	if (!now_is(r, YAML_STREAM_END_EVENT))
		return events_fail(&r->v, e, "a second document");
	return 0;
}

int policy_read(struct policy *p, struct arena *a, const char *name,
	const char *text, size_t len, struct err *e)
{
	struct reader r = {.a = a, .out = p};
	int rc;

	memset(p, 0, sizeof(*p));
	p->name = arena_strdup(a, name);
	events_init(&r.v, name, text, len, -1, 1, POLICY_MAX);
	rc = take_document(&r, e);
	events_release(&r.v);
	return rc;
}

int policy_read_file(
	struct policy *p, struct arena *a, const char *path, struct err *e)
{
	autoclose int fd = fs_open(path, O_RDONLY | O_CLOEXEC);
	autostrbuf text = STRBUF_INIT;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot open the policy '%s'", path);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > POLICY_MAX)
		return err_set(e, "the policy '%s' is larger than %zu bytes",
			path, POLICY_MAX);
	if (fs_slurp_fd(fd, &text) < 0)
		return err_sys(e, "cannot read the policy '%s'", path);
	return policy_read(p, a, path, text.s ? text.s : "", text.len, e);
}
