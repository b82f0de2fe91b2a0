// SPDX-License-Identifier: Apache-2.0
/*
 * What cannot be recorded, and must be named. See matrix.h.
 */
#include "matrix.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>

/* Numbers that no kernel has yet. */
static void unknown_calls(void)
{
	syscall(999, "f");
	syscall(1999, "f");
	say("gap", "-", "unknown-call");
	in("f");
}

/* The third kind of programs on x86-64, with numbers of its own. */
static void calls_of_x32(void)
{
#if defined(__x86_64__)
	syscall(0x40000000 | SYS_open, "f", O_RDONLY);
	say("gap", "-", "unknown-call");
#endif
	in("f");
}

/* Nobody may look into its memory but root. */
static void not_dumpable(void)
{
	MUST(prctl(PR_SET_DUMPABLE, 0));
	if (geteuid() == 0) {
		in("f");
		return;
	}
	close((int)MUST(open("f", O_RDONLY)));
	say("gap", "-", "unreadable-process");
}

/* There can be one listener only, and one filter cannot hide from another. */
static void own_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &allow};

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	say("gap", "-", "seccomp");
	in("f");
	/* One without a listener disturbs nothing. */
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
	in("g");
}

static void block_device(void)
{
	struct stat st;

	/* Only root can make one. Whether it opens is another matter. */
	if (open("disk", O_RDONLY) < 0)
		say("say", "disk", strerror(errno));
	if (stat("disk", &st) == 0 && S_ISBLK(st.st_mode))
		say("gap", "disk", "block-device");
}

static void prepare_block_device(void)
{
	if (mknod("disk", S_IFBLK | 0600, 7 << 8) < 0)
		prepare_file("disk");
}

/* Somebody outside has the other end. */
static void named_pipes(void)
{
	int fd = (int)MUST(open("old", O_RDONLY | O_NONBLOCK));

	close(fd);
	say("gap", "old", "pipe");
	/* The run has both ends of its own. */
	MUST(mkfifo("new", 0644));
	fd = (int)MUST(open("new", O_RDONLY | O_NONBLOCK));
	close(fd);
	/* Nothing can be read from this end. */
	FAILS(ENXIO, open("other", O_WRONLY | O_NONBLOCK));
}

static void prepare_named_pipes(void)
{
	MUST(mkfifo("old", 0644));
	MUST(mkfifo("other", 0644));
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}

const struct cell cells[] = {
	CELL(unknown_calls),
	CELL(calls_of_x32),
	CELL(not_dumpable),
	CELL(own_listener),
	{"block_device", block_device, prepare_block_device},
	{"named_pipes", named_pipes, prepare_named_pipes},
	{NULL, NULL, NULL},
};
