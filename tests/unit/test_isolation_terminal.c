// SPDX-License-Identifier: Apache-2.0
/* The command's own terminal, in the place of the caller's. */
#include "sandbox/isolation/terminal.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <termios.h>
#include <time.h>

#define PUSHER "push-input"

/* A caller on a terminal of 77x33. What stays of it is in shared memory. */
struct session {
	struct outcome o;
	bool same_modes; /* after it, as before */
	int pushed;      /* bytes in its input after it */
};

struct talk {
	struct session *s;
	int tty;
	pid_t pid;
	char seen[1 << 20];
	size_t len;
};

static char self[4096];
static struct talk talk;

/* In the caller's process: what else it does with its streams. */
static int no_change(void)
{
	return 0;
}

static void call(const struct isolation *iso, struct session *s)
{
	struct termios before, after;

	assert_int_equal(tcgetattr(STDERR_FILENO, &before), 0);
	s->o.rc = isolation_run(iso, &s->o.result, &s->o.e);
	assert_int_equal(tcgetattr(STDERR_FILENO, &after), 0);
	s->same_modes = terminal_same_mode(&before, &after);
	after.c_lflag &= ~(tcflag_t)ICANON;
	tcsetattr(STDERR_FILENO, TCSANOW, &after);
	ioctl(STDERR_FILENO, FIONREAD, &s->pushed);
}

static void start(const struct isolation *iso, bool root, int (*change)(void))
{
	const struct winsize size = {33, 77, 0, 0};

	if (!talk.s)
		talk.s = mmap(NULL, sizeof(*talk.s), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(talk.s, 0, sizeof(*talk.s));
	talk.len = 0;
	talk.pid = forkpty(&talk.tty, NULL, NULL, &size);
	if (talk.pid != 0)
		return;
	if (change() < 0)
		_exit(1);
	if (!root)
		become_ordinary();
	call(iso, talk.s);
	_exit(0);
}

/* More of what the terminal shows; false at its end, or after 20 s. */
static bool see(void)
{
	struct pollfd p = {talk.tty, POLLIN, 0};
	ssize_t n;

	if (poll(&p, 1, 20000) <= 0)
		return false;
	n = read(talk.tty, talk.seen + talk.len,
		sizeof(talk.seen) - 1 - talk.len);
	talk.len += n > 0 ? (size_t)n : 0;
	talk.seen[talk.len] = 0;
	return n > 0;
}

static void expect(const char *text)
{
	while (!memmem(talk.seen, talk.len, text, strlen(text)))
		if (!see())
			fail_msg("no '%s' in '%s'; %s", text, talk.seen,
				talk.s->o.e.msg);
}

static void type(const char *keys)
{
	assert_int_equal(write(talk.tty, keys, strlen(keys)), strlen(keys));
}

static const char *end(void)
{
	int status;

	while (see())
		;
	assert_int_equal(waitpid(talk.pid, &status, 0), talk.pid);
	assert_int_equal(status, 0);
	close(talk.tty);
	assert_true(talk.s->same_modes);
	return talk.seen;
}

static const char *on_terminal(const char *script, bool root)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, script);

	start(&iso, root, no_change);
	return end();
}

/* A session of its own: init leads it, the command is in its foreground. */
static void the_terminal_is_the_sandboxs(void **state)
{
	const char *seen = on_terminal(
		"tty; tty </dev/tty; stty size; stat -c %u:%a /dev/pts/0; "
		"test -t 1 && test -t 2 && cut -d ' ' -f 5,6,8 /proc/$$/stat; "
		"ls -1 /dev/pts; exit 7",
		is_root(state));

	assert_string_equal(talk.s->o.e.msg, "");
	assert_string_equal(seen,
		"/dev/pts/0\r\n/dev/tty\r\n33 77\r\n1234:620\r\n2 1 2\r\n"
		"0\r\nptmx\r\n");
	assert_int_equal(talk.s->o.result.exit_code, 7);
}

static void modes_do_not_reach_the_callers(void **state)
{
	static const char script[] = "stty -echo -isig -onlcr; echo done";
	char *argv[4];
	struct isolation iso = sandbox_of(argv, script);
	struct termios shown;
	int status;

	on_terminal(script, is_root(state));
	assert_string_equal(talk.seen, "done\n");
	/* So that it means something: */
	iso.without_guard = "terminal";
	start(&iso, is_root(state), no_change);
	expect("done\n");
	while (see())
		;
	assert_int_equal(tcgetattr(talk.tty, &shown), 0);
	waitpid(talk.pid, &status, 0);
	close(talk.tty);
	assert_false(talk.s->same_modes);
	assert_int_equal(shown.c_lflag & ECHO, 0);
}

/* The command: pushes a byte into its terminal, and tells whether it could. */
static int push_input(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x") == 0 ? 0 : 1;
}

static int pushed_without(const char *guards, bool root)
{
	char *argv[] = {PUSHER, NULL, NULL, NULL};
	struct isolation iso = sandbox_of((char *[4]){0}, "");
	int status;

	iso.argv = argv;
	iso.executable = self;
	iso.without_guard = guards;
	start(&iso, root, no_change);
	while (see())
		;
	assert_int_equal(waitpid(talk.pid, &status, 0), talk.pid);
	assert_int_equal(status, 0);
	close(talk.tty);
	assert_string_equal(talk.s->o.e.msg, "");
	assert_int_equal(talk.s->o.result.exit_code, guards ? 0 : 1);
	return talk.s->pushed;
}

/* Where the kernel has it at all: dev.tty.legacy_tiocsti. */
static void input_cannot_be_pushed(void **state)
{
	bool root = is_root(state);
	autofile *f = fopen("/proc/sys/dev/tty/legacy_tiocsti", "re");

	if (f && fgetc(f) != '1')
		skip();
	assert_int_equal(pushed_without(NULL, root), 0);
	assert_int_equal(pushed_without("seccomp", root), 0);
	assert_int_equal(pushed_without("seccomp,terminal", root), 1);
}

static void nothing_that_was_written_is_lost(void **state)
{
	char expected[16];
	size_t at = 0;

	on_terminal("seq 1 50000; exit 3", is_root(state));
	for (int i = 1; i <= 50000; i++) {
		int n = snprintf(expected, sizeof(expected), "%d\r\n", i);

		assert_memory_equal(talk.seen + at, expected, (size_t)n);
		at += (size_t)n;
	}
	assert_int_equal(talk.len, at);
	assert_int_equal(talk.s->o.result.exit_code, 3);
}

/* Standard output and error together, in the order of writing. */
static void the_order_is_kept(void **state)
{
	char expected[2001] = "";

	for (int i = 0; i < 500; i++)
		strcat(expected, i % 2 ? "e\r\n" : "o\r\n");
	assert_string_equal(
		on_terminal("i=0; while [ $i -lt 250 ]; do echo o; echo e >&2;"
			    "i=$((i + 1)); done",
			is_root(state)),
		expected);
}

static void keys_reach_the_command(void **state)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv,
		"echo go; read x; echo got $x; stty -icanon -echo min 1; "
		"echo raw; dd bs=1 count=1 2>/dev/null | od -An -tx1; cat");

	start(&iso, is_root(state), no_change);
	expect("go\r\n");
	type("a line\n");
	expect("got a line\r\nraw\r\n");
	/* ^V, which quotes where lines are edited. */
	type("\026");
	expect(" 16\r\n");
	type("rest");
	expect("rest");
	type("\003");
	assert_string_equal(
		end(), "go\r\na line\r\ngot a line\r\nraw\r\n 16\r\nrest");
	assert_int_equal(talk.s->o.result.signal, SIGINT);
}

static int pipe_out[2];

static int to_pipe(void)
{
	return dup2(pipe_out[1], STDOUT_FILENO);
}

static int from_null(void)
{
	autoclose int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return dup2(fd, STDIN_FILENO);
}

/* Only what is the terminal becomes the other one; keys are read when the
 * command does, since there can be another reader. */
static void other_streams_stay(void **state)
{
	char *argv[4], text[64] = "";
	struct isolation iso = sandbox_of(argv,
		"test -t 1 && exit 8; test -t 0 && test -t 2 || exit 9; "
		"echo go >&2; read x; echo got $x");
	struct termios now;

	assert_int_equal(pipe(pipe_out), 0);
	start(&iso, is_root(state), to_pipe);
	close(pipe_out[1]);
	expect("go\r\n");
	type("keys\n");
	assert_true(read(pipe_out[0], text, sizeof(text) - 1) > 0);
	close(pipe_out[0]);
	assert_string_equal(text, "got keys\n");
	assert_memory_equal(end(), "go\r\n", 4);
	iso = sandbox_of(argv, "test -t 0 && exit 8; test -t 1 || exit 9; "
			       "echo go; sleep 1; read x </dev/tty; echo $x");
	start(&iso, is_root(state), from_null);
	expect("go\r\n");
	/* Nobody reads: the terminal is as it was. */
	assert_int_equal(tcgetattr(talk.tty, &now), 0);
	assert_int_not_equal(now.c_lflag & ICANON, 0);
	type("typed\n");
	expect("typed\r\n");
	end();
	assert_non_null(strstr(talk.seen, "typed\r\ntyped\r\n"));
	assert_int_equal(talk.s->o.result.exit_code, 0);
}

static void a_new_size_arrives(void **state)
{
	const struct winsize size = {20, 50, 0, 0};
	char *argv[4];
	struct isolation iso =
		sandbox_of(argv, "trap 'stty size; exit 4' WINCH; echo go; "
				 "while :; do sleep 0.05; done");

	start(&iso, is_root(state), no_change);
	expect("go\r\n");
	assert_int_equal(ioctl(talk.tty, TIOCSWINSZ, &size), 0);
	assert_string_equal(end(), "go\r\n20 50\r\n");
	assert_int_equal(talk.s->o.result.exit_code, 4);
}

/* Each end of the caller gives its terminal back. */
static void the_terminal_is_given_back(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
	char *argv[4];
	struct isolation iso =
		sandbox_of(argv, "echo go; kill -STOP $$; sleep 60");
	struct termios now;
	int status;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		iso = sandbox_of(argv, "echo go; exec sleep 60");
		start(&iso, is_root(state), no_change);
		expect("go\r\n");
		kill(talk.pid, signals[i]);
		end();
		assert_int_equal(talk.s->o.result.signal, signals[i]);
	}
	/* Nobody can wait for this one; but there is a guard. */
	start(&iso, is_root(state), no_change);
	expect("go\r\n");
	assert_int_equal(tcgetattr(talk.tty, &now), 0);
	assert_int_equal(now.c_lflag & ICANON, 0);
	kill(talk.pid, SIGKILL);
	assert_int_equal(waitpid(talk.pid, &status, 0), talk.pid);
	for (int i = 0; i < 200 && !(now.c_lflag & ICANON); i++) {
		usleep(10000);
		assert_int_equal(tcgetattr(talk.tty, &now), 0);
	}
	assert_int_not_equal(now.c_lflag & ICANON, 0);
	close(talk.tty);
	/* A command that cannot be started. */
	iso.executable = "/no/such/file";
	start(&iso, is_root(state), no_change);
	end();
	assert_int_equal(talk.s->o.e.code, ENOENT);
}

static const char *fault;

static int set_fault(void)
{
	return setenv("REPRISE_FAULT", fault, 1);
}

static void a_terminal_that_fails_starts_nothing(void **state)
{
	static const char *const steps[] = {"terminal", "process-group"};
	char *argv[4], text[64], expected[64];
	struct isolation iso = sandbox_of(argv, "echo started");

	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "isolation.%s=EIO", steps[i]);
		snprintf(expected, sizeof(expected),
			"%s: injected fault: Input/output error", steps[i]);
		fault = text;
		start(&iso, is_root(state), set_fault);
		assert_string_equal(end(), "");
		assert_string_equal(talk.s->o.e.msg, expected);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(the_terminal_is_the_sandboxs),
		BOTH(modes_do_not_reach_the_callers),
		BOTH(input_cannot_be_pushed),
		BOTH(nothing_that_was_written_is_lost),
		BOTH(the_order_is_kept),
		BOTH(keys_reach_the_command),
		BOTH(other_streams_stay),
		BOTH(a_new_size_arrives),
		BOTH(the_terminal_is_given_back),
		BOTH(a_terminal_that_fails_starts_nothing),
	};

	if (!strcmp(argv[0], PUSHER))
		return push_input();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return RUN_CASES(tests);
}
