/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the watch share; nobody else includes this. */
#pragma once

#include "base/err.h"
#include "sandbox/watch/filter.h"
#include "sandbox/watch/watch.h"
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

/* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
#define WATCH_TIMERS 3

/* One receives; the others stand by for answers that take long. */
#define RECEIVERS 8

/*
 * One receiver's place in memory that recorder and keeper share. The kernel
 * writes a notification straight into `notif`, so that the keeper knows the
 * id of a call that was in flight when the recorder died.
 */
struct watch_slot {
	struct seccomp_notif notif;
	_Atomic uint64_t answered; /* the last id that was answered */
	_Atomic bool slow;         /* the handler said that it takes long */
};

struct watch_shared {
	struct watch_slot slots[RECEIVERS];
	/* Signals from kill(2) that also reached the recorder, and when the
	 * last one did (monotonic milliseconds): the sender meant the whole
	 * group, and the command has its own copy. */
	_Atomic uint32_t recorder_got[NSIG];
	_Atomic int64_t recorder_got_at[NSIG];
	/* ptrace: the number of the group-stop that the command is in, 0 when
	 * in none. /proc cannot tell that from a stop at a call. */
	_Atomic uint32_t stop;
	/* Set once: later calls are let through without asking. */
	_Atomic int frozen;
	/* SIGTERM and the like came after the command's end. */
	_Atomic int hurry;
	/* Handlers that are at work. */
	_Atomic unsigned inside;
	/* The command's end, noted before it is reaped: whoever reaps it may
	 * die before it can tell. */
	_Atomic bool ended;
	_Atomic int status;
	_Atomic uint64_t calls, vanished;
};

/* Messages from the recorder to the keeper (SOCK_SEQPACKET). */
enum watch_msg_type {
	MSG_LISTENER,    /* carries the listener */
	MSG_COMMAND,     /* carries a pidfd of the command; pid */
	MSG_STOPPED,     /* the command was stopped by a signal */
	MSG_NOT_STARTED, /* execve failed: code */
	MSG_FAILED,      /* nothing started: err */
	MSG_ENDED,       /* status; recording goes on */
	MSG_DONE,        /* the record is complete */
};

struct watch_msg {
	enum watch_msg_type type;
	int value;
	pid_t pid;
	struct err err;
};

struct watch {
	const struct watch_spec *spec;
	enum watch_backend backend;
	struct filter filter;
	struct watch_shared *shared;
	int sock;     /* this process's end towards the other */
	int listener; /* notify, else -1 */
	/* What the user's process had, for the command. */
	sigset_t mask;
	struct sigaction actions[NSIG];
	struct itimerval timers[WATCH_TIMERS];
	int *inherited; /* its descriptors from 3 on */
	size_t inherited_count;
	bool guest; /* guest.c: there is no keeper */
	/* recorder */
	pid_t command;
	struct exits *exits; /* NULL: nobody asks */
	int exec_pipe;       /* read end: errno of a failed execve */
};

/* memory.c: an execve has begun; what was known of tasks' memory is void. */
void watch_memory_replaced(void);

struct watchdog {
	int64_t next; /* when to look again; monotonic milliseconds */
	uint64_t calls, cpu;
	unsigned quiet;   /* seconds without an answer */
	unsigned idle;    /* seconds without work, either */
	unsigned stopped; /* how often in a row it had to be woken */
};

/* What the process that the user started knows. */
struct keeper {
	struct watch *w;
	struct watch_result *out;
	struct err *e;
	int signals;    /* signalfd */
	int listener;   /* notify, else -1 */
	int command_fd; /* pidfd */
	pid_t command;
	pid_t recorder;         /* or who stands in for it */
	uint32_t matched[NSIG]; /* of shared->recorder_got */
	int64_t looked_at;      /* for signals; monotonic milliseconds */
	uint32_t continued;     /* shared->stop, when SIGCONT was passed on */
	struct watchdog dog;
	bool lasted; /* the handler knows that the command is no short one */
	bool ended, done, failed;
};

/* caller.c: interval timers survive exec(2) and no fork(2). */
void watch_timers_take(struct itimerval timers[WATCH_TIMERS]);
void watch_timers_give(const struct itimerval timers[WATCH_TIMERS]);

/* signals.c */
void watch_signals_save(struct watch *w);
/* Block what may come to keeper and recorder; a signalfd, or -1. */
int watch_signals_take(void);
/* In the command's process, before execve: as the user's process had them. */
void watch_signals_restore(const struct watch *w);

/* pass_on.c: the recorder, or its stand-in, counts what it got, too. */
void watch_note_signals(struct watch *w, int signals);
/* The keeper passes on what the command has not got yet. */
void watch_pass_on(struct keeper *k);
/* The command was stopped: so is the keeper, until somebody continues it. */
void watch_stop_like_command(struct keeper *k);

/* proc.c: state as ps(1) prints it, '?' when there is no such process; clock
 * ticks that all its threads used; the wait status of a zombie, for processes
 * of the same user; is a signal pending for it? */
char watch_process_state(pid_t pid);
uint64_t watch_process_cpu(pid_t pid);
bool watch_process_ended(pid_t pid, int *status);
bool watch_process_pending(pid_t pid, int sig);

/* spawn.c: fork the command; it installs the filter and runs execve once
 * `go` is written to. Returns its pid, or -1. */
pid_t watch_spawn(struct watch *w, int *go, struct err *e);
int watch_load_filter(
	const struct sock_fprog *prog, bool listener, struct err *e);
/* 0: the command runs; else the errno of its execve, or WATCH_NO_FILTER plus
 * that of loading the filter. Blocks until known. */
#define WATCH_NO_FILTER 0x10000
int watch_exec_error(struct watch *w);

/* notify.c */
int watch_notify_start(struct watch *w, struct err *e);
/* Let one call through, as the keeper does. -1 with errno. */
int watch_notify_continue(int listener, uint64_t id);
/* Has every watched task gone? */
bool watch_notify_hangup(int listener);
/* Answer everything with CONTINUE until every watched task is gone. */
void watch_notify_drain(int listener, struct watch_shared *s);
/* After the recorder's death: answer what it had received. */
void watch_notify_takeover(int listener, struct watch_shared *s);

/* exits.c: for watch_follow(). */
void watch_exits_start(struct watch *w);

/* ptrace.c: trace until every task is gone. Calls watch_child_* below. */
void watch_ptrace_loop(struct watch *w);
int watch_ptrace_attach(pid_t pid);

/* Close what only the command may hold of the caller's: a reader of its pipe
 * would wait for an end that does not come. stderr stays, for messages. */
void watch_let_go(const struct watch *w);

/* recorder.c */
void watch_recorder(struct watch *w) __attribute__((noreturn));
/* The command was stopped, or has ended; from whoever reaps. */
void watch_command_stopped(struct watch *w, int sig);
/* The keeper must know it if this process dies before it can tell. */
void watch_note_end(struct watch *w, int status);
void watch_command_ended(struct watch *w, int status);
void watch_dispatch(struct watch *w, const struct call *c, struct answer *out);

/* relays.c: started, looked after and reaped by the keeper; attached by the
 * command's process; flushed by the recorder, or the keeper in its place, as
 * long as `wait` says so, every millisecond. */
int watch_relays_start(struct watch *w, struct err *e);
void watch_relays_attach(struct watch *w);
void watch_relays_let_go(struct watch *w, bool keeper);
void watch_relays_resize(struct watch *w);
void watch_relays_wake(struct watch *w);
void watch_relays_reap(struct watch *w);
void watch_relays_reaped(struct watch *w, pid_t pid, int status);
void watch_relays_flush(
	struct watch *w, bool (*wait)(void *arg, int ms), void *arg);
void watch_relays_end(struct watch *w);

/* watchdog.c: is it time to look, once a second? Only then: has the recorder
 * not answered for too long? */
bool watchdog_due(struct watchdog *d);
bool watchdog_stuck(struct watchdog *d, int listener, struct watch_shared *s,
	pid_t recorder);
/* Has a process that is to do the rest done nothing for too long? */
bool watchdog_idle(struct watchdog *d, const struct watch *w, pid_t pid);
/* Somebody stopped it, while others wait for it: continue it. */
void watchdog_wake(struct watchdog *d, pid_t pid);
/* The same without counting; was it stopped? */
bool watch_process_wake(pid_t pid);

/* keeper.c */
int watch_keeper(struct watch *w, pid_t recorder, int signals,
	struct watch_result *out, struct err *e);

/* take_over.c: the recorder is lost, or as good as lost. 0 or -1 as
 * watch_keeper(). */
int watch_take_over(struct keeper *k);
/* The keeper leaves before the recorder has finished. */
void watch_leave(struct keeper *k);
