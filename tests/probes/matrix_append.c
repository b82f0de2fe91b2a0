// SPDX-License-Identifier: Apache-2.0
/*
 * O_APPEND promises that the first bytes stay as they are, until a descriptor
 * takes it back in one of the ways there are. See matrix.h.
 */
#include "matrix.h"

#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static void appended(void)
{
	in("f");
	put("f", O_WRONLY | O_APPEND, "more\n");
	left("f");
}

static void append_no_more(void)
{
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));
	int flags = fcntl(fd, F_GETFL);

	put_fd(fd, "more\n");
	MUST(fcntl(fd, F_SETFL, flags & ~O_APPEND));
	MUST(pwrite(fd, "NEW", 3, 0));
	left("f");
	say("kept", "f", "");
}

static void append_no_more_moved(void)
{
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));

	put_fd(fd, "more\n");
	MUST(rename("f", "h"));
	MUST(ftruncate(fd, 3));
	own("h");
	left("h");
	say("kept", "f", "");
}

static void append_no_more_linked(void)
{
	int fd = (int)MUST(open("one", O_WRONLY | O_APPEND));

	in("two");
	put_fd(fd, "more\n");
	MUST(ftruncate(fd, 3));
	left("one");
}

static void append_not(void)
{
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));
	struct iovec v = {(char *)"NEW", 3};

	in("f");
	/* Before Linux 6.9 it is refused, EOPNOTSUPP. */
	if (syscall(SYS_pwritev2, fd, &v, 1, 0, 0, RWF_NOAPPEND) < 0)
		put_fd(fd, "NEW");
	left("f");
}

/* XFS's ioctls, which the kernel has for all. */
static void append_punched(void)
{
	struct {
		int16_t type, whence;
		int64_t start, len;
		int32_t sysid;
		uint32_t pid;
		int32_t pad[4];
	} space = {.len = 3};
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));

	in("f");
	if (ioctl(fd, _IOW('X', 43, space), &space) < 0)
		put_fd(fd, "more");
	left("f");
	fd = (int)MUST(open("g", O_WRONLY | O_APPEND));
	in("g");
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 3) < 0)
		put_fd(fd, "more");
	left("g");
}

/* Asynchronous writes take the flag in memory. */
static void append_not_aio(void)
{
	struct iocb cb = {.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_buf = (uintptr_t) "NEW",
		.aio_nbytes = 3,
		.aio_rw_flags = RWF_NOAPPEND};
	struct iocb *list[] = {&cb};
	struct io_event ev;
	aio_context_t ctx = 0;
	int before = (int)MUST(open("f", O_WRONLY | O_APPEND)), after;

	in("f");
	if (syscall(SYS_io_setup, 1, &ctx) < 0)
		return;
	after = (int)MUST(open("g", O_WRONLY | O_APPEND));
	in("g");
	cb.aio_fildes = (uint32_t)before;
	if (syscall(SYS_io_submit, ctx, 1, list) == 1)
		MUST(syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL));
	cb.aio_fildes = (uint32_t)after;
	if (syscall(SYS_io_submit, ctx, 1, list) == 1)
		MUST(syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL));
	put_fd(before, "more");
	put_fd(after, "more");
	left("f");
	left("g");
}

static void appended_read_truncated(void)
{
	put("f", O_WRONLY | O_APPEND, "more\n");
	own("f");
	MUST(truncate("f", 4));
	own("f");
	left("f");
	say("kept", "f", "");
}

static void appended_then_removed(void)
{
	put("f", O_WRONLY | O_APPEND, "more\n");
	MUST(unlink("f"));
	say("unread", "f", "");
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}

/* The last one ends the promise for all that come later. */
const struct cell cells[] = {
	CELL(appended),
	CELL(append_no_more),
	CELL(append_no_more_moved),
	CELL(append_no_more_linked),
	CELL(append_not),
	CELL(append_punched),
	CELL(appended_read_truncated),
	CELL(appended_then_removed),
	CELL(append_not_aio),
	{NULL, NULL, NULL},
};
