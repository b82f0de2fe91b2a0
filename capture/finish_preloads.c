// SPDX-License-Identifier: Apache-2.0
/* What the dynamic loader was asked to preload, and where links led. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/finish.h"

#include <string.h>
#include <sys/stat.h>

#define PRELOAD_FILE "/etc/ld.so.preload"
#define PRELOAD_FILE_MAX 65536
/* As the kernel: path_resolution(7). */
#define LINKS_MAX 40

static void cut(struct strbuf *b, size_t len)
{
	b->len = len;
	if (b->s)
		b->s[len] = 0;
}

char *finish_follow(struct finish *f, const char *path)
{
	struct arena *a = f->a;
	char *rest = arena_strdup(a, path);
	autostrbuf out = STRBUF_INIT;
	int links = 0;

	while (*(rest += strspn(rest, "/"))) {
		size_t n = strcspn(rest, "/"), at = out.len;
		struct touched *t;

		if (n == 2 && rest[0] == '.' && rest[1] == '.') {
			while (at && out.s[--at] != '/')
				;
			cut(&out, at);
		} else if (n != 1 || rest[0] != '.') {
			strbuf_addc(&out, '/');
			strbuf_add(&out, rest, n);
		}
		rest += n;
		t = record_find(f->rec, out.len ? out.s : "/");
		if (!t || !t->target || links++ == LINKS_MAX)
			continue;
		rest = arena_printf(a, "%s%s", t->target, rest);
		cut(&out, *rest == '/' ? 0 : at);
	}
	return arena_memdup(a, out.s ? out.s : "", out.len);
}

/* Names and paths between any of `separators`. */
static void add_preloads(struct finish *f, struct strlist *out,
	const char *list, const char *separators, const char *cwd)
{
	struct arena *a = f->a;
	char *save = NULL, *all = arena_strdup(a, list);

	for (char *p = strtok_r(all, separators, &save); p;
		p = strtok_r(NULL, separators, &save)) {
		if (strchr(p, '/') && *p != '/' && cwd)
			p = fs_join(a, cwd, p);
		*ARENA_PUSH(a, out->items, out->count) =
			*p == '/' ? finish_follow(f, p) : p;
	}
}

char *finish_preload_file(struct finish *f, struct item *const *items)
{
	struct touched *t = record_find(f->rec, PRELOAD_FILE);
	autostrbuf text = STRBUF_INIT;
	autoclose int fd = -1;
	struct stat st;

	if (!t || !(t->access & ACCESS_R) || !items[t->index])
		return NULL;
	fd = finish_open(f, items[t->index]);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > PRELOAD_FILE_MAX ||
		fs_slurp_fd(fd, &text) < 0 || !text.s)
		return NULL;
	for (char *p = text.s; (p = strchr(p, '#'));)
		memset(p, ' ', strcspn(p, "\n"));
	return arena_strdup(f->a, text.s);
}

static const char *value_of(const char *variable, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(variable, name, n) && variable[n] == '='
		       ? variable + n + 1
		       : NULL;
}

/* LD_PRELOAD as the process was executed with it; NULL: without. */
static const char *preload_variable(
	const struct finish *f, const struct process *p)
{
	const struct m_environment *env = &f->cap->manifest->environment;
	const char *v;

	for (size_t i = 0; i < p->m.env_added.count; i++) {
		v = value_of(p->m.env_added.items[i], "LD_PRELOAD");
		if (v)
			return v;
	}
	return kvlist_value(&env->variables, "LD_PRELOAD");
}

void finish_preloads(struct finish *f, const struct process *p,
	const char *file, struct strlist *out)
{
	const char *variable = preload_variable(f, p);

	if (variable)
		add_preloads(f, out, variable, " :", p->m.cwd);
	if (file)
		add_preloads(f, out, file, " \t\n:", NULL);
}
