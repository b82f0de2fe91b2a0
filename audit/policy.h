/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy: what a run must not have used, as a YAML list of rules.
 *
 *	- forbid: liblzma>=5.6.0,<5.6.2	# a requirement, or a list of them
 *	  reason: CVE-2024-3094		# said with each hit
 *	- unowned: true			# ELF files that no package has
 *	  except: [/opt/site/]		# requirements: these are allowed
 *	- altered: true			# files that are not as installed
 *	- network: true			# addresses other than this host's
 *	- gaps: true			# what could not be recorded
 *
 * An item that is a string is short for `forbid`.
 */
#pragma once

#include "audit/requirement.h"
#include "manifests/model.h"

struct arena;
struct err;

enum policy_kind {
	POLICY_FORBID,
	POLICY_ALTERED,
	POLICY_GAPS,
	POLICY_NETWORK,
	POLICY_UNOWNED,
};

/* "forbid" and so on, as in the file. */
const char *policy_word(enum policy_kind kind);

struct policy_rule {
	enum policy_kind kind;
	size_t line; /* from 1 */
	const char *reason;
	LIST_OF(requirement) forbid; /* of POLICY_FORBID: one or more */
	LIST_OF(requirement) except; /* not of network and gaps */
};

struct policy {
	const char *name; /* of its file, for messages */
	struct policy_rule *rules;
	size_t count;
};

/* A policy file is no longer than this. */
#define POLICY_MAX ((size_t)1 << 20)

/*
 * Memory from the arena. Bad YAML, unknown keys, rules that say nothing or two
 * things fail with "NAME:LINE:COLUMN: what is wrong".
 */
int policy_read(struct policy *p, struct arena *a, const char *name,
	const char *text, size_t len, struct err *e);
/* The same of a file. */
int policy_read_file(
	struct policy *p, struct arena *a, const char *path, struct err *e);
