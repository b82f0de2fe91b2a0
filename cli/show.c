/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise show`: one run for a person, its record itself, or one file. */
#include "cli/show.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/find_row.h"
#include "manifests/manifest.h"
#include "manifests/table.h"
#include "store/runs.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct show_options {
	struct common_options common;
	bool yaml, files, json, input;
};

static const struct cli_opt show_opts[] = {
	{"files", 0, NULL, "print the table of files", CLI_FLAG,
		offsetof(struct show_options, files)},
	{"input", 0, NULL, "RUN:PATH as the run found it, not as it left it",
		CLI_FLAG, offsetof(struct show_options, input)},
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct show_options, json)},
	{"yaml", 0, NULL, "print the manifest itself", CLI_FLAG,
		offsetof(struct show_options, yaml)},
	CLI_COMMON_OPTIONS,
	{0},
};

/* Everything from `fd` to standard output. */
static int pour(int fd, const char *name, struct err *e)
{
	static char buf[65536];
	ssize_t n;

	if (cli_flush(e) < 0)
		return -1;
	while ((n = fs_read_all(fd, buf, sizeof(buf))) > 0)
		if (fs_write_all(STDOUT_FILENO, buf, (size_t)n) < 0)
			return err_sys(e, "cannot write to standard output");
	if (n < 0)
		return err_sys(e, "cannot read '%s'", name);
	return 0;
}

static int print_content(
	struct store *s, const struct file_row *row, struct err *e)
{
	autoclose int fd = -1;

	if (row->kind == KIND_SYMLINK)
		return err_set(e, "'%s' is a symbolic link to '%s'", row->path,
			row->target);
	if (row->kind == KIND_TREE)
		return err_set(e,
			"'%s' is a directory of data: name a file "
			"below it",
			row->path);
	if (row->kind != KIND_FILE)
		return err_set(e, "'%s' is not a file: %s", row->path,
			file_kind_name(row->kind));
	if (!row->has_digest)
		return err_set(
			e, "the content of '%s' was not recorded", row->path);
	fd = store_open_object(s, &row->digest, e);
	if (fd < 0 && e->code == ENOENT && row->not_stored)
		return err_set(e,
			"the content of '%s' is not in the store: it "
			"was recorded by digest only",
			row->path);
	if (fd < 0)
		return err_wrap(e, "'%s'", row->path);
	return pour(fd, row->path, e);
}

static int show_file(struct invocation *in, struct store *s, const char *id,
	const char *path, struct err *e)
{
	const struct show_options *o = in->options;
	struct file_row row;

	if (find_row(s, id, path, o->input, in->arena, &row, e) < 0)
		return -1;
	return o->json ? show_row_json(&row, e) : print_content(s, &row, e);
}

/* The manifest's own bytes, so that a damaged one can be looked at, too. */
static int show_yaml(struct store *s, const char *id, struct err *e)
{
	struct run_dir dir;
	autoclose int fd = -1;

	if (run_open(s, id, &dir, e) < 0)
		return -1;
	fd = fs_openat2(dir.fd, "manifest.yaml", O_RDONLY | O_CLOEXEC, 0, 0);
	run_dir_release(&dir);
	if (fd < 0)
		return err_sys(e, "cannot open the manifest of run %.8s", id);
	return pour(fd, "manifest.yaml", e);
}

static int show_run_json(const struct manifest *m, struct err *e)
{
	autostrbuf b = STRBUF_INIT;

	if (manifest_write_json(m, &b, e) < 0)
		return -1;
	printf("%s%s", b.s, b.len > 0 && b.s[b.len - 1] == '\n' ? "" : "\n");
	return 0;
}

static int show_whole(
	struct invocation *in, struct store *s, const char *id, struct err *e)
{
	const struct show_options *o = in->options;
	struct manifest m;
	autoclose int fd = -1;

	if (o->yaml)
		return show_yaml(s, id, e);
	if (run_read_manifest(s, id, in->arena, &m, e) < 0)
		return -1;
	if (o->files) {
		fd = run_open_files(s, id, &m, e);
		if (fd < 0)
			return -1;
		return o->json ? show_table_json(fd, e)
			       : pour(fd, "files.yaml", e);
	}
	if (o->json)
		return show_run_json(&m, e);
	show_person(in->arena, &m);
	return 0;
}

static int show(struct invocation *in, struct store *s, struct err *e)
{
	char *what = arena_strdup(in->arena, in->argv[0]);
	char *colon = strchr(what, ':');
	char id[RUN_ID_LEN + 1];

	if (colon != NULL)
		*colon = '\0';
	if (run_find(s, what, id, e) < 0)
		return -1;
	if ((colon != NULL ? show_file(in, s, id, colon + 1, e)
			   : show_whole(in, s, id, e)) < 0)
		return -1;
	return cli_flush(e) < 0 ? -1 : CLI_OK;
}

static int show_run(struct invocation *in)
{
	return cli_in_store(in, false, show);
}

const struct command cmd_show = {
	.name = "show",
	.summary = "show a run, its record, or one of its files",
	.synopsis = "[OPTIONS] RUN[:PATH]",
	.opts = show_opts,
	.options_size = sizeof(struct show_options),
	.min_operands = 1,
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = show_run,
};
