/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise doctor`: what this machine allows, and the remedy for the rest. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/doctor_gpu.h"
#include "manifests/json.h"
#include "sandbox/isolation/isolation.h"
#include "sandbox/watch/support.h"
#include "store/store.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct doctor_options {
	struct common_options common;
	bool json;
};

static const struct cli_opt doctor_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct doctor_options, json)},
	CLI_COMMON_OPTIONS,
	{0},
};

struct diagnosis {
	struct host_support host;
	char *store; /* or NULL */
	struct support survival_item, group_item, store_item, space_item;
	struct support gpus[DOCTOR_GPU_ITEMS];
};

static const char *const state_words[] = {
	[SUPPORT_YES] = "yes",
	[SUPPORT_NO] = "no",
	[SUPPORT_UNKNOWN] = "unknown",
};

/* The nearest directory upwards that exists: where a store would be made. */
static char *existing(struct arena *a, const char *path)
{
	char *p = arena_strdup(a, path);

	while (access(p, F_OK) < 0 && p[1] != '\0') {
		char *slash = strrchr(p, '/');

		slash[slash == p ? 1 : 0] = '\0';
	}
	return p;
}

static bool can_make_files(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return false;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return false;
	}
	return access(dir, W_OK | X_OK) == 0;
}

/* What becomes of a command whose recorder dies, by the engine taken here. */
static void look_at_survival(struct arena *a, struct support *item)
{
	enum watch_backend engine = BACKEND_AUTO;
	struct watch_support host;
	struct err e = ERR_INIT;

	watch_support_probe(&host, engine, false);
	*item = (struct support){
		.name = "outlives-recorder", .state = SUPPORT_NO};
	if (watch_choose(&host, &engine, &e) < 0) {
		item->detail = arena_printf(a, "nothing is captured: %s", e.msg);
	} else if (engine == BACKEND_NOTIFY) {
		item->state = SUPPORT_YES;
		item->detail = arena_strdup(a,
			"by the notify engine: a command goes on when its "
			"recorder dies or hangs");
	} else {
		item->detail = arena_strdup(a,
			"by the ptrace engine: a command dies with its "
			"recorder, and waits for one that hangs");
		item->remedy = arena_strdup(a,
			"what 'seccomp-notify' and 'seccomp-wait-killable' "
			"need");
	}
}

/* Limits of a replay as a whole. Asked here, not in a probe's process, which
 * would be another one in the group. */
static void look_at_group(struct arena *a, struct support *item)
{
	struct iso_group_support s;

	host_support_group(&s);
	*item = (struct support){.name = "control-group",
		.state = *s.why ? SUPPORT_NO : SUPPORT_YES};
	if (*s.why) {
		item->detail = arena_printf(
			a, "a replay's memory is not limited: %s", s.why);
		item->remedy = s.remedy ? arena_strdup(a, s.remedy) : NULL;
	} else {
		item->detail = arena_printf(a, "a replay can be limited in%s%s%s",
			s.memory ? " memory" : "",
			s.processes ? " processes" : "",
			s.cpus ? " processors" : "");
	}
}

static void look_at_store(struct invocation *in, struct diagnosis *d)
{
	const struct common_options *o = in->options;
	struct arena *a = in->arena;
	struct err e = ERR_INIT;
	struct statvfs fs;
	const char *dir;

	d->store_item = (struct support){.name = "store"};
	d->space_item = (struct support){.name = "store-space"};
	d->store = store_locate(a, o->store, &e);
	if (d->store == NULL) {
		d->store_item.state = SUPPORT_NO;
		d->store_item.detail = arena_strdup(a, e.msg);
		d->store_item.remedy = arena_strdup(
			a, "name a store with --store or $REPRISE_STORE");
		d->space_item.state = SUPPORT_UNKNOWN;
		return;
	}
	dir = existing(a, d->store);
	d->store_item.state = can_make_files(dir) ? SUPPORT_YES : SUPPORT_NO;
	d->store_item.detail = arena_printf(a, "%s%s", d->store,
		strcmp(dir, d->store) == 0 ? "" : " (not made yet)");
	if (d->store_item.state == SUPPORT_NO)
		d->store_item.remedy = arena_printf(a,
			"'%s' cannot be written (%s): give this user the right "
			"to, or name another store with --store or "
			"$REPRISE_STORE",
			dir, strerror(errno));
	if (statvfs(dir, &fs) < 0 || fs.f_blocks == 0) {
		d->space_item.state = SUPPORT_UNKNOWN;
		return;
	}
	d->space_item.detail = arena_printf(a, "%s free of %s",
		cli_bytes_text(a, (uint64_t)fs.f_bavail * fs.f_frsize),
		cli_bytes_text(a, (uint64_t)fs.f_blocks * fs.f_frsize));
	d->space_item.state = SUPPORT_YES;
	if (fs.f_bavail >= fs.f_blocks / 20)
		return;
	d->space_item.state = SUPPORT_NO;
	d->space_item.remedy = arena_strdup(a,
		"contents are not stored while less than 5 % is free: free "
		"some space, or name another store with --store");
}

static void print_item(struct arena *a, const struct support *i)
{
	printf("%-8s %-24s %s\n", state_words[i->state], i->name,
		i->detail ? cli_printable(a, i->detail) : "");
	if (i->remedy != NULL)
		printf("%-8s remedy: %s\n", "", i->remedy);
}

static json_t *item_json(const struct support *i)
{
	return json_pack("{s:s, s:s, s:o*, s:o*}", "name", i->name, "state",
		state_words[i->state], "detail", json_text(i->detail), "remedy",
		json_text(i->remedy));
}

static bool all_well(const struct diagnosis *d)
{
	return d->host.capture && d->host.userns &&
	       (d->host.root_a || d->host.root_b) &&
	       d->store_item.state == SUPPORT_YES &&
	       d->space_item.state != SUPPORT_NO;
}

static int print_json(const struct diagnosis *d, struct err *e)
{
	json_t *items = json_array(), *roots = json_array();

	for (size_t i = 0; i < d->host.count; i++)
		json_array_append_new(items, item_json(&d->host.items[i]));
	json_array_append_new(items, item_json(&d->survival_item));
	json_array_append_new(items, item_json(&d->group_item));
	json_array_append_new(items, item_json(&d->store_item));
	json_array_append_new(items, item_json(&d->space_item));
	for (size_t i = 0; i < DOCTOR_GPU_ITEMS && d->gpus[i].name; i++)
		json_array_append_new(items, item_json(&d->gpus[i]));
	if (d->host.root_a)
		json_array_append_new(roots, json_string("A"));
	if (d->host.root_b)
		json_array_append_new(roots, json_string("B"));
	return cli_print_json(
		json_pack("{s:b, s:b, s:b, s:o, s:o*, s:o}", "ok", all_well(d),
			"capture", d->host.capture, "user_namespaces",
			d->host.userns, "roots", roots, "store",
			json_text(d->store), "items", items),
		e);
}

static int doctor_run(struct invocation *in)
{
	const struct doctor_options *o = in->options;
	struct diagnosis d = {.store = NULL};
	struct err e = ERR_INIT;
	int r;

	host_support_probe(&d.host, in->arena);
	look_at_survival(in->arena, &d.survival_item);
	look_at_group(in->arena, &d.group_item);
	look_at_store(in, &d);
	doctor_gpus(d.gpus, in->arena);
	if (o->json) {
		r = print_json(&d, &e);
	} else {
		for (size_t i = 0; i < d.host.count; i++)
			print_item(in->arena, &d.host.items[i]);
		print_item(in->arena, &d.survival_item);
		print_item(in->arena, &d.group_item);
		print_item(in->arena, &d.store_item);
		print_item(in->arena, &d.space_item);
		for (size_t i = 0; i < DOCTOR_GPU_ITEMS && d.gpus[i].name; i++)
			print_item(in->arena, &d.gpus[i]);
		r = cli_flush(&e);
	}
	if (r < 0)
		return cli_fail(in, &e);
	return all_well(&d) ? CLI_OK : CLI_DIFFERS;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "say what this machine allows, and the remedies",
	.synopsis = "[OPTIONS]",
	.opts = doctor_opts,
	.options_size = sizeof(struct doctor_options),
	.trouble = CLI_TROUBLE,
	.run = doctor_run,
};
