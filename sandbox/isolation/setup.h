/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the isolation module: the state that the steps share, and the
 * messages from the sandbox to the caller of isolation_run().
 *
 *	run.c           the caller's side: start, messages, waiting
 *	pass_on.c       signals to the caller, and a stopped command
 *	steps.c         the list of steps, and walking it
 *	ids.c           id maps, the inner user namespace, uid and gid
 *	mounts.c        the few mount operations, all by descriptor
 *	root.c          the root: attach, binds, read-only subtrees, pivot
 *	volumes.c       parts of the host that the caller asks for
 *	dev.c           /dev
 *	proc_sys.c      /proc and /sys, what is masked and faked in them
 *	covers.c        directories of /proc and /sys with a part of theirs
 *	network.c       host name, loopback
 *	terminal*.c     a terminal in the place of the caller's: terminal.h
 *	privileges.c    capabilities, keyring, no_new_privs, Landlock
 *	seccomp_deny.c  the deny list; seccomp_load.c loads it
 *	group*.c        limits for all of it together: group.h
 *	init.c          PID 1
 *	command.c       limits, directory, stdin and exec of the command
 *	enter.c         the way in for one who watches it
 *	emulate.c,
 *	emulate_cpus.c  what it is told of processors and memory
 *	host_support.c  what this machine allows; host_remedy.c, what to change
 */
#pragma once

#include <signal.h>

#include "base/err.h"
#include "sandbox/isolation/isolation.h"
#include "sandbox/isolation/terminal.h"

enum msg_kind {
	MSG_NOTE,     /* e.msg: for iso_result.notes */
	MSG_MAP,      /* write my id maps, then send MAP_DONE */
	MSG_GROUP,    /* put me into my control group, then send GROUP_DONE */
	MSG_FAILED,   /* e: why there is no command */
	MSG_TERMINAL, /* carries the master of terminal number `status` */
	MSG_READY,    /* all is set up; signals are welcome */
	MSG_LISTENER, /* carries the listener of what is emulated */
	MSG_WATCH,   /* carries a socket of the command's process, that waits */
	MSG_STARTED, /* exec has succeeded */
	MSG_STOPPED, /* status: by which signal; of terminals only */
	MSG_EXITED,  /* status: as from wait(2); usage */
};

/* One packet each. */
struct msg {
	int kind;
	int status;
	struct rusage usage;
	struct err e;
};

/* Down, by a pipe, go single bytes: one of these, or a signal's number. */
#define MAP_DONE 0
#define GROUP_DONE 1
#define TO_FOREGROUND 0x7e
#define TO_BACKGROUND 0x7f
/* Added to the number: for the command's process group. */
#define TO_GROUP 0x80

struct setup {
	const struct isolation *iso;
	struct iso_ids ids;
	int up, down;     /* to and from the caller: a socket, a pipe */
	sigset_t mask;    /* the caller's, for the command */
	sigset_t ignored; /* of `signals_passed`, by the caller: here, too */
	uid_t caller_uid;
	gid_t caller_gid;
	int root;      /* mount of the new root */
	int dev;       /* mount of the new /dev */
	int userns;    /* with the maps that the command's will have, or -1 */
	int proc_user; /* /proc/sys/user of the new /proc, still writable */
	const struct terminals *terminals; /* of the caller */
	int tty;             /* the command's controlling terminal, or -1 */
	bool group;          /* there is a control group to enter */
	struct rlimit nproc; /* RLIMIT_NPROC, as it was */
};

/* From others these are the command's; those from the terminal came to it
 * directly, as it is in the caller's process group, unless it has a terminal
 * of its own. Ends with 0. */
extern const int signals_passed[];

/* Is the guard of this name in force? See isolation.without_guard. */
bool guard_on(const struct isolation *iso, const char *name);

/* For the caller, about what is not as asked for. */
void setup_note(struct setup *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void setup_send(struct setup *s, const struct msg *m);

/* steps.c: the whole life of the sandbox's first process. */
_Noreturn void setup_main(struct setup *s);

struct step {
	const char *name;
	int (*run)(struct setup *s, struct err *e);
};

/* In order; the first failure ends it, with the step's name in front. */
int steps_run(
	const struct step *steps, size_t count, struct setup *s, struct err *e);

/* ids.c */
bool ids_can_range(void);
void ids_init(struct iso_ids *ids, const struct isolation *iso, bool range);
/* What we make belongs to the uid 0 that the command sees. A `name` of "" is
 * `dirfd` itself. */
int ids_own(struct setup *s, int dirfd, const char *name);
int ids_write_range(const struct iso_ids *ids, pid_t pid, struct err *e);
int step_ids_outer(struct setup *s, struct err *e);
int step_volume_ids(struct setup *s, struct err *e);
int step_groups(struct setup *s, struct err *e);
int step_process_limit(struct setup *s, struct err *e);
int step_userns(struct setup *s, struct err *e);
int step_ids(struct setup *s, struct err *e);

/* root.c */
int step_private(struct setup *s, struct err *e);
int step_root(struct setup *s, struct err *e);
int step_read_only(struct setup *s, struct err *e);
int step_binds(struct setup *s, struct err *e);
int step_pivot(struct setup *s, struct err *e);

/* volumes.c */
int step_volumes(struct setup *s, struct err *e);

/* dev.c */
int step_dev(struct setup *s, struct err *e);
int step_devices(struct setup *s, struct err *e);
int step_dev_seal(struct setup *s, struct err *e);

/* proc_sys.c */
int step_proc(struct setup *s, struct err *e);
int step_pids(struct setup *s, struct err *e);
int step_sys(struct setup *s, struct err *e);
int step_fakes(struct setup *s, struct err *e);
int step_masks(struct setup *s, struct err *e);

/* covers.c */
int step_covers(struct setup *s, struct err *e);

/* network.c */
int step_hostname(struct setup *s, struct err *e);
int step_loopback(struct setup *s, struct err *e);

/* terminal_set_up.c */
int step_terminal(struct setup *s, struct err *e);
int step_process_group(struct setup *s, struct err *e);

/* privileges.c */
int step_keyring(struct setup *s, struct err *e);
int step_caps(struct setup *s, struct err *e);
int step_no_new_privs(struct setup *s, struct err *e);
int step_dumpable(struct setup *s, struct err *e);
int step_landlock(struct setup *s, struct err *e);

/* seccomp_deny.c */
int step_seccomp(struct setup *s, struct err *e);

/* init.c */
int step_fds(struct setup *s, struct err *e);
_Noreturn void init_main(struct setup *s);

/* command.c */
int step_enter_group(struct setup *s, struct err *e);
int step_limits_raise(struct setup *s, struct err *e);
_Noreturn void command_main(struct setup *s, int error_pipe);

/* host_remedy.c: what would help when namespaces or mounts in them were refused
 * with this errno; "" when nobody knows. */
void host_userns_remedy(int code, char *buf, size_t size);
/* The same, added to the error that has just been set; -1. */
int host_add_remedy(struct err *e);
