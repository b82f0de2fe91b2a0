// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of a task that waits in the kernel.
 *
 * A task that stops often is read through /proc/TID/mem, held open: that costs
 * 0.5 us, process_vm_readv(2) 1.7 us (kernel 6.18), because permission is
 * checked when the file is opened and not with every read. The descriptor
 * stands for the memory and not for the task, so it must not be used when the
 * task may have other memory by now:
 * - after an execve, whose entry moves the generation on;
 * - when its number may have been given to another task, which takes a full
 *   turn of all numbers: a descriptor is used for one second. Memory that
 *   nobody has any more reads as empty, and then the task is asked again.
 */
#include "base/fs.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u

/* Pages asked for in one call. */
#define PAGES 16

/* Reads after which a task counts as one that stops often. */
#define OFTEN 16

/* The memory of one task, kept by a thread that answers. */
struct source {
	pid_t tid;
	int fd; /* valid while reads >= OFTEN, or -1 */
	unsigned reads;
	unsigned generation;
	time_t until; /* CLOCK_MONOTONIC seconds */
};

#define SOURCES 16

static __thread struct source sources[SOURCES];
static _Atomic unsigned generation;

void watch_memory_replaced(void)
{
	atomic_fetch_add(&generation, 1);
}

static void drop(struct source *s)
{
	if (s->reads >= OFTEN && s->fd >= 0)
		close(s->fd);
	s->reads = 0;
}

static int open_memory(pid_t tid, int mode)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	return open(path, mode | O_CLOEXEC);
}

/* A descriptor of the task's memory; -1: it is not worth one, or not to be
 * had. */
static int memory_of(pid_t tid)
{
	struct source *s = &sources[(unsigned)tid % SOURCES];
	unsigned now = atomic_load_explicit(&generation, memory_order_acquire);
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	if (s->tid != tid || s->generation != now ||
		(s->reads >= OFTEN && t.tv_sec >= s->until)) {
		drop(s);
		s->tid = tid;
		s->generation = now;
	}
	if (s->reads >= OFTEN)
		return s->fd;
	if (++s->reads < OFTEN)
		return -1;
	s->fd = open_memory(tid, O_RDONLY);
	s->until = t.tv_sec + 1;
	return s->fd;
}

/*
 * By way of a file that is opened for this read: a seccomp profile can refuse
 * process_vm_readv(2) (older ones of podman and CRI-O do), but not this.
 * Whoever may not read the memory may not open the file either (proc(5)).
 */
static ssize_t read_file(pid_t tid, uint64_t addr, void *buf, size_t n)
{
	autoclose int fd = open_memory(tid, O_RDONLY);
	ssize_t r;

	if (fd < 0) {
		errno = errno == ENOENT ? ESRCH : EPERM;
		return -1;
	}
	r = pread(fd, buf, n, (off_t)addr);
	if (r > 0)
		return r;
	/* EIO: nothing is mapped there; EINVAL: no address of a program's.
	 * Nothing at all: the memory is gone with its process. */
	errno = r < 0 ? EFAULT : ESRCH;
	return -1;
}

static ssize_t read_by_call(pid_t tid, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	/* process_vm_readv(2) promises what lies before the first unmapped
	 * page only by whole iovecs: so each ends at a page's end. */
	while (done < n) {
		struct iovec remote[PAGES], local = {(char *)buf + done, 0};
		const uint64_t at = addr + done;
		unsigned count = 0;
		ssize_t r;

		while (count < PAGES && done + local.iov_len < n) {
			uint64_t next = at + local.iov_len;
			size_t room = PAGE - next % PAGE;
			size_t left = n - done - local.iov_len;

			remote[count].iov_base = (void *)(uintptr_t)next;
			remote[count].iov_len = room < left ? room : left;
			local.iov_len += remote[count++].iov_len;
		}
		r = process_vm_readv(tid, &local, 1, remote, count, 0);
		if (r < 0 && (errno == EPERM || errno == ENOSYS))
			r = read_file(tid, at, local.iov_base, local.iov_len);
		if (r <= 0)
			return done ? (ssize_t)done : -1;
		done += (size_t)r;
		if ((size_t)r < local.iov_len)
			break;
	}
	return (ssize_t)done;
}

ssize_t watch_read(pid_t tid, uint64_t addr, void *buf, size_t n)
{
	int fd = memory_of(tid);
	ssize_t r = -1;

	if (fd >= 0 && addr <= INT64_MAX)
		r = pread(fd, buf, n, (off_t)addr);
	/* A failure has its right errno, and no memory its right owner, from
	 * the call only. */
	return r > 0 ? r : read_by_call(tid, addr, buf, n);
}

int watch_write(pid_t tid, uint64_t addr, const void *buf, size_t n)
{
	struct iovec local = {(void *)buf, n};
	struct iovec remote = {(void *)(uintptr_t)addr, n};
	autoclose int fd = -1;

	if (process_vm_writev(tid, &local, 1, &remote, 1, 0) == (ssize_t)n)
		return 0;
	if (errno != EPERM && errno != ENOSYS)
		return -1;
	/* As for reading. */
	fd = open_memory(tid, O_RDWR);
	return fd >= 0 && pwrite(fd, buf, n, (off_t)addr) == (ssize_t)n ? 0 : -1;
}

ssize_t watch_read_string(pid_t tid, uint64_t addr, char *buf, size_t cap)
{
	size_t done = 0;

	/* Most paths are short: the first read asks for little, so that a
	 * string near the end of a page costs no second call. */
	while (done < cap) {
		size_t room = PAGE - (addr + done) % PAGE;
		size_t part = done ? room : room < 256 ? room : 256;
		char *nul;
		ssize_t r;

		if (part > cap - done)
			part = cap - done;
		r = watch_read(tid, addr + done, buf + done, part);
		if (r <= 0)
			return -1;
		nul = memchr(buf + done, 0, (size_t)r);
		if (nul)
			return nul - buf;
		done += (size_t)r;
	}
	errno = ENAMETOOLONG;
	return -1;
}
