// SPDX-License-Identifier: Apache-2.0
/* Probes of how a command can be watched: what capture itself goes by. */
#include "sandbox/isolation/host_probe.h"
#include "sandbox/watch/support.h"

/* One part of it, or what all parts together make. */
static void answer(struct finding *f, bool refused,
	const struct watch_refusal *why, const char *works)
{
	if (refused)
		found(f, SUPPORT_NO, why->remedy, "%s", why->detail);
	else
		found(f, SUPPORT_YES, NULL, "%s", works);
}

void probe_capture(struct finding *f)
{
	enum watch_backend backend = BACKEND_AUTO;
	struct watch_refusal why;
	struct watch_support s;
	bool refused;

	watch_support_probe(&s, backend, false);
	refused = watch_decide(&s, &backend, &why) < 0;
	if (s.captured)
		answer(f, false, NULL,
			"this is being captured already: a command runs "
			"plainly, and the outer record has it");
	else
		answer(f, refused, &why,
			backend == BACKEND_NOTIFY
				? "by seccomp user notification"
				: "by ptrace");
}

void probe_memory(struct finding *f)
{
	struct watch_refusal why;
	struct watch_support s;

	watch_support_probe(&s, BACKEND_AUTO, false);
	answer(f, watch_explain_common(&s, &why), &why,
		"a child's memory can be read");
}

void probe_notify(struct finding *f)
{
	struct watch_refusal why;
	struct watch_support s;

	watch_support_probe(&s, BACKEND_NOTIFY, false);
	answer(f, watch_explain_notify(&s, &why), &why, "works");
}

void probe_ptrace(struct finding *f)
{
	struct watch_refusal why;
	struct watch_support s;

	watch_support_probe(&s, BACKEND_PTRACE, false);
	answer(f, watch_explain_ptrace(&s, &why), &why, "a child can be traced");
}
