// SPDX-License-Identifier: Apache-2.0
/*
 * facts [WORD...]: what a program can find out about itself and the machine, a
 * fact a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
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

static void named(const char *what, const char *text)
{
	printf("%s: ", what);
	print_bytes(text ? text : strerror(errno));
	putchar('\n');
}

/* All of a file of /proc or /sys in one line. */
static void print_text(const char *path)
{
	static char buf[1 << 20];
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < sizeof(buf) - 1 &&
		(n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	for (size_t i = 0; i < len; i++)
		if (!buf[i])
			buf[i] = '|'; /* cmdline, environ */
	buf[len] = 0;
	named(path, fd < 0 ? NULL : buf);
	close(fd);
}

static void print_link(const char *path)
{
	char text[4096];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	named(path, n < 0 ? NULL : text);
}

/* The lines of a file that begin with one of these words, a fact each. */
static void print_lines(const char *path, const char *const words[])
{
	FILE *f = fopen(path, "r");
	char line[8192];

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; words[i]; i++)
			if (!strncmp(line, words[i], strlen(words[i]))) {
				line[strcspn(line, "\n")] = 0;
				named(path, line);
			}
	if (f)
		fclose(f);
}

static void print_ids(void)
{
	struct passwd *pw = getpwuid(getuid());
	struct group *gr = getgrgid(getgid());
	gid_t groups[256];
	int n = getgroups(256, groups);

	printf("user ids: %u %u\n", getuid(), geteuid());
	printf("group ids: %u %u\n", getgid(), getegid());
	named("user name", pw ? pw->pw_name : "none");
	named("home", pw ? pw->pw_dir : "none");
	named("group name", gr ? gr->gr_name : "none");
	printf("user of the start: %lu %lu\n", getauxval(AT_UID),
		getauxval(AT_EGID));
	printf("groups:");
	for (int i = 0; i < n; i++)
		printf(" %u", groups[i]);
	putchar('\n');
}

static void print_limits(void)
{
	static const char *const lines[] = {
		"Max stack", "Max file size", "Max open files", NULL};
	pthread_attr_t attr;
	size_t stack = 0;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)i, &l) == 0)
			printf("limit %d: %llx %llx\n", i,
				(unsigned long long)l.rlim_cur,
				(unsigned long long)l.rlim_max);
	}
	print_lines("/proc/self/limits", lines);
	printf("sysconf OPEN_MAX: %ld\n", sysconf(_SC_OPEN_MAX));
	printf("sysconf ARG_MAX: %ld\n", sysconf(_SC_ARG_MAX));
	printf("descriptors: %d\n", getdtablesize());
	if (pthread_getattr_default_np(&attr) == 0)
		pthread_attr_getstacksize(&attr, &stack);
	printf("stack of a thread: %zu\n", stack);
}

static void print_self(int argc, char **argv)
{
	static const char *const lines[] = {"Umask", "Uid", "Gid", "Name", NULL};
	mode_t mask = umask(0);
	char text[4096];
	struct utsname u;
	ssize_t n;

	umask(mask);
	for (int i = 0; i < argc; i++)
		fact("argument", i, argv[i]);
	for (int i = 0; environ[i]; i++)
		fact("variable", i, environ[i]);
	named("program's name", program_invocation_short_name);
	named("start", (const char *)getauxval(AT_EXECFN));
	named("cwd", getcwd(text, sizeof(text)));
	named("real path", realpath("tree/directory-link/..", text));
	printf("umask: %04o\n", mask);
	uname(&u);
	named("host", u.nodename);
	print_text("/proc/sys/kernel/hostname");
	print_text("/proc/self/comm");
	print_text("/proc/self/cmdline");
	print_text("/proc/self/environ");
	print_link("/proc/self/exe");
	print_link("/proc/self/cwd");
	print_lines("/proc/self/status", lines);
	n = read(0, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	named("standard input", text);
}

/* The mapped files, each once. */
static void print_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4096], last[4096] = "";

	printf("mapped:");
	while (f && fgets(line, sizeof(line), f)) {
		char *path = strchr(line, '/');

		if (path && strcmp(path, last) != 0) {
			strcpy(last, path);
			path[strcspn(path, "\n")] = 0;
			printf(" %s", path);
		}
	}
	putchar('\n');
	if (f)
		fclose(f);
}

static void print_surroundings(void)
{
	time_t zero = 1000000000;
	char text[100];

	setlocale(LC_ALL, "");
	named("locale", setlocale(LC_CTYPE, NULL));
	tzset();
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", localtime(&zero));
	named("local time", text);
	named("temporary directory", getenv("TMPDIR"));
}

static void print_count(const char *path, const char *word)
{
	FILE *f = fopen(path, "r");
	char line[8192];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += !strncmp(line, word, strlen(word));
	printf("%s %s: %d\n", path, word, n);
	if (f)
		fclose(f);
}

static void print_machine(void)
{
	static const char *const model[] = {
		"model name", "cpu cores", "flags", "CPU part", NULL};
	static const char *const memory[] = {"MemTotal", "SwapTotal", NULL};
	static const char *const files[] = {"online", "possible", "present",
		"kernel_max", "cpu0/topology/core_id",
		"cpu0/topology/core_siblings_list",
		"cpu0/topology/thread_siblings",
		"cpu0/topology/physical_package_id", "cpu0/cache/index0/size",
		"cpu0/cache/index2/shared_cpu_list"};
	struct sysinfo info;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	printf("processors to use: %d\n", CPU_COUNT(&cpus));
	printf("processors:");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &cpus))
			printf(" %d", i);
	putchar('\n');
	printf("sysconf NPROCESSORS_ONLN: %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	printf("sysconf NPROCESSORS_CONF: %ld\n", sysconf(_SC_NPROCESSORS_CONF));
	printf("sysconf PHYS_PAGES: %ld\n", sysconf(_SC_PHYS_PAGES));
	print_count("/proc/cpuinfo", "processor");
	print_count("/proc/stat", "cpu");
	print_lines("/proc/cpuinfo", model);
	print_lines("/proc/meminfo", memory);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[200];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s",
			files[i]);
		print_text(path);
	}
	print_text("/sys/devices/system/node/online");
	print_text("/sys/devices/system/node/node0/cpulist");
	sysinfo(&info);
	printf("memory: %lu, swap: %lu\n", info.totalram, info.totalswap);
}

int main(int argc, char **argv)
{
	print_self(argc, argv);
	print_ids();
	print_limits();
	print_maps();
	print_surroundings();
	print_machine();
	return 0;
}
