// SPDX-License-Identifier: Apache-2.0
/* What runs a program: its #! chain and its ELF interpreter. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "host/elf.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The kernel follows this many #! lines (exec_binprm); the last one may name a
 * program with an ELF interpreter. */
#define SCRIPTS_MAX 5

/* The first line of a script: "#! interpreter [argument]". */
static char *script_interpreter(struct arena *a, const char *buf, ssize_t n)
{
	const char *p = buf + 2, *end = buf + n;
	size_t len;

	if (n < 3 || buf[0] != '#' || buf[1] != '!')
		return NULL;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	len = 0;
	while (p + len < end && !strchr(" \t\n", p[len]) && p[len])
		len++;
	return len ? arena_memdup(a, p, len) : NULL;
}

bool program_touch(struct capture *cap, pid_t tid, const struct place *p,
	struct arena *scratch)
{
	struct place cur = *p;

	for (int i = 0; i <= SCRIPTS_MAX && cur.path; i++) {
		struct touch next = {.dirfd = AT_FDCWD, .intent = INTENT_EXEC};
		autoclose int fd =
			open(cur.access, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		char buf[256];
		ssize_t n = fd < 0 ? 0 : pread(fd, buf, sizeof(buf), 0);

		next.path = n > 0 ? binfmt_interpreter(cap, tid, &cur, buf,
					    (size_t)n, scratch)
				  : NULL;
		if (!next.path)
			next.path = script_interpreter(scratch, buf, n);
		/* A script is read by its interpreter, too. */
		if (!next.path)
			next.path = n > 0 ? elf_interpreter(fd, scratch) : NULL;
		if (!next.path ||
			resolve(cap->resolver, tid, &next, scratch, &cur) < 0)
			return !next.path;
		touch_place(cap, &cur, cur.st.exists ? ACCESS_X : 0);
		if (!cur.st.exists || cur.by_proc)
			return false;
	}
	return true;
}
