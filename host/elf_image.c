// SPDX-License-Identifier: Apache-2.0
/* The headers, bytes and strings of an ELF file, none of which is trusted. */
#include "host/elf_image.h"
#include "base/arena.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The kernel runs nothing that has 64 KiB of them (load_elf_phdrs). */
#define HEADERS_MAX 1024

void elf_image_damaged(struct elf_image *m, const char *what)
{
	if (!m->damage)
		m->damage = what;
}

static ssize_t read_at(int fd, void *out, size_t n, uint64_t offset)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(
			fd, (char *)out + got, n - got, (off_t)(offset + got));

		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* The bytes of the window from `offset` on; at least `want` of them when the
 * file has so many and the window is large enough. */
static size_t look(
	struct elf_image *m, uint64_t offset, size_t want, const char **p)
{
	*p = m->window;
	if (offset > INT64_MAX - sizeof(m->window))
		return 0;
	if (offset < m->at || offset - m->at > m->held ||
		m->held - (offset - m->at) < want) {
		m->at = offset;
		m->held = (size_t)read_at(
			m->fd, m->window, sizeof(m->window), offset);
	}
	*p = m->window + (offset - m->at);
	return m->held - (size_t)(offset - m->at);
}

bool elf_image_bytes(struct elf_image *m, uint64_t offset, void *out, size_t n)
{
	const char *p;

	if (n > sizeof(m->window))
		return offset <= INT64_MAX - n &&
		       read_at(m->fd, out, n, offset) == (ssize_t)n;
	if (look(m, offset, n, &p) < n)
		return false;
	memcpy(out, p, n);
	return true;
}

char *elf_image_string(struct elf_image *m, uint64_t offset, uint64_t limit)
{
	const char *p;
	size_t n = look(m, offset, 1, &p);

	if (limit > PATH_MAX)
		limit = PATH_MAX;
	if (n < limit && !memchr(p, 0, n))
		n = look(m, offset, PATH_MAX, &p);
	if (n > limit)
		n = (size_t)limit;
	if (!n || !memchr(p, 0, n))
		return NULL;
	return arena_strdup(m->a, p);
}

void elf_image_decode(const struct elf_image *m, Elf_Type type, void *p, size_t n)
{
	Elf_Data d = {
		.d_buf = p, .d_size = n, .d_type = type, .d_version = EV_CURRENT};

	if (m->bits == 64)
		elf64_xlatetom(&d, &d, m->encoding);
	else
		elf32_xlatetom(&d, &d, m->encoding);
}

bool elf_image_offset(const struct elf_image *m, uint64_t address,
	uint64_t *offset, uint64_t *left)
{
	for (size_t i = 0; i < m->count; i++) {
		const GElf_Phdr *ph = &m->headers[i];

		if (ph->p_type != PT_LOAD || address < ph->p_vaddr ||
			address - ph->p_vaddr >= ph->p_filesz)
			continue;
		*offset = ph->p_offset + (address - ph->p_vaddr);
		*left = ph->p_filesz - (address - ph->p_vaddr);
		return true;
	}
	return false;
}

static bool read_header(struct elf_image *m)
{
	Elf32_Ehdr small;

	if (m->bits == 64) {
		if (!elf_image_bytes(m, 0, &m->eh, sizeof(m->eh)))
			return false;
		elf_image_decode(m, ELF_T_EHDR, &m->eh, sizeof(m->eh));
		return true;
	}
	if (!elf_image_bytes(m, 0, &small, sizeof(small)))
		return false;
	elf_image_decode(m, ELF_T_EHDR, &small, sizeof(small));
	m->eh.e_type = small.e_type;
	m->eh.e_machine = small.e_machine;
	m->eh.e_phoff = small.e_phoff;
	m->eh.e_phentsize = small.e_phentsize;
	m->eh.e_phnum = small.e_phnum;
	return true;
}

static bool read_program_headers(struct elf_image *m)
{
	size_t n = m->eh.e_phnum,
	       size = m->bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	Elf32_Phdr *small;
	void *raw;

	if (!n)
		return true;
	if (n > HEADERS_MAX || m->eh.e_phentsize != size)
		return false;
	raw = arena_array(m->a, n, size);
	if (!elf_image_bytes(m, m->eh.e_phoff, raw, n * size))
		return false;
	elf_image_decode(m, ELF_T_PHDR, raw, n * size);
	m->count = n;
	if (m->bits == 64) {
		m->headers = raw;
		return true;
	}
	m->headers = arena_array(m->a, n, sizeof(*m->headers));
	small = raw;
	for (size_t i = 0; i < n; i++)
		m->headers[i] = (GElf_Phdr){
			.p_type = small[i].p_type,
			.p_flags = small[i].p_flags,
			.p_offset = small[i].p_offset,
			.p_vaddr = small[i].p_vaddr,
			.p_filesz = small[i].p_filesz,
			.p_memsz = small[i].p_memsz,
			.p_align = small[i].p_align,
		};
	return true;
}

int elf_image_open(struct elf_image *m, int fd, struct arena *a)
{
	unsigned char ident[EI_NIDENT];

	/* Not the window: it is large. */
	memset(m, 0, offsetof(struct elf_image, window));
	m->fd = fd;
	m->a = a;
	m->at = 0;
	m->held = 0;
	if (!elf_image_bytes(m, 0, ident, sizeof(ident)) ||
		memcmp(ident, ELFMAG, SELFMAG) != 0 ||
		(ident[EI_CLASS] != ELFCLASS64 && ident[EI_CLASS] != ELFCLASS32) ||
		(ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return -1;
	elf_version(EV_CURRENT);
	m->bits = ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	m->encoding = ident[EI_DATA];
	if (!read_header(m))
		elf_image_damaged(m, "its header is cut");
	else if (!read_program_headers(m))
		elf_image_damaged(m, "its program headers cannot be read");
	return 0;
}

char *elf_image_interpreter(struct elf_image *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const GElf_Phdr *ph = &m->headers[i];
		char buf[PATH_MAX];

		if (ph->p_type != PT_INTERP)
			continue;
		/* The kernel takes no other (load_elf_binary). */
		if (ph->p_filesz >= 2 && ph->p_filesz <= sizeof(buf) &&
			elf_image_bytes(
				m, ph->p_offset, buf, (size_t)ph->p_filesz) &&
			!buf[ph->p_filesz - 1])
			return arena_strdup(m->a, buf);
		elf_image_damaged(m, "its interpreter cannot be read");
		return NULL;
	}
	return NULL;
}
