// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: any bytes as an ELF file, which is read whole. It costs
 * little memory, its strings end, and what runs it is the same by both readers.
 * Begin with the ELF files of a machine, and with small ones that a linker has
 * made.
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. \
 *		tests/fuzz/fuzz_elf.c host/elf*.c base/[a-z]*.c -lelf -lcrypto
 */
#include "base/arena.h"
#include "base/fs.h"
#include "host/elf.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_all_strings(const struct strlist *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += strlen(l->items[i]);
	return n;
}

static void check(const struct elf_file *f, const char *interpreter)
{
	size_t n = read_all_strings(&f->needed) + read_all_strings(&f->search) +
		   read_all_strings(&f->note_dlopen);

	for (size_t i = 0; i < f->requires.count; i++) {
		if (i > 0 && strcmp(f->requires.items[i - 1].key,
				     f->requires.items[i].key) >= 0)
			__builtin_trap();
		n += strlen(f->requires.items[i].value);
	}
	if (n > MEMORY_MAX || !f->interpreter != !interpreter ||
		(interpreter && strcmp(f->interpreter, interpreter) != 0))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	autoarena *a = arena_new();
	struct elf_file f;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 ||
		pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (elf_read(fd, a, &f) == 0)
		check(&f, elf_interpreter(fd, a));
	if (arena_used(a) > MEMORY_MAX)
		__builtin_trap();
	return 0;
}
