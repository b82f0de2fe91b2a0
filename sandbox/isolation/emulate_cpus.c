// SPDX-License-Identifier: Apache-2.0
/*
 * sched_getaffinity(2) and sched_setaffinity(2) in the numbers of the record.
 * The kernel keeps each task's choice, in this host's numbers, and hands it on
 * to children; where each recorded processor is another one of this host's, it
 * can be read back from that. Where several are one (more recorded than there
 * are), what a task chose is kept here, too, for it and its descendants.
 */
#include "sandbox/isolation/emulate.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Choices that are kept; the oldest are forgotten first. */
#define CHOICES_MAX 4096
/* Ancestors that are asked for a choice. */
#define ANCESTORS_MAX 32

/* A number in /proc/PID/status: the last one on the line. 0 when there is
 * none. */
static pid_t status_number(const char *text, const char *key)
{
	const char *p = strstr(text, key), *end;

	if (!p)
		return 0;
	end = strchrnul(p + 1, '\n');
	while (end > p && end[-1] >= '0' && end[-1] <= '9')
		end--;
	return (pid_t)strtol(end, NULL, 10);
}

static int read_status(const char *dir, const char *name, struct strbuf *out)
{
	char path[300];

	strbuf_clear(out);
	snprintf(path, sizeof(path), "%s/%s/status", dir, name);
	return fs_slurp(path, out) < 0 || !out->s ? -1 : 0;
}

static bool pid_namespace(const char *name, char link[64])
{
	char path[300];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/ns/pid", name);
	n = readlink(path, link, 63);
	link[n < 0 ? 0 : n] = 0;
	return n >= 0;
}

static bool is_beside(const char *name, const char *ours)
{
	char link[64];

	return pid_namespace(name, link) && !strcmp(link, ours);
}

/* The task below `dir` that the sandbox knows by the number `inner`; 0. */
static pid_t find_task(const char *dir, pid_t inner, const char *ns)
{
	DIR *d = opendir(dir);
	autostrbuf text = STRBUF_INIT;
	struct dirent *ent;
	pid_t found = 0;

	while (d && !found && (ent = readdir(d)))
		if (ent->d_name[0] >= '1' && ent->d_name[0] <= '9' &&
			read_status(dir, ent->d_name, &text) == 0 &&
			status_number(text.s, "\nNSpid:") == inner &&
			(!ns || is_beside(ent->d_name, ns)))
			found = atoi(ent->d_name);
	if (d)
		closedir(d);
	return found;
}

/*
 * What the sandbox calls `inner`, in our own numbers. Libraries ask about the
 * calling thread, by 0 or by its number; all else takes a search. 0: none.
 */
static pid_t task_of(const struct emulator *em, pid_t caller, pid_t inner)
{
	autostrbuf text = STRBUF_INIT;
	char name[16], dir[64], link[64];
	pid_t found;

	if (inner <= 1) /* of init nothing can be read: it is not dumpable */
		return inner < 0 ? 0 : inner ? em->init : caller;
	snprintf(name, sizeof(name), "%d", (int)caller);
	if (read_status("/proc", name, &text) == 0 &&
		status_number(text.s, "\nNSpid:") == inner)
		return caller;
	snprintf(dir, sizeof(dir), "/proc/%s/task", name);
	found = find_task(dir, inner, NULL);
	if (found)
		return found;
	return pid_namespace(name, link) ? find_task("/proc", inner, link) : 0;
}

static cpu_set_t to_host(const struct iso_emulation *what, const cpu_set_t *shown)
{
	cpu_set_t real;

	CPU_ZERO(&real);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, shown))
			CPU_SET(what->host[i], &real);
	return real;
}

static cpu_set_t from_host(const struct iso_emulation *what, const cpu_set_t *real)
{
	cpu_set_t shown;

	CPU_ZERO(&shown);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &what->allowed) && CPU_ISSET(what->host[i], real))
			CPU_SET(i, &shown);
	return shown;
}

static const struct emulated_choice *choice_of(
	const struct emulator *em, pid_t tid, const cpu_set_t *real)
{
	for (size_t i = em->choice_count; i > 0; i--)
		if (em->choices[i - 1].tid == tid &&
			CPU_EQUAL(&em->choices[i - 1].real, real))
			return &em->choices[i - 1];
	return NULL;
}

/* The task's own, its process's or the nearest ancestor's. */
static const struct emulated_choice *find_choice(
	const struct emulator *em, pid_t tid, const cpu_set_t *real)
{
	const struct emulated_choice *c = choice_of(em, tid, real);
	autostrbuf text = STRBUF_INIT;
	char name[16];

	for (int i = 0; !c && em->choice_count && i < ANCESTORS_MAX; i++) {
		pid_t leader;

		snprintf(name, sizeof(name), "%d", (int)tid);
		if (read_status("/proc", name, &text) < 0)
			return NULL;
		leader = status_number(text.s, "\nTgid:");
		tid = leader != tid ? leader : status_number(text.s, "\nPPid:");
		if (tid <= 1)
			return NULL;
		c = choice_of(em, tid, real);
	}
	return c;
}

static void keep_choice(struct emulator *em, const struct emulated_choice *c)
{
	size_t k = 0;

	if (!em->choices)
		em->choices = xcalloc(CHOICES_MAX, sizeof(*em->choices));
	while (k < em->choice_count && em->choices[k].tid != c->tid)
		k++;
	if (k == CHOICES_MAX)
		k = 0;
	if (k < em->choice_count)
		memmove(&em->choices[k], &em->choices[k + 1],
			(--em->choice_count - k) * sizeof(*c));
	em->choices[em->choice_count++] = *c;
}

int emulate_getaffinity(struct emulator *em, const struct seccomp_notif *n)
{
	const struct iso_emulation *what = em->what;
	pid_t tid = task_of(em, (pid_t)n->pid, (pid_t)n->data.args[0]);
	size_t len = (unsigned)n->data.args[1];
	const struct emulated_choice *c = NULL;
	cpu_set_t real, shown;
	int error;

	/* As kernel/sched/syscalls.c checks them. */
	if (len * 8 < (size_t)what->width || len % sizeof(long))
		return -EINVAL;
	if (!tid || sched_getaffinity(tid, sizeof(real), &real) < 0)
		return EMULATE_NOT;
	if (em->shared)
		c = find_choice(em, tid, &real);
	/* Who never chose has what the command began with. */
	shown = c                                     ? c->shown
		: CPU_EQUAL(&real, &what->start_real) ? what->start
						      : from_host(what, &real);
	len = len < what->mask_bytes ? len : what->mask_bytes;
	error = emulate_write(em, n, n->data.args[2], &shown, len);
	return error ? error : (int)len;
}

int emulate_setaffinity(struct emulator *em, const struct seccomp_notif *n)
{
	const struct iso_emulation *what = em->what;
	pid_t tid = task_of(em, (pid_t)n->pid, (pid_t)n->data.args[0]);
	size_t len = (unsigned)n->data.args[1];
	struct emulated_choice c = {.tid = tid};
	int error;

	len = len < what->mask_bytes ? len : what->mask_bytes;
	error = emulate_read(em, n, n->data.args[2], &c.shown, len);
	if (error || !tid)
		return error ? error : EMULATE_NOT;
	CPU_AND(&c.shown, &c.shown, &what->allowed);
	if (!CPU_COUNT(&c.shown))
		return -EINVAL;
	c.real = to_host(what, &c.shown);
	/* Were the caller gone, its number could be one outside by now. */
	if (!emulate_waits(em, n))
		return EMULATE_NOT;
	if (sched_setaffinity(tid, sizeof(c.real), &c.real) < 0)
		return -errno;
	if (em->shared)
		keep_choice(em, &c);
	return 0;
}
