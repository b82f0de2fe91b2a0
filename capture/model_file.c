// SPDX-License-Identifier: Apache-2.0
/*
 * Signatures: safetensors' README (an 8-byte length and a JSON object),
 * PyTorch's torch/serialization.py (a zip file with NAME/data.pkl), onnx.proto3
 * (ir_version, then producer_name or a graph), ggml's gguf.md, the HDF5 file
 * format specification (a superblock at 0, 512, 1024 ...), pickletools of
 * Python, zlib as joblib compresses, TensorFlow Lite's schema.fbs.
 */
#include "capture/model_file.h"

#include "base/arena.h"
#include "base/fs.h"
#include "numeric/zip.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 256

struct head {
	unsigned char b[HEAD];
	size_t n;
	uint64_t size;
	int fd;
};

static bool begins(const struct head *h, size_t at, const char *with, size_t n)
{
	return h->n >= at + n && !memcmp(h->b + at, with, n);
}

static bool is_safetensors(const struct head *h)
{
	uint64_t len = h->n > 9 ? zip_u64(h->b) : 0;

	return len >= 2 && len < h->size - 7 && h->b[8] == '{' &&
	       (h->b[9] == '"' || h->b[9] == '}' || h->b[9] == ' ');
}

static bool is_hdf5(const struct head *h)
{
	static const char magic[] = "\x89HDF\r\n\x1a\n";

	if (begins(h, 0, magic, 8))
		return true;
	for (uint64_t at = 512; at + 8 <= h->size && at <= (1u << 20); at *= 2) {
		char b[8];

		if (pread(h->fd, b, 8, (off_t)at) == 8 && !memcmp(b, magic, 8))
			return true;
	}
	return false;
}

/* Protocol 2 to 5; it ends with its STOP, "." */
static bool is_pickle(const struct head *h)
{
	char last;

	return h->n >= 4 && h->b[0] == 0x80 && h->b[1] >= 2 && h->b[1] <= 5 &&
	       pread(h->fd, &last, 1, (off_t)h->size - 1) == 1 && last == '.';
}

/*
 * Field 1 is the version, a small number; then come strings that name who made
 * it (fields 2 to 6), or the graph (field 7), each with a length that fits.
 */
static bool is_onnx(const struct head *h)
{
	uint64_t len = 0;
	size_t i = 3;
	int shift = 0;

	if (h->n < 8 || h->b[0] != 0x08 || h->b[1] < 1 || h->b[1] > 20)
		return false;
	if (h->b[2] == 0x12) {
		size_t n = h->b[3];

		if (n == 0 || 4 + n > h->n)
			return false;
		for (size_t k = 4; k < 4 + n; k++)
			if (h->b[k] < 0x20 || h->b[k] > 0x7e)
				return false;
		return true;
	}
	if (h->b[2] != 0x3a)
		return false;
	for (; i < h->n && shift < 63; shift += 7) {
		len |= (uint64_t)(h->b[i] & 0x7f) << shift;
		if (!(h->b[i++] & 0x80))
			break;
	}
	return len > 0 && i + len <= h->size && i < h->n && h->b[i] == 0x0a;
}

static bool has_base(const struct zip *z, const char *name)
{
	for (size_t i = 0; i < z->count; i++) {
		const char *slash = strrchr(z->members[i].name, '/');

		if (slash && !strcmp(slash + 1, name))
			return true;
	}
	return false;
}

static enum model_format zip_format(const struct head *h)
{
	autoarena *a = arena_new();
	autozip z = {0};

	if (!begins(h, 0, "PK", 2) || !zip_read(&z, a, h->fd))
		return MODEL_NONE;
	if (has_base(&z, "data.pkl"))
		return MODEL_TORCH;
	if (zip_find(&z, "config.json") && zip_find(&z, "model.weights.h5"))
		return MODEL_KERAS;
	return MODEL_NONE;
}

enum model_format model_format(int fd)
{
	struct head h = {.fd = fd};
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 8)
		return MODEL_NONE;
	n = pread(fd, h.b, sizeof(h.b), 0);
	if (n < 8)
		return MODEL_NONE;
	h.n = (size_t)n;
	h.size = (uint64_t)st.st_size;
	if (begins(&h, 0, "GGUF", 4))
		return MODEL_GGUF;
	if (begins(&h, 4, "TFL3", 4))
		return MODEL_TFLITE;
	if (is_safetensors(&h))
		return MODEL_SAFETENSORS;
	if (is_hdf5(&h))
		return MODEL_HDF5;
	if (is_pickle(&h))
		return MODEL_PICKLE;
	if (is_onnx(&h))
		return MODEL_ONNX;
	return zip_format(&h);
}
