// SPDX-License-Identifier: Apache-2.0
/*
 * Writes to the file named by its argument which descriptors it was started
 * with: number, file type, access mode, flags.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define MAX 1024

int main(int argc, char **argv)
{
	static int flags[MAX];
	static unsigned type[MAX];
	struct stat st;
	FILE *out;

	for (int fd = 0; fd < MAX; fd++) {
		flags[fd] = fcntl(fd, F_GETFL);
		type[fd] = fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
	}
	out = argc > 1 ? fopen(argv[1], "w") : stdout;
	for (int fd = 0; out && fd < MAX; fd++)
		if (flags[fd] >= 0)
			fprintf(out, "%d %o %o\n", fd, type[fd], flags[fd]);
	return out && fclose(out) == 0 ? 0 : 1;
}
