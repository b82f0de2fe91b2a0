/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watched process tree: mechanism, no policy. The caller passes the calls
 * it wants and gets call *entries* only, never results, so that nothing
 * depends on what one engine cannot see.
 *
 * Three processes: the one that the user started is the keeper; it forks the
 * recorder, which forks the command (yama lets a parent, not a sibling, read
 * memory). In the notify engine all may die but the command: the keeper holds
 * the listener too, and answers when the recorder no longer does.
 */
#pragma once

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct err;
struct call;
struct relay;

/* Results of seccomp filters are per architecture; so are call numbers. */
enum watch_arch {
	WATCH_NATIVE, /* x86-64, or aarch64 */
	WATCH_COMPAT, /* i386, or 32-bit arm: programs of the older ABI */
	WATCH_ARCHES,
	WATCH_OTHER = WATCH_ARCHES, /* x32 and whatever comes */
};

/*
 * A test of an argument inside the filter: its low 32 bits under `mask` equal
 * (or, differs, do not equal) `value`.
 */
struct arg_test {
	uint32_t mask; /* 0: no test */
	uint32_t value;
	uint8_t arg;
	bool differs;
};

struct call_spec {
	const char *name;
	/* For calls newer than the installed libseccomp: the number, which is
	 * the same everywhere from 403 on; else 0. */
	int number;
	/* A call that programs do not expect to fail. The notify engine, where
	 * a signal may turn it into EINTR, lets it run. */
	bool never_fails;
	/* The call stops when all tests of one alternative hold; without any
	 * test it always does. */
	struct arg_test stop[3][2];
	/* Programs of the older ABI pass the arguments in memory, where no
	 * filter sees them: theirs always stops. */
	bool compat_stops;
};

struct call {
	pid_t tid;
	enum watch_arch arch;
	int nr;
	uint64_t args[6];
	/* Index into the caller's table; WATCH_UNKNOWN: a number that nobody
	 * knows, or an unknown architecture. */
	int spec;
	uint64_t id; /* notify: the notification, for watch_call_valid() */
};

#define WATCH_UNKNOWN (-1)

enum answer_kind {
	ANSWER_CONTINUE,
	ANSWER_DENY,   /* fails with `error` */
	ANSWER_RETURN, /* returns `value` without running */
};

struct answer {
	enum answer_kind kind;
	int error;
	int64_t value;
};

enum watch_backend { BACKEND_AUTO, BACKEND_NOTIFY, BACKEND_PTRACE };

const char *watch_backend_name(enum watch_backend b);

/* How the command ended. */
struct watch_end {
	int status; /* as wait(2) gives it */
	/* Processes that were left behind; they keep running, unrecorded. */
	bool left_processes;
	char left_names[200]; /* "sleep (4711), ..." */
	uint64_t calls;       /* stops answered */
	uint64_t vanished;    /* calls interrupted before they were received */
};

struct watch;

/*
 * All callbacks run in the recorder. `call` may be entered by several threads
 * at once (notify); one that takes long says so with watch_slow().
 */
struct watch_handler {
	void (*call)(void *arg, struct watch *w, const struct call *c,
		struct answer *out);
	/* The command's process exists but has not run yet. */
	void (*start)(void *arg, struct watch *w, pid_t command);
	/* A process that watch_follow() was told of has ended and was waited
	 * for; `status` is as wait(2) gives it. Not on every kernel. */
	void (*exited)(void *arg, pid_t pid, int status);
	/* The command has ended; later calls are answered CONTINUE without
	 * asking. The recorder's exit waits for this function. */
	void (*end)(void *arg, const struct watch_end *end);
	/* In the keeper, once, when the command has run for 100 ms: for what a
	 * short command should not pay for. */
	void (*lasting)(void *arg);
	/* In a process of the keeper's, when the recorder was lost and the
	 * command has ended: freeze the record from what it left. */
	void (*lost)(void *arg, int status);
	void *arg;
};

/*
 * What the user's process had that must reach the command although a fork
 * lies between them, and limits that are the command's and not ours.
 */
struct watch_caller {
	struct rlimit limits[RLIM_NLIMITS];
	struct sigaction child, file_size; /* SIGCHLD, SIGXFSZ */
	bool subreaper;
	int policy, nice;
	struct sched_param scheduling;
};

/* At the start, before anything that may need many descriptors or children. */
void watch_caller_take(struct watch_caller *c);
/* In a process that is about to become the command. */
void watch_caller_give(const struct watch_caller *c);

struct watch_spec {
	const struct call_spec *calls;
	size_t call_count;
	enum watch_backend backend; /* one of the two: support.h */
	const char *executable;     /* path for execve(2) */
	char *const *argv;
	char *const *envp;
	mode_t umask;                      /* of the command */
	const struct watch_caller *caller; /* NULL: nothing was taken */
	struct relay *const *relays; /* between its output and the caller */
	size_t relay_count;
	/* Seconds that the caller waits, once the command has ended, for a
	 * record that nothing works on. 0: two minutes. */
	unsigned patience_s;
	struct watch_handler handler;
};

enum watch_outcome {
	WATCH_ENDED,      /* `status` is the command's */
	WATCH_NOT_STARTED /* execve failed with `exec_error` */
};

struct watch_result {
	enum watch_outcome outcome;
	int status;
	int exec_error;
};

/*
 * The operation of seccomp(2), of no meaning to any kernel, by which a process
 * asks whether a watch stands above it, and the errno of the answer. Every
 * table of calls that contains seccomp gives it; containers let it through.
 */
#define WATCH_HELLO 0x72707273
#define WATCH_HELLO_BACK EALREADY

/*
 * Run the command watched. Returns in the keeper when the command has ended
 * and `end` has returned (or the recorder was lost); -1 when nothing started.
 */
int watch_run(
	const struct watch_spec *spec, struct watch_result *out, struct err *e);

/*
 * guest.c: a command that somebody else starts, such as a sandbox's. There is
 * no keeper: the process that records it traces it (BACKEND_PTRACE), and takes
 * it along when it dies. Of the spec only calls and handler count, and of the
 * handler `call` and `exited`; the spec must stay as it is.
 */
struct watch_guest;
/* In the process that both others are forked from. */
struct watch_guest *watch_guest_new(const struct watch_spec *spec, struct err *e);
void watch_guest_free(struct watch_guest *g);
/* In the command's process, when it is attached to: every watched call stops
 * from then on. By system calls alone. */
int watch_guest_confine(struct watch_guest *g, struct err *e);
/* In the recorder: take its signals away, trace the process. */
int watch_guest_attach(struct watch_guest *g, pid_t command, struct err *e);
/* There, for the handler's functions. */
struct watch *watch_guest_watch(struct watch_guest *g);
/* There: until it and all that it has started have ended. */
void watch_guest_trace(struct watch_guest *g);

/* End this process as the command ended: same status, or same signal. */
void watch_die_like(int status) __attribute__((noreturn));

/*
 * For handlers. Both engines read another process's memory while it waits in
 * the kernel; afterwards, ask whether the call is still the one that was read
 * (the task may have been killed and its pid reused).
 */
bool watch_call_valid(struct watch *w, const struct call *c);

/*
 * For handlers, before work that takes longer than some tens of microseconds:
 * another thread receives what comes meanwhile.
 */
void watch_slow(struct watch *w);

/* For handlers: how this process ends is to be reported to `exited`. */
void watch_follow(struct watch *w, pid_t pid);
/* In `end`: what has ended until now is reported; from then on nothing is. */
void watch_follow_end(struct watch *w);

/* In `end`: a signal asked this program to end soon. */
bool watch_hurry(const struct watch *w);

/*
 * A NUL-terminated string of at most `cap` - 1 bytes. Returns its length; -1
 * with errno: EFAULT unmapped, EPERM not readable, ENAMETOOLONG.
 */
ssize_t watch_read_string(pid_t tid, uint64_t addr, char *buf, size_t cap);
/* n bytes or fewer where the mapping ends; -1 with errno. */
ssize_t watch_read(pid_t tid, uint64_t addr, void *buf, size_t n);
/* All of it or -1. */
int watch_write(pid_t tid, uint64_t addr, const void *buf, size_t n);
/* Size of a pointer in that architecture. */
size_t watch_word(enum watch_arch arch);
