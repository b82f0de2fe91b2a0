// SPDX-License-Identifier: Apache-2.0
/* What the user set: the command, parameters, variables, limits. */
#include "audit/diff_parts.h"
#include "audit/settings.h"
#include "audit/words.h"
#include "base/arena.h"

#include <fnmatch.h>
#include <string.h>

/* --- parameters ------------------------------------------------------- */

static const char *value_of(const struct m_parameter *p)
{
	return !p ? NULL : p->value ? p->value : "(secret)";
}

static void compare_parameter(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct m_parameter *x = a, *y = b, *any = x ? x : y;
	const char *before = value_of(x), *after = value_of(y);

	(void)key;
	if (before && after && !strcmp(before, after))
		return;
	diff_line(d, diff_add(d, DIFF_PARAMETERS, any->name, before, after),
		"%s", any->source);
}

static void key_parameters(
	struct diff *d, const struct manifest *m, struct diff_keys *out)
{
	for (size_t i = 0; i < m->parameters.count; i++) {
		const struct m_parameter *p = &m->parameters.items[i];

		diff_key(d, out,
			arena_printf(d->arena, "%s %s",
				diff_relative(m, p->source), p->name),
			p);
	}
}

void diff_parameters(struct diff *d)
{
	struct diff_keys a = {0}, b = {0};

	key_parameters(d, &d->a.m, &a);
	key_parameters(d, &d->b.m, &b);
	diff_pairs(d, &a, &b, compare_parameter);
}

/* --- the command ------------------------------------------------------ */

static bool same_words(const struct strlist *a, const struct strlist *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->count == b->count;
}

/* How many words at `i` the parameter says: "--name=value", "name=value", or
 * "--name" with the words of its value. */
static size_t words_said(
	const struct m_parameter *p, const struct strlist *argv, size_t i)
{
	const char *word = argv->items[i], *value = p->value;
	const char *s = word + strspn(word, "-+");
	size_t n = strlen(p->name), words = 1, len;

	if (strcmp(p->source, "argv") != 0 || strncmp(s, p->name, n) != 0)
		return 0;
	if (s[n] == '=')
		return !value || !strcmp(s + n + 1, value);
	if (s[n] || *word != '-')
		return 0;
	for (; value && *value && i + words < argv->count; words++) {
		len = strlen(argv->items[i + words]);
		if (strncmp(value, argv->items[i + words], len) != 0 ||
			(value[len] && value[len] != ' '))
			break;
		value += len + (value[len] == ' ');
	}
	return words;
}

/* The words of the command that no parameter says. */
static struct strlist rest_of(struct diff *d, const struct manifest *m)
{
	const struct strlist *argv = &m->command.argv;
	struct strlist rest = {0};
	size_t said;

	for (size_t i = 0; i < argv->count; i += said ? said : 1) {
		bool may = *argv->items[i] == '-' || strchr(argv->items[i], '=');

		said = 0;
		for (size_t k = 0; may && k < m->parameters.count; k++) {
			size_t n = words_said(&m->parameters.items[k], argv, i);

			said = n > said ? n : said;
		}
		if (!said)
			*ARENA_PUSH(d->arena, rest.items, rest.count) =
				argv->items[i];
	}
	return rest;
}

/* Have parameters of the command line said all of it already? */
static bool is_explained(struct diff *d)
{
	const struct strlist a = rest_of(d, &d->a.m), b = rest_of(d, &d->b.m);

	if (!same_words(&a, &b))
		return false;
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].part == DIFF_PARAMETERS &&
			!strcmp(d->items[i].lines.items[0], "argv"))
			return true;
	return false;
}

static const char *stream_text(struct diff *d, const struct m_stream *s)
{
	if (!s->kind)
		return NULL;
	return s->path ? arena_printf(d->arena, "%s %s", s->kind, s->path)
		       : s->kind;
}

void diff_command(struct diff *d)
{
	const struct m_command *a = &d->a.m.command, *b = &d->b.m.command;

	if (!same_words(&a->argv, &b->argv) && !is_explained(d))
		diff_add(d, DIFF_COMMAND, "argv",
			words_joined(d->arena, &a->argv, " "),
			words_joined(d->arena, &b->argv, " "));
	diff_texts(d, DIFF_COMMAND, "executable", a->executable, b->executable);
	diff_texts(d, DIFF_COMMAND, "cwd", a->cwd, b->cwd);
	diff_texts(d, DIFF_COMMAND, "umask", a->umask, b->umask);
	/* Where the output went is no cause. */
	diff_texts(d, DIFF_COMMAND, "stdin", stream_text(d, &a->stdin_),
		stream_text(d, &b->stdin_));
}

/* --- the environment -------------------------------------------------- */

/* Of one login, terminal or job: they differ between any two runs. */
static const char *const passing[] = {"_", "SHLVL", "PWD", "OLDPWD", "SSH_*",
	"XDG_SESSION_*", "XDG_SEAT", "XDG_VTNR", "DBUS_*", "DISPLAY",
	"WAYLAND_DISPLAY", "XAUTHORITY", "WINDOWID", "TERM", "TERM_*", "TMUX*",
	"STY", "COLUMNS", "LINES", "LS_COLORS", "INVOCATION_ID",
	"JOURNAL_STREAM", "SYSTEMD_*", "MEMORY_PRESSURE_*", "REPRISE_*"};

static bool matches(const char *const *patterns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

static void compare_variable(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct kv *x = a, *y = b;
	if (matches(passing, sizeof(passing) / sizeof(*passing), key))
		return;
	diff_texts(d, setting_decides(key) ? DIFF_SETTINGS : DIFF_ENVIRONMENT,
		key,
		!x         ? NULL
		: x->value ? x->value
			   : "(no value)",
		!y         ? NULL
		: y->value ? y->value
			   : "(no value)");
}

static void compare_limit(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct m_limit *x = a, *y = b;

	diff_texts(d, DIFF_ENVIRONMENT, arena_printf(d->arena, "limit %s", key),
		x ? x->soft : NULL, y ? y->soft : NULL);
}

static void key_environment(struct diff *d, const struct m_environment *env,
	struct diff_keys *variables, struct diff_keys *limits)
{
	for (size_t i = 0; i < env->variables.count; i++)
		diff_key(d, variables, env->variables.items[i].key,
			&env->variables.items[i]);
	for (size_t i = 0; i < env->limits.count; i++)
		diff_key(d, limits, env->limits.items[i].name,
			&env->limits.items[i]);
}

void diff_environment(struct diff *d)
{
	struct diff_keys a = {0}, b = {0}, c = {0}, e = {0};

	key_environment(d, &d->a.m.environment, &a, &c);
	key_environment(d, &d->b.m.environment, &b, &e);
	diff_pairs(d, &a, &b, compare_variable);
	diff_pairs(d, &c, &e, compare_limit);
}
