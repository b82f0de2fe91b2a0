// SPDX-License-Identifier: Apache-2.0
/* Reading the memory of a task that waits in the kernel. */
#include "sandbox/watch/watch.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096u

ssize_t watch_read(pid_t tid, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	/* process_vm_readv(2) gives what lies before the first unmapped page
	 * only by whole iovecs: so one read ends at a page's end. */
	while (done < n) {
		size_t room = PAGE - (addr + done) % PAGE;
		size_t part = room < n - done ? room : n - done;
		struct iovec local = {(char *)buf + done, part};
		struct iovec remote = {(void *)(uintptr_t)(addr + done), part};
		ssize_t r = process_vm_readv(tid, &local, 1, &remote, 1, 0);

		if (r <= 0)
			return done ? (ssize_t)done : -1;
		done += (size_t)r;
	}
	return (ssize_t)done;
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
