// SPDX-License-Identifier: Apache-2.0
/* A filter by call number in front of libseccomp's, loaded by the raw call. */
#include "sandbox/isolation/seccomp_load.h"

#include "base/err.h"
#include "base/fs.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT 0x40000000u
#define RULES_MAX 64

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned short len;
};

static void put(struct program *p, struct sock_filter insn)
{
	p->code[p->len++] = insn;
}

/* If the call's number compares, answer. */
static void put_answer(
	struct program *p, uint16_t compare, uint32_t number, uint32_t answer)
{
	put(p, (struct sock_filter)BPF_JUMP(
		       BPF_JMP | compare | BPF_K, number, 0, 1));
	put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

static void put_prologue(struct program *p, const struct number_rule *rules,
	size_t count, uint32_t last_known)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		       offsetof(struct seccomp_data, nr)));
	/* -1 is no call but what a tracer writes to skip one. */
	put_answer(p, BPF_JEQ, ~0u, SECCOMP_RET_ALLOW);
	put_answer(p, BPF_JGE, X32_BIT, SECCOMP_RET_KILL_PROCESS);
	put_answer(p, BPF_JGT, last_known, SECCOMP_RET_ERRNO | ENOSYS);
	for (size_t i = 0; i < count; i++)
		put_answer(p, BPF_JEQ, rules[i].number,
			SECCOMP_RET_ERRNO | (uint32_t)rules[i].error);
}

/* libseccomp's program begins by loading what it needs, so it can follow. */
static int put_file(struct program *p, int fd, struct err *e)
{
	size_t room = (BPF_MAXINSNS - p->len) * sizeof(*p->code);
	struct stat st;

	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot read the system call filter");
	if ((size_t)st.st_size > room || st.st_size % sizeof(*p->code))
		return err_set(e, "the system call filter is too long");
	if (fs_read_all(fd, p->code + p->len, (size_t)st.st_size) != st.st_size)
		return err_sys(e, "cannot read the system call filter");
	p->len += (unsigned short)((size_t)st.st_size / sizeof(*p->code));
	return 0;
}

int seccomp_load_program(int program, const struct number_rule *rules,
	size_t count, uint32_t last_known, struct err *e)
{
	struct program p = {.len = 0};
	struct sock_fprog prog = {.filter = p.code};

	if (count > RULES_MAX)
		return err_set(e, "too many rules by number");
	put_prologue(&p, rules, count, last_known);
	if (put_file(&p, program, e) < 0)
		return -1;
	prog.len = p.len;
	/* SPEC_ALLOW: without it, kernels before 5.16 make every thread pay
	 * for speculative store bypass. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog) < 0)
		return err_sys(e, "cannot load the system call filter");
	return 0;
}
