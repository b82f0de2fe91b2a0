// SPDX-License-Identifier: Apache-2.0
/*
 * A /dev of our own on a tmpfs: nodes of the host, each checked for being the
 * device it is taken for, pseudo terminals and shared memory of its own.
 */
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/mounts.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Numbers are those of the kernel's Documentation/admin-guide/devices.txt. */
static const struct iso_device nodes[] = {
	{"/dev/null", "/dev/null", false, 1, 3},
	{"/dev/zero", "/dev/zero", false, 1, 5},
	{"/dev/full", "/dev/full", false, 1, 7},
	{"/dev/random", "/dev/random", false, 1, 8},
	{"/dev/urandom", "/dev/urandom", false, 1, 9},
	{"/dev/tty", "/dev/tty", false, 5, 0},
};

static const struct iso_link links[] = {
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
	{"/dev/ptmx", "pts/ptmx"},
};

/* A directory in /dev and a mount over it. */
static int sub_mount(struct setup *s, const char *name, const char *type,
	const struct mount_option *options, unsigned attrs, struct err *e)
{
	autoclose int fd = mount_new(type, options, attrs, e), target = -1;

	if (fd < 0)
		return -1;
	if (mkdirat(s->dev, name, 0755) < 0 || ids_own(s, s->dev, name) < 0)
		return err_sys(e, "cannot make '/dev/%s'", name);
	target = openat(s->dev, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return err_sys(e, "cannot open '/dev/%s'", name);
	return mount_attach(fd, target, name, e);
}

/* The directories in /dev above `target`; gives what follows "/dev/". */
static const char *make_parents(
	struct setup *s, const char *target, struct err *e)
{
	const char *name = target + strlen("/dev/");
	autostrbuf dir = STRBUF_INIT;

	if (strncmp(target, "/dev/", 5) != 0 || !*name) {
		err_set(e, "'%s' is not below /dev", target);
		return NULL;
	}
	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/')) {
		strbuf_clear(&dir);
		strbuf_add(&dir, name, (size_t)(p - name));
		if (mkdirat(s->dev, dir.s, 0755) == 0) {
			ids_own(s, s->dev, dir.s);
		} else if (errno != EEXIST) {
			err_sys(e, "cannot make '/dev/%s'", dir.s);
			return NULL;
		}
	}
	return name;
}

/* The empty file for a node, with the directories above it. */
static int placeholder(struct setup *s, const char *target, struct err *e)
{
	const char *name = make_parents(s, target, e);
	int fd;

	if (!name)
		return -1;
	fd = openat(s->dev, name,
		O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_sys(e, "cannot make '%s'", target);
	ids_own(s, fd, "");
	close(fd);
	fd = mount_target(s->dev, name);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", target);
	return fd;
}

static int bind_node(struct setup *s, const struct iso_device *d, struct err *e)
{
	autoclose int fd = -1, target = -1;
	struct stat st;

	fd = open_tree(AT_FDCWD, d->source,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot take the device '%s'", d->source);
	if ((st.st_mode & S_IFMT) != (d->is_block ? S_IFBLK : S_IFCHR) ||
		st.st_rdev != makedev(d->major, d->minor))
		return err_set(e, "'%s' is not %s device %u:%u", d->source,
			d->is_block ? "block" : "character", d->major, d->minor);
	if (mount_restrict(fd, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false, e) <
		0)
		return -1;
	target = placeholder(s, d->target, e);
	if (target < 0)
		return -1;
	return mount_attach(fd, target, d->target, e);
}

static int bind_nodes(struct setup *s, const struct iso_device *d, size_t count,
	struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (bind_node(s, &d[i], e) < 0)
			return -1;
	return 0;
}

static int make_links(
	struct setup *s, const struct iso_link *l, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = make_parents(s, l[i].path, e);

		if (!name)
			return -1;
		if (symlinkat(l[i].target, s->dev, name) < 0 ||
			ids_own(s, s->dev, name) < 0)
			return err_sys(e, "cannot make '%s'", l[i].path);
	}
	return 0;
}

/* Shared memory, terminals and message queues that are nobody else's. */
static int make_sub_mounts(struct setup *s, struct err *e)
{
	const unsigned safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	char size[32], tty_group[16];
	struct mount_option shm[] = {{"mode", "1777"},
		{s->iso->shm_bytes ? "size" : NULL, size}, {NULL, NULL}};
	/* Group tty is 5 wherever a range of ids lets it be shown. */
	struct mount_option pts[] = {{"mode", "0620"}, {"ptmxmode", "0666"},
		{s->ids.range ? "gid" : NULL, tty_group}, {NULL, NULL}};

	snprintf(size, sizeof(size), "%" PRIu64, s->iso->shm_bytes);
	snprintf(tty_group, sizeof(tty_group), "%u",
		(unsigned)s->ids.gid(&s->ids, 5));
	if (sub_mount(s, "shm", "tmpfs", shm, safe, e) < 0)
		return -1;
	if (sub_mount(s, "pts", "devpts", pts,
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e) < 0)
		return -1;
	if (!guard_on(s->iso, "ipcns"))
		return 0; /* the host's queues are not ours to mount */
	if (sub_mount(s, "mqueue", "mqueue", NULL, safe | MOUNT_ATTR_NOEXEC, e) <
			0 &&
		e->code != ENODEV)
		return -1; /* ENODEV: a kernel without message queues */
	return 0;
}

int step_dev(struct setup *s, struct err *e)
{
	static const struct mount_option options[] = {
		{"mode", "0755"}, {NULL, NULL}};
	autoclose int target = mount_point(s->root, "/dev", e);

	if (target < 0)
		return -1;
	s->dev = mount_new(
		"tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
	if (s->dev < 0 || mount_attach(s->dev, target, "/dev", e) < 0)
		return -1;
	if (ids_own(s, s->dev, "") < 0)
		return err_sys(e, "cannot own '/dev'");
	if (bind_nodes(s, nodes, sizeof(nodes) / sizeof(*nodes), e) < 0)
		return -1;
	if (make_links(s, links, sizeof(links) / sizeof(*links), e) < 0)
		return -1;
	return make_sub_mounts(s, e);
}

int step_devices(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;

	if (bind_nodes(s, iso->devices, iso->device_count, e) < 0)
		return -1;
	return make_links(s, iso->dev_links, iso->dev_link_count, e);
}

/* Last, so that binds and fakes could still be put there. With one id the
 * command owns /dev, and could fill the memory with it. */
int step_dev_seal(struct setup *s, struct err *e)
{
	if (!guard_on(s->iso, "read_only"))
		return 0;
	return mount_restrict(s->dev, MOUNT_ATTR_RDONLY, false, e);
}
