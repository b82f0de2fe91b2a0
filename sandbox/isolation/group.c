// SPDX-License-Identifier: Apache-2.0
/* Making a sandbox's control group, entering it, removing it. */
#include "sandbox/isolation/group.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "reprise-"
/* What was killed may take a moment to be gone. */
#define REMOVE_MS 1000

static int put(int dir, const char *name, const char *text)
{
	autoclose int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fs_write_all(fd, text, strlen(text));
}

static int open_dir(int parent, const char *name)
{
	return openat(
		parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A locked child of `parent`. */
static int make_child(int parent, char name[32], struct err *e)
{
	uint64_t nonce;

	for (;;) {
		autoclose int fd = -1;

		if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
			return err_sys(e, "cannot get random bytes");
		snprintf(name, 32, PREFIX "%016" PRIx64, nonce);
		if (mkdirat(parent, name, 0755) < 0)
			return err_sys(e, "cannot make a control group");
		fd = open_dir(parent, name);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
			fs_is_named(parent, name, fd))
			return steal_fd(&fd);
	}
}

/* What killed replays left; one with processes in it stays. */
static void clean(int parent)
{
	int again = open_dir(parent, ".");
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;

	if (!d)
		return;
	while ((ent = readdir(d))) {
		autoclose int fd = -1;

		if (strncmp(ent->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		fd = open_dir(parent, ent->d_name);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(parent, ent->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static bool is_enabled(int own, const char *controller)
{
	autostrbuf text = STRBUF_INIT;

	return fs_slurp_at(own, "cgroup.subtree_control", &text) == 0 &&
	       group_lists(text.s, controller);
}

static int enable(
	struct own_group *g, const struct iso_group_support *has, struct err *e)
{
	const bool wanted[] = {has->memory, has->processes, has->cpus};
	char text[16];

	for (size_t i = 0; i < 3; i++) {
		if (!wanted[i] || is_enabled(g->own, group_controllers[i]))
			continue;
		snprintf(text, sizeof(text), "+%s", group_controllers[i]);
		if (put(g->own, "cgroup.subtree_control", text) < 0)
			return err_sys(e,
				"cannot enable the controller '%s' for a "
				"control group",
				group_controllers[i]);
		g->enabled |= 1u << i;
	}
	return 0;
}

static int limit(const struct own_group *g, const char *name, uint64_t value,
	bool optional, struct err *e)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	if (put(g->dir, name, text) == 0 || (optional && errno == ENOENT))
		return 0;
	return err_sys(e, "cannot set '%s' to %s", name, text);
}

static int limit_cpus(
	const struct own_group *g, const cpu_set_t *cpus, struct err *e)
{
	autostrbuf list = STRBUF_INIT;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, cpus))
			strbuf_addf(&list, "%s%d", list.len ? "," : "", i);
	if (put(g->dir, "cpuset.cpus", list.s) < 0)
		return err_sys(e, "cannot set 'cpuset.cpus' to %s", list.s);
	return 0;
}

static int set_limits(const struct own_group *g, const struct iso_group *want,
	const struct iso_group_support *has, struct err *e)
{
	if (has->memory && want->memory_bytes &&
		limit(g, "memory.max", want->memory_bytes, false, e) < 0)
		return -1;
	/* A kernel may count no swap. */
	if (has->memory && want->memory_bytes &&
		want->swap_bytes != ISO_NO_LIMIT &&
		limit(g, "memory.swap.max", want->swap_bytes, true, e) < 0)
		return -1;
	if (has->processes && want->processes &&
		limit(g, "pids.max", want->processes, false, e) < 0)
		return -1;
	return has->cpus && want->cpus ? limit_cpus(g, want->cpus, e) : 0;
}

int group_make(struct own_group *g, const struct isolation *iso, struct err *e)
{
	struct iso_group_support has;
	char path[1100];
	bool topmost;

	*g = (struct own_group)GROUP_INIT;
	if (FAULT("isolation.group"))
		return err_sys(e, "injected fault");
	if (!iso->group.memory_bytes && !iso->group.processes)
		return 0;
	group_find(&has, "", path, sizeof(path), &topmost);
	if (*has.why)
		return 0;
	g->own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->own < 0)
		return err_sys(e, "cannot open '%s'", path);
	clean(g->own);
	g->dir = make_child(g->own, g->name, e);
	if (g->dir < 0)
		return -1;
	if (!topmost) {
		g->caller = make_child(g->own, g->caller_name, e);
		if (g->caller < 0)
			return -1;
		if (put(g->caller, "cgroup.procs", "0") < 0)
			return err_sys(e, "cannot enter a control group");
	}
	if (enable(g, &has, e) < 0)
		return -1;
	return set_limits(g, &iso->group, &has, e);
}

int group_enter(const struct own_group *g, pid_t pid, struct err *e)
{
	char text[16];

	if (g->dir < 0)
		return 0;
	snprintf(text, sizeof(text), "%d", (int)pid);
	if (put(g->dir, "cgroup.procs", text) < 0)
		return err_sys(
			e, "cannot put the sandbox into its control group");
	return 0;
}

static void remove_child(int parent, const char *name)
{
	for (int ms = 0; ms < REMOVE_MS; ms++) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
			return;
		usleep(1000);
	}
}

/* With what it has forked and that lives on: who has watched the sandbox. */
static int leave(const struct own_group *g)
{
	autostrbuf text = STRBUF_INIT;
	char *save = NULL;

	if (fs_slurp_at(g->caller, "cgroup.procs", &text) < 0)
		return -1;
	for (char *pid = strtok_r(text.s, "\n", &save); pid;
		pid = strtok_r(NULL, "\n", &save))
		if (put(g->own, "cgroup.procs", pid) < 0 && errno != ESRCH)
			return -1;
	return 0;
}

void group_let_go(struct own_group *g)
{
	fs_autoclose(&g->caller);
	fs_autoclose(&g->dir);
	fs_autoclose(&g->own);
}

void group_remove(struct own_group *g)
{
	char text[16];

	if (g->own < 0)
		return;
	if (g->dir >= 0) {
		/* Linux 5.14; all of it has ended with its init anyway. */
		put(g->dir, "cgroup.kill", "1");
		remove_child(g->own, g->name);
	}
	/* The topmost one's children can belong to others by now. */
	for (size_t i = 0; i < 3 && g->caller >= 0; i++) {
		if (!(g->enabled >> i & 1))
			continue;
		snprintf(text, sizeof(text), "-%s", group_controllers[i]);
		put(g->own, "cgroup.subtree_control", text);
	}
	if (g->caller >= 0 && leave(g) == 0)
		remove_child(g->own, g->caller_name);
	group_let_go(g);
}
