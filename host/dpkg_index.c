// SPDX-License-Identifier: Apache-2.0
/* The index of dpkg's lists, as a file: its making, finding in it. */
#include "host/dpkg_index.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "reprise-dpkg-1"
#define FILE_NAME "dpkg"
#define NEW_NAME "dpkg.new"
#define LOCK_NAME "dpkg.lock"
#define BUCKETS (1u << 16)
#define MOST_PACKAGES UINT16_MAX
/* 256 MiB in memory while it is made. */
#define MOST_LINES (1u << 25)

/* Words are summed four at a time. */
#define ROW 4
#define ROW_BYTES (ROW * sizeof(uint64_t))

struct head {
	char magic[16];
	struct dpkg_state of;
	uint64_t packages;
	uint64_t lines;
};

/* A line, within the bucket that the first half of its hash names. */
struct entry {
	uint16_t rest; /* the other half */
	uint16_t package;
};

/* After this come rows of zeroes to the full, and the sum of all before. */
struct dpkg_index {
	struct head head;
	uint32_t first[BUCKETS + 1]; /* the first entry of each bucket */
	struct entry entries[];
};

static uint32_t hash_of(const char *line, size_t len)
{
	return (uint32_t)(hash_bytes(line, len) >> 32);
}

/* Without the sum. */
static size_t size_of(uint64_t lines)
{
	size_t n = sizeof(struct dpkg_index) + lines * sizeof(struct entry);

	return (n + ROW_BYTES - 1) / ROW_BYTES * ROW_BYTES;
}

/* In four parts that do not wait for each other: a run waits for this. */
static uint64_t sum_of(const void *p, size_t n)
{
	const unsigned char *c = p;
	uint64_t s[ROW] = {1, 2, 3, 4}, w[ROW];

	for (; n; c += ROW_BYTES, n -= ROW_BYTES) {
		memcpy(w, c, ROW_BYTES);
		for (int i = 0; i < ROW; i++) {
			s[i] = (s[i] ^ w[i]) * 0xd6e8feb86659fd93u;
			s[i] ^= s[i] >> 32;
		}
	}
	return hash_bytes(s, sizeof(s));
}

/* --- finding ---------------------------------------------------------- */

/* The directory, if it is this user's and nobody else can write there. */
static int open_dir(const char *dir)
{
	autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
		st.st_mode & 022)
		return -1;
	return steal_fd(&fd);
}

static bool is_whole(const struct dpkg_index *x, size_t size)
{
	uint64_t sum;

	if (memcmp(x->head.magic, MAGIC, sizeof(MAGIC)) != 0 ||
		x->head.lines > MOST_LINES ||
		size != size_of(x->head.lines) + sizeof(sum))
		return false;
	size -= sizeof(sum);
	memcpy(&sum, (const char *)x + size, sizeof(sum));
	return sum == sum_of(x, size);
}

/* Read, not mapped: what was checked stays as it was. */
static struct dpkg_index *read_file(int fd)
{
	struct dpkg_index *x;
	struct stat st;
	size_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		st.st_mode & 022 || st.st_size < (off_t)sizeof(*x) ||
		st.st_size > (off_t)(size_of(MOST_LINES) + sizeof(uint64_t)))
		return NULL;
	n = (size_t)st.st_size;
	x = xmalloc(n);
	if (fs_read_all(fd, x, n) == st.st_size && is_whole(x, n))
		return x;
	free(x);
	return NULL;
}

struct dpkg_index *dpkg_index_read(
	const char *dir, const struct dpkg_state *of, size_t packages)
{
	autoclose int dirfd = open_dir(dir);
	autoclose int fd = -1;
	struct dpkg_index *x;

	if (dirfd < 0)
		return NULL;
	fd = openat(dirfd, FILE_NAME,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	x = fd < 0 ? NULL : read_file(fd);
	if (x && memcmp(&x->head.of, of, sizeof(*of)) == 0 &&
		x->head.packages == packages)
		return x;
	free(x);
	return NULL;
}

void dpkg_index_free(struct dpkg_index *x)
{
	free(x);
}

void dpkg_index_find(const struct dpkg_index *x, const char *line, size_t len,
	bool *packages)
{
	uint32_t hash = hash_of(line, len);
	uint32_t i = x->first[hash >> 16], end = x->first[(hash >> 16) + 1];

	for (; i < end && i < x->head.lines; i++)
		if (x->entries[i].rest == (uint16_t)hash &&
			x->entries[i].package < x->head.packages)
			packages[x->entries[i].package] = true;
}

/* --- making ----------------------------------------------------------- */

void dpkg_lines_add(
	struct dpkg_lines *l, const char *line, size_t len, size_t package)
{
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 1 << 18;
		l->items = xrealloc(l->items, l->room * sizeof(*l->items));
	}
	l->items[l->count++] =
		(struct dpkg_line_hash){hash_of(line, len), (uint32_t)package};
}

void dpkg_lines_release(struct dpkg_lines *l)
{
	free(l->items);
	*l = (struct dpkg_lines){0};
}

static void sort_lines(const struct dpkg_lines *l, struct dpkg_index *x)
{
	autofree uint32_t *next = xcalloc(BUCKETS, sizeof(*next));

	for (size_t i = 0; i < l->count; i++)
		x->first[(l->items[i].hash >> 16) + 1]++;
	for (size_t i = 0; i < BUCKETS; i++) {
		next[i] = x->first[i];
		x->first[i + 1] += x->first[i];
	}
	for (size_t i = 0; i < l->count; i++)
		x->entries[next[l->items[i].hash >> 16]++] =
			(struct entry){(uint16_t)l->items[i].hash,
				(uint16_t)l->items[i].package};
}

/* Whole or not at all; not synced, for a sum says what became of it. */
static void write_file(int dirfd, const void *p, size_t n)
{
	autoclose int lock = openat(dirfd, LOCK_NAME,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	autoclose int fd = -1;

	/* Another process is at it. */
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return;
	/* What there is was left by one that died. */
	unlinkat(dirfd, NEW_NAME, 0);
	fd = openat(dirfd, NEW_NAME,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (fs_write_all(fd, p, n) < 0 ||
		renameat(dirfd, NEW_NAME, dirfd, FILE_NAME) < 0)
		unlinkat(dirfd, NEW_NAME, 0);
}

void dpkg_lines_write(const struct dpkg_lines *l, const char *dir,
	const struct dpkg_state *of, size_t packages)
{
	autofree struct dpkg_index *x = NULL;
	autoclose int dirfd = -1;
	uint64_t sum;
	size_t n;

	if (packages > MOST_PACKAGES || l->count > MOST_LINES)
		return;
	fs_mkdirs(dir, 0700, NULL);
	dirfd = open_dir(dir);
	if (dirfd < 0)
		return;
	n = size_of(l->count);
	x = xcalloc(1, n + sizeof(sum));
	memcpy(x->head.magic, MAGIC, sizeof(MAGIC));
	x->head.of = *of;
	x->head.packages = packages;
	x->head.lines = l->count;
	sort_lines(l, x);
	sum = sum_of(x, n);
	memcpy((char *)x + n, &sum, sizeof(sum));
	write_file(dirfd, x, n + sizeof(sum));
}
