// SPDX-License-Identifier: Apache-2.0
/* The journal: what was appended is read back, whatever became of its writer. */
#include "store_help.h"

#include "store/journal.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

static struct journal *must_create(void)
{
	struct err e = ERR_INIT;
	struct journal *j = journal_create(AT_FDCWD, "journal", &e);

	if (!j)
		fail_msg("journal_create: %s", e.msg);
	return j;
}

static struct journal_reader *must_read(const char *name)
{
	struct err e = ERR_INIT;
	struct journal_reader *r = journal_open(AT_FDCWD, name, &e);

	if (!r)
		fail_msg("journal_open: %s", e.msg);
	return r;
}

/* Record i: type i, content "record i" in two parts. */
static int append_nth(struct journal *j, unsigned i, struct err *e)
{
	char text[16];
	struct journal_part parts[] = {
		{"record ", 7},
		{text, (size_t)snprintf(text, sizeof(text), "%u", i)},
	};

	return journal_append(j, i, parts, 2, e);
}

/* How many of the records 0, 1, 2... there are, in this order and whole. */
static unsigned count_records(const char *name)
{
	struct journal_reader *r = must_read(name);
	char want[32];
	const void *p;
	uint32_t type;
	unsigned n = 0;
	size_t len;

	while (journal_next(r, &type, &p, &len)) {
		assert_int_equal(type, n);
		assert_int_equal(
			len, snprintf(want, sizeof(want), "record %u", n));
		assert_memory_equal(p, want, len);
		n++;
	}
	/* The end stays the end. */
	assert_int_equal(journal_next(r, &type, &p, &len), 0);
	journal_reader_close(r);
	return n;
}

static void test_round_trip(void **state)
{
	struct journal *j = must_create();
	struct err e = ERR_INIT;
	struct stat st;

	for (unsigned i = 0; i < 100; i++)
		ok(append_nth(j, i, &e));
	/* Also while it is being written. */
	assert_int_equal(count_records("journal"), 100);
	for (unsigned i = 100; i < 100000; i++)
		ok(append_nth(j, i, &e));
	journal_close(j);
	assert_int_equal(count_records("journal"), 100000);
	assert_int_equal(stat("journal", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_null(journal_create(AT_FDCWD, "journal", &e));
	assert_int_equal(e.code, EEXIST);
	assert_int_equal(count_entries("."), 1);
	assert_null(journal_open(AT_FDCWD, "none", &e));
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 7, 8, 9, 4096, (1 << 20) - 40,
		1 << 20, (1 << 20) + 1, 5 << 20, 3};
	char *bytes = xmalloc(5 << 20);
	struct journal *j = must_create();
	struct journal_reader *r;
	struct err e = ERR_INIT;
	const void *p;
	uint32_t type;
	size_t len;

	for (size_t i = 0; i < 5 << 20; i++)
		bytes[i] = (char)(i * 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct journal_part parts[] = {{bytes, sizes[i] / 2}, {NULL, 0},
			{bytes + sizes[i] / 2, sizes[i] - sizes[i] / 2}};

		ok(journal_append(j, 7, parts, 3, &e));
	}
	ok(journal_append(j, 8, NULL, 0, &e));
	r = must_read("journal");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(journal_next(r, &type, &p, &len), 1);
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(p, bytes, len);
	}
	assert_int_equal(journal_next(r, &type, &p, &len), 1);
	assert_int_equal(type, 8);
	assert_int_equal(len, 0);
	assert_int_equal(journal_next(r, &type, &p, &len), 0);
	journal_reader_close(r);
	journal_close(j);
	free(bytes);
}

static void *append_some(void *arg)
{
	struct journal_part part = {"0123456789", 10};

	for (unsigned i = 0; i < 5000; i++)
		if (journal_append(arg, i, &part, 1, NULL) < 0)
			return arg;
	return NULL;
}

static void test_threads(void **state)
{
	struct journal *j = must_create();
	struct journal_reader *r;
	pthread_t threads[8];
	unsigned seen[5000] = {0}, n = 0;
	const void *p;
	uint32_t type;
	size_t len;
	void *failed;

	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_create(&threads[i], NULL, append_some, j);
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	r = must_read("journal");
	while (journal_next(r, &type, &p, &len)) {
		assert_true(type < 5000 && len == 10);
		seen[type]++;
		n++;
	}
	assert_int_equal(n, 40000);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(seen[i], 8);
	journal_reader_close(r);
	journal_close(j);
}

/* Appends for ever, and tells how far it is through a pipe. */
static int task_append(const char *arg)
{
	struct journal *j = journal_create(AT_FDCWD, "journal", NULL);
	int fd = atoi(arg);

	for (unsigned i = 0; j; i++)
		if (append_nth(j, i, NULL) < 0 ||
			(i % 64 == 0 && write(fd, &i, sizeof(i)) < 0))
			return 1;
	return 2;
}

static void test_killed(void **state)
{
	for (unsigned round = 0; round < 15; round++) {
		int fds[2];
		unsigned last = 0, n;
		char text[16];
		struct timespec wait = {0, (long)round * 700000};
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		snprintf(text, sizeof(text), "%d", fds[1]);
		pid = start_child("append", text, NULL);
		close(fds[1]);
		assert_int_equal(read(fds[0], &last, sizeof(last)), sizeof(last));
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
		while (read(fds[0], &n, sizeof(n)) == sizeof(n))
			last = n;
		assert_int_equal(wait_child(pid), -SIGKILL);
		assert_true(count_records("journal") > last);
		assert_int_equal(unlink("journal"), 0);
		close(fds[0]);
	}
}

/* Cut or altered at any byte: a prefix of the records, never nonsense. */
static void test_torn(void **state)
{
	struct journal *j = must_create();
	struct err e = ERR_INIT;
	autostrbuf whole = STRBUF_INIT;
	size_t used, wanted = 10; /* each fills its frame */

	for (unsigned i = 0; i < wanted; i++)
		ok(append_nth(j, i, &e));
	journal_close(j);
	assert_int_equal(fs_slurp("journal", &whole), 0);
	for (used = whole.len; used && !whole.s[used - 1]; used--)
		;
	for (size_t at = 0; at < used; at++) {
		int fd = open("torn", O_RDWR | O_CREAT | O_TRUNC, 0600);
		unsigned n;
		char c = whole.s[at];

		/* Cut. */
		assert_int_equal(fs_write_all(fd, whole.s, at), 0);
		if (at >= 16) {
			n = count_records("torn");
			assert_true(n < wanted);
		} else {
			assert_null(journal_open(AT_FDCWD, "torn", &e));
		}
		/* Altered. */
		whole.s[at] = (char)(c ^ 0x10);
		assert_int_equal(pwrite(fd, whole.s, whole.len, 0), whole.len);
		whole.s[at] = c;
		if (at >= 16) {
			n = count_records("torn");
			assert_true(n < wanted && n <= (at - 16) / 24);
		} else {
			assert_null(journal_open(AT_FDCWD, "torn", &e));
		}
		close(fd);
	}
}

static void test_live(void **state)
{
	struct err e = ERR_INIT;
	struct journal *j;
	int copy;

	assert_int_equal(journal_is_live(AT_FDCWD, "journal", &e), -1);
	assert_int_equal(e.code, ENOENT);
	j = must_create();
	assert_int_equal(journal_is_live(AT_FDCWD, "journal", &e), 1);
	assert_int_equal(journal_is_live(AT_FDCWD, "journal", &e), 1);
	/* A copy of the descriptor keeps it alive. */
	copy = dup(journal_fd(j));
	journal_close(j);
	assert_int_equal(journal_is_live(AT_FDCWD, "journal", &e), 1);
	close(copy);
	assert_int_equal(journal_is_live(AT_FDCWD, "journal", &e), 0);
}

static int task_full(const char *arg)
{
	struct journal *j = journal_create(AT_FDCWD, "journal", NULL);
	struct err e = ERR_INIT, again = ERR_INIT;
	unsigned i = 0, tries;

	while (j && append_nth(j, i, &e) == 0)
		i++;
	if (!j || e.code != ENOSPC || !i)
		return 1;
	/* From then on it says the same, and nothing more is written. */
	for (tries = 0; tries < 3; tries++)
		if (append_nth(j, i, &again) == 0 || strcmp(again.msg, e.msg) != 0)
			return 2;
	journal_close(j);
	return count_records("journal") == i ? 0 : 3;
}

static void test_full(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(
		wait_child(start_child("full", "", "journal.grow=ENOSPC:3")), 0);
	assert_int_equal(unlink("journal"), 0);
	/* A limit of the real thing. */
	assert_int_equal(wait_child(start_child("fsize", "", NULL)), 0);
	/* Not even the first chunk: no journal at all. */
	assert_int_equal(
		wait_child(start_child("full", "", "journal.grow=ENOSPC:1")), 1);
	assert_int_equal(journal_is_live(AT_FDCWD, "journal", &e), -1);
	assert_int_equal(count_entries("."), 0);
}

/* The file may be 2.5 MiB: two chunks. */
static int task_fsize(const char *arg)
{
	struct rlimit l = {5 << 19, 5 << 19};
	struct journal *j;
	struct err e = ERR_INIT;
	unsigned i = 0;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &l);
	j = journal_create(AT_FDCWD, "journal", NULL);
	while (j && append_nth(j, i, &e) == 0)
		i++;
	journal_close(j);
	if (e.code != EFBIG || count_records("journal") != i || i < 50000)
		return 1;
	return unlink("journal");
}

static void test_cost(void **state)
{
	struct journal *j = must_create();
	struct journal_part parts[] = {{"twelve bytes", 12},
		{"/usr/lib/python3/dist-packages/sklearn/__init__.py", 50},
		{"some other numbers of a call in eighty bytes or so, as a "
		 "record has them, roughly.",
			80}};
	struct timespec a, b;
	double ns;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (unsigned i = 0; i < 200000; i++)
		assert_int_equal(journal_append(j, 1, parts, 3, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ns = ((double)(b.tv_sec - a.tv_sec) * 1e9 +
		     (double)(b.tv_nsec - a.tv_nsec)) /
	     200000;
	print_message("%.0f ns a record\n", ns);
	/* Far above what it should be, for loaded and sanitized machines. */
	assert_true(ns < 20000);
	journal_close(j);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_sizes),
		TEST(test_threads),
		TEST(test_killed),
		TEST(test_torn),
		TEST(test_live),
		TEST(test_full),
		TEST(test_cost),
	};

	if (argc > 2 && strcmp(argv[1], "append") == 0)
		return task_append(argv[2]);
	if (argc > 2 && strcmp(argv[1], "full") == 0)
		return task_full(argv[2]);
	if (argc > 2 && strcmp(argv[1], "fsize") == 0)
		return task_fsize(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
