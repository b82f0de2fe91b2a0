/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF file while it is read. Shared by the files that read one; nobody else
 * includes this.
 */
#pragma once

#include "host/elf.h"

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

struct elf_image {
	int fd;
	struct arena *a;
	int bits;
	unsigned encoding; /* ELFDATA2LSB or ELFDATA2MSB */
	GElf_Ehdr eh;
	GElf_Phdr *headers;
	size_t count;
	const char *damage;
	/* Bytes of the file: what is read next is mostly near. */
	char window[8192];
	uint64_t at;
	size_t held;
};

/* 0; -1 when it does not begin like an ELF file. Of one that is damaged there
 * are no program headers. */
int elf_image_open(struct elf_image *m, int fd, struct arena *a);
/* Only the first is kept. */
void elf_image_damaged(struct elf_image *m, const char *what);

/* Exactly n bytes of the file; false: it has no such. */
bool elf_image_bytes(struct elf_image *m, uint64_t offset, void *out, size_t n);
/* From the file's encoding to ours, in place. */
void elf_image_decode(
	const struct elf_image *m, Elf_Type type, void *p, size_t n);
/* A string that ends within `limit` bytes, from the arena; NULL: none does. */
char *elf_image_string(struct elf_image *m, uint64_t offset, uint64_t limit);
/* Where in the file a virtual address lies, and how many bytes of its segment
 * follow; false: nowhere. */
bool elf_image_offset(const struct elf_image *m, uint64_t address,
	uint64_t *offset, uint64_t *left);

/* The string of PT_INTERP, or NULL. */
char *elf_image_interpreter(struct elf_image *m);
/* elf_dynamic.c: the dynamic section, and the versions that it needs. */
void elf_read_dynamic(struct elf_image *m, struct elf_file *out);
/* elf_notes.c */
void elf_read_notes(struct elf_image *m, struct elf_file *out);
