/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recording a command in a sandbox that somebody else makes: a replay that is
 * captured, too. The run's paths are those that the command sees, its owners
 * and its environment as well.
 *
 * Two processes: the one that makes the sandbox has the store open and makes
 * the run; the recorder, its child, traces the command from outside of the
 * sandbox, looking at the sandbox's files (isolation_enter()), and publishes
 * the run when all in it has ended. The recorder is beyond the command's reach,
 * and loads and configures nothing from where it looks: repositories (libgit2)
 * are not read, the digest cache is not used.
 */
#pragma once

#include "manifests/model.h"
#include "store/runs.h"
#include <sys/types.h>

struct capture_guest;
struct err;
struct isolation;
struct iso_result;
struct store;

struct capture_guest_spec {
	struct store *store; /* writable */
	/* What the command sees of itself, and what is recorded of it. */
	const struct isolation *iso;
	struct kvlist tags;
	struct strlist by_reference; /* paths in the sandbox */
	/* What the command is shown of the machine; NULL: this host. */
	const struct m_cpu *cpu;
	const struct m_memory *memory;
};

/*
 * Make the run. Fails with a remedy where a command cannot be traced. What the
 * spec points to must stay until the guest is freed.
 */
struct capture_guest *capture_guest_new(
	const struct capture_guest_spec *spec, struct err *e);

/* For struct iso_watcher, which says where they are called. */
int capture_guest_attach(void *guest, pid_t command, struct err *e);
int capture_guest_begin(void *guest, struct err *e);

/*
 * The sandbox has ended; `end` is NULL when its command never started: then
 * there is no run. Else waits until the run is published, and gives its id. -1
 * and why when it is not.
 */
int capture_guest_end(struct capture_guest *g, const struct iso_result *end,
	char id[RUN_ID_LEN + 1], struct err *e);
void capture_guest_free(struct capture_guest *g);
