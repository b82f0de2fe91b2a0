// SPDX-License-Identifier: Apache-2.0
/* Why each library of a process is in it. */
#include "store_help.h"

#include "capture/loads.h"
#include "capture/record.h"

#define FILES_MAX 8
#define NAMES_MAX 4

struct file {
	const char *path, *soname, *interpreter;
	const char *needed[NAMES_MAX];
	const char *alias;
	unsigned how;
	const char *want;
};

struct example {
	const char *name;
	const char *preloads[NAMES_MAX];
	struct file files[FILES_MAX];
};

#define LD                                                                 \
	{                                                                  \
		"/l/ld.so", "ld-linux.so.2", NULL, {0}, NULL, LOAD_INTERP, \
			"interp"                                           \
	}
/* One that is mapped: what for, the name of its file, SONAME, needs. */
#define LIBRARY(want, name, soname, ...)                                      \
	{                                                                     \
		"/l/" name, soname, NULL, {__VA_ARGS__}, NULL, LOAD_MAP, want \
	}
#define PROGRAM(...)                                                        \
	{                                                                   \
		"/bin/x", NULL, "/l/ld.so", {__VA_ARGS__}, NULL, LOAD_EXEC, \
			"exec"                                              \
	}

static const struct example cases[] = {
	{"needs and what they need", {0},
		{PROGRAM("liba.so.1", "libc.so"), LD,
			LIBRARY("needed", "liba.so.1.2", "liba.so.1", "libb.so"),
			LIBRARY("needed", "libb.so", "libb.so", "libc.so"),
			LIBRARY("needed", "libc.so", "libc.so", "ld-linux.so.2"),
			LIBRARY("dlopen", "libd.so", "libd.so", "libe.so",
				"libb.so"),
			LIBRARY("dlopen", "libe.so", "libe.so", NULL)}},
	{"by the name of a file, and of a link", {0},
		{PROGRAM("libf.so", "liblink.so", "/l/libp.so"),
			LIBRARY("needed", "libf.so", NULL, NULL),
			{"/l/libreal.so", NULL, NULL, {0}, "liblink.so",
				LOAD_MAP, "needed"},
			LIBRARY("needed", "libp.so", NULL, NULL)}},
	{"of two with one name the first", {0},
		{PROGRAM("libs.so"),
			LIBRARY("needed", "one/libs.so", "libs.so", NULL),
			LIBRARY("dlopen", "two/libs.so", "libs.so", NULL)}},
	{"preloads, and what they need", {"/l/libpre.so", "libq.so", "no.so"},
		{PROGRAM("libq.so"),
			LIBRARY("preload", "libpre.so", "libpre.so.1", "libn.so"),
			LIBRARY("preload", "libq.so.2", "libq.so", NULL),
			LIBRARY("needed", "libn.so", "libn.so", NULL)}},
	{"a preload by a way that nobody knows", {"/usr/$LIB/libpre.so"},
		{PROGRAM(NULL), LIBRARY("preload", "libpre.so", NULL, NULL)}},
	{"in a circle", {0},
		{PROGRAM("liba.so"),
			LIBRARY("needed", "liba.so", "liba.so", "libb.so",
				"liba.so"),
			LIBRARY("needed", "libb.so", "libb.so", "liba.so")}},
	{"the loader as a command", {0},
		{{"/l/ld.so", "ld-linux.so.2", NULL, {0}, NULL, LOAD_EXEC, "exec"},
			{"/bin/x", NULL, "/l/ld.so", {"liba.so"}, NULL,
				LOAD_MAP, "exec"},
			LIBRARY("needed", "liba.so", "liba.so", NULL),
			/* A program that is a library, too. */
			{"/l/libc.so.6", NULL, "/l/ld.so", {0}, NULL, LOAD_MAP,
				"dlopen"}}},
	{"executed or interpreter, and mapped, too", {0},
		{{"/bin/x", NULL, NULL, {0}, NULL, LOAD_EXEC | LOAD_MAP, "exec"},
			{"/l/ld.so", "ld-linux.so.2", NULL, {0}, NULL,
				LOAD_INTERP | LOAD_MAP, "interp"}}},
	{"without a program", {0},
		{LIBRARY("dlopen", "liba.so", "liba.so", "libb.so"),
			LIBRARY("dlopen", "libb.so", "libb.so", NULL)}},
};

static struct strlist list_of(struct arena *a, const char *const *names)
{
	struct strlist l = {0};

	for (size_t i = 0; i < NAMES_MAX && names[i]; i++)
		*ARENA_PUSH(a, l.items, l.count) = (char *)names[i];
	return l;
}

static void check(struct arena *a, const struct example *p)
{
	struct strlist preloads = list_of(a, p->preloads);
	struct load_item items[FILES_MAX];
	size_t n = 0;

	for (; n < FILES_MAX && p->files[n].path; n++) {
		const struct file *f = &p->files[n];
		struct load_file *file = arena_alloc(a, sizeof(*file));
		struct elf_file *elf = arena_alloc(a, sizeof(*elf));

		elf->soname = (char *)f->soname;
		elf->interpreter = (char *)f->interpreter;
		elf->needed = list_of(a, f->needed);
		file->path = f->path;
		file->elf = elf;
		if (f->alias)
			file->aliases = list_of(
				a, (const char *const[NAMES_MAX]){f->alias});
		items[n] = (struct load_item){.file = file, .how = f->how};
	}
	loads_of(items, n, &preloads);
	for (size_t i = 0; i < n; i++)
		if (strcmp(load_word(items[i].load), p->files[i].want) != 0)
			fail_msg("%s: %s is '%s' instead of '%s'", p->name,
				p->files[i].path, load_word(items[i].load),
				p->files[i].want);
}

static void each_has_its_reason(void **state)
{
	autoarena *a = arena_new();

	for (size_t i = 0; i < COUNT(cases); i++)
		check(a, &cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_has_its_reason),
	};

	return cmocka_run_group_tests_name("loads", tests, NULL, NULL);
}
