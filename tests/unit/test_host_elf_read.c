// SPDX-License-Identifier: Apache-2.0
/* All that is read of an ELF file: of each kind, and of damaged ones. */
#include "store_help.h"

#include "elf_help.h"
#include "host/elf.h"

#include <sys/mman.h>
#include <time.h>

/* The result, -1 when it is none. */
static int read_bytes(
	struct arena *a, const void *p, size_t n, struct elf_file *out)
{
	autoclose int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(pwrite(fd, p, n, 0) == (ssize_t)n);
	return elf_read(fd, a, out);
}

static void add_list(struct strbuf *b, const char *name, const struct strlist *l)
{
	strbuf_addf(b, "%s:", name);
	for (size_t i = 0; i < l->count; i++)
		strbuf_addf(b, " %s", l->items[i]);
	strbuf_addc(b, '\n');
}

static char *text_of(struct arena *a, const struct elf_file *f)
{
	autostrbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%d interpreter %s soname %s id %s level %s package %s\n",
		f->bits, f->interpreter, f->soname, f->build_id, f->isa_level,
		f->note_package);
	add_list(&b, "needed", &f->needed);
	add_list(&b, "search", &f->search);
	for (size_t i = 0; i < f->requires.count; i++)
		strbuf_addf(&b, "%s=%s ", f->requires.items[i].key,
			f->requires.items[i].value);
	strbuf_addc(&b, '\n');
	add_list(&b, "dlopen", &f->note_dlopen);
	return arena_strdup(a, b.s);
}

#define REST                                                    \
	"package {\"type\":\"deb\"}\n"                          \
	"needed: libx.so.1 liby.so\n"                           \
	"search: /r /s $ORIGIN/../lib\n"                        \
	"CXXABI=1.3 GLIBC=2.34 GLIBCXX=3.4.21 OPENSSL=1_1_0 \n" \
	"dlopen: [1] [3]\n"
#define NAMES "interpreter /lib/ld.so soname libsample.so.2 id 01abff "

static void everything_is_read_in_every_kind(void **state)
{
	static const struct {
		int bits;
		bool big;
		int machine;
		const char *want;
	} kinds[] = {
		{64, false, EM_X86_64, "64 " NAMES "level x86-64-v3 " REST},
		{32, false, EM_386, "32 " NAMES "level x86-64-v3 " REST},
		{64, true, EM_PPC64, "64 " NAMES "level (null) " REST},
		{32, true, EM_PPC, "32 " NAMES "level (null) " REST},
		{64, false, EM_AARCH64, "64 " NAMES "level (null) " REST},
	};
	autoarena *a = arena_new();

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct elf_made made = elf_sample(
			kinds[i].bits, kinds[i].big, kinds[i].machine);
		struct elf_file f;

		assert_int_equal(
			read_bytes(a, made.file.s, made.file.len, &f), 0);
		assert_null(f.damage);
		assert_string_equal(text_of(a, &f), kinds[i].want);
		assert_int_equal(f.machine, kinds[i].machine);
		assert_int_equal(f.type, ET_DYN);
		assert_true(f.dynamic);
		strbuf_release(&made.file);
	}
}

/* What a compiler made: this very program. */
static void this_program_is_read(void **state)
{
	autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	autoarena *a = arena_new();
	struct elf_file f;
	bool has_libc = false;

	assert_int_equal(elf_read(fd, a, &f), 0);
	assert_null(f.damage);
	assert_non_null(f.interpreter);
	for (size_t i = 0; i < f.needed.count; i++)
		has_libc |= !strncmp(f.needed.items[i], "libc.so", 7);
	assert_true(has_libc);
#ifdef __GLIBC__
	assert_true(f.requires.count > 0);
	assert_string_equal(
		f.requires.items[f.requires.count - 1].key, "GLIBC");
#endif
}

static void others_are_none(void **state)
{
	autoarena *a = arena_new();
	struct elf_file f;

	assert_int_equal(elf_read(-1, a, &f), -1);
	assert_int_equal(read_bytes(a, "", 0, &f), -1);
	assert_int_equal(
		read_bytes(a, "#!/bin/sh\necho 0123456789\n", 26, &f), -1);
	/* Of no class. */
	assert_int_equal(read_bytes(a, "\177ELF\0\1\1         ", 16, &f), -1);
	assert_int_equal(read_bytes(a, "\177ELF\2\1\1         ", 16, &f), 0);
	assert_string_equal(f.damage, "its header is cut");
}

/* One number of a file changed: what is read, and what is said to be wrong. */
static void damage_is_named(void **state)
{
	struct elf_made made = elf_sample(64, false, EM_X86_64);
	const struct {
		size_t at;
		int bytes;
		uint64_t value;
		const char *damage;
	} cases[] = {
		{offsetof(Elf64_Ehdr, e_phnum), 2, 0xffff, "program headers"},
		{offsetof(Elf64_Ehdr, e_phnum), 2, 1000, "program headers"},
		{offsetof(Elf64_Ehdr, e_phoff), 8, UINT64_MAX, "program headers"},
		{offsetof(Elf64_Ehdr, e_phentsize), 2, 8, "program headers"},
		{64 + 56 + 8, 8, UINT64_MAX - 8, "dynamic section"},
		{64 + 56 + 32, 8, UINT64_MAX, NULL},
		{64 + 2 * 56 + 8, 8, made.file.len, "notes"},
		{64 + 4 * 56 + 32, 8, 3, "interpreter"},
		{made.dynamic + 8, 8, UINT64_MAX, "string"},
		{made.dynamic + 8, 8, 4096, "string"},
		{made.versions + 12, 4, UINT32_MAX, "versions"},
		{made.versions + 8, 4, UINT32_MAX, "versions"},
		{made.versions + 16 + 12, 4, UINT32_MAX, "versions"},
		{made.versions + 2, 2, 0, "versions"},
		{made.notes, 4, UINT32_MAX, "note"},
		{made.notes + 4, 4, UINT32_MAX, "note"},
		{made.notes + 32 + 4, 4, 65, "build-id"},
	};
	autoarena *a = arena_new();

	for (size_t i = 0; i < COUNT(cases); i++) {
		autostrbuf bad = STRBUF_INIT;
		struct elf_file f;

		strbuf_add(&bad, made.file.s, made.file.len);
		memcpy(bad.s + cases[i].at, &cases[i].value,
			(size_t)cases[i].bytes);
		assert_int_equal(read_bytes(a, bad.s, bad.len, &f), 0);
		if (!cases[i].damage)
			assert_null(f.damage);
		else if (!f.damage || !strstr(f.damage, cases[i].damage))
			fail_msg("case %zu: '%s' lacks '%s'", i,
				f.damage ? f.damage : "", cases[i].damage);
	}
	strbuf_release(&made.file);
}

/* Files that say they are large, or that go round, cost little. */
static void nothing_is_endless(void **state)
{
	struct elf_maker m = {.bits = 64, .machine = EM_X86_64};
	autoclose int fd = memfd_create("elf", MFD_CLOEXEC);
	struct timespec begin, end;
	autoarena *a = arena_new();
	struct elf_made made;
	struct elf_file f;

	for (int i = 0; i < 5000; i++)
		put_named(&m, DT_NEEDED, "lib.so");
	for (int i = 0; i < 300; i++)
		put_note(&m, &m.notes, "FDO", 0x407c0c0a, "[]", 3);
	for (int i = 0; i < 6000; i++)
		put_versions(&m, "lib.so",
			(const char *const[]){"A_1", "B_2", NULL}, false);
	made = elf_make(&m);
	/* A sparse tail, in which the last one finds zeros. */
	assert_true(pwrite(fd, made.file.s, made.file.len, 0) ==
		    (ssize_t)made.file.len);
	assert_int_equal(ftruncate(fd, 1ll << 40), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(elf_read(fd, a, &f), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_non_null(f.damage);
	assert_true(f.needed.count <= 4096);
	assert_true(f.note_dlopen.count <= 256);
	assert_int_equal(f.requires.count, 2);
	assert_true(arena_used(a) < 32 << 20);
	assert_true(end.tv_sec - begin.tv_sec < 5);
	strbuf_release(&made.file);
}

/* Cut or garbled anywhere: anything may come out, but it comes out. */
static void damaged_files_do_no_harm(void **state)
{
	struct elf_made made = elf_sample(64, false, EM_X86_64);
	unsigned seed = 1;

	for (int i = 0; i < 20000; i++) {
		size_t n = i < (int)made.file.len ? (size_t)i : made.file.len;
		autostrbuf bad = STRBUF_INIT;
		autoarena *a = arena_new();
		struct elf_file f;

		strbuf_add(&bad, made.file.s, n);
		for (int k = 0; n == made.file.len && k < 3; k++)
			bad.s[(size_t)rand_r(&seed) % n] = (char)rand_r(&seed);
		if (n > 16)
			read_bytes(a, bad.s, n, &f);
	}
	strbuf_release(&made.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_read_in_every_kind),
		TEST(this_program_is_read),
		TEST(others_are_none),
		TEST(damage_is_named),
		TEST(nothing_is_endless),
		TEST(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests_name("elf_read", tests, NULL, NULL);
}
