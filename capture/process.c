// SPDX-License-Identifier: Apache-2.0
/* Processes: what each exec ran, from whom, and what no open shows of it. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/secrets.h"
#include "host/elf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel follows this many #! lines (fs/exec.c). */
#define SCRIPTS_MAX 5
/* Strings of argv and environ are at most 32 pages each, MAX_ARG_STRLEN. */
#define ARG_MAX_LEN (32 * 4096)
/* All of them together: three quarters of 8 MiB (bprm_stack_limits, kernel
 * 4.13), with the pointers. More is E2BIG. */
#define ARGS_BYTES (6u << 20)

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

void process_ended(struct capture *cap, pid_t pid, int status)
{
	struct process *p = record_find_process(&cap->rec, pid);

	if (p && p->m.exit_code == ABSENT)
		record_exit(&cap->rec, p,
			WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					    : WEXITSTATUS(status));
}

/*
 * What was read last of the task's memory. The strings of argv and environ lie
 * together, and so do the pointers to them: a program with 50 variables costs
 * three reads, not a hundred.
 */
#define WINDOW 32768

struct window {
	pid_t tid;
	uint64_t base;
	size_t len;
	char *buf;
};

/* The bytes at `addr` as far as the window has them; at least `n`, or NULL. */
static const char *look(struct window *w, uint64_t addr, size_t n, size_t *len)
{
	if (addr < w->base || addr - w->base + n > w->len) {
		ssize_t got = watch_read(w->tid, addr, w->buf, WINDOW);

		w->base = addr;
		w->len = got > 0 ? (size_t)got : 0;
	}
	if (w->len < n)
		return NULL;
	*len = w->len - (size_t)(addr - w->base);
	return *len < n ? NULL : w->buf + (addr - w->base);
}

static char *read_string(struct window *w, uint64_t addr, struct arena *a)
{
	size_t len;
	const char *s = look(w, addr, 1, &len);
	const char *nul = s ? memchr(s, 0, len) : NULL;
	char *whole;
	ssize_t n;

	if (nul)
		return arena_memdup(a, s, (size_t)(nul - s));
	/* It goes on behind the window. */
	whole = arena_alloc(a, ARG_MAX_LEN);
	n = watch_read_string(w->tid, addr, whole, ARG_MAX_LEN);
	return n < 0 ? NULL : whole;
}

/* A NULL-terminated array of strings in the task's memory. -1: they need more
 * than `left` bytes. */
static int read_args(const struct call *c, uint64_t addr, size_t *left,
	struct arena *a, struct strlist *out)
{
	struct window pointers = {.tid = c->tid}, strings = {.tid = c->tid};
	size_t word = watch_word(c->arch), len;

	memset(out, 0, sizeof(*out));
	/* A NULL array is an empty one (execve(2), Linux only). */
	if (!addr)
		return 0;
	pointers.buf = arena_alloc(a, WINDOW);
	strings.buf = arena_alloc(a, WINDOW);
	for (;; addr += word) {
		const char *p = look(&pointers, addr, word, &len);
		uint64_t at = 0;
		char *s;

		if (p)
			memcpy(&at, p, word);
		s = at ? read_string(&strings, at, a) : NULL;
		if (!s)
			return 0;
		len = strlen(s) + 1 + word;
		if (len > *left)
			return -1;
		*left -= len;
		*ARENA_PUSH(a, out->items, out->count) = s;
	}
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

/* The first line of a script: "#! interpreter [argument]". */
static char *script_interpreter(struct arena *a, const char *buf, ssize_t n)
{
	const char *p = buf + 2, *end = buf + n;
	size_t len;

	if (n < 3 || buf[0] != '#' || buf[1] != '!')
		return NULL;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	len = 0;
	while (p + len < end && !strchr(" \t\n", p[len]) && p[len])
		len++;
	return len ? arena_memdup(a, p, len) : NULL;
}

void process_program(struct capture *cap, pid_t tid, const struct place *p,
	struct arena *scratch)
{
	struct place cur = *p;

	for (int i = 0; i < SCRIPTS_MAX && cur.path; i++) {
		struct touch next = {.dirfd = AT_FDCWD, .intent = INTENT_EXEC};
		autoclose int fd =
			open(cur.access, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		char buf[256];
		ssize_t n = fd < 0 ? 0 : pread(fd, buf, sizeof(buf), 0);

		next.path = script_interpreter(scratch, buf, n);
		/* A script is read by its interpreter, too. */
		if (!next.path)
			next.path = n > 0 ? elf_interpreter(fd, scratch) : NULL;
		if (!next.path ||
			resolve(cap->resolver, tid, &next, scratch, &cur) < 0)
			return;
		touch_place(cap, &cur, cur.st.exists ? ACCESS_X : 0);
		if (!cur.st.exists)
			return;
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

void process_exec(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch)
{
	struct m_process m = {0};
	struct strlist argv, env;
	struct identity id;
	struct process *parent;
	struct place p;
	char link[64];
	size_t left = ARGS_BYTES;
	bool hidden = false;

	if (!d->count ||
		resolve(cap->resolver, c->tid, &d->touches[0], scratch, &p) < 0)
		return;
	if (!p.path && d->touches[0].empty_path) {
		record_gap(&cap->rec, "anonymous-program", NULL,
			"a program without a name (memfd_create) was executed: "
			"its content is not recorded");
		return;
	}
	touch_place(cap, &p, runs(&p) ? ACCESS_X : ACCESS_S);
	if (!p.path || !runs(&p) || identify(c->tid, &id) < 0)
		return;
	note_setuid(cap, &p);
	process_program(cap, c->tid, &p, scratch);
	if (read_args(c, d->argv, &left, scratch, &argv) < 0 ||
		read_args(c, d->envp, &left, scratch, &env) < 0)
		return;
	m.executable = (char *)p.path;
	snprintf(link, sizeof(link), "/proc/%d/cwd", c->tid);
	m.cwd = fs_readlink(scratch, AT_FDCWD, link);
	secret_argv(scratch, &argv, &cap->opt->redact, &m.argv, &hidden);
	added_variables(cap, &env, scratch, &m.env_added);
	parent = record_find_process(&cap->rec, id.tgid);
	if (!parent && cap->rec.process_count)
		parent = find(cap, id.ppid);
	record_process(&cap->rec, parent ? parent->index : 0, id.tgid, &m);
	watch_follow(cap->watch, id.tgid);
}
