// SPDX-License-Identifier: Apache-2.0
/*
 * Freezing: a run whose recorder is dead is read back from its journal and
 * published with everything that was seen until then.
 */
#include "capture/freeze.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/capture.h"
#include "capture/context.h"
#include "capture/surroundings.h"
#include "manifests/manifest.h"
#include "store/journal.h"
#include "store/store.h"

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

static void read_end(struct capture *cap)
{
	autostrbuf text = STRBUF_INIT;
	long long when;
	int status;

	if (fs_slurp_at(cap->run.fd, ENDED, &text) == 0 && text.s &&
		sscanf(text.s, "%d %lld", &status, &when) == 2)
		record_end(&cap->rec, status, when);
}

static void set_end(struct capture *cap)
{
	struct manifest *m = cap->manifest;
	struct record *r = &cap->rec;

	if (!r->ended) {
		m->run.status = (char *)"killed";
		record_gap(r, "killed", NULL,
			"the recorder was killed with the command: what came "
			"after is not recorded");
		return;
	}
	capture_set_end(m, r->arena, r->end_status, r->end_time, NULL);
	m->run.status = (char *)"incomplete";
	record_gap(r, "recorder-lost", NULL,
		"the recorder died before the command: what came after is not "
		"recorded");
}

static int freeze(struct store *s, const char *id, struct err *e)
{
	struct capture_options opt = {.keep = CAPTURE_KEEP_DEFAULT};
	struct manifest m;
	struct capture cap = {
		.opt = &opt, .store = s, .manifest = &m, .run = {.fd = -1}};
	autoclose int lock = -1;
	char *start;
	int r = -1;

	if (run_open(s, id, &cap.run, e) < 0)
		return -1;
	/* Two commands may find the same dead run: one freezes it. */
	lock = openat(cap.run.fd, "journal", O_RDONLY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0) {
		run_dir_release(&cap.run);
		return 0;
	}
	record_open(&cap.rec, NULL);
	cap.arena = cap.rec.arena;
	if (record_replay(&cap.rec, cap.run.fd, "journal", &start, e) == 0 &&
		manifest_read_yaml(&m, cap.arena, "journal", start,
			strlen(start), e) == 0) {
		for (size_t i = 0; i < m.environment.variables.count; i++)
			if (!strcmp(m.environment.variables.items[i].key,
				    "HOME"))
				cap.home = m.environment.variables.items[i].value;
		read_end(&cap);
		set_end(&cap);
		r = finish_run(&cap, e);
		if (r == 0)
			unlinkat(cap.run.fd, ENDED, 0);
	}
	record_close(&cap.rec);
	run_dir_release(&cap.run);
	return r;
}

int capture_freeze_dead(struct store *s, struct err *e)
{
	autoarena *a = arena_new();
	struct strlist dead;
	int r = 0;

	if (runs_dead(s, a, &dead, e) < 0)
		return -1;
	for (size_t i = 0; i < dead.count; i++)
		if (freeze(s, dead.items[i], e) < 0)
			r = err_wrap(
				e, "run '%s' cannot be frozen", dead.items[i]);
	return r;
}
