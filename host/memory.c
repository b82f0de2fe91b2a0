// SPDX-License-Identifier: Apache-2.0
/* Totals of /proc/meminfo, given in units of 1,024 bytes (proc(5)). */
#include "host/memory.h"
#include "base/strbuf.h"
#include "host/cgroup.h"
#include "host/files.h"

#include <stdio.h>
#include <string.h>

static int64_t total(const char *text, const char *key)
{
	const char *p = strstr(text, key);
	long long kib;

	if (!p || sscanf(p + strlen(key), "%lld", &kib) != 1 || kib < 0 ||
		kib > INT64_MAX / 1024)
		return ABSENT;
	return kib * 1024;
}

int64_t memory_available(const char *root)
{
	autostrbuf text = STRBUF_INIT;

	if (host_slurp(root, "/proc/meminfo", &text) < 0)
		return ABSENT;
	return total(text.s, "MemAvailable:");
}

void memory_read(struct m_memory *m, const char *root)
{
	autostrbuf text = STRBUF_INIT;

	m->total_bytes = m->swap_bytes = ABSENT;
	if (host_slurp(root, "/proc/meminfo", &text) == 0) {
		m->total_bytes = total(text.s, "MemTotal:");
		m->swap_bytes = total(text.s, "SwapTotal:");
	}
	cgroup_read_memory(m, root);
}
