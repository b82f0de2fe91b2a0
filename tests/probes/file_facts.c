// SPDX-License-Identifier: Apache-2.0
/*
 * file_facts: what a program can find out about the tree of files that
 * replay-facts.sh makes in the working directory, a fact a line. It reads each
 * file, so that none is merely looked at. With the word "others" it prints what
 * a replay does not give back.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static void print_bytes(const char *s)
{
	for (; *s; s++)
		printf(*s >= ' ' && *s < 127 && *s != '\\' ? "%c" : "\\%02x",
			(unsigned char)*s);
}

/* A sum of what is read, so that content is a fact, too. */
static void print_content(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	unsigned long sum = 5381;
	long long size = 0;
	static unsigned char buf[65536];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		size += n;
		for (ssize_t i = 0; i < n; i++)
			sum = sum * 33 + buf[i];
	}
	if (fd < 0)
		printf(" content %s", strerror(errno));
	else
		printf(" content %lld %lx", size, sum);
	close(fd);
}

/* Their order is the file system's own affair. */
static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_attributes(const char *path)
{
	char list[4096], value[4096], *names[64];
	ssize_t n = llistxattr(path, list, sizeof(list)), len;
	size_t count = 0;

	for (char *p = list; n > 0 && p < list + n; p += strlen(p) + 1)
		names[count++] = p;
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		len = lgetxattr(path, names[i], value, sizeof(value) - 1);
		value[len < 0 ? 0 : len] = 0;
		printf(" %s=", names[i]);
		print_bytes(value);
	}
}

/* Links of directories and their sizes are the file system's own affair. */
static void print_file(const char *path)
{
	char target[4096];
	struct stat st;
	ssize_t n;

	printf("file ");
	print_bytes(path);
	if (lstat(path, &st) < 0) {
		printf(": %s\n", strerror(errno));
		return;
	}
	printf(": mode %o owner %u %u time %lld.%09ld", st.st_mode, st.st_uid,
		st.st_gid, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (!S_ISDIR(st.st_mode))
		printf(" links %lu size %lld", (unsigned long)st.st_nlink,
			(long long)st.st_size);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" device %u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (S_ISREG(st.st_mode))
		print_content(path);
	printf(" access %d%d%d", access(path, R_OK), access(path, W_OK),
		access(path, X_OK));
	print_attributes(path);
	n = readlink(path, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = 0;
		printf(" target ");
		print_bytes(target);
		printf(" there %s", access(path, F_OK) ? strerror(errno) : "ok");
	}
	putchar('\n');
}

static void print_tree(const char *dir)
{
	DIR *d = opendir(dir);
	char names[256][256];
	struct dirent *ent;
	size_t count = 0;

	if (!d) {
		printf("directory: %s\n", strerror(errno));
		return;
	}
	printf("listing ");
	print_bytes(dir);
	putchar(':');
	while ((ent = readdir(d)) && count < 256) {
		if (!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, ".."))
			continue;
		snprintf(names[count++], 256, "%s", ent->d_name);
		printf(" %d/", ent->d_type);
		print_bytes(ent->d_name);
	}
	printf(" (%zu)\n", count);
	closedir(d);
	for (size_t i = 0; i < count; i++) {
		char path[4096];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		print_file(path);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			print_tree(path);
	}
}

static void print_same(const char *a, const char *b)
{
	struct stat one, two;

	printf("one file %s %s: ", a, b);
	if (stat(a, &one) < 0 || stat(b, &two) < 0)
		printf("%s\n", strerror(errno));
	else
		printf("%d\n",
			one.st_ino == two.st_ino && one.st_dev == two.st_dev);
}

static void print_opened(const char *path, int flags)
{
	int fd = open(path, flags);

	printf("opened %s: %s\n", path, fd < 0 ? strerror(errno) : "yes");
	close(fd);
}

static void print_files(void)
{
	static const char *const absent[] = {
		"absent", "absent/deeper", "tree/plain/below", "tree/absent"};

	print_file("tree");
	print_tree("tree");
	print_same("tree/hard1", "tree/hard2");
	print_same("tree/hard1", "tree/sub/hard3");
	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		print_file(absent[i]);
	print_opened("tree/round", O_RDONLY);
	print_opened("tree/dangling", O_RDONLY);
	print_opened("tree/plain", O_DIRECTORY);
	print_opened("tree/socket", O_RDONLY);
}

/* The lines of a file that begin with the word, as one fact. */
static void print_lines(const char *path, const char *word)
{
	FILE *f = fopen(path, "r");
	char line[4096];

	printf("%s:", path);
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, word, strlen(word)))
			print_bytes(line);
	putchar('\n');
	if (f)
		fclose(f);
}

/* What the file system, the kernel and the sandbox have of their own. */
static void print_others(void)
{
	struct stat dir, file;
	struct statfs fs;

	stat("tree", &dir);
	stat("tree/sparse", &file);
	statfs("tree", &fs);
	printf("inode: %lu\n", (unsigned long)file.st_ino);
	printf("file system: %lx\n", (unsigned long)fs.f_type);
	printf("change: %lld.%09ld\n", (long long)file.st_ctim.tv_sec,
		file.st_ctim.tv_nsec);
	printf("directory: %lld bytes\n", (long long)dir.st_size);
	printf("process: %d\n", getpid());
	print_lines("/proc/self/status", "CapBnd:");
	print_lines("/proc/self/mountinfo", "");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "others"))
		print_others();
	else
		print_files();
	return 0;
}
