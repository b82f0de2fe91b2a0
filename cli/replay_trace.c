/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise replay --trace`: the replay's command as a guest of a capture. */
#include "cli/replay_trace.h"
#include "base/arena.h"
#include "capture/guest.h"
#include "cli/cli.h"
#include "store/store.h"

/* By which a run says whose replay it is. */
#define TAG "replay-of"

static int begin(void *arg, const struct trace_subject *subject,
	struct iso_watcher *watcher, struct err *e)
{
	struct replay_tracing *t = arg;
	struct kv tag = {(char *)TAG, (char *)subject->run};
	const struct capture_guest_spec spec = {
		.store = t->tracer.store,
		.iso = subject->iso,
		.tags = {&tag, 1},
		.by_reference = subject->by_reference,
		.cpu = subject->cpu,
		.memory = subject->memory,
	};

	t->guest = capture_guest_new(&spec, e);
	*watcher = (struct iso_watcher){
		capture_guest_attach, capture_guest_begin, t->guest};
	return t->guest ? 0 : -1;
}

static int end(void *arg, const struct iso_result *result,
	char id[RUN_ID_LEN + 1], struct err *e)
{
	struct replay_tracing *t = arg;

	return capture_guest_end(t->guest, result, id, e);
}

const struct replay_tracer *replay_tracing_open(struct replay_tracing *t,
	struct invocation *in, bool dry, struct err *e)
{
	t->tracer = (struct replay_tracer){begin, end, NULL, t};
	if (!dry)
		t->tracer.store = cli_open_store(in, true, e);
	return dry || t->tracer.store ? &t->tracer : NULL;
}

void replay_tracing_close(struct replay_tracing *t)
{
	capture_guest_free(t->guest);
	store_close(t->tracer.store);
}
