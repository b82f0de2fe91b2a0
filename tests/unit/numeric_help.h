/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of each format of numbers, made byte by byte, for their tests. */
#pragma once

#include "base/fs.h"
#include "base/strbuf.h"
#include "numeric/numeric.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* --- bytes ---------------------------------------------------------- */

static inline int memory_file(const struct strbuf *b)
{
	int fd = memfd_create("contents", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, b->s, b->len), 0);
	return fd;
}

static inline void add_little(struct strbuf *b, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		strbuf_addc(b, i < 8 ? (char)(n >> 8 * i) : 0);
}

static inline void add_f64(struct strbuf *b, double n)
{
	strbuf_add(b, &n, sizeof(n));
}

static inline void add_f32(struct strbuf *b, float n)
{
	strbuf_add(b, &n, sizeof(n));
}

static inline uint32_t crc_of(const void *p, size_t n)
{
	const unsigned char *c = p;
	uint32_t crc = ~0u;

	for (; n > 0; n--) {
		crc ^= *c++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* --- gzip ----------------------------------------------------------- */

static inline void add_gzip(
	struct strbuf *b, const void *p, size_t n, uint32_t time)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char *out = malloc(n + 4096);
	size_t len = 0;

	archive_write_set_format_raw(a);
	archive_write_add_filter_gzip(a);
	archive_write_set_options(a, "gzip:!timestamp");
	archive_write_set_bytes_per_block(a, 0);
	assert_int_equal(
		archive_write_open_memory(a, out, n + 4096, &len), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, p, n), n);
	archive_entry_free(entry);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	for (int i = 0; i < 4; i++)
		out[4 + i] = (char)(time >> 8 * i);
	strbuf_add(b, out, len);
	free(out);
}

/* --- zip ------------------------------------------------------------ */

struct zip_out {
	struct strbuf file, directory;
	unsigned count;
	uint32_t time; /* of the next member, as it is written */
};

static inline void zip_entry(struct strbuf *b, const struct zip_out *z,
	unsigned method, const struct strbuf *packed, uint32_t crc, size_t size)
{
	add_little(b, 20, 2);
	add_little(b, 0, 2);
	add_little(b, method, 2);
	add_little(b, z->time, 4);
	add_little(b, crc, 4);
	add_little(b, packed->len, 4);
	add_little(b, size, 4);
}

/* An extra field with a Unix time. */
static inline void zip_extra(struct strbuf *b, const struct zip_out *z)
{
	add_little(b, 0x5455, 2);
	add_little(b, 5, 2);
	add_little(b, 1, 1);
	add_little(b, z->time, 4);
}

static inline void zip_add(struct zip_out *z, const char *name, const void *p,
	size_t n, bool deflate)
{
	autostrbuf packed = STRBUF_INIT, gzip = STRBUF_INIT;
	uint32_t crc = crc_of(p, n);
	size_t at = z->file.len;

	if (deflate) {
		add_gzip(&gzip, p, n, 0);
		strbuf_add(&packed, gzip.s + 10, gzip.len - 18);
	} else {
		strbuf_add(&packed, p, n);
	}
	strbuf_add(&z->file, "PK\3\4", 4);
	zip_entry(&z->file, z, deflate ? 8 : 0, &packed, crc, n);
	add_little(&z->file, strlen(name), 2);
	add_little(&z->file, 9, 2);
	strbuf_adds(&z->file, name);
	zip_extra(&z->file, z);
	strbuf_add(&z->file, packed.s, packed.len);
	strbuf_add(&z->directory, "PK\1\2\x14\0", 6);
	zip_entry(&z->directory, z, deflate ? 8 : 0, &packed, crc, n);
	add_little(&z->directory, strlen(name), 2);
	add_little(&z->directory, 9, 2);
	add_little(&z->directory, 0, 2 + 2 + 2 + 4);
	add_little(&z->directory, at, 4);
	strbuf_adds(&z->directory, name);
	zip_extra(&z->directory, z);
	z->count++;
}

/* The directory and the record at the end; `out` is the file. */
static inline void zip_finish(struct zip_out *z, struct strbuf *out)
{
	size_t at = z->file.len;

	strbuf_add(out, z->file.s, z->file.len);
	strbuf_add(out, z->directory.s, z->directory.len);
	strbuf_add(out, "PK\5\6\0\0\0\0", 8);
	add_little(out, z->count, 2);
	add_little(out, z->count, 2);
	add_little(out, z->directory.len, 4);
	add_little(out, at, 4);
	add_little(out, 0, 2);
	strbuf_release(&z->file);
	strbuf_release(&z->directory);
}

/* --- npy ------------------------------------------------------------ */

/* The dictionary as it stands, and the elements. */
static inline void add_npy(
	struct strbuf *b, const char *dictionary, const void *p, size_t n)
{
	strbuf_add(b, "\x93NUMPY\1\0", 8);
	add_little(b, strlen(dictionary) + 1, 2);
	strbuf_addf(b, "%s\n", dictionary);
	strbuf_add(b, p, n);
}

static inline void add_array(struct strbuf *b, const char *descr,
	const char *shape, const void *p, size_t n)
{
	autostrbuf d = STRBUF_INIT;

	strbuf_addf(&d, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
		descr, shape);
	add_npy(b, d.s, p, n);
}

/* --- safetensors ---------------------------------------------------- */

static inline void add_safetensors(
	struct strbuf *b, const char *header, const void *p, size_t n)
{
	add_little(b, strlen(header), 8);
	strbuf_adds(b, header);
	strbuf_add(b, p, n);
}

/* --- PyTorch -------------------------------------------------------- */

/* A pickled string, remembered under a number. */
static inline void pickle_text(struct strbuf *b, const char *s, unsigned memo)
{
	strbuf_addc(b, 'X');
	add_little(b, strlen(s), 4);
	strbuf_adds(b, s);
	strbuf_addf(b, "q%c", (int)memo);
}

static inline void pickle_float(struct strbuf *b, double n)
{
	uint64_t bits;

	memcpy(&bits, &n, sizeof(bits));
	strbuf_addc(b, 'G');
	for (int i = 7; i >= 0; i--)
		strbuf_addc(b, (char)(bits >> 8 * i));
}

/* 'name': _rebuild_tensor_v2(('storage', torch.TYPE, 'KEY', 'cpu', 4), ...);
 * memo numbers from 10 * (KEY + 1). */
static inline void pickle_tensor(
	struct strbuf *b, const char *name, const char *type, unsigned key)
{
	unsigned memo = 10 * (key + 1);
	char text[12];

	snprintf(text, sizeof(text), "%u", key);
	pickle_text(b, name, memo);
	strbuf_addf(b, "ctorch._utils\n_rebuild_tensor_v2\nq%c((", (int)memo + 1);
	/* The word is remembered once, and taken from there. */
	if (key == 0)
		pickle_text(b, "storage", 1);
	else
		strbuf_add(b, "h\1", 2);
	strbuf_addf(b, "ctorch\n%s\nq%c", type, (int)memo + 2);
	pickle_text(b, text, memo + 3);
	pickle_text(b, "cpu", memo + 4);
	strbuf_addf(b, "K%ctq%cQ", 4, (int)memo + 5);
	strbuf_add(b, "K\0)K\1)R", 7);
}

static inline void pickle_begin(struct strbuf *b)
{
	strbuf_add(b, "\x80\2}q\0(", 6);
}

static inline void pickle_end(struct strbuf *b)
{
	strbuf_adds(b, "u.");
}

/* --- one of each ---------------------------------------------------- */

/* A model with the weights 0.5 + delta and 0.01 + delta among others. */
struct sample {
	const char *name;   /* of the file */
	const char *format; /* as it is called */
	const char *where;  /* the weight that is farthest apart */
	double apart;       /* from 0.01 as this format rounds it */
	uint64_t values;
	void (*make)(struct strbuf *b, double delta);
};

static inline void sample_weights(struct strbuf *b, double delta)
{
	const double weights[] = {-3, 0.5 + delta, 0, 0.01 + delta, 7e300, -1};

	for (size_t i = 0; i < 6; i++)
		add_f64(b, weights[i]);
}

static inline void sample_small(struct strbuf *b, double delta)
{
	const double weights[] = {-3, 0.5 + delta, 0.01 + delta, -1};

	for (size_t i = 0; i < 4; i++)
		add_f32(b, (float)weights[i]);
}

static inline void sample_npy(struct strbuf *b, double delta)
{
	autostrbuf w = STRBUF_INIT;

	sample_weights(&w, delta);
	add_array(b, "<f8", "(2, 3)", w.s, w.len);
}

static inline void sample_npy32(struct strbuf *b, double delta)
{
	autostrbuf w = STRBUF_INIT;

	sample_small(&w, delta);
	add_array(b, "<f4", "(4,)", w.s, w.len);
}

static inline void sample_zip_of(struct strbuf *b, double delta, bool deflate)
{
	autostrbuf w = STRBUF_INIT, v = STRBUF_INIT;
	struct zip_out z = {0};

	sample_npy(&w, delta);
	sample_npy32(&v, 0);
	zip_add(&z, "v.npy", v.s, v.len, deflate);
	zip_add(&z, "w.npy", w.s, w.len, deflate);
	zip_finish(&z, b);
}

static inline void sample_npz(struct strbuf *b, double delta)
{
	sample_zip_of(b, delta, false);
}

static inline void sample_npz_deflated(struct strbuf *b, double delta)
{
	sample_zip_of(b, delta, true);
}

static inline void sample_safetensors(struct strbuf *b, double delta)
{
	autostrbuf w = STRBUF_INIT;

	sample_weights(&w, delta);
	sample_small(&w, 0);
	add_safetensors(b,
		"{\"__metadata__\":{\"format\":\"pt\"},"
		"\"small\":{\"dtype\":\"F32\",\"shape\":[4],"
		"\"data_offsets\":[48,64]},"
		"\"w\":{\"dtype\":\"F64\",\"shape\":[2,3],"
		"\"data_offsets\":[0,48]}}  ",
		w.s, w.len);
}

static inline void sample_torch_in(
	struct strbuf *b, const char *root, double delta, double loss)
{
	autostrbuf w = STRBUF_INIT, v = STRBUF_INIT, p = STRBUF_INIT;
	struct zip_out z = {0};
	char name[64];

	pickle_begin(&p);
	pickle_text(&p, "loss", 2);
	pickle_float(&p, loss);
	pickle_tensor(&p, "fc.weight", "DoubleStorage", 0);
	pickle_tensor(&p, "fc.bias", "FloatStorage", 1);
	pickle_end(&p);
	sample_weights(&w, delta);
	sample_small(&v, 0);
	snprintf(name, sizeof(name), "%s/data.pkl", root);
	zip_add(&z, name, p.s, p.len, false);
	snprintf(name, sizeof(name), "%s/data/0", root);
	zip_add(&z, name, w.s, w.len, false);
	snprintf(name, sizeof(name), "%s/data/1", root);
	zip_add(&z, name, v.s, v.len, false);
	snprintf(name, sizeof(name), "%s/version", root);
	zip_add(&z, name, "3\n", 2, false);
	zip_finish(&z, b);
}

static inline void sample_torch(struct strbuf *b, double delta)
{
	sample_torch_in(b, "model", delta, 0.25);
}

static inline void sample_csv(struct strbuf *b, double delta)
{
	strbuf_addf(b,
		"epoch,\"the \"\"loss\"\"\",note\n1,%.17g,\"a,b\"\n"
		"2,%.17g,\n",
		0.5 + delta, 0.01 + delta);
}

static inline void sample_json(struct strbuf *b, double delta)
{
	strbuf_addf(b,
		"{\"history\": [{\"loss\": %.17g}, {\"loss\": %.17g, "
		"\"n\": 3}], \"rate\": NaN, \"name\": \"a\\\"b\"}\n",
		0.5 + delta, 0.01 + delta);
}

static inline void sample_csv_gz(struct strbuf *b, double delta)
{
	autostrbuf text = STRBUF_INIT;

	sample_csv(&text, delta);
	add_gzip(b, text.s, text.len, 0);
}

static const struct sample samples[] = {
	{"w.npy", "npy", "[1, 0]", 1e-9, 6, sample_npy},
	{"w.npy", "npy", "[2]", 0.93e-9, 4, sample_npy32},
	{"w.npz", "npz", "member 'w.npy' [1, 0]", 1e-9, 10, sample_npz},
	{"w.npz", "npz", "member 'w.npy' [1, 0]", 1e-9, 10, sample_npz_deflated},
	{"m.safetensors", "safetensors", "tensor 'w' [1, 0]", 1e-9, 10,
		sample_safetensors},
	{"m.pt", "torch", "storage 0 ('fc.weight') [3]", 1e-9, 11, sample_torch},
	{"m.csv", "CSV", "row 3, column 'the \"loss\"'", 1e-9, 4, sample_csv},
	{"m.json", "JSON", ".history[1].loss", 1e-9, 4, sample_json},
	{"m.csv.gz", "CSV", "row 3, column 'the \"loss\"'", 1e-9, 4,
		sample_csv_gz},
};

#define SAMPLES (sizeof(samples) / sizeof(*samples))

/* 1 measured, 0 not. */
static inline int measure(struct distance *d, const char *name,
	const struct strbuf *a, const struct strbuf *b)
{
	autoclose int x = memory_file(a), y = memory_file(b);

	return numeric_compare(d, name, x, y);
}
