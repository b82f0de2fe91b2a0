// SPDX-License-Identifier: Apache-2.0
/* The filter, the exchange with the kernel, and sysinfo(2). */
#include "sandbox/isolation/emulate.h"

#include "base/arena.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH_* is this?"
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static void notify_of(struct sock_filter *code, unsigned short *len, uint32_t nr)
{
	code[(*len)++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
	code[(*len)++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
}

int emulate_filter(const struct iso_emulation *what)
{
	struct sock_filter code[16] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog prog = {.len = 4, .filter = code};
	unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW |
			      SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int fd;

	if (what->cpus) {
		notify_of(code, &prog.len, SYS_sched_getaffinity);
		notify_of(code, &prog.len, SYS_sched_setaffinity);
	}
	if (what->memory)
		notify_of(code, &prog.len, SYS_sysinfo);
	code[prog.len++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(
			SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	return fd;
}

void emulator_init(struct emulator *em, const struct iso_emulation *what)
{
	cpu_set_t taken;

	*em = (struct emulator){.what = what, .listener = -1};
	CPU_ZERO(&taken);
	for (int i = 0; what && i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &what->allowed))
			continue;
		em->shared |= CPU_ISSET(what->host[i], &taken) != 0;
		CPU_SET(what->host[i], &taken);
	}
}

void emulator_release(struct emulator *em)
{
	fs_autoclose(&em->listener);
	free(em->choices);
}

/*
 * By the number of the task it could be another's memory: a task that is killed
 * meanwhile frees its number. So the memory is opened first, and the call's
 * being there still then says whose it is: seccomp_unotify(2).
 */
static int open_memory(const struct emulator *em, const struct seccomp_notif *n)
{
	char path[32];
	autoclose int fd = -1;

	snprintf(path, sizeof(path), "/proc/%u/mem", n->pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return emulate_waits(em, n) ? steal_fd(&fd) : -1;
}

/* EIO and EINVAL are of addresses where nothing is. A task that hides its
 * memory gets the kernel's answer. */
static int memory_error(int fd)
{
	return fd >= 0 ? -EFAULT : EMULATE_NOT;
}

bool emulate_waits(const struct emulator *em, const struct seccomp_notif *n)
{
	return ioctl(em->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n->id) == 0;
}

int emulate_read(const struct emulator *em, const struct seccomp_notif *n,
	uint64_t addr, void *buf, size_t size)
{
	autoclose int fd = open_memory(em, n);

	if (fd >= 0 && pread(fd, buf, size, (off_t)addr) == (ssize_t)size)
		return 0;
	return memory_error(fd);
}

int emulate_write(const struct emulator *em, const struct seccomp_notif *n,
	uint64_t addr, const void *buf, size_t size)
{
	autoclose int fd = open_memory(em, n);

	if (fd >= 0 && pwrite(fd, buf, size, (off_t)addr) == (ssize_t)size)
		return 0;
	return memory_error(fd);
}

/* Load and the number of processes are of this host: none of the record. */
static int emulate_sysinfo(struct emulator *em, const struct seccomp_notif *n)
{
	const struct iso_emulation *what = em->what;
	struct sysinfo info;

	if (sysinfo(&info) < 0)
		return EMULATE_NOT;
	info.totalram = what->total_bytes;
	info.freeram = what->available_bytes;
	info.totalswap = info.freeswap = what->swap_bytes;
	info.sharedram = info.bufferram = info.totalhigh = info.freehigh = 0;
	info.mem_unit = 1;
	memset(info.loads, 0, sizeof(info.loads));
	info.procs = 1;
	return emulate_write(em, n, n->data.args[0], &info, sizeof(info));
}

static int answer_of(struct emulator *em, const struct seccomp_notif *n)
{
	switch (n->data.nr) {
	case SYS_sched_getaffinity:
		return emulate_getaffinity(em, n);
	case SYS_sched_setaffinity:
		return emulate_setaffinity(em, n);
	case SYS_sysinfo:
		return emulate_sysinfo(em, n);
	default:
		return EMULATE_NOT;
	}
}

static void answer_one(struct emulator *em, const struct seccomp_notif *n)
{
	struct seccomp_notif_resp r = {.id = n->id};
	int value = answer_of(em, n);

	if (value == EMULATE_NOT)
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (value < 0)
		r.error = value;
	else
		r.val = value;
	/* ENOENT: the task was killed meanwhile. */
	ioctl(em->listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

void emulator_answer(struct emulator *em)
{
	struct pollfd p = {em->listener, POLLIN, 0};
	struct seccomp_notif n = {.id = 0};

	if (poll(&p, 1, 0) == 1 && !(p.revents & POLLIN))
		fs_autoclose(&em->listener);
	else if (ioctl(em->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0)
		answer_one(em, &n);
}
