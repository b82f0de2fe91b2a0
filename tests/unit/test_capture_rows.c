// SPDX-License-Identifier: Apache-2.0
/* Rows of files: letters of access, states, the order of bytes. */
#include "capture/record.h"
#include "capture/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#define COUNT(x) (sizeof(x) / sizeof(*(x)))

static void letters_of_access(void **state)
{
	static const struct {
		unsigned access;
		bool changed;
		unsigned is;
	} cases[] = {
		{0, false, ACCESS_S},
		{ACCESS_S, false, ACCESS_S},
		{ACCESS_S | ACCESS_R, false, ACCESS_R},
		{ACCESS_S | ACCESS_N, false, ACCESS_N},
		{ACCESS_S | ACCESS_L, false, ACCESS_L},
		{ACCESS_S | ACCESS_D, false, ACCESS_D},
		{ACCESS_S | ACCESS_X, false, ACCESS_X},
		{ACCESS_W, true, ACCESS_W},
		{ACCESS_R, true, ACCESS_R},
		{ACCESS_R | ACCESS_W, false, ACCESS_R | ACCESS_W},
		{ACCESS_R | ACCESS_W, true, ACCESS_R | ACCESS_M},
		{ACCESS_S | ACCESS_R | ACCESS_W | ACCESS_X, true,
			ACCESS_R | ACCESS_M | ACCESS_X},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct touched t = {.access = cases[i].access};

		assert_int_equal(row_access(&t, cases[i].changed), cases[i].is);
	}
}

static void rows_of_states(void **state)
{
	static const struct {
		uint32_t mode;
		enum file_kind kind;
	} kinds[] = {
		{S_IFREG | 04755, KIND_FILE},
		{S_IFDIR | 01777, KIND_DIRECTORY},
		{S_IFLNK | 0777, KIND_SYMLINK},
		{S_IFIFO | 0600, KIND_FIFO},
		{S_IFSOCK | 0600, KIND_SOCKET},
		{S_IFCHR | 0666, KIND_CHAR},
		{S_IFBLK | 0660, KIND_BLOCK},
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct state st = {.exists = true,
			.mode = kinds[i].mode,
			.uid = 1,
			.gid = 2,
			.size = 77,
			.mtime_s = 3,
			.mtime_ns = 4,
			.major = 5,
			.minor = 6};
		struct file_row r = {.size = ABSENT, .major = ABSENT};
		bool device = kinds[i].kind == KIND_CHAR ||
			      kinds[i].kind == KIND_BLOCK;

		row_from_state(&r, &st);
		assert_int_equal(r.kind, kinds[i].kind);
		assert_int_equal(r.mode, kinds[i].mode & 07777);
		assert_int_equal(r.uid, 1);
		assert_int_equal(r.gid, 2);
		assert_int_equal(r.mtime_s, 3);
		assert_int_equal(r.mtime_ns, 4);
		/* The size of a directory is the file system's affair. */
		assert_int_equal(
			r.size, kinds[i].kind == KIND_FILE ? 77 : ABSENT);
		assert_int_equal(r.major, device ? 5 : ABSENT);
	}
}

static void row_of_nothing(void **state)
{
	const struct state st = {.mode = S_IFREG};
	struct file_row r = {.kind = KIND_FILE};

	row_from_state(&r, &st);
	assert_int_equal(r.kind, KIND_ABSENT);
}

static void rows_by_bytes(void **state)
{
	struct file_row items[] = {
		{.path = (char *)"/b"},
		{.path = (char *)"/a/b"},
		{.path = (char *)"/\xc3\xa4"},
		{.path = (char *)"/a-b"},
		{.path = (char *)"/B"},
		{.path = (char *)"/a"},
	};
	static const char *const sorted[] = {
		"/B", "/a", "/a-b", "/a/b", "/b", "/\xc3\xa4"};
	struct rows rows = {items, COUNT(items)};

	rows_sort(&rows);
	for (size_t i = 0; i < COUNT(items); i++)
		assert_string_equal(items[i].path, sorted[i]);
	rows_sort(&(struct rows){NULL, 0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_of_access),
		cmocka_unit_test(rows_of_states),
		cmocka_unit_test(row_of_nothing),
		cmocka_unit_test(rows_by_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
