// SPDX-License-Identifier: Apache-2.0
/* What the plan needs to know of this host. */
#include "replay/host.h"

#include "base/arena.h"
#include "base/fs.h"
#include "replay/cpu_view.h"
#include "replay/plan.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static const char *cpu_model(struct arena *a)
{
	autofile *f = fopen("/proc/cpuinfo", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		char *value = strstr(line, ": ");

		if (strncmp(line, "model name", 10) != 0 || !value)
			continue;
		value[strcspn(value, "\n")] = 0;
		return arena_strdup(a, value + 2);
	}
	return NULL;
}

static bool may_make_nodes(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t on = CAP_CLEAR;

	if (caps)
		cap_get_flag(caps, CAP_MKNOD, CAP_EFFECTIVE, &on);
	cap_free(caps);
	return on == CAP_SET;
}

static void look_at_cpus(struct host_view *h)
{
	autofile *f = fopen("/sys/devices/system/cpu/online", "re");
	char line[512] = "";

	if (sched_getaffinity(0, sizeof(h->cpus), &h->cpus) < 0)
		CPU_ZERO(&h->cpus);
	if (f && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = 0;
	if (!*line || cpu_list_parse(line, &h->online) < 0)
		CPU_ZERO(&h->online);
}

static void look_at_memory(struct host_view *h)
{
	struct timespec up, now;
	struct sysinfo info;

	if (sysinfo(&info) == 0)
		h->memory_bytes = (int64_t)(info.totalram * info.mem_unit);
	if (clock_gettime(CLOCK_BOOTTIME, &up) == 0 &&
		clock_gettime(CLOCK_REALTIME, &now) == 0)
		h->boot_time =
			now.tv_sec - up.tv_sec - (now.tv_nsec < up.tv_nsec);
}

static int64_t number_of(const char *path)
{
	autofile *f = fopen(path, "re");
	int64_t n;

	return f && fscanf(f, "%" SCNd64, &n) == 1 ? n : 0;
}

/* proc_sys_kernel(5): the lesser of both holds. */
static void look_at_processes(struct host_view *h)
{
	int64_t pids = number_of("/proc/sys/kernel/pid_max");
	int64_t threads = number_of("/proc/sys/kernel/threads-max");

	h->process_max = pids && pids < threads ? pids : threads;
	host_support_group(&h->group);
}

static void look_at_device(struct host_device *d, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	d->exists = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
	d->is_block = S_ISBLK(st.st_mode);
	d->major = major(st.st_rdev);
	d->minor = minor(st.st_rdev);
}

static const struct support *refused(
	const struct host_support *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].state == SUPPORT_NO &&
			!strcmp(s->items[i].name, name))
			return &s->items[i];
	return NULL;
}

/* The first thing that is in the way of this root or, for 0, of both, with its
 * remedy: another cache is easier to have than another kernel. */
static const char *root_detail(
	struct arena *a, const struct host_support *s, char strategy)
{
	const char *const names[] = {"user-namespaces", "host-name", "mounts",
		"proc-mount",
		strategy == 'A' ? "overlay-metadata-root" : "overlay-cache-root"};
	const struct support *item = NULL;
	const struct support *kernel =
		strategy ? NULL : refused(s, "overlay-metadata-root");
	const size_t count = sizeof(names) / sizeof(*names);
	size_t i = 0;

	while (!item && i < count)
		item = refused(s, names[i++]);
	if (!item)
		return NULL;
	if (i < count || !kernel || !kernel->remedy || !item->remedy)
		return arena_printf(a, "%s: %s%s%s", item->name,
			item->detail ? item->detail : "no",
			item->remedy ? "; " : "",
			item->remedy ? item->remedy : "");
	return arena_printf(a, "%s: %s; %s, or have %s", item->name,
		item->detail ? item->detail : "no", item->remedy, kernel->remedy);
}

/* As proc_pid_mountinfo(5) has it: blanks and backslashes in octal. */
static char *unescape(char *s)
{
	char *to = s;

	for (char *p = s; *p; p++)
		if (*p == '\\' && p[1] && p[2] && p[3]) {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 |
				       (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	*to = 0;
	return s;
}

static void read_mounts(struct strlist *out, struct arena *a)
{
	autofile *f = fopen("/proc/self/mountinfo", "re");
	autofree char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		char *s = line, *save = NULL;

		for (int i = 0; i < 5 && s; i++)
			s = strtok_r(i ? NULL : line, " ", &save);
		if (s)
			*ARENA_PUSH(a, out->items, out->count) =
				arena_strdup(a, unescape(s));
	}
}

void host_look(struct host_view *h, struct arena *a, const struct manifest *m,
	char strategy)
{
	struct host_support support;
	struct utsname u;

	*h = (struct host_view){.cpu_model = cpu_model(a)};
	host_support_root(&support, a, strategy);
	h->root_a = support.root_a;
	h->root_b = support.root_b;
	h->root_detail = root_detail(a, &support, strategy);
	h->ranges = host_support_ranges();
	read_mounts(&h->mounts, a);
	h->device_nodes = h->ranges && may_make_nodes();
	look_at_cpus(h);
	look_at_memory(h);
	look_at_processes(h);
	if (uname(&u) == 0)
		h->kernel = arena_strdup(a, u.release);
	h->devices = arena_array(a, m->devices.count + 1, sizeof(*h->devices));
	for (size_t i = 0; i < m->devices.count; i++)
		look_at_device(&h->devices[i], m->devices.items[i].path);
	gpu_host_read(&h->gpu, a, "", m, h->ranges);
}
