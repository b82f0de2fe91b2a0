// SPDX-License-Identifier: Apache-2.0
/* The table of watched calls. */
#include "capture/calls.h"
#include "capture/calls_table.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

#define ALWAYS                    \
	{                         \
		{                 \
			{         \
				0 \
			}         \
		}                 \
	}

#define ONE(n, v, d, p, i, nf, k, f)                           \
	{                                                      \
		{n, 0, false, ALWAYS, false}, v,               \
			{{d, p, i, nf}, {0, 0, 0, 0}}, 1, k, f \
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
		{n, nr, false, ALWAYS, false}, VERB_PATHS,               \
			{{d, p, i, false}, {0, 0, 0, 0}}, 1, FLAGS_AT, f \
	}
/* two paths: rename and link families */
#define TWO(n, d1, p1, i1, d2, p2, i2, k, f)                              \
	{                                                                 \
		{n, 0, false, ALWAYS, false}, VERB_PATHS,                 \
			{{d1, p1, i1, true}, {d2, p2, i2, true}}, 2, k, f \
	}
#define PLAIN(n, v)                                                            \
	{                                                                      \
		{n, 0, false, ALWAYS, false}, v, {{0, 0, 0, 0}, {0, 0, 0, 0}}, \
			0, FLAGS_NONE, 0                                       \
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
		{n, 0, false, FSTAT_TESTS(3), false}, VERB_PATHS,      \
			{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, \
			FLAGS_AT, 3                                    \
	}
#define MMAP(n, c)                                                  \
	{                                                           \
		{n, 0, false,                                       \
			{{{PROT_EXEC, PROT_EXEC, 2, false},         \
				{MAP_ANONYMOUS, 0, 3, false}}},     \
			c},                                         \
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
	MMAP("mmap", true),
	MMAP("mmap2", false),
	PATH("uselib", 0, INTENT_EXEC),

	PATH("stat", 0, INTENT_LOOK),
	PATH("stat64", 0, INTENT_LOOK),
	LPATH("lstat", 0, INTENT_LOOK),
	LPATH("lstat64", 0, INTENT_LOOK),
	PATH("oldstat", 0, INTENT_LOOK),
	LPATH("oldlstat", 0, INTENT_LOOK),
	FSTATAT("newfstatat"),
	FSTATAT("fstatat64"),
	{{"statx", 0, false, FSTAT_TESTS(2), false}, VERB_PATHS,
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
	{{"fcntl", 0, false, {{{0xffffffff, F_SETFL, 1, false}}}, false},
		VERB_UNAPPEND, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	{{"fcntl64", 0, false, {{{0xffffffff, F_SETFL, 1, false}}}, false},
		VERB_UNAPPEND, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	/* XFS's way to punch holes, which others have, too: FS_IOC_*RESVSP*,
	 * FS_IOC_ZERO_RANGE, all of type 'X'. */
	{{"ioctl", 0, false, {{{0xff00, 'X' << 8, 1, false}}}, false},
		VERB_UNAPPEND, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	/* Its writes have RWF_NOAPPEND, too, in memory. */
	PLAIN("io_setup", VERB_AIO),
	/* Only with RWF_NOAPPEND, Linux 6.9. */
	{{"pwritev2", 0, false, {{{RWF_NOAPPEND, RWF_NOAPPEND, 5, false}}}, false},
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
	ONE("unlinkat", VERB_PATHS, 0, 1, INTENT_REMOVE, true, FLAGS_UNLINK, 2),
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
	{{"exit_group", 0, true, ALWAYS, false}, VERB_EXIT,
		{{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},

	ONE("chroot", VERB_VIEW, NONE, 0, INTENT_LOOK, false, FLAGS_NONE, 0),
	ONE("mount", VERB_MOUNT, NONE, 1, INTENT_LOOK, false, FLAGS_NONE, 0),
	ONE("umount", VERB_MOUNT, NONE, 0, INTENT_LOOK, false, FLAGS_NONE, 0),
	ONE("umount2", VERB_MOUNT, NONE, 0, INTENT_LOOK, false, FLAGS_NONE, 0),
	PLAIN("pivot_root", VERB_VIEW),
	{{"move_mount", 0, false, ALWAYS, false}, VERB_MOUNT,
		{{0, 1, INTENT_LOOK, false}, {2, 3, INTENT_LOOK, false}}, 2,
		FLAGS_NONE, 0},
	PLAIN("fsmount", VERB_VIEW),
	AT("open_tree", 0, 1, INTENT_LOOK, 2),
	{{"open_tree_attr", 467, false, ALWAYS, false}, VERB_VIEW,
		{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, FLAGS_AT, 2},
	AT("mount_setattr", 0, 1, INTENT_LOOK, 2),
	{{"fspick", 0, false, ALWAYS, false}, VERB_VIEW,
		{{0, 1, INTENT_LOOK, false}, {0, 0, 0, 0}}, 1, FLAGS_NONE, 0},
	PLAIN("setns", VERB_VIEW),
	{{"unshare", 0, false,
		 {{{CLONE_NEWNS, CLONE_NEWNS, 0, false}},
			 {{CLONE_NEWUSER, CLONE_NEWUSER, 0, false}}},
		 false},
		VERB_VIEW, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	PATH("swapon", 0, INTENT_WRITE),
	PATH("swapoff", 0, INTENT_LOOK),
	PATH("acct", 0, INTENT_APPEND),
	PLAIN("seccomp", VERB_WATCHER),
	{{"prctl", 0, false, {{{0xffffffff, PR_SET_SECCOMP, 0, false}}}, false},
		VERB_WATCHER, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
	/* PTRACE_TRACEME (0), PTRACE_ATTACH (16) and PTRACE_SEIZE only. */
	{{"ptrace", 0, false,
		 {{{0xffffffff & ~16u, PTRACE_TRACEME, 0, false}},
			 {{0xffffffff, PTRACE_SEIZE, 0, false}}},
		 false},
		VERB_WATCHER, {{0, 0, 0, 0}, {0, 0, 0, 0}}, 0, FLAGS_NONE, 0},
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

const struct call_def *call_definition(const struct call *c)
{
	return &defs[c->spec];
}

const char *call_name(const struct call *c)
{
	return c->spec < 0 ? "unknown" : defs[c->spec].spec.name;
}

enum verb call_verb(const struct call *c)
{
	return c->spec < 0 ? VERB_PATHS : defs[c->spec].verb;
}
