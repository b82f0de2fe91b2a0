/* SPDX-License-Identifier: Apache-2.0 */
/* Exports that are a directory: whole, or not at all. */
#include "audit/export.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/export.h"
#include "manifests/json.h"
#include "manifests/manifest.h"
#include "store/runs.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct crate_dir {
	struct invocation *in;
	struct store *store;
	int at; /* of the directory */
	uint64_t bytes;
};

/* Everything from one descriptor to the other. */
static int copy(
	int from, int to, uint64_t *bytes, const char *name, struct err *e)
{
	static char buf[1 << 16];
	ssize_t n;

	while ((n = fs_read_all(from, buf, sizeof(buf))) > 0) {
		if (fs_write_all(to, buf, (size_t)n) < 0)
			return err_sys(e, "cannot write '%s'", name);
		*bytes += (uint64_t)n;
	}
	return n < 0 ? err_sys(e, "cannot read '%s'", name) : 0;
}

static int copy_to(struct crate_dir *c, int from, const char *name, mode_t mode,
	struct err *e)
{
	const char *slash = strrchr(name, '/');
	autoclose int to = -1;

	if (slash &&
		fs_mkdirs_at(c->at,
			arena_memdup(c->in->arena, name, (size_t)(slash - name)),
			0755, e) < 0)
		return -1;
	to = openat(c->at, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (to < 0)
		return err_sys(e, "cannot make '%s'", name);
	return copy(from, to, &c->bytes, name, e);
}

static int copy_object(
	struct crate_dir *c, const struct export_file *f, struct err *e)
{
	mode_t mode = f->mode ? (mode_t)strtoul(f->mode, NULL, 8) & 0777 : 0644;
	autoclose int fd = -1;
	struct digest d;

	if (digest_parse(f->digest, &d) < 0)
		return err_set(e, "'%s' is not a digest", f->digest);
	fd = store_open_object(c->store, &d, e);
	if (fd < 0)
		return err_wrap(e, "'%s'", f->name);
	/* Whoever owns the crate may read it. */
	return copy_to(c, fd, f->name, mode | 0600, e);
}

static int copy_record(struct crate_dir *c, const char *id, struct err *e)
{
	static const char *const names[] = {EXPORT_MANIFEST, EXPORT_FILES};
	struct run_dir dir;
	int r = 0;

	if (run_open(c->store, id, &dir, e) < 0)
		return -1;
	for (size_t i = 0; r == 0 && i < 2; i++) {
		autoclose int fd = openat(dir.fd, names[i], O_RDONLY | O_CLOEXEC);

		r = fd < 0 ? err_sys(e, "cannot open '%s' of run %.8s",
				     names[i], id)
			   : copy_to(c, fd, names[i], 0644, e);
	}
	run_dir_release(&dir);
	return r;
}

static int fill(struct crate_dir *c, const char *id, json_t *document,
	const struct export_files *files, struct err *e)
{
	autostrbuf text = STRBUF_INIT;

	if (json_write(json_incref(document), &text) < 0)
		return err_set(e, "cannot make the JSON document");
	for (size_t i = 0; i < files->count; i++)
		if (copy_object(c, &files->items[i], e) < 0)
			return -1;
	if (copy_record(c, id, e) < 0)
		return -1;
	return fs_write_file(
		c->at, "ro-crate-metadata.json", text.s, text.len, 0644, e);
}

static int write_dir(struct crate_dir *c, const char *id, const char *output,
	json_t *document, const struct export_files *files, struct err *e)
{
	char *tmp = arena_printf(c->in->arena, "%s.XXXXXX", output);
	autoclose int at = -1;
	int r;

	if (faccessat(AT_FDCWD, output, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, "'%s' is there already", output);
	if (!mkdtemp(tmp))
		return err_sys(e, "cannot make a directory beside '%s'", output);
	at = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->at = at;
	r = at < 0 ? err_sys(e, "cannot open '%s'", tmp)
		   : fill(c, id, document, files, e);
	if (r == 0 && (fchmod(at, 0755) < 0 || rename(tmp, output) < 0))
		r = err_sys(e, "cannot make '%s'", output);
	if (r < 0)
		fs_remove_tree(AT_FDCWD, tmp, NULL);
	return r;
}

static void list(const struct invocation *in, const struct export_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		printf("content  %s  %s\n", files->items[i].digest,
			cli_printable(in->arena, files->items[i].name));
}

int export_crate_dir(struct invocation *in, struct store *s, const char *id,
	const char *output, bool dry_run, struct err *e)
{
	struct crate_dir c = {.in = in, .store = s, .at = -1};
	struct export_files files;
	json_t *document = NULL;
	struct manifest m;
	struct export_run x = {s, &m, in->arena};
	int r = 0;

	if (run_read_manifest(s, id, in->arena, &m, e) < 0 ||
		export_crate(&x, &files, &document, e) < 0)
		return -1;
	if (dry_run)
		list(in, &files);
	else
		r = write_dir(&c, id, output, document, &files, e);
	json_decref(document);
	if (r == 0 && !dry_run)
		log_info("exported run %.8s as an RO-Crate to %s: %zu files "
			 "(%s)",
			id, output, files.count,
			cli_bytes_text(in->arena, c.bytes));
	return r;
}
