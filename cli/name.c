/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise name`: a name for a run, or for a set of files of it. */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/cli.h"
#include "manifests/manifest.h"
#include "store/set.h"
#include <string.h>

struct name_options {
	struct common_options common;
	bool force;
};

static const struct cli_opt name_opts[] = {
	{"force", 'f', NULL, "let a name that is taken mean this from now on",
		CLI_FLAG, offsetof(struct name_options, force)},
	CLI_COMMON_OPTIONS,
	{0},
};

/* A version of a data set that changed its meaning unseen would be none. */
static int check_free(struct invocation *in, struct store *s, const char *name,
	const char *id, const char *path, struct err *e)
{
	const struct name_options *o = in->options;
	char taken[RUN_ID_LEN + 1], *taken_path;
	int r = o->force ? 0
			 : name_find(s, name, in->arena, taken, &taken_path, e);

	if (r <= 0)
		return r;
	if (!strcmp(taken, id) && !path == !taken_path &&
		(!path || !strcmp(path, taken_path)))
		return 0;
	return err_set(e, "the name '%s' is taken: it means %.8s%s%s", name,
		taken, taken_path ? ":" : "", taken_path ? taken_path : "");
}

static int find_set(struct invocation *in, struct store *s, const char *id,
	char **path, struct file_set *set, struct err *e)
{
	struct manifest m;
	int r;

	if (run_read_manifest(s, id, in->arena, &m, e) < 0)
		return -1;
	*path = cli_path_in_run(in->arena, &m, *path);
	r = set_of_run(s, &m, *path, in->arena, set, e);
	if (r == 0)
		return err_set(e, "run %.8s neither left nor read a file at '%s'",
			id, *path);
	return r;
}

static void say_set(
	struct invocation *in, const char *name, const struct file_set *set)
{
	char text[DIGEST_TEXT];
	struct digest d;
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->count; i++)
		bytes += (uint64_t)set->items[i].bytes;
	set_digest(set, &d);
	digest_text(&d, text);
	log_info("%s: %zu file%s (%s) that run %.8s %s, %s", name, set->count,
		set->count == 1 ? "" : "s", cli_bytes_text(in->arena, bytes),
		set->run, set->left ? "left" : "read", text);
}

static int give_name(struct invocation *in, struct store *s, struct err *e)
{
	char *what = arena_strdup(in->arena, in->argv[0]);
	char *path = strchr(what, ':'), id[RUN_ID_LEN + 1];
	const char *name = in->argv[1];
	struct file_set set;

	if (path)
		*path++ = 0;
	if (run_check_name(name, e) < 0 || run_find(s, what, id, e) < 0)
		return -1;
	if (path && find_set(in, s, id, &path, &set, e) < 0)
		return -1;
	if (check_free(in, s, name, id, path, e) < 0 ||
		name_set(s, name, id, path, e) < 0)
		return -1;
	if (path)
		say_set(in, name, &set);
	else
		log_info("%s: run %.8s", name, id);
	return CLI_OK;
}

static int name_run(struct invocation *in)
{
	return cli_in_store(in, false, give_name);
}

const struct command cmd_name = {
	.name = "name",
	.summary = "name a run, or a set of files of one",
	.synopsis = "[OPTIONS] RUN[:PATH] NAME",
	.opts = name_opts,
	.options_size = sizeof(struct name_options),
	.min_operands = 2,
	.max_operands = 2,
	.trouble = CLI_TROUBLE,
	.run = name_run,
};
