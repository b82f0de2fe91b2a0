// SPDX-License-Identifier: Apache-2.0
/* Packages of conda environments. */
#include "store_help.h"

#include "host/conda.h"
#include "host/problems.h"

#define META "root/opt/env/conda-meta/"
#define HEX "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define HEX2 "3d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

/* What conda 23 writes, but for what nobody reads. */
#define NUMPY                                                                  \
	"{\"name\": \"numpy\", \"version\": \"1.26.0\", \"build\": "           \
	"\"py311_0\", \"build_number\": 0, \"subdir\": \"linux-64\", "         \
	"\"channel\": \"https://conda.anaconda.org/t/TOKEN/conda-forge/"       \
	"linux-64\", \"fn\": \"numpy-1.26.0-py311_0.conda\", \"files\": "      \
	"[\"lib/a.so\", \"bin/f2py\"], \"paths_data\": {\"paths_version\": 1," \
	" \"paths\": [{\"_path\": \"lib/a.so\", \"path_type\": \"hardlink\", " \
	"\"sha256\": \"" HEX "\", \"sha256_in_prefix\": \"" HEX2               \
	"\"}, {\"_path\": \"bin/f2py\", \"prefix_placeholder\": \"/opt/p\", "  \
	"\"sha256\": \"" HEX "\"}, {\"_path\": \"lib/b\", \"sha256\": "        \
	"\"" HEX "\"}, {\"_path\": \"../../../etc/passwd\"}, {\"_path\": 1}, " \
	"{}]}}"

static void write_all(void)
{
	struct err e = ERR_INIT;

	ok(fs_mkdirs("root/opt/env/conda-meta", 0755, &e));
	write_text(META "numpy-1.26.0-py311_0.json", NUMPY);
	write_text(META "old-1-0.json",
		"{\"name\": \"old\", \"version\": \"1\", \"channel\": "
		"\"https://repo.anaconda.com/pkgs/main/noarch/\", \"subdir\": "
		"\"noarch\", \"files\": [\"lib/./old.py\"], \"fn\": "
		"\"old-1-0.tar.bz2\"}");
	write_text(META "plain-2.json", "{\"name\": \"plain\", \"version\": "
					"\"2\", \"channel\": \"bioconda\"}");
	write_text(META "torn.json", "{\"name\": \"torn\", \"version\": ");
	write_text(META "nameless.json", "{\"version\": \"2\"}");
	write_text(META "list.json", "[]");
	write_text(META "empty.json", "");
	write_text(META "history", "no record");
}

struct all {
	struct arena *a;
	char *text;
};

static void add_file(void *arg, size_t i, const char *path, const char *digest)
{
	struct all *all = arg;

	all->text = arena_printf(all->a, "%s%zu %s %.11s\n", all->text, i, path,
		digest ? digest : "-");
}

static void packages_are_read(void **state)
{
	static const struct conda_package wanted[] = {
		{NULL, "numpy", "1.26.0", "py311_0", "linux-64", "conda-forge",
			"conda", 3},
		{NULL, "old", "1", NULL, "noarch", "main", "tar.bz2", 1},
		{NULL, "plain", "2", NULL, NULL, "bioconda", NULL, 0},
	};
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct all all = {a, arena_strdup(a, "")};
	struct all again = {a, arena_strdup(a, "")};
	struct conda_prefix c;

	write_all();
	conda_read(&c, a, "root", "/opt/env", add_file, &all, &p);
	assert_int_equal(c.count, COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct conda_package *is = &c.packages[i];
		const struct conda_package *w = &wanted[i];
		const char *words[][2] = {{is->name, w->name},
			{is->version, w->version}, {is->build, w->build},
			{is->subdir, w->subdir}, {is->channel, w->channel},
			{is->type, w->type}};

		for (size_t k = 0; k < COUNT(words); k++)
			assert_string_equal(words[k][0] ? words[k][0] : "-",
				words[k][1] ? words[k][1] : "-");
		assert_int_equal(is->count, w->count);
	}
	/* What was put into the prefix has no digest without its own. */
	assert_string_equal(all.text, "0 /opt/env/lib/a.so sha256:3d71\n"
				      "0 /opt/env/bin/f2py -\n"
				      "0 /opt/env/lib/b sha256:2d71\n"
				      "1 /opt/env/lib/old.py -\n");
	conda_files(&c, 1, add_file, &again);
	assert_string_equal(again.text, "1 /opt/env/lib/old.py -\n");
	assert_int_equal(p.count, 4);
	assert_string_equal(p.items[0].path, "/opt/env/conda-meta/empty.json");
	assert_string_equal(p.items[0].detail,
		"its package is left out: it cannot be read");
	assert_string_equal(p.items[1].detail,
		"its package is left out: no name or no version");
}

static void prefixes_have_their_directory(void **state)
{
	autoarena *a = arena_new();
	struct conda_prefix c;

	assert_false(conda_is_prefix("root", "/opt/env"));
	write_all();
	assert_true(conda_is_prefix("root", "/opt/env"));
	assert_false(conda_is_prefix("root", "/opt"));
	conda_read(&c, a, "root", "/opt", NULL, NULL, NULL);
	assert_int_equal(c.count, 0);
	conda_read(&c, a, "root", "/opt/env", NULL, NULL, NULL);
	assert_int_equal(c.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packages_are_read),
		TEST(prefixes_have_their_directory),
	};

	return cmocka_run_group_tests_name("conda", tests, NULL, NULL);
}
