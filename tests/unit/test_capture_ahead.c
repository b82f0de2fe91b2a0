// SPDX-License-Identifier: Apache-2.0
/* Hashing ahead: what is hashed, what is stored, and that nobody waits. */
#include "store_help.h"

#include "capture/ahead.h"
#include "capture/state.h"
#include "store/digest_cache.h"

#include <signal.h>
#include <time.h>

/* Of the environment, not in use for writing, and not made just now. */
#define PROGRAM "/usr/bin/env"

static struct store *store;

static struct ahead *start_later(uint64_t keep, const struct strlist *by_reference)
{
	static const struct strlist none;
	static struct ahead_spec spec;
	struct ahead *a;
	char cache[128];

	snprintf(cache, sizeof(cache), "%s/cache", test_dir);
	setenv("XDG_CACHE_HOME", cache, 1);
	/* Two who make it at once do not see what the other puts. */
	digest_cache_close(digest_cache_open(NULL, NULL));
	store = must_open("store", STORE_CREATE);
	spec = (struct ahead_spec){
		"store", "/nobody", keep, by_reference ? by_reference : &none};
	a = ahead_new(&spec);
	assert_non_null(a);
	return a;
}

static struct ahead *start(uint64_t keep, const struct strlist *by_reference)
{
	struct ahead *a = start_later(keep, by_reference);

	ahead_start(a);
	return a;
}

static void stop(struct ahead *a)
{
	ahead_stop(a, NULL, NULL);
	ahead_free(a);
	store_close(store);
}

static void offer(struct ahead *a, const char *path)
{
	struct state st;

	assert_int_equal(state_of(AT_FDCWD, path, &st), 0);
	ahead_offer(a, path, &st);
}

static struct digest digest_of(const char *path)
{
	autoclose int fd = open(path, O_RDONLY);
	struct err e = ERR_INIT;
	struct digest d;

	ok(digest_fd(fd, &d, NULL, &e));
	return d;
}

static bool is_remembered(const char *path)
{
	struct digest_cache *c = digest_cache_open(NULL, NULL);
	struct digest d, want = digest_of(path);
	struct digest_key key;
	struct state st;
	bool known;

	state_of(AT_FDCWD, path, &st);
	key = (struct digest_key){
		st.dev, st.ino, st.size, state_mtime(&st), st.ctime};
	known = c && digest_cache_get(c, &key, &d) && digest_equal(&d, &want);
	digest_cache_close(c);
	return known;
}

static bool is_stored(const char *path)
{
	struct digest d = digest_of(path);

	return store_has(store, &d, NULL) == 1;
}

/* On its way: there is something in the store's tmp/, or all is done. */
static bool is_taken(const char *path)
{
	return is_remembered(path) &&
	       (count_entries("store/tmp") > 0 || is_stored(path));
}

/* Ten seconds are for a machine that has no idle time at all. */
static bool comes(bool (*what)(const char *), const char *path)
{
	for (int i = 0; i < 3000 && !what(path); i++)
		usleep(20000);
	return what(path);
}

static void test_stores_the_environment(void **state)
{
	struct ahead *a = start(1 << 30, NULL);

	offer(a, PROGRAM);
	/* While the command runs, not only in the end. */
	assert_true(comes(is_remembered, PROGRAM));
	assert_true(comes(is_stored, PROGRAM));
	ahead_stop(a, NULL, NULL);
	assert_true(ahead_stored(a) > 0);
	stop(a);
}

static void test_makes_it_durable_in_the_end(void **state)
{
	struct ahead *a = start(1 << 30, NULL);

	offer(a, PROGRAM);
	assert_true(comes(is_taken, PROGRAM));
	ahead_stop(a, NULL, NULL);
	assert_true(is_stored(PROGRAM));
	stop(a);
}

/* The cache of digests is one for all stores. */
static void test_another_store(void **state)
{
	test_makes_it_durable_in_the_end(state);
	assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	test_makes_it_durable_in_the_end(state);
}

static void test_only_hashes_the_rest(void **state)
{
	char *paths[] = {(char *)"/usr/bin"};
	struct strlist reference = {paths, 1};
	struct ahead *a = start(1 << 30, &reference);

	offer(a, PROGRAM);
	assert_true(comes(is_remembered, PROGRAM));
	stop(a);
	store = must_open("store", STORE_WRITE);
	assert_false(is_stored(PROGRAM));
	store_close(store);
	assert_int_equal(fs_remove_tree(AT_FDCWD, "cache", NULL), 0);
	a = start(1, NULL);
	offer(a, PROGRAM);
	assert_true(comes(is_remembered, PROGRAM));
	stop(a);
	store = must_open("store", STORE_WRITE);
	assert_false(is_stored(PROGRAM));
	store_close(store);
}

static void write_a_text(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
}

/* Data, secrets, what is not left alone, what is not as it was. */
static void test_leaves_alone(void **state)
{
	char *old = arena_printf(arena_new(), "%s/old", test_dir);
	char *dir = arena_printf(arena_new(), "%s/site-packages", test_dir);
	char *secret = arena_printf(arena_new(), "%s/.env", dir);
	char *changed = arena_printf(arena_new(), "%s/changed", dir);
	char *young = arena_printf(arena_new(), "%s/young", dir);
	struct ahead *a = start(1 << 30, NULL);
	struct state st;

	assert_int_equal(mkdir(dir, 0755), 0);
	write_a_text(old, "old");
	write_a_text(secret, "secret");
	write_a_text(changed, "before");
	state_of(AT_FDCWD, changed, &st);
	write_a_text(changed, "after!!");
	usleep(2100000);
	write_a_text(young, "young");
	offer(a, secret);
	ahead_offer(a, changed, &st);
	offer(a, young);
	ahead_offer(a, "/absent/file", &st);
	offer(a, old);
	assert_true(comes(is_remembered, old));
	ahead_stop(a, NULL, NULL);
	assert_false(is_remembered(secret));
	assert_false(is_remembered(changed));
	assert_false(is_remembered(young));
	assert_false(is_stored(old));
	assert_false(is_stored(secret));
	assert_false(is_stored(changed));
	stop(a);
}

/* More than the ring holds, several times around. */
static void test_ring(void **state)
{
	struct ahead *a = start(1 << 30, NULL);
	struct state st = {.exists = true};
	char path[3000] = "/absent/";

	memset(path + 8, 'x', sizeof(path) - 9);
	for (int i = 0; i < 20000; i++) {
		/* Lengths of all kinds meet the end of the ring. */
		path[10 + i % 2900] = 0;
		ahead_offer(a, path, &st);
		path[10 + i % 2900] = 'x';
	}
	for (int i = 0; i < 3000 && !is_remembered(PROGRAM); i++) {
		offer(a, PROGRAM);
		usleep(20000);
	}
	assert_true(is_remembered(PROGRAM));
	stop(a);
}

static bool at_once(void *arg)
{
	return true;
}

/* Used and stopped by another process than the one that starts it. */
static void test_two_processes(void **state)
{
	struct ahead *a;
	pid_t pid;
	char c;
	int go[2];

	a = start_later(1 << 30, NULL);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		ahead_share(a);
		offer(a, PROGRAM);
		if (read(go[0], &c, 1) != 1 || !comes(is_remembered, PROGRAM))
			_exit(1);
		ahead_stop(a, NULL, NULL);
		_exit(is_stored(PROGRAM) ? 0 : 2);
	}
	ahead_start(a);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(wait_child(pid), 0);
	stop(a);
	close(go[0]);
	close(go[1]);
}

static pid_t find_worker(void)
{
	FILE *f = popen("pgrep -n -x reprise-ahead", "r");
	int pid = 0;

	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	pclose(f);
	return pid;
}

/* It was killed; time is over; it has never run. */
static void test_nobody_waits(void **state)
{
	struct ahead *a = start(1 << 30, NULL);
	pid_t pid = 0;

	for (int i = 0; i < 3000 && !(pid = find_worker()); i++)
		usleep(20000);
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	stop(a);
	a = start(1 << 30, NULL);
	ahead_stop(a, at_once, NULL);
	stop(a);
	a = start_later(1 << 30, NULL);
	offer(a, PROGRAM);
	stop(a);
	ahead_start(NULL);
	ahead_share(NULL);
	ahead_offer(NULL, PROGRAM, NULL);
	ahead_stop(NULL, NULL, NULL);
	ahead_free(NULL);
	assert_int_equal(ahead_stored(NULL), 0);
}

/* Nobody is left who could stop it. */
static void test_ends_alone(void **state)
{
	struct ahead *a;
	pid_t pid = fork(), worker = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		a = start(1 << 30, NULL);
		for (int i = 0; i < 3000 && !(worker = find_worker()); i++)
			usleep(20000);
		_exit(a && worker ? 0 : 1);
	}
	assert_int_equal(wait_child(pid), 0);
	for (int i = 0; i < 3000 && find_worker(); i++)
		usleep(20000);
	assert_int_equal(find_worker(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stores_the_environment),
		TEST(test_makes_it_durable_in_the_end),
		TEST(test_another_store),
		TEST(test_only_hashes_the_rest),
		TEST(test_leaves_alone),
		TEST(test_ring),
		TEST(test_two_processes),
		TEST(test_nobody_waits),
		TEST(test_ends_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
