// SPDX-License-Identifier: Apache-2.0
/*
 * names/<name>: a file with the id of the run that the name means, and for a
 * set of files with a second line, the path of it (which may hold line ends).
 */
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define NAME_MOST 255
/* fs_write_file() adds to a name while it writes. */
#define COMPONENT_MOST 230

static bool ends_in_tmp(const char *p, size_t len)
{
	return len >= 4 && memcmp(p + len - 4, ".tmp", 4) == 0;
}

int run_check_name(const char *name, struct err *e)
{
	size_t len;

	if (strlen(name) > NAME_MOST)
		return err_set(e, "the name '%.40s...' is longer than %d bytes",
			name, NAME_MOST);
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == ':')
			return err_set(e,
				"bad name '%s': it has a colon or a "
				"control character",
				name);
	for (const char *p = name;; p += len + 1) {
		len = strcspn(p, "/");
		if (!len || len > COMPONENT_MOST || strchr(".-@~", *p) ||
			ends_in_tmp(p, len))
			return err_set(e,
				"bad name '%s': a part of it is "
				"empty or too long, begins with "
				"'.', '-', '@' or '~', or ends in "
				"'.tmp'",
				name);
		if (!p[len])
			break;
	}
	if (run_is_id(name))
		return err_set(
			e, "bad name '%s': it looks like a run's id", name);
	return 0;
}

/*
 * The directory in which the last component of a checked name lies; the
 * others are made when `make` is set. Never through a symbolic link.
 */
static int open_parent(
	struct store *s, const char *name, bool make, const char **last)
{
	autoclose int dir =
		openat(s->names_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char part[NAME_MOST + 1];
	size_t len;

	for (; dir >= 0 && name[len = strcspn(name, "/")]; name += len + 1) {
		int next;

		memcpy(part, name, len);
		part[len] = 0;
		if (make && mkdirat(dir, part, s->dir_mode) < 0 && errno != EEXIST)
			return -1;
		next = openat(dir, part,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		fs_autoclose(&dir);
		dir = next;
	}
	*last = name;
	return steal_fd(&dir);
}

/* The text is "ID\n", or "ID\nPATH\n". */
static int parse(char *text, size_t n, char id[RUN_ID_LEN + 1], char **path,
	struct arena *a)
{
	*path = NULL;
	if (n < RUN_ID_LEN + 1 || text[n - 1] != '\n' ||
		text[RUN_ID_LEN] != '\n' || memchr(text, 0, n))
		return -1;
	text[RUN_ID_LEN] = text[n - 1] = 0;
	memcpy(id, text, RUN_ID_LEN + 1);
	if (n > RUN_ID_LEN + 1) {
		*path = arena_strdup(a, text + RUN_ID_LEN + 1);
		if (**path != '/')
			return -1;
	}
	return run_is_id(id) ? 0 : -1;
}

int name_find(struct store *s, const char *name, struct arena *a,
	char id[RUN_ID_LEN + 1], char **path, struct err *e)
{
	autoclose int dir = -1, fd = -1;
	const char *last;
	char text[RUN_ID_LEN + PATH_MAX + 3];
	ssize_t n;

	if (s->names_fd < 0 || run_check_name(name, NULL) < 0)
		return 0;
	dir = open_parent(s, name, false, &last);
	if (dir >= 0)
		fd = openat(dir, last,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	n = fd < 0 ? -1 : fs_read_all(fd, text, sizeof(text));
	/* The directory of names below this one is no name. */
	if (fd >= 0 && n < 0 && errno == EISDIR)
		return 0;
	if (n < 0)
		return err_sys(e, "cannot read '%s/names/%s'", s->dir, name);
	if (parse(text, (size_t)n, id, path, a) == 0)
		return 1;
	return err_set(e, "'%s/names/%s' is damaged: it holds no run's id",
		s->dir, name);
}

int name_set(struct store *s, const char *name, const char *id,
	const char *path, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	autoclose int dir = -1;
	const char *last;

	if (run_check_name(name, e) < 0)
		return -1;
	if (!run_is_id(id) || !run_is_published(s, id))
		return err_set(e,
			"cannot name run '%s': there is none in the "
			"store '%s'",
			id, s->dir);
	if (s->names_fd < 0) {
		errno = EROFS;
		return err_sys(e, "cannot set the name '%s'", name);
	}
	if (path && strlen(path) >= PATH_MAX)
		return err_set(e,
			"cannot set the name '%s': its path is too long", name);
	strbuf_addf(&text, "%s\n", id);
	if (path)
		strbuf_addf(&text, "%s\n", path);
	dir = open_parent(s, name, true, &last);
	/* "features" is a run's name, "features/users" is asked for. */
	if (dir < 0)
		return err_sys(e, "cannot set the name '%s'", name);
	if (fs_write_file(dir, last, text.s, text.len, s->file_mode, e) < 0)
		return err_wrap(e, "cannot set the name '%s'", name);
	return 0;
}

int run_set_name(struct store *s, const char *name, const char *id, struct err *e)
{
	return name_set(s, name, id, NULL, e);
}
