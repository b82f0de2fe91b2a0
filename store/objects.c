// SPDX-License-Identifier: Apache-2.0
/* Objects that are there: finding, opening and verifying them. */
#include "store/internal.h"

#include "base/err.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void object_path(const struct digest *d, char out[OBJECT_PATH])
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	memcpy(out, hex, 2);
	out[2] = '/';
	memcpy(out + 3, hex + 2, DIGEST_HEX - 1);
}

/* The i-th place where an object may lie: the store's own, then the others. */
static int place(const struct store *s, size_t i)
{
	return i == 0 ? s->objects_fd : s->alternates[i - 1];
}

static bool is_absent(int code)
{
	return code == ENOENT || code == ENOTDIR;
}

int store_stat_object(
	struct store *s, const struct digest *d, struct stat *st, struct err *e)
{
	char path[OBJECT_PATH];

	object_path(d, path);
	for (size_t i = 0; i <= s->alternate_count; i++) {
		if (fstatat(place(s, i), path, st, AT_SYMLINK_NOFOLLOW) == 0)
			return 1;
		/* An alternate that cannot be read is one without it. */
		if (i == 0 && !is_absent(errno))
			return err_sys(e, "cannot look for object '%s'", path);
	}
	return 0;
}

int store_has(struct store *s, const struct digest *d, struct err *e)
{
	struct stat st;

	return store_stat_object(s, d, &st, e);
}

bool object_here(struct store *s, const struct digest *d, uint64_t size)
{
	char path[OBJECT_PATH];
	struct stat st;

	object_path(d, path);
	return fstatat(s->objects_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

int store_open_object(struct store *s, const struct digest *d, struct err *e)
{
	char path[OBJECT_PATH];
	int code = ENOENT;

	object_path(d, path);
	for (size_t i = 0; i <= s->alternate_count; i++) {
		autoclose int fd = openat(place(s, i), path,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			return steal_fd(&fd);
		/* The first trouble counts, but any place that has it wins. */
		if (is_absent(code) && (fd >= 0 || !is_absent(errno)))
			code = fd >= 0 ? EINVAL : errno;
	}
	errno = code;
	if (is_absent(code)) {
		errno = ENOENT;
		return err_sys(e, "object '%s' is missing", path);
	}
	return err_sys(e, "cannot open object '%s'", path);
}

int store_verify_object(struct store *s, const struct digest *d, struct err *e)
{
	char path[OBJECT_PATH], text[DIGEST_TEXT];
	struct err mine = ERR_INIT;
	autoclose int fd = -1;
	struct digest is;

	fd = store_open_object(s, d, &mine);
	if (fd < 0) {
		if (e)
			*e = mine;
		return mine.code == ENOENT || mine.code == EINVAL ||
				       mine.code == ELOOP
			       ? 1
			       : -1;
	}
	if (digest_fd(fd, &is, NULL, &mine) < 0) {
		if (e)
			*e = mine;
		/* A disk that cannot give the bytes back has lost them. */
		return mine.code == EIO ? 1 : -1;
	}
	if (digest_equal(&is, d))
		return 0;
	object_path(d, path);
	digest_text(&is, text);
	err_set(e, "object '%s' is damaged: its content is %s", path, text);
	return 1;
}
