// SPDX-License-Identifier: Apache-2.0
/* The libraries of ELF files. */
#include "store_help.h"

#include "host/elf.h"
#include "host/libraries.h"
#include "tests/unit/library_help.h"

#include <sys/mman.h>

/* A shared object that needs others, and looks in `search`, "" for none. */
static void write_needing(
	const char *path, int machine, const char *name, const char *search)
{
	struct {
		struct library l;
		Elf64_Dyn dyn[4];
		char strings[128];
	} f = {.l = library_of(machine, NULL)};
	struct err e = ERR_INIT;

	f.l.ph[0].p_filesz = f.l.ph[0].p_memsz = sizeof(f);
	f.l.ph[1].p_offset = offsetof(__typeof__(f), dyn);
	f.l.ph[1].p_filesz = sizeof(f.dyn);
	f.dyn[0] = (Elf64_Dyn){DT_NEEDED, {1}};
	f.dyn[1] = (Elf64_Dyn){*search ? DT_RUNPATH : DT_DEBUG, {64}};
	f.dyn[2] = (Elf64_Dyn){
		DT_STRTAB, {LIBRARY_BASE + offsetof(__typeof__(f), strings)}};
	snprintf(f.strings + 1, 60, "%s", name);
	snprintf(f.strings + 64, 60, "%s", search);
	ok(fs_write_file(AT_FDCWD, path, &f, sizeof(f), 0755, &e));
}

static const char *needs(struct arena *a, const char *path)
{
	struct strlist dirs = {0}, found = {0}, missing = {0};
	char *all = arena_strdup(a, "");

	library_directories(&dirs, a, "root");
	assert_int_equal(
		libraries_of(path, a, "root", &dirs, &found, &missing), 0);
	for (size_t i = 0; i < found.count; i++)
		all = arena_printf(a, "%s%s ", all, found.items[i]);
	for (size_t i = 0; i < missing.count; i++)
		all = arena_printf(a, "%s!%s ", all, missing.items[i]);
	return all;
}

static void libraries_are_found_as_the_loader_does(void **state)
{
	autoarena *a = arena_new();
	struct strlist dirs = {0}, none = {0};
	struct err e = ERR_INIT;

	ok(fs_mkdirs("root/etc/ld.so.conf.d", 0755, &e));
	ok(fs_mkdirs("root/opt/own/lib", 0755, &e));
	ok(fs_mkdirs("root/opt/conf", 0755, &e));
	ok(fs_mkdirs("root/usr/lib", 0755, &e));
	write_text("root/etc/ld.so.conf",
		"# comment\n  /opt/conf # another\ninclude "
		"ld.so.conf.d/*.conf\n"
		"include /etc/ld.so.conf\nrelative\n");
	write_text("root/etc/ld.so.conf.d/x.conf", "/opt/x\n/opt/conf\n");
	library_directories(&dirs, a, "root");
	assert_int_equal(dirs.count, 6);
	assert_string_equal(dirs.items[0], "/opt/conf");
	assert_string_equal(dirs.items[1], "/opt/x");
	assert_string_equal(dirs.items[5], "/usr/lib");

	write_needing("root/opt/own/a", EM_X86_64, "libx.so", "");
	assert_string_equal(needs(a, "/opt/own/a"), "!libx.so ");
	write_library("root/usr/lib/libx.so", EM_X86_64, "libx.so");
	assert_string_equal(needs(a, "/opt/own/a"), "/usr/lib/libx.so ");
	/* One of another kind is passed over. */
	write_library("root/opt/conf/libx.so", EM_AARCH64, "libx.so");
	assert_string_equal(needs(a, "/opt/own/a"), "/usr/lib/libx.so ");
	write_library("root/opt/conf/libx.so", EM_X86_64, "libx.so");
	assert_string_equal(needs(a, "/opt/own/a"), "/opt/conf/libx.so ");
	/* Its own directories come first. */
	write_library("root/opt/own/lib/libx.so", EM_X86_64, "libx.so");
	assert_string_equal(needs(a, "/opt/own/a"), "/opt/conf/libx.so ");
	write_needing(
		"root/opt/own/a", EM_X86_64, "libx.so", "/nowhere:$ORIGIN/lib");
	assert_string_equal(needs(a, "/opt/own/a"), "/opt/own/lib/libx.so ");
	write_needing("root/opt/own/a", EM_X86_64, "libx.so",
		"$LIB/x:${ORIGIN}/lib:$ORIGIN/$LIB");
	assert_string_equal(needs(a, "/opt/own/a"), "/opt/own/lib/libx.so ");
	assert_int_equal(
		libraries_of("/etc/ld.so.conf", a, "root", &dirs, &none, &none),
		-1);
	assert_int_equal(
		libraries_of("/none", a, "root", &dirs, &none, &none), -1);
}

/* What this very program was loaded with: ldd(1) by another route. */
static void this_programs_libraries_are_found(void **state)
{
	autoarena *a = arena_new();
	struct strlist dirs = {0}, found = {0}, missing = {0};
	char self[4096] = "", maps[1 << 16] = "";
	autofile *f = fopen("/proc/self/maps", "re");
	size_t seen = 0;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_true(fread(maps, 1, sizeof(maps) - 1, f) > 0);
	library_directories(&dirs, a, "");
	assert_int_equal(libraries_of(self, a, "", &dirs, &found, &missing), 0);
	assert_int_equal(missing.count, 0);
	assert_true(found.count >= 3);
	for (size_t i = 0; i < found.count; i++) {
		char real[4096];

		assert_non_null(realpath(found.items[i], real));
		/* Those of sanitizers may be linked in another way. */
		seen += strstr(maps, real) != NULL;
	}
	assert_true(seen >= 3);
}

/* Cut or altered anywhere: anything may come out, but it comes out. */
static void damaged_files_do_no_harm(void **state)
{
	autoarena *a = arena_new();
	autostrbuf whole = STRBUF_INIT;
	unsigned seed = 1;

	write_needing("elf", EM_X86_64, "libx.so", "/x");
	assert_int_equal(fs_slurp("elf", &whole), 0);
	for (int i = 0; i < 3000; i++) {
		size_t n = i < (int)whole.len ? (size_t)i : whole.len;
		struct elf_file needs;
		autoclose int fd = memfd_create("cut", MFD_CLOEXEC);

		assert_true(pwrite(fd, whole.s, n, 0) == (ssize_t)n);
		for (int k = 0; n == whole.len && k < 3; k++) {
			char byte = (char)rand_r(&seed);

			assert_int_equal(
				pwrite(fd, &byte, 1, rand_r(&seed) % (long)n), 1);
		}
		elf_read(fd, a, &needs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(libraries_are_found_as_the_loader_does),
		TEST(this_programs_libraries_are_found),
		TEST(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests_name("libraries", tests, NULL, NULL);
}
