// SPDX-License-Identifier: Apache-2.0
/*
 * walk DIRECTORY: prints "KIND PATH" of all that is below it, as getdents64
 * gives it, without looking into what another file system is mounted on.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	}
	return "device";
}

static int walk(const char *dir, dev_t device)
{
	DIR *d = opendir(*dir ? dir : "/");
	struct dirent *ent;
	char path[4096];
	struct stat st;
	int failed = 0;

	if (!d) {
		printf("unreadable %s: %s\n", dir, strerror(errno));
		return 1;
	}
	while ((ent = readdir(d))) {
		if (!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, ent->d_name);
		if (lstat(path, &st) < 0) {
			printf("listed, but not there: %s\n", path);
			failed = 1;
			continue;
		}
		printf("%s %s\n", kind_of(st.st_mode), path);
		if (S_ISDIR(st.st_mode) && st.st_dev == device)
			failed |= walk(path, device);
	}
	closedir(d);
	return failed;
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc != 2 || stat(argv[1], &st) < 0)
		return 2;
	return walk(strcmp(argv[1], "/") ? argv[1] : "", st.st_dev);
}
