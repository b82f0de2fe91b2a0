// SPDX-License-Identifier: Apache-2.0
/* What this machine allows, found out by trying, each in a child. */
#include "base/arena.h"
#include "base/fs.h"
#include "sandbox/isolation/host_probe.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct probe {
	const char *name;
	void (*run)(struct finding *f);
} probes[] = {
	{"capture", probe_capture},
	{"user-namespaces", probe_user_namespaces},
	{"host-name", probe_host_name},
	{"mounts", probe_mounts},
	{"proc-mount", probe_proc},
	{"overlay-metadata-root", probe_metadata_root},
	{"overlay-cache-root", probe_cache_root},
	{"process-memory", probe_memory},
	{"seccomp-notify", probe_notify},
	{"seccomp-wait-killable", probe_wait_killable},
	{"seccomp-sync-wake-up", probe_sync_wake_up},
	{"ptrace", probe_ptrace},
	{"landlock-scopes", probe_landlock},
	{"cpuid-faulting", probe_cpuid},
	{"id-ranges", probe_id_ranges},
};

void found(struct finding *f, enum support_state state, const char *remedy,
	const char *detail, ...)
{
	va_list ap;

	f->state = state;
	snprintf(f->remedy, sizeof(f->remedy), "%s", remedy ? remedy : "");
	va_start(ap, detail);
	vsnprintf(f->detail, sizeof(f->detail), detail, ap);
	va_end(ap);
}

/* In a child: probes enter namespaces, load filters and may be killed. */
static void run_probe(const struct probe *p, struct finding *f)
{
	autoclose int in = -1;
	int ends[2], status = 0;
	ssize_t n;
	pid_t pid;

	found(f, SUPPORT_UNKNOWN, NULL, "cannot be tried");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	in = ends[0];
	pid = fork();
	if (pid == 0) {
		struct finding mine = {.state = SUPPORT_UNKNOWN};

		p->run(&mine);
		(void)!write(ends[1], &mine, sizeof(mine));
		_exit(0);
	}
	close(ends[1]);
	if (pid < 0)
		return;
	n = fs_read_all(in, f, sizeof(*f));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(*f))
		found(f, SUPPORT_NO, NULL, "the attempt ended with signal %d",
			WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void probe_into(
	struct support *item, const struct probe *p, struct arena *a)
{
	struct finding f;

	run_probe(p, &f);
	*item = (struct support){
		.name = p->name,
		.state = f.state,
		.detail = arena_strdup(a, f.detail),
		.remedy = *f.remedy ? arena_strdup(a, f.remedy) : NULL,
	};
}

static bool allowed(const struct host_support *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->items[i].name, name) == 0)
			return h->items[i].state == SUPPORT_YES;
	return false;
}

void host_support_probe(struct host_support *h, struct arena *a)
{
	const size_t count = sizeof(probes) / sizeof(*probes);

	*h = (struct host_support){
		.items = arena_array(a, count, sizeof(*h->items)),
		.count = count,
	};
	for (size_t i = 0; i < count; i++)
		probe_into(&h->items[i], &probes[i], a);
	h->capture = allowed(h, "capture");
	h->userns = allowed(h, "user-namespaces") && allowed(h, "host-name") &&
		    allowed(h, "mounts") && allowed(h, "proc-mount");
	h->root_a = h->userns && allowed(h, "overlay-metadata-root");
	h->root_b = h->userns && allowed(h, "overlay-cache-root");
}

/* These two enter namespaces and mount: nothing else need be tried first. A
 * /proc that cannot be mounted is the sandbox's own error, with its remedy. */
static const struct probe roots[] = {
	{"overlay-metadata-root", probe_metadata_root},
	{"overlay-cache-root", probe_cache_root},
};

void host_support_root(struct host_support *h, struct arena *a, char root)
{
	*h = (struct host_support){.items = arena_array(a, 2, sizeof(*h->items))};
	for (size_t i = 0; i < 2; i++) {
		if (root && root != "AB"[i])
			continue;
		probe_into(&h->items[h->count++], &roots[i], a);
		if (allowed(h, roots[i].name)) {
			h->userns = true;
			*(i ? &h->root_b : &h->root_a) = true;
			return;
		}
	}
	host_support_probe(h, a);
}

bool host_support_ranges(void)
{
	return ids_can_range();
}
