/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes of host_support.c: each tries one thing in a process of its own, and
 * says what it saw and what would help.
 */
#pragma once

#include "sandbox/isolation/isolation.h"

struct finding {
	enum support_state state;
	char detail[300];
	char remedy[300]; /* "": none */
};

/* For a probe's return: fill the finding. `remedy` may be NULL. */
void found(struct finding *f, enum support_state state, const char *remedy,
	const char *detail, ...) __attribute__((format(printf, 4, 5)));

/* probe_mounts.c */
void probe_user_namespaces(struct finding *f);
void probe_host_name(struct finding *f);
void probe_mounts(struct finding *f);
void probe_proc(struct finding *f);
void probe_metadata_root(struct finding *f);
void probe_cache_root(struct finding *f);

/* probe_watch.c */
void probe_capture(struct finding *f);
void probe_memory(struct finding *f);
void probe_notify(struct finding *f);
void probe_ptrace(struct finding *f);

/* probe_kernel.c */
void probe_wait_killable(struct finding *f);
void probe_sync_wake_up(struct finding *f);
void probe_landlock(struct finding *f);
void probe_cpuid(struct finding *f);
void probe_id_ranges(struct finding *f);
