// SPDX-License-Identifier: Apache-2.0
/*
 * gpu WORD...: what a program sees of GPUs.
 *	cuda      its devices by libcuda.so.1
 *	jit       code is compiled for them
 *	nodes     the names of nodes in /dev that are no standard ones
 *	proc      what /proc/driver/nvidia shows
 *	env:NAME  the variable
 *	open:PATH whether the node opens
 *	=TEXT     into the file "out"
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void cuda(void)
{
	void *lib = dlopen("libcuda.so.1", RTLD_NOW);
	int (*init)(unsigned), (*count)(int *), (*name)(char *, int, int), n = 0;
	Dl_info info;
	char text[128], *path;
	int r;

	if (!lib) {
		printf("cuda: no library\n");
		return;
	}
	*(void **)&init = dlsym(lib, "cuInit");
	*(void **)&count = dlsym(lib, "cuDeviceGetCount");
	*(void **)&name = dlsym(lib, "cuDeviceGetName");
	r = init(0);
	count(&n);
	path = dladdr(dlsym(lib, "cuInit"), &info)
		       ? realpath(info.dli_fname, NULL)
		       : NULL;
	printf("cuda: init %d, devices %d, %s\n", r, n,
		path ? strrchr(path, '/') + 1 : "?");
	free(path);
	for (int i = 0; i < n; i++)
		if (!name(text, sizeof(text), i))
			printf("%d: %s\n", i, text);
}

static void jit(void)
{
	void *lib = dlopen("libcuda.so.1", RTLD_NOW), *module;
	int (*load)(void **, const void *);

	*(void **)&load = lib ? dlsym(lib, "cuModuleLoadData") : NULL;
	printf("jit: %d\n", load ? load(&module, "") : -1);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

/* Names below a directory, "name/" for one, with nodes' numbers. */
static void list(const char *dir, const char *const *without)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, by_name);

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		char path[600];
		struct stat st;
		int skip = name[0] == '.';

		for (const char *const *w = without; w && *w; w++)
			skip |= !strcmp(*w, name);
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (skip || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			list(path, NULL);
		else
			printf("%s\n", path);
	}
}

static void proc(void)
{
	char line[256];
	FILE *f = fopen("/proc/driver/nvidia/params", "re");

	list("/proc/driver", NULL);
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "ModifyDeviceFiles", 17))
			fputs(line, stdout);
}

static void try_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	/* A node that stands for a right can only be read. */
	if (fd < 0 && errno == EACCES)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	/* A node whose driver is not there gives ENXIO. */
	printf("%s: %s\n", path,
		fd >= 0 || errno == ENXIO ? "opens" : strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void write_out(const char *text)
{
	FILE *f = fopen("out", "we");

	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f) < 0)
		exit(1);
}

int main(int argc, char **argv)
{
	static const char *const standard[] = {"fd", "full", "mqueue", "null",
		"ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
		"tty", "urandom", "zero", NULL};

	for (int i = 1; i < argc; i++) {
		const char *w = argv[i], *value;

		if (!strcmp(w, "cuda")) {
			cuda();
		} else if (!strcmp(w, "jit")) {
			jit();
		} else if (!strcmp(w, "nodes")) {
			list("/dev", standard);
		} else if (!strcmp(w, "proc")) {
			proc();
		} else if (!strncmp(w, "env:", 4)) {
			value = getenv(w + 4);
			printf("%s=%s\n", w + 4, value ? value : "(not set)");
		} else if (!strncmp(w, "open:", 5)) {
			try_open(w + 5);
		} else if (w[0] == '=') {
			write_out(w + 1);
		} else {
			fprintf(stderr, "gpu: unknown word '%s'\n", w);
			return 2;
		}
	}
	return 0;
}
