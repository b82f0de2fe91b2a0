// SPDX-License-Identifier: Apache-2.0
/* The dynamic section of an ELF file, and the versions of symbols it needs. */
#include "base/arena.h"
#include "host/elf_image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What no real file comes near. */
#define ENTRIES_MAX 65536
#define STRINGS_MAX 4096
#define VERSIONS_MAX 4096
#define VERSION_LENGTH 200

#define LETTERS                      \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz" \
	"0123456789_.+-"

/* A string of the dynamic section, before its table is known. */
struct name {
	int64_t tag;
	uint64_t offset;
};

struct dynamic {
	uint64_t strings, size; /* address of the table of strings */
	uint64_t versions;      /* address of DT_VERNEED, or 0 */
	struct name *names;
	size_t count;
};

static bool read_entry(struct elf_image *m, uint64_t offset, GElf_Dyn *d)
{
	Elf32_Dyn small;

	if (m->bits == 64) {
		if (!elf_image_bytes(m, offset, d, sizeof(*d)))
			return false;
		elf_image_decode(m, ELF_T_DYN, d, sizeof(*d));
		return true;
	}
	if (!elf_image_bytes(m, offset, &small, sizeof(small)))
		return false;
	elf_image_decode(m, ELF_T_DYN, &small, sizeof(small));
	d->d_tag = small.d_tag;
	d->d_un.d_val = small.d_un.d_val;
	return true;
}

static void take_entry(
	struct elf_image *m, struct dynamic *dyn, const GElf_Dyn *d)
{
	switch (d->d_tag) {
	case DT_STRTAB:
		dyn->strings = d->d_un.d_ptr;
		break;
	case DT_STRSZ:
		dyn->size = d->d_un.d_val;
		break;
	case DT_VERNEED:
		dyn->versions = d->d_un.d_ptr;
		break;
	case DT_SONAME:
	case DT_NEEDED:
	case DT_RPATH:
	case DT_RUNPATH:
		if (dyn->count == STRINGS_MAX)
			elf_image_damaged(m, "its dynamic section is endless");
		else
			*ARENA_PUSH(m->a, dyn->names, dyn->count) =
				(struct name){d->d_tag, d->d_un.d_val};
		break;
	}
}

static void read_entries(
	struct elf_image *m, const GElf_Phdr *ph, struct dynamic *dyn)
{
	size_t size = m->bits == 64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	uint64_t n = ph->p_filesz / size;
	GElf_Dyn d;

	for (uint64_t i = 0; i < n; i++) {
		if (i == ENTRIES_MAX ||
			!read_entry(m, ph->p_offset + i * size, &d)) {
			elf_image_damaged(
				m, "its dynamic section cannot be read");
			return;
		}
		if (d.d_tag == DT_NULL)
			return;
		take_entry(m, dyn, &d);
	}
}

/* --- strings ---------------------------------------------------------- */

static char *string(
	struct elf_image *m, const struct dynamic *dyn, uint64_t offset)
{
	uint64_t at, left;
	char *s = NULL;

	if (offset < dyn->size && offset <= UINT64_MAX - dyn->strings &&
		elf_image_offset(m, dyn->strings + offset, &at, &left))
		s = elf_image_string(m, at,
			left < dyn->size - offset ? left : dyn->size - offset);
	if (!s)
		elf_image_damaged(m, "a string of its dynamic section lies "
				     "nowhere");
	return s;
}

static void split(struct strlist *out, struct arena *a, char *paths)
{
	char *save = NULL;

	for (char *p = strtok_r(paths, ":", &save); p;
		p = strtok_r(NULL, ":", &save))
		*ARENA_PUSH(a, out->items, out->count) = p;
}

static void name_strings(
	struct elf_image *m, const struct dynamic *dyn, struct elf_file *out)
{
	for (size_t i = 0; i < dyn->count; i++) {
		char *s = string(m, dyn, dyn->names[i].offset);

		if (!s || !*s)
			continue;
		if (dyn->names[i].tag == DT_SONAME)
			out->soname = s;
		else if (dyn->names[i].tag == DT_NEEDED)
			*ARENA_PUSH(m->a, out->needed.items, out->needed.count) =
				s;
		else
			split(&out->search, m->a, s);
	}
}

/* --- versions --------------------------------------------------------- */

/* "2.9" before "2.34": runs of digits are numbers. */
static int compare_versions(const char *a, const char *b)
{
	while (*a && *b) {
		size_t n, k;
		int c;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			if (*a != *b)
				return (unsigned char)*a - (unsigned char)*b;
			a++;
			b++;
			continue;
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		n = strspn(a, "0123456789");
		k = strspn(b, "0123456789");
		c = n != k ? (n < k ? -1 : 1) : memcmp(a, b, n);
		if (c)
			return c;
		a += n;
		b += n;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

/* "GLIBCXX_3.4.30" is 3.4.30 of GLIBCXX; "GLIBC_PRIVATE" has no number. */
static void require(struct elf_image *m, struct kvlist *l, char *name)
{
	char *version = name;
	struct kv *known = NULL;

	/* Sets become keys of the manifest. */
	if (strlen(name) > VERSION_LENGTH ||
		strspn(name, LETTERS) != strlen(name))
		return;
	do
		version = strchr(version + 1, '_');
	while (version && !isdigit((unsigned char)version[1]));
	if (!version)
		return;
	*version++ = 0;
	for (size_t i = 0; i < l->count && !known; i++)
		if (!strcmp(l->items[i].key, name))
			known = &l->items[i];
	if (!known) {
		known = ARENA_PUSH(m->a, l->items, l->count);
		known->key = name;
		known->value = version;
	} else if (compare_versions(known->value, version) < 0) {
		known->value = version;
	}
}

static bool read_needs(struct elf_image *m, uint64_t at, Elf64_Verneed *v)
{
	if (!elf_image_bytes(m, at, v, sizeof(*v)))
		return false;
	elf_image_decode(m, ELF_T_HALF, v, offsetof(Elf64_Verneed, vn_file));
	elf_image_decode(m, ELF_T_WORD, &v->vn_file,
		sizeof(*v) - offsetof(Elf64_Verneed, vn_file));
	return true;
}

static bool read_need(struct elf_image *m, uint64_t at, Elf64_Vernaux *v)
{
	if (!elf_image_bytes(m, at, v, sizeof(*v)))
		return false;
	elf_image_decode(m, ELF_T_WORD, &v->vna_name,
		sizeof(*v) - offsetof(Elf64_Vernaux, vna_name));
	return true;
}

/* Offsets of the names of all versions; -1: something lies nowhere. They are
 * alike in both classes. */
static int collect(struct elf_image *m, uint64_t at, uint64_t *names, size_t *n)
{
	Elf64_Verneed file;
	Elf64_Vernaux need;

	do {
		uint64_t aux;

		if (*n == VERSIONS_MAX || !read_needs(m, at, &file))
			return -1;
		aux = at + file.vn_aux;
		for (unsigned i = 0; i < file.vn_cnt; i++) {
			if (*n == VERSIONS_MAX || !read_need(m, aux, &need))
				return -1;
			names[(*n)++] = need.vna_name;
			if (!need.vna_next)
				break;
			aux += need.vna_next;
		}
		/* A file with none counts, too, so that there is an end. */
		if (!file.vn_cnt)
			return -1;
		at += file.vn_next;
	} while (file.vn_next);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kv *)a)->key, ((const struct kv *)b)->key);
}

static void read_versions(
	struct elf_image *m, const struct dynamic *dyn, struct elf_file *out)
{
	uint64_t names[VERSIONS_MAX], at, left;
	size_t n = 0;

	if (!elf_image_offset(m, dyn->versions, &at, &left) ||
		collect(m, at, names, &n) < 0)
		elf_image_damaged(m, "its table of versions cannot be read");
	for (size_t i = 0; i < n; i++) {
		char *s = string(m, dyn, names[i]);

		if (s && *s)
			require(m, &out->requires, s);
	}
	if (out->requires.count)
		qsort(out->requires.items, out->requires.count,
			sizeof(*out->requires.items), by_key);
}

void elf_read_dynamic(struct elf_image *m, struct elf_file *out)
{
	struct dynamic dyn = {.size = UINT64_MAX};

	for (size_t i = 0; i < m->count && !out->dynamic; i++) {
		if (m->headers[i].p_type != PT_DYNAMIC)
			continue;
		out->dynamic = true;
		read_entries(m, &m->headers[i], &dyn);
	}
	name_strings(m, &dyn, out);
	if (dyn.versions)
		read_versions(m, &dyn, out);
}
