// SPDX-License-Identifier: Apache-2.0
/* Whose a file is: the databases of a made-up system together. */
#include "store_help.h"

#include "host/owners.h"
#include "host/problems.h"

#define DIST "/usr/lib/python3/dist-packages"
#define VENV "/home/u/v/lib/python3.11/site-packages"
#define HASH "sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE"
#define HEX "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static char tree[4096]; /* where the tests began */

/* A file of the system in the working directory. */
static void put(const char *path, const char *text)
{
	char dir[4096];
	struct err e = ERR_INIT;

	snprintf(dir, sizeof(dir), "root%s", path);
	*strrchr(dir, '/') = 0;
	ok(fs_mkdirs(dir, 0755, &e));
	snprintf(dir, sizeof(dir), "root%s", path);
	ok(fs_write_file(AT_FDCWD, dir, text, strlen(text), 0644, &e));
}

/* Debian's files: a library, Python's standard library, two of its packages,
 * of which pip has replaced one. */
static void make_debian(void)
{
	put("/etc/os-release", "PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\n"
			       "ID=debian\n");
	put("/var/lib/dpkg/status",
		"Package: libx\nStatus: install ok installed\n"
		"Architecture: amd64\nSource: x (1:2)\nVersion: 1:2+b1\n\n"
		"Package: python3\nStatus: install ok installed\n"
		"Architecture: amd64\nVersion: 3.11\n\n"
		"Package: python3-deb\nStatus: install ok installed\n"
		"Architecture: all\nVersion: 4\n\n"
		"Package: unused\nStatus: install ok installed\nVersion: 5\n");
	put("/var/lib/dpkg/info/libx.list", "/.\n/usr\n/usr/lib\n"
					    "/usr/lib/libx.so\n");
	put("/var/lib/dpkg/info/libx.md5sums",
		"9dd4e461268c8034f5c8564e155c67a6  usr/lib/libx.so\n");
	put("/var/lib/dpkg/info/python3.list", "/usr/lib/python3/os.py\n");
	put("/var/lib/dpkg/info/python3-deb.list",
		DIST "\n" DIST "/deb.py\n" DIST "/both.py\n" DIST
		     "/deb-4.dist-info\n" DIST "/deb-4.dist-info/METADATA\n");
	put("/var/lib/dpkg/info/unused.list", "/usr/lib/unused\n");
	put(DIST "/deb-4.dist-info/METADATA", "Name: deb\nVersion: 4\n");
	put(DIST "/deb-4.dist-info/RECORD", "deb.py,,\nboth.py,,\n");
	put(DIST "/both-5.dist-info/METADATA", "Name: both\nVersion: 5\n");
	put(DIST "/both-5.dist-info/RECORD", "both.py," HASH ",1\n");
}

static void make_venv(void)
{
	put(VENV "/num_py-2.dist-info/METADATA",
		"Name: num_Py\nVersion: 2+l\n");
	put(VENV "/num_py-2.dist-info/RECORD",
		"numpy/a.py," HASH ",1\nnumpy.libs/libopenblas.so," HASH
		",1\n../../../bin/f2py,,\n/usr/lib/libx.so,,\n"
		"numpy/b.pyc," HASH ",1\n");
	put(VENV "/edit-1.dist-info/METADATA", "Name: edit\nVersion: 1\n");
	put(VENV "/edit-1.dist-info/RECORD", "edit.pth,,\n");
	put(VENV "/edit-1.dist-info/direct_url.json",
		"{\"dir_info\": {\"editable\": true}}");
	put(VENV "/gone-1.dist-info/METADATA", "Name: gone\nVersion: 1\n");
	put("/srv/target/tool-1.dist-info/METADATA",
		"Name: tool\nVersion: 1\n");
	put("/srv/target/tool-1.dist-info/RECORD", "tool.py,,\n");
}

static const struct {
	const char *path, *name;
	const char *package, *recorded, *installed;
} files[] = {
	{"/usr/lib/libx.so", NULL, "libx", "/usr/lib/libx.so",
		"md5:9dd4e461268c8034f5c8564e155c67a6"},
	{"/usr/lib/python3/__pycache__/os.cpython-311.pyc", NULL, "python3",
		"/usr/lib/python3/os.py", NULL},
	{DIST "/deb.py", NULL, "python3-deb", DIST "/deb.py", NULL},
	/* Its own description is Debian's, that of the other one is pip's. */
	{DIST "/both.py", NULL, "both", DIST "/both.py", "sha256:" HEX},
	{VENV "/numpy/a.py", NULL, "num_Py", VENV "/numpy/a.py", "sha256:" HEX},
	{VENV "/numpy/__pycache__/a.cpython-311.pyc", NULL, "num_Py",
		VENV "/numpy/a.py", NULL},
	{VENV "/numpy/b.pyc", NULL, "num_Py", VENV "/numpy/b.pyc", "sha256:" HEX},
	{VENV "/numpy.libs/libopenblas.so", NULL, "num_Py",
		VENV "/numpy.libs/libopenblas.so", "sha256:" HEX},
	{"/home/u/v/bin/f2py", NULL, "num_Py", "/home/u/v/bin/f2py", NULL},
	{VENV "/edit.pth", NULL, NULL, NULL, NULL},
	{"/srv/target/tool.py", NULL, "tool", "/srv/target/tool.py", NULL},
	{"/h/models--org--m--x/blobs/0a",
		"/h/models--org--m--x/snapshots/" COMMIT "/config.json",
		"org/m--x", "/h/models--org--m--x/blobs/0a", NULL},
	{"/h/models--gpt/snapshots/" COMMIT "/a/b", NULL, "gpt",
		"/h/models--gpt/snapshots/" COMMIT "/a/b", NULL},
	{"/h/models--gpt/snapshots/main/x", NULL, NULL, NULL, NULL},
	{"/usr/lib/nobodys", NULL, NULL, NULL, NULL},
};

static const struct m_package wanted[] = {
	{.purl = (char *)"pkg:deb/debian/"
			 "libx@1:2%2Bb1?arch=amd64&distro=debian-"
			 "12",
		.type = (char *)"deb",
		.version = (char *)"1:2+b1",
		.source = (char *)"x 1:2",
		.location = (char *)"/",
		.files_total = 1},
	{.purl = (char *)"pkg:pypi/num-py@2%2Bl",
		.type = (char *)"pypi",
		.version = (char *)"2+l",
		.location = (char *)VENV,
		.files_total = 4},
	{.purl = (char *)"pkg:huggingface/org/m--x@" COMMIT,
		.type = (char *)"huggingface",
		.version = (char *)COMMIT,
		.location = (char *)"/h/models--org--m--x/snapshots/" COMMIT,
		.files_total = ABSENT},
	{.purl = (char *)"pkg:huggingface/gpt@" COMMIT,
		.type = (char *)"huggingface",
		.version = (char *)COMMIT,
		.location = (char *)"/h/models--gpt/snapshots/" COMMIT,
		.files_total = ABSENT},
};

static void check_package(const struct m_package *m, const struct m_package *w)
{
	assert_string_equal(m->type, w->type);
	assert_string_equal(m->version, w->version);
	assert_string_equal(m->location, w->location);
	assert_int_equal(m->files_total, w->files_total);
	if (w->source)
		assert_string_equal(m->source, w->source);
	else
		assert_null(m->source);
}

static struct owners *find(
	struct arena *a, struct owned_file *out, size_t n, struct problems *p)
{
	static char *directories[] = {(char *)"/srv/target", (char *)VENV};
	struct strlist sites = {directories, 2};

	for (size_t i = 0; i < n; i++)
		out[i] = (struct owned_file){
			.path = files[i].path, .name = files[i].name};
	return owners_find(a, "root", NULL, out, n, &sites, p);
}

static void files_have_owners(void **state)
{
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct owned_file got[COUNT(files)];
	struct owners *o;
	size_t seen = 0;

	make_debian();
	make_venv();
	o = find(a, got, COUNT(files), &p);
	for (size_t i = 0; i < COUNT(files); i++) {
		const struct m_package *m = got[i].package;

		if (!m != !files[i].package)
			fail_msg("%s: %s", files[i].path, m ? m->purl : "-");
		if (!m)
			continue;
		assert_string_equal(m->name, files[i].package);
		assert_string_equal(got[i].recorded, files[i].recorded);
		assert_int_equal(!got[i].installed, !files[i].installed);
		if (got[i].installed)
			assert_string_equal(got[i].installed, files[i].installed);
		for (size_t k = 0; k < COUNT(wanted); k++) {
			if (strcmp(m->purl, wanted[k].purl) != 0)
				continue;
			check_package(m, &wanted[k]);
			seen |= 1u << k;
		}
	}
	assert_int_equal(seen, (1u << COUNT(wanted)) - 1);
	assert_int_equal(p.count, 0);
	owners_close(o);
}

static const char *text_of(struct arena *a, const struct strlist *l)
{
	char *all = arena_strdup(a, "");

	for (size_t i = 0; i < l->count; i++)
		all = arena_printf(a, "%s%s\n", all, l->items[i]);
	return all;
}

static void databases_tell_what_they_have(void **state)
{
	autoarena *a = arena_new();
	struct owned_file got[COUNT(files)];
	struct strlist all = {0}, some = {0}, none = {0}, numpy = {0};
	struct owners *o;

	make_debian();
	make_venv();
	o = find(a, got, COUNT(files), NULL);
	owners_installed(o, a, &all);
	assert_string_equal(text_of(a, &all),
		"pkg:deb/debian/libx@1:2%2Bb1?arch=amd64&distro=debian-12 /\n"
		"pkg:deb/debian/python3-deb@4?arch=all&distro=debian-12 /\n"
		"pkg:deb/debian/python3@3.11?arch=amd64&distro=debian-12 /\n"
		"pkg:deb/debian/unused@5?arch=all&distro=debian-12 /\n"
		"pkg:pypi/both@5 " DIST "\n"
		"pkg:pypi/gone@1 " VENV "\n"
		"pkg:pypi/num-py@2%2Bl " VENV "\n"
		"pkg:pypi/tool@1 /srv/target\n");
	owners_files(o, got[4].package, a, &numpy);
	assert_string_equal(text_of(a, &numpy),
		VENV "/numpy/a.py\n" VENV "/numpy.libs/libopenblas.so\n"
		     "/home/u/v/bin/f2py\n" VENV "/numpy/b.pyc\n");
	owners_close(o);
	/* Only those of databases that were used. */
	o = find(a, got, 2, NULL);
	owners_installed(o, a, &some);
	assert_int_equal(some.count, 4);
	owners_close(o);
	o = find(a, got, 0, NULL);
	owners_installed(o, a, &none);
	assert_int_equal(none.count, 0);
	owners_close(o);
}

static void check_one(const char *path, const char *purl, const char *installed)
{
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct owned_file f = {.path = path};
	struct owners *o = owners_find(a, "root", NULL, &f, 1, NULL, &p);

	if (!f.package)
		fail_msg("'%s' has no package", path);
	assert_string_equal(f.package->purl, purl);
	assert_int_equal(!f.installed, !installed);
	if (installed)
		assert_string_equal(f.installed, installed);
	assert_int_equal(p.count, 0);
	owners_close(o);
}

/* conda's record has the description of its Python package; pip has replaced
 * another one, and Debian knows of nothing in there. */
static void conda_owns_its_prefix(void **state)
{
#define PY "/opt/env/lib/python3.11/site-packages"
	make_debian();
	put("/opt/env/conda-meta/x-1-h_0.json",
		"{\"name\": \"x\", \"version\": \"1\", \"build\": \"h_0\", "
		"\"channel\": \"defaults\", \"paths_data\": {\"paths\": ["
		"{\"_path\": \"lib/libx.so\", \"sha256_in_prefix\": \"" HEX
		"\"}, {\"_path\": \"lib/python3.11/site-packages/x.py\"}, "
		"{\"_path\": \"lib/python3.11/site-packages/both.py\"}, "
		"{\"_path\": \"lib/python3.11/site-packages/x-1.dist-info/"
		"METADATA\"}]}}");
	put(PY "/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n");
	put(PY "/x-1.dist-info/RECORD", "x.py,,\n");
	put(PY "/both-2.dist-info/METADATA", "Name: both\nVersion: 2\n");
	put(PY "/both-2.dist-info/RECORD", "both.py,,\n");
	check_one("/opt/env/lib/libx.so",
		"pkg:conda/x@1?build=h_0&channel=defaults", "sha256:" HEX);
	check_one(PY "/__pycache__/x.cpython-311.pyc",
		"pkg:conda/x@1?build=h_0&channel=defaults", NULL);
	check_one(PY "/both.py", "pkg:pypi/both@2", NULL);
	check_one("/usr/lib/libx.so",
		"pkg:deb/debian/libx@1:2%2Bb1?arch=amd64&distro=debian-12",
		"md5:9dd4e461268c8034f5c8564e155c67a6");
}

static void rpm_owns_its_system(void **state)
{
	autoarena *a = arena_new();
	autostrbuf db = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct strlist all = {0};
	struct owned_file f = {.path = "/usr/lib64/tiny/one"};
	struct owners *o;

	put("/etc/os-release", "ID=\"fedora\"\nVERSION_ID=40\n");
	put("/var/lib/rpm/x", "");
	assert_int_equal(symlink("usr/lib64", "root/lib64"), 0);
	assert_int_equal(
		fs_slurp(fs_join(a, tree, "tests/data/rpm/rpmdb.sqlite"), &db),
		0);
	ok(fs_write_file(AT_FDCWD, "root/var/lib/rpm/rpmdb.sqlite", db.s,
		db.len, 0644, &e));
	check_one("/usr/lib64/tiny/one", "pkg:rpm/fedora/tiny@2.0-3?arch=noarch&distro=fedora-40&epoch=1",
		"sha256:"
		"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c5"
		"25434806");
	o = owners_find(a, "root", NULL, &f, 1, NULL, NULL);
	assert_string_equal(f.package->version, "1:2.0-3");
	assert_string_equal(f.package->source, "tiny 2.0-3");
	assert_int_equal(f.package->files_total, 2);
	owners_installed(o, a, &all);
	assert_string_equal(text_of(a, &all),
		"pkg:rpm/fedora/other@4-5?arch=noarch&distro=fedora-40 /\n"
		"pkg:rpm/fedora/tiny@2.0-3?arch=noarch&distro=fedora-40"
		"&epoch=1 /\n");
	owners_close(o);
}

static void a_bare_root_has_no_packages(void **state)
{
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct owned_file got[COUNT(files)];
	struct strlist all = {0};
	struct owners *o = find(a, got, 10, &p);

	for (size_t i = 0; i < 10; i++)
		assert_null(got[i].package);
	owners_installed(o, a, &all);
	assert_int_equal(all.count, 0);
	assert_int_equal(p.count, 0);
	owners_close(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_have_owners),
		TEST(databases_tell_what_they_have),
		TEST(conda_owns_its_prefix),
		TEST(rpm_owns_its_system),
		TEST(a_bare_root_has_no_packages),
	};

	if (!getcwd(tree, sizeof(tree)))
		return 1;
	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
