// SPDX-License-Identifier: Apache-2.0
/*
 * open_threads DIR COUNT: 8 threads open and read every file of make_files.py
 * twice, each thread every eighth one.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 8

static const char *dir;
static int count;
static long long bytes[THREADS];

static void *read_share(void *arg)
{
	long long *total = arg;
	int first = (int)(total - bytes);
	char path[4096], buf[4096];

	for (int i = first; i < 2 * count; i += THREADS) {
		int file = i % count, fd;
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%03d/%06d", dir, file / 1000,
			file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			perror(path);
			exit(1);
		}
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			*total += n;
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	long long total = 0;

	if (argc != 3)
		return 2;
	dir = argv[1];
	count = atoi(argv[2]);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, read_share, &bytes[i]))
			return 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		total += bytes[i];
	}
	printf("bytes %lld\n", total);
	return 0;
}
