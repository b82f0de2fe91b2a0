// SPDX-License-Identifier: Apache-2.0
/* How the command ended, as the manifest says it. */
#include "capture/ending.h"
#include "base/arena.h"
#include "capture/record.h"
#include "capture/surroundings.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

struct ending ending_now(int status, const struct rusage *usage)
{
	return (struct ending){
		.status = status,
		.time = now_us(),
		.user_s = seconds(&usage->ru_utime),
		.sys_s = seconds(&usage->ru_stime),
		/* ru_maxrss is in KiB (getrusage(2)). */
		.max_rss_bytes = usage->ru_maxrss * 1024,
	};
}

void ending_apply(struct manifest *m, struct arena *a, const struct ending *end)
{
	struct m_run *run = &m->run;
	long long started = rfc3339_us(run->started);

	run->ended = rfc3339(a, end->time);
	if (started > 0)
		run->resource_usage.wall_s = (double)(end->time - started) / 1e6;
	run->resource_usage.user_s = end->user_s;
	run->resource_usage.sys_s = end->sys_s;
	run->resource_usage.max_rss_bytes = end->max_rss_bytes;
	if (WIFSIGNALED(end->status)) {
		run->status = (char *)"failed";
		run->signal = arena_printf(
			a, "SIG%s", sigabbrev_np(WTERMSIG(end->status)));
		run->exit_code = 128 + WTERMSIG(end->status);
	} else {
		run->exit_code = WEXITSTATUS(end->status);
		run->status = (char *)(run->exit_code ? "failed" : "completed");
	}
}
