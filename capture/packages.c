// SPDX-License-Identifier: Apache-2.0
/* The files of whole packages, and a shell. */
#include "capture/packages.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "capture/record.h"
#include "host/libraries.h"
#include "host/owners.h"
#include "host/python.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* As the kernel: path_resolution(7). */
#define LINKS_MAX 40

/* POSIX's utilities for files and text, as far as they are there, and bash. */
static const char *const programs[] = {"[", "awk", "base64", "basename", "bash",
	"cat", "chgrp", "chmod", "chown", "cksum", "clear", "cmp", "comm", "cp",
	"csplit", "cut", "date", "dd", "df", "diff", "dirname", "du", "echo",
	"env", "expand", "expr", "factor", "false", "file", "find", "fmt", "fold",
	"free", "getconf", "grep", "egrep", "fgrep", "gunzip", "gzip", "head",
	"hexdump", "hostname", "id", "install", "join", "ldd", "less", "link",
	"ln", "locale", "ls", "md5sum", "mkdir", "mkfifo", "mktemp", "more",
	"mv", "nice", "nl", "nohup", "nproc", "numfmt", "od", "paste", "patch",
	"printenv", "printf", "ps", "pwd", "readlink", "realpath", "rev", "rm",
	"rmdir", "sed", "seq", "sh", "sha1sum", "sha256sum", "sha512sum",
	"shuf", "sleep", "sort", "split", "stat", "stdbuf", "strings", "stty",
	"sum", "sync", "tac", "tail", "tar", "tee", "test", "time", "timeout",
	"top", "touch", "tr", "true", "truncate", "tsort", "tty", "uname",
	"unexpand", "uniq", "unlink", "users", "vi", "vdir", "watch", "wc",
	"which", "who", "whoami", "xargs", "xxd", "xz", "yes", "zcat"};

/* What those read: names of users, descriptions of terminals. */
static const char *const settings[] = {
	"/etc/group", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/passwd"};
static const char *const terminfo[] = {
	"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"};
static const char *const terminals[] = {"d/dumb", "l/linux", "s/screen",
	"s/screen-256color", "t/tmux", "t/tmux-256color", "v/vt100", "x/xterm",
	"x/xterm-256color"};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct packages {
	struct record *rec;
	struct arena *a;
	struct map directories;  /* that are known to be ones */
	struct map added;        /* files */
	struct strlist programs; /* ELF files, perhaps, in the order of adding */
	struct packages_added *out;
};

/* --- adding a path ---------------------------------------------------- */

/* Where the run has been, its own record stands. */
static void add_row(struct packages *w, const char *path,
	const struct state *st, const char *target)
{
	const unsigned has_content = ACCESS_R | ACCESS_X | ACCESS_W | ACCESS_N;
	struct touched *t = record_find(w->rec, path);

	if (!t) {
		record_touch(w->rec, path, TOUCH_WHOLE, st, target);
		w->out->files += S_ISREG(st->mode);
	} else if (t->access & TOUCH_WHOLE) {
		/* By an attempt to finish this run that was cut short. */
		w->out->files += S_ISREG(st->mode);
	} else if (S_ISREG(st->mode) && !(t->access & has_content) &&
		   !t->gone && t->now == t->path) {
		record_access(w->rec, t, ACCESS_S | TOUCH_WHOLE);
		w->out->files++;
	}
}

static bool may_be_program(const char *path, const struct state *st)
{
	const char *name = strrchr(path, '/');

	return st->mode & 0111 || (name && strstr(name, ".so"));
}

static void add_file(struct packages *w, const char *path, const struct state *st)
{
	if (map_gets(&w->added, path))
		return;
	path = arena_strdup(w->a, path);
	map_puts(&w->added, path, (void *)path);
	add_row(w, path, st, NULL);
	if (may_be_program(path, st))
		*ARENA_PUSH(w->a, w->programs.items, w->programs.count) =
			(char *)path;
}

/* The way to a path: what is done, and what is to come. */
struct way {
	char at[PATH_MAX]; /* no links in it, "" for the root */
	char rest[2 * PATH_MAX];
	int links;
};

static int follow(struct packages *w, struct way *y, const struct state *st)
{
	char *target = fs_readlink(w->a, AT_FDCWD, y->at), *slash;
	char rest[2 * PATH_MAX];
	int n;

	if (!target || ++y->links > LINKS_MAX)
		return -1;
	add_row(w, y->at, st, target);
	n = snprintf(rest, sizeof(rest), "%s/%s", target, y->rest);
	if (n < 0 || (size_t)n >= sizeof(rest))
		return -1;
	memcpy(y->rest, rest, (size_t)n + 1);
	slash = *target == '/' ? y->at : strrchr(y->at, '/');
	*slash = 0;
	return 0;
}

/* One component: 1 there is more, 0 a file or nothing more, -1 nothing. */
static int step(struct packages *w, struct way *y, struct state *st)
{
	char *p = y->rest + strspn(y->rest, "/"), *slash;
	size_t len = strcspn(p, "/"), at = strlen(y->at);

	if (!len)
		return 0;
	if (len == 2 && p[0] == '.' && p[1] == '.') {
		slash = strrchr(y->at, '/');
		if (slash)
			*slash = 0;
	} else if (len != 1 || *p != '.') {
		if (at + len + 2 > sizeof(y->at))
			return -1;
		y->at[at] = '/';
		memcpy(y->at + at + 1, p, len);
		y->at[at + 1 + len] = 0;
	}
	memmove(y->rest, p + len, strlen(p + len) + 1);
	if (!*y->at || map_gets(&w->directories, y->at))
		return 1;
	if (state_of(AT_FDCWD, y->at, st) < 0)
		return -1;
	if (S_ISLNK(st->mode))
		return follow(w, y, st) < 0 ? -1 : 1;
	if (!S_ISDIR(st->mode))
		return y->rest[strspn(y->rest, "/")] ? -1 : 0;
	map_puts(&w->directories, arena_strdup(w->a, y->at), w);
	return 1;
}

/* The file at `path`, and the links on the way to it. */
static bool add_path(struct packages *w, const char *path)
{
	struct way y = {.links = 0};
	struct state st = {0};
	int more;

	if (strlen(path) >= sizeof(y.rest))
		return false;
	strcpy(y.rest, path);
	while ((more = step(w, &y, &st)) > 0)
		st.exists = false;
	if (more < 0 || !st.exists || !S_ISREG(st.mode))
		return false;
	add_file(w, y.at, &st);
	return true;
}

static void add_paths(struct packages *w, const struct strlist *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		add_path(w, paths->items[i]);
}

/* --- packages --------------------------------------------------------- */

/* What the run has read; descriptions of distributions are read for all of
 * them, whichever is imported. */
static size_t find_used(struct packages *w, struct owned_file *out)
{
	size_t n = 0;

	for (size_t i = 0; i < w->rec->touched_count; i++) {
		const struct touched *t = w->rec->touched[i];

		if (t->access & (ACCESS_R | ACCESS_X) &&
			!(t->access & ACCESS_N) && t->first.exists &&
			S_ISREG(t->first.mode) && !python_is_metadata(t->path))
			out[n++] = (struct owned_file){.path = t->path};
	}
	return n;
}

static void add_packages(struct packages *w)
{
	struct owned_file *files =
		arena_array(w->a, w->rec->touched_count + 1, sizeof(*files));
	size_t count = find_used(w, files);
	struct owners *o = owners_find(w->a, "", NULL, files, count, NULL, NULL);
	struct map done = MAP_INIT;

	for (size_t i = 0; i < count; i++) {
		struct strlist all = {0};

		if (!files[i].package ||
			map_put(&done, &files[i].package,
				sizeof(files[i].package), files[i].package))
			continue;
		owners_files(o, files[i].package, w->a, &all);
		add_paths(w, &all);
		w->out->packages++;
	}
	map_release(&done);
	owners_close(o);
}

/* --- the shell -------------------------------------------------------- */

static void add_shell(struct packages *w)
{
	/* By this name scripts and system(3) ask for it. */
	add_path(w, "/bin/sh");
	for (size_t i = 0; i < COUNT(programs); i++)
		if (!add_path(w, fs_join(w->a, "/usr/bin", programs[i])))
			add_path(w, fs_join(w->a, "/bin", programs[i]));
	for (size_t i = 0; i < COUNT(settings); i++)
		add_path(w, settings[i]);
	for (size_t i = 0; i < COUNT(terminfo); i++)
		for (size_t k = 0; k < COUNT(terminals); k++)
			add_path(w, fs_join(w->a, terminfo[i], terminals[k]));
}

/* What is added needs libraries, which may need others. */
static void add_libraries(struct packages *w)
{
	struct strlist directories = {0};

	library_directories(&directories, w->a, "");
	for (size_t i = 0; i < w->programs.count; i++) {
		struct strlist found = {0}, missing = {0};

		libraries_of(w->programs.items[i], w->a, "", &directories,
			&found, &missing);
		add_paths(w, &found);
	}
}

void packages_add(struct record *rec, struct packages_added *out)
{
	autoarena *scratch = arena_new();
	struct packages w = {.rec = rec, .a = scratch, .out = out};

	*out = (struct packages_added){0};
	add_packages(&w);
	add_shell(&w);
	add_libraries(&w);
	map_release(&w.directories);
	map_release(&w.added);
}
