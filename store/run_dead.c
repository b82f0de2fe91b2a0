// SPDX-License-Identifier: Apache-2.0
/*
 * Runs whose recorder is dead. Every capture asks, so a published run must cost
 * one look-up of a name, not the reading of its manifest.
 */
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "manifests/model.h"
#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Servers' clocks differ by less. */
#define UNBEGUN_S 3600

/* Without a journal it has only just been made, or its maker died right then. */
static bool is_old(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && time(NULL) - st.st_mtime > UNBEGUN_S;
}

static bool is_dead(struct store *s, const char *id)
{
	struct err e = ERR_INIT;
	struct run_dir r;
	bool dead;

	if (run_is_published(s, id) || run_open(s, id, &r, NULL) < 0)
		return false;
	dead = journal_is_live(r.fd, RUN_JOURNAL, &e) == 0;
	if (!dead && e.code == ENOENT && is_old(r.fd))
		run_abandon(s, &r, NULL);
	run_dir_release(&r);
	/* It may have been published between the two looks. */
	return dead && !run_is_published(s, id);
}

int runs_dead(
	struct store *s, struct arena *a, struct strlist *ids, struct err *e)
{
	int again = openat(s->runs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;

	*ids = (struct strlist){NULL, 0};
	if (!d)
		return err_sys(e, "cannot read '%s/runs'", s->dir);
	while ((ent = readdir(d)))
		if (run_is_id(ent->d_name) && is_dead(s, ent->d_name))
			*ARENA_PUSH(a, ids->items, ids->count) =
				arena_strdup(a, ent->d_name);
	closedir(d);
	return 0;
}
