// SPDX-License-Identifier: Apache-2.0
/* What runs a program: its #! chain and its ELF interpreter. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "host/elf.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

unsigned program_how(const struct touched *t, const struct state *st, unsigned how)
{
	return state_same_content(&t->first, st) ? how : how | LOAD_CHANGED;
}

static void add_part(struct program *p, struct touched *t,
	const struct state *st, unsigned how)
{
	if (t && p->count < sizeof(p->parts) / sizeof(*p->parts))
		p->parts[p->count++] =
			(struct program_part){t, program_how(t, st, how)};
}

bool program_touch(struct capture *cap, pid_t tid, struct program *p,
	struct touched *t, struct arena *scratch)
{
	struct place cur = p->place;
	unsigned how = LOAD_EXEC;

	for (int i = 0; i <= SCRIPTS_MAX && cur.path; i++) {
		struct touch next = {.dirfd = AT_FDCWD, .intent = INTENT_EXEC};
		autoclose int fd = fs_open(cur.access, O_RDONLY | O_NONBLOCK);
		char buf[256];
		ssize_t n = fd < 0 ? 0 : pread(fd, buf, sizeof(buf), 0);

		next.path = n > 0 ? binfmt_interpreter(cap, tid, &cur, buf,
					    (size_t)n, scratch)
				  : NULL;
		if (!next.path)
			next.path = script_interpreter(scratch, buf, n);
		/* A script is read by its interpreter, too. */
		if (!next.path) {
			add_part(p, t, &cur.st, how);
			how = LOAD_INTERP;
			next.path = n > 0 ? elf_interpreter(fd, scratch) : NULL;
		}
		if (!next.path ||
			resolve(cap->resolver, tid, &next, scratch, &cur) < 0)
			return !next.path;
		t = touch_place(cap, &cur, cur.st.exists ? ACCESS_X : 0);
		if (!cur.st.exists || cur.by_proc)
			return false;
	}
	return true;
}
