// SPDX-License-Identifier: Apache-2.0
/* The part of the plan that the command sees of itself. */
#include "replay/plan.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "host/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/major.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

static int parse_limit(const char *s, rlim_t *out)
{
	char *end;

	if (!s || !strcmp(s, "unlimited")) {
		*out = RLIM_INFINITY;
		return s ? 0 : -1;
	}
	errno = 0;
	*out = strtoull(s, &end, 10);
	return *s < '0' || *s > '9' || *end || errno ? -1 : 0;
}

static int plan_limits(struct plan *p, struct err *e)
{
	const struct m_environment *env = &p->manifest->environment;
	struct iso_limit *out = NULL;
	size_t count = 0;

	for (size_t i = 0; i < env->limits.count; i++) {
		const struct m_limit *l = &env->limits.items[i];
		struct iso_limit want = {.resource = -1};

		for (const struct limit_name *n = limit_names; n->name; n++)
			if (!strcmp(n->name, l->name))
				want.resource = n->resource;
		if (want.resource < 0) {
			note_add(&p->notes, "limit", NULL,
				"the limit '%s' is not known here", l->name);
			continue;
		}
		if (parse_limit(l->soft, &want.value.rlim_cur) < 0 ||
			parse_limit(l->hard, &want.value.rlim_max) < 0)
			return err_set(
				e, "the limit '%s' has no number", l->name);
		*ARENA_PUSH(p->arena, out, count) = want;
	}
	p->iso.limits = out;
	p->iso.limit_count = count;
	return 0;
}

/* Where other GPUs stand for the recorded ones: see gpu.h. */
static bool is_set_anew(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->gpu.variables.count; i++)
		if (!strcmp(p->gpu.variables.items[i].key, name))
			return true;
	return false;
}

static int plan_environment(
	struct plan *p, const struct parts *parts, struct err *e)
{
	const struct m_environment *env = &p->manifest->environment;
	size_t n = env->variables.count;
	char **out = arena_array(
		p->arena, n + p->gpu.variables.count + 1, sizeof(*out));
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct kv *v = &env->variables.items[i];

		/* It would be another variable than --dry-run shows. */
		if (v->value && (!*v->key || strchr(v->key, '=')))
			return err_set(
				e, "'%s' is no name of a variable", v->key);
		if (!is_set_anew(p, v->key))
			out[count++] = v->value ? arena_printf(p->arena, "%s=%s",
							  v->key, v->value)
						: v->key;
	}
	for (size_t i = 0; i < p->gpu.variables.count; i++) {
		const struct kv *v = &p->gpu.variables.items[i];

		out[count++] = arena_printf(p->arena, "%s=%s", v->key, v->value);
	}
	p->iso.envp = out;
	for (size_t i = 0; i < env->redacted.count; i++)
		if (!parts_gives(parts, env->redacted.items[i]))
			note_add(&p->notes, "secret", NULL,
				"the variable '%s' was not recorded: absent",
				env->redacted.items[i]);
	parts_variables(p, parts);
	return 0;
}

static const char *variable(const struct plan *p, const char *name)
{
	size_t n = strlen(name);

	for (char *const *v = p->iso.envp; *v; v++)
		if (!strncmp(*v, name, n) && (*v)[n] == '=')
			return *v + n + 1;
	return NULL;
}

/* 0 a program, else why not. */
static int check_program(const struct plan *p, const char *path)
{
	const struct node *n = tree_resolve(&p->tree, p->iso.cwd, path);

	/* What is in a volume is found out by running it. */
	if (parts_covers(p, n ? n->path : path))
		return 0;
	if (!n)
		return ENOENT;
	n = node_file(n);
	return n->kind == KIND_FILE && n->mode & 0111 ? 0 : EACCES;
}

/* As execvp(3), but among what the run recorded. */
static const char *find_program(struct plan *p, const char *name, int *why)
{
	const char *dirs = variable(p, "PATH");

	*why = ENOENT;
	if (strchr(name, '/')) {
		*why = check_program(p, name);
		return name;
	}
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (;; dirs++) {
		size_t len = strcspn(dirs, ":");
		const char *dir = len ? arena_memdup(p->arena, dirs, len) : ".";
		const char *path = fs_join(p->arena, dir, name);
		int this = check_program(p, path);

		if (this != ENOENT)
			*why = this;
		if (!this)
			return path;
		dirs += len;
		if (!*dirs)
			return name;
	}
}

static int plan_other_command(struct plan *p, char *const *argv, struct err *e)
{
	int why = ENOENT;

	if (!argv[0] || !*argv[0])
		return err_set(e, "there is no command after '--'");
	p->iso.argv = argv;
	p->iso.executable = find_program(p, argv[0], &why);
	if (!why)
		return 0;
	err_set(e,
		why == ENOENT ? "'%s' is not among the files of this run"
			      : "'%s' is not a program in this run",
		argv[0]);
	e->code = why;
	return -1;
}

static int plan_argv(struct plan *p, struct err *e)
{
	const struct m_command *c = &p->manifest->command;
	char **argv;

	if (!c->argv.count || !c->executable)
		return err_set(e, "the manifest has no command");
	argv = arena_array(p->arena, c->argv.count + 1, sizeof(*argv));
	memcpy(argv, c->argv.items, c->argv.count * sizeof(*argv));
	p->iso.argv = argv;
	p->iso.executable = c->executable;
	/* Of /proc, it could be this program itself: /proc/self/exe. */
	if (!tree_resolve(&p->tree, c->cwd, c->executable))
		return err_set(e, "the program '%s' is not in the file table",
			c->executable);
	return 0;
}

static void plan_stdin(struct plan *p)
{
	const struct m_stream *in = &p->manifest->command.stdin_;
	const struct node *n;

	if (!in->kind || strcmp(in->kind, "file") != 0 || !in->path)
		return;
	n = tree_resolve(&p->tree, NULL, in->path);
	/* To open a pipe would wait for somebody who writes to it. */
	if (!n || node_file(n)->kind != KIND_FILE) {
		note_add(&p->notes, "stdin", in->path,
			"the recorded standard input is not in the replay");
		return;
	}
	p->iso.stdin_kind = ISO_STDIN_FILE;
	p->iso.stdin_path = in->path;
	p->iso.stdin_offset = in->offset == ABSENT ? 0 : in->offset;
}

/* Nodes that every sandbox has; the run may have opened them. */
static bool is_standard(const char *path)
{
	static const char *const names[] = {"null", "zero", "full", "random",
		"urandom", "tty", "ptmx", "console"};

	if (strncmp(path, "/dev/", 5) != 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(path + 5, names[i]))
			return true;
	return !strncmp(path, "/dev/pts/", 9) || !strncmp(path, "/dev/tty", 8);
}

/*
 * Nodes that show the host itself: its disks, its memory and kernel log, what
 * is on its screen and what is typed. Only the device's number tells, since
 * the manifest can call it anything: Documentation/admin-guide/devices.txt.
 */
static bool shows_host(const struct host_device *d)
{
	return d->is_block || d->major == MEM_MAJOR || d->major == VCS_MAJOR ||
	       d->major == INPUT_MAJOR;
}

/* Those of GPUs are the other part of the plan. */
static void plan_devices(struct plan *p, const struct host_view *h)
{
	struct iso_device *out = NULL;
	size_t count = 0;

	for (size_t i = 0; i < p->manifest->devices.count; i++) {
		const struct m_device *d = &p->manifest->devices.items[i];
		const struct host_device *host = &h->devices[i];
		bool block = d->type && !strcmp(d->type, "block");

		if (is_standard(d->path) || gpu_is_node(d))
			continue;
		if (strncmp(d->path, "/dev/", 5) != 0 || strstr(d->path, "/.."))
			note_add(&p->notes, "device", d->path,
				"device nodes are given back in /dev only");
		else if (!host->exists)
			note_add(&p->notes, "device", d->path,
				"this host has no such device");
		else if (shows_host(host))
			note_add(&p->notes, "device", d->path,
				"this device would show the host: absent");
		else if (host->is_block != block || host->major != d->major)
			note_add(&p->notes, "device", d->path,
				"this host has another device there (%u:%u, "
				"recorded %" PRId64 ":%" PRId64 ")",
				host->major, host->minor, d->major, d->minor);
		else
			*ARENA_PUSH(p->arena, out, count) =
				(struct iso_device){d->path, d->path, false,
					host->major, host->minor};
	}
	for (size_t i = 0; i < p->gpu.device_count; i++)
		*ARENA_PUSH(p->arena, out, count) = p->gpu.devices[i];
	p->iso.devices = out;
	p->iso.device_count = count;
}

static uint32_t id_of(int64_t id)
{
	return id < 0 || id >= UINT32_MAX ? 0 : (uint32_t)id;
}

/* What a process of root has over files; the manifest has no finer record. */
static uint64_t caps_of_root(void)
{
	return 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH |
	       1ull << CAP_FOWNER | 1ull << CAP_FSETID | 1ull << CAP_CHOWN;
}

int plan_command(struct plan *p, const struct replay_options *o,
	const struct host_view *h, struct err *e)
{
	const struct manifest *m = p->manifest;
	const struct node *cwd;

	p->iso.uid = id_of(m->run.user.uid);
	p->iso.gid = id_of(m->run.user.gid);
	p->iso.keep_caps = p->iso.uid == 0 ? caps_of_root() : 0;
	p->iso.hostname = m->run.host.name;
	p->iso.umask = m->command.umask
			       ? (mode_t)strtoul(m->command.umask, NULL, 8) & 0777
			       : 0022;
	p->iso.cwd = m->command.cwd ? m->command.cwd : "/";
	cwd = tree_resolve(&p->tree, NULL, p->iso.cwd);
	if (!cwd || cwd->kind != KIND_DIRECTORY)
		return err_set(e,
			"the working directory '%s' is not in the file table",
			p->iso.cwd);
	if (plan_environment(p, o->parts, e) < 0)
		return -1;
	plan_stdin(p);
	plan_cpus(p, o, h);
	plan_together(p, o, h);
	plan_devices(p, h);
	parts_devices(p, o->parts, h->ranges);
	parts_network(p, o->parts);
	if (parts_workdir(p, o->parts, e) < 0 || plan_limits(p, e) < 0)
		return -1;
	return o->argv ? plan_other_command(p, o->argv, e) : plan_argv(p, e);
}
