// SPDX-License-Identifier: Apache-2.0
/* What proc(5) tells of a process that is not ours to wait for. */
#include "base/fs.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_file(pid_t pid, const char *name, char *buf, size_t cap)
{
	char path[64];
	autoclose int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, cap - 1);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

/* What stands `n` fields after the one before which `p` is the space. */
static const char *next_field(const char *p, int n)
{
	while (p && n--)
		p = strchr(p + 1, ' ');
	return p ? p + 1 : NULL;
}

/* Field `n` of /proc/PID/stat, counted as proc(5) does, from 3 on; NULL. */
static const char *stat_field(pid_t pid, int n, char *buf, size_t cap)
{
	char *p;

	if (read_file(pid, "stat", buf, cap) <= 0)
		return NULL;
	/* The name may hold anything, ") " included. */
	p = strrchr(buf, ')');
	return next_field(p, n - 2);
}

char watch_process_state(pid_t pid)
{
	char buf[1024];
	const char *p = stat_field(pid, 3, buf, sizeof(buf));

	return p && *p ? *p : '?';
}

uint64_t watch_process_cpu(pid_t pid)
{
	char buf[1024], *end;
	const char *p = stat_field(pid, 14, buf, sizeof(buf));
	uint64_t user = p ? strtoull(p, &end, 10) : 0;

	return p ? user + strtoull(end, NULL, 10) : 0;
}

bool watch_process_ended(pid_t pid, int *status)
{
	char buf[1024];
	const char *p = stat_field(pid, 3, buf, sizeof(buf));

	if (!p || *p != 'Z')
		return false;
	/* Of the same look. */
	p = next_field(p - 1, 52 - 3);
	*status = p ? atoi(p) : 0;
	return p != NULL;
}

bool watch_process_pending(pid_t pid, int sig)
{
	char buf[4096];
	const char *p;

	if (read_file(pid, "status", buf, sizeof(buf)) <= 0)
		return false;
	p = strstr(buf, "\nShdPnd:");
	return p && (strtoull(p + 8, NULL, 16) >> (sig - 1) & 1);
}
