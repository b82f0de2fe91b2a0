// SPDX-License-Identifier: Apache-2.0
/*
 * Directories of /proc and /sys of which the command is to see a part: a tmpfs
 * over them, with files of ours and binds of what it may see.
 */
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/mounts.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int make_directory(
	struct setup *s, int cover, const char *path, struct err *e)
{
	if (mkdirat(cover, path, 0555) == 0) {
		if (ids_own(s, cover, path) == 0)
			return 0;
	} else if (errno == EEXIST) {
		return 0;
	}
	return err_sys(e, "cannot make the directory '%s'", path);
}

static int make_parents(
	struct setup *s, int cover, const char *path, struct err *e)
{
	autostrbuf dir = STRBUF_INIT;

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		strbuf_clear(&dir);
		strbuf_add(&dir, path, (size_t)(p - path));
		if (make_directory(s, cover, dir.s, e) < 0)
			return -1;
	}
	return 0;
}

static int make_file(
	struct setup *s, int cover, const struct iso_entry *n, struct err *e)
{
	autoclose int fd = openat(cover, n->path,
		O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);

	if (fd < 0 || fs_write_all(fd, n->content, n->len) < 0 ||
		ids_own(s, fd, "") < 0)
		return err_sys(e, "cannot make the file '%s'", n->path);
	return 0;
}

static int make_bind(
	struct setup *s, int cover, const struct iso_entry *n, struct err *e)
{
	autoclose int fd = mount_clone(AT_FDCWD, n->source, e), target = -1;
	const struct iso_entry empty = {n->path, NULL, "", 0};
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot look at '%s'", n->source);
	if ((S_ISDIR(st.st_mode) ? make_directory(s, cover, n->path, e)
				 : make_file(s, cover, &empty, e)) < 0)
		return -1;
	if (mount_restrict(fd, MOUNT_ATTR_RDONLY | SAFE, true, e) < 0)
		return -1;
	target = mount_target(cover, n->path);
	if (target < 0)
		return err_sys(e, "cannot open '%s'", n->path);
	return mount_attach(fd, target, n->path, e);
}

static int cover_one(struct setup *s, const struct iso_cover *c, struct err *e)
{
	static const struct mount_option options[] = {
		{"mode", "0555"}, {NULL, NULL}};
	autoclose int target = mount_target(s->root, c->target), fd = -1;

	if (target < 0)
		return err_sys(e, "cannot find the directory");
	fd = mount_new("tmpfs", options, SAFE, e);
	if (fd < 0 || mount_attach(fd, target, c->target, e) < 0)
		return -1;
	if (ids_own(s, fd, "") < 0)
		return err_sys(e, "cannot own the directory");
	for (size_t i = 0; i < c->count; i++) {
		const struct iso_entry *n = &c->entries[i];

		if (make_parents(s, fd, n->path, e) < 0 ||
			(n->source ? make_bind(s, fd, n, e)
				   : make_file(s, fd, n, e)) < 0)
			return -1;
	}
	return mount_restrict(fd, MOUNT_ATTR_RDONLY, false, e);
}

int step_covers(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->iso->cover_count; i++)
		if (cover_one(s, &s->iso->covers[i], e) < 0)
			return err_wrap(e, "'%s'", s->iso->covers[i].target);
	return 0;
}
