// SPDX-License-Identifier: Apache-2.0
/*
 * same_terminals [CASE...]: sessions, process groups and what a terminal sends
 * to them.
 */
#include "cases.h"

#include <sys/ioctl.h>
#include <termios.h>

static volatile sig_atomic_t got[NSIG];

static void handler(int sig)
{
	got[sig]++;
}

static int master, slave;
static char slave_name[64];

/* A session of its own on a new terminal; echo is off. */
static void new_terminal(void)
{
	struct termios t;

	master = (int)must(posix_openpt(O_RDWR | O_NOCTTY));
	must(grantpt(master) | unlockpt(master));
	snprintf(slave_name, sizeof(slave_name), "%s", ptsname(master));
	slave = (int)must(open(slave_name, O_RDWR | O_NOCTTY));
	must(tcgetattr(slave, &t));
	t.c_lflag &= (tcflag_t)~ECHO;
	must(tcsetattr(slave, TCSANOW, &t));
}

static void lead_session(void)
{
	must(setsid());
	must(ioctl(slave, TIOCSCTTY, 0));
}

/* The case itself leads its group, so that a child leads the session. */
static void in_session(void (*f)(void))
{
	pid_t pid;

	new_terminal();
	pid = (pid_t)must(fork());
	if (pid == 0) {
		lead_session();
		f();
		_exit(0);
	}
	say("leader %s", ending(end_of(pid)));
}

static void wait_for(int sig)
{
	for (int i = 0; i < 5000 && !got[sig]; i++)
		pause_ms(1);
}

static void type(const char *keys)
{
	must(write(master, keys, strlen(keys)));
}

static void groups(void)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0)
		for (;;)
			pause();
	say("its group is mine %d", getpgid(pid) == getpgrp());
	say("own %s", result(setpgid(pid, pid)));
	say("leads %d", getpgid(pid) == pid);
	say("back %s", result(setpgid(pid, getpgrp())));
	say("nobody's %s", result(setpgid(pid, 999999)));
	say("parent's %s", result(setpgid(getppid(), 0)));
	say("negative %s", result(setpgid(pid, -1)));
	say("leader makes a session %s", result(setsid()));
	kill(pid, SIGKILL);
	end_of(pid);
	pid = (pid_t)must(fork());
	if (pid == 0) {
		setsid();
		say("leader of a session %s", result(setpgid(0, getppid())));
		_exit(getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 1);
	}
	say("session %s", ending(end_of(pid)));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		execl("/bin/sleep", "sleep", "20", NULL);
		_exit(1);
	}
	for (int i = 0; i < 5000 && setpgid(pid, pid) == 0; i++)
		pause_ms(1);
	say("after its exec %s", result(setpgid(pid, pid)));
	kill(pid, SIGKILL);
	end_of(pid);
}

static void no_terminal(void)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		must(setsid());
		say("tty %s", result(open("/dev/tty", O_RDWR)));
		say("foreground %s", result(tcgetpgrp(0)));
		_exit(0);
	}
	end_of(pid);
}

static void controls(void)
{
	say("session %d", tcgetsid(slave) == getpid());
	say("foreground %d", tcgetpgrp(slave) == getpgrp());
	say("tty %d", open("/dev/tty", O_RDWR) > 2);
	say("is one %d, name %d", isatty(slave),
		strcmp(ttyname(slave), slave_name) == 0);
	say("again %s", result(ioctl(slave, TIOCSCTTY, 0)));
	say("not mine %s", result(tcsetpgrp(slave, 999999)));
	signal(SIGHUP, SIG_IGN);
	say("given up %s", result(ioctl(slave, TIOCNOTTY)));
	say("tty %s", result(open("/dev/tty", O_RDWR)));
}

static void keys(void)
{
	static const struct {
		const char *key;
		int sig;
	} k[] = {{"\x03", SIGINT}, {"\x1c", SIGQUIT}, {"\x1a", SIGTSTP}};
	struct winsize w = {30, 90, 0, 0};

	for (size_t i = 0; i < COUNT(k); i++) {
		signal(k[i].sig, handler);
		type(k[i].key);
		wait_for(k[i].sig);
		say("%d %d", k[i].sig, got[k[i].sig]);
	}
	signal(SIGWINCH, handler);
	must(ioctl(master, TIOCSWINSZ, &w));
	wait_for(SIGWINCH);
	say("window %d", got[SIGWINCH]);
	signal(SIGINT, SIG_DFL);
	type("\x03");
	pause();
}

static void hang_up(void)
{
	signal(SIGHUP, handler);
	signal(SIGCONT, handler);
	close(master);
	/* The other end is with the parent, too. */
	must(ioctl(slave, TIOCNOTTY) == 0 ? 0 : -1);
	wait_for(SIGHUP);
	say("hang-up %d, continue %d", got[SIGHUP], got[SIGCONT]);
}

static pid_t background(void (*f)(void))
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		setpgid(0, 0);
		f();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void reads(void)
{
	char line[16];
	ssize_t n = read(slave, line, sizeof(line));

	_exit(n > 0 ? (int)n : errno);
}

static void writes(void)
{
	_exit(write(slave, "hello\n", 6) == 6 ? 6 : errno);
}

static void takes(void)
{
	_exit(tcsetpgrp(slave, getpgrp()) == 0 ? 0 : errno);
}

static void jobs(void)
{
	struct termios t;
	int status;
	pid_t pid = background(reads);

	must(waitpid(pid, &status, WUNTRACED));
	say("reads %s", ending(status));
	must(tcsetpgrp(slave, pid));
	kill(pid, SIGCONT);
	type("hello\n");
	say("in the foreground %s", ending(end_of(pid)));
	signal(SIGTTOU, SIG_IGN);
	must(tcsetpgrp(slave, getpgrp()));
	pid = background(writes);
	say("ignores and writes %s", ending(end_of(pid)));
	signal(SIGTTOU, SIG_DFL);
	must(tcgetattr(slave, &t));
	t.c_lflag |= TOSTOP;
	must(tcsetattr(slave, TCSANOW, &t));
	pid = background(writes);
	must(waitpid(pid, &status, WUNTRACED));
	say("writes %s", ending(status));
	kill(pid, SIGKILL);
	say("%s", ending(end_of(pid)));
	pid = background(takes);
	must(waitpid(pid, &status, WUNTRACED));
	say("takes %s", ending(status));
	kill(-pid, SIGTERM);
	kill(-pid, SIGCONT);
	say("%s", ending(end_of(pid)));
}

/* Ctrl-Z to a job of two, both continued, both ended by Ctrl-C. */
static void waits(void)
{
	for (;;)
		access("/etc/passwd", R_OK);
}

static void pipeline(void)
{
	int status;
	pid_t a = background(waits), b = (pid_t)must(fork());

	if (b == 0) {
		setpgid(0, a);
		waits();
	}
	setpgid(b, a);
	must(tcsetpgrp(slave, a));
	type("\x1a");
	must(waitpid(a, &status, WUNTRACED));
	say("first %s", ending(status));
	must(waitpid(b, &status, WUNTRACED));
	say("second %s", ending(status));
	kill(-a, SIGCONT);
	must(waitpid(a, &status, WCONTINUED));
	say("first %s", ending(status));
	must(waitpid(b, &status, WCONTINUED));
	say("second %s", ending(status));
	type("\x03");
	say("first %s, second %s", ending(end_of(a)), ending(end_of(b)));
}

/* Nobody could continue it: reading is an error and stopping is not done. */
static void orphaned(void)
{
	int pair[2], code = 0;
	pid_t pid;

	must(pipe(pair));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		pid_t middle = getpid();

		setpgid(0, 0);
		if (fork())
			_exit(0);
		while (getppid() == middle)
			pause_ms(1);
		raise(SIGTSTP);
		code = read(slave, &code, 1) < 0 ? errno : 0;
		must(write(pair[1], &code, sizeof(code)));
		_exit(0);
	}
	end_of(pid);
	must(read(pair[0], &code, sizeof(code)));
	say("read %s", strerrorname_np(code));
}

/* A shell with job control, spoken to through the terminal. */
static void shell(void)
{
	static const char script[] =
		"set -m; sleep 30 & kill -STOP %1; kill %1; kill -CONT %1; "
		"wait %1; test $? = 143 || exit 1; sleep 30 | sleep 30 & "
		"kill -INT %2; wait %2; (exit 5) & fg %3";
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		dup2(slave, 0);
		dup2(slave, 1);
		dup2(slave, 2);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(1);
	}
	say("shell %s", ending(end_of(pid)));
}

#define SESSION(name)                    \
	static void name##_session(void) \
	{                                \
		in_session(name);        \
	}

SESSION(controls)
SESSION(keys)
SESSION(hang_up)
SESSION(jobs)
SESSION(pipeline)
SESSION(orphaned)
SESSION(shell)

static const struct probe_case cases[] = {
	{"groups", groups},
	{"no-terminal", no_terminal},
	{"controls", controls_session},
	{"keys", keys_session},
	{"hang-up", hang_up_session},
	{"jobs", jobs_session},
	{"pipeline", pipeline_session},
	{"orphaned", orphaned_session},
	{"shell", shell_session},
};

int main(int argc, char **argv)
{
	return run_cases("terminals", cases, COUNT(cases), argc, argv);
}
