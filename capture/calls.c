// SPDX-License-Identifier: Apache-2.0
/* The table of watched calls, and turning one of them into touches. */
#include "capture/calls.h"
#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/openat2.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/* How the flags argument of a call is read. */
enum flags_kind {
	FLAGS_NONE,
	FLAGS_OPEN,   /* O_* */
	FLAGS_HOW,    /* struct open_how, openat2(2) */
	FLAGS_AT,     /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	FLAGS_LINK,   /* AT_SYMLINK_FOLLOW */
	FLAGS_RENAME, /* RENAME_* */
};

struct path_arg {
	int8_t dirfd; /* argument number, or NONE for the cwd */
	int8_t path;
	uint8_t intent;
	bool nofollow;
};

struct call_def {
	struct call_spec spec;
	enum verb verb;
	struct path_arg path[2];
	uint8_t paths;
	enum flags_kind kind;
	int8_t flags; /* argument number */
};

#define NONE (-1)
#define ALWAYS                    \
	{                         \
		{                 \
			{         \
				0 \
			}         \
		}                 \
	}

#define ONE(n, v, d, p, i, nf, k, f)                                             \
	{                                                                        \
		{n, 0, false, ALWAYS}, v, {{d, p, i, nf}, {0, 0, 0, 0}}, 1, k, f \
	}
/* name, path argument, intent */
#define PATH(n, p, i) ONE(n, VERB_PATHS, NONE, p, i, false, FLAGS_NONE, 0)
#define LPATH(n, p, i) ONE(n, VERB_PATHS, NONE, p, i, true, FLAGS_NONE, 0)
/* name, directory, path, intent, flags */
#define AT(n, d, p, i, f) ONE(n, VERB_PATHS, d, p, i, false, FLAGS_AT, f)
#define ATN(n, d, p, i) ONE(n, VERB_PATHS, d, p, i, false, FLAGS_NONE, 0)
#define LATN(n, d, p, i) ONE(n, VERB_PATHS, d, p, i, true, FLAGS_NONE, 0)
#define NEWER(n, nr, d, p, i, f)                                         \
	{                                                                \
		{n, nr, false, ALWAYS}, VERB_PATHS,                      \
			{{d, p, i, false}, {0, 0, 0, 0}}, 1, FLAGS_AT, f \
	}
/* two paths: rename and link families */
#define TWO(n, d1, p1, i1, d2, p2, i2, k, f)                              \
	{                                                                 \
		{n, 0, false, ALWAYS}, VERB_PATHS,                        \
			{{d1, p1, i1, true}, {d2, p2, i2, true}}, 2, k, f \
	}
#define PLAIN(n, v)                                                        \
	{                                                                  \
		{n, 0, false, ALWAYS}, v, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, \
			FLAGS_NONE, 0                                      \
	}

/*
 * fstat(3) of glibc 2.33 and later is newfstatat(fd, "", AT_EMPTY_PATH), as
 * frequent as open itself and about a file that is known already. The filter
 * cannot look at the path, so a relative path given together with exactly
 * this flag is not seen when it is only looked at: the manual says so.
 */
#define FSTAT_TESTS(f)                                           \
	{                                                        \
		{{0xffffffff, AT_EMPTY_PATH, f, true}},          \
		{                                                \
			{                                        \
				0x80000000, 0x80000000, 0, false \
			}                                        \
		}                                                \
	}
#define FSTATAT(n)                                                     \
	{                                                              \
		{n, 0, false, FSTAT_TESTS(3)}, VERB_PATHS,             \
			{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, \
			FLAGS_AT, 3                                    \
	}
#define MMAP(n)                                                     \
	{                                                           \
		{n, 0, false,                                       \
			{{{PROT_EXEC, PROT_EXEC, 2, false},         \
				{MAP_ANONYMOUS, 0, 3, false}}}},    \
			VERB_MMAP, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, \
			FLAGS_NONE, 0                               \
	}

static const struct call_def defs[] = {
	ONE("open", VERB_PATHS, NONE, 0, INTENT_READ, false, FLAGS_OPEN, 1),
	ONE("openat", VERB_PATHS, 0, 1, INTENT_READ, false, FLAGS_OPEN, 2),
	ONE("openat2", VERB_PATHS, 0, 1, INTENT_READ, false, FLAGS_HOW, 2),
	PATH("creat", 0, INTENT_TRUNCATE),
	PLAIN("open_by_handle_at", VERB_HANDLE),
	AT("name_to_handle_at", 0, 1, INTENT_LOOK, NONE),

	ONE("execve", VERB_EXEC, NONE, 0, INTENT_EXEC, false, FLAGS_NONE, 0),
	ONE("execveat", VERB_EXEC, 0, 1, INTENT_EXEC, false, FLAGS_AT, 4),
	MMAP("mmap"),
	MMAP("mmap2"),
	PATH("uselib", 0, INTENT_EXEC),

	PATH("stat", 0, INTENT_LOOK),
	PATH("stat64", 0, INTENT_LOOK),
	LPATH("lstat", 0, INTENT_LOOK),
	LPATH("lstat64", 0, INTENT_LOOK),
	PATH("oldstat", 0, INTENT_LOOK),
	LPATH("oldlstat", 0, INTENT_LOOK),
	FSTATAT("newfstatat"),
	FSTATAT("fstatat64"),
	{{"statx", 0, false, FSTAT_TESTS(2)}, VERB_PATHS,
		{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, FLAGS_AT, 2},
	PATH("access", 0, INTENT_LOOK),
	ATN("faccessat", 0, 1, INTENT_LOOK),
	AT("faccessat2", 0, 1, INTENT_LOOK, 3),
	LPATH("readlink", 0, INTENT_LOOK),
	LATN("readlinkat", 0, 1, INTENT_LOOK),
	PATH("statfs", 0, INTENT_LOOK),
	PATH("statfs64", 0, INTENT_LOOK),
	PATH("chdir", 0, INTENT_LOOK),
	PATH("inotify_add_watch", 1, INTENT_LOOK),
	PATH("quotactl", 1, INTENT_LOOK),

	PLAIN("ftruncate", VERB_UNAPPEND),
	PLAIN("ftruncate64", VERB_UNAPPEND),
	PLAIN("fallocate", VERB_UNAPPEND),
	/* Only F_SETFL, which can take O_APPEND away. */
	{{"fcntl", 0, false, {{{0xffffffff, F_SETFL, 1, false}}}},
		VERB_UNAPPEND, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	{{"fcntl64", 0, false, {{{0xffffffff, F_SETFL, 1, false}}}},
		VERB_UNAPPEND, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	PATH("truncate", 0, INTENT_WRITE),
	PATH("truncate64", 0, INTENT_WRITE),
	TWO("rename", NONE, 0, INTENT_MOVE, NONE, 1, INTENT_REPLACE, FLAGS_NONE,
		0),
	TWO("renameat", 0, 1, INTENT_MOVE, 2, 3, INTENT_REPLACE, FLAGS_NONE, 0),
	TWO("renameat2", 0, 1, INTENT_MOVE, 2, 3, INTENT_REPLACE, FLAGS_RENAME, 4),
	TWO("link", NONE, 0, INTENT_LOOK, NONE, 1, INTENT_CREATE, FLAGS_NONE, 0),
	TWO("linkat", 0, 1, INTENT_LOOK, 2, 3, INTENT_CREATE, FLAGS_LINK, 4),
	LPATH("symlink", 1, INTENT_CREATE),
	LATN("symlinkat", 1, 2, INTENT_CREATE),
	LPATH("unlink", 0, INTENT_REMOVE),
	LATN("unlinkat", 0, 1, INTENT_REMOVE),
	LPATH("rmdir", 0, INTENT_REMOVE),
	LPATH("mkdir", 0, INTENT_CREATE),
	LATN("mkdirat", 0, 1, INTENT_CREATE),
	LPATH("mknod", 0, INTENT_CREATE),
	LATN("mknodat", 0, 1, INTENT_CREATE),

	PATH("chmod", 0, INTENT_ATTRIBUTES),
	ATN("fchmodat", 0, 1, INTENT_ATTRIBUTES),
	NEWER("fchmodat2", 452, 0, 1, INTENT_ATTRIBUTES, 3),
	PATH("chown", 0, INTENT_ATTRIBUTES),
	PATH("chown32", 0, INTENT_ATTRIBUTES),
	LPATH("lchown", 0, INTENT_ATTRIBUTES),
	LPATH("lchown32", 0, INTENT_ATTRIBUTES),
	AT("fchownat", 0, 1, INTENT_ATTRIBUTES, 4),
	PATH("utime", 0, INTENT_TIMES),
	PATH("utimes", 0, INTENT_TIMES),
	ATN("futimesat", 0, 1, INTENT_TIMES),
	AT("utimensat", 0, 1, INTENT_TIMES, 3),
	AT("utimensat_time64", 0, 1, INTENT_TIMES, 3),
	PATH("setxattr", 0, INTENT_ATTRIBUTES),
	LPATH("lsetxattr", 0, INTENT_ATTRIBUTES),
	PATH("getxattr", 0, INTENT_LOOK),
	LPATH("lgetxattr", 0, INTENT_LOOK),
	PATH("listxattr", 0, INTENT_LOOK),
	LPATH("llistxattr", 0, INTENT_LOOK),
	PATH("removexattr", 0, INTENT_ATTRIBUTES),
	LPATH("lremovexattr", 0, INTENT_ATTRIBUTES),
	NEWER("setxattrat", 463, 0, 1, INTENT_ATTRIBUTES, 2),
	NEWER("getxattrat", 464, 0, 1, INTENT_LOOK, 2),
	NEWER("listxattrat", 465, 0, 1, INTENT_LOOK, 2),
	NEWER("removexattrat", 466, 0, 1, INTENT_ATTRIBUTES, 2),
	NEWER("file_getattr", 468, 0, 1, INTENT_LOOK, 4),
	NEWER("file_setattr", 469, 0, 1, INTENT_ATTRIBUTES, 4),

	PLAIN("connect", VERB_CONNECT),
	PLAIN("bind", VERB_BIND),
	PLAIN("socketcall", VERB_CONNECT),
	PLAIN("io_uring_setup", VERB_IO_URING),
	/* See sandbox/watch/exits.c. */
	{{"exit_group", 0, true, ALWAYS}, VERB_EXIT,
		{{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},

	ONE("chroot", VERB_VIEW, NONE, 0, INTENT_LOOK, false, FLAGS_NONE, 0),
	PLAIN("mount", VERB_VIEW),
	PLAIN("umount", VERB_VIEW),
	PLAIN("umount2", VERB_VIEW),
	PLAIN("pivot_root", VERB_VIEW),
	PLAIN("move_mount", VERB_VIEW),
	PLAIN("fsmount", VERB_VIEW),
	AT("open_tree", 0, 1, INTENT_LOOK, 2),
	{{"open_tree_attr", 467, false, ALWAYS}, VERB_VIEW,
		{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, FLAGS_AT, 2},
	AT("mount_setattr", 0, 1, INTENT_LOOK, 2),
	{{"fspick", 0, false, ALWAYS}, VERB_VIEW,
		{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, FLAGS_NONE, 0},
	PLAIN("setns", VERB_VIEW),
	{{"unshare", 0, false,
		 {{{CLONE_NEWNS, CLONE_NEWNS, 0, false}},
			 {{CLONE_NEWUSER, CLONE_NEWUSER, 0, false}}}},
		VERB_VIEW, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	PATH("swapon", 0, INTENT_WRITE),
	PATH("swapoff", 0, INTENT_LOOK),
	PATH("acct", 0, INTENT_APPEND),
	PLAIN("seccomp", VERB_WATCHER),
};

#define COUNT (sizeof(defs) / sizeof(*defs))

const struct call_spec *calls_table(size_t *count)
{
	static struct call_spec specs[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		specs[i] = defs[i].spec;
	*count = COUNT;
	return specs;
}

const char *call_name(const struct call *c)
{
	return c->spec < 0 ? "unknown" : defs[c->spec].spec.name;
}

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

	t->directory = flags & O_DIRECTORY;
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
		break;
	case FLAGS_AT:
		t->nofollow |= (flags & AT_SYMLINK_NOFOLLOW) != 0;
		t->empty_path |= (flags & AT_EMPTY_PATH) != 0;
		break;
	case FLAGS_LINK:
		t->nofollow = !(flags & AT_SYMLINK_FOLLOW);
		t->empty_path = flags & AT_EMPTY_PATH;
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

static int decode_verb(
	const struct call *c, const struct call_def *d, struct decoded *out)
{
	int shift = out->count && d->path[0].dirfd != NONE;

	switch (d->verb) {
	case VERB_EXEC:
		out->argv = c->args[1 + shift];
		out->envp = c->args[2 + shift];
		return 0;
	case VERB_MMAP:
		out->fd = (int)c->args[4];
		return 0;
	case VERB_HANDLE:
	case VERB_UNAPPEND:
		out->fd = (int)c->args[0];
		return 0;
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
	const struct call_def *d = &defs[c->spec];

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
	/* creat(2) is open with O_CREAT | O_WRONLY | O_TRUNC. */
	if (strcmp(d->spec.name, "creat") == 0 && out->count)
		out->touches[0].creates = true;
	return decode_verb(c, d, out);
}
