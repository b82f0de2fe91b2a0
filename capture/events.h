/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's records: small structs followed by strings with their NULs. */
#pragma once

#include "base/digest.h"
#include "capture/state.h"
#include <stdint.h>

enum event_type {
	EVENT_BEGIN = 1,  /* the manifest as YAML text */
	EVENT_TOUCH,      /* struct event_touch; path, target */
	EVENT_ACCESS,     /* struct event_bits */
	EVENT_WRITTEN,    /* struct event_bits: the writer */
	EVENT_APPENDED,   /* struct event_bits: 0 or 1 */
	EVENT_LISTING,    /* struct event_bits: the number; names */
	EVENT_PRESERVED,  /* struct event_digest */
	EVENT_NOT_STORED, /* struct event_bits */
	EVENT_MOVED,      /* struct event_bits: 1 a directory; the new path */
	EVENT_GONE,       /* struct event_bits: 1 emptied */
	EVENT_PROCESS,    /* struct event_process; executable, cwd, args, env */
	EVENT_EXIT,       /* struct event_bits: the code */
	EVENT_FORK,       /* nothing */
	EVENT_DEVICE,     /* struct event_device; path, type, access */
	EVENT_NETWORK,    /* family, protocol, direction, peer, role */
	EVENT_GAP,        /* kind, path, detail */
	EVENT_END,        /* struct event_end */
	EVENT_OPTIONS,    /* struct event_options; paths by reference */
	EVENT_REDACT,     /* struct event_bits: patterns; the patterns */
	EVENT_TOUCH_EARLIER, /* as EVENT_TOUCH */
	EVENT_BACK,          /* struct event_bits */
	EVENT_UNMOVED,       /* struct event_bits */
	EVENT_UNFORK,        /* nothing: one fork less */
	EVENT_EXCHANGED, /* two struct event_bits: 1 a directory; the other */
	EVENT_LOADED,    /* struct event_loaded */
};

struct event_touch {
	uint32_t access;
	struct state st;
};

struct event_bits {
	uint32_t index;
	uint32_t bits;
};

struct event_digest {
	uint32_t index;
	struct digest digest;
};

struct event_process {
	uint32_t parent;
	int32_t tgid;
	uint32_t argc, envc;
};

struct event_loaded {
	uint32_t process;
	uint32_t index; /* of the touched path */
	uint32_t how;
};

struct event_device {
	int64_t major, minor;
	uint32_t accelerator;
};

struct event_end {
	int32_t status;
	int64_t time;
	double user_s, sys_s;
	int64_t max_rss_bytes;
};

struct event_options {
	uint64_t keep;
	uint32_t by_reference; /* number of paths */
	uint32_t whole;        /* 0 in journals that are older than it */
};
