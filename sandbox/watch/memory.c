// SPDX-License-Identifier: Apache-2.0
/* The memory of a task that waits in the kernel. */
#include "base/fs.h"
#include "sandbox/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096u

/* Pages asked for in one call. */
#define PAGES 16

/*
 * The same by way of a file: a seccomp profile can refuse process_vm_readv(2)
 * (older ones of podman and CRI-O do), but not this. Whoever may not read the
 * memory may not open the file either (proc(5)). It is opened for each read,
 * since it is bound to what the task ran then.
 */
static ssize_t read_file(pid_t tid, uint64_t addr, void *buf, size_t n)
{
	char path[64];
	autoclose int fd = -1;
	ssize_t r;

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
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

ssize_t watch_read(pid_t tid, uint64_t addr, void *buf, size_t n)
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

int watch_write(pid_t tid, uint64_t addr, const void *buf, size_t n)
{
	struct iovec local = {(void *)buf, n};
	struct iovec remote = {(void *)(uintptr_t)addr, n};
	char path[64];
	autoclose int fd = -1;

	if (process_vm_writev(tid, &local, 1, &remote, 1, 0) == (ssize_t)n)
		return 0;
	if (errno != EPERM && errno != ENOSYS)
		return -1;
	/* As for reading. */
	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	fd = open(path, O_RDWR | O_CLOEXEC);
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
