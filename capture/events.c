// SPDX-License-Identifier: Apache-2.0
/* Reading a journal back into a record, through the record's own functions. */
#include "capture/events.h"
#include "base/arena.h"
#include "base/err.h"
#include "capture/record.h"
#include "store/journal.h"

#include <string.h>
#include <sys/stat.h>

/* What is left of one record. */
struct cursor {
	const char *p;
	size_t len;
};

static int take(struct cursor *c, void *out, size_t n)
{
	if (c->len < n)
		return -1;
	memcpy(out, c->p, n);
	c->p += n;
	c->len -= n;
	return 0;
}

/* A string, "" when the record ends: every string has its NUL. */
static const char *word(struct cursor *c)
{
	const char *s = c->p, *nul = c->len ? memchr(s, 0, c->len) : NULL;

	if (!nul) {
		c->len = 0;
		return "";
	}
	c->len -= (size_t)(nul + 1 - s);
	c->p = nul + 1;
	return s;
}

static void words(
	struct cursor *c, struct arena *a, uint32_t n, struct strlist *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < n && c->len; i++)
		*ARENA_PUSH(a, out->items, out->count) = (char *)word(c);
}

static struct touched *touched_at(struct record *r, uint32_t index)
{
	return index < r->touched_count ? r->touched[index] : NULL;
}

static void apply_bits(
	struct record *r, uint32_t type, struct cursor *c, struct arena *a)
{
	static const struct state directory = {.mode = S_IFDIR};
	struct event_bits ev, other;
	struct strlist names;
	struct touched *t;

	if (take(c, &ev, sizeof(ev)) < 0)
		return;
	if (type == EVENT_EXIT) {
		if (ev.index >= 1 && ev.index <= r->process_count)
			record_exit(r, r->processes[ev.index - 1], (int)ev.bits);
		return;
	}
	t = touched_at(r, ev.index);
	if (!t)
		return;
	switch (type) {
	case EVENT_ACCESS:
		record_access(r, t, ev.bits);
		break;
	case EVENT_WRITTEN:
		record_written(r, t, ev.bits);
		break;
	case EVENT_APPENDED:
		record_appended(r, t);
		break;
	case EVENT_LISTING:
		words(c, a, ev.bits, &names);
		record_listing(r, t, &names);
		break;
	case EVENT_NOT_STORED:
		record_not_stored(r, t);
		break;
	case EVENT_MOVED:
		record_moved(r, t, word(c), ev.bits ? &directory : NULL);
		break;
	case EVENT_GONE:
		record_gone(r, t, NULL, ev.bits);
		break;
	case EVENT_BACK:
		record_back(r, t);
		break;
	case EVENT_UNMOVED:
		record_unmoved(r, t);
		break;
	case EVENT_EXCHANGED:
		if (take(c, &other, sizeof(other)) == 0 &&
			touched_at(r, other.index))
			record_exchanged(r, t, ev.bits ? &directory : NULL,
				touched_at(r, other.index), NULL);
		break;
	}
}

static void apply_process(struct record *r, struct cursor *c, struct arena *a)
{
	struct m_process m = {0};
	struct event_process ev;

	if (take(c, &ev, sizeof(ev)) < 0)
		return;
	m.executable = (char *)word(c);
	m.cwd = (char *)word(c);
	words(c, a, ev.argc, &m.argv);
	words(c, a, ev.envc, &m.env_added);
	record_process(r, ev.parent, ev.tgid, 0, &m);
}

static void apply_loaded(struct record *r, struct cursor *c)
{
	struct event_loaded ev;

	if (take(c, &ev, sizeof(ev)) == 0 && touched_at(r, ev.index))
		record_loaded(r, ev.process, touched_at(r, ev.index), ev.how);
}

static void apply_device(struct record *r, struct cursor *c)
{
	struct event_device ev;
	struct m_device d;

	if (take(c, &ev, sizeof(ev)) < 0)
		return;
	d = (struct m_device){.major = ev.major,
		.minor = ev.minor,
		.accelerator = ev.accelerator};
	d.path = (char *)word(c);
	d.type = (char *)word(c);
	d.access = (char *)word(c);
	record_device(r, &d);
}

static void apply(
	struct record *r, uint32_t type, struct cursor c, struct arena *a)
{
	struct event_touch touch;
	struct event_digest digest;
	struct event_end end;
	struct event_options options;
	struct event_bits bits;
	struct strlist paths;
	struct m_network n = {0};
	const char *path, *kind;

	switch (type) {
	case EVENT_TOUCH:
	case EVENT_TOUCH_EARLIER:
		if (take(&c, &touch, sizeof(touch)) < 0)
			return;
		path = word(&c);
		(type == EVENT_TOUCH ? record_touch : record_touch_earlier)(
			r, path, touch.access, &touch.st, word(&c));
		return;
	case EVENT_PRESERVED:
		if (take(&c, &digest, sizeof(digest)) == 0 &&
			touched_at(r, digest.index))
			record_preserved(
				r, touched_at(r, digest.index), &digest.digest);
		return;
	case EVENT_PROCESS:
		apply_process(r, &c, a);
		return;
	case EVENT_LOADED:
		apply_loaded(r, &c);
		return;
	case EVENT_FORK:
		record_fork(r);
		return;
	case EVENT_UNFORK:
		if (r->forks)
			record_unfork(r);
		return;
	case EVENT_DEVICE:
		apply_device(r, &c);
		return;
	case EVENT_NETWORK:
		n.family = (char *)word(&c);
		n.protocol = (char *)word(&c);
		n.direction = (char *)word(&c);
		n.peer = (char *)word(&c);
		n.role = (char *)word(&c);
		record_network(r, &n);
		return;
	case EVENT_GAP:
		kind = word(&c);
		path = word(&c);
		record_gap(r, kind, *path ? path : NULL, "%s", word(&c));
		return;
	case EVENT_END:
		if (take(&c, &end, sizeof(end)) == 0)
			record_end(r, &(struct ending){end.status, end.time,
					      end.user_s, end.sys_s,
					      end.max_rss_bytes});
		return;
	case EVENT_OPTIONS:
		if (take(&c, &options, sizeof(options)) < 0)
			return;
		words(&c, a, options.by_reference, &paths);
		record_options(r, options.keep, options.whole, &paths);
		return;
	case EVENT_REDACT:
		if (take(&c, &bits, sizeof(bits)) < 0)
			return;
		words(&c, a, bits.bits, &paths);
		record_redact(r, &paths);
		return;
	default:
		apply_bits(r, type, &c, a);
	}
}

int record_replay(struct record *r, int dirfd, const char *name, char **start,
	struct err *e)
{
	struct journal_reader *j = journal_open(dirfd, name, e);
	autoarena *scratch = arena_new();
	uint32_t type;
	const void *p;
	size_t len;

	if (!j)
		return -1;
	if (journal_next(j, &type, &p, &len) != 1 || type != EVENT_BEGIN) {
		journal_reader_close(j);
		return err_set(e, "the journal '%s' has no beginning", name);
	}
	*start = arena_memdup(r->arena, p, len);
	while (journal_next(j, &type, &p, &len) == 1) {
		apply(r, type, (struct cursor){p, len}, scratch);
		arena_clear(scratch);
	}
	journal_reader_close(j);
	return 0;
}
