// SPDX-License-Identifier: Apache-2.0
/*
 * steps STEP...: makes exactly the system calls that each STEP names, one
 * after the other. A step is VERB:PATH, or VERB:PATH:PATH for two names. A
 * step that fails prints why, and the next one follows.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static int with_open(const char *path, int flags, const char *text)
{
	char buf[65536];
	int fd = open(path, flags, 0644), r = 0;

	if (fd < 0)
		return -1;
	if ((flags & O_ACCMODE) != O_WRONLY)
		while (read(fd, buf, sizeof(buf)) > 0)
			;
	/* From the beginning, whatever was read. */
	if (text && (lseek(fd, 0, SEEK_SET) < 0 ||
			    write(fd, text, strlen(text)) < 0))
		r = -1;
	close(fd);
	return r;
}

static int list(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *ent;

	if (!d)
		return -1;
	while ((ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			printf("%s\n", ent->d_name);
	return closedir(d);
}

/* A shared mapping that is written to: no write is ever called. */
static int map_write(const char *path)
{
	int fd = open(path, O_RDWR);
	char *p;

	if (fd < 0)
		return -1;
	p = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -1;
	memcpy(p, "MAP!", 4);
	return munmap(p, 4);
}

static int map_exec(const char *path)
{
	int fd = open(path, O_RDONLY);
	void *p = fd < 0 ? MAP_FAILED
			 : mmap(NULL, 4, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
				   0);

	return p == MAP_FAILED ? -1 : close(fd);
}

/* futimens(3) through a descriptor that can only read. */
static int descriptor_times(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 || futimens(fd, NULL) < 0 ? -1 : close(fd);
}

static int one_name(const char *verb, const char *p)
{
	struct stat st;
	char buf[4096];

	if (!strcmp(verb, "read"))
		return with_open(p, O_RDONLY, NULL);
	if (!strcmp(verb, "write"))
		return with_open(p, O_WRONLY, "WRITTEN");
	if (!strcmp(verb, "update"))
		return with_open(p, O_RDWR, "UPDATED");
	if (!strcmp(verb, "append"))
		return with_open(p, O_WRONLY | O_APPEND | O_CREAT, "APPENDED\n");
	if (!strcmp(verb, "create"))
		return with_open(p, O_WRONLY | O_CREAT | O_TRUNC, "CREATED\n");
	if (!strcmp(verb, "exclusive"))
		return with_open(p, O_WRONLY | O_CREAT | O_EXCL, "NEW\n");
	if (!strcmp(verb, "truncate"))
		return truncate(p, 3);
	if (!strcmp(verb, "stat"))
		return stat(p, &st);
	if (!strcmp(verb, "lstat"))
		return lstat(p, &st);
	if (!strcmp(verb, "access"))
		return access(p, R_OK);
	if (!strcmp(verb, "readlink"))
		return readlink(p, buf, sizeof(buf)) < 0 ? -1 : 0;
	if (!strcmp(verb, "list"))
		return list(p);
	if (!strcmp(verb, "unlink"))
		return unlink(p);
	if (!strcmp(verb, "mkdir"))
		return mkdir(p, 0755);
	if (!strcmp(verb, "rmdir"))
		return rmdir(p);
	if (!strcmp(verb, "chmod"))
		return chmod(p, 0600);
	if (!strcmp(verb, "times"))
		return utimensat(AT_FDCWD, p, NULL, 0);
	if (!strcmp(verb, "fdtimes"))
		return descriptor_times(p);
	if (!strcmp(verb, "xattr"))
		return setxattr(p, "user.step", "1", 1, 0);
	if (!strcmp(verb, "chdir"))
		return chdir(p);
	if (!strcmp(verb, "chroot"))
		return chroot(p) < 0 ? -1 : chdir("/");
	/* As programs do that hold keys; the name is for the form. */
	if (!strcmp(verb, "undumpable"))
		return prctl(PR_SET_DUMPABLE, 0);
	if (!strcmp(verb, "mapwrite"))
		return map_write(p);
	if (!strcmp(verb, "mapexec"))
		return map_exec(p);
	fprintf(stderr, "unknown step '%s'\n", verb);
	exit(2);
}

static int two_names(const char *verb, const char *p, const char *q)
{
	if (!strcmp(verb, "rename"))
		return rename(p, q);
	if (!strcmp(verb, "exchange"))
		return (int)syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q,
			RENAME_EXCHANGE);
	if (!strcmp(verb, "noreplace"))
		return (int)syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q,
			RENAME_NOREPLACE);
	if (!strcmp(verb, "link"))
		return link(p, q);
	if (!strcmp(verb, "symlink"))
		return symlink(p, q);
	fprintf(stderr, "unknown step '%s' of two names\n", verb);
	exit(2);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *step = strdup(argv[i]), *p, *q;
		int r;

		p = strchr(step, ':');
		if (!p)
			return 2;
		*p++ = 0;
		q = strchr(p, ':');
		if (q)
			*q++ = 0;
		r = q ? two_names(step, p, q) : one_name(step, p);
		if (r < 0)
			printf("%s: %s\n", argv[i], strerror(errno));
		free(step);
	}
	return 0;
}
