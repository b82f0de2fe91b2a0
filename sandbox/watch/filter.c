// SPDX-License-Identifier: Apache-2.0
/* Compiling the table of calls into BPF by libseccomp. */
#include "sandbox/watch/filter.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "sandbox/watch/arch.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Calls that are newer than libseccomp 2.5.4 (Debian 12), take no path and so
 * run freely. From 403 on, numbers are the same for every architecture.
 */
static const int newer[] = {
	449, /* futex_waitv */
	450, /* set_mempolicy_home_node */
	451, /* cachestat */
	453, /* map_shadow_stack */
	454, /* futex_wake */
	455, /* futex_wait */
	456, /* futex_requeue */
	457, /* statmount */
	458, /* listmount */
	459, /* lsm_get_self_attr */
	460, /* lsm_set_self_attr */
	461, /* lsm_list_modules */
	462, /* mseal */
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int is_newer(int nr)
{
	for (size_t i = 0; i < COUNT(newer); i++)
		if (newer[i] == nr)
			return 1;
	return 0;
}

int filter_lookup(const struct filter *f, enum watch_arch arch, int nr)
{
	if (arch >= WATCH_ARCHES || nr < 0 || nr >= FILTER_NUMBERS)
		return WATCH_UNKNOWN;
	return f->spec[arch][nr];
}

/* Names of the table to index + 1. */
static void index_names(struct map *names, const struct call_spec *calls,
	size_t n)
{
	for (size_t i = 0; i < n; i++)
		map_puts(names, calls[i].name, (void *)(uintptr_t)(i + 1));
}

static int allow(scmp_filter_ctx ctx, int nr, const struct call_spec *c)
{
	if (!c)
		return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	for (size_t i = 0; i < COUNT(c->pass); i++) {
		struct scmp_arg_cmp cmp[COUNT(c->pass[0])];
		unsigned count = 0;

		for (size_t j = 0; j < COUNT(cmp); j++) {
			const struct arg_test *t = &c->pass[i][j];

			if (t->mask)
				cmp[count++] = SCMP_CMP32(t->arg,
					SCMP_CMP_MASKED_EQ, t->mask, t->value);
		}
		if (count && seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr,
				     count, cmp) < 0)
			return -1;
	}
	return 0;
}

/* Every number of one architecture: into the inverse and, once, the rules. */
static int add_arch(scmp_filter_ctx ctx, struct filter *f,
	const struct call_spec *calls, const struct map *names,
	struct map *done, struct arena *a, enum watch_arch arch)
{
	uint32_t token = arch_seccomp(arch);

	for (int nr = 0; nr < FILTER_NUMBERS; nr++) {
		autofree char *name = seccomp_syscall_resolve_num_arch(token, nr);
		int i;

		if (!name) {
			if (is_newer(nr)) {
				f->spec[arch][nr] = FILTER_FREE;
				seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
			}
			continue;
		}
		i = (int)(uintptr_t)map_gets(names, name);
		f->spec[arch][nr] = (int16_t)(i ? i - 1 : FILTER_FREE);
		if (map_puts(done, arena_strdup(a, name), done))
			continue;
		if (allow(ctx, seccomp_syscall_resolve_name(name),
			    i ? &calls[i - 1] : NULL) < 0)
			return -1;
	}
	return 0;
}

static int export(scmp_filter_ctx ctx, struct filter *f, struct err *e)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "cannot make a memory file");
	if (seccomp_export_bpf(ctx, fd) < 0 || fstat(fd, &st) < 0)
		return err_set(e, "libseccomp cannot export the filter");
	f->prog.filter = xmalloc((size_t)st.st_size);
	f->prog.len = (unsigned short)((size_t)st.st_size /
				       sizeof(*f->prog.filter));
	if (pread(fd, f->prog.filter, (size_t)st.st_size, 0) != st.st_size)
		return err_sys(e, "cannot read the filter back");
	return 0;
}

int filter_build(struct filter *f, const struct call_spec *calls, size_t n,
	uint32_t action, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(action);
	struct map names = MAP_INIT, done = MAP_INIT;
	autoarena *a = arena_new();
	int r = -1;

	memset(f->spec, 0xff, sizeof(f->spec)); /* WATCH_UNKNOWN */
	f->prog.filter = NULL;
	if (!ctx) {
		err_set(e, "libseccomp cannot make a filter");
		goto out;
	}
	index_names(&names, calls, n);
	/* Binary search over numbers: ten tests a call instead of hundreds. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, action);
	if (seccomp_arch_add(ctx, arch_seccomp(WATCH_COMPAT)) < 0 ||
		add_arch(ctx, f, calls, &names, &done, a, WATCH_NATIVE) < 0 ||
		add_arch(ctx, f, calls, &names, &done, a, WATCH_COMPAT) < 0) {
		err_set(e, "libseccomp refuses a rule of the call table");
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		for (int arch = 0; calls[i].number && arch < WATCH_ARCHES; arch++)
			f->spec[arch][calls[i].number] = (int16_t)i;
	r = export(ctx, f, e);
out:
	if (ctx)
		seccomp_release(ctx);
	map_release(&names);
	map_release(&done);
	return r;
}

void filter_release(struct filter *f)
{
	free(f->prog.filter);
	f->prog.filter = NULL;
}
