// SPDX-License-Identifier: Apache-2.0
/* Taking over into the plan what the user put in the place of parts. */
#include "replay/parts.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "replay/plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static struct replaced *add(struct plan *p, enum part part, const char *path)
{
	struct replaced *r =
		ARENA_PUSH(p->arena, p->replaced.items, p->replaced.count);

	r->part = part;
	r->path = path;
	return r;
}

/* --- volumes --------------------------------------------------------- */

/* What the sandbox mounts itself, and the root, are not to be covered. */
static int check_target(const char *target, struct err *e)
{
	static const char *const own[] = {"/dev", "/proc", "/sys"};

	if (!target[1])
		return err_set(e, "--volume: the root cannot be replaced");
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (fs_below(target, own[i]))
			return err_set(e,
				"--volume: '%s' cannot be replaced: the replay "
				"has its own %s%s",
				target, own[i],
				i ? "" : "; --device gives device nodes");
	return 0;
}

void plan_add_volume(struct plan *p, const struct iso_volume *v)
{
	struct iso_volume *list = (struct iso_volume *)p->iso.volumes;

	*ARENA_PUSH(p->arena, list, p->iso.volume_count) = *v;
	p->iso.volumes = list;
}

static const struct iso_volume *volume_above(
	const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->iso.volume_count; i++)
		if (fs_below(path, p->iso.volumes[i].target))
			return &p->iso.volumes[i];
	return NULL;
}

bool parts_covers(const struct plan *p, const char *path)
{
	return volume_above(p, path) != NULL;
}

/*
 * Where `path` is in the replay, links on the way followed: made where there
 * is nothing, but for what lies in another volume.
 */
static const char *place_of(struct plan *p, const char *path, bool directory,
	bool *is_new, struct err *e)
{
	struct node *n = tree_resolve(&p->tree, NULL, path);
	const char *slash = path + strlen(path), *parent, *full;

	if (n && directory != (n->kind == KIND_DIRECTORY)) {
		err_set(e, "--volume: '%s' is %s in the run", path,
			directory ? "no directory" : "a directory");
		return NULL;
	}
	if (n)
		return n->path;
	while (slash[-1] == '/')
		slash--;
	while (slash[-1] != '/')
		slash--;
	parent = slash - 1 == path ? "/"
				   : arena_memdup(p->arena, path,
					     (size_t)(slash - 1 - path));
	*is_new = true;
	parent = place_of(p, parent, true, is_new, e);
	if (!parent)
		return NULL;
	full = fs_join(p->arena, parent, slash);
	/* There the mount itself says whether it is right. */
	if (parts_covers(p, full))
		return full;
	if (!tree_place(&p->tree, full, directory)) {
		err_set(e, "--volume: '%s' cannot be made", path);
		return NULL;
	}
	return full;
}

static bool is_plain(const char *path)
{
	for (const char *s = path; *s; s += strcspn(s, "/")) {
		size_t n;

		s += strspn(s, "/");
		n = strcspn(s, "/");
		if ((n == 1 && s[0] == '.') ||
			(n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
	}
	return true;
}

static int add_volume(struct plan *p, const struct part_volume *v, struct err *e)
{
	bool directory = S_ISDIR(v->source.st.st_mode), is_new = false;
	const char *target;
	struct replaced *r;

	if (!is_plain(v->target))
		return err_set(e, "--volume: '%s' has a '.' or '..' component",
			v->target);
	if (!v->target[strspn(v->target, "/")])
		return check_target("/", e);
	target = place_of(p, v->target, directory, &is_new, e);
	if (!target || check_target(target, e) < 0)
		return -1;
	for (size_t i = 0; i < p->iso.volume_count; i++)
		if (!strcmp(p->iso.volumes[i].target, target))
			return err_set(
				e, "--volume: '%s' is given twice", target);
	plan_add_volume(
		p, &(struct iso_volume){v->source.path, target, v->read_only,
			   v->source.st.st_dev, v->source.st.st_ino});
	r = add(p, PART_VOLUME, target);
	r->by = v->source.path;
	r->is_new = is_new;
	r->read_only = v->read_only;
	return 0;
}

static int by_length(const void *a, const void *b)
{
	const struct part_volume *const *v = a, *const *w = b;
	size_t n = strlen((*v)->target), m = strlen((*w)->target);

	return n < m ? -1 : n > m;
}

/* Outer ones first, or they would hide the inner ones. */
int parts_volumes(struct plan *p, const struct parts *parts, struct err *e)
{
	size_t n = parts ? parts->volume_count : 0;
	const struct part_volume **sorted =
		arena_array(p->arena, n + 1, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &parts->volumes[i];
	qsort(sorted, n, sizeof(*sorted), by_length);
	for (size_t i = 0; i < n; i++)
		if (add_volume(p, sorted[i], e) < 0)
			return -1;
	return 0;
}

/* --- the command ----------------------------------------------------- */

bool parts_gives(const struct parts *parts, const char *variable)
{
	for (size_t i = 0; parts && i < parts->variables.count; i++)
		if (!strcmp(parts->variables.items[i].key, variable))
			return true;
	return false;
}

/* "NAME=..." of `name`? */
static bool is_variable(const char *text, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(text, name, n) && (text[n] == '=' || !text[n]);
}

void parts_variables(struct plan *p, const struct parts *parts)
{
	size_t n = parts ? parts->variables.count : 0, count = 0;
	char *const *old = p->iso.envp;
	char **out;

	if (!n)
		return;
	while (old[count])
		count++;
	out = arena_array(p->arena, count + n + 1, sizeof(*out));
	count = 0;
	for (; *old; old++) {
		bool given = false;

		for (size_t i = 0; i < n; i++)
			given |= is_variable(*old, parts->variables.items[i].key);
		if (!given)
			out[count++] = *old;
	}
	for (size_t i = 0; i < n; i++) {
		const struct kv *v = &parts->variables.items[i];
		struct replaced *r = add(p, PART_VARIABLE, v->key);

		r->is_new = true;
		for (old = p->iso.envp; *old; old++)
			r->is_new &= !is_variable(*old, v->key);
		out[count++] = arena_printf(p->arena, "%s=%s", v->key, v->value);
	}
	p->iso.envp = out;
}

int parts_workdir(struct plan *p, const struct parts *parts, struct err *e)
{
	const char *dir = parts ? parts->workdir : NULL, *cwd = p->iso.cwd;
	const struct node *n;

	if (!dir)
		return 0;
	n = tree_resolve(&p->tree, cwd, dir);
	if (n && n->kind == KIND_DIRECTORY)
		dir = n->path;
	else if (*dir != '/')
		dir = fs_join(p->arena, cwd, dir);
	/* In a volume the kernel will say. */
	if ((!n || n->kind != KIND_DIRECTORY) && !parts_covers(p, dir))
		return err_set(e,
			"--workdir: there is no directory '%s' in the replay",
			parts->workdir);
	p->iso.cwd = dir;
	add(p, PART_WORKDIR, dir);
	return 0;
}

/* There already: as a node of the sandbox's own, or recorded. */
static bool has_device(const struct plan *p, const char *path)
{
	static const char *const own[] = {"/dev/null", "/dev/zero", "/dev/full",
		"/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx",
		"/dev/pts"};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (fs_below(path, own[i]))
			return true;
	for (size_t i = 0; i < p->iso.device_count; i++)
		if (!strcmp(p->iso.devices[i].target, path))
			return true;
	return false;
}

/* As root the command is a user that the host does not know. */
static void open_device(struct plan *p, const struct part_device *d)
{
	mode_t mode = d->st.st_mode;
	gid_t *groups;

	if (mode & 0006)
		return;
	/* But it can be of the node's group; never of root's. */
	if (mode & 0060 && d->st.st_gid) {
		groups = arena_array(
			p->arena, p->iso.host_group_count + 1, sizeof(*groups));
		if (p->iso.host_group_count)
			memcpy(groups, p->iso.host_groups,
				p->iso.host_group_count * sizeof(*groups));
		groups[p->iso.host_group_count++] = d->st.st_gid;
		p->iso.host_groups = groups;
		return;
	}
	note_add(&p->notes, "device", d->path,
		"its mode is %04o, which keeps the command out: as "
		"root it is another user to this host",
		(unsigned)mode & 07777);
}

void parts_devices(struct plan *p, const struct parts *parts, bool ranges)
{
	size_t n = parts ? parts->device_count : 0;
	struct iso_device *out =
		arena_array(p->arena, p->iso.device_count + n + 1, sizeof(*out));

	if (!n)
		return;
	if (p->iso.device_count)
		memcpy(out, p->iso.devices, p->iso.device_count * sizeof(*out));
	p->iso.devices = out;
	for (size_t i = 0; i < n; i++) {
		const struct part_device *d = &parts->devices[i];
		struct replaced *r;

		if (has_device(p, d->path))
			continue;
		out[p->iso.device_count++] = (struct iso_device){d->path,
			d->path, S_ISBLK(d->st.st_mode), major(d->st.st_rdev),
			minor(d->st.st_rdev)};
		r = add(p, PART_DEVICE, d->path);
		r->by = d->path;
		r->is_new = true;
		if (ranges)
			open_device(p, d);
	}
}

void parts_network(struct plan *p, const struct parts *parts)
{
	if (!parts || !parts->host_network)
		return;
	p->iso.host_network = true;
	add(p, PART_NETWORK, NULL)->is_new = true;
}
