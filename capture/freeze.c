// SPDX-License-Identifier: Apache-2.0
/*
 * Freezing: a run whose recorder is dead is read back from its journal and
 * published with everything that was seen until then.
 */
#include "capture/freeze.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "capture/capture.h"
#include "capture/context.h"
#include "capture/ending.h"
#include "capture/surroundings.h"
#include "manifests/manifest.h"
#include "store/journal.h"
#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* In the run's directory, until it is frozen. */
#define ENDED "ended"

void freeze_note_end(int run_fd, int status)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%d %lld\n", status, now_us());

	fs_write_file(run_fd, ENDED, line, (size_t)n, 0600, NULL);
}

static bool read_end(struct capture *cap, struct ending *end)
{
	autostrbuf text = STRBUF_INIT;
	long long when;

	memset(end, 0, sizeof(*end));
	if (fs_slurp_at(cap->run.fd, ENDED, &text) < 0 || !text.s ||
		sscanf(text.s, "%d %lld", &end->status, &when) != 2)
		return false;
	end->time = when;
	end->max_rss_bytes = ABSENT;
	return true;
}

/*
 * Three ways to get here: the recorder saw the end and died, or ran out of
 * time, while it hashed (nothing is missing); it died before (the keeper left
 * the end); or everything was killed.
 */
static void set_end(struct capture *cap)
{
	struct manifest *m = cap->manifest;
	struct record *r = &cap->rec;
	struct ending end;

	if (r->ended) {
		ending_apply(m, r->arena, &r->ending);
		return;
	}
	if (!read_end(cap, &end)) {
		m->run.status = (char *)"killed";
		record_gap(r, "killed", NULL,
			"the recorder was killed with the command: what came "
			"after is not recorded");
		return;
	}
	ending_apply(m, r->arena, &end);
	m->run.status = (char *)"incomplete";
	record_gap(r, "recorder-lost", NULL,
		"the recorder died before the command: what came after is not "
		"recorded");
}

/* What somebody who died half-way had begun to write: read-only, so that it
 * could not be written over. */
static void remove_temporaries(int run_fd)
{
	int again = openat(run_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (fs_has_suffix(ent->d_name, ".tmp"))
			unlinkat(run_fd, ent->d_name, 0);
	if (d)
		closedir(d);
}

/* With the journal locked: read it back, and finish. */
static int thaw_and_finish(struct capture *cap, struct err *e)
{
	char *start;

	remove_temporaries(cap->run.fd);
	if (record_replay(&cap->rec, cap->run.fd, RUN_JOURNAL, &start, e) < 0 ||
		manifest_read_yaml(cap->manifest, cap->arena, RUN_JOURNAL,
			start, strlen(start), e) < 0)
		return -1;
	cap->home = kvlist_value(&cap->manifest->environment.variables, "HOME");
	/* Made for the journal only: the real ones are made now. */
	cap->manifest->completeness.gaps.count = 0;
	set_end(cap);
	if (finish_run(cap, e) != FINISH_PUBLISHED)
		return -1;
	unlinkat(cap->run.fd, ENDED, 0);
	unlinkat(cap->run.fd, RUN_PENDING, 0);
	if (cap->manifest->run.name)
		return run_set_name(
			cap->store, cap->manifest->run.name, cap->run.id, e);
	return 0;
}

/* What it touched was in a sandbox, which has gone with its recorder. */
static int give_up_inside(struct capture *cap, struct err *e)
{
	if (run_abandon(cap->store, &cap->run, e) < 0)
		return -1;
	log_warn("run %.8s, the trace of a replay, was cut short with its "
		 "sandbox and is gone",
		cap->run.id);
	return 0;
}

static int freeze(
	struct store *s, const char *id, bool pending_too, struct err *e)
{
	struct capture_options opt = {0};
	struct manifest m;
	struct capture cap = {
		.opt = &opt, .store = s, .manifest = &m, .run = {.fd = -1}};
	autoclose int lock = -1;
	int r = 0;

	if (run_open(s, id, &cap.run, e) < 0)
		return -1;
	record_open(&cap.rec, NULL);
	cap.rec.keep = CAPTURE_KEEP_DEFAULT;
	cap.arena = cap.rec.arena;
	/* Two commands may find the same dead run: one freezes it. */
	lock = openat(cap.run.fd, RUN_JOURNAL, O_RDONLY | O_CLOEXEC);
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) {
		/* Nothing was run yet. */
		if (journal_is_blank(cap.run.fd, RUN_JOURNAL))
			r = run_abandon(s, &cap.run, e);
		else if (faccessat(cap.run.fd, RUN_INSIDE, F_OK, 0) == 0)
			r = give_up_inside(&cap, e);
		else if (pending_too ||
			 faccessat(cap.run.fd, RUN_PENDING, F_OK, 0) < 0)
			r = thaw_and_finish(&cap, e);
	}
	record_close(&cap.rec);
	run_dir_release(&cap.run);
	return r;
}

int capture_finish_pending(struct store *s, const char *id, struct err *e)
{
	autoarena *a = arena_new();
	struct strlist dead;
	int done = 0;

	if (runs_dead(s, a, &dead, e) < 0)
		return -1;
	for (size_t i = 0; i < dead.count; i++) {
		if (strncmp(dead.items[i], id, strlen(id)) != 0)
			continue;
		if (freeze(s, dead.items[i], true, e) < 0)
			return err_wrap(e, "run '%s' cannot be finished",
				dead.items[i]);
		done++;
	}
	return done;
}

int capture_freeze_dead(struct store *s, struct err *e)
{
	autoarena *a = arena_new();
	struct strlist dead;
	int r = 0;

	if (runs_dead(s, a, &dead, e) < 0)
		return -1;
	for (size_t i = 0; i < dead.count; i++)
		if (freeze(s, dead.items[i], false, e) < 0)
			r = err_wrap(
				e, "run '%s' cannot be frozen", dead.items[i]);
	return r;
}
