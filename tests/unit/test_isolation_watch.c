// SPDX-License-Identifier: Apache-2.0
/* Somebody outside who watches the command, and his way in. */
#include "tests/unit/isolation_env.h"

#include <errno.h>

/* Of whoever calls and is called, in memory that all share. */
static struct seen {
	pid_t command;
	int inside; /* its number in the sandbox */
	bool attached, begun_after;
	char file[64];
	uid_t uid, real_uid;
	gid_t gid, real_gid;
	bool own_proc;
	struct err e;
	int refuse; /* 1: attach, 2: begin */
} * seen;

static int number_inside(pid_t pid)
{
	autostrbuf text = STRBUF_INIT;
	char path[64], *p;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (fs_slurp(path, &text) < 0 || !(p = strstr(text.s, "\nNSpid:")))
		return -1;
	*strchr(p + 1, '\n') = '\0';
	return atoi(strrchr(p, '\t'));
}

/* By itself, since it cannot come back. */
static void look_inside(const struct isolation *iso, pid_t command)
{
	autoclose int fd = -1;
	struct stat st;
	char own[64];

	snprintf(own, sizeof(own), "/proc/%d/status", getpid());
	if (isolation_enter(iso, command, &seen->e) < 0)
		return;
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!read(fd, seen->file, sizeof(seen->file) - 1);
	if (stat("/dev", &st) == 0) {
		seen->uid = st.st_uid;
		seen->gid = st.st_gid;
	}
	seen->real_uid = getuid();
	seen->real_gid = getgid();
	seen->own_proc = access(own, F_OK) == 0 &&
			 number_inside(command) == seen->inside;
}

static int attach(void *arg, pid_t command, struct err *e)
{
	int status;
	pid_t pid;

	seen->attached = true;
	seen->command = command;
	seen->inside = number_inside(command);
	pid = fork();
	if (pid == 0) {
		look_inside(arg, command);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return err_set(e, "nobody could look");
	return seen->refuse == 1 ? err_set(e, "not now") : 0;
}

static int begin(void *arg, struct err *e)
{
	seen->begun_after = seen->attached;
	return seen->refuse == 2 ? err_set(e, "not here") : 0;
}

static struct outcome *watched(int refuse, bool root)
{
	static const char content[] = "of the sandbox\n";
	const struct iso_fake fake = {
		"/etc/passwd", content, sizeof(content) - 1};
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "echo ran; cat /etc/passwd");
	struct iso_watcher watcher = {attach, begin, &iso};

	if (!seen)
		seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(seen, 0, sizeof(*seen));
	seen->refuse = refuse;
	iso.fakes = &fake;
	iso.fake_count = 1;
	iso.watcher = &watcher;
	return run_sandbox(&iso, root);
}

static void the_watcher_comes_first(void **state)
{
	struct outcome *o = watched(0, is_root(state));

	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "ran\nof the sandbox\n");
	assert_true(seen->begun_after);
	assert_int_equal(seen->inside, 2);
}

static void the_way_in_shows_what_the_command_sees(void **state)
{
	bool root = is_root(state);

	watched(0, root);
	assert_string_equal(seen->e.msg, "");
	assert_string_equal(seen->file, "of the sandbox\n");
	assert_true(seen->own_proc);
	/* What the sandbox makes is its root's; an ordinary user has one id for
	 * all, which shows as the command's. */
	assert_int_equal(seen->uid, root ? 0 : 1234);
	assert_int_equal(seen->gid, root ? 0 : 4321);
	assert_int_equal(seen->real_uid, 1234);
	assert_int_equal(seen->real_gid, 4321);
}

static void without_a_watcher_nothing_runs(void **state)
{
	struct outcome *o = watched(1, is_root(state));

	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg, "watch: not now");
	assert_string_equal(o->out, "");
	assert_false(seen->begun_after);
	o = watched(2, is_root(state));
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg, "watch: not here");
	assert_string_equal(o->out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(the_watcher_comes_first),
		BOTH(the_way_in_shows_what_the_command_sees),
		BOTH(without_a_watcher_nothing_runs),
	};

	return RUN_CASES(tests);
}
