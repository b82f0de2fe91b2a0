// SPDX-License-Identifier: Apache-2.0
/* The search in PATH, done before anything is watched. */
#include "capture/command.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No component is empty, "." or "..": what a record calls a path. */
static bool is_plain(const char *path)
{
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (!n || !strncmp(path, ".", n) || !strncmp(path, "..", n))
			return false;
		path += n;
	}
	return true;
}

char *command_absolute(struct arena *a, const char *path)
{
	autofree char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	autofree char *real = NULL;
	const char *slash;
	char *whole;

	while (cwd && !strncmp(path, "./", 2))
		path += 2;
	whole = cwd ? fs_join(a, cwd, path) : arena_strdup(a, path);
	if (is_plain(whole))
		return whole;
	/* ".." means what the kernel makes of it; the last name may be a link,
	 * by which some programs know what to do. */
	slash = strrchr(whole, '/');
	real = realpath(
		arena_memdup(a, whole, (size_t)(slash - whole) + 1), NULL);
	return real ? fs_join(a, real, slash + 1) : whole;
}

/* 0, or the errno that execve would give. */
static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) < 0 ? errno : 0;
}

static char *search(struct arena *a, const char *name, int *code)
{
	const char *dirs = getenv("PATH");

	*code = ENOENT;
	if (!dirs)
		dirs = "/bin:/usr/bin"; /* execvp(3) */
	for (;;) {
		size_t n = strcspn(dirs, ":");
		/* An empty element is the working directory. */
		const char *dir = n ? arena_memdup(a, dirs, n) : ".";
		char *path = fs_join(a, dir, name);
		int r = runnable(path);

		if (r == 0)
			return path;
		if (r == EACCES)
			*code = EACCES;
		if (!dirs[n])
			return NULL;
		dirs += n + 1;
	}
}

char *command_find(struct arena *a, const char *name, struct err *e)
{
	char *path = NULL;
	int code;

	if (strchr(name, '/')) {
		code = runnable(name);
		path = code ? NULL : (char *)name;
	} else {
		code = *name ? EACCES : ENOENT;
		path = *name ? search(a, name, &code) : NULL;
	}
	if (path)
		return arena_strdup(a, path);
	if (code == ENOENT && !strchr(name, '/')) {
		err_set(e, "command '%s' not found", name);
		e->code = ENOENT;
		return NULL;
	}
	errno = code;
	err_sys(e, "cannot run '%s'", name);
	return NULL;
}
