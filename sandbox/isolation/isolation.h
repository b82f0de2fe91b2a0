/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command in namespaces of its own: mechanism, no policy. The caller says
 * what the command is to see; this module builds it as a list of named steps
 * and runs the command under our own init. A step that fails ends with an
 * error that begins with the step's name, and no process started: a partial
 * sandbox never runs.
 *
 * Who owns the mounts: as root (with CAP_SYS_ADMIN here) the caller's own user
 * namespace, else a first user namespace that the sandbox makes. The command
 * itself always runs in a further user namespace, so that it has no capability
 * over the mounts.
 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct err;
struct arena;
struct iso_ids;
struct isolation;

/* A bind of a host file or directory. */
struct iso_bind {
	const char *source;
	const char *target; /* inside; must exist in the root */
	bool read_only;
	bool devices; /* device nodes on it work */
	/* Where the root has no such path, it is left out. */
	bool optional;
};

/*
 * A file or directory of the host that the command works on itself: what it
 * writes, it writes there. Owners are the same numbers inside where a range of
 * ids is mapped and the file system can be shown so (idmapped mounts); else the
 * caller is told.
 */
struct iso_volume {
	const char *source;
	const char *target; /* inside; must exist, with no link on the way */
	bool read_only;
	uint64_t dev, ino; /* what the source must be: it was looked at before */
};

/* A file with the given content over an existing path (a fake /proc file). */
struct iso_fake {
	const char *target;
	const void *content;
	size_t len;
};

/* A device node of the host, bound at the same or another path in /dev. */
struct iso_device {
	const char *source;
	const char *target;
	bool is_block;
	unsigned major, minor; /* must be what the host's node has */
};

/*
 * Processors and memory that the command asks the kernel for, as another
 * machine had them. Its processors are this host's in a numbering of their
 * own; several can be one.
 */
struct iso_emulation {
	bool cpus, memory; /* what is emulated at all */
	cpu_set_t allowed; /* that sched_setaffinity(2) can choose from */
	uint16_t host[CPU_SETSIZE];  /* of `allowed`: this host's number */
	cpu_set_t start, start_real; /* `affinity`, in both numberings */
	int width;         /* its kernel's processor numbers are below this */
	size_t mask_bytes; /* what sched_getaffinity(2) returns */
	uint64_t total_bytes, available_bytes, swap_bytes;
};

/* A symbolic link in /dev. */
struct iso_link {
	const char *path;
	const char *target;
};

/* What a covered directory holds: a file of ours, or a part of the host. */
struct iso_entry {
	const char *path;   /* relative to the directory, no ".." in it */
	const char *source; /* file or directory, read-only; or NULL: */
	const void *content;
	size_t len;
};

/* A read-only directory of ours over an existing one of /proc or /sys: what
 * was there is not to be seen but by its entries. */
struct iso_cover {
	const char *target;
	const struct iso_entry *entries;
	size_t count;
};

struct iso_limit {
	int resource; /* RLIMIT_* */
	struct rlimit value;
};

/*
 * What all processes of the command may have together, 0 and ISO_NO_LIMIT being
 * no limit: by a control group of their own, where the caller may make one. Of
 * the processes (threads are counted) the kernel also holds the command's user
 * namespace to it, from Linux 5.14 on; more than that, or an RLIMIT_NPROC of
 * its own, the command does not see.
 */
#define ISO_NO_LIMIT UINT64_MAX
struct iso_group {
	uint64_t memory_bytes;
	uint64_t swap_bytes; /* where memory_bytes is limited */
	uint64_t processes;
	const cpu_set_t *cpus; /* this host's, or NULL */
};

enum iso_stdin { ISO_STDIN_INHERIT, ISO_STDIN_FILE };

/*
 * Somebody outside who watches the command, tracing it, say. Both functions are
 * called once, in this order, when nothing is left to be done but the limits
 * and the exec.
 */
struct iso_watcher {
	/* In the caller: `command`, by the caller's numbers, is the process
	 * that becomes the command. It is confined as that will be, has the
	 * sandbox's namespaces, and waits. -1 ends the sandbox. */
	int (*attach)(void *arg, pid_t command, struct err *e);
	/* In that process. It has nothing of the host any more: only system
	 * calls are of use. */
	int (*begin)(void *arg, struct err *e);
	void *arg;
};

struct isolation {
	/* What the command sees of itself. */
	char *const *argv;
	const char *executable; /* inside; argv[0] may be anything */
	char *const *envp;
	const char *cwd;
	mode_t umask;
	uid_t uid; /* ids that the command sees */
	gid_t gid;
	/* Supplementary ones, where a range of ids can be mapped; else the
	 * caller's stay, and show as 65534. */
	const gid_t *groups;
	size_t group_count;
	const char *hostname;
	const struct iso_limit *limits;
	size_t limit_count;
	struct iso_group group;
	const cpu_set_t *affinity; /* NULL: leave */
	size_t affinity_size;
	/* NULL: nothing. Where it cannot be had, the caller is told. */
	const struct iso_emulation *emulation;

	/* Owners other than uid/gid that the tree should show, where a range of
	 * ids can be mapped (root; newuidmap later); else all show as uid. */
	const uint32_t *extra_uids, *extra_gids;
	size_t extra_uid_count, extra_gid_count;
	/* Groups of the host that the command is in, beside its own: those of
	 * device nodes. Only where a range of ids is mapped; else the caller's
	 * groups stay as they are. Never 0. */
	const gid_t *host_groups;
	size_t host_group_count;

	/*
	 * Builds the root in the sandbox's mount namespace, with full
	 * capabilities over it, before anything of the host is hidden. Returns
	 * a descriptor of the root's mount (fsmount(2), open_tree(2)), or -1.
	 * Runs in the child, with umask 0 and the caller's descriptors still
	 * open: what it learns must travel by shared memory. The mount must be
	 * detached (not yet in the tree) and hold the directories /dev, /proc
	 * and /sys. `ids` translates an owner to show into the id to store in
	 * the tree.
	 */
	int (*build_root)(void *arg, const struct iso_ids *ids, struct err *e);
	void *build_arg;

	const struct iso_bind *binds;
	size_t bind_count;
	const struct iso_volume *volumes;
	size_t volume_count;
	const struct iso_fake *fakes;
	size_t fake_count;
	const struct iso_device *devices; /* besides the standard nodes */
	size_t device_count;
	const struct iso_link *dev_links;
	size_t dev_link_count;
	const struct iso_cover *covers;
	size_t cover_count;
	/* Read-only subtrees of the root, paths inside. */
	const char *const *read_only;
	size_t read_only_count;

	bool host_network;  /* --network host */
	uint64_t shm_bytes; /* size of /dev/shm; 0: the kernel's default */
	/* Capabilities (bit n = CAP n) kept in the inner user namespace only:
	 * of the file capabilities that a run captured as root had. */
	uint64_t keep_caps;

	enum iso_stdin stdin_kind;
	const char *stdin_path; /* inside */
	off_t stdin_offset;

	const struct iso_watcher *watcher; /* NULL: nobody */

	/* For tests: the guards of these names (with commas between) are left
	 * out, to show that the attacks they answer would succeed. NULL in real
	 * use; no option and no variable reaches it. Names: pidns netns ipcns
	 * utsns cgroupns fds userns2 caps no_new_privs landlock seccomp masks
	 * read_only dumpable keyring terminal. */
	const char *without_guard;
};

/* Translation of ids between what the command sees and what is stored. */
struct iso_ids {
	uid_t (*uid)(const struct iso_ids *, uint32_t shown);
	gid_t (*gid)(const struct iso_ids *, uint32_t shown);
	const struct isolation *iso;
	uid_t base; /* root: first id of the range; else unused */
	bool range;
};

/* First id of the range that a sandbox made by root maps. The range is above
 * what systemd gives to containers (524288 to 0x6fffffff) and below what it
 * keeps for foreign images; it is fixed so that a cached tree stays right. */
#define ISO_ID_BASE 0x70000000u
#define ISO_ID_COUNT 65536u
/* More extra owners than this show as nobody (a map has at most 340 lines). */
#define ISO_EXTRA_IDS 300

#define ISO_NOTES 16

struct iso_result {
	int exit_code; /* as a shell gives it: 128+n for signal n */
	int signal;    /* 0: exited */
	struct rusage usage;
	/* What this host could not give, one sentence each; filled even when
	 * isolation_run() fails. */
	char notes[ISO_NOTES][200];
	size_t note_count;
};

/*
 * Run to the end. 0: the command ran (see result), -1: it did not start (e
 * begins with the step's name; e->code ENOENT or EACCES of the "exec" step
 * mean 127 or 126). The command is in the caller's process group, so terminal
 * signals reach it from the kernel; HUP, INT, QUIT, TERM, USR1 and USR2 that
 * others send to the caller are forwarded, unless they were sent to the whole
 * group. Those of them that the caller ignores the command ignores, too, until
 * it sets a handler. During the set-up the others end the sandbox and then the
 * caller. When the caller dies, all of it dies.
 * Where the caller has a terminal, the command has another one and is in a
 * session of its own: see terminal.h. The caller then stops as the command does,
 * and its terminal is as before in the end.
 * Call it from a process of one thread. Kernel 5.12.
 */
int isolation_run(
	const struct isolation *iso, struct iso_result *out, struct err *e);

/*
 * First of all for a process that an iso_watcher's `attach` has forked: close
 * what the caller of isolation_run() has of the sandbox and of its terminals.
 * Others see by its being closed that the caller has gone.
 */
void isolation_let_go(void);

/*
 * For a process of one thread that an iso_watcher's `attach` has forked: see
 * the file tree as `command` does, with the owners that it sees, for as long as
 * this process lives, the sandbox or not. "/proc" and process numbers stay the
 * caller's. Effective ids do, too, which own what this process has open; real
 * ones, by which access(2) judges, become the command's. The command can
 * neither see nor reach it. A path leads into the sandbox from then on: nothing
 * may be loaded or configured by one.
 */
int isolation_enter(const struct isolation *iso, pid_t command, struct err *e);

/* host_support.c: what this machine allows, each probed by trying. */
enum support_state { SUPPORT_YES, SUPPORT_NO, SUPPORT_UNKNOWN };

struct support {
	const char *name; /* "user-namespaces", "overlay-metadata-root", ... */
	enum support_state state;
	char *detail; /* what was seen */
	char *remedy; /* exact, or NULL when there is none or no need */
};

/* The root strategies: 'A' needs 6.16, 'B' 5.11; 0 when neither works. */
struct host_support {
	struct support *items;
	size_t count;
	bool capture;
	bool userns;
	bool root_a, root_b;
};

/* Forked probes, some milliseconds each; never fails as a whole. */
void host_support_probe(struct host_support *h, struct arena *a);
/*
 * Only what a replay must know beforehand: can this root be built ('A', 'B', 0:
 * the better one that works)? One probe where it can; all of them where it
 * cannot, so that `items` name what is in the way. `root_a` and `root_b` are
 * true for what was tried and works.
 */
void host_support_root(struct host_support *h, struct arena *a, char root);
/* Which of struct iso_group can be limited by a control group. */
struct iso_group_support {
	bool memory, processes, cpus;
	char why[1400];     /* none of it can; "" when something can */
	const char *remedy; /* or NULL */
};
void host_support_group(struct iso_group_support *s);
/* Will a sandbox made by this process show other owners than its own? */
bool host_support_ranges(void);
