/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that capture watches, and what each does to the paths it names.
 * Decoding is pure but for reading the task's memory.
 */
#pragma once

#include "sandbox/watch/watch.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* What a call may do to one path. */
enum intent {
	INTENT_LOOK,     /* stat, access, readlink, O_PATH, chdir */
	INTENT_READ,     /* open for reading; a directory is listed */
	INTENT_WRITE,    /* open so that old bytes can stay and be read */
	INTENT_APPEND,   /* O_APPEND | O_WRONLY: old bytes stay as they are */
	INTENT_TRUNCATE, /* old bytes go */
	INTENT_CREATE,   /* makes the name: mkdir, symlink, mknod, bind, link */
	INTENT_REMOVE,   /* unlink, rmdir */
	INTENT_MOVE,     /* the old name of a rename */
	INTENT_REPLACE,  /* the new name of a rename */
	INTENT_ATTRIBUTES, /* chmod, chown, setxattr */
	INTENT_TIMES,      /* utime: its times no longer tell of changes */
	INTENT_EXEC,
};

struct touch {
	int dirfd;        /* AT_FDCWD, or a descriptor of the task */
	const char *path; /* "" with empty_path: the descriptor itself */
	enum intent intent;
	bool nofollow;   /* a symbolic link at the end is meant itself */
	bool creates;    /* makes the file when it is absent (O_CREAT) */
	bool reads;      /* WRITE, TRUNCATE: the descriptor can read, too */
	bool exchange;   /* MOVE, REPLACE: RENAME_EXCHANGE */
	bool noreplace;  /* likewise: RENAME_NOREPLACE */
	bool directory;  /* it is rmdir(2) */
	bool empty_path; /* AT_EMPTY_PATH */
	bool in_root;    /* RESOLVE_IN_ROOT: dirfd is the root */
};

/* What to do with a call beside its touches. */
enum verb {
	VERB_PATHS,   /* touches only */
	VERB_EXEC,    /* touches[0] is the file; args hold argv, envp */
	VERB_MMAP,    /* a descriptor mapped executable */
	VERB_CONNECT, /* a socket address */
	VERB_BIND,
	VERB_IO_URING,
	VERB_HANDLE,   /* open_by_handle_at; touches[0] says what for */
	VERB_UNAPPEND, /* an appending descriptor may change old bytes */
	VERB_AIO,      /* any of them may, from now on */
	VERB_EXIT,
	VERB_VIEW,    /* chroot, unshare: what paths mean changes */
	VERB_MOUNT,   /* likewise, and the touches are where */
	VERB_WATCHER, /* seccomp, ptrace: may disturb or be disturbed */
};

struct decoded {
	enum verb verb;
	struct touch touches[2];
	size_t count;
	/* VERB_EXEC: addresses in the task; VERB_CONNECT, BIND: the address */
	uint64_t argv, envp, sockaddr;
	uint32_t socklen;
	bool check_only; /* VERB_EXEC: AT_EXECVE_CHECK, nothing will run */
	int fd;          /* VERB_MMAP, CONNECT, BIND, HANDLE */
};

/* The table for the watch. */
const struct call_spec *calls_table(size_t *count);
const char *call_name(const struct call *c);
enum verb call_verb(const struct call *c);

/*
 * 0; -1 when the task's memory could not be read: errno EFAULT (the call will
 * fail with it, too), ENAMETOOLONG (likewise), or EPERM (a gap).
 */
int call_decode(const struct call *c, struct arena *scratch, struct decoded *out);
