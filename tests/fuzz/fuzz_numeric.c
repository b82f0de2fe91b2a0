// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: any bytes as two contents of numbers. The first byte names
 * the file, the next three say where it is cut in two; when nothing is left for
 * the second content it is the first with the cut's byte changed. Either way
 * round they are as far apart, and each by itself is not apart at all.
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. \
 *		tests/fuzz/fuzz_numeric.c numeric/[a-z]*.c \
 *		base/[a-z]*.c -lcrypto -lm
 */
#include "base/fs.h"
#include "numeric/numeric.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, p, n) < 0)
		abort();
	return fd;
}

static void check_alone(const char *name, int fd)
{
	struct distance d;

	if (numeric_compare(&d, name, fd, fd) &&
		(d.different || *d.unlike || d.max_abs != 0 || d.max_rel != 0))
		__builtin_trap();
	numeric_only_stamps(fd, fd);
}

static void check_pair(const char *name, int a, int b)
{
	struct distance d, back;
	bool measured = numeric_compare(&d, name, a, b);
	bool stamps = numeric_only_stamps(a, b);

	if (numeric_compare(&back, name, b, a) != measured ||
		numeric_only_stamps(b, a) != stamps)
		__builtin_trap();
	if (!measured)
		return;
	if (!(d.max_rel >= 0) || !(d.max_abs >= 0) || d.different > d.values ||
		(d.different > 0) != (d.max_rel > 0) ||
		(d.different > 0) != (*d.where != 0))
		__builtin_trap();
	if (!*d.unlike &&
		(*back.unlike || d.max_rel != back.max_rel ||
			d.max_abs != back.max_abs || d.values != back.values ||
			d.different != back.different))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"x", "x.csv", "x.json", "x.npz",
		"x.jsonl.gz", "x.tsv.gz", "x.pt", "x.ndjson"};
	const char *name;
	size_t cut;

	if (size < 4)
		return 0;
	name = names[data[0] % 8];
	cut = (size_t)data[1] | data[2] << 8 | data[3] << 16;
	data += 4;
	size -= 4;
	autoclose int a = memory_file(data, cut < size ? cut : size);
	autoclose int b = memory_file(data + cut, cut < size ? size - cut : 0);

	if (cut >= size && size > 0) {
		uint8_t changed = data[cut % size] ^ (uint8_t)(cut >> 16 | 1);

		if (pwrite(b, data, size, 0) != (ssize_t)size ||
			pwrite(b, &changed, 1, (off_t)(cut % size)) != 1)
			abort();
	}
	check_alone(name, a);
	check_alone(name, b);
	check_pair(name, a, b);
	return 0;
}
