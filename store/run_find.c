// SPDX-License-Identifier: Apache-2.0
/* From what a person types to the one run that is meant. */
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_LEAST 4
/* So many candidates are named; the message has room for them. */
#define SHOWN 4

static int unknown(struct store *s, const char *what, struct err *e)
{
	err_set(e, "there is no run '%s' in the store '%s'", what, s->dir);
	if (e)
		e->code = ENOENT;
	return -1;
}

static int fail_ambiguous(
	const char *what, const struct run_entry *hits, size_t n, struct err *e)
{
	autostrbuf text = STRBUF_INIT;

	for (size_t i = 0; i < n && i < SHOWN; i++)
		strbuf_addf(&text, "%s%.13s (%s%s%s)", i ? ", " : "",
			hits[i].id, hits[i].name ? hits[i].name : "",
			hits[i].name ? ", " : "", hits[i].started);
	if (n > SHOWN)
		strbuf_addf(&text, " and %zu more", n - SHOWN);
	return err_set(e, "'%s' is ambiguous: %s", what, text.s);
}

static bool may_be_prefix(const char *what)
{
	size_t len = strlen(what);

	return len >= PREFIX_LEAST && len <= RUN_ID_LEN &&
	       strspn(what, "0123456789abcdef-") == len;
}

/* By the beginning of the id; `named` is what the same word is a name of. */
static int find_prefix(struct store *s, const char *what, const char *named,
	char id[RUN_ID_LEN + 1], struct err *e)
{
	autoarena *a = arena_new();
	struct run_entry *hits, *other;
	size_t n, one;

	if (runs_list_prefix(s, a, what, false, &hits, &n, e) < 0)
		return -1;
	if (named && strncmp(named, what, strlen(what)) != 0) {
		if (runs_list_prefix(s, a, named, false, &other, &one, e) < 0)
			return -1;
		if (one)
			*ARENA_PUSH(a, hits, n) = *other;
	}
	if (n > 1)
		return fail_ambiguous(what, hits, n, e);
	if (n == 0)
		return unknown(s, what, e);
	memcpy(id, hits->id, RUN_ID_LEN + 1);
	return 0;
}

/* "@" is the latest, "@~N" the Nth before it. */
static int find_latest(struct store *s, const char *what,
	char id[RUN_ID_LEN + 1], struct err *e)
{
	autoarena *a = arena_new();
	struct run_entry *list;
	size_t count;
	unsigned long back = 0;
	char *end;

	if (what[1]) {
		if (what[1] != '~' || what[2] < '0' || what[2] > '9')
			return err_set(e, "'%s' is neither '@' nor '@~N'", what);
		errno = 0;
		back = strtoul(what + 2, &end, 10);
		if (*end || errno)
			return err_set(e, "'%s' is neither '@' nor '@~N'", what);
	}
	if (runs_list(s, a, false, &list, &count, e) < 0)
		return -1;
	/* Runs that cannot be read have no start: they come last. */
	while (count && list[count - 1].trouble)
		count--;
	if (back < count) {
		memcpy(id, list[back].id, RUN_ID_LEN + 1);
		return 0;
	}
	err_set(e, "there is no run '%s' in the store '%s': it has %zu", what,
		s->dir, count);
	if (e)
		e->code = ENOENT;
	return -1;
}

static int find_id(struct store *s, const char *what, char id[RUN_ID_LEN + 1],
	struct err *e)
{
	struct run_dir r;

	if (run_open(s, what, &r, NULL) < 0)
		return unknown(s, what, e);
	run_dir_release(&r);
	if (!run_is_published(s, what))
		return err_set(e, "run '%s' is not finished", what);
	memcpy(id, what, RUN_ID_LEN + 1);
	return 0;
}

int run_find(struct store *s, const char *what, char id[RUN_ID_LEN + 1],
	struct err *e)
{
	autoarena *a = arena_new();
	char named[RUN_ID_LEN + 1], *path;
	int is_name;

	if (what[0] == '@')
		return find_latest(s, what, id, e);
	if (run_is_id(what))
		return find_id(s, what, id, e);
	/* A set of files means its run here. */
	is_name = name_find(s, what, a, named, &path, e);
	if (is_name < 0)
		return -1;
	if (is_name && !run_is_published(s, named))
		return err_set(e,
			"the name '%s' means run '%s', which is not "
			"in the store '%s'",
			what, named, s->dir);
	if (may_be_prefix(what))
		return find_prefix(s, what, is_name ? named : NULL, id, e);
	if (!is_name)
		return unknown(s, what, e);
	memcpy(id, named, sizeof(named));
	return 0;
}
