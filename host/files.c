// SPDX-License-Identifier: Apache-2.0
/* Reading the small files of /proc and /sys. */
#include "host/files.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/scalar.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int host_record(int dirfd, const char *path, struct strbuf *out)
{
	autoclose int fd = openat(
		dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)HOST_RECORD_MAX) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	return fs_slurp_fd(fd, out);
}

int host_slurp(const char *root, const char *path, struct strbuf *out)
{
	autofree char *full = NULL;
	autoclose int fd = -1;
	size_t room = 16384;
	ssize_t n;

	if (asprintf(&full, "%s%s", root, path) < 0)
		abort();
	/* A fixture or a fake /sys may hold anything: never wait for it. */
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	do {
		strbuf_grow(out, room);
		n = fs_read_all(fd, out->s + out->len, room);
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		out->s[out->len] = 0;
	} while (n == (ssize_t)room && out->len < HOST_FILE_MAX);
	return out->len ? 0 : -1;
}

char *host_line(struct arena *a, const char *root, const char *path)
{
	autostrbuf text = STRBUF_INIT;
	const char *s;
	size_t n;

	if (host_slurp(root, path, &text) < 0)
		return NULL;
	s = text.s + strspn(text.s, " \t");
	n = strcspn(s, "\n");
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return n ? arena_memdup(a, s, n) : NULL;
}

int64_t host_number(const char *root, const char *path)
{
	autostrbuf text = STRBUF_INIT;
	unsigned long long n;
	char *end;
	int shift;

	if (host_slurp(root, path, &text) < 0 ||
		!isdigit((unsigned char)text.s[0]))
		return ABSENT;
	n = strtoull(text.s, &end, 10);
	shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if (n > (unsigned long long)INT64_MAX >> shift)
		return ABSENT;
	return (int64_t)(n << shift);
}

char *host_value(struct arena *a, const char *text, const char *key)
{
	size_t n = strlen(key);
	const char *p = text, *v, *end;

	for (; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		if (strncmp(p, key, n) != 0)
			continue;
		v = p + n + strspn(p + n, " \t");
		if (*v == ':')
			v += 1 + strspn(v + 1, " \t");
		else if (v == p + n)
			continue; /* another key that begins like this one */
		end = strchrnul(v, '\n');
		while (end > v && isspace((unsigned char)end[-1]))
			end--;
		return end > v ? arena_memdup(a, v, (size_t)(end - v)) : NULL;
	}
	return NULL;
}

static int by_version(const void *x, const void *y)
{
	/* "card2" before "card10". */
	return strverscmp(*(char *const *)x, *(char *const *)y);
}

void host_names(struct arena *a, const char *root, const char *path,
	struct strlist *out)
{
	autofree char *full = NULL;
	struct dirent *ent;
	DIR *d;

	if (asprintf(&full, "%s%s", root, path) < 0)
		abort();
	d = opendir(full);
	while (d && (ent = readdir(d)))
		if (ent->d_name[0] != '.')
			*ARENA_PUSH(a, out->items, out->count) =
				arena_strdup(a, ent->d_name);
	if (d)
		closedir(d);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_version);
}

int64_t host_list_count(const char *list)
{
	int64_t count = 0;

	while (list && isdigit((unsigned char)*list)) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (last < first || last > 1 << 20)
			return ABSENT;
		count += last - first + 1;
		if (*end != ',')
			return *end ? ABSENT : count;
		list = end + 1;
	}
	return ABSENT;
}

bool host_is_word(const char *s)
{
	if (!s || !*s || !utf8_valid(s, strlen(s)))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}
