// SPDX-License-Identifier: Apache-2.0
/* Which store, and opening it. */
#include "store/internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *make_absolute(struct arena *a, const char *path, struct err *e)
{
	autofree char *cwd = NULL;

	if (path[0] == '/')
		return arena_strdup(a, path);
	cwd = getcwd(NULL, 0);
	if (!cwd || cwd[0] != '/') {
		err_sys(e, "cannot find the working directory");
		return NULL;
	}
	return fs_join(a, cwd, path);
}

/*
 * Only a real directory of this user: in a parent that others may write to,
 * somebody else's .reprise must not collect this user's files.
 */
static bool is_own_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

static char *nearest_project(struct arena *a)
{
	autofree char *dir = getcwd(NULL, 0);

	while (dir && dir[0] == '/') {
		char *p = fs_join(a, dir, ".reprise"), *slash;

		if (is_own_dir(p))
			return p;
		slash = strrchr(dir, '/');
		if (!slash[1])
			break;
		slash[slash == dir] = 0;
	}
	return NULL;
}

char *store_locate(struct arena *a, const char *option, struct err *e)
{
	const char *env = getenv("REPRISE_STORE");
	const char *home = getenv("HOME");
	const char *data = getenv("XDG_DATA_HOME");
	struct passwd *pw;
	char *p;

	if (option && !*option) {
		err_set(e, "the store's name is empty");
		return NULL;
	}
	if (option || (env && *env))
		return make_absolute(a, option ? option : env, e);
	p = nearest_project(a);
	if (p)
		return p;
	/* A relative XDG_DATA_HOME is to be ignored, says its specification. */
	if (data && data[0] == '/')
		return fs_join(a, data, "reprise");
	if (!home || home[0] != '/') {
		pw = getpwuid(geteuid());
		home = pw ? pw->pw_dir : NULL;
	}
	if (!home || home[0] != '/') {
		err_set(e, "no place for a store: neither --store nor "
			   "REPRISE_STORE nor HOME is set");
		return NULL;
	}
	return fs_join(a, home, ".local/share/reprise");
}

static const char *const own_names[] = {
	".", "..", "objects", "runs", "names", "tmp", "config.yaml", NULL};

/* A mistaken --store must not spread a store over somebody's home. */
static int check_is_ours(int fd, const char *dir, struct err *e)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;
	int r = 0;

	if (!d)
		return err_sys(e, "cannot read '%s'", dir);
	if (faccessat(fd, "objects", F_OK, 0) == 0) {
		closedir(d);
		return 0;
	}
	while (r == 0 && (ent = readdir(d))) {
		size_t i = 0;

		while (own_names[i] && strcmp(own_names[i], ent->d_name) != 0)
			i++;
		if (!own_names[i])
			r = err_set(e,
				"'%s' is not a store, and not empty: "
				"it has '%s'",
				dir, ent->d_name);
	}
	closedir(d);
	return r;
}

static int open_part(
	struct store *s, const char *name, int flags, bool make, struct err *e)
{
	int fd;

	if (make && mkdirat(s->fd, name, s->dir_mode) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make '%s/%s'", s->dir, name);
	fd = openat(s->fd, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s/%s'", s->dir, name);
	return fd;
}

static int open_parts(struct store *s, enum store_mode mode, struct err *e)
{
	bool write = mode != STORE_READ;

	s->objects_fd = open_part(s, "objects", O_PATH, write, e);
	if (s->objects_fd < 0)
		return -1;
	s->runs_fd = open_part(s, "runs", O_RDONLY, write, e);
	if (s->runs_fd < 0)
		return -1;
	s->names_fd = open_part(s, "names", O_RDONLY, write, e);
	if (!write)
		return 0;
	if (s->names_fd < 0)
		return -1;
	s->tmp_fd = open_part(s, "tmp", O_RDONLY, true, e);
	if (s->tmp_fd < 0)
		return -1;
	/* Said now and not after an hour of training. */
	if (faccessat(s->tmp_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
		faccessat(s->runs_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
		faccessat(s->objects_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return err_sys(e, "cannot write to the store '%s'", s->dir);
	s->writable = true;
	return 0;
}

/* A line names a store, or its objects directory; relative to objects/. */
static void add_alternate(struct store *s, char *line)
{
	autofree char *inner = NULL;
	int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	int fd;

	if (!*line || *line == '#')
		return;
	if (asprintf(&inner, "%s/objects", line) < 0)
		abort();
	fd = openat(s->objects_fd, inner, flags);
	if (fd < 0)
		fd = openat(s->objects_fd, line, flags);
	if (fd < 0) {
		log_warn("cannot open '%s', which '%s/objects/alternates' "
			 "names: %s",
			line, s->dir, strerror(errno));
		return;
	}
	s->alternates = xrealloc(s->alternates,
		(s->alternate_count + 1) * sizeof(*s->alternates));
	s->alternates[s->alternate_count++] = fd;
}

static int read_alternates(struct store *s, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	char *line, *save = NULL;

	if (fs_slurp_at(s->objects_fd, "alternates", &text) < 0)
		return errno == ENOENT ? 0
				       : err_sys(e,
						 "cannot read "
						 "'%s/objects/alternates'",
						 s->dir);
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		add_alternate(s, line);
	return 0;
}

static int open_dir(struct store *s, enum store_mode mode, struct err *e)
{
	struct stat st;

	if (mode == STORE_CREATE && fs_mkdirs(s->dir, 0700, e) < 0)
		return -1;
	s->fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_sys(e, "cannot open the store '%s'", s->dir);
	/* A shared store is one whose directory the group may use. */
	s->dir_mode = 0700 | (st.st_mode & 02070);
	s->file_mode = 0400 | (st.st_mode & 0040);
	if (mode == STORE_CREATE)
		return check_is_ours(s->fd, s->dir, e);
	if (faccessat(s->fd, "objects", F_OK, 0) < 0)
		return err_sys(e, "'%s' is not a store", s->dir);
	return 0;
}

struct store *store_open(const char *dir, enum store_mode mode, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->fd = s->objects_fd = s->runs_fd = s->names_fd = s->tmp_fd = -1;
	s->dir = xstrdup(dir);
	if (open_dir(s, mode, e) < 0 || open_parts(s, mode, e) < 0 ||
		read_alternates(s, e) < 0) {
		store_close(s);
		return NULL;
	}
	if (s->writable)
		scratch_clean(s);
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	fs_autoclose(&s->fd);
	fs_autoclose(&s->objects_fd);
	fs_autoclose(&s->runs_fd);
	fs_autoclose(&s->names_fd);
	fs_autoclose(&s->tmp_fd);
	for (size_t i = 0; i < s->alternate_count; i++)
		close(s->alternates[i]);
	free(s->alternates);
	free(s->dir);
	free(s);
}

const char *store_dir(const struct store *s)
{
	return s->dir;
}

int store_objects_fd(const struct store *s)
{
	return s->objects_fd;
}

size_t store_alternate_count(const struct store *s)
{
	return s->alternate_count;
}

int store_alternate_fd(const struct store *s, size_t i)
{
	return s->alternates[i];
}
