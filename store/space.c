// SPDX-License-Identifier: Apache-2.0
/* The rule that storing never takes a file system below 5 % free. */
#include "store/internal.h"

#include "base/err.h"
#include "base/fault.h"

#include <errno.h>
#include <sys/statvfs.h>

/* One look costs a round trip on NFS: one for so many bytes or files. */
#define LOOK_BYTES (4u << 20)
#define LOOK_FILES 256

int space_take(struct space *sp, uint64_t n, struct err *e)
{
	struct statvfs v;
	uint64_t keep;

	sp->bytes += n;
	sp->files++;
	if (sp->looked && sp->bytes < LOOK_BYTES && sp->files < LOOK_FILES)
		return 0;
	if (fstatvfs(sp->fd, &v) < 0)
		return err_sys(e, "cannot see how full the store's disk is");
	sp->looked = true;
	sp->bytes = n;
	sp->files = 0;
	/* Some network file systems do not know how large they are. */
	keep = v.f_blocks / 20 * v.f_frsize;
	if (!FAULT("store.space") &&
		(!v.f_blocks || v.f_bavail * v.f_frsize >= keep + n))
		return 0;
	/* The next one looks again: there may be room then. */
	sp->looked = false;
	errno = ENOSPC;
	return err_sys(e, "the store's disk would fall under 5 %% free");
}
