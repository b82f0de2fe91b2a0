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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct identity {
	pid_t pid; /* the process, not the thread */
	pid_t ppid;
	uint64_t born;
};

static ssize_t read_proc(pid_t pid, const char *name, char *buf, size_t cap)
{
	char path[64];
	autoclose int fd = -1;
	ssize_t n;

	/* Below task/: /proc/PID/stat adds up all threads. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, cap - 1);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

/* Parent and birth, fields 4 and 22 of /proc/PID/stat; -1 when it is gone. */
static int identify(pid_t pid, struct identity *id)
{
	char buf[1024], *p;

	*id = (struct identity){.pid = pid};
	if (read_proc(pid, "stat", buf, sizeof(buf)) <= 0)
		return -1;
	p = strrchr(buf, ')');
	for (int field = 2; p && field < 22; field++) {
		if (field == 4)
			id->ppid = atoi(p);
		p = strchr(p + 1, ' ');
	}
	if (!p)
		return -1;
	id->born = strtoull(p, NULL, 10);
	return 0;
}

/* The process that a task is a thread of; 0 when it is gone. */
static pid_t leader_of(pid_t tid)
{
	char buf[4096], *p;

	if (read_proc(tid, "status", buf, sizeof(buf)) <= 0)
		return 0;
	p = strstr(buf, "\nTgid:");
	return p ? atoi(p + 6) : 0;
}

/* The latest exec of the task's own process, NULL when it has had none. */
static struct process *own_exec(
	struct capture *cap, pid_t tid, struct identity *id)
{
	struct process *p = NULL;
	pid_t leader;

	if (identify(tid, id) == 0)
		p = record_find_process(&cap->rec, tid, id->born);
	if (p)
		return p;
	leader = leader_of(tid);
	if (leader && leader != tid && identify(leader, id) == 0)
		p = record_find_process(&cap->rec, leader, id->born);
	return p;
}

/* That of the nearest of these ancestors that has had one. */
static struct process *ancestor(struct capture *cap, pid_t pid)
{
	struct process *p = NULL;
	struct identity id;

	while (!p && pid > 1 && identify(pid, &id) == 0) {
		p = record_find_process(&cap->rec, pid, id.born);
		pid = id.ppid;
	}
	if (!p && cap->rec.process_count)
		p = cap->rec.processes[0];
	return p;
}

/* A pid is not used again within this time: all others come first. */
#define OWNER_NS 10000000

uint32_t process_of(struct capture *cap, pid_t tid)
{
	struct owner *last = &cap->last_owner;
	struct identity id;
	struct timespec t;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = t.tv_sec * 1000000000ll + t.tv_nsec;
	if (tid != last->tid || now >= last->until) {
		last->process = own_exec(cap, tid, &id);
		if (!last->process)
			last->process = ancestor(cap, id.ppid);
		last->tid = tid;
		last->until = now + OWNER_NS;
	}
	return last->process ? last->process->index : 0;
}

void process_exit(struct capture *cap, pid_t tid, int code)
{
	struct identity id;
	struct process *p = own_exec(cap, tid, &id);

	if (p && p->m.exit_code == ABSENT)
		record_exit(&cap->rec, p, code);
}

/* What is known of a task that has made a call. */
enum met { MET_NOBODY, MET_TASK, MET_FORK };

static enum met met_as(struct capture *cap, pid_t tid)
{
	return (enum met)(uintptr_t)map_get(&cap->met, &tid, sizeof(tid));
}

static void meet(struct capture *cap, pid_t tid, enum met as)
{
	map_put(&cap->met, arena_memdup(cap->rec.arena, &tid, sizeof(tid)),
		sizeof(tid), (void *)(uintptr_t)as);
}

/* Neither a fork nor an exit can be watched without harm to programs: a signal
 * may interrupt the call there. So processes are counted by their calls. */
void process_met(struct capture *cap, pid_t tid)
{
	struct identity id;

	if (tid == cap->last_met)
		return;
	cap->last_met = tid;
	if (met_as(cap, tid) != MET_NOBODY)
		return;
	if (leader_of(tid) != tid || own_exec(cap, tid, &id)) {
		meet(cap, tid, MET_TASK);
		return;
	}
	meet(cap, tid, MET_FORK);
	record_fork(&cap->rec);
}

/* It is counted among what was executed from now on. */
static void met_executing(struct capture *cap, pid_t pid)
{
	if (met_as(cap, pid) == MET_FORK)
		record_unfork(&cap->rec);
	if (met_as(cap, pid) != MET_TASK)
		meet(cap, pid, MET_TASK);
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
	const struct decoded *d, struct arena *scratch, struct program *prog)
{
	const struct touch *t = &d->touches[0];
	struct place *p = &prog->place;
	const char *key = NULL;
	struct touched *row;

	if (resolver_one_view(cap->resolver) && seen_may(t) && !d->check_only)
		key = seen_key(t, c->tid, scratch);
	/* Build systems and shells run the same programs over and over. */
	if (key && seen_program(&cap->seen, key, prog))
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
	if (program_touch(cap, c->tid, prog, row, scratch) && key &&
		!p->by_proc && row && row->now == row->path)
		seen_add_program(&cap->seen, key, prog);
	return true;
}

static void ended(struct capture *cap, struct process *p, int status)
{
	if (p && p->m.exit_code == ABSENT)
		record_exit(&cap->rec, p,
			WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					    : WEXITSTATUS(status));
}

void process_ended(struct capture *cap, pid_t pid, int status)
{
	ended(cap, map_get(&cap->rec.by_tgid, &pid, sizeof(pid)), status);
}

void process_command_ended(struct capture *cap, int status)
{
	/* The command is the first that was executed. */
	if (cap->rec.process_count)
		ended(cap, cap->rec.processes[0], status);
}

void process_exec(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch)
{
	struct m_process m = {0};
	struct strlist argv, env;
	struct program prog = {.count = 0};
	struct process *parent, *process;
	struct identity id;
	char link[64];
	bool hidden = false;

	if (!d->count || !find_program(cap, c, d, scratch, &prog) ||
		arguments_read(c, d->argv, d->envp, scratch, &argv, &env) < 0)
		return;
	m.executable = (char *)prog.place.path;
	snprintf(link, sizeof(link), "/proc/%d/cwd", c->tid);
	m.cwd = fs_readlink(scratch, AT_FDCWD, link);
	secret_argv(scratch, &argv, &cap->opt->redact, &m.argv, &hidden);
	added_variables(cap, &env, scratch, &m.env_added);
	parent = own_exec(cap, c->tid, &id);
	if (!id.born)
		return; /* killed meanwhile */
	if (!parent)
		parent = ancestor(cap, id.ppid);
	process = record_process(
		&cap->rec, parent ? parent->index : 0, id.pid, id.born, &m);
	for (size_t i = 0; i < prog.count; i++)
		record_loaded(&cap->rec, process->index, prog.parts[i].t,
			prog.parts[i].how);
	met_executing(cap, id.pid);
	cap->last_owner = (struct owner){0};
	watch_follow(cap->watch, id.pid);
}
