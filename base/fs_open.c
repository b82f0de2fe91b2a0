// SPDX-License-Identifier: Apache-2.0
/* Opening by paths of any length, also where a way may lead astray. */
#include "base/fs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool distrusted;

void fs_distrust_ways(void)
{
	distrusted = true;
}

int fs_openat2(int dirfd, const char *path, uint64_t flags, mode_t mode,
	uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = resolve,
	};

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

/* Of "/proc/NUMBER/rest" the rest, or NULL. */
static const char *after_process(const char *path)
{
	const char *p = path + 6;

	if (strncmp(path, "/proc/", 6) != 0 || !isdigit((unsigned char)*p))
		return NULL;
	p += strspn(p, "0123456789");
	return *p == '/' ? p + 1 : NULL;
}

/* In the root of another process, whose way it is from there on. */
static int open_in_root(const char *path, const char *rest, int flags)
{
	autofree char *root = strndup(path, (size_t)(rest - path));
	autoclose int at = root ? open(root, O_PATH | O_CLOEXEC) : -1;

	rest += strspn(rest, "/");
	return at < 0 ? -1
		      : fs_openat2(at, *rest ? rest : ".", (unsigned)flags, 0,
				RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static int open_at(int dirfd, const char *path, int flags)
{
	const char *rest = distrusted ? after_process(path) : NULL;

	if (rest && !strncmp(rest, "root/", 5) && strncmp(rest + 5, "proc/", 5))
		return open_in_root(path, rest + 5, flags);
	if (rest || !distrusted)
		return openat(dirfd, path, flags | O_CLOEXEC);
	return fs_openat2(dirfd, path, (unsigned)flags, 0, RESOLVE_NO_MAGICLINKS);
}

int fs_enter_long(int dirfd, const char **path)
{
	autoclose int at = -1;
	char part[PATH_MAX];

	do {
		const char *p = *path, *cut = p + strnlen(p, PATH_MAX - 1);
		int next;

		while (cut > p && *cut != '/')
			cut--;
		if (cut == p) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, p, (size_t)(cut - p));
		part[cut - p] = 0;
		next = open_at(at < 0 ? dirfd : at, part, O_PATH | O_DIRECTORY);
		if (next < 0)
			return -1;
		fs_autoclose(&at);
		at = next;
		*path = cut + 1;
	} while (strlen(*path) >= PATH_MAX);
	return steal_fd(&at);
}

int fs_open(const char *path, int flags)
{
	int fd = open_at(AT_FDCWD, path, flags);
	autoclose int at = -1;

	if (fd >= 0 || errno != ENAMETOOLONG)
		return fd;
	at = fs_enter_long(AT_FDCWD, &path);
	return at < 0 ? -1 : open_at(at, path, flags);
}

DIR *fs_opendir(const char *path)
{
	autoclose int fd = fs_open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d)
		steal_fd(&fd);
	return d;
}
