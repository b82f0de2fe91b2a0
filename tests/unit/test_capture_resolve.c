// SPDX-License-Identifier: Apache-2.0
/*
 * Paths as a task gives them, resolved through the kernel. The task is this
 * process, or a child with another root or working directory.
 */
#include "store_help.h"

#include "capture/calls.h"
#include "capture/resolve.h"

#include <limits.h>
#include <signal.h>

static struct resolver *resolver;
static struct arena *scratch;

static int setup(void **state)
{
	resolver = resolver_new();
	scratch = arena_new();
	return help_setup(state);
}

static int teardown(void **state)
{
	resolver_free(resolver);
	arena_free(scratch);
	return help_teardown(state);
}

static struct place place_of(pid_t tid, const struct touch *t)
{
	struct place p;

	assert_int_equal(resolve(resolver, tid, t, scratch, &p), 0);
	return p;
}

static struct place place(const char *path)
{
	return place_of(
		getpid(), &(struct touch){.dirfd = AT_FDCWD, .path = path});
}

static struct place link_itself(const char *path)
{
	return place_of(getpid(),
		&(struct touch){
			.dirfd = AT_FDCWD, .path = path, .nofollow = true});
}

/* `want` is below the test's directory unless it is absolute. */
static void leads_to(const char *path, const char *want)
{
	/* Twice: the second time directories are remembered. */
	for (int i = 0; i < 2; i++) {
		struct place p = place(path);

		if (*want != '/')
			want = arena_printf(scratch, "%s/%s", test_dir, want);
		assert_non_null(p.path);
		assert_string_equal(p.path, want);
		assert_string_equal(p.access, want);
	}
}

static void make_tree(void)
{
	assert_int_equal(mkdir("d", 0755) | mkdir("d/e", 0755), 0);
	write_text("f", "f");
	write_text("d/g", "g");
	write_text("d/e/h", "h");
}

static void test_plain(void **state)
{
	autoclose int fd = -1;
	struct place p;

	make_tree();
	leads_to("f", "f");
	leads_to("./f", "f");
	leads_to(".//d///./g", "d/g");
	leads_to("d/../f", "f");
	leads_to("d/e/../../d/g", "d/g");
	leads_to(arena_printf(scratch, "%s/d/g", test_dir), "d/g");
	leads_to("/", "/");
	leads_to("/..", "/");
	leads_to("/../../tmp", "/tmp");
	leads_to(".", test_dir);
	leads_to("d/", "d");
	leads_to("d/.", "d");
	leads_to("d/e/..", "d");
	p = place("f");
	assert_true(p.st.exists && S_ISREG(p.st.mode) && !p.beyond);
	assert_int_equal(p.st.size, 1);
	assert_false(p.foreign);
	/* By a directory's descriptor. */
	fd = open("d", O_PATH | O_DIRECTORY);
	p = place_of(getpid(), &(struct touch){.dirfd = fd, .path = "e/h"});
	assert_string_equal(p.path, arena_printf(scratch, "%s/d/e/h", test_dir));
	p = place_of(getpid(), &(struct touch){.dirfd = fd, .path = "../f"});
	assert_string_equal(p.path, arena_printf(scratch, "%s/f", test_dir));
	p = place_of(getpid(),
		&(struct touch){.dirfd = fd, .path = "", .empty_path = true});
	assert_string_equal(p.path, arena_printf(scratch, "%s/d", test_dir));
	/* An absolute path does not need the descriptor. */
	p = place_of(getpid(), &(struct touch){.dirfd = 9999, .path = "/tmp"});
	assert_string_equal(p.path, "/tmp");
	p = place_of(getpid(), &(struct touch){.dirfd = 9999, .path = "f"});
	assert_null(p.path);
	assert_null(place("").path);
}

static void test_absent(void **state)
{
	struct place p;

	make_tree();
	leads_to("none", "none");
	assert_false(place("none").st.exists);
	assert_false(place("none").beyond);
	/* The first name that is not there. */
	leads_to("d/none/x/y", "d/none");
	assert_true(place("d/none/x/y").beyond);
	/* A directory to be made may end in a slash. */
	assert_false(place("d/none//").beyond);
	/* Below a file: ENOTDIR. */
	p = place("f/x");
	assert_string_equal(p.path, arena_printf(scratch, "%s/f", test_dir));
	assert_true(p.st.exists && p.beyond);
	assert_true(place("f/").beyond);
	/* It may be there the next time. */
	write_text("none", "");
	assert_true(place("none").st.exists);
}

static void test_links(void **state)
{
	struct place p;

	make_tree();
	assert_int_equal(symlink("d", "one"), 0);
	assert_int_equal(
		symlink(arena_printf(scratch, "%s/one", test_dir), "two"), 0);
	assert_int_equal(symlink("two/../two/g", "three"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(symlink("pong", "ping"), 0);
	assert_int_equal(symlink("ping", "pong"), 0);

	leads_to("one/g", "d/g");
	/* ".." is that of what the link leads to. */
	leads_to("one/e/../g", "d/g");
	leads_to("three", "d/g");
	leads_to("dangling", "nowhere");
	assert_false(place("dangling").st.exists);
	p = link_itself("three");
	assert_string_equal(p.path, arena_printf(scratch, "%s/three", test_dir));
	assert_string_equal(p.target, "two/../two/g");
	/* A slash at its end means what it leads to. */
	p = link_itself("one/");
	assert_string_equal(p.path, arena_printf(scratch, "%s/d", test_dir));
	p = link_itself("one/g");
	assert_string_equal(p.path, arena_printf(scratch, "%s/d/g", test_dir));
	assert_null(p.target);
	assert_null(place("loop").path);
	assert_null(place("ping/x").path);
	assert_non_null(link_itself("ping").path);
}

static void test_steps(void **state)
{
	struct place p;
	size_t links = 0;

	make_tree();
	assert_int_equal(symlink("d", "one"), 0);
	assert_int_equal(symlink("one", "two"), 0);
	p = place("two/e/h");
	for (size_t i = 0; i < p.step_count; i++)
		if (p.steps[i].target)
			links++;
	assert_int_equal(links, 2);
	/* Links are told each time, directories once. */
	links = 0;
	p = place("two/e/h");
	for (size_t i = 0; i < p.step_count; i++) {
		assert_non_null(p.steps[i].target);
		links++;
	}
	assert_int_equal(links, 2);
	assert_string_equal(p.steps[0].target, "one");
	assert_string_equal(p.steps[1].target, "d");
	/* A directory that becomes a link is seen, once that is said. */
	assert_int_equal(rename("d", "moved"), 0);
	assert_int_equal(symlink("moved", "d"), 0);
	resolver_forget(resolver);
	leads_to("d/g", "moved/g");
}

/* As many links as the kernel follows, and one more. */
static void test_many_links(void **state)
{
	write_text("l0", "");
	for (int i = 1; i <= 41; i++)
		assert_int_equal(symlink(arena_printf(scratch, "l%d", i - 1),
					 arena_printf(scratch, "l%d", i)),
			0);
	for (int i = 39; i <= 41; i++) {
		char *name = arena_printf(scratch, "l%d", i);
		struct place p = place(name);
		bool kernel = access(name, F_OK) == 0;

		assert_int_equal(p.path != NULL, kernel);
	}
}

static void test_proc(void **state)
{
	autoclose int fd = -1, gone = -1;
	int pipes[2], saved;

	make_tree();
	fd = open("d", O_PATH | O_DIRECTORY);
	leads_to(arena_printf(scratch, "/proc/self/fd/%d", fd), "d");
	leads_to(arena_printf(scratch, "/proc/self/fd/%d/g", fd), "d/g");
	leads_to(
		arena_printf(scratch, "/proc/%d/fd/%d/g", getpid(), fd), "d/g");
	leads_to(arena_printf(scratch, "/proc//self///fd//%d//g", fd), "d/g");
	leads_to("/proc/self/cwd/f", "f");
	leads_to("/proc/thread-self/cwd/f", "f");
	leads_to("/proc/self/root/tmp", "/tmp");
	assert_null(place("/proc/self/status").path);
	assert_null(place("/proc/cpuinfo").path);
	assert_null(place("/proc/self/fd").path);
	assert_null(link_itself("/proc/self/cwd").path);
	assert_null(place("/proc/self/fd/9999").path);

	/* /dev/stdin leads through /proc/self/fd/0. */
	saved = dup(0);
	assert_int_equal(close(0), 0);
	assert_int_equal(open("f", O_RDONLY), 0);
	if (access("/dev/stdin", F_OK) == 0) {
		leads_to("/dev/stdin", "f");
		leads_to("/dev/fd/0", "f");
		/* Another task comes to another file by the same path. */
		assert_true(place("/dev/fd/0").by_proc);
	}
	assert_true(place("/proc/self/cwd/f").by_proc);
	assert_false(place(arena_printf(scratch, "%s/f", test_dir)).by_proc);
	dup2(saved, 0);
	close(saved);

	assert_int_equal(pipe(pipes), 0);
	assert_null(
		place(arena_printf(scratch, "/proc/self/fd/%d", pipes[0])).path);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_descriptors(void **state)
{
	autoclose int fd = -1, sock = -1;
	struct place p;

	make_tree();
	fd = open("f", O_RDONLY);
	assert_int_equal(resolve_fd(resolver, getpid(), fd, scratch, &p), 0);
	assert_string_equal(p.path, arena_printf(scratch, "%s/f", test_dir));
	/* A name that is another file's by now is none. */
	assert_int_equal(rename("d/g", "f"), 0);
	assert_int_equal(resolve_fd(resolver, getpid(), fd, scratch, &p), 0);
	assert_null(p.path);
	assert_int_equal(unlink("f"), 0);
	assert_int_equal(resolve_fd(resolver, getpid(), fd, scratch, &p), 0);
	assert_null(p.path);
	/* Not even when a file is called like that. */
	write_text("f (deleted)", "");
	assert_int_equal(resolve_fd(resolver, getpid(), fd, scratch, &p), 0);
	assert_null(p.path);
	assert_int_equal(resolve_fd(resolver, getpid(), 9999, scratch, &p), 0);
	assert_null(p.path);
}

/* A child that has done something to its view, and waits. */
static pid_t child_that(int (*f)(void))
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (f() < 0)
			_exit(1);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -pid;
	close(ready[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int go_elsewhere(void)
{
	return chdir("d/e");
}

static int lose_directory(void)
{
	return chdir("d/e") < 0 || unlink("h") < 0 || rmdir("../e") < 0 ? -1 : 0;
}

static void test_other_task(void **state)
{
	pid_t pid;
	struct place p;

	make_tree();
	pid = child_that(go_elsewhere);
	p = place_of(pid, &(struct touch){.dirfd = AT_FDCWD, .path = "h"});
	assert_string_equal(p.path, arena_printf(scratch, "%s/d/e/h", test_dir));
	end_child(pid);
	pid = child_that(lose_directory);
	/* Nothing below a directory that is gone has a name. */
	p = place_of(pid, &(struct touch){.dirfd = AT_FDCWD, .path = "h"});
	assert_true(!p.path || !p.st.exists);
	end_child(pid);
	/* A task that is gone has no working directory. */
	p = place_of(pid, &(struct touch){.dirfd = AT_FDCWD, .path = "f"});
	assert_null(p.path);
}

static int change_root(void)
{
	return chroot("jail") < 0 || chdir("/sub") < 0 ? -1 : 0;
}

/* An absolute link means the task's root, not ours. */
static void test_chroot(void **state)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"/f", "jail/f"},
		{"/abs", "jail/f"},
		{"g", "jail/sub/g"},
		{"../f", "jail/f"},
		{"../../../f", "jail/f"},
		{"/../f", "jail/f"},
		{"/etc/passwd", "jail/etc"},
		{"up", "jail/f"},
	};
	struct place p;
	pid_t pid;

	assert_int_equal(mkdir("jail", 0755) | mkdir("jail/sub", 0755), 0);
	write_text("jail/f", "inside");
	write_text("jail/sub/g", "");
	assert_int_equal(symlink("/f", "jail/abs"), 0);
	assert_int_equal(symlink("../../../../f", "jail/sub/up"), 0);
	pid = child_that(change_root);
	if (pid < 0) {
		assert_true(geteuid() != 0);
		waitpid(-pid, NULL, 0);
		skip();
	}
	resolver_views_matter(resolver);
	assert_false(resolver_one_view(resolver));
	for (size_t i = 0; i < COUNT(cases); i++) {
		p = place_of(pid, &(struct touch){.dirfd = AT_FDCWD,
					  .path = cases[i].path});
		assert_non_null(p.path);
		assert_string_equal(p.path,
			arena_printf(scratch, "%s/%s", test_dir, cases[i].want));
	}
	end_child(pid);
	/* Our own paths are what they were. */
	leads_to("jail/f", "jail/f");
}

static void test_long_path(void **state)
{
	char part[201];
	struct strbuf path = STRBUF_INIT;
	int top = open(".", O_PATH | O_DIRECTORY);
	struct state st;
	struct place p;

	memset(part, 'x', 200);
	part[200] = 0;
	for (int i = 0; i < 30; i++) {
		assert_int_equal(mkdir(part, 0755) | chdir(part), 0);
		strbuf_addf(&path, "%s/", part);
	}
	write_text("f", "deep");
	strbuf_adds(&path, "f");
	assert_true(path.len > PATH_MAX);
	/* A relative path of that length, an absolute one, a short one. */
	assert_int_equal(state_of(top, path.s, &st), 0);
	assert_true(st.exists);
	assert_int_equal(st.size, 4);
	path.s[path.len - 1] = 'g';
	assert_int_equal(state_of(top, path.s, &st), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(st.exists);
	p = place("f");
	assert_true(!p.path || p.st.exists);
	assert_int_equal(fchdir(top), 0);
	close(top);
	strbuf_release(&path);
}

static void test_state(void **state)
{
	struct state a, b;
	struct timespec t[2] = {{1, 2}, {-3, 999999999}};
	int fd;

	assert_int_equal(state_of(AT_FDCWD, "none", &a), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(a.exists);
	write_text("f", "text");
	assert_int_equal(utimensat(AT_FDCWD, "f", t, 0), 0);
	assert_int_equal(state_of(AT_FDCWD, "f", &a), 0);
	assert_int_equal(a.size, 4);
	assert_int_equal(a.mtime_s, -3);
	assert_int_equal(a.mtime_ns, 999999999);
	assert_int_equal(state_mtime(&a), -2000000001);
	assert_int_equal(a.mode, S_IFREG | 0600);
	fd = open("f", O_RDWR);
	assert_int_equal(state_of(fd, NULL, &b), 0);
	assert_true(state_same_file(&a, &b));
	assert_true(state_same_content(&a, &b));
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(state_of(AT_FDCWD, "f", &b), 0);
	assert_true(state_same_file(&a, &b));
	assert_false(state_same_content(&a, &b));
	assert_int_equal(symlink("f", "l"), 0);
	assert_int_equal(state_of(AT_FDCWD, "l", &b), 0);
	assert_true(S_ISLNK(b.mode));
	assert_false(state_same_file(&a, &b));
	assert_int_equal(state_of(AT_FDCWD, "/dev/null", &b), 0);
	assert_int_equal(b.major, 1);
	assert_int_equal(b.minor, 3);
	memset(&a, 0, sizeof(a));
	assert_false(state_same_file(&a, &a));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_plain),
		CASE(test_absent),
		CASE(test_links),
		CASE(test_steps),
		CASE(test_many_links),
		CASE(test_proc),
		CASE(test_descriptors),
		CASE(test_other_task),
		CASE(test_chroot),
		CASE(test_long_path),
		CASE(test_state),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
