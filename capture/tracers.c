// SPDX-License-Identifier: Apache-2.0
/*
 * Programs that use seccomp or ptrace themselves. Most of it goes well beside
 * the watch: filters that fail or kill, and under a listener gdb and strace.
 * What does not, since the kernel has one listener and one tracer for a task
 * and asks a listener before a tracer, is a gap.
 */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/context.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>

/* BPF_MAXINSNS of the kernel, more than the headers for programs say. */
#define PROGRAM_MAX 4096

/* The program of a sock_fprog at `addr` can end with RET_TRACE. */
static bool traces(const struct call *c, uint64_t addr)
{
	autoarena *a = arena_new();
	size_t word = watch_word(c->arch), n;
	struct sock_filter *code;
	char fprog[16];
	uint64_t at = 0;
	uint16_t len;
	ssize_t got;

	/* A 16-bit length, and a pointer at the next word. */
	if (watch_read(c->tid, addr, fprog, 2 * word) != (ssize_t)(2 * word))
		return false;
	memcpy(&len, fprog, sizeof(len));
	memcpy(&at, fprog + word, word);
	n = len < PROGRAM_MAX ? len : PROGRAM_MAX;
	code = arena_array(a, n + 1, sizeof(*code));
	got = watch_read(c->tid, at, code, n * sizeof(*code));
	n = got > 0 ? (size_t)got / sizeof(*code) : 0;
	for (size_t i = 0; i < n; i++)
		if (code[i].code == (BPF_RET | BPF_K) &&
			(code[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE)
			return true;
	return false;
}

/* What the program asked for, as seccomp(2) has it. */
static const char *seccomp_trouble(
	const struct call *c, bool traced, uint64_t op, uint64_t flags)
{
	if (op == SECCOMP_SET_MODE_STRICT)
		return "asked for strict seccomp mode, which a command that is "
		       "watched cannot have";
	if (op != SECCOMP_SET_MODE_FILTER)
		return NULL;
	if (traced && (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return "listens to system calls by seccomp: those that it "
		       "takes are not recorded";
	if (traces(c, c->args[2]))
		return "traces system calls by seccomp: its tracer does not "
		       "see those that are watched here";
	return NULL;
}

static const char *trouble(const struct call *c, bool traced, const char **kind)
{
	const char *name = call_name(c);

	*kind = "seccomp";
	if (!strcmp(name, "seccomp"))
		return seccomp_trouble(c, traced, c->args[0], c->args[1]);
	/* prctl's modes are one more than seccomp's operations. */
	if (!strcmp(name, "prctl"))
		return seccomp_trouble(c, traced, c->args[1] - 1, 0);
	*kind = "ptrace";
	return traced ? "traces processes, and only one can: with --backend "
			"notify it works"
		      : NULL;
}

static void comm_of(pid_t tid, char buf[32])
{
	autostrbuf text = STRBUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	if (fs_slurp(path, &text) < 0 || !text.s)
		strbuf_adds(&text, "?");
	snprintf(buf, 32, "%.*s", (int)strcspn(text.s, "\n"), text.s);
}

void tracers_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	struct capture *cap = arg;
	const char *what = NULL, *kind;
	char comm[32];

	if (call_verb(c) == VERB_WATCHER)
		what = trouble(c, cap->opt->backend == BACKEND_PTRACE, &kind);
	if (what) {
		comm_of(c->tid, comm);
		pthread_mutex_lock(&cap->rec.lock);
		if (watch_call_valid(w, c))
			record_gap(&cap->rec, kind, NULL, "'%s' %s", comm, what);
		pthread_mutex_unlock(&cap->rec.lock);
		return;
	}
	capture_call(arg, w, c, out);
}
