// SPDX-License-Identifier: Apache-2.0
/* Limits in /sys/fs/cgroup, found through /proc/self/cgroup. */
#include "host/cgroup.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Version 1 says "no limit" by the largest multiple of a page. */
#define NO_LIMIT (INT64_MAX - 0xffff)

/* Where the files of one controller are. */
struct group {
	const char *root;
	char *mount; /* "/sys/fs/cgroup" or "/sys/fs/cgroup/cpu,cpuacct" */
	char *path;  /* "/a/b", "/" is "" */
	bool v2;
};

/* Is `name` one of the comma-separated `list` of `n` bytes? */
static bool in_list(const char *list, size_t n, const char *name)
{
	size_t len = strlen(name), k;

	for (size_t i = 0; i < n; i += k + 1) {
		k = strcspn(list + i, ",:");
		if (k == len && memcmp(list + i, name, len) == 0)
			return true;
	}
	return false;
}

/*
 * Lines are "ID:CONTROLLERS:PATH"; those of version 2 have the id 0 and no
 * controllers. A hierarchy of version 1 that has the controller comes first:
 * then version 2 does not have it.
 */
static bool find_group(struct group *g, struct arena *a, const char *root,
	const char *controller)
{
	autostrbuf text = STRBUF_INIT;
	bool found = false;

	*g = (struct group){.root = root};
	if (host_slurp(root, "/proc/self/cgroup", &text) < 0)
		return false;
	for (const char *p = text.s; p && *p; p = strchr(p, '\n'), p += !!p) {
		const char *list = strchr(p, ':');
		const char *path = list ? strchr(list + 1, ':') : NULL;
		size_t n = path ? (size_t)(path - list) - 1 : 0;
		bool v2 = path && n == 0;

		if (!path || path[1] != '/' || (v2 && found) ||
			(!v2 && !in_list(list + 1, n, controller)))
			continue;
		found = true;
		g->v2 = v2;
		g->mount = v2 ? arena_strdup(a, "/sys/fs/cgroup")
			      : arena_printf(a, "/sys/fs/cgroup/%.*s", (int)n,
					list + 1);
		g->path = arena_memdup(a, path + 1, strcspn(path + 1, "\n"));
		if (!g->path[1])
			g->path[0] = 0;
		if (!v2)
			return true;
	}
	return found;
}

/*
 * One level up. A group that cannot be seen from in here (a container without
 * a namespace of its own) is passed over on the way to the mount itself.
 */
static bool go_up(struct group *g)
{
	char *slash = strrchr(g->path, '/');

	if (!slash)
		return false;
	*slash = 0;
	return true;
}

static char *in_group(struct arena *a, const struct group *g, const char *file)
{
	return arena_printf(a, "%s%s/%s", g->mount, g->path, file);
}

/* One group's quota becomes the limit when it is the tighter one. */
static void take_quota(struct m_cpu_limit *l, long long quota, long long period)
{
	if (quota <= 0 || period <= 0)
		return;
	if (l->quota_us != ABSENT && (double)l->quota_us / (double)l->period_us <=
					     (double)quota / (double)period)
		return;
	l->quota_us = quota;
	l->period_us = period;
}

static void read_quota(struct m_cpu_limit *l, struct arena *a, struct group *g)
{
	long long quota = 0, period = 0;
	char *line;

	do {
		if (!g->v2) {
			take_quota(l,
				host_number(g->root,
					in_group(a, g, "cpu.cfs_quota_us")),
				host_number(g->root,
					in_group(a, g, "cpu.cfs_period_us")));
			continue;
		}
		/* "max 100000" has no quota. */
		line = host_line(a, g->root, in_group(a, g, "cpu.max"));
		if (line && sscanf(line, "%lld %lld", &quota, &period) == 2)
			take_quota(l, quota, period);
	} while (go_up(g));
}

static void read_cpuset(struct m_cpu_limit *l, struct arena *a, struct group *g)
{
	/* What is effective has those of the groups above in it already. */
	static const char *const files[] = {"cpuset.cpus.effective",
		"cpuset.effective_cpus", "cpuset.cpus"};

	do {
		for (size_t i = 0; i < 3 && !l->cpuset; i++) {
			char *line =
				host_line(a, g->root, in_group(a, g, files[i]));

			if (host_list_count(line) != ABSENT)
				l->cpuset = line;
		}
	} while (!l->cpuset && go_up(g));
}

void cgroup_read_cpu(struct m_cpu_limit *l, struct arena *a, const char *root)
{
	autoarena *scratch = arena_new();
	struct group g;

	l->quota_us = l->period_us = l->version = ABSENT;
	if (find_group(&g, scratch, root, "cpu")) {
		l->version = g.v2 ? 2 : 1;
		read_quota(l, scratch, &g);
	}
	if (find_group(&g, scratch, root, "cpuset"))
		read_cpuset(l, scratch, &g);
	l->cpuset = arena_strdup(a, l->cpuset);
}

static void take_least(int64_t *limit, int64_t n)
{
	if (n >= 0 && n < NO_LIMIT && (*limit == ABSENT || n < *limit))
		*limit = n;
}

void cgroup_read_memory(struct m_memory *m, const char *root)
{
	autoarena *a = arena_new();
	int64_t both;
	struct group g;

	m->cgroup_limit_bytes = m->cgroup_swap_limit_bytes = ABSENT;
	if (!find_group(&g, a, root, "memory"))
		return;
	do {
		if (g.v2) {
			take_least(&m->cgroup_limit_bytes,
				host_number(root, in_group(a, &g, "memory.max")));
			take_least(&m->cgroup_swap_limit_bytes,
				host_number(root,
					in_group(a, &g, "memory.swap.max")));
			continue;
		}
		take_least(&m->cgroup_limit_bytes,
			host_number(root,
				in_group(a, &g, "memory.limit_in_bytes")));
		/* Version 1 limits the sum of both. */
		both = host_number(
			root, in_group(a, &g, "memory.memsw.limit_in_bytes"));
		if (both >= m->cgroup_limit_bytes &&
			m->cgroup_limit_bytes != ABSENT && both < NO_LIMIT)
			take_least(&m->cgroup_swap_limit_bytes,
				both - m->cgroup_limit_bytes);
	} while (go_up(&g));
}
