/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of manifests/ share: whole files, corpora, random strings. */
#pragma once

#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/table.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* After the four above. */
#include <cmocka.h>

/* A file in memory with this content, at its beginning. */
static inline int memory_file(const void *p, size_t n)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, p, n), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static inline void slurp(const char *path, struct strbuf *out)
{
	if (fs_slurp(path, out) < 0)
		fail_msg("cannot read '%s'", path);
	strbuf_grow(out, 0);
}

/*
 * For each NAME.yaml in `dir`: refuse() gets its name and content and fills
 * in the message, which must be that of NAME.expect.
 */
static inline void run_corpus(const char *dir,
	void (*refuse)(const char *name, const struct strbuf *text, struct err *e))
{
	struct dirent *entry;
	int count = 0, wrong = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');
		autostrbuf text = STRBUF_INIT, expect = STRBUF_INIT;
		struct err e = ERR_INIT;
		char path[600];

		if (dot == NULL || strcmp(dot, ".yaml") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		slurp(path, &text);
		snprintf(path, sizeof(path), "%s/%.*s.expect", dir,
			(int)(dot - entry->d_name), entry->d_name);
		slurp(path, &expect);
		refuse(entry->d_name, &text, &e);
		strbuf_adds(&text, "\n");
		expect.s[strcspn(expect.s, "\n")] = '\0';
		count++;
		if (strcmp(e.msg, expect.s) != 0) {
			print_error("expected: %s\n     got: %s\n", expect.s,
				e.msg);
			wrong++;
		}
	}
	closedir(d);
	assert_int_equal(wrong, 0);
	assert_true(count > 40);
}

/* A small generator, so that each failure comes again. */
static inline uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bytes, words and code points that have a meaning to some YAML parser. */
static const char *const awkward[] = {"\n", "\t", "\r", "\"", "'", "\\", "\x7f",
	"\x01", "\x1f", "\x1b", "\xc2\x80", "\xc2\x85", "\xc2\x9f", "\xc2\xa0",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe",
	"\xef\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xff", "\xfe",
	"\xc0\xaf", "\xf4\x90\x80\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\xbf\xbe",
	"\xe2\x82", "\xc3\xa9", ": ", " #", "#", "- ", "? ", "!", "&a", "*a",
	"%", "@", "`", "{", "}", "[", "]", ",", "|", ">", "yes", "No", "on",
	"OFF", "true", "null", "~", "", " ", "  ", "=", "<<", "0755", "0o17",
	"0x1f", "1e3", "1.5", ".5", ".inf", "-.INF", ".nan", "12:30:45",
	"2024-05-01", "1_000", "-", "--- ", "...", "y", "N", "0", "-1", "+1",
	"a", "b c", "\\x41", "%YAML", "base64:"};
#define AWKWARD (sizeof(awkward) / sizeof(awkward[0]))

/* Some of these after one another; `skip` is a byte that must not occur. */
static inline void random_string(uint32_t *seed, char skip, struct strbuf *out)
{
	uint32_t parts = next_random(seed) % 5;

	strbuf_clear(out);
	strbuf_grow(out, 0);
	for (uint32_t i = 0; i < parts; i++) {
		if (next_random(seed) % 4 == 0)
			strbuf_addc(out, (char)(1 + next_random(seed) % 255));
		else
			strbuf_adds(out, awkward[next_random(seed) % AWKWARD]);
	}
	for (size_t i = 0; i < out->len; i++) {
		if (out->s[i] == skip)
			out->s[i] = '_';
	}
}
