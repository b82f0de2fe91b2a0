// SPDX-License-Identifier: Apache-2.0
/* The rule that storing never takes a file system below 5 % free. */
#include "store/internal.h"

#include "base/err.h"
#include "base/fault.h"

#include <errno.h>
#include <stdint.h>
#include <sys/statvfs.h>

/*
 * One look costs a round trip on NFS: one for so many bytes or files. A nearly
 * full disk is looked at for a fraction of the room that is left.
 */
#define LOOK_BYTES (4u << 20)
#define LOOK_FILES 256
#define LOOK_PART 8

/* Of a very small disk more than 5 %: a run's own record needs as much. */
#define KEEP_LEAST (512u << 10)

uint64_t space_room(int fd)
{
	struct statvfs v;
	uint64_t keep, free;

	/* Some network file systems do not know how large they are. */
	if (fstatvfs(fd, &v) < 0 || !v.f_blocks)
		return UINT64_MAX;
	keep = v.f_blocks / 20 * v.f_frsize;
	if (keep < KEEP_LEAST)
		keep = KEEP_LEAST;
	free = v.f_bavail * v.f_frsize;
	return free > keep ? free - keep : 0;
}

int space_take(struct space *sp, uint64_t n, struct err *e)
{
	uint64_t room;

	sp->bytes += n;
	sp->files++;
	if (sp->bytes < sp->trusted && sp->files < LOOK_FILES)
		return 0;
	sp->bytes = sp->trusted = 0;
	sp->files = 0;
	room = space_room(sp->fd);
	if (FAULT("store.space") || n > room) {
		errno = ENOSPC;
		return err_sys(e, "the store's disk would fall under 5 %% "
				  "free");
	}
	room = (room - n) / LOOK_PART;
	sp->trusted = room < LOOK_BYTES ? room : LOOK_BYTES;
	return 0;
}
