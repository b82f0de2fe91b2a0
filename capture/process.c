// SPDX-License-Identifier: Apache-2.0
/* Processes: what each exec ran, from whom, and what no open shows of it. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/arguments.h"
#include "capture/context.h"
#include "capture/secrets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct identity {
	pid_t tgid, ppid;
};

/* From /proc/TID/status; -1 when the task is gone. */
static int identify(pid_t tid, struct identity *id)
{
	char path[64], buf[4096], *p;
	autoclose int fd = -1;
	ssize_t n;

	memset(id, 0, sizeof(*id));
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (n <= 0)
		return -1;
	buf[n] = 0;
	p = strstr(buf, "\nTgid:");
	id->tgid = p ? atoi(p + 6) : tid;
	p = strstr(buf, "\nPPid:");
	id->ppid = p ? atoi(p + 6) : 0;
	return 0;
}

/* The process that a task belongs to: its own latest exec, or that of the
 * nearest ancestor that has one. */
static struct process *find(struct capture *cap, pid_t tid)
{
	struct process *p = record_find_process(&cap->rec, tid);
	struct identity id;

	for (int depth = 0; !p && depth < 64; depth++) {
		if (identify(tid, &id) < 0)
			break;
		p = record_find_process(&cap->rec, id.tgid);
		tid = id.ppid;
		if (!p && tid)
			p = record_find_process(&cap->rec, tid);
		if (tid <= 1)
			break;
	}
	if (!p && cap->rec.process_count)
		p = cap->rec.processes[0];
	return p;
}

uint32_t process_of(struct capture *cap, pid_t tid)
{
	struct process *p = find(cap, tid);

	return p ? p->index : 0;
}

void process_exit(struct capture *cap, pid_t tid, int code)
{
	struct process *p = record_find_process(&cap->rec, tid);
	struct identity id;

	if (!p && identify(tid, &id) == 0 && id.tgid != tid)
		p = record_find_process(&cap->rec, id.tgid);
	if (p && p->m.exit_code == ABSENT)
		record_exit(&cap->rec, p, code);
	else
		record_fork(&cap->rec);
}

static void added_variables(struct capture *cap, const struct strlist *env,
	struct arena *a, struct strlist *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < env->count; i++) {
		const char *v = env->items[i], *eq = strchr(v, '=');
		char *name;

		if (map_gets(&cap->command_env, v))
			continue;
		name = arena_memdup(a, v, eq ? (size_t)(eq - v) : strlen(v));
		*ARENA_PUSH(a, out->items, out->count) =
			eq && secret_variable(name, eq + 1, &cap->opt->redact)
				? name
				: (char *)v;
	}
}

/* Would execve find something to run? The call's result is not seen. */
static bool runs(const struct place *p)
{
	return p->st.exists && !p->beyond && S_ISREG(p->st.mode) &&
	       (p->st.mode & 0111);
}

static void note_setuid(struct capture *cap, const struct place *p)
{
	if (p->st.mode & (S_ISUID | S_ISGID) && geteuid() != 0)
		record_gap(&cap->rec, "setuid", p->path,
			"set-user-id program: it ran without gaining "
			"privilege, because the watch sets no_new_privs");
}

/* What will run, with all that runs it; false: nothing will. */
static bool find_program(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch, struct place *p)
{
	const struct touch *t = &d->touches[0];
	const char *key = NULL;
	struct touched *row;

	if (resolver_one_view(cap->resolver) && seen_may(t) && !d->check_only)
		key = seen_key(t, c->tid, scratch);
	/* Build systems and shells run the same programs over and over. */
	if (key && seen_program(&cap->seen, key, p))
		return true;
	if (resolve(cap->resolver, c->tid, t, scratch, p) < 0)
		return false;
	row = touch_place(
		cap, p, runs(p) && !d->check_only ? ACCESS_X : ACCESS_S);
	if (d->check_only)
		return false;
	/* A program that the run has removed is known by what it was. */
	if (!p->path && row)
		p->path = row->path;
	if (!p->path && p->st.exists)
		record_gap(&cap->rec, "anonymous-program", NULL,
			"a program without a name (memfd_create) was executed: "
			"its content is not recorded");
	if (!p->path || !runs(p))
		return false;
	note_setuid(cap, p);
	if (program_touch(cap, c->tid, p, scratch) && key && !p->by_proc &&
		row && row->now == row->path)
		seen_add_program(&cap->seen, key, p);
	return true;
}

void process_exec(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch)
{
	struct m_process m = {0};
	struct strlist argv, env;
	struct identity id;
	struct process *parent;
	struct place p;
	char link[64];
	bool hidden = false;

	if (!d->count || !find_program(cap, c, d, scratch, &p) ||
		identify(c->tid, &id) < 0)
		return;
	arguments_read(c, d->argv, d->envp, scratch, &argv, &env);
	m.executable = (char *)p.path;
	snprintf(link, sizeof(link), "/proc/%d/cwd", c->tid);
	m.cwd = fs_readlink(scratch, AT_FDCWD, link);
	secret_argv(scratch, &argv, &cap->opt->redact, &m.argv, &hidden);
	added_variables(cap, &env, scratch, &m.env_added);
	parent = record_find_process(&cap->rec, id.tgid);
	if (!parent && cap->rec.process_count)
		parent = find(cap, id.ppid);
	record_process(&cap->rec, parent ? parent->index : 0, id.tgid, &m);
}
