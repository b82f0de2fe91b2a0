// SPDX-License-Identifier: Apache-2.0
/* Turning a call into what it does to paths. */
#include "base/arena.h"
#include "capture/calls_table.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* Linux 6.14 */
#endif

static int read_path(
	const struct call *c, int arg, struct arena *a, const char **out)
{
	char buf[PATH_MAX];
	ssize_t n = watch_read_string(c->tid, c->args[arg], buf, sizeof(buf));

	if (n < 0)
		return -1;
	*out = arena_memdup(a, buf, (size_t)n);
	return 0;
}

static void apply_open_flags(struct touch *t, uint64_t flags)
{
	unsigned mode = flags & O_ACCMODE;

	t->nofollow = flags & O_NOFOLLOW;
	if (flags & O_PATH) {
		t->intent = INTENT_LOOK;
		return;
	}
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		/* An unnamed file: only the directory is looked at. */
		t->intent = INTENT_LOOK;
		return;
	}
	t->creates = flags & O_CREAT;
	/* O_CREAT | O_EXCL makes a file or fails, and never follows a link at
	 * the end (open(2)). */
	if ((flags & O_CREAT) && (flags & O_EXCL)) {
		t->nofollow = true;
		t->intent = INTENT_CREATE;
		return;
	}
	/* Access mode 3 checks for both and is for ioctl only (open(2)). */
	t->reads = mode != O_WRONLY;
	if (flags & O_TRUNC)
		t->intent = INTENT_TRUNCATE;
	else if (mode == O_RDONLY)
		t->intent = INTENT_READ;
	else if (mode == O_WRONLY && (flags & O_APPEND))
		t->intent = INTENT_APPEND;
	else
		t->intent = INTENT_WRITE;
}

static int apply_flags(
	const struct call *c, const struct call_def *d, struct decoded *out)
{
	struct touch *t = &out->touches[0];
	uint64_t flags = d->flags == NONE ? 0 : c->args[d->flags];
	struct open_how how = {0};

	switch (d->kind) {
	case FLAGS_NONE:
		break;
	case FLAGS_OPEN:
		apply_open_flags(t, flags);
		break;
	case FLAGS_HOW:
		if (watch_read(c->tid, flags, &how, sizeof(how)) < 8)
			return -1;
		apply_open_flags(t, how.flags);
		t->in_root = how.resolve & RESOLVE_IN_ROOT;
		break;
	case FLAGS_AT:
		t->nofollow |= (flags & AT_SYMLINK_NOFOLLOW) != 0;
		t->empty_path |= (flags & AT_EMPTY_PATH) != 0;
		break;
	case FLAGS_LINK:
		t->nofollow = !(flags & AT_SYMLINK_FOLLOW);
		t->empty_path = flags & AT_EMPTY_PATH;
		break;
	case FLAGS_UNLINK:
		t->directory = flags & AT_REMOVEDIR;
		break;
	case FLAGS_RENAME:
		t[0].exchange = t[1].exchange = flags & RENAME_EXCHANGE;
		t[0].noreplace = t[1].noreplace = flags & RENAME_NOREPLACE;
		break;
	}
	return 0;
}

/* i386 passes connect's and bind's arguments in memory (socketcall(2)). */
static int decode_socketcall(const struct call *c, struct decoded *out)
{
	uint32_t args[3];

	out->verb = c->args[0] == SYS_BIND ? VERB_BIND : VERB_CONNECT;
	if (c->args[0] != SYS_BIND && c->args[0] != SYS_CONNECT) {
		out->verb = VERB_PATHS;
		return 0;
	}
	if (watch_read(c->tid, c->args[1], args, sizeof(args)) !=
		(ssize_t)sizeof(args))
		return -1;
	out->fd = (int)args[0];
	out->sockaddr = args[1];
	out->socklen = args[2];
	return 0;
}

/* i386's first mmap has its arguments in memory (mmap(2)). */
static int decode_mmap(
	const struct call *c, const struct call_def *d, struct decoded *out)
{
	uint32_t args[6];

	out->fd = (int)c->args[4];
	if (c->arch != WATCH_COMPAT || strcmp(d->spec.name, "mmap") != 0)
		return 0;
	if (watch_read(c->tid, c->args[0], args, sizeof(args)) !=
		(ssize_t)sizeof(args))
		return -1;
	out->fd = (args[2] & PROT_EXEC) && !(args[3] & MAP_ANONYMOUS)
			  ? (int)args[4]
			  : -1;
	return 0;
}

/* Only what is moved is a path for certain; else it may be called "tmpfs". */
static int decode_mount(const struct call *c, const struct call_def *d,
	struct arena *scratch, struct decoded *out)
{
	struct touch *t = &out->touches[out->count];

	if (strcmp(d->spec.name, "mount") != 0 || !(c->args[3] & MS_MOVE))
		return 0;
	*t = (struct touch){.dirfd = AT_FDCWD, .intent = INTENT_LOOK};
	out->count++;
	return read_path(c, 0, scratch, &t->path);
}

static int decode_verb(const struct call *c, const struct call_def *d,
	struct arena *scratch, struct decoded *out)
{
	int shift = out->count && d->path[0].dirfd != NONE;

	switch (d->verb) {
	case VERB_EXEC:
		out->argv = c->args[1 + shift];
		out->envp = c->args[2 + shift];
		out->check_only = shift && (c->args[4] & AT_EXECVE_CHECK);
		return 0;
	case VERB_MMAP:
		return decode_mmap(c, d, out);
	case VERB_HANDLE:
		apply_open_flags(&out->touches[0], c->args[2]);
		out->touches[0].nofollow = true;
		out->fd = (int)c->args[0];
		return 0;
	case VERB_UNAPPEND:
		out->fd = (int)c->args[0];
		return 0;
	case VERB_MOUNT:
		return decode_mount(c, d, scratch, out);
	case VERB_CONNECT:
	case VERB_BIND:
		if (strcmp(d->spec.name, "socketcall") == 0)
			return decode_socketcall(c, out);
		out->fd = (int)c->args[0];
		out->sockaddr = c->args[1];
		out->socklen = (uint32_t)c->args[2];
		return 0;
	default:
		return 0;
	}
}

int call_decode(const struct call *c, struct arena *scratch, struct decoded *out)
{
	const struct call_def *d = call_definition(c);

	memset(out, 0, sizeof(*out));
	out->verb = d->verb;
	for (size_t i = 0; i < d->paths; i++) {
		const struct path_arg *p = &d->path[i];
		struct touch *t = &out->touches[out->count];

		*t = (struct touch){
			.dirfd = p->dirfd == NONE ? AT_FDCWD
						  : (int)c->args[p->dirfd],
			.path = "",
			.intent = p->intent,
			.nofollow = p->nofollow,
		};
		/* utimensat(fd, NULL, ...) means the descriptor; others that
		 * allow NULL only look at what is open already. */
		if (!c->args[p->path] && p->intent != INTENT_TIMES)
			continue;
		if (!c->args[p->path])
			t->empty_path = true;
		else if (read_path(c, p->path, scratch, &t->path) < 0)
			return -1;
		out->count++;
	}
	if (out->count && apply_flags(c, d, out) < 0)
		return -1;
	if (strcmp(d->spec.name, "rmdir") == 0)
		out->touches[0].directory = true;
	/* creat(2) is open with O_CREAT | O_WRONLY | O_TRUNC. */
	if (strcmp(d->spec.name, "creat") == 0 && out->count)
		out->touches[0].creates = true;
	return decode_verb(c, d, scratch, out);
}
