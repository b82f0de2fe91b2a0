/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files: a YAML mapping of long option names to values, which
 * count for every command that has such an option; below the name of a
 * command, for that command only. Later files and the command line win.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "cli/cli.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct config {
	struct invocation *in;
	const char *path;
	yaml_document_t doc;
};

static int refuse_at(const struct config *c, const yaml_node_t *n,
	const char *what, struct err *e)
{
	return err_set(e, "%s:%zu:%zu: %s", c->path, n->start_mark.line + 1,
		n->start_mark.column + 1, what);
}

static yaml_node_t *node(struct config *c, int id)
{
	return yaml_document_get_node(&c->doc, id);
}

static const char *text(const yaml_node_t *n)
{
	return n->type == YAML_SCALAR_NODE ? (char *)n->data.scalar.value : NULL;
}

static int set_scalar(struct config *c, const struct cli_opt *o,
	const yaml_node_t *n, struct err *e)
{
	struct err why = ERR_INIT;

	if (text(n) == NULL)
		return refuse_at(c, n, "a single value is expected here", e);
	/* $REPRISE_STORE counts for more than a file. */
	if (strcmp(o->name, "store") == 0 && getenv("REPRISE_STORE") != NULL)
		return 0;
	if (cli_set(c->in, o, text(n), &why) < 0)
		return refuse_at(c, n, why.msg, e);
	return 0;
}

static int set_list(struct config *c, const struct cli_opt *o,
	const yaml_node_t *n, struct err *e)
{
	if (n->type != YAML_SEQUENCE_NODE)
		return set_scalar(c, o, n, e);
	for (yaml_node_item_t *i = n->data.sequence.items.start;
		i < n->data.sequence.items.top; i++)
		if (set_scalar(c, o, node(c, *i), e) < 0)
			return -1;
	return 0;
}

static int set_keyvalues(struct config *c, const struct cli_opt *o,
	const yaml_node_t *n, struct err *e)
{
	if (n->type != YAML_MAPPING_NODE)
		return refuse_at(c, n, "a mapping is expected here", e);
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
		p < n->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = node(c, p->key);
		const yaml_node_t *value = node(c, p->value);
		struct err why = ERR_INIT;

		if (text(key) == NULL || text(value) == NULL)
			return refuse_at(c, key, "a key and a value, please", e);
		if (cli_set(c->in, o,
			    arena_printf(c->in->arena, "%s=%s", text(key),
				    text(value)),
			    &why) < 0)
			return refuse_at(c, key, why.msg, e);
	}
	return 0;
}

static int set_option(struct config *c, const struct cli_opt *o,
	const yaml_node_t *n, struct err *e)
{
	switch (o->kind) {
	case CLI_LIST:
		return set_list(c, o, n, e);
	case CLI_KEYVALUE:
	case CLI_KEY:
		return set_keyvalues(c, o, n, e);
	default:
		return set_scalar(c, o, n, e);
	}
}

static bool is_option_of_any(const char *name)
{
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		if (cli_opt_find(cli_commands[i], name, strlen(name)) != NULL)
			return true;
	return false;
}

/* The options in one mapping; `only` is the command it stands below. */
static int apply_mapping(struct config *c, const yaml_node_t *map,
	const struct command *only, struct err *e)
{
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
		p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = node(c, p->key);
		const yaml_node_t *value = node(c, p->value);
		const struct command *below;
		const struct cli_opt *o;

		if (text(key) == NULL)
			return refuse_at(
				c, key, "an option's name is expected", e);
		below = only == NULL && value->type == YAML_MAPPING_NODE
				? cli_find(text(key))
				: NULL;
		if (below != NULL) {
			if (apply_mapping(c, value, below, e) < 0)
				return -1;
			continue;
		}
		o = cli_opt_find(only != NULL ? only : c->in->command,
			text(key), strlen(text(key)));
		if (o == NULL && (only != NULL || !is_option_of_any(text(key))))
			return refuse_at(c, key,
				arena_printf(c->in->arena,
					"unknown option '%s'", text(key)),
				e);
		if (o != NULL && (only == NULL || only == c->in->command) &&
			set_option(c, o, value, e) < 0)
			return -1;
	}
	return 0;
}

static int apply_document(struct config *c, struct err *e)
{
	const yaml_node_t *root = yaml_document_get_root_node(&c->doc);

	/* An empty file is no document at all. */
	if (root == NULL)
		return 0;
	if (root->type != YAML_MAPPING_NODE)
		return refuse_at(c, root, "a mapping of options is expected", e);
	return apply_mapping(c, root, NULL, e);
}

static int read_file(struct invocation *in, const char *path, struct err *e)
{
	struct config c = {.in = in, .path = path};
	autofile *f = fopen(path, "re");
	yaml_parser_t parser;
	int r;

	if (f == NULL && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (f == NULL)
		return err_sys(e, "cannot open '%s'", path);
	if (!yaml_parser_initialize(&parser))
		return err_set(e, "cannot start the YAML parser");
	yaml_parser_set_input_file(&parser, f);
	if (yaml_parser_load(&parser, &c.doc)) {
		r = apply_document(&c, e);
		yaml_document_delete(&c.doc);
	} else {
		r = err_set(e, "%s:%zu:%zu: %s", path,
			parser.problem_mark.line + 1,
			parser.problem_mark.column + 1,
			parser.problem ? parser.problem : "cannot be read");
	}
	yaml_parser_delete(&parser);
	return r;
}

/* The nearest .reprise/config.yaml upwards whose directory this user owns. */
static char *project_file(struct arena *a)
{
	char dir[PATH_MAX];
	struct stat st;

	if (getcwd(dir, sizeof(dir)) == NULL)
		return NULL;
	for (;;) {
		char *slash, *path = fs_join(a, dir, ".reprise");

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
			st.st_uid == geteuid())
			return fs_join(a, path, "config.yaml");
		slash = strrchr(dir, '/');
		if (slash == NULL || dir[1] == '\0')
			return NULL;
		slash[slash == dir ? 1 : 0] = '\0';
	}
}

static char *user_file(struct arena *a)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	/* The XDG specification has relative paths ignored. */
	if (xdg != NULL && *xdg == '/')
		return arena_printf(a, "%s/reprise/config.yaml", xdg);
	if (home != NULL && *home == '/')
		return arena_printf(a, "%s/.config/reprise/config.yaml", home);
	return NULL;
}

int cli_configure(struct invocation *in, struct err *e)
{
	const char *paths[] = {
		"/etc/reprise/config.yaml",
		user_file(in->arena),
		project_file(in->arena),
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (paths[i] != NULL && read_file(in, paths[i], e) < 0)
			return -1;
	return 0;
}
