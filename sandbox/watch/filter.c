// SPDX-License-Identifier: Apache-2.0
/* Compiling the table of calls into BPF by libseccomp. */
#include "sandbox/watch/filter.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "sandbox/watch/arch.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The last call that this program knows, file_setattr of Linux 6.17. From 403
 * on, numbers are the same for every architecture.
 */
#define LAST_KNOWN 469

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

int filter_lookup(const struct filter *f, enum watch_arch arch, int nr)
{
	if (arch >= WATCH_ARCHES || nr < 0 || nr >= FILTER_NUMBERS)
		return WATCH_UNKNOWN;
	return f->spec[arch][nr];
}

bool filter_is_exec(const struct filter *f, enum watch_arch arch, int nr)
{
	return arch < WATCH_ARCHES &&
	       (nr == f->exec[arch][0] || nr == f->exec[arch][1]);
}

/* One rule for each alternative; without tests one for the call. */
static int add_rules(
	scmp_filter_ctx ctx, uint32_t action, int nr, const struct call_spec *c)
{
	if (!c->stop[0][0].mask)
		return seccomp_rule_add(ctx, action, nr, 0);
	for (size_t i = 0; i < COUNT(c->stop); i++) {
		struct scmp_arg_cmp cmp[COUNT(c->stop[0])];
		unsigned count = 0;

		for (size_t j = 0; j < COUNT(cmp); j++) {
			const struct arg_test *t = &c->stop[i][j];

			if (!t->mask)
				continue;
			/* High bits that differ, too, make it stop: right. */
			cmp[count++] =
				t->differs
					? SCMP_CMP64(t->arg, SCMP_CMP_NE, t->value)
					: SCMP_CMP64(t->arg, SCMP_CMP_MASKED_EQ,
						  t->mask, t->value);
		}
		if (count &&
			seccomp_rule_add_array(ctx, action, nr, count, cmp) < 0)
			return -1;
	}
	return 0;
}

/* What each number of an architecture means: into the inverse. */
static void index_numbers(struct filter *f, const struct call_spec *calls,
	size_t n, enum watch_arch arch)
{
	uint32_t token = arch_seccomp(arch);

	for (int nr = 0; nr <= LAST_KNOWN; nr++)
		f->spec[arch][nr] = FILTER_FREE;
	f->exec[arch][0] = seccomp_syscall_resolve_name_arch(token, "execve");
	f->exec[arch][1] = seccomp_syscall_resolve_name_arch(token, "execveat");
	for (size_t i = 0; i < n; i++) {
		int nr = calls[i].number;

		if (!nr)
			nr = seccomp_syscall_resolve_name_arch(
				token, calls[i].name);
		if (nr >= 0 && nr < FILTER_NUMBERS)
			f->spec[arch][nr] = (int16_t)i;
	}
}

static int add_calls(scmp_filter_ctx ctx, uint32_t action,
	const struct call_spec *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = calls[i].number
				 ? calls[i].number
				 : seccomp_syscall_resolve_name(calls[i].name);

		/* Numbers that libseccomp has no name for are stopped by the
		 * prologue, which knows no architecture. */
		if (calls[i].number || nr == __NR_SCMP_ERROR)
			continue;
		if (calls[i].never_fails && action == SCMP_ACT_NOTIFY)
			continue;
		if (add_rules(ctx, action, nr, &calls[i]) < 0)
			return -1;
	}
	/* Whether the caller wants them or not: memory.c does. */
	return seccomp_rule_add(ctx, action, SCMP_SYS(execve), 0) < 0 ||
			       seccomp_rule_add(
				       ctx, action, SCMP_SYS(execveat), 0) < 0
		       ? -1
		       : 0;
}

static int compat_stop(const struct call_spec *c)
{
	return c->compat_stops ? seccomp_syscall_resolve_name_arch(
					 arch_seccomp(WATCH_COMPAT), c->name)
			       : -1;
}

/*
 * Before libseccomp's program: numbers beyond what anybody knows stop, else
 * what a newer kernel brings would be missed in silence; so do the calls that
 * are known here by number only, and what the older ABI hides from us. Jumps
 * are relative: the rest need not change.
 */
static void write_prologue(struct sock_filter **out, size_t *len,
	const struct call_spec *calls, size_t n, uint32_t action)
{
	struct sock_filter *p = xcalloc(n + 4, sizeof(*p));
	size_t k = 0;
	int nr;

	p[k++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	/* x32 numbers, with bit 30, are among them. */
	p[k++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN, 0, 1);
	p[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	for (size_t i = 0; i < n; i++) {
		if (!calls[i].number)
			continue;
		p = xrealloc(p, (k + 3) * sizeof(*p));
		p[k++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(uint32_t)calls[i].number, 0, 1);
		p[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	for (size_t i = 0; i < n; i++) {
		nr = compat_stop(&calls[i]);
		if (nr < 0)
			continue;
		p = xrealloc(p, (k + 5) * sizeof(*p));
		p[k++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 4);
		p[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, arch));
		p[k++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			arch_seccomp(WATCH_COMPAT), 0, 1);
		p[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
		p[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr));
	}
	*out = p;
	*len = k;
}

/* libseccomp's program behind the `head` instructions. */
static int export(scmp_filter_ctx ctx, struct filter *f,
	struct sock_filter *prologue, size_t head, struct err *e)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);
	size_t size, total;
	struct stat st;

	if (fd < 0)
		return err_sys(e, "cannot make a memory file");
	if (seccomp_export_bpf(ctx, fd) < 0 || fstat(fd, &st) < 0)
		return err_set(e, "libseccomp cannot export the filter");
	size = (size_t)st.st_size;
	total = head + size / sizeof(*prologue);
	f->prog.filter = xmalloc(total * sizeof(*prologue));
	f->prog.len = (unsigned short)total;
	memcpy(f->prog.filter, prologue, head * sizeof(*prologue));
	if (pread(fd, f->prog.filter + head, size, 0) != st.st_size)
		return err_sys(e, "cannot read the filter back");
	return 0;
}

/* SCMP_ACT_* to what the kernel takes: the same for those two. */
int filter_build(struct filter *f, const struct call_spec *calls, size_t n,
	uint32_t action, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	autofree struct sock_filter *prologue = NULL;
	size_t head;
	int r = -1;

	memset(f->spec, 0xff, sizeof(f->spec)); /* WATCH_UNKNOWN */
	f->prog.filter = NULL;
	if (!ctx)
		return err_set(e, "libseccomp cannot make a filter");
	index_numbers(f, calls, n, WATCH_NATIVE);
	index_numbers(f, calls, n, WATCH_COMPAT);
	write_prologue(&prologue, &head, calls, n, action);
	/* Binary search over numbers: seven tests a call, not a hundred. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, action);
	if (seccomp_arch_add(ctx, arch_seccomp(WATCH_COMPAT)) < 0 ||
		add_calls(ctx, action, calls, n) < 0)
		err_set(e, "libseccomp refuses a rule of the call table");
	else
		r = export(ctx, f, prologue, head, e);
	seccomp_release(ctx);
	return r;
}

void filter_release(struct filter *f)
{
	free(f->prog.filter);
	f->prog.filter = NULL;
}
