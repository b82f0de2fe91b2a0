// SPDX-License-Identifier: Apache-2.0
/*
 * The tree of /sys as a directory. One of few processors is made for each
 * replay, in memory. For 64 of them it is 3,000 files, which would take each
 * replay several milliseconds: those are kept in the cache, and named by what
 * is in them, so that what is there is right. It is looked at all the same:
 * after a crash a file could be empty.
 */
#include "replay/cpu_tree.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where each text lies once; the files of the tree are links to it. */
#define CONTENTS "contents"

/* Entries: a processor has about 50. In memory each takes 1 to 3 us, on a disk
 * about 100. */
#define LARGE 800

bool cpu_dir_is_large(const struct cpu_tree *t)
{
	return t->count > LARGE;
}

static void name_of(const struct cpu_tree *t, bool range, char out[17])
{
	autostrbuf all = STRBUF_INIT;
	struct digest digest;
	char hex[DIGEST_HEX + 1];

	strbuf_addc(&all, range ? 'r' : 'o');
	for (size_t i = 0; i < t->count; i++) {
		const struct cpu_entry *e = &t->entries[i];
		const char *words[] = {e->name, e->target,
			e->kind == CPU_FILE ? t->contents[e->content] : NULL};

		strbuf_addc(&all, (char)e->kind);
		for (size_t k = 0; k < 3; k++)
			if (words[k])
				strbuf_add(&all, words[k], strlen(words[k]) + 1);
	}
	digest_bytes(all.s, all.len, &digest);
	digest_hex(&digest, hex);
	memcpy(out, hex, 16);
	out[16] = 0;
}

static const char *content_name(size_t n, char out[32])
{
	snprintf(out, 32, "%zu", n);
	return out;
}

static bool is_whole(const struct cpu_tree *t, const char *path)
{
	autofree char *contents = NULL;
	autoclose int fd = -1;
	char name[32];
	struct stat st;

	if (asprintf(&contents, "%s/" CONTENTS, path) < 0)
		abort();
	fd = open(contents, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < t->content_count; i++)
		if (fstatat(fd, content_name(i, name), &st,
			    AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_size != (off_t)strlen(t->contents[i]) + 1)
			return false;
	return fd >= 0;
}

/* While it is being made: all by names in the working directory. */
struct making {
	const struct cpu_tree *tree;
	bool range;
	int contents;
};

/* Where a range of ids is mapped, it belongs to the uid 0 that is shown. */
static int own(const struct making *m, int dir, const char *name)
{
	if (!m->range)
		return 0;
	return fchownat(dir, name, ISO_ID_BASE, ISO_ID_BASE,
		AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}

static int failed(const char *name, struct err *e)
{
	return err_sys(e, "cannot make '%s'", name);
}

static int write_file(struct making *m, int dir, const char *name,
	const char *text, struct err *e)
{
	autoclose int fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0 ||
		fs_write_all(fd, "\n", 1) < 0 || own(m, fd, "") < 0)
		return failed(name, e);
	return 0;
}

static int make_contents(struct making *m, struct err *e)
{
	char name[32];

	if (mkdirat(AT_FDCWD, CONTENTS, 0700) < 0)
		return failed(CONTENTS, e);
	m->contents = open(CONTENTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->contents < 0)
		return failed(CONTENTS, e);
	for (size_t i = 0; i < m->tree->content_count; i++)
		if (write_file(m, m->contents, content_name(i, name),
			    m->tree->contents[i], e) < 0)
			return -1;
	return 0;
}

static int make_file(
	struct making *m, const struct cpu_entry *entry, struct err *e)
{
	char name[32];

	/* Not every file system has links, or so many of them. */
	if (linkat(m->contents, content_name(entry->content, name), AT_FDCWD,
		    entry->name, 0) == 0)
		return 0;
	return write_file(
		m, AT_FDCWD, entry->name, m->tree->contents[entry->content], e);
}

static int make_entry(
	struct making *m, const struct cpu_entry *entry, struct err *e)
{
	const char *name = entry->name;

	switch (entry->kind) {
	case CPU_UP:
		return chdir("..") < 0 ? failed("..", e) : 0;
	case CPU_FILE:
		return make_file(m, entry, e);
	case CPU_DIR:
		if (mkdir(name, 0755) < 0 || own(m, AT_FDCWD, name) < 0 ||
			chdir(name) < 0)
			return failed(name, e);
		return 0;
	case CPU_LINK:
		if (symlink(entry->target, name) < 0 || own(m, AT_FDCWD, name) < 0)
			return failed(name, e);
		return 0;
	}
	return 0;
}

static int fill(struct making *m, const char *dir, struct err *e)
{
	if ((mkdir(dir, 0700) < 0 && errno != EEXIST) || chdir(dir) < 0)
		return failed(dir, e);
	if (make_contents(m, e) < 0)
		return -1;
	for (size_t i = 0; i < m->tree->count; i++)
		if (make_entry(m, &m->tree->entries[i], e) < 0)
			return -1;
	return FAULT("replay.cpus") ? failed(dir, e) : 0;
}

/* The umask and the working directory are given back. */
int cpu_dir_make(
	const struct cpu_tree *t, const char *dir, bool range, struct err *e)
{
	struct making m = {.tree = t, .range = range, .contents = -1};
	autoclose int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mode_t mask = umask(0);
	int r = back < 0 ? err_sys(e, "cannot open the working directory")
			 : fill(&m, dir, e);

	umask(mask);
	fs_autoclose(&m.contents);
	if (back >= 0 && fchdir(back) < 0 && r == 0)
		r = err_sys(e, "cannot go back");
	return r;
}

/* Whole or not at all; of two replays at once, the first one's stays. A broken
 * one gives way. */
static int put_in_place(const struct cpu_tree *t, const char *made,
	const char *path, struct err *e)
{
	autofree char *broken = NULL;

	if (rename(made, path) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return err_sys(e, "cannot rename '%s'", made);
	if (is_whole(t, path))
		return fs_remove_tree(AT_FDCWD, made, e);
	if (asprintf(&broken, "%s.broken", made) < 0)
		abort();
	if ((rename(path, broken) < 0 && errno != ENOENT) ||
		rename(made, path) < 0)
		return err_sys(e, "cannot replace '%s'", path);
	return fs_remove_tree(AT_FDCWD, broken, e);
}

const char *cpu_dir_cached(
	const struct cpu_tree *t, const char *parent, bool range, struct err *e)
{
	char name[17];
	const char *path;
	char *made;

	name_of(t, range, name);
	path = fs_join(t->arena, parent, name);
	if (is_whole(t, path))
		return path;
	if (fs_mkdirs(parent, 0700, e) < 0)
		return NULL;
	made = arena_printf(t->arena, "%s.XXXXXX", path);
	if (!mkdtemp(made)) {
		err_sys(e, "cannot make a directory in '%s'", parent);
		return NULL;
	}
	if (cpu_dir_make(t, made, range, e) == 0 &&
		put_in_place(t, made, path, e) == 0)
		return path;
	fs_remove_tree(AT_FDCWD, made, NULL);
	return NULL;
}

struct iso_bind *cpu_dir_binds(
	const struct cpu_tree *t, const char *path, size_t *count)
{
	struct iso_bind *binds = NULL;
	int depth = 0;

	*count = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct cpu_entry *e = &t->entries[i];

		for (const struct cpu_tree_place *p = cpu_tree_places;
			depth == 0 && p->name; p++)
			if (!strcmp(p->name, e->name))
				*ARENA_PUSH(t->arena, binds, *count) =
					(struct iso_bind){
						.source = fs_join(t->arena,
							path, p->name),
						.target = p->target,
						.read_only = true,
						.optional = true,
					};
		depth += e->kind == CPU_DIR ? 1 : e->kind == CPU_UP ? -1 : 0;
	}
	return binds;
}
