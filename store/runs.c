// SPDX-License-Identifier: Apache-2.0
/* A run's directory from its making to its publishing, and reading it. */
#include "store/runs.h"
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "manifests/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define RUN_MANIFEST_TMP RUN_MANIFEST ".tmp"

bool run_is_id(const char *s)
{
	size_t i;

	for (i = 0; s[i] && i < RUN_ID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
		} else if (!strchr("0123456789abcdef", s[i])) {
			return false;
		}
	}
	return i == RUN_ID_LEN && !s[i];
}

/* RFC 9562, section 5.4: version 4, variant 10. */
static int new_id(char id[RUN_ID_LEN + 1], struct err *e)
{
	unsigned char b[16];
	char *out = id;

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return err_sys(e, "cannot get random bytes");
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		out += snprintf(out, 3, "%02x", b[i]);
	}
	return 0;
}

static int open_run_dir(struct store *s, const char *id)
{
	return openat(s->runs_fd, id,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int run_create(struct store *s, struct run_dir *r, struct err *e)
{
	r->fd = -1;
	do
		if (new_id(r->id, e) < 0)
			return -1;
	while (mkdirat(s->runs_fd, r->id, s->dir_mode) < 0 && errno == EEXIST);
	r->fd = open_run_dir(s, r->id);
	if (r->fd < 0)
		return err_sys(
			e, "cannot make the run '%s/runs/%s'", s->dir, r->id);
	return 0;
}

int run_open(struct store *s, const char *id, struct run_dir *r, struct err *e)
{
	r->fd = -1;
	if (!run_is_id(id))
		return err_set(e, "'%s' is not a run's id", id);
	memcpy(r->id, id, sizeof(r->id));
	r->fd = open_run_dir(s, id);
	if (r->fd < 0 && errno == ENOENT)
		return err_sys(e, "there is no run '%s' in the store '%s'", id,
			s->dir);
	if (r->fd < 0)
		return err_sys(e, "cannot open the run '%s/runs/%s'", s->dir, id);
	return 0;
}

void run_dir_release(struct run_dir *r)
{
	fs_autoclose(&r->fd);
}

bool run_is_published(struct store *s, const char *id)
{
	char path[RUN_ID_LEN + sizeof("/" RUN_MANIFEST)];

	snprintf(path, sizeof(path), "%s/" RUN_MANIFEST, id);
	return faccessat(s->runs_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The table becomes files.yaml, never changed again; a descriptor of it. */
static int place_files(struct store *s, struct run_dir *r, struct err *e)
{
	autoclose int fd =
		openat(r->fd, RUN_FILES_TMP, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fchmod(fd, s->file_mode) < 0 || FAULT("run.files") ||
		renameat(r->fd, RUN_FILES_TMP, r->fd, RUN_FILES) < 0)
		return err_sys(
			e, "cannot publish " RUN_FILES " of run '%s'", r->id);
	return steal_fd(&fd);
}

/* Whole, under another name than its own; a descriptor. */
static int write_manifest(struct store *s, struct run_dir *r, const char *text,
	size_t len, struct err *e)
{
	autoclose int fd = openat(r->fd, RUN_MANIFEST_TMP,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		s->file_mode);

	if (fd < 0 || FAULT("run.manifest") || fs_write_all(fd, text, len) < 0)
		return err_sys(e, "cannot write the manifest of run '%s'", r->id);
	return steal_fd(&fd);
}

/*
 * Everything must be on the disk before the name that makes it count. Both
 * files are sent on their way first: one commit of the file system's journal
 * then takes them and their names, and the other calls find it done.
 */
static int sync_run(struct store *s, struct run_dir *r, int files, int manifest,
	struct err *e)
{
	sync_file_range(files, 0, 0, SYNC_FILE_RANGE_WRITE);
	sync_file_range(manifest, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (FAULT("run.sync") || fsync(files) < 0 || fsync(manifest) < 0 ||
		fsync(r->fd) < 0 || fsync(s->runs_fd) < 0)
		return err_sys(e, "cannot publish run '%s'", r->id);
	return 0;
}

static int place_manifest(struct run_dir *r, struct err *e)
{
	if (FAULT("run.publish") ||
		renameat(r->fd, RUN_MANIFEST_TMP, r->fd, RUN_MANIFEST) < 0 ||
		fsync(r->fd) < 0)
		return err_sys(e, "cannot publish run '%s'", r->id);
	return 0;
}

int run_publish(struct store *s, struct run_dir *r, const char *manifest_yaml,
	size_t len, struct err *e)
{
	autoclose int files = place_files(s, r, e);
	autoclose int manifest =
		files < 0 ? -1 : write_manifest(s, r, manifest_yaml, len, e);

	if (manifest < 0 || sync_run(s, r, files, manifest, e) < 0 ||
		place_manifest(r, e) < 0) {
		unlinkat(r->fd, RUN_MANIFEST_TMP, 0);
		return -1;
	}
	/* A journal beside a manifest means nothing: no reason to fail now. */
	if (!FAULT("run.journal"))
		unlinkat(r->fd, RUN_JOURNAL, 0);
	return 0;
}

int run_abandon(struct store *s, struct run_dir *r, struct err *e)
{
	return fs_remove_tree(s->runs_fd, r->id, e);
}

int run_read_manifest(struct store *s, const char *id, struct arena *a,
	struct manifest *m, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	struct run_dir r;
	char *name;
	int got;

	if (run_open(s, id, &r, e) < 0)
		return -1;
	got = fs_slurp_at(r.fd, RUN_MANIFEST, &text);
	run_dir_release(&r);
	name = arena_printf(a, "%s/runs/%s/" RUN_MANIFEST, s->dir, id);
	if (got < 0)
		return err_sys(e, "cannot read '%s'", name);
	manifest_init(m, a);
	if (manifest_read_yaml(m, a, name, text.s ? text.s : "", text.len, e) < 0 ||
		manifest_check(m, name, e) < 0)
		return -1;
	if (strcmp(m->run.id, id) != 0)
		return err_set(e, "'%s' is the manifest of another run, '%s'",
			name, m->run.id);
	return 0;
}

int run_open_files(struct store *s, const char *id, const struct manifest *m,
	struct err *e)
{
	autoclose int fd = -1;
	struct digest is, want;
	struct run_dir r;

	if (run_open(s, id, &r, e) < 0)
		return -1;
	fd = openat(r.fd, RUN_FILES, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	run_dir_release(&r);
	if (fd < 0 || digest_fd(fd, &is, NULL, e) < 0 ||
		lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot read '%s/runs/%s/" RUN_FILES "'",
			s->dir, id);
	if (!m->files.digest || digest_parse(m->files.digest, &want) < 0 ||
		!digest_equal(&is, &want))
		return err_set(e,
			"'%s/runs/%s/" RUN_FILES "' is damaged: "
			"its digest is not the manifest's",
			s->dir, id);
	return steal_fd(&fd);
}
