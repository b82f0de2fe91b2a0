// SPDX-License-Identifier: Apache-2.0
/* Which control group is ours, and may a child of it have limits? */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/group.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const group_controllers[3] = {"memory", "pids", "cpuset"};

#define REMEDY                                                            \
	"systemd-run --user --scope -p Delegate=yes reprise replay ..., " \
	"as root without --user"

static int slurp(const char *root, const char *path, struct strbuf *out)
{
	autostrbuf whole = STRBUF_INIT;

	strbuf_clear(out);
	strbuf_addf(&whole, "%s%s", root, path);
	return fs_slurp_at(AT_FDCWD, whole.s, out);
}

/* The group's path is that of the line "0::PATH". */
static bool find_path(const char *root, char *path, size_t size)
{
	autostrbuf text = STRBUF_INIT;
	const char *line;

	if (slurp(root, "/proc/self/cgroup", &text) < 0)
		return false;
	line = strncmp(text.s, "0::", 3) ? strstr(text.s, "\n0::") : text.s;
	if (!line)
		return false;
	line = strchr(line, '/');
	if (!line)
		return false;
	snprintf(path, size, "%.*s", (int)strcspn(line, "\n"), line);
	return true;
}

/*
 * Where that is, by a mount of the hierarchy: proc_pid_mountinfo(5). The mount
 * can show a part of it only, and so can our namespace ("/../x").
 */
static bool find_directory(
	const char *root, const char *group, char *path, size_t size)
{
	autostrbuf text = STRBUF_INIT;
	char *save = NULL;

	if (strstr(group, "/..") || slurp(root, "/proc/self/mountinfo", &text) < 0)
		return false;
	for (char *line = strtok_r(text.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char part[1024], place[1024];
		size_t n;

		if (!strstr(line, " - cgroup2 ") ||
			sscanf(line, "%*s %*s %*s %1023s %1023s", part, place) !=
				2)
			continue;
		n = strcmp(part, "/") ? strlen(part) : 0;
		if (strncmp(group, part, n) != 0 || (group[n] && group[n] != '/'))
			continue;
		snprintf(path, size, "%s%s%s", root, place,
			strcmp(group + n, "/") ? group + n : "");
		return true;
	}
	return false;
}

bool group_lists(const char *list, const char *controller)
{
	size_t n = strlen(controller);

	for (const char *p = list; (p = strstr(p, controller)); p += n)
		if ((p == list || p[-1] == ' ') &&
			(!p[n] || p[n] == ' ' || p[n] == '\n'))
			return true;
	return false;
}

/* Are all processes in it we? */
static bool is_alone(const char *procs)
{
	for (const char *p = procs; *p; p = strchrnul(p, '\n'), p += !!*p)
		if (atoi(p) != getpid())
			return false;
	return true;
}

__attribute__((format(printf, 3, 4))) static void refuse(
	struct iso_group_support *s, const char *remedy, const char *why, ...)
{
	va_list ap;

	*s = (struct iso_group_support){.remedy = remedy};
	va_start(ap, why);
	vsnprintf(s->why, sizeof(s->why), why, ap);
	va_end(ap);
}

static bool may_change(const char *path)
{
	static const char *const files[] = {
		"", "/cgroup.procs", "/cgroup.subtree_control"};
	char name[1200];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "%s%s", path, files[i]);
		if (access(name, W_OK) < 0)
			return false;
	}
	return true;
}

void group_find(struct iso_group_support *s, const char *root, char *path,
	size_t size, bool *topmost)
{
	bool *const has[] = {&s->memory, &s->processes, &s->cpus};
	autostrbuf text = STRBUF_INIT;
	char group[1024], name[1200];

	*s = (struct iso_group_support){.remedy = NULL};
	*topmost = false;
	if (!find_path(root, group, sizeof(group)) ||
		!find_directory(root, group, path, size)) {
		refuse(s, NULL, "no control group of version 2 is to be seen");
		return;
	}
	snprintf(name, sizeof(name), "%s/cgroup.controllers", path);
	if (fs_slurp_at(AT_FDCWD, name, &text) < 0)
		strbuf_clear(&text);
	for (size_t i = 0; i < 3; i++)
		*has[i] = text.len && group_lists(text.s, group_controllers[i]);
	if (!s->memory && !s->processes) {
		refuse(s, NULL,
			"the control group '%s' has no controllers 'memory' "
			"and 'pids'",
			path);
		return;
	}
	if (!may_change(path)) {
		refuse(s, REMEDY,
			"the control group '%s' is not delegated to this user",
			path);
		return;
	}
	/* Only the topmost one has no type. */
	snprintf(name, sizeof(name), "%s/cgroup.type", path);
	*topmost = access(name, F_OK) < 0;
	snprintf(name, sizeof(name), "%s/cgroup.procs", path);
	strbuf_clear(&text);
	if (!*topmost &&
		(fs_slurp_at(AT_FDCWD, name, &text) < 0 || !is_alone(text.s)))
		refuse(s, REMEDY,
			"other processes are in the control group '%s'", path);
}

void host_support_group(struct iso_group_support *s)
{
	char path[1100];
	bool topmost;

	group_find(s, "", path, sizeof(path), &topmost);
}
