// SPDX-License-Identifier: Apache-2.0
/*
 * --input PATH=FILE. A file has the content and the time of FILE, and the mode
 * and owner of PATH: programs tell by the time that a file was changed. Where
 * FILE has the very content that was recorded, nothing is different. Of what
 * was kept by reference FILE only says where it lies now.
 */
#include "replay/source.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/sort.h"
#include "manifests/table.h"
#include "replay/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors are kept on the way down. */
#define DEPTH_MAX 400

struct giving {
	struct plan *plan;
	const struct part_input *in;
	struct source_jobs jobs;
	size_t group;
	bool changed; /* names came or went, or links lead elsewhere */
};

static const char *cwd_of(const struct plan *p)
{
	const char *cwd = p->manifest->command.cwd;

	return cwd ? cwd : "/";
}

static void give_file(struct giving *g, struct node *n, const char *path)
{
	struct source_job *j =
		source_job_new(g->plan->arena, &g->jobs, n, path, g->group);
	const struct node *f = node_file(n);

	j->had_digest = node_has_digest(f) || f->content == CONTENT_NONE;
	j->had = f->digest;
	if (f->content == CONTENT_NONE)
		digest_bytes("", 0, &j->had);
	tree_detach(&g->plan->tree, n);
	n->content = CONTENT_HOST;
	n->source = &j->source;
}

/* What the run did not have is the run's user's, else as it is here. */
static struct node *make(struct giving *g, struct node *dir, const char *name,
	enum file_kind kind, const struct stat *st)
{
	struct node *n = tree_insert(&g->plan->tree, dir, name, kind);
	const struct m_user *u = &g->plan->manifest->run.user;

	n->row = true;
	n->mode = st->st_mode & 07777 & ~06000u;
	n->uid = (uint32_t)(u->uid < 0 ? 0 : u->uid);
	n->gid = (uint32_t)(u->gid < 0 ? 0 : u->gid);
	n->mtime_s = st->st_mtim.tv_sec;
	n->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	g->changed = true;
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct giving *g, int fd, struct strlist *out)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;

	if (!d)
		return -1;
	while ((ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			*ARENA_PUSH(g->plan->arena, out->items, out->count) =
				arena_strdup(g->plan->arena, ent->d_name);
	closedir(d);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_text);
	return 0;
}

static void remove_others(
	struct giving *g, struct node *dir, const struct strlist *names)
{
	struct node *next;

	for (struct node *n = dir->first; n; n = next) {
		next = n->next;
		if (names->count && bsearch(&n->name, names->items, names->count,
					    sizeof(*names->items), by_text))
			continue;
		tree_remove(&g->plan->tree, n);
		g->changed = true;
	}
}

static int give_directory(struct giving *g, struct node *dir, int fd,
	const char *path, int depth, struct err *e);

static int give_link(struct giving *g, struct node *n, int fd, const char *path,
	const char *name, struct err *e)
{
	char *target = fs_readlink(g->plan->arena, fd, name);

	if (!target)
		return err_sys(e, "--input: cannot read the link '%s'", path);
	tree_detach(&g->plan->tree, n);
	g->changed |= !n->target || strcmp(n->target, target) != 0;
	n->target = target;
	return 0;
}

static int give_entry(struct giving *g, struct node *dir, int fd,
	const char *path, const char *name, int depth, struct err *e)
{
	struct tree *t = &g->plan->tree;
	struct node *n = tree_find(t, fs_join(t->arena, dir->path, name));
	autoclose int sub = -1;
	enum file_kind kind;
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "--input: cannot look at '%s'", path);
	kind = S_ISREG(st.st_mode)   ? KIND_FILE
	       : S_ISDIR(st.st_mode) ? KIND_DIRECTORY
	       : S_ISLNK(st.st_mode) ? KIND_SYMLINK
				     : KIND_ABSENT;
	if (n && n->kind != kind) {
		tree_remove(t, n);
		g->changed = true;
		n = NULL;
	}
	if (kind == KIND_ABSENT) {
		note_add(&g->plan->notes, "input", path,
			"neither a file, a directory nor a link: not given");
		return 0;
	}
	if (!n)
		n = make(g, dir, name, kind, &st);
	if (kind == KIND_FILE)
		give_file(g, n, path);
	if (kind == KIND_SYMLINK)
		return give_link(g, n, fd, path, name, e);
	if (kind != KIND_DIRECTORY)
		return 0;
	sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return err_sys(e, "--input: cannot read '%s'", path);
	return give_directory(g, n, sub, path, depth + 1, e);
}

static int give_directory(struct giving *g, struct node *dir, int fd,
	const char *path, int depth, struct err *e)
{
	struct strlist names = {0};

	if (depth > DEPTH_MAX)
		return err_set(e, "--input: '%s' is too deep", path);
	if (read_names(g, fd, &names) < 0)
		return err_sys(e, "--input: cannot read '%s'", path);
	remove_others(g, dir, &names);
	for (size_t i = 0; i < names.count; i++)
		if (give_entry(g, dir, fd,
			    fs_join(g->plan->arena, path, names.items[i]),
			    names.items[i], depth, e) < 0)
			return -1;
	return 0;
}

/* --- what PATH is ---------------------------------------------------- */

/* Below a directory of the run, there may be something new. */
static struct node *make_new(struct giving *g, const char *path, struct err *e)
{
	struct plan *p = g->plan;
	size_t len = strlen(path);
	const char *slash, *dir;
	struct node *parent;

	while (len > 1 && path[len - 1] == '/')
		len--;
	path = arena_memdup(p->arena, path, len);
	slash = strrchr(path, '/');
	dir = !slash ? "."
	      : slash == path
		      ? "/"
		      : arena_memdup(p->arena, path, (size_t)(slash - path));
	slash = slash ? slash + 1 : path;
	parent = tree_resolve(&p->tree, cwd_of(p), dir);
	/* The root is there for every path, and misspelled ones most of all. */
	if (!parent || parent->kind != KIND_DIRECTORY || !parent->row ||
		!parent->parent || !*slash || !strcmp(slash, ".") ||
		!strcmp(slash, "..") ||
		tree_find(&p->tree, fs_join(p->arena, parent->path, slash))) {
		err_set(e, "--input: '%s' is not in this run", g->in->path);
		return NULL;
	}
	return make(g, parent, slash,
		S_ISDIR(g->in->by.st.st_mode) ? KIND_DIRECTORY : KIND_FILE,
		&g->in->by.st);
}

static int check(const struct giving *g, const struct node *n, struct err *e)
{
	static const char *const own[] = {"/dev", "/proc", "/sys"};
	bool directory = S_ISDIR(g->in->by.st.st_mode);

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (fs_below(n->path, own[i]))
			return err_set(e,
				"--input: '%s' cannot be given: the replay has "
				"its own %s",
				g->in->path, own[i]);
	if (parts_covers(g->plan, n->path))
		return err_set(e, "--input: '%s' lies in a volume", g->in->path);
	if (n->kind != (directory ? KIND_DIRECTORY : KIND_FILE))
		return err_set(e, "--input: '%s' is %s in the run, and '%s' %s",
			g->in->path,
			n->kind == KIND_DIRECTORY ? "a directory"
			: n->kind == KIND_FILE    ? "a file"
					       : "neither file nor directory",
			g->in->by.path, directory ? "a directory" : "a file");
	if (directory && !n->parent)
		return err_set(e, "--input: the root cannot be given");
	return 0;
}

static bool holds_reference(const struct node *n)
{
	const struct node *end = tree_after(n);

	for (; n != end; n = tree_next(n))
		if (node_file(n)->content == CONTENT_HOST && !node_file(n)->source)
			return true;
	return false;
}

/* --- what is told ---------------------------------------------------- */

static const char *path_of(const void *node)
{
	return (*(struct node *const *)node)->path;
}

static int write_row(struct table_writer *w, const struct node *top,
	const struct node *n, struct err *e)
{
	struct file_row r;

	file_row_init(&r);
	r.path = (char *)n->path + strlen(top->path);
	r.kind = n->kind;
	r.mode = n->mode;
	r.target = (char *)n->target;
	if (n->kind == KIND_FILE) {
		r.size = n->size;
		r.has_digest = true;
		r.digest = n->digest;
	}
	return table_write(w, &r, e);
}

/* Of a table of all that is below `top`, without times and owners. */
static int digest_tree(struct arena *a, const struct node *top,
	struct digest *out, struct err *e)
{
	autoclose int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct table_writer *w = table_writer_new(fd);
	struct node **nodes = NULL;
	size_t count = 0;

	for (struct node *n = top->first; n && n != tree_after(top);
		n = tree_next(n))
		*ARENA_PUSH(a, nodes, count) = n;
	sort_by_text(nodes, count, sizeof(*nodes), path_of);
	for (size_t i = 0; i < count; i++)
		if (write_row(w, top, nodes[i], e) < 0) {
			table_writer_free(w);
			return -1;
		}
	return table_writer_finish(w, out, NULL, e);
}

/* Everything was hashed: the nodes get what the files have. */
static int settle(struct giving *g, struct replaced *r, struct err *e)
{
	struct plan *p = g->plan;

	for (size_t i = 0; i < g->jobs.count; i++) {
		struct source_job *j = g->jobs.items[i];
		struct node *n = j->node;
		bool same = j->had_digest && digest_equal(&j->had, &j->digest);

		if (j->error) {
			errno = j->error;
			return err_sys(
				e, "--input: cannot read '%s'", j->source.path);
		}
		n->size = (int64_t)j->source.size;
		n->digest = j->digest;
		n->content = n->size ? CONTENT_HOST : CONTENT_NONE;
		if (!same) {
			n->mtime_s = j->source.mtime_s;
			n->mtime_ns = j->source.mtime_ns;
			g->changed = true;
		}
		r->bytes += n->size;
		p->sources.groups[g->group].bytes += n->size;
		p->sources.groups[g->group].files++;
		*ARENA_PUSH(p->arena, p->sources.jobs.items,
			p->sources.jobs.count) = j;
	}
	r->same = !g->changed;
	p->sources.differs = true;
	return 0;
}

static int replace(
	struct giving *g, struct node *n, struct replaced *r, struct err *e)
{
	struct plan *p = g->plan;
	bool directory = n->kind == KIND_DIRECTORY;
	bool secret = n->content == CONTENT_WITHHELD;
	autoclose int fd = -1;

	g->group = source_group_new(
		p, directory ? n->path : NULL, directory ? r->by : NULL);
	if (directory) {
		r->has_recorded = n->tree;
		r->recorded = n->digest;
		n->tree = false;
		fd = open(r->by, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, "--input: cannot read '%s'", r->by);
		if (give_directory(g, n, fd, r->by, 0, e) < 0)
			return -1;
	} else {
		r->has_recorded = node_has_digest(node_file(n));
		r->recorded = node_file(n)->digest;
		give_file(g, n, r->by);
	}
	sources_look(&g->jobs);
	if (settle(g, r, e) < 0)
		return -1;
	r->files = directory ? (int64_t)g->jobs.count : -1;
	/* Nor is a short secret to be guessed by its digest. */
	r->has_digest = !secret;
	r->digest = n->digest;
	return directory ? digest_tree(p->arena, n, &r->digest, e) : 0;
}

static int apply(struct plan *p, const struct part_input *in, struct err *e)
{
	struct giving g = {.plan = p, .in = in};
	struct node *n = tree_resolve(&p->tree, cwd_of(p), in->path);
	bool is_new = !n;
	size_t at = p->replaced.count;
	struct replaced *r;

	if (!n)
		n = make_new(&g, in->path, e);
	if (!n || check(&g, n, e) < 0)
		return -1;
	r = ARENA_PUSH(p->arena, p->replaced.items, p->replaced.count);
	*r = (struct replaced){.part = PART_INPUT,
		.path = n->path,
		.by = in->by.path,
		.is_new = is_new,
		.files = n->kind == KIND_DIRECTORY ? 0 : -1};
	if (!holds_reference(n))
		return replace(&g, n, r, e);
	r->same = true;
	*ARENA_PUSH(p->arena, p->sources.elsewhere,
		p->sources.elsewhere_count) = (struct elsewhere){
		n->kind == KIND_DIRECTORY ? n->path : node_file(n)->path,
		in->by.path, at};
	return 0;
}

int inputs_apply(struct plan *p, const struct parts *parts, struct err *e)
{
	for (size_t i = 0; parts && i < parts->input_count; i++)
		if (apply(p, &parts->inputs[i], e) < 0)
			return -1;
	return references_find(p, e);
}
