// SPDX-License-Identifier: Apache-2.0
/*
 * same_paths [CALL...]: each call that takes one path, on each place of the
 * tree: what it returns, and what it changed.
 */
#include "numbers.h"
#include "tree.h"

#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/inotify.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

/* Arguments that are not known when this is compiled. */
enum {
	MARK = 0x5eed00,
	P, /* the path */
	D, /* the directory's descriptor */
	OUT,
	ARGV,
	ENVP,
	HOW,
	BENEATH,
	NO_LINKS,
	IN_ROOT,
	BAD_HOW,
	TIMES,
	UTIMES,
	UTIME,
	UID,
	GID,
	WATCH,
	HANDLE,
	MOUNT_ID,
	XATTR
};

enum { CHANGES = 1, FORKS = 2, NOT_ROOT = 4 };

#define READ (O_RDONLY | O_NONBLOCK)
#define WRITE (O_WRONLY | O_NONBLOCK)

struct row {
	const char *name;
	long nr;
	long args[6];
	int flags;
};

static const struct row rows[] = {
	{"open.read", SYS_open, {P, READ}, 0},
	{"open.write", SYS_open, {P, WRITE}, 0},
	{"open.both", SYS_open, {P, O_RDWR | O_NONBLOCK}, 0},
	{"open.three", SYS_open, {P, 3 | O_NONBLOCK}, 0},
	{"open.create", SYS_open, {P, WRITE | O_CREAT, 0640}, CHANGES},
	{"open.exclusive", SYS_open, {P, WRITE | O_CREAT | O_EXCL, 0640}, CHANGES},
	{"open.truncate", SYS_open, {P, WRITE | O_TRUNC}, CHANGES},
	{"open.append", SYS_open, {P, WRITE | O_APPEND}, 0},
	{"open.directory", SYS_open, {P, READ | O_DIRECTORY}, 0},
	{"open.nofollow", SYS_open, {P, READ | O_NOFOLLOW}, 0},
	{"open.path", SYS_open, {P, O_PATH}, 0},
	{"open.path-nofollow", SYS_open, {P, O_PATH | O_NOFOLLOW}, 0},
	{"open.unnamed", SYS_open, {P, O_TMPFILE | O_RDWR, 0600}, 0},
	{"open.noatime", SYS_open, {P, READ | O_NOATIME}, 0},
	{"openat.read", SYS_openat, {D, P, READ}, 0},
	{"openat.create", SYS_openat, {D, P, WRITE | O_CREAT, 0600}, CHANGES},
	{"openat2", SYS_openat2, {D, P, HOW, 24}, 0},
	{"openat2.beneath", SYS_openat2, {D, P, BENEATH, 24}, 0},
	{"openat2.no-links", SYS_openat2, {D, P, NO_LINKS, 24}, 0},
	{"openat2.in-root", SYS_openat2, {D, P, IN_ROOT, 24}, 0},
	{"openat2.bad-how", SYS_openat2, {D, P, BAD_HOW, 24}, 0},
	{"openat2.no-how", SYS_openat2, {D, P, 0, 24}, 0},
	{"openat2.small", SYS_openat2, {D, P, HOW, 8}, 0},
	{"openat2.large", SYS_openat2, {D, P, HOW, 40}, 0},
	{"creat", SYS_creat, {P, 0600}, CHANGES},
	{"execve", SYS_execve, {P, ARGV, ENVP}, FORKS},
	{"execve.no-argv", SYS_execve, {P, 0, 0}, FORKS},
	{"execve.bad-argv", SYS_execve, {P, 1, ENVP}, FORKS},
	{"execveat", SYS_execveat, {D, P, ARGV, ENVP, 0}, FORKS},
	{"execveat.empty", SYS_execveat, {D, P, ARGV, ENVP, AT_EMPTY_PATH}, FORKS},
	{"execveat.nofollow", SYS_execveat,
		{D, P, ARGV, ENVP, AT_SYMLINK_NOFOLLOW}, FORKS},
	{"stat", SYS_stat, {P, OUT}, 0},
	{"stat.no-buffer", SYS_stat, {P, 0}, 0},
	{"lstat", SYS_lstat, {P, OUT}, 0},
	{"stat64", SYS_stat64, {P, OUT}, 0},
	{"lstat64", SYS_lstat64, {P, OUT}, 0},
	{"oldstat", SYS_oldstat, {P, OUT}, 0},
	{"oldlstat", SYS_oldlstat, {P, OUT}, 0},
	{"fstatat", SYS_newfstatat, {D, P, OUT, 0}, 0},
	{"fstatat.nofollow", SYS_newfstatat, {D, P, OUT, AT_SYMLINK_NOFOLLOW}, 0},
	{"fstatat.empty", SYS_newfstatat, {D, P, OUT, AT_EMPTY_PATH}, 0},
	{"fstatat.empty-nofollow", SYS_newfstatat,
		{D, P, OUT, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW}, 0},
	{"fstatat.bad-flag", SYS_newfstatat, {D, P, OUT, 1}, 0},
	{"statx", SYS_statx, {D, P, 0, STATX_BASIC_STATS, OUT}, 0},
	{"statx.empty", SYS_statx, {D, P, AT_EMPTY_PATH, STATX_SIZE, OUT}, 0},
	{"statx.nofollow", SYS_statx,
		{D, P, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_SIZE, OUT},
		0},
	{"statx.bad-mask", SYS_statx, {D, P, 0, (long)STATX__RESERVED, OUT}, 0},
	{"access.read", SYS_access, {P, R_OK}, 0},
	{"access.write", SYS_access, {P, W_OK}, 0},
	{"access.execute", SYS_access, {P, X_OK}, 0},
	{"access.there", SYS_access, {P, F_OK}, 0},
	{"access.bad", SYS_access, {P, 8}, 0},
	{"faccessat", SYS_faccessat, {D, P, W_OK}, 0},
	{"faccessat2", SYS_faccessat2, {D, P, R_OK, AT_EACCESS}, 0},
	{"faccessat2.empty", SYS_faccessat2,
		{D, P, R_OK, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW}, 0},
	{"readlink", SYS_readlink, {P, OUT, 100}, 0},
	{"readlink.short", SYS_readlink, {P, OUT, 2}, 0},
	{"readlink.none", SYS_readlink, {P, OUT, 0}, 0},
	{"readlinkat", SYS_readlinkat, {D, P, OUT, 100}, 0},
	{"statfs", SYS_statfs, {P, OUT}, 0},
	{"statfs64", SYS_statfs64, {P, 84, OUT}, 0},
	{"chdir", SYS_chdir, {P}, FORKS},
	{"chroot", SYS_chroot, {P}, FORKS},
	{"inotify_add_watch", SYS_inotify_add_watch, {WATCH, P, IN_MODIFY}, FORKS},
	{"truncate", SYS_truncate, {P, 3}, CHANGES},
	{"truncate.negative", SYS_truncate, {P, -1}, CHANGES},
	{"truncate64", SYS_truncate64, {P, 3, 0}, CHANGES},
	{"unlink", SYS_unlink, {P}, CHANGES},
	{"unlinkat", SYS_unlinkat, {D, P, 0}, CHANGES},
	{"unlinkat.directory", SYS_unlinkat, {D, P, AT_REMOVEDIR}, CHANGES},
	{"unlinkat.bad-flag", SYS_unlinkat, {D, P, 1}, CHANGES},
	{"rmdir", SYS_rmdir, {P}, CHANGES},
	{"mkdir", SYS_mkdir, {P, 01777}, CHANGES},
	{"mkdirat", SYS_mkdirat, {D, P, 0700}, CHANGES},
	{"mknod.fifo", SYS_mknod, {P, S_IFIFO | 0644, 0}, CHANGES},
	{"mknod.device", SYS_mknod, {P, S_IFCHR | 0600, 0x103}, CHANGES},
	{"mknodat.file", SYS_mknodat, {D, P, S_IFREG | 0600, 0}, CHANGES},
	{"mknodat.bad", SYS_mknodat, {D, P, S_IFDIR | 0600, 0}, CHANGES},
	{"chmod", SYS_chmod, {P, 04751}, CHANGES},
	{"fchmodat", SYS_fchmodat, {D, P, 0}, CHANGES},
	{"fchmodat2", SYS_fchmodat2, {D, P, 0600, AT_EMPTY_PATH}, CHANGES},
	{"fchmodat2.nofollow", SYS_fchmodat2, {D, P, 0600, AT_SYMLINK_NOFOLLOW},
		CHANGES},
	{"chown", SYS_chown, {P, UID, GID}, CHANGES},
	{"chown.other", SYS_chown, {P, 12345, -1}, CHANGES},
	{"chown32", SYS_chown32, {P, UID, GID}, CHANGES},
	{"lchown", SYS_lchown, {P, -1, GID}, CHANGES},
	{"lchown32", SYS_lchown32, {P, -1, GID}, CHANGES},
	{"fchownat", SYS_fchownat, {D, P, UID, -1, AT_EMPTY_PATH}, CHANGES},
	{"utime", SYS_utime, {P, UTIME}, CHANGES},
	{"utime.now", SYS_utime, {P, 0}, CHANGES},
	{"utimes", SYS_utimes, {P, UTIMES}, CHANGES},
	{"futimesat", SYS_futimesat, {D, P, UTIMES}, CHANGES},
	{"utimensat", SYS_utimensat, {D, P, TIMES, 0}, CHANGES},
	{"utimensat.nofollow", SYS_utimensat,
		{D, P, TIMES, AT_SYMLINK_NOFOLLOW}, CHANGES},
	{"utimensat.empty", SYS_utimensat, {D, P, TIMES, AT_EMPTY_PATH}, CHANGES},
	{"utimensat64", SYS_utimensat_time64, {D, P, 0, 0}, CHANGES},
	{"setxattr", SYS_setxattr, {P, XATTR, OUT, 4, 0}, CHANGES},
	{"setxattr.replace", SYS_setxattr, {P, XATTR, OUT, 4, XATTR_REPLACE},
		CHANGES},
	{"lsetxattr", SYS_lsetxattr, {P, XATTR, OUT, 4, 0}, CHANGES},
	{"getxattr", SYS_getxattr, {P, XATTR, OUT, 4}, 0},
	{"lgetxattr", SYS_lgetxattr, {P, XATTR, OUT, 4}, 0},
	{"listxattr", SYS_listxattr, {P, OUT, 100}, 0},
	{"llistxattr", SYS_llistxattr, {P, OUT, 100}, 0},
	{"removexattr", SYS_removexattr, {P, XATTR}, CHANGES},
	{"lremovexattr", SYS_lremovexattr, {P, XATTR}, CHANGES},
	{"listxattrat", 465, {D, P, AT_EMPTY_PATH, OUT, 100}, 0},
	{"removexattrat", 466, {D, P, 0, XATTR}, CHANGES},
	{"file_getattr", 468, {D, P, OUT, 24, 0}, 0},
	{"name_to_handle_at", SYS_name_to_handle_at,
		{D, P, HANDLE, MOUNT_ID, AT_SYMLINK_FOLLOW}, 0},
	{"open_tree", SYS_open_tree, {D, P, O_CLOEXEC}, FORKS},
	{"umount2", SYS_umount2, {P, 8}, 0},
	{"mount_setattr", SYS_mount_setattr, {D, P, 0, 0, 0}, 0},
	{"fspick", SYS_fspick, {D, P, 0}, FORKS},
	{"quotactl", SYS_quotactl, {(long)0x80000700u, P, 0, 0}, 0},
	{"uselib", SYS_uselib, {P}, 0},
	{"swapon", SYS_swapon, {P, 0}, NOT_ROOT},
	{"swapoff", SYS_swapoff, {P}, 0},
	{"acct", SYS_acct, {P}, NOT_ROOT},
};

static char out[8192];
static int inotify;

static long argument(long mark, const struct place *p)
{
	static struct open_how how = {.flags = READ},
			       beneath = {.flags = READ,
				       .resolve = RESOLVE_BENEATH},
			       no_links = {.flags = READ,
				       .resolve = RESOLVE_NO_SYMLINKS},
			       in_root = {.flags = READ,
				       .resolve = RESOLVE_IN_ROOT},
			       bad = {.flags = READ, .resolve = 1u << 30};
	static const char *const argv[] = {"program", NULL};
	static const struct timespec times[2] = {{1000, 0}, {2000, 0}};
	static const struct timeval micro[2] = {{1000, 0}, {2000, 0}};
	static const struct utimbuf seconds = {1000, 2000};
	static int mount_id;
	const struct {
		long mark, value;
	} values[] = {{P, (long)place_path(p)}, {D, dirs[p->dir]},
		{OUT, (long)out}, {ARGV, (long)argv}, {ENVP, (long)(argv + 1)},
		{HOW, (long)&how}, {BENEATH, (long)&beneath},
		{NO_LINKS, (long)&no_links}, {IN_ROOT, (long)&in_root},
		{BAD_HOW, (long)&bad}, {TIMES, (long)times},
		{UTIMES, (long)micro}, {UTIME, (long)&seconds}, {UID, getuid()},
		{GID, getgid()}, {WATCH, inotify}, {HANDLE, (long)out},
		{MOUNT_ID, (long)&mount_id}, {XATTR, (long)"user.probe"}};

	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].mark == mark)
			return values[i].value;
	return mark;
}

static bool takes(const struct row *r, long mark)
{
	for (int i = 0; i < 6; i++)
		if (r->args[i] == mark)
			return true;
	return false;
}

static long call(const struct row *r, const struct place *p)
{
	long a[6];

	for (int i = 0; i < 6; i++)
		a[i] = argument(r->args[i], p);
	memset(out, 0, 8);
	if (takes(r, HANDLE))
		out[0] = 127; /* handle_bytes */
	return syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Of what was read, that which is the same in every run. */
static const char *content(const struct row *r, long n)
{
	static char text[128];
	struct stat *st = (struct stat *)out;

	text[0] = 0;
	if (strncmp(r->name, "readlink", 8) == 0 && n > 0)
		snprintf(text, sizeof(text), " %.*s", (int)n, out);
	else if (n == 0 && sizeof(long) == 8 && takes(r, OUT) &&
		 (r->nr == SYS_newfstatat || r->nr == SYS_stat ||
			 r->nr == SYS_lstat))
		snprintf(text, sizeof(text), " %o %ld", st->st_mode,
			S_ISDIR(st->st_mode) ? 0L : (long)st->st_size);
	return text;
}

/* Of calls that would replace this process or its directory. */
static void call_and_exit(const struct row *r, const struct place *p)
{
	long n = call(r, p);

	if (n == -1)
		_exit(errno);
	/* Where it has led to. */
	_exit(r->nr == SYS_inotify_add_watch ? (int)n
		: access("inner", F_OK)      ? 0
					     : 200);
}

static bool opens(const struct row *r)
{
	return strncmp(r->name, "open", 4) == 0 || r->nr == SYS_creat;
}

static void one(const struct row *r, const struct place *p)
{
	const char *changes = "";
	pid_t pid;
	long n;

	if (r->flags & FORKS) {
		pid = (pid_t)must(fork());
		if (pid == 0)
			call_and_exit(r, p);
		say("%s %s", p->name, ending(end_of(pid)));
		return;
	}
	n = call(r, p);
	if (r->flags & CHANGES)
		changes = tree_changes_after(n);
	/* Opens return the lowest number that is free. */
	say("%s %s%s%s", p->name, result(n), content(r, n), changes);
	if (n > 2 && opens(r))
		close((int)n);
	if (*changes)
		tree_again();
}

static void run_row(void)
{
	const struct row *r = &rows[probe_index];

	if (r->nr == -1 || ((r->flags & NOT_ROOT) && geteuid() == 0))
		return;
	tree_begin();
	inotify = (int)must(inotify_init1(IN_CLOEXEC));
	/* creat(2) would wait for a reader of the pipe. */
	for (size_t i = 0; i < COUNT(places); i++)
		if ((!places[i].dir || takes(r, D)) &&
			!(r->nr == SYS_creat &&
				!strcmp(places[i].name, "fifo")))
			one(r, &places[i]);
}

int main(int argc, char **argv)
{
	static struct probe_case cases[COUNT(rows)];

	for (size_t i = 0; i < COUNT(rows); i++)
		cases[i] = (struct probe_case){rows[i].name, run_row};
	return run_cases("paths", cases, COUNT(cases), argc, argv);
}
