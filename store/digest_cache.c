// SPDX-License-Identifier: Apache-2.0
/*
 * The digest cache: an open-addressing hash table in a shared mapping. Nobody
 * locks to read or to write a record: each carries a checksum, and one that
 * two writers tore is a miss. Only growing is done under a lock, into a new
 * file that replaces the old one; the old one is marked, so that whoever still
 * maps it turns to the new one. A file is never truncated in place, since that
 * would be a SIGBUS for its other users.
 */
#include "store/digest_cache.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/map.h"
#include "store/cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "reprise-digests1"
#define FILE_NAME "digests"
#define NEW_NAME "digests.new"
#define LOCK_NAME "digests.lock"
#define FIRST_SLOTS ((uint64_t)1 << 14)
/* 160 MiB; when that is full, the cache starts over. */
#define MOST_SLOTS ((uint64_t)1 << 21)
#define MOST_PROBES 64
#define KEY_WORDS 5
#define DIGEST_WORDS 4
#define WORDS (KEY_WORDS + DIGEST_WORDS + 1)

struct header {
	char magic[16];
	uint64_t slots;
	uint64_t used;     /* about how many are taken */
	uint64_t replaced; /* by another file of the same name */
	uint64_t unused[3];
};

/* Key, digest, checksum; the checksum of a free slot is 0. */
struct slot {
	uint64_t w[WORDS];
};

struct digest_cache {
	int dirfd;
	pthread_rwlock_t lock; /* of what follows, not of the slots */
	struct header *head;   /* NULL: there is no file, everything misses */
	struct slot *slots;
	uint64_t count;
	bool read_only;
};

static size_t file_size(uint64_t slots)
{
	return sizeof(struct header) + slots * sizeof(struct slot);
}

static uint64_t sum_of(const uint64_t w[WORDS])
{
	uint64_t sum = hash_bytes(w, (WORDS - 1) * sizeof(*w));

	return sum ? sum : 1;
}

/* A file has one record: when it changes, the new one takes the old's slot. */
static uint64_t first_slot(const uint64_t w[WORDS], uint64_t slots)
{
	return hash_bytes(w, 2 * sizeof(*w)) & (slots - 1);
}

static void read_slot(const struct slot *s, uint64_t w[WORDS])
{
	for (size_t i = 0; i < WORDS; i++)
		w[i] = __atomic_load_n(&s->w[i], __ATOMIC_RELAXED);
}

static void write_slot(struct slot *s, const uint64_t w[WORDS])
{
	for (size_t i = 0; i < WORDS; i++)
		__atomic_store_n(&s->w[i], w[i], __ATOMIC_RELAXED);
}

static void key_words(const struct digest_key *k, uint64_t w[WORDS])
{
	w[0] = k->dev;
	w[1] = k->ino;
	w[2] = k->size;
	w[3] = (uint64_t)k->mtime_ns;
	w[4] = (uint64_t)k->ctime_ns;
}

static void drop_map(struct digest_cache *c)
{
	if (c->head)
		munmap(c->head, file_size(c->count));
	c->head = NULL;
}

/* Foreign, cut, or writable by others: as if it were not there. */
static bool is_sound(int fd, struct stat *st)
{
	struct header h;

	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
	       st->st_uid == geteuid() && !(st->st_mode & 022) &&
	       pread(fd, &h, sizeof(h), 0) == sizeof(h) &&
	       memcmp(h.magic, MAGIC, sizeof(h.magic)) == 0 &&
	       h.slots >= MOST_PROBES && h.slots <= MOST_SLOTS &&
	       !(h.slots & (h.slots - 1)) && !h.replaced &&
	       (size_t)st->st_size == file_size(h.slots);
}

static bool map_file(struct digest_cache *c)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	autoclose int fd = openat(c->dirfd, FILE_NAME, O_RDWR | flags);
	bool read_only = fd < 0;
	struct stat st;
	void *p;

	if (fd < 0)
		fd = openat(c->dirfd, FILE_NAME, O_RDONLY | flags);
	if (fd < 0 || !is_sound(fd, &st))
		return false;
	p = mmap(NULL, (size_t)st.st_size,
		read_only ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		0);
	if (p == MAP_FAILED)
		return false;
	drop_map(c);
	c->head = p;
	c->slots = (struct slot *)(c->head + 1);
	/* By the size, which is checked: the header may be written to. */
	c->count = ((size_t)st.st_size - sizeof(struct header)) /
		   sizeof(struct slot);
	c->read_only = read_only;
	return true;
}

static void put_record(struct header *head, struct slot *slots, uint64_t count,
	const uint64_t w[WORDS])
{
	uint64_t at = first_slot(w, count), is[WORDS];
	struct slot *s = &slots[at];
	bool taken = true;

	for (unsigned i = 0; i < MOST_PROBES; i++) {
		struct slot *next = &slots[(at + i) & (count - 1)];

		read_slot(next, is);
		taken = is[WORDS - 1] != 0;
		if (!taken || (is[0] == w[0] && is[1] == w[1]) ||
			sum_of(is) != is[WORDS - 1]) {
			s = next;
			break;
		}
	}
	/* All taken by others: the first one is forgotten. */
	write_slot(s, w);
	if (!taken)
		__atomic_fetch_add(&head->used, 1, __ATOMIC_RELAXED);
}

static void copy_records(const struct digest_cache *c, struct header *head)
{
	uint64_t w[WORDS];

	for (uint64_t i = 0; i < c->count; i++) {
		read_slot(&c->slots[i], w);
		if (w[WORDS - 1] && sum_of(w) == w[WORDS - 1])
			put_record(head, (struct slot *)(head + 1), head->slots,
				w);
	}
}

/* A new file of so many slots with the records of the mapped one, if any. */
static int write_file(struct digest_cache *c, int fd, uint64_t slots, bool keep)
{
	struct header *head;
	int code = FAULT("cache.grow")
			   ? errno
			   : posix_fallocate(fd, 0, (off_t)file_size(slots));

	errno = code;
	if (code)
		return -1;
	head = mmap(NULL, file_size(slots), PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	if (head == MAP_FAILED)
		return -1;
	head->slots = slots;
	if (keep)
		copy_records(c, head);
	memcpy(head->magic, MAGIC, sizeof(head->magic));
	munmap(head, file_size(slots));
	return 0;
}

static bool make_file(struct digest_cache *c, uint64_t slots, bool keep)
{
	autoclose int fd = -1;

	/* The lock makes this the only one: a left-over is a dead one's. */
	unlinkat(c->dirfd, NEW_NAME, 0);
	fd = openat(c->dirfd, NEW_NAME,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	if (write_file(c, fd, slots, keep) == 0 &&
		renameat(c->dirfd, NEW_NAME, c->dirfd, FILE_NAME) == 0)
		return true;
	unlinkat(c->dirfd, NEW_NAME, 0);
	return false;
}

/* The lock of those who replace the file; -1 when there is none to be had. */
static int lock_dir(struct digest_cache *c)
{
	autoclose int fd = openat(c->dirfd, LOCK_NAME,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 || flock(fd, LOCK_EX) < 0 ? -1 : steal_fd(&fd);
}

/* No file, or a bad one: a new one, unless another process was faster. */
static void start(struct digest_cache *c)
{
	autoclose int lock = -1;

	if (map_file(c))
		return;
	lock = lock_dir(c);
	if (lock >= 0 && !map_file(c) && make_file(c, FIRST_SLOTS, false))
		map_file(c);
}

static bool is_replaced(const struct digest_cache *c)
{
	return __atomic_load_n(&c->head->replaced, __ATOMIC_RELAXED) != 0;
}

static bool is_crowded(const struct digest_cache *c)
{
	/* Half: with more, linear probing takes long or gives up. */
	return __atomic_load_n(&c->head->used, __ATOMIC_RELAXED) >= c->count / 2;
}

/* With the write lock held: turn to the file that replaced this one, or make
 * it. When neither can be done, the old one serves on. */
static void move_on(struct digest_cache *c)
{
	autoclose int lock = lock_dir(c);
	struct header *old = c->head;
	bool keep = c->count < MOST_SLOTS;

	if (lock < 0)
		return;
	if (!is_replaced(c)) {
		if (!make_file(c, keep ? c->count * 2 : FIRST_SLOTS, keep)) {
			/* Not again at every put. */
			__atomic_store_n(
				&old->used, c->count / 4, __ATOMIC_RELAXED);
			return;
		}
		__atomic_store_n(&old->replaced, 1, __ATOMIC_RELAXED);
	}
	if (!map_file(c))
		drop_map(c);
}

static int open_cache_dir(const char *dir, struct err *e)
{
	autoarena *a = arena_new();
	int fd;

	if (!dir)
		dir = cache_dir(a);
	if (!dir)
		return err_set(e, "no place for a cache: neither "
				  "XDG_CACHE_HOME nor HOME is set");
	fs_mkdirs(dir, 0700, NULL);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Without a directory everything is a miss. */
	return fd < 0 ? -2 : fd;
}

struct digest_cache *digest_cache_open(const char *dir, struct err *e)
{
	struct digest_cache *c;
	int fd = open_cache_dir(dir, e);

	if (fd == -1)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->dirfd = fd;
	pthread_rwlock_init(&c->lock, NULL);
	if (fd >= 0)
		start(c);
	return c;
}

void digest_cache_close(struct digest_cache *c)
{
	if (!c)
		return;
	drop_map(c);
	fs_autoclose(&c->dirfd);
	pthread_rwlock_destroy(&c->lock);
	free(c);
}

static int find(
	struct digest_cache *c, const uint64_t key[WORDS], struct digest *out)
{
	uint64_t at = first_slot(key, c->count), is[WORDS];

	for (unsigned i = 0; i < MOST_PROBES; i++) {
		read_slot(&c->slots[(at + i) & (c->count - 1)], is);
		if (!is[WORDS - 1])
			return 0;
		if (memcmp(is, key, KEY_WORDS * sizeof(*key)) != 0 ||
			sum_of(is) != is[WORDS - 1])
			continue;
		memcpy(out->b, is + KEY_WORDS, DIGEST_BYTES);
		return 1;
	}
	return 0;
}

int digest_cache_get(
	struct digest_cache *c, const struct digest_key *k, struct digest *out)
{
	uint64_t key[WORDS];
	int r = 0;

	key_words(k, key);
	pthread_rwlock_rdlock(&c->lock);
	if (c->head)
		r = find(c, key, out);
	pthread_rwlock_unlock(&c->lock);
	return r;
}

void digest_cache_put(struct digest_cache *c, const struct digest_key *k,
	const struct digest *d)
{
	uint64_t w[WORDS];
	bool move;

	key_words(k, w);
	memcpy(w + KEY_WORDS, d->b, DIGEST_BYTES);
	w[WORDS - 1] = sum_of(w);
	pthread_rwlock_rdlock(&c->lock);
	move = c->head && !c->read_only && (is_replaced(c) || is_crowded(c));
	pthread_rwlock_unlock(&c->lock);
	if (move) {
		pthread_rwlock_wrlock(&c->lock);
		if (c->head && (is_replaced(c) || is_crowded(c)))
			move_on(c);
		pthread_rwlock_unlock(&c->lock);
	}
	pthread_rwlock_rdlock(&c->lock);
	if (c->head && !c->read_only)
		put_record(c->head, c->slots, c->count, w);
	pthread_rwlock_unlock(&c->lock);
}

/* No file was changed in that nanosecond: 292 years before the epoch. */
static struct digest_key md5_key(const struct digest *sha256)
{
	struct digest_key k = {.ctime_ns = INT64_MIN};

	_Static_assert(DIGEST_BYTES == offsetof(struct digest_key, ctime_ns),
		"a digest takes the place of the rest of a key");
	memcpy(&k, sha256->b, DIGEST_BYTES);
	return k;
}

int digest_cache_get_md5(struct digest_cache *c, const struct digest *sha256,
	uint8_t md5[MD5_BYTES])
{
	struct digest_key k = md5_key(sha256);
	struct digest d;

	if (!digest_cache_get(c, &k, &d))
		return 0;
	memcpy(md5, d.b, MD5_BYTES);
	return 1;
}

void digest_cache_put_md5(struct digest_cache *c, const struct digest *sha256,
	const uint8_t md5[MD5_BYTES])
{
	struct digest_key k = md5_key(sha256);
	struct digest d = {{0}};

	memcpy(d.b, md5, MD5_BYTES);
	digest_cache_put(c, &k, &d);
}
