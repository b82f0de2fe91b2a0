// SPDX-License-Identifier: Apache-2.0
/* RPM packages: a database that rpm itself has made, and damaged ones. */
#include "store_help.h"

#include "host/problems.h"
#include "host/rpm.h"
#include "host/rpm_header.h"

#define DATABASE "root/var/lib/rpm/rpmdb.sqlite"

static char tree[4096]; /* where the tests began */

static void copy(const char *from, const char *to)
{
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(fs_slurp(from, &text), 0);
	ok(fs_write_file(AT_FDCWD, to, text.s, text.len, 0644, &e));
}

/* Of tests/data/rpm/tiny.spec and other.spec, on a merged /usr. */
static void make_root(void)
{
	struct err e = ERR_INIT;
	char from[5000];

	ok(fs_mkdirs("root/var/lib/rpm", 0755, &e));
	assert_int_equal(symlink("usr/lib64", "root/lib64"), 0);
	snprintf(from, sizeof(from), "%s/tests/data/rpm/rpmdb.sqlite", tree);
	copy(from, DATABASE);
}

#define SHA_ONE \
	"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"

static void files_have_owners(void **state)
{
	static const struct {
		const char *path, *name, *digest;
	} files[] = {
		{"/usr/lib64/tiny/one", "tiny", "sha256:" SHA_ONE},
		/* Listed as /lib64/libtiny.so, and at a path of that name. */
		{"/usr/lib64/libtiny.so", "tiny",
			"sha256:a325dcacb80b202a014b420b93fc19061900018f8ce216"
			"d0a0cb00d610ec7f97"},
		{"/lib64/libtiny.so", NULL, NULL},
		{"/usr/lib64/tiny", "tiny", NULL},
		{"/usr/share/one", "other",
			"md5:5bbf5a52328e7439ae6e719dfe712200"},
		{"/elsewhere/one", NULL, NULL},
		{"/usr/share", NULL, NULL},
		{"/", NULL, NULL},
	};
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct rpm *r;

	make_root();
	r = rpm_open(a, "root", &p);
	assert_non_null(r);
	for (size_t i = 0; i < COUNT(files); i++) {
		char *digest;
		const struct rpm_package *o =
			rpm_owner(r, files[i].path, &digest);

		if (!o != !files[i].name)
			fail_msg("%s: %s", files[i].path, o ? o->name : "-");
		if (!o)
			continue;
		assert_string_equal(o->name, files[i].name);
		assert_int_equal(!digest, !files[i].digest);
		if (digest)
			assert_string_equal(digest, files[i].digest);
	}
	assert_int_equal(p.count, 0);
	rpm_close(r);
}

static void add_package(void *arg, const struct rpm_package *p)
{
	struct strbuf *out = arg;

	strbuf_addf(out, "%s %s %s %s %s %s\n", p->name, p->version, p->plain,
		p->epoch ? p->epoch : "-", p->architecture, p->source);
}

static void packages_are_described(void **state)
{
	autoarena *a = arena_new();
	autostrbuf all = STRBUF_INIT;
	struct strlist files = {0};
	const struct rpm_package *tiny;
	struct rpm *r;
	char *digest;

	make_root();
	r = rpm_open(a, "root", NULL);
	rpm_each(r, add_package, &all);
	assert_string_equal(all.s, "tiny 1:2.0-3 2.0-3 1 noarch tiny 2.0-3\n"
				   "other 4-5 4-5 - noarch other-source 4-5\n");
	tiny = rpm_owner(r, "/usr/lib64/tiny/one", &digest);
	rpm_files(r, tiny, a, &files);
	assert_int_equal(files.count, 3);
	assert_string_equal(files.items[0], "/usr/lib64/libtiny.so");
	assert_string_equal(files.items[1], "/usr/lib64/tiny");
	assert_string_equal(files.items[2], "/usr/lib64/tiny/one");
	assert_int_equal(rpm_file_count(r, tiny), 2);
	rpm_close(r);
}

/* Whoever reads it leaves everything as it was. */
static void nothing_is_written(void **state)
{
	autoarena *a = arena_new();
	struct stat before, after;
	struct strlist names = {0};
	struct dirent *d;
	struct rpm *r;
	char *digest;
	DIR *dir;
	int fd;

	make_root();
	/* As rpm leaves it: the next one to open it is to make a log. */
	fd = open(DATABASE, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\2\2", 2, 18), 2);
	close(fd);
	assert_int_equal(stat("root/var/lib/rpm", &before), 0);
	r = rpm_open(a, "root", NULL);
	assert_non_null(rpm_owner(r, "/usr/lib64/tiny/one", &digest));
	dir = opendir("root/var/lib/rpm");
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.')
			*ARENA_PUSH(a, names.items, names.count) =
				arena_strdup(a, d->d_name);
	closedir(dir);
	rpm_close(r);
	assert_int_equal(names.count, 1);
	assert_int_equal(stat("root/var/lib/rpm", &after), 0);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void none_with(const char *path, const char *detail)
{
	autoarena *a = arena_new();
	struct problems p = {.arena = a};

	assert_null(rpm_open(a, "root", &p));
	assert_int_equal(p.count, 1);
	assert_string_equal(p.items[0].path, path);
	assert_string_equal(p.items[0].detail, detail);
}

static void what_cannot_be_read_is_named(void **state)
{
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct err e = ERR_INIT;

	assert_null(rpm_open(a, "root", &p));
	assert_int_equal(p.count, 0);
	make_root();
	write_text(DATABASE "-wal", "");
	rpm_close(rpm_open(a, "root", &p));
	assert_int_equal(p.count, 0);
	write_text(DATABASE "-wal", "x");
	none_with("/var/lib/rpm/rpmdb.sqlite", "its packages are not known: it "
					       "is being written, or was left "
					       "so");
	assert_int_equal(rename(DATABASE "-wal", DATABASE "-journal"), 0);
	none_with("/var/lib/rpm/rpmdb.sqlite", "its packages are not known: it "
					       "is being written, or was left "
					       "so");
	assert_int_equal(unlink(DATABASE "-journal"), 0);
	write_text(DATABASE, "this is no database at all, although it is long "
			     "enough to be one, or at least to look like one.");
	none_with("/var/lib/rpm/rpmdb.sqlite",
		"its packages are not known: file is not a database");
	write_text(DATABASE, "");
	none_with("/var/lib/rpm/rpmdb.sqlite",
		"its packages are not known: no such table: Basenames");
	assert_int_equal(unlink(DATABASE), 0);
	write_text("root/var/lib/rpm/Packages", "x");
	none_with("/var/lib/rpm/Packages",
		"its packages are not known: it is not in sqlite's format");
	ok(fs_mkdirs("root/usr/lib/sysimage/rpm", 0755, &e));
}

/* Cut or altered anywhere: anything may come out, but it comes out. */
static void damaged_databases_do_no_harm(void **state)
{
	autostrbuf whole = STRBUF_INIT;
	struct err e = ERR_INIT;
	unsigned seed = 1;

	make_root();
	assert_int_equal(fs_slurp(DATABASE, &whole), 0);
	for (int i = 0; i < 300; i++) {
		autoarena *a = arena_new();
		autostrbuf all = STRBUF_INIT;
		struct problems p = {.arena = a};
		autostrbuf copy_of = STRBUF_INIT;
		struct rpm *r;
		char *digest;

		strbuf_add(&copy_of, whole.s, whole.len);
		for (int k = 0; k < 20; k++)
			copy_of.s[(size_t)rand_r(&seed) % whole.len] =
				(char)rand_r(&seed);
		ok(fs_write_file(AT_FDCWD, DATABASE, copy_of.s,
			i % 2 ? copy_of.len : (size_t)rand_r(&seed) % copy_of.len,
			0644, &e));
		r = rpm_open(a, "root", &p);
		if (!r) {
			assert_true(p.count > 0);
			continue;
		}
		rpm_owner(r, "/usr/lib64/tiny/one", &digest);
		rpm_each(r, add_package, &all);
		rpm_close(r);
	}
}

static void headers_are_bounded(void **state)
{
	static const uint8_t good[] = {0, 0, 0, 2, 0, 0, 0, 8,
		/* NAME, a string at 0; DIRINDEXES, a number at 4 */
		0, 0, 3, 0xe8, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 4, 0x5c,
		0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 'a', 'b', 'c', 0, 0, 0, 1, 2};
	autoarena *a = arena_new();
	struct rpm_header h;
	uint8_t bad[sizeof(good)];
	uint32_t n;
	size_t count;

	assert_true(rpm_header_open(&h, good, sizeof(good)));
	assert_string_equal(rpm_header_string(&h, RPM_NAME), "abc");
	assert_true(rpm_header_number(&h, RPM_DIRINDEXES, 0, &n));
	assert_int_equal(n, 258);
	assert_false(rpm_header_number(&h, RPM_DIRINDEXES, 1, &n));
	assert_null(rpm_header_string(&h, RPM_DIRINDEXES));
	assert_null(rpm_header_string(&h, RPM_ARCH));
	for (size_t i = 0; i < sizeof(good); i++)
		assert_false(rpm_header_open(&h, good, i));
	/* Every byte with every value. */
	for (size_t i = 0; i < sizeof(good); i++)
		for (int v = 0; v < 256; v++) {
			memcpy(bad, good, sizeof(good));
			bad[i] = (uint8_t)v;
			if (!rpm_header_open(&h, bad, sizeof(bad)))
				continue;
			rpm_header_string(&h, RPM_NAME);
			rpm_header_strings(&h, RPM_NAME, a, &count);
			rpm_header_number(&h, RPM_DIRINDEXES, 0, &n);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_have_owners),
		TEST(packages_are_described),
		TEST(nothing_is_written),
		TEST(what_cannot_be_read_is_named),
		TEST(damaged_databases_do_no_harm),
		cmocka_unit_test(headers_are_bounded),
	};

	if (!getcwd(tree, sizeof(tree)))
		return 1;
	return cmocka_run_group_tests_name("rpm", tests, NULL, NULL);
}
