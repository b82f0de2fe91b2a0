// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: any bytes as databases of packages. The first byte says
 * which: 'd' dpkg's files, 'p' Python's, 'c' conda's, 'r' rpm's database, 'h' a
 * header in it, 'u' a package URL; the files of one are separated by bytes 1.
 * What is found must be able to stand in a manifest.
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. \
 *		-DREPRISE_VERSION='"0"' tests/fuzz/fuzz_packages.c \
 *		host/[a-z]*.c manifests/[a-z]*.c base/[a-z]*.c \
 *		-lyaml -lcrypto -ljansson -lsqlite3 -lelf
 * It works in a directory of its own below $TMPDIR, best on a tmpfs.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/owners.h"
#include "host/problems.h"
#include "host/rpm_header.h"
#include "manifests/purl.h"
#include "manifests/scalar.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SITE "/v/lib/python3/site-packages"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const dpkg_files[] = {"var/lib/dpkg/status",
	"var/lib/dpkg/info/a.list", "var/lib/dpkg/info/a.md5sums",
	"var/lib/dpkg/diversions", "etc/os-release", NULL};
static const char *const python_files[] = {&SITE "/a-1.dist-info/METADATA"[1],
	&SITE "/a-1.dist-info/RECORD"[1],
	&SITE "/a-1.dist-info/direct_url.json"[1],
	&SITE "/b-1.egg-info/PKG-INFO"[1],
	&SITE "/b-1.egg-info/installed-files.txt"[1],
	&SITE "/c-1.egg-info/PKG-INFO"[1],
	&SITE "/c-1.egg-info/top_level.txt"[1], NULL};
static const char *const conda_files[] = {
	"e/conda-meta/a-1-0.json", "e/conda-meta/b-1-0.json", NULL};
static const char *const rpm_files[] = {"var/lib/rpm/rpmdb.sqlite", NULL};

static const char *const paths[] = {"/usr/bin/cat", "/usr/lib/a", "/a", "/",
	SITE "/a.py", SITE "/__pycache__/a.cpython-311.pyc", SITE "/c/d.py",
	"/v/bin/a", "/e/a", "/e/lib/b.so", "/usr/lib64/tiny/one",
	"/usr/lib64/libtiny.so", "/usr/share/one",
	"/models--a--b/snapshots/0123456789abcdef0123456789abcdef01234567/x"};

static void need(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void write_file(const char *path, const void *p, size_t n)
{
	autoclose int fd = -1;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = 0;
	if (access(dir, F_OK) < 0)
		need(fs_mkdirs(dir, 0700, NULL) == 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	need(fd >= 0 && fs_write_all(fd, p, n) == 0);
}

static void write_files(const char *const *files, const uint8_t *data, size_t size)
{
	for (; *files; files++) {
		const uint8_t *end =
			files[1] ? memchr(data, 1, size) : data + size;
		size_t n = end ? (size_t)(end - data) : size;

		write_file(*files, data, n);
		size -= n;
		data += n;
		if (size) {
			data++;
			size--;
		}
	}
}

static void remove_files(const char *const *files)
{
	for (; *files; files++)
		unlink(*files);
}

/* A purl is canonical, and every text fit for a line of a manifest. */
static void check(struct arena *a, const struct m_package *m)
{
	struct purl p;

	need(purl_parse(&p, a, m->purl, NULL) == 0);
	need(strcmp(purl_format(a, &p, NULL), m->purl) == 0);
	need(utf8_valid(m->name, strlen(m->name)));
	need(utf8_valid(m->version, strlen(m->version)));
	need(!m->source || utf8_valid(m->source, strlen(m->source)));
	need(*m->location == '/');
}

static void find_all(void)
{
	autoarena *a = arena_new();
	struct problems problems = {.arena = a};
	struct owned_file files[sizeof(paths) / sizeof(*paths)];
	size_t n = sizeof(paths) / sizeof(*paths);
	struct strlist all = {0}, lines = {0};
	struct owners *o;

	for (size_t i = 0; i < n; i++)
		files[i] = (struct owned_file){.path = paths[i]};
	o = owners_find(a, ".", NULL, files, n, NULL, &problems);
	for (size_t i = 0; i < n; i++) {
		if (!files[i].package)
			continue;
		check(a, files[i].package);
		owners_files(o, files[i].package, a, &all);
	}
	for (size_t i = 0; i < all.count; i++)
		need(*all.items[i] == '/');
	owners_installed(o, a, &lines);
	for (size_t i = 0; i < lines.count; i++)
		need(strncmp(lines.items[i], "pkg:", 4) == 0 &&
			!strchr(lines.items[i], '\n'));
	owners_close(o);
}

static void with_files(const char *const *files, const uint8_t *data, size_t size)
{
	write_files(files, data, size);
	find_all();
	remove_files(files);
}

static void read_header(const uint8_t *data, size_t size)
{
	static const enum rpm_tag tags[] = {RPM_NAME, RPM_EPOCH, RPM_BASENAMES,
		RPM_DIRNAMES, RPM_DIRINDEXES, RPM_FILEDIGESTS};
	autoarena *a = arena_new();
	struct rpm_header h;
	uint32_t n;

	if (!rpm_header_open(&h, data, size))
		return;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		const char *s = rpm_header_string(&h, tags[i]);
		size_t count;
		const char **all = rpm_header_strings(&h, tags[i], a, &count);

		need(!s || strlen(s) < size);
		for (size_t k = 0; all && k < count; k++)
			need(strlen(all[k]) < size);
		for (size_t k = 0; k < 3; k++)
			rpm_header_number(&h, tags[i], k, &n);
	}
}

static void read_purl(const uint8_t *data, size_t size)
{
	autoarena *a = arena_new();
	char *text = arena_memdup(a, data, size), *again;
	struct purl p;

	if (purl_parse(&p, a, text, NULL) < 0)
		return;
	again = purl_format(a, &p, NULL);
	need(again && purl_parse(&p, a, again, NULL) == 0 &&
		strcmp(purl_format(a, &p, NULL), again) == 0);
}

static void enter(void)
{
	static bool entered;
	char *dir;

	if (entered)
		return;
	entered = true;
	need(asprintf(&dir, "%s/fuzz-XXXXXX",
		     getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") > 0);
	need(mkdtemp(dir) && chdir(dir) == 0);
	free(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	enter();
	switch (*data) {
	case 'd':
		with_files(dpkg_files, data + 1, size - 1);
		break;
	case 'p':
		with_files(python_files, data + 1, size - 1);
		break;
	case 'c':
		with_files(conda_files, data + 1, size - 1);
		break;
	case 'r':
		with_files(rpm_files, data + 1, size - 1);
		break;
	case 'h':
		read_header(data + 1, size - 1);
		break;
	case 'u':
		read_purl(data + 1, size - 1);
		break;
	}
	return 0;
}
