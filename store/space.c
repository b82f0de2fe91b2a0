// SPDX-License-Identifier: Apache-2.0
/* The rule that storing never takes a file system below 5 % free. */
#include "store/internal.h"

#include "base/err.h"
#include "base/fault.h"

#include <errno.h>
#include <sys/statvfs.h>

/*
 * One look costs a round trip on NFS: one for so many bytes or files. A nearly
 * full disk is looked at for a fraction of the room that is left.
 */
#define LOOK_BYTES (4u << 20)
#define LOOK_FILES 256
#define LOOK_PART 8

int space_take(struct space *sp, uint64_t n, struct err *e)
{
	struct statvfs v;
	uint64_t keep, room;

	sp->bytes += n;
	sp->files++;
	if (sp->bytes < sp->trusted && sp->files < LOOK_FILES)
		return 0;
	if (fstatvfs(sp->fd, &v) < 0)
		return err_sys(e, "cannot see how full the store's disk is");
	sp->bytes = sp->trusted = 0;
	sp->files = 0;
	keep = v.f_blocks / 20 * v.f_frsize;
	room = v.f_bavail * v.f_frsize;
	room = room > keep ? room - keep : 0;
	/* Some network file systems do not know how large they are. */
	if (!v.f_blocks)
		room = UINT64_MAX;
	if (FAULT("store.space") || n > room) {
		errno = ENOSPC;
		return err_sys(e, "the store's disk would fall under 5 %% "
				  "free");
	}
	room = (room - n) / LOOK_PART;
	sp->trusted = room < LOOK_BYTES ? room : LOOK_BYTES;
	return 0;
}
