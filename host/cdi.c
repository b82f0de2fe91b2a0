// SPDX-License-Identifier: Apache-2.0
/* Reading CDI specifications: YAML, and JSON, which is YAML. */
#include "host/cdi.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

static const char *const directories[] = {"/etc/cdi", "/run/cdi", "/var/run/cdi"};
#define DIRECTORIES (sizeof(directories) / sizeof(*directories))

/*
 * What the hooks of known tools are for, and why none is needed: symbolic
 * links and the choice of driver libraries are the plan's, the loader's cache
 * is the recorded one, nodes are not made inside, and directories of /dev are
 * open to all. The last is about graphics.
 */
static const char *const known_hooks[] = {"create-symlinks", "update-ldcache",
	"enable-cuda-compat", "disable-device-node-modification", "chmod",
	"update-application-profile"};

struct spec {
	struct arena *arena;
	yaml_document_t doc;
	const char *file;
	const char *kind;
	struct cdi_edits *common;
	struct err e;
};

/* --- the document ----------------------------------------------------- */

static yaml_node_t *value(struct spec *s, yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
		p < map->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(&s->doc, p->key);

		if (k && k->type == YAML_SCALAR_NODE &&
			!strcmp((char *)k->data.scalar.value, key))
			return yaml_document_get_node(&s->doc, p->value);
	}
	return NULL;
}

/* NULL when it is no string, or holds what no path or name should. */
static char *text(struct spec *s, yaml_node_t *n)
{
	const char *p;

	if (!n || n->type != YAML_SCALAR_NODE)
		return NULL;
	p = (const char *)n->data.scalar.value;
	for (size_t i = 0; i < n->data.scalar.length; i++)
		if ((unsigned char)p[i] < 32 || p[i] == 127)
			return NULL;
	return *p ? arena_strdup(s->arena, p) : NULL;
}

/* The i-th of a list; NULL behind its end, and of what is no list. */
static yaml_node_t *item(struct spec *s, yaml_node_t *list, size_t i)
{
	yaml_node_item_t *first;

	if (!list || list->type != YAML_SEQUENCE_NODE)
		return NULL;
	first = list->data.sequence.items.start;
	if (i >= (size_t)(list->data.sequence.items.top - first))
		return NULL;
	return yaml_document_get_node(&s->doc, first[i]);
}

/* Absolute, and leading where it seems to lead. */
static bool is_clean(const char *path)
{
	if (!path || path[0] != '/' || strlen(path) >= PATH_MAX)
		return false;
	for (const char *p = path; *p; p = strchrnul(p + 1, '/')) {
		size_t n = strcspn(p + 1, "/");

		if (n == 0 || (n == 1 && p[1] == '.') ||
			(n == 2 && p[1] == '.' && p[2] == '.'))
			return false;
	}
	return true;
}

/* --- edits ------------------------------------------------------------ */

static int add_node(struct spec *s, struct cdi_edits *d, yaml_node_t *n)
{
	char *path = text(s, value(s, n, "path"));
	yaml_node_t *host = value(s, n, "hostPath");
	char *source = host ? text(s, host) : path;

	if (!is_clean(path) || !is_clean(source) || !fs_below(path, "/dev") ||
		!strcmp(path, "/dev"))
		return err_set(&s->e, "'%s' is no path of a device node",
			path ? path : "");
	*ARENA_PUSH(s->arena, d->nodes.items, d->nodes.count) =
		(struct cdi_node){path, source};
	return 0;
}

static int add_mount(struct spec *s, struct cdi_edits *d, yaml_node_t *n)
{
	char *source = text(s, value(s, n, "hostPath"));
	char *target = text(s, value(s, n, "containerPath"));

	if (!is_clean(source) || !is_clean(target))
		return err_set(&s->e, "'%s' is no path of a mount",
			!is_clean(source) ? source ? source : ""
			: target          ? target
					  : "");
	*ARENA_PUSH(s->arena, d->mounts.items, d->mounts.count) =
		(struct cdi_mount){source, target};
	return 0;
}

static int add_variable(struct spec *s, struct cdi_edits *d, yaml_node_t *n)
{
	char *v = text(s, n);

	if (!v || !strchr(v, '=') || *v == '=')
		return err_set(
			&s->e, "'%s' is no variable with a value", v ? v : "");
	*ARENA_PUSH(s->arena, d->env.items, d->env.count) = v;
	return 0;
}

static int add_group(struct spec *s, struct cdi_edits *d, yaml_node_t *n)
{
	const char *v = text(s, n);
	char *end = NULL;
	unsigned long gid = v && isdigit((unsigned char)*v)
				    ? strtoul(v, &end, 10)
				    : ULONG_MAX;

	/* The specification has 0 ignored, too. */
	if (gid >= UINT32_MAX || *end)
		return err_set(&s->e, "'%s' is no group id", v ? v : "");
	if (gid)
		*ARENA_PUSH(s->arena, d->gids, d->gid_count) = (int64_t)gid;
	return 0;
}

/* ["nvidia-cdi-hook", "chmod", ...] or ["nvidia-ctk", "hook", "chmod", ...];
 * without arguments, the program's name. */
static const char *hook_name(struct spec *s, yaml_node_t *n)
{
	yaml_node_t *args = value(s, n, "args"), *arg;
	const char *path = text(s, value(s, n, "path")), *slash;

	for (size_t i = 1; (arg = item(s, args, i)); i++) {
		const char *word = text(s, arg);

		if (word && *word != '-' && strcmp(word, "hook") != 0)
			return word;
	}
	slash = path ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path ? path : "without a name";
}

static int add_hook(struct spec *s, struct cdi_edits *d, yaml_node_t *n)
{
	const char *name = hook_name(s, n);

	for (size_t i = 0; i < sizeof(known_hooks) / sizeof(*known_hooks); i++)
		if (!strcmp(name, known_hooks[i]))
			return 0;
	*ARENA_PUSH(s->arena, d->unknown_hooks.items, d->unknown_hooks.count) =
		(char *)name;
	return 0;
}

static const struct {
	const char *key;
	int (*add)(struct spec *s, struct cdi_edits *d, yaml_node_t *n);
} parts[] = {
	{"deviceNodes", add_node},
	{"mounts", add_mount},
	{"env", add_variable},
	{"additionalGids", add_group},
	{"hooks", add_hook},
};

static int read_edits(struct spec *s, struct cdi_edits *d, yaml_node_t *map)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		yaml_node_t *list = value(s, map, parts[i].key), *n;

		for (size_t k = 0; (n = item(s, list, k)); k++)
			if (parts[i].add(s, d, n) < 0)
				return -1;
	}
	return 0;
}

/* --- files ------------------------------------------------------------ */

static bool is_kind(const char *kind)
{
	const char *slash = kind ? strchr(kind, '/') : NULL;

	return slash && slash != kind && slash[1] && !strchr(slash + 1, '/');
}

static int read_devices(struct spec *s, struct cdi *found, yaml_node_t *top)
{
	yaml_node_t *list = value(s, top, "devices"), *n;

	s->kind = text(s, value(s, top, "kind"));
	if (!is_kind(s->kind))
		return err_set(&s->e, "there is no kind");
	s->common = arena_alloc(s->arena, sizeof(*s->common));
	if (read_edits(s, s->common, value(s, top, "containerEdits")) < 0)
		return -1;
	for (size_t i = 0; (n = item(s, list, i)); i++) {
		struct cdi_device d = {
			.kind = (char *)s->kind,
			.name = text(s, value(s, n, "name")),
			.file = (char *)s->file,
			.common = s->common,
		};

		if (!d.name)
			return err_set(&s->e, "a device has no name");
		if (read_edits(s, &d.edits, value(s, n, "containerEdits")) < 0)
			return -1;
		*ARENA_PUSH(s->arena, found->devices.items,
			found->devices.count) = d;
	}
	return 0;
}

static int parse(struct spec *s, struct cdi *found, const struct strbuf *in)
{
	yaml_parser_t parser;
	int r;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)in->s, in->len);
	if (yaml_parser_load(&parser, &s->doc)) {
		r = read_devices(s, found, yaml_document_get_root_node(&s->doc));
		yaml_document_delete(&s->doc);
	} else {
		r = err_set(&s->e, "line %zu: %s", parser.problem_mark.line + 1,
			parser.problem ? parser.problem : "no YAML");
	}
	yaml_parser_delete(&parser);
	return r;
}

static bool is_spec(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".json"));
}

static int read_file(struct cdi *found, struct arena *a, const char *root,
	const char *file, struct err *e)
{
	struct spec s = {.arena = a, .file = file};
	autostrbuf in = STRBUF_INIT;
	struct stat st;

	if (stat(arena_printf(a, "%s%s", root, file), &st) == 0 &&
		st.st_mode & S_IWOTH)
		return err_set(e, "everybody may write it");
	if (host_slurp(root, file, &in) < 0)
		return err_set(e, "cannot be read");
	if (parse(&s, found, &in) < 0) {
		*e = s.e;
		return -1;
	}
	return 0;
}

static bool is_same(const struct cdi_device *x, const struct cdi_device *y)
{
	return !strcmp(x->kind, y->kind) && !strcmp(x->name, y->name);
}

/* A later directory wins; of one directory, no file does. */
static void merge(struct cdi *c, struct arena *a, const struct cdi *more)
{
	for (size_t i = 0; i < more->devices.count; i++) {
		const struct cdi_device *d = &more->devices.items[i];
		const struct cdi_device *twin = NULL;
		size_t k;

		for (k = 0; k < more->devices.count; k++)
			if (k != i && is_same(d, &more->devices.items[k]))
				twin = &more->devices.items[k];
		if (twin) {
			*ARENA_PUSH(a, c->problems.items, c->problems.count) =
				arena_printf(a,
					"'%s': the device '%s=%s' is in '%s', "
					"too",
					d->file, d->kind, d->name, twin->file);
			continue;
		}
		for (k = 0; k < c->devices.count; k++)
			if (is_same(d, &c->devices.items[k]))
				break;
		if (k == c->devices.count)
			ARENA_PUSH(a, c->devices.items, c->devices.count);
		c->devices.items[k] = *d;
	}
}

static void read_directory(
	struct cdi *c, struct arena *a, const char *root, const char *dir)
{
	struct strlist names = {0};
	struct cdi more = {0};

	host_names(a, root, dir, &names);
	for (size_t i = 0; i < names.count; i++) {
		char *file = fs_join(a, dir, names.items[i]);
		size_t before = more.devices.count;
		struct err e = ERR_INIT;

		if (!is_spec(file) || read_file(&more, a, root, file, &e) == 0)
			continue;
		more.devices.count = before;
		*ARENA_PUSH(a, c->problems.items, c->problems.count) =
			arena_printf(a, "'%s': %s", file, e.msg);
	}
	merge(c, a, &more);
}

void cdi_read(struct cdi *c, struct arena *a, const char *root)
{
	struct stat seen[DIRECTORIES];
	size_t count = 0;

	*c = (struct cdi){0};
	for (size_t i = 0; i < DIRECTORIES; i++) {
		struct stat *st = &seen[count];
		bool again = false;

		if (stat(arena_printf(a, "%s%s", root, directories[i]), st) < 0)
			continue;
		/* /var/run is a link to /run in most systems. */
		for (size_t k = 0; k < count; k++)
			again |= seen[k].st_dev == st->st_dev &&
				 seen[k].st_ino == st->st_ino;
		if (again)
			continue;
		count++;
		read_directory(c, a, root, directories[i]);
	}
}
