// SPDX-License-Identifier: Apache-2.0
/* Reading a journal, and whether its run is still alive. */
#include "store/journal.h"
#include "store/journal_format.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct journal_reader {
	const unsigned char *map;
	size_t size;
	size_t at;
};

int journal_is_live(int dirfd, const char *name, struct err *e)
{
	/* Over NFS only a descriptor open for writing can be locked. */
	autoclose int fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	/* In a store that may not be written to, a local lock still tells. */
	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open the journal '%s'", name);
	/* A shared lock, so that two who ask do not see one another. */
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return 1;
	return err_sys(e, "cannot see whether the journal '%s' is locked", name);
}

bool journal_is_blank(int dirfd, const char *name)
{
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	static const char zeros[JOURNAL_MAGIC_LEN];
	struct {
		char magic[JOURNAL_MAGIC_LEN];
		struct journal_head head;
	} first;

	/* A file that has just been made is empty, then zeros. */
	memset(&first, 0, sizeof(first));
	return fd >= 0 && fs_read_all(fd, &first, sizeof(first)) >= 0 &&
	       (!memcmp(first.magic, zeros, sizeof(zeros)) ||
		       (!memcmp(first.magic, JOURNAL_MAGIC, sizeof(zeros)) &&
			       !first.head.len));
}

struct journal_reader *journal_open(int dirfd, const char *name, struct err *e)
{
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct journal_reader *r;
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(e, "cannot open the journal '%s'", name);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < JOURNAL_MAGIC_LEN) {
		err_set(e, "'%s' is not a journal", name);
		return NULL;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		err_sys(e, "cannot map the journal '%s'", name);
		return NULL;
	}
	if (memcmp(p, JOURNAL_MAGIC, JOURNAL_MAGIC_LEN) != 0) {
		munmap(p, (size_t)st.st_size);
		err_set(e, "'%s' is not a journal", name);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->map = p;
	r->size = (size_t)st.st_size;
	r->at = JOURNAL_MAGIC_LEN;
	return r;
}

int journal_next(
	struct journal_reader *r, uint32_t *type, const void **p, size_t *len)
{
	const struct journal_head *head;
	size_t room = r->size - r->at, n;

	if (room < sizeof(*head))
		return 0;
	head = (const struct journal_head *)(const void *)(r->map + r->at);
	n = __atomic_load_n(&head->len, __ATOMIC_ACQUIRE);
	if (n-- == 0 || n >= JOURNAL_MAX_LEN || JOURNAL_FRAME(n) > room ||
		journal_sum(head + 1, n, head->type, r->at) != head->sum)
		return 0;
	*type = head->type;
	*p = head + 1;
	*len = n;
	r->at += JOURNAL_FRAME(n);
	return 1;
}

void journal_reader_close(struct journal_reader *r)
{
	if (!r)
		return;
	munmap((void *)(uintptr_t)r->map, r->size);
	free(r);
}
