// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer target: any bytes as files.yaml. Both readers must agree whether
 * it is a table and on what it says, which must be stable when written.
 *	clang -fsanitize=fuzzer,address -D_GNU_SOURCE -DREPRISE_VERSION='"0"' \
 *		-I. tests/fuzz/fuzz_table.c manifests/[a-z]*.c base/[a-z]*.c \
 *		-lyaml -lcrypto -ljansson
 */
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/table.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, p, n) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		__builtin_trap();
	return fd;
}

/* The table written again, or -1 and a message. */
static int rewrite(const void *p, size_t n, struct strbuf *out, struct err *e)
{
	autoclose int from = memory_file(p, n), to = memory_file("", 0);
	struct table_reader *t = table_reader_new(from, "t");
	struct table_writer *w = table_writer_new(to);
	struct file_row r;
	int rc;

	while ((rc = table_next(t, &r, e)) > 0) {
		if (table_write(w, &r, e) < 0)
			__builtin_trap();
	}
	table_reader_free(t);
	if (table_writer_finish(w, NULL, NULL, e) < 0 ||
		lseek(to, 0, SEEK_SET) < 0 || fs_slurp_fd(to, out) < 0)
		__builtin_trap();
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autostrbuf fast = STRBUF_INIT, again = STRBUF_INIT;
	autostrbuf commented = STRBUF_INIT, slow = STRBUF_INIT;
	struct err e = ERR_INIT, slow_e = ERR_INIT;
	int rc = rewrite(data, size, &fast, &e), slow_rc;

	if (rc < 0 && strncmp(e.msg, "t:", 2) != 0)
		__builtin_trap();
	if (rc == 0 && (rewrite(fast.s, fast.len, &again, &e) < 0 ||
			       strcmp(fast.s, again.s) != 0))
		__builtin_trap();
	/* A byte order mark is one at the very beginning only. */
	if (size > 0 && data[0] == 0xef)
		return 0;
	strbuf_adds(&commented, "#\n");
	strbuf_add(&commented, data, size);
	slow_rc = rewrite(commented.s, commented.len, &slow, &slow_e);
	if (rc != slow_rc || (rc == 0 && strcmp(fast.s, slow.s) != 0)) {
		fprintf(stderr, "fast: %d %s\nslow: %d %s\n", rc, e.msg,
			slow_rc, slow_e.msg);
		__builtin_trap();
	}
	return 0;
}
