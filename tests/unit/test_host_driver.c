// SPDX-License-Identifier: Apache-2.0
/* NVIDIA's user libraries: which files of a machine they are. */
#include "store_help.h"

#include "host/elf.h"
#include "host/ld_cache.h"
#include "host/nvidia_driver.h"
#include "library_help.h"

#define V "550.54.15"
#define LIB "root/usr/lib/x86_64-linux-gnu/"
#define NVIDIA "root/usr/local/nvidia/lib64/"

static void put(const char *path, const char *text)
{
	char *dir = strdup(path);
	struct err e = ERR_INIT;

	*strrchr(dir, '/') = 0;
	ok(fs_mkdirs(dir, 0755, &e));
	ok(fs_write_file(AT_FDCWD, path, text, strlen(text), 0644, &e));
	free(dir);
}

static void put_library(const char *path, int machine, const char *soname)
{
	put(path, "");
	write_library(path, machine, soname);
}

static void put_module(const char *version)
{
	char text[200];

	snprintf(text, sizeof(text),
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  Tue Mar  "
		"5 22:23:56 UTC 2024\nGCC version:  gcc 12.2.0\n",
		version);
	put("root/proc/driver/nvidia/version", text);
}

/* --- names and ELF -------------------------------------------------------- */

static void test_suffix(void **state)
{
	assert_string_equal(nvidia_suffix("libcuda.so.550.54.15"), V);
	assert_string_equal(
		nvidia_suffix("libnvidia-ml.so.470.256"), "470.256");
	assert_null(nvidia_suffix("libcuda.so.1"));
	assert_null(nvidia_suffix("libcuda.so.1.1"));
	assert_null(nvidia_suffix("libcuda.so"));
	assert_null(nvidia_suffix("libcuda.so.550"));
	assert_null(nvidia_suffix("libcuda.so.550.54.15.bak"));
	assert_null(nvidia_suffix("550.54.15"));
}

static int read_bytes(
	struct arena *a, const void *p, size_t n, struct elf_file *out)
{
	struct err e = ERR_INIT;
	autoclose int fd = -1;

	ok(fs_write_file(AT_FDCWD, "elf", p, n, 0600, &e));
	fd = open("elf", O_RDONLY | O_CLOEXEC);
	return elf_read(fd, a, out);
}

static void test_soname(void **state)
{
	struct library l = library_of(EM_AARCH64, "libx.so.3");
	autoarena *a = arena_new();
	struct elf_file out = {0};
	unsigned seed = 1;

	assert_int_equal(read_bytes(a, &l, sizeof(l), &out), 0);
	assert_string_equal(out.soname, "libx.so.3");
	assert_int_equal(out.machine, EM_AARCH64);
	assert_int_equal(out.bits, 64);
	l = library_of(EM_X86_64, NULL);
	assert_int_equal(read_bytes(a, &l, sizeof(l), &out), 0);
	assert_null(out.soname);
	assert_null(out.damage);
	l = library_of(EM_X86_64, "libx.so.3");
	l.dyn[1].d_un.d_val = UINT64_MAX - 5;
	assert_int_equal(read_bytes(a, &l, sizeof(l), &out), 0);
	assert_null(out.soname);
	assert_non_null(out.damage);
	assert_int_equal(elf_read(-1, a, &out), -1);
	/* Cut or garbled, anything may come out, but it comes out. */
	for (size_t n = 0; n < sizeof(l); n += 3)
		read_bytes(a, &l, n, &out);
	for (int i = 0; i < 2000; i++) {
		l = library_of(EM_X86_64, "libx.so.3");
		for (int k = 0; k < 3; k++)
			((unsigned char *)&l)[rand_r(&seed) % sizeof(l)] =
				(unsigned char)rand_r(&seed);
		read_bytes(a, &l, sizeof(l), &out);
	}
}

/* --- the loader's cache --------------------------------------------------- */

struct cache_entry {
	const char *name, *path;
};

/* As ldconfig of glibc writes it. */
static void put_cache(
	const char *before, const struct cache_entry *entries, uint32_t count)
{
	autostrbuf out = STRBUF_INIT, strings = STRBUF_INIT;
	uint32_t base = 48 + 24 * count, zero[7] = {0};
	struct err e = ERR_INIT;

	strbuf_adds(&out, before);
	strbuf_adds(&out, "glibc-ld.so.cache1.1");
	strbuf_add(&out, &count, 4);
	strbuf_add(&out, zero, 24);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at[5] = {3, 0, 0, 0, 0}, more = 0;

		at[1] = base + (uint32_t)strings.len;
		strbuf_add(
			&strings, entries[i].name, strlen(entries[i].name) + 1);
		at[2] = base + (uint32_t)strings.len;
		strbuf_add(
			&strings, entries[i].path, strlen(entries[i].path) + 1);
		strbuf_add(&out, at, 20);
		strbuf_add(&out, &more, 4);
	}
	strbuf_add(&out, strings.s, strings.len);
	put("root/etc/ld.so.cache", "");
	ok(fs_write_file(
		AT_FDCWD, "root/etc/ld.so.cache", out.s, out.len, 0644, &e));
}

static const struct cache_entry cached[] = {
	{"libcuda.so.1", "/opt/driver/lib/libcuda.so.1"},
	{"libcuda.so", "/opt/driver/lib/libcuda.so"},
	{"libcudart.so.12", "/usr/local/cuda/lib64/libcudart.so.12"},
	{"libcuda.so.1", "/opt/driver/lib32/libcuda.so.1"},
	{"libnvidia-ml.so.1", "relative/libnvidia-ml.so.1"},
};

static void test_cache(void **state)
{
	autoarena *a = arena_new();
	struct strlist dirs = {0};
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;

	ld_cache_directories(&dirs, a, "root", "libcuda.so");
	assert_int_equal(dirs.count, 0);
	put_cache("", cached, 5);
	ld_cache_directories(&dirs, a, "root", "libcuda.so");
	assert_int_equal(dirs.count, 2);
	assert_string_equal(dirs.items[0], "/opt/driver/lib");
	assert_string_equal(dirs.items[1], "/opt/driver/lib32");
	ld_cache_directories(&dirs, a, "root", "libnvidia-ml.so");
	assert_int_equal(dirs.count, 2);
	/* The older format in front of it. */
	put_cache("ld.so-1.7.0 and what it had", cached, 5);
	dirs.count = 0;
	ld_cache_directories(&dirs, a, "root", "libcuda.so");
	assert_int_equal(dirs.count, 2);
	/* Cut anywhere: less, and nothing else. */
	assert_int_equal(fs_slurp("root/etc/ld.so.cache", &text), 0);
	for (size_t n = 0; n < text.len; n++) {
		ok(fs_write_file(
			AT_FDCWD, "root/etc/ld.so.cache", text.s, n, 0644, &e));
		dirs.count = 0;
		ld_cache_directories(&dirs, a, "root", "lib");
		assert_true(dirs.count <= 3);
	}
}

/* This machine's own cache knows where its C library is. */
static void test_own_cache(void **state)
{
	autoarena *a = arena_new();
	struct strlist dirs = {0};

	if (access("/etc/ld.so.cache", R_OK) < 0)
		skip();
	ld_cache_directories(&dirs, a, "", "libc.so.6");
	assert_true(dirs.count >= 1);
	assert_int_equal(
		access(arena_printf(a, "%s/libc.so.6", dirs.items[0]), R_OK), 0);
}

/* --- the driver ----------------------------------------------------------- */

static const struct nvidia_library *library(
	const struct nvidia_driver *d, const char *name)
{
	for (size_t i = 0; i < d->libraries.count; i++)
		if (!strcmp(d->libraries.items[i].name, name))
			return &d->libraries.items[i];
	return NULL;
}

static void test_libraries(void **state)
{
	autoarena *a = arena_new();
	const struct nvidia_library *l;
	struct nvidia_driver d;

	put_module(V);
	put_cache("", cached, 5);
	/* In a directory that only the cache knows, before the others. */
	put_library(
		"root/opt/driver/lib/libcuda.so." V, EM_X86_64, "libcuda.so.1");
	put_library(NVIDIA "libcuda.so." V, EM_X86_64, "libcuda.so.1");
	put_library(NVIDIA "libnvidia-ml.so." V, EM_X86_64, "libnvidia-ml.so.1");
	put_library(NVIDIA "libnvidia-gpucomp.so." V, EM_X86_64,
		"libnvidia-gpucomp.so." V);
	/* None of them: another version, processor, name, no library. */
	put_library(NVIDIA "libcuda.so.535.104.05", EM_X86_64, "libcuda.so.1");
	put_library(LIB "libnvidia-cfg.so." V, EM_386, "libnvidia-cfg.so.1");
	put_library(LIB "libnvidia-nvvm.so." V, EM_X86_64, "libother.so.4");
	put_library(LIB "libnvidia-opencl.so." V, EM_X86_64, NULL);
	put(LIB "libnvidia-tls.so." V, "text");
	put_library(LIB "libc.so.6", EM_X86_64, "libc.so.6");
	nvidia_driver_read(&d, a, "root");
	assert_string_equal(d.version, V);
	assert_int_equal(d.libraries.count, 3);
	l = library(&d, "libcuda.so." V);
	assert_string_equal(l->path, "root/opt/driver/lib/libcuda.so." V);
	assert_string_equal(l->soname, "libcuda.so.1");
	assert_non_null(library(&d, "libnvidia-ml.so." V));
	assert_non_null(library(&d, "libnvidia-gpucomp.so." V));
	assert_int_equal(d.other_versions.count, 1);
	assert_string_equal(d.other_versions.items[0], "535.104.05");
	/* One more, from elsewhere; one that is known; one that is none. */
	put_library("root/x/libnvidia-nvvm.so." V, EM_X86_64,
		"libnvidia-nvvm.so.4");
	nvidia_driver_offer(&d, a, "root", "/x/libnvidia-nvvm.so." V);
	nvidia_driver_offer(&d, a, "root", NVIDIA "libcuda.so." V);
	nvidia_driver_offer(&d, a, "root", "/x/no-such.so." V);
	nvidia_driver_offer(&d, a, "root", "/x/nvidia-smi");
	assert_int_equal(d.libraries.count, 4);
}

static void test_no_module(void **state)
{
	autoarena *a = arena_new();
	struct nvidia_driver d;

	put_library(NVIDIA "libcuda.so." V, EM_X86_64, "libcuda.so.1");
	nvidia_driver_read(&d, a, "root");
	assert_null(d.version);
	assert_int_equal(d.libraries.count, 0);
	put_module("no number at all");
	nvidia_driver_read(&d, a, "root");
	assert_int_equal(d.libraries.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_suffix),
		TEST(test_soname),
		TEST(test_cache),
		TEST(test_own_cache),
		TEST(test_libraries),
		TEST(test_no_module),
	};

	return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
