// SPDX-License-Identifier: Apache-2.0
/* Reading the options that replace parts, and looking at what they name. */
#include "replay/parts.h"

#include "base/arena.h"
#include "base/err.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int look_at(struct host_path *out, struct arena *a, const char *path,
	const char *option, struct err *e)
{
	char real[PATH_MAX];

	if (!*path)
		return err_set(e, "%s names no file", option);
	if (!realpath(path, real) || stat(real, &out->st) < 0)
		return err_sys(e, "%s '%s'", option, path);
	if (!S_ISREG(out->st.st_mode) && !S_ISDIR(out->st.st_mode))
		return err_set(e, "%s '%s' is neither a file nor a directory",
			option, path);
	out->path = arena_strdup(a, real);
	return 0;
}

static int read_inputs(struct parts *p, struct arena *a,
	const struct kvlist *inputs, struct err *e)
{
	p->inputs = arena_array(a, inputs->count, sizeof(*p->inputs));
	for (size_t i = 0; i < inputs->count; i++) {
		struct part_input *in = &p->inputs[p->input_count++];

		in->path = inputs->items[i].key;
		if (look_at(&in->by, a, inputs->items[i].value, "--input", e) < 0)
			return -1;
	}
	return 0;
}

/* "SRC:DST", "SRC:DST:ro" or "SRC:DST:rw"; SRC may hold colons. */
static int read_volume(
	struct part_volume *v, struct arena *a, const char *text, struct err *e)
{
	size_t len = strlen(text);
	const char *split;
	char *s;

	if (len > 3 && (!strcmp(text + len - 3, ":ro") ||
			       !strcmp(text + len - 3, ":rw"))) {
		v->read_only = text[len - 1] == 'o';
		len -= 3;
	}
	s = arena_memdup(a, text, len);
	split = strstr(s, ":/");
	for (const char *next = split; next; next = strstr(next + 1, ":/"))
		split = next;
	if (!split || split == s)
		return err_set(e,
			"--volume '%s' is not SRC:DST or SRC:DST:ro with an "
			"absolute DST",
			text);
	v->target = split + 1;
	return look_at(&v->source, a, arena_memdup(a, s, (size_t)(split - s)),
		"--volume", e);
}

static int read_volumes(struct parts *p, struct arena *a,
	const struct strlist *volumes, struct err *e)
{
	p->volumes = arena_array(a, volumes->count, sizeof(*p->volumes));
	for (size_t i = 0; i < volumes->count; i++)
		if (read_volume(&p->volumes[p->volume_count++], a,
			    volumes->items[i], e) < 0)
			return -1;
	return 0;
}

static void set_variable(struct parts *p, struct arena *a, char *name, char *value)
{
	struct kvlist *l = &p->variables;
	size_t i = 0;

	while (i < l->count && strcmp(l->items[i].key, name) != 0)
		i++;
	if (i == l->count)
		ARENA_PUSH(a, l->items, l->count)->key = name;
	l->items[i].value = value;
}

static int read_variables(struct parts *p, struct arena *a,
	const struct strlist *env, struct err *e)
{
	for (size_t i = 0; i < env->count; i++) {
		char *text = env->items[i], *eq = strchr(text, '=');
		char *name =
			eq ? arena_memdup(a, text, (size_t)(eq - text)) : text;
		char *value = eq ? eq + 1 : getenv(text);

		if (!*name)
			return err_set(e, "--env '%s' has no name", text);
		/* Silence would look like success until the command fails. */
		if (!value)
			return err_set(e, "--env '%s' is not set here", text);
		set_variable(p, a, name, value);
	}
	return 0;
}

static int read_devices(struct parts *p, struct arena *a,
	const struct strlist *devices, struct err *e)
{
	p->devices = arena_array(a, devices->count, sizeof(*p->devices));
	for (size_t i = 0; i < devices->count; i++) {
		struct part_device *d = &p->devices[p->device_count++];

		d->path = devices->items[i];
		if (strncmp(d->path, "/dev/", 5) != 0 || strstr(d->path, "/../") ||
			strstr(d->path, "//") || !d->path[5])
			return err_set(e,
				"--device '%s' is not a path below /dev",
				d->path);
		if (lstat(d->path, &d->st) < 0)
			return err_sys(e, "--device '%s'", d->path);
		if (!S_ISCHR(d->st.st_mode) && !S_ISBLK(d->st.st_mode))
			return err_set(
				e, "--device '%s' is no device node", d->path);
	}
	return 0;
}

int parts_read(struct parts *out, struct arena *a,
	const struct replay_parts *options, struct err *e)
{
	*out = (struct parts){
		.workdir = options->workdir,
		.host_network = options->host_network,
	};
	if (read_inputs(out, a, &options->inputs, e) < 0 ||
		read_variables(out, a, &options->env, e) < 0 ||
		read_volumes(out, a, &options->volumes, e) < 0 ||
		read_devices(out, a, &options->devices, e) < 0)
		return -1;
	return 0;
}
