// SPDX-License-Identifier: Apache-2.0
/*
 * facts [WORD...]: what a program can find out about itself and about the tree
 * of files that replay-facts.sh makes in the working directory, a fact a line.
 * It reads each file, so that none is merely looked at.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

static void print_bytes(const char *s)
{
	for (; *s; s++)
		printf(*s >= ' ' && *s < 127 && *s != '\\' ? "%c" : "\\%02x",
			(unsigned char)*s);
}

static void fact(const char *what, long n, const char *text)
{
	printf("%s %ld: ", what, n);
	print_bytes(text ? text : strerror(errno));
	putchar('\n');
}

static void print_self(int argc, char **argv)
{
	mode_t mask = umask(0);
	char text[4096];
	struct utsname u;

	umask(mask);
	for (int i = 0; i < argc; i++)
		fact("argument", i, argv[i]);
	for (int i = 0; environ[i]; i++)
		fact("variable", i, environ[i]);
	fact("cwd", 0, getcwd(text, sizeof(text)));
	printf("umask: %04o\n", mask);
	printf("ids: %u %u %u %u\n", getuid(), geteuid(), getgid(), getegid());
	uname(&u);
	fact("host", 0, u.nodename);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)i, &l) == 0)
			printf("limit %d: %llx %llx\n", i,
				(unsigned long long)l.rlim_cur,
				(unsigned long long)l.rlim_max);
	}
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
	if (S_ISREG(st.st_mode))
		print_content(path);
	n = readlink(path, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = 0;
		printf(" target ");
		print_bytes(target);
		printf(" access %s", access(path, F_OK) ? strerror(errno) : "ok");
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
		fact("directory", 0, NULL);
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

int main(int argc, char **argv)
{
	static const char *const absent[] = {
		"absent", "absent/deeper", "tree/plain/below", "tree/absent"};
	cpu_set_t cpus;

	print_self(argc, argv);
	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	printf("cpus: %d\n", CPU_COUNT(&cpus));
	print_file("tree");
	print_tree("tree");
	print_same("tree/hard1", "tree/hard2");
	print_same("tree/hard1", "tree/sub/hard3");
	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		print_file(absent[i]);
	return 0;
}
