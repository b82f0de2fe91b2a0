/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest in memory. One const table (fields.c) describes these structs
 * and drives YAML out, YAML in, JSON and the JSON Schema; a field is added
 * here and there, nowhere else.
 *
 * Everything is allocated from the caller's arena. Absent: NULL for strings,
 * ABSENT for integers, NaN for doubles, a count of 0 for lists. Strings are
 * bytes (paths and arguments need not be UTF-8); they never hold a NUL.
 * manifest_init() makes all but the elements of lists absent: who adds one sets
 * each of its integers, to ABSENT where it is unknown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MANIFEST_SCHEMA "urn:reprise:manifest:1"
#define ABSENT INT64_MIN

struct strlist {
	char **items;
	size_t count;
};

static inline bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i], s) == 0)
			return true;
	return false;
}

/*
 * A value is NULL when the name came without one (environ(7) may hold strings
 * without '='), and a key may come more than once; the file keeps both, with
 * all values of a key at its first place.
 */
struct kv {
	char *key;
	char *value;
};

struct kvlist {
	struct kv *items;
	size_t count;
};

/* The value of the first of a key; NULL: none. */
static inline char *kvlist_value(const struct kvlist *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->items[i].key, key))
			return l->items[i].value;
	return NULL;
}

/* Lists are { items, count } of the element struct. */
#define LIST_OF(type)               \
	struct {                    \
		struct type *items; \
		size_t count;       \
	}

struct m_tool {
	char *name;
	char *version;
};

struct m_resource_usage {
	double wall_s, user_s, sys_s;
	int64_t max_rss_bytes;
};

struct m_user {
	int64_t uid, gid;
	struct strlist groups; /* numbers, as strings */
};

struct m_host {
	char *name;              /* nodename of uname(2) */
	char *os;                /* PRETTY_NAME of os-release(5) */
	char *kernel;            /* release of uname(2) */
	char *architecture;      /* machine of uname(2) */
	char *libc;              /* "glibc 2.36" */
	int64_t available_bytes; /* of memory, when the run began */
};

/* What differs between two runs of the same thing is in here. */
struct m_run {
	char *id; /* uuid, lower case */
	char *name;
	char *group;
	char *status; /* completed | failed | killed | incomplete */
	int64_t exit_code;
	char *signal;  /* "SIGTERM"; absent when it exited */
	char *started; /* RFC 3339, UTC, microseconds */
	char *ended;
	struct m_resource_usage resource_usage;
	struct m_user user;
	struct m_host host;
	char *backend; /* notify | ptrace: the engine that watched */
	struct kvlist tags;
};

/* One of the command's standard streams. */
struct m_stream {
	char *kind; /* file | pipe | tty | socket | null | closed | other */
	char *path; /* of a file or a device */
	int64_t offset;
};

struct m_command {
	struct strlist argv;
	char *executable; /* absolute path after the PATH search */
	char *cwd;
	char *umask; /* "0022" */
	struct m_stream stdin_, stdout_, stderr_;
};

/* One version-controlled tree that the run read files of. */
struct m_code {
	char *vcs;    /* "git" */
	char *root;   /* of the work tree */
	char *url;    /* of the remote, without credentials */
	char *commit; /* absent: nothing is committed yet */
	char *branch; /* absent: a detached HEAD */
	bool dirty;   /* a file that was read was none of `commit` */
	char *patch;  /* digest of the object that makes `modified` of it */
	int64_t files_read;
	struct strlist modified;  /* relative to `root`, as they were read */
	struct strlist untracked; /* "dir/" stands for many in a directory */
};

struct m_parameter {
	char *name;   /* "optimizer.lr" */
	char *value;  /* as it was spelled; absent: a secret */
	char *source; /* "argv", or the file that it was read from */
};

/* A result that a file of metrics told, last. */
struct m_metric {
	char *name;   /* "val.accuracy" */
	char *value;  /* as it was spelled */
	char *source; /* the file */
};

struct m_limit {
	char *name; /* "nofile": RLIMIT_* in lower case */
	char *soft; /* decimal, or "unlimited" */
	char *hard;
};

struct m_environment {
	struct kvlist variables; /* in the order of environ */
	struct strlist redacted; /* names only */
	LIST_OF(m_limit) limits;
};

/* One result of the CPUID instruction, as "0x%08x". */
struct m_cpuid {
	char *leaf, *subleaf;
	char *eax, *ebx, *ecx, *edx;
};

/*
 * A line that each paragraph of /proc/cpuinfo has. Without values: those are in
 * a field of their own (m_cpu), or are a measurement (cpu MHz).
 */
struct m_cpuinfo {
	char *key;
	struct strlist values; /* one for each processor online, or for all */
};

struct m_cache {
	int64_t level;
	char *type; /* Data | Instruction | Unified */
	int64_t size_bytes;
	int64_t line_bytes;
	int64_t ways;
	char *shared_by; /* processors that share it with the first one */
};

/* A node of memory. */
struct m_node {
	int64_t number;
	char *cpus; /* absent: it has none */
	int64_t memory_bytes;
	char *distances; /* to each node, "10 21" */
};

struct m_topology {
	int64_t sockets;
	int64_t cores; /* of all sockets */
	int64_t threads_per_core;
	int64_t numa_nodes;
	LIST_OF(m_cache) caches; /* of the first processor */
	LIST_OF(m_node) nodes;
};

/* What the control groups above the run allow. */
struct m_cpu_limit {
	int64_t quota_us; /* processor time in each period */
	int64_t period_us;
	char *cpuset;    /* processors */
	int64_t version; /* of the control groups: 1 or 2 */
};

struct m_cpu {
	char *vendor;
	char *model_name;
	/* x86: numbers as in /proc/cpuinfo; aarch64: architecture, part and
	 * revision of it. */
	char *family, *model, *stepping, *microcode;
	struct strlist flags;
	char *isa_level; /* "x86-64-v3" */
	char *online;    /* kernel list format, "0-7,16" */
	char *possible;
	char *present;
	int64_t kernel_max; /* the highest number that its kernel can use */
	char *affinity;
	int64_t count; /* processors in `affinity` */
	struct m_cpu_limit cgroup;
	struct m_topology topology;
	char *cpuid_faulting;       /* available | unavailable */
	LIST_OF(m_cpuinfo) cpuinfo; /* but for the line "processor" */
	LIST_OF(m_cpuid) cpuid;
};

struct m_memory {
	int64_t total_bytes;
	int64_t swap_bytes;
	int64_t cgroup_limit_bytes;
	int64_t cgroup_swap_limit_bytes;
};

/* A part of an NVIDIA GPU. */
struct m_mig {
	char *instance; /* "gi1", and "gi1/ci0" in it */
	char *device_node;
};

struct m_accelerator {
	char *vendor; /* nvidia | amd | intel */
	char *model;
	char *uuid;
	char *pci;          /* address, "0000:07:00.0" */
	char *pci_id;       /* vendor and device, "10de:20b0" */
	char *architecture; /* "gfx90a" */
	char *driver;       /* kernel module */
	char *driver_version;
	char *firmware;
	char *vbios;
	int64_t memory_bytes;
	int64_t compute_units;
	int64_t minor; /* NVIDIA: N of /dev/nvidiaN */
	struct strlist device_nodes;
	LIST_OF(m_mig) mig;
	bool used; /* the run opened one of its device nodes */
};

struct m_hardware {
	struct m_cpu cpu;
	struct m_memory memory;
	LIST_OF(m_accelerator) accelerators;
};

/* A file of a package that was not as its package had installed it. */
struct m_altered {
	char *path;
	char *installed; /* "sha256:..." or "md5:...", by the package's record */
	char *digest;    /* what the run used: "sha256:..." */
};

/* A package that the run used a file of. */
struct m_package {
	char *id;   /* "p1"; libraries and rows of files.yaml name it */
	char *purl; /* pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12 */
	char *type; /* of the purl: deb | rpm | pypi | conda | huggingface | ... */
	char *name;
	char *version;
	char *source; /* "name version": what it was built from, deb and rpm */
	char *location; /* of what knows it: "/" or a directory of Python's */
	int64_t files_used;
	int64_t files_total; /* ABSENT: its record does not tell */
	LIST_OF(m_altered) altered;
};

/* An ELF file that was executed, or mapped executable. */
struct m_library {
	char *path;
	char *digest;
	char *soname;
	char *build_id;  /* NT_GNU_BUILD_ID, hexadecimal */
	char *package;   /* id in packages */
	char *component; /* "cudnn", "openblas": by SONAME and file name */
	char *version;   /* of the component */
	char *loaded_by; /* exec | interp | preload | needed | dlopen */
	struct strlist needed;      /* DT_NEEDED */
	struct strlist runpath;     /* DT_RPATH and DT_RUNPATH, directories */
	struct kvlist requires;     /* highest of each: GLIBC "2.34" */
	char *isa_level;            /* that it needs: "x86-64-v3" */
	char *note_package;         /* .note.package, JSON */
	struct strlist note_dlopen; /* of .note.dlopen, JSON each */
	struct strlist processes;   /* ids; as they were mapped */
};

/* An input or an output: one file, or one root of data with its table. */
struct m_data {
	char *id; /* "in1", "out1" */
	char *path;
	char *kind; /* file | tree */
	char *role; /* code | dataset | model | configuration | checkpoint |
		       log | metrics | other */
	int64_t files;
	int64_t bytes;
	char *digest; /* of the file, or of the tree's table */
	char *mode;   /* outputs of kind file: "0644" */
	bool stored;  /* false: by reference, or redacted */
	char *origin;
	char *written_by; /* process id in `processes` */
};

struct m_files {
	char *path; /* "files.yaml" */
	char *digest;
	int64_t entries;
};

struct m_process {
	char *id; /* "p1": one for each exec */
	char *parent;
	char *executable;
	struct strlist argv;
	char *cwd;
	struct strlist env_added; /* NAME=VALUE against the command's own */
	int64_t exit_code;        /* ABSENT: unknown; 128+n: signal n */
};

struct m_processes {
	int64_t count; /* execs and forks */
	LIST_OF(m_process) items;
};

struct m_device {
	char *path;
	char *type; /* char | block */
	int64_t major, minor;
	char *access; /* "r", "w", "rw" */
	bool accelerator;
};

struct m_network {
	char *family;    /* unix | inet | inet6 | netlink | ... */
	char *protocol;  /* stream | dgram | ... */
	char *direction; /* connect | bind */
	char *peer;      /* "192.0.2.1:443", "/run/x.sock", "@abstract" */
	char *role;
};

/* Something known not to have been recorded or rebuilt. */
struct m_gap {
	char *kind;   /* a word: "unreadable", "changed", "io-uring", ... */
	char *path;   /* what it hurts, when it is a file */
	char *detail; /* one line for a person */
};

struct m_completeness {
	char *aggregate; /* complete | incomplete */
	LIST_OF(m_gap) gaps;
	/* What the reader should know although nothing is missing. */
	LIST_OF(m_gap) notes;
};

struct manifest {
	char *schema;
	struct m_tool tool;
	struct m_run run;
	struct m_command command;
	LIST_OF(m_code) code;
	LIST_OF(m_parameter) parameters;
	LIST_OF(m_metric) metrics;
	struct m_environment environment;
	struct m_hardware hardware;
	LIST_OF(m_package) packages;
	/* Object: "PURL LOCATION" of each installed package, sorted lines. */
	char *installed;
	LIST_OF(m_library) libraries;
	LIST_OF(m_data) inputs;
	LIST_OF(m_data) outputs;
	struct m_files files;
	struct m_processes processes;
	LIST_OF(m_device) devices;
	LIST_OF(m_network) network;
	struct m_completeness completeness;
};
