// SPDX-License-Identifier: Apache-2.0
/*
 * load DIR WORKERS LIMIT: so many processes open numbered names in DIR as fast
 * as they can, each at most LIMIT; some are files that they make. Each
 * name is printed after it was opened. When the file DIR/stop is there, or all
 * names are used, they end, and this program with status 42. Any error but an
 * absent name ends it with 9.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int work(const char *dir, int worker, int limit)
{
	char name[4096], stop[4096];

	snprintf(stop, sizeof(stop), "%s/stop", dir);
	for (int i = 0; i < limit; i++) {
		int make = i % 16 == 0 && i < 1600 ? O_CREAT : 0, n, fd;

		n = snprintf(name, sizeof(name), "%s/%d-%d\n", dir, worker, i);
		name[n - 1] = 0;
		fd = open(name, O_RDONLY | make, 0644);
		if (fd < 0 && errno != ENOENT)
			return 9;
		close(fd);
		name[n - 1] = '\n';
		if (write(1, name, (size_t)n) != n)
			return 9;
		if (access(stop, F_OK) == 0)
			return 0;
		if (errno != ENOENT)
			return 9;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int status, end = 42;

	if (argc != 4)
		return 2;
	for (int w = 0; w < atoi(argv[2]); w++)
		if (fork() == 0)
			_exit(work(argv[1], w, atoi(argv[3])));
	while (wait(&status) > 0)
		if (status)
			end = 9;
	return end;
}
