// SPDX-License-Identifier: Apache-2.0
/* MemTotal of /proc/meminfo, given in units of 1,024 bytes (proc(5)). */
#include "host/memory.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

void memory_read(struct m_memory *m, const char *root)
{
	autostrbuf text = STRBUF_INIT;
	autofree char *path = NULL;
	long long kib;
	const char *p;

	m->total_bytes = ABSENT;
	if (asprintf(&path, "%s/proc/meminfo", root) < 0 ||
		fs_slurp(path, &text) < 0)
		return;
	p = text.s ? strstr(text.s, "MemTotal:") : NULL;
	if (p && sscanf(p + 9, "%lld", &kib) == 1)
		m->total_bytes = kib * 1024;
}
