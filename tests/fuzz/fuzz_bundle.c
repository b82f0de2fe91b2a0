// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: any bytes as a bundle. What is refused leaves the store
 * empty, what is taken verifies, and nothing stays behind in tmp/.
 *	clang -fsanitize=fuzzer,address -D_GNU_SOURCE -DREPRISE_VERSION='"0"' \
 *		-I. tests/fuzz/fuzz_bundle.c store/[a-z]*.c \
 *		manifests/[a-z]*.c base/[a-z]*.c \
 *		-lyaml -lcrypto -ljansson -larchive
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/bundle.h"
#include "store/store.h"
#include "store/verify.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/dev/shm/reprise-fuzz-XXXXXX";

static void clean_up(void)
{
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

static size_t entries(const struct store *s, const char *name)
{
	autofree char *path = NULL;
	size_t n = 0;
	DIR *d;

	if (asprintf(&path, "%s/%s", store_dir(s), name) < 0)
		abort();
	d = opendir(path);
	if (!d)
		__builtin_trap();
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void on_problem(void *ctx, const struct verify_problem *p)
{
	fprintf(stderr, "taken, but %s\n", p->message);
	__builtin_trap();
}

static struct store *open_store(void)
{
	struct err e = ERR_INIT;
	struct store *s;

	if (dir[sizeof(dir) - 2] == 'X') {
		if (!mkdtemp(dir))
			abort();
		atexit(clean_up);
	}
	s = store_open(dir, STORE_CREATE, &e);
	if (!s)
		__builtin_trap();
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoclose int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct store *s = open_store();
	struct arena *a = arena_new();
	struct verify_totals found;
	struct bundle_totals t;
	struct err e = ERR_INIT;
	char path[40], **ids;
	int r;

	if (fd < 0 || fs_write_all(fd, data, size) < 0)
		__builtin_trap();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = bundle_import(s, path, a, &ids, &t, &e);
	if (entries(s, "tmp") != 0)
		__builtin_trap();
	if (r < 0 && (entries(s, "runs") || entries(s, "objects") || !*e.msg))
		__builtin_trap();
	if (r == 0) {
		if (verify(s, NULL, on_problem, NULL, &found, &e) < 0)
			__builtin_trap();
		fs_remove_tree(AT_FDCWD, dir, NULL);
	}
	arena_free(a);
	store_close(s);
	return 0;
}
