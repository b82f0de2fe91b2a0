// SPDX-License-Identifier: Apache-2.0
/* The requested fault of a test build; see fault.h. */
#include "base/fault.h"

#ifdef REPRISE_FAULTS
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const struct {
	const char *name;
	int code;
} codes[] = {
	{"EACCES", EACCES},
	{"EBADF", EBADF},
	{"EINTR", EINTR},
	{"EINVAL", EINVAL},
	{"EIO", EIO},
	{"EMFILE", EMFILE},
	{"ENOENT", ENOENT},
	{"ENOMEM", ENOMEM},
	{"ENOSPC", ENOSPC},
	{"ENOSYS", ENOSYS},
	{"EDQUOT", EDQUOT},
	{"EPERM", EPERM},
	{"EROFS", EROFS},
	{"ESTALE", ESTALE},
	{"EBUSY", EBUSY},
};

static struct {
	char name[64];
	int code; /* 0: kill */
	long nth;
	long seen;
	bool hit;
	pid_t owner; /* only this process reports a fault never reached */
	bool ready;
} fault;

static void report(void)
{
	if (!fault.hit && getpid() == fault.owner) {
		fprintf(stderr, "fault '%s' was never hit\n", fault.name);
		_exit(99);
	}
}

static void parse(const char *spec)
{
	const char *eq = strchr(spec, '='), *colon;
	char word[16] = "EIO";
	size_t len = eq ? (size_t)(eq - spec) : strlen(spec);

	if (len >= sizeof(fault.name))
		len = sizeof(fault.name) - 1;
	memcpy(fault.name, spec, len);
	colon = strchr(spec, ':');
	fault.nth = colon ? atol(colon + 1) : 1;
	if (eq)
		snprintf(word, sizeof(word), "%.*s",
			(int)(colon ? colon - eq - 1 : 15), eq + 1);
	fault.code = strcmp(word, "kill") == 0 ? 0 : EIO;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (strcmp(codes[i].name, word) == 0)
			fault.code = codes[i].code;
	fault.owner = getpid();
	atexit(report);
}

bool fault_hit(const char *name)
{
	const char *spec;

	if (!fault.ready) {
		fault.ready = true;
		spec = getenv("REPRISE_FAULT");
		if (spec && *spec)
			parse(spec);
	}
	if (!fault.name[0] || strcmp(name, fault.name) != 0 ||
		++fault.seen != fault.nth)
		return false;
	fault.hit = true;
	if (!fault.code)
		raise(SIGKILL);
	errno = fault.code;
	return true;
}
#else
/* An empty translation unit is not C: give the linter something. */
typedef int fault_is_off;
#endif
