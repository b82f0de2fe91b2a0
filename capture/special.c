// SPDX-License-Identifier: Apache-2.0
/* What is opened and is no file: devices and named pipes. */
#include "capture/context.h"
#include "capture/touch.h"
#include "host/accelerators.h"

#include <string.h>
#include <sys/stat.h>

static bool is_opening(const struct touch *t)
{
	return t->intent == INTENT_READ || t->intent == INTENT_WRITE ||
	       t->intent == INTENT_APPEND || t->intent == INTENT_TRUNCATE;
}

static void open_device(
	struct capture *cap, const struct place *p, const struct touch *t)
{
	struct m_device d = {
		.path = (char *)p->path,
		.type = (char *)(S_ISCHR(p->st.mode) ? "char" : "block"),
		.major = p->st.major,
		.minor = p->st.minor,
		.access = (char *)(t->intent == INTENT_READ ? "r"
				   : t->reads               ? "rw"
							    : "w"),
		.accelerator = accelerator_has_node(p->path),
	};

	record_device(&cap->rec, &d);
	if (S_ISBLK(p->st.mode))
		record_gap(&cap->rec, "block-device", p->path,
			"was opened: what is on it is not recorded");
}

/* One that was there before the run has somebody else at its other end. */
static void open_fifo(
	struct capture *cap, const struct place *p, const struct touch *t)
{
	const struct touched *row = record_find(&cap->rec, p->path);
	bool made = row && (row->access & ACCESS_N);

	if (t->reads && !made)
		record_gap(&cap->rec, "pipe", p->path,
			"is a named pipe that was there before: what was read "
			"from it is not recorded");
}

void touch_special(
	struct capture *cap, const struct place *p, const struct touch *t)
{
	if (!p->st.exists || !is_opening(t))
		return;
	if (S_ISCHR(p->st.mode) || S_ISBLK(p->st.mode))
		open_device(cap, p, t);
	else if (S_ISFIFO(p->st.mode))
		open_fifo(cap, p, t);
}
