// SPDX-License-Identifier: Apache-2.0
/* ELF files: whole ones, and what only begins like one. */
#include "store_help.h"

#include "host/elf.h"

#include <elf.h>

static char *interpreter_of(struct arena *a, const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return elf_interpreter(fd, a);
}

static char *interpreter_of_bytes(struct arena *a, const void *p, size_t n)
{
	struct err e = ERR_INIT;

	ok(fs_write_file(AT_FDCWD, "elf", p, n, 0600, &e));
	return interpreter_of(a, "elf");
}

static void test_own(void **state)
{
	autoarena *a = arena_new();
	char *p = interpreter_of(a, "/proc/self/exe");

	assert_non_null(p);
	assert_int_equal(p[0], '/');
	assert_int_equal(access(p, X_OK), 0);
	/* The interpreter itself needs none. */
	assert_null(interpreter_of(a, p));
	assert_null(interpreter_of(a, "/etc/passwd"));
	assert_null(elf_interpreter(-1, a));
}

/* Cut anywhere in its headers, it has no interpreter, and nothing breaks. */
static void test_cut(void **state)
{
	autoarena *a = arena_new();
	autostrbuf whole = STRBUF_INIT;
	size_t found = 0;

	assert_int_equal(fs_slurp("/proc/self/exe", &whole), 0);
	assert_non_null(interpreter_of_bytes(a, whole.s, whole.len));
	for (size_t n = 0; n < 1200; n++)
		found += interpreter_of_bytes(a, whole.s, n) != NULL;
	/* Only those that hold all of PT_INTERP. */
	assert_true(found < 600);
	assert_null(interpreter_of_bytes(a, whole.s, 500));
}

struct small {
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	char interp[16];
};

static struct small small_elf(void)
{
	struct small s = {
		.eh = {.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1},
		.ph = {.p_type = PT_INTERP,
			.p_offset = offsetof(struct small, interp),
			.p_filesz = 8},
		.interp = "/lib/ld",
	};

	memcpy(s.eh.e_ident, ELFMAG, SELFMAG);
	s.eh.e_ident[EI_CLASS] = ELFCLASS64;
	s.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	s.eh.e_ident[EI_VERSION] = EV_CURRENT;
	return s;
}

static void test_garbage(void **state)
{
	autoarena *a = arena_new();
	struct small s = small_elf();
	unsigned seed = 1;

	assert_string_equal(interpreter_of_bytes(a, &s, sizeof(s)), "/lib/ld");
	s.ph.p_filesz = 7; /* no NUL at its end */
	assert_null(interpreter_of_bytes(a, &s, sizeof(s)));
	s = small_elf();
	s.ph.p_filesz = 1;
	assert_null(interpreter_of_bytes(a, &s, sizeof(s)));
	s.ph.p_filesz = UINT64_MAX;
	assert_null(interpreter_of_bytes(a, &s, sizeof(s)));
	s = small_elf();
	s.ph.p_offset = UINT64_MAX - 3;
	assert_null(interpreter_of_bytes(a, &s, sizeof(s)));
	s = small_elf();
	s.eh.e_phnum = 0xffff; /* PN_XNUM: the number is in a section */
	assert_null(interpreter_of_bytes(a, &s, sizeof(s)));
	s = small_elf();
	s.eh.e_phoff = UINT64_MAX / 2;
	assert_null(interpreter_of_bytes(a, &s, sizeof(s)));
	/* Anything at all may come out, but it comes out. */
	for (int i = 0; i < 2000; i++) {
		unsigned char *b = (unsigned char *)&s;

		s = small_elf();
		for (int k = 0; k < 3; k++)
			b[rand_r(&seed) % sizeof(s)] =
				(unsigned char)rand_r(&seed);
		interpreter_of_bytes(a, &s, sizeof(s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own),
		TEST(test_cut),
		TEST(test_garbage),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
