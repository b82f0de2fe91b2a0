/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real sandboxes for the unit tests of sandbox/isolation: the host's own tree
 * as root, as root and as an ordinary user, with what they print.
 */
#pragma once

#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/isolation.h"
#include "tests/unit/by_user.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORDINARY 65534

/* What a run gave, in memory shared with the process that ran it. */
struct outcome {
	int rc;
	struct iso_result result;
	struct err e;
	char out[16384]; /* stdout and stderr of the command */
};

static int host_root(void *arg, const struct iso_ids *ids, struct err *e)
{
	int fd = open_tree(AT_FDCWD, "/",
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return fd < 0 ? err_sys(e, "cannot copy the root") : fd;
}

static char *env_default[] = {"PATH=/usr/bin:/bin", "HOME=/", NULL};

/* A sandbox for `sh -c script`; argv lies in the caller's array. */
static inline struct isolation sandbox_of(char *argv[4], const char *script)
{
	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = (char *)script;
	argv[3] = NULL;
	return (struct isolation){
		.argv = argv,
		.executable = "/bin/sh",
		.envp = env_default,
		.cwd = "/",
		.umask = 022,
		.uid = 1234,
		.gid = 4321,
		.hostname = "recorded",
		.build_root = host_root,
		/* As every replay has it. */
		.group = {.processes = 4096, .swap_bytes = ISO_NO_LIMIT},
	};
}

static void become_ordinary(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) < 0 ||
		setresgid(ORDINARY, ORDINARY, ORDINARY) < 0 ||
		setresuid(ORDINARY, ORDINARY, ORDINARY) < 0)
		_exit(99);
	/* Its own /proc files, id maps too, would still be root's. */
	prctl(PR_SET_DUMPABLE, 1);
}

/* In a process of its own, as an ordinary user unless `root`. */
static struct outcome *run_sandbox(const struct isolation *iso, bool root)
{
	static struct outcome *o;
	autoclose int out = memfd_create("out", MFD_CLOEXEC);
	int status;
	pid_t pid;

	if (!o)
		o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(o, 0, sizeof(*o));
	o->rc = 77; /* "nothing was run" */
	pid = fork();
	if (pid == 0) {
		/* As a shell has it: nobody else's process in the group. */
		setpgid(0, 0);
		if (!root)
			become_ordinary();
		dup2(out, 1);
		dup2(out, 2);
		o->rc = isolation_run(iso, &o->result, &o->e);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(pread(out, o->out, sizeof(o->out) - 1, 0) >= 0);
	return o;
}

static inline struct outcome *run_script(const char *script, bool root)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, script);

	return run_sandbox(&iso, root);
}

/* As a container's filter does it: this call fails from here on. */
static inline void refuse_call(unsigned nr, unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* Every test runs twice, where root runs it: its state is this. */
static const bool as_ordinary, as_root = true;

static inline bool is_root(void **state)
{
	return *(const bool *)*state;
}

static inline bool case_needs_root(const struct CMUnitTest *t)
{
	return t->initial_state == &as_root;
}

#define BOTH(test)                                                   \
	{#test " rootless", test, NULL, NULL, (void *)&as_ordinary}, \
	{                                                            \
#test " as root", test, NULL, NULL, (void *)&as_root \
	}

#define RUN_CASES(tests)                                                 \
	run_cases_of_user(#tests, tests, sizeof(tests) / sizeof(*tests), \
		case_needs_root)
