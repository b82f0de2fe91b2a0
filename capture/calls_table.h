/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the table of calls and what decodes them; nobody else's. */
#pragma once

#include "capture/calls.h"
#include <stdint.h>

/* How the flags argument of a call is read. */
enum flags_kind {
	FLAGS_NONE,
	FLAGS_OPEN,   /* O_* */
	FLAGS_HOW,    /* struct open_how, openat2(2) */
	FLAGS_AT,     /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	FLAGS_LINK,   /* AT_SYMLINK_FOLLOW */
	FLAGS_RENAME, /* RENAME_* */
	FLAGS_UNLINK, /* AT_REMOVEDIR */
};

struct path_arg {
	int8_t dirfd; /* argument number, or NONE for the cwd */
	int8_t path;
	uint8_t intent;
	bool nofollow;
};

struct call_def {
	struct call_spec spec;
	enum verb verb;
	struct path_arg path[2];
	uint8_t paths;
	enum flags_kind kind;
	int8_t flags; /* argument number */
};

#define NONE (-1)

const struct call_def *call_definition(const struct call *c);
