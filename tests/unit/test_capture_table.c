// SPDX-License-Identifier: Apache-2.0
/* The table of watched calls, as the filter takes it. */
#include "base/err.h"
#include "base/map.h"
#include "capture/calls.h"
#include "sandbox/watch/filter.h"

#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

static void each_call_is_found_by_its_number(void **state)
{
	struct err e = ERR_INIT;
	size_t count, native = 0;
	const struct call_spec *calls = calls_table(&count);
	struct filter f;

	assert_int_equal(filter_build(&f, calls, count, SCMP_ACT_NOTIFY, &e), 0);
	for (size_t i = 0; i < count; i++) {
		struct call c = {.spec = (int)i};
		int nr = calls[i].number;

		if (!nr)
			nr = seccomp_syscall_resolve_name(calls[i].name);
		assert_string_equal(call_name(&c), calls[i].name);
		/* Calls of the older ABI only. */
		if (nr < 0)
			continue;
		native++;
		if (filter_lookup(&f, WATCH_NATIVE, nr) != (int)i)
			fail_msg("%s, %d", calls[i].name, nr);
	}
	assert_true(native > 60);
	filter_release(&f);
}

static void names_are_calls_and_come_once(void **state)
{
	struct map names = MAP_INIT;
	size_t count;
	const struct call_spec *calls = calls_table(&count);

	for (size_t i = 0; i < count; i++) {
		/* A misspelt name would be no rule at all, in silence. */
		if (!calls[i].number && seccomp_syscall_resolve_name(
						calls[i].name) == __NR_SCMP_ERROR)
			fail_msg("'%s' is no call", calls[i].name);
		if (map_puts(&names, calls[i].name, (void *)calls[i].name))
			fail_msg("'%s' comes twice", calls[i].name);
	}
	map_release(&names);
}

static void what_changes_or_opens_files_is_watched(void **state)
{
	static const int must[] = {SYS_openat, SYS_openat2, SYS_execve,
		SYS_execveat, SYS_renameat2, SYS_unlinkat, SYS_linkat,
		SYS_symlinkat, SYS_mkdirat, SYS_mknodat, SYS_truncate,
		SYS_statx, SYS_readlinkat, SYS_faccessat, SYS_fchmodat,
		SYS_fchownat, SYS_connect, SYS_bind, SYS_chroot, SYS_mmap,
		SYS_exit_group, SYS_io_uring_setup, SYS_open_by_handle_at};
	static const int free_calls[] = {SYS_read, SYS_write, SYS_lseek,
		SYS_futex, SYS_getpid, SYS_munmap, SYS_brk};
	struct err e = ERR_INIT;
	size_t count;
	const struct call_spec *calls = calls_table(&count);
	struct filter f;

	assert_int_equal(
		filter_build(&f, calls, count, SCMP_ACT_TRACE(0), &e), 0);
	for (size_t i = 0; i < sizeof(must) / sizeof(*must); i++)
		if (filter_lookup(&f, WATCH_NATIVE, must[i]) < 0)
			fail_msg("call %d is not watched", must[i]);
	for (size_t i = 0; i < sizeof(free_calls) / sizeof(*free_calls); i++)
		assert_int_equal(filter_lookup(&f, WATCH_NATIVE, free_calls[i]),
			FILTER_FREE);
	assert_int_equal(filter_lookup(&f, WATCH_NATIVE, 9999), WATCH_UNKNOWN);
	filter_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_is_found_by_its_number),
		cmocka_unit_test(names_are_calls_and_come_once),
		cmocka_unit_test(what_changes_or_opens_files_is_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
