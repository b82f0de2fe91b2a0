// SPDX-License-Identifier: Apache-2.0
/*
 * One process reads a file for the first time while another one is about to
 * destroy it. Who comes first is open; what was read must be in the record, or
 * its loss must be named. See matrix.h.
 */
#include "matrix.h"

#include <stdatomic.h>

#define FILES 40

static void name_of(char name[32], int i)
{
	snprintf(name, 32, "d/file%d", i);
}

static void prepare_files(void)
{
	char name[32];

	for (int i = 0; i < FILES; i++) {
		name_of(name, i);
		prepare_file(name);
	}
}

/* Both wait for each other before each file. */
static void meet(_Atomic int *at, int i)
{
	atomic_fetch_add(at, 1);
	while (atomic_load(at) < 2 * (i + 1))
		sched_yield();
}

static void reads(int i)
{
	char name[32], old[600], buf[600] = "";
	int fd;

	name_of(name, i);
	snprintf(old, sizeof(old), "%s: what %s held\n", cell_name, name);
	fd = open(name, O_RDONLY);
	if (fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0 && !strcmp(buf, old))
		say("raced", name, buf);
	else
		say("torn", name, "");
	close(fd);
}

static void race(void (*destroys)(const char *name))
{
	_Atomic int *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	for (int i = 0; i < FILES; i++) {
		char name[32];

		name_of(name, i);
		meet(at, i);
		/* Not always the same one first. */
		for (volatile int k = (i * 37) % 400; k > 0; k--)
			;
		if (pid)
			reads(i);
		else
			destroys(name);
	}
	if (pid == 0)
		_exit(0);
	wait_for(pid);
}

static void empty(const char *name)
{
	close(open(name, O_WRONLY | O_TRUNC));
}

static void removing(const char *name)
{
	unlink(name);
}

static void replacing(const char *name)
{
	put("tmp", NEW, "NEW");
	rename("tmp", name);
}

static void writing(const char *name)
{
	put(name, O_WRONLY, "NEW");
}

static void moving(const char *name)
{
	char to[64];

	snprintf(to, sizeof(to), "%s.moved", name);
	rename(name, to);
}

static void emptied(void)
{
	race(empty);
}

static void removed(void)
{
	race(removing);
}

static void replaced(void)
{
	race(replacing);
}

static void written(void)
{
	race(writing);
}

static void moved(void)
{
	race(moving);
}

#define CELL(f)                      \
	{                            \
#f, f, prepare_files \
	}

const struct cell cells[] = {
	CELL(emptied),
	CELL(removed),
	CELL(replaced),
	CELL(written),
	CELL(moved),
	{NULL, NULL, NULL},
};
