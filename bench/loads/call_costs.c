// SPDX-License-Identifier: Apache-2.0
/*
 * call_costs DIR COUNT: what one call costs in a tight loop, as
 * "NAME NANOSECONDS" a line. DIR holds COUNT files of make_files.py.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *dir;

static void name_file(char *path, size_t size, int i)
{
	snprintf(path, size, "%s/%03d/%06d", dir, i / 1000, i);
}

static void open_same(int i)
{
	char path[4096];

	name_file(path, sizeof(path), 0);
	close(open(path, O_RDONLY | O_CLOEXEC));
}

static void open_each(int i)
{
	char path[4096];

	name_file(path, sizeof(path), i);
	close(open(path, O_RDONLY | O_CLOEXEC));
}

static void stat_same(int i)
{
	struct stat st;

	stat("/", &st);
}

static void open_absent(int i)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/absent.%d", dir, i);
	open(path, O_RDONLY | O_CLOEXEC);
}

static void not_watched(int i)
{
	getppid();
}

static const struct {
	const char *name;
	void (*call)(int i);
} calls[] = {
	{"getppid (not watched)", not_watched},
	{"stat of a known path", stat_same},
	{"open of a known file", open_same},
	{"open of a file, first time", open_each},
	{"open of a file, again", open_each},
	{"open of an absent path, first time", open_absent},
};

int main(int argc, char **argv)
{
	struct timespec a, b;
	int count;

	if (argc != 3)
		return 2;
	dir = argv[1];
	count = atoi(argv[2]);
	for (size_t c = 0; c < sizeof(calls) / sizeof(*calls); c++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int i = 0; i < count; i++)
			calls[c].call(i);
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("%s\t%.0f\n", calls[c].name,
			((b.tv_sec - a.tv_sec) * 1e9 +
				(double)(b.tv_nsec - a.tv_nsec)) /
				count);
	}
	return 0;
}
