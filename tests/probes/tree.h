/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small tree of one entry of each kind, what has changed in it, and the
 * ways to name something in it: right ones and all the wrong ones. For the
 * probes of calls that take a path.
 */
#pragma once

#include "cases.h"

#include <dirent.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Directory descriptors. */
enum dir { CWD, TREE, INNER, FILE_FD, PATH_FD, LINK_FD, GONE, BAD, DIRS };

struct place {
	const char *name;
	enum dir dir;
	const char *path;
};

static int dirs[DIRS];
/* Paths that must be made: these stand for them until then. */
#define MADE(n) ((const char *)(n))
#define IS_MADE(p) ((uintptr_t)(p) >= 16 && (uintptr_t)(p) < 32)
#define ABSOLUTE MADE(16)
#define LONG_NAME MADE(17)
#define LONG_PATH MADE(18)
#define LONGER_PATH MADE(19)
#define AT_EDGE MADE(20)
#define OVER_EDGE MADE(21)
#define UNREADABLE MADE(22)
#define UNMAPPED MADE(1)

static const char *made[16];

static const struct place places[] = {
	{"file", CWD, "file"},
	{"empty", CWD, "empty"},
	{"dir", CWD, "dir"},
	{"dir-slash", CWD, "dir/"},
	{"full", CWD, "full"},
	{"link", CWD, "link"},
	{"link-slash", CWD, "link/"},
	{"dirlink", CWD, "dirlink"},
	{"dirlink-slash", CWD, "dirlink/"},
	{"dangling", CWD, "dangling"},
	{"loop", CWD, "loop"},
	{"missing", CWD, "missing"},
	{"missing-slash", CWD, "missing/"},
	{"below-missing", CWD, "missing/x"},
	{"below-file", CWD, "file/x"},
	{"file-slash", CWD, "file/"},
	{"file-dot", CWD, "file/."},
	{"through", CWD, "dirlink/../full//inner"},
	{"dot", CWD, "."},
	{"dotdot", CWD, "dir/.."},
	{"secret", CWD, "secret"},
	{"locked", CWD, "locked/inner"},
	{"fifo", CWD, "fifo"},
	{"socket", CWD, "socket"},
	{"script", CWD, "script"},
	{"garbage", CWD, "garbage"},
	{"bytes", CWD, "\xff\n\"\\ "},
	{"nothing", CWD, ""},
	{"null", CWD, NULL},
	{"unmapped", CWD, UNMAPPED},
	{"unreadable", CWD, UNREADABLE},
	{"at-edge", CWD, AT_EDGE},
	{"over-edge", CWD, OVER_EDGE},
	{"absolute", CWD, ABSOLUTE},
	{"long-name", CWD, LONG_NAME},
	{"long-path", CWD, LONG_PATH},
	{"longer-path", CWD, LONGER_PATH},
	{"at.file", TREE, "file"},
	{"at.missing", TREE, "missing"},
	{"at.inner", INNER, "inner"},
	{"at.up", INNER, "../file"},
	{"at.path-fd", PATH_FD, "file"},
	{"at.file-fd", FILE_FD, "x"},
	{"at.gone", GONE, "x"},
	{"at.bad", BAD, "file"},
	{"at.bad-absolute", BAD, ABSOLUTE},
	{"at.nothing", FILE_FD, ""},
	{"at.dir-nothing", TREE, ""},
	{"at.path-nothing", PATH_FD, ""},
	{"at.link-nothing", LINK_FD, ""},
	{"at.bad-nothing", BAD, ""},
	{"at.null", FILE_FD, NULL},
	{"at.unmapped", FILE_FD, UNMAPPED},
};

static const char *place_path(const struct place *p)
{
	return IS_MADE(p->path) ? made[(uintptr_t)p->path - 16] : p->path;
}

/* The entries of the tree; mode 0: a name that calls make. */
static const struct entry {
	const char *name;
	mode_t mode;
	const char *text; /* content or target */
} entries[] = {
	{"file", S_IFREG | 0644, "content"},
	{"hard", S_IFREG | 0644, NULL}, /* a link to file */
	{"empty", S_IFREG | 0600, ""},
	{"secret", S_IFREG, "secret"},
	{"script", S_IFREG | 0755, "#!/no/such/interpreter\n"},
	{"garbage", S_IFREG | 0755, "this is no program\n"},
	{"\xff\n\"\\ ", S_IFREG | 0644, "odd"},
	{"dir", S_IFDIR | 0755, NULL},
	{"full", S_IFDIR | 0755, NULL},
	{"full/inner", S_IFREG | 0644, "inner"},
	{"locked", S_IFDIR, NULL},
	{"locked/inner", 0, NULL},
	{"link", S_IFLNK | 0777, "file"},
	{"dirlink", S_IFLNK | 0777, "dir"},
	{"dangling", S_IFLNK | 0777, "missing"},
	{"loop", S_IFLNK | 0777, "loop"},
	{"fifo", S_IFIFO | 0644, NULL},
	{"socket", S_IFSOCK | 0755, NULL},
	{"missing", 0, NULL},
	{"new", 0, NULL},
	{"full/new", 0, NULL},
};

/* Times that calls set here are of the first hour of 1970. */
#define LONG_AGO 3600

struct looks {
	mode_t mode;
	off_t size;
	nlink_t links;
	uid_t uid;
	time_t mtime;
};

static struct looks fresh[COUNT(entries)], now[COUNT(entries)];

static struct looks look(const char *name)
{
	struct looks l = {0};
	struct stat st;

	if (lstat(name, &st) == 0)
		l = (struct looks){st.st_mode,
			S_ISDIR(st.st_mode) ? 0 : st.st_size,
			S_ISDIR(st.st_mode) ? 0 : st.st_nlink, st.st_uid,
			st.st_mtime};
	return l;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = (int)must(open(name, O_WRONLY | O_CREAT | O_EXCL, mode));

	must(write(fd, text, strlen(text)));
	close(fd);
}

static void make_socket(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(a.sun_path, name);
	must(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	close(fd);
}

static void make(const struct entry *e)
{
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		if (e->text)
			write_file(e->name, e->text, e->mode & 07777);
		else
			must(link("file", e->name));
		return;
	case S_IFDIR:
		must(mkdir(e->name, e->mode & 07777));
		return;
	case S_IFLNK:
		must(symlink(e->text, e->name));
		return;
	case S_IFIFO:
		must(mkfifo(e->name, e->mode & 07777));
		return;
	case S_IFSOCK:
		make_socket(e->name);
		return;
	}
}

static bool differs(size_t i)
{
	const struct looks *n = &now[i], *f = &fresh[i];

	return n->mode != f->mode || n->size != f->size || n->links != f->links ||
	       n->uid != f->uid || (n->mode && n->mtime < LONG_AGO);
}

/* What differs from the fresh tree; times only where they were given. */
static const char *tree_changes(void)
{
	static char text[2048];
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; i < COUNT(entries); i++) {
		now[i] = look(entries[i].name);
		if (!differs(i))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			" %s=%o/%ld/%ld", entries[i].name, now[i].mode,
			(long)now[i].size, (long)now[i].links);
		if (now[i].mode && now[i].mtime < LONG_AGO)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"@%ld", (long)now[i].mtime);
	}
	return text;
}

static size_t names_in_tree(void)
{
	char buf[4096], *p;
	size_t n = 0;
	long len;

	must(lseek(dirs[TREE], 0, SEEK_SET));
	len = must(syscall(SYS_getdents64, dirs[TREE], buf, sizeof(buf)));
	for (p = buf; p < buf + len; p += ((struct dirent64 *)p)->d_reclen)
		n++;
	return n;
}

static size_t fresh_names;

/* A call that failed has made no name and removed none. */
static const char *tree_changes_after(long r)
{
	int code = errno;
	const char *text =
		r == -1 && names_in_tree() == fresh_names ? "" : tree_changes();

	errno = code;
	return text;
}

/* Descriptors of what may have been replaced. */
static void tree_descriptors(void)
{
	dirs[FILE_FD] = (int)must(open("file", O_RDONLY));
	dirs[INNER] = (int)must(open("full", O_RDONLY | O_DIRECTORY));
	dirs[LINK_FD] = (int)must(open("link", O_PATH | O_NOFOLLOW));
}

static void remove_any(const char *name)
{
	if (unlink(name) < 0 && rmdir(name) < 0 && errno != ENOENT)
		must(-1);
}

static void remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *ent;
	char path[PATH_MAX];

	must(d ? 0 : -1);
	while ((ent = readdir(d))) {
		if (!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, ent->d_name);
		if (ent->d_type == DT_DIR) {
			must(chmod(path, 0755));
			remove_all(path);
		}
		remove_any(path);
	}
	closedir(d);
}

static bool is_new_directory(size_t i)
{
	return S_ISDIR(now[i].mode) != S_ISDIR(fresh[i].mode);
}

/* What needs no more than a directory's own attributes back. */
static void attributes_again(size_t i)
{
	const char *name = entries[i].name;

	must(chown(name, fresh[i].uid, (gid_t)-1));
	must(chmod(name, fresh[i].mode & 07777));
	must(utimensat(AT_FDCWD, name, NULL, 0));
	now[i] = fresh[i];
}

/* As it was, after tree_changes(). */
static void tree_again(void)
{
	bool all = false;

	close(dirs[FILE_FD]);
	close(dirs[INNER]);
	close(dirs[LINK_FD]);
	for (size_t i = 0; i < COUNT(entries); i++)
		all |= is_new_directory(i);
	if (all) {
		remove_all(".");
		memset(now, 0, sizeof(now));
	}
	/* Both names of the one file. */
	if (differs(0) || differs(1))
		now[0].links = now[1].links = 0;
	for (size_t i = COUNT(entries); i-- > 0 && !all;)
		if (differs(i) && S_ISDIR(now[i].mode))
			attributes_again(i);
		else if (differs(i))
			remove_any(entries[i].name);
	for (size_t i = 0; i < COUNT(entries); i++)
		if (differs(i))
			make(&entries[i]);
	tree_descriptors();
}

/* The end of a page before one that is not there. */
static char *edge(const char *text, size_t len)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p + 4096, 4096) < 0)
		must(-1);
	return memcpy(p + 4096 - len, text, len);
}

static char *slashes(size_t len)
{
	char *p = malloc(len + 1);

	for (size_t i = 0; i + 4 < len; i++)
		p[i] = i % 2 ? '/' : '.';
	if (len % 2)
		p[len - 5] = '/';
	strcpy(p + len - 4, "file");
	return p;
}

/* In an empty directory: the tree, and the ways into it. */
static void tree_begin(void)
{
	char cwd[PATH_MAX], absolute[PATH_MAX + 8], *name = malloc(257);

	dirs[CWD] = AT_FDCWD;
	dirs[TREE] = (int)must(open(".", O_RDONLY | O_DIRECTORY));
	for (size_t i = 0; i < COUNT(entries); i++)
		make(&entries[i]);
	for (size_t i = 0; i < COUNT(entries); i++)
		fresh[i] = look(entries[i].name);
	fresh_names = names_in_tree();
	memset(name, 'n', 256);
	name[256] = 0;
	if (!getcwd(cwd, sizeof(cwd)))
		must(-1);
	snprintf(absolute, sizeof(absolute), "%s/file", cwd);
	made[0] = strdup(absolute);
	made[1] = name;
	made[2] = slashes(PATH_MAX - 1);
	made[3] = slashes(PATH_MAX);
	made[4] = edge("file", 5);
	made[5] = edge("file", 4);
	made[6] = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(mkdir("new", 0755));
	dirs[GONE] = (int)must(open("new", O_RDONLY | O_DIRECTORY));
	dirs[PATH_FD] = (int)must(open(".", O_PATH));
	dirs[BAD] = 777;
	must(rmdir("new"));
	tree_descriptors();
}
