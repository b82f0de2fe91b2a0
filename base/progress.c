// SPDX-License-Identifier: Apache-2.0
/* The line of progress. */
#include "base/progress.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_MS 1000
#define EVERY_MS 200

void progress_begin(
	struct progress *p, const char *what, uint64_t total, bool terminal)
{
	*p = (struct progress){.what = what, .total = total};
	p->on = terminal && log_get_level() >= LOG_NORMAL;
	p->start = p->on ? clock_ms() : 0;
}

static void show(const char *line)
{
	/* Nobody is left to tell when stderr itself is gone. */
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
}

void progress_step(struct progress *p, uint64_t done)
{
	char line[160];
	int64_t now;

	if (!p->on)
		return;
	now = clock_ms();
	if (now - p->start < FIRST_MS || now - p->last < EVERY_MS)
		return;
	p->last = now;
	p->shown = true;
	snprintf(line, sizeof(line), "\r\033[Kreprise: %s %llu of %llu (%d %%)",
		p->what, (unsigned long long)done, (unsigned long long)p->total,
		p->total ? (int)(done * 100 / p->total) : 100);
	show(line);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		show("\r\033[K");
	p->on = p->shown = false;
}
