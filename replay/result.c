// SPDX-License-Identifier: Apache-2.0
/* What is said about a replay. */
#include "replay/result.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"
#include "numeric/distance.h"
#include "replay/plan.h"
#include "replay/trace.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of outcomes that are printed; the rest is in the JSON result. */
#define LINES_MAX 20

static const char *signal_name(struct arena *a, int sig)
{
	const char *name = sigabbrev_np(sig);

	return name ? arena_printf(a, "SIG%s", name)
		    : arena_printf(a, "signal %d", sig);
}

static const char *end_text(struct arena *a, int exit_code, const char *signal)
{
	return signal ? arena_printf(a, "died of %s", signal)
		      : arena_printf(a, "exit status %d", exit_code);
}

bool result_same_end(const struct replay_outcome *o)
{
	const struct m_run *run = &o->plan->manifest->run;

	if (run->signal)
		return o->end.signal &&
		       !strcmp(run->signal,
			       signal_name(o->plan->arena, o->end.signal));
	return !o->end.signal && run->exit_code == o->end.exit_code;
}

bool result_same(const struct replay_outcome *o)
{
	const struct comparison *c = &o->comparison;

	return o->compared && result_same_end(o) &&
	       c->judged == c->identical + c->close && !c->extra;
}

/* Of every replay, or nothing that a run can see: only for those who read the
 * JSON. */
static bool is_silent(const struct note *n)
{
	return !strcmp(n->kind, "file-system") || !strcmp(n->kind, "process") ||
	       !strcmp(n->kind, "control-group");
}

/* Of no interest while the outputs are the same. */
static bool is_quiet(const struct note *n)
{
	static const char *const kinds[] = {"unopened", "owners", "groups",
		"kernel", "cpu", "capabilities", "cpu-numbers", "cpu-view",
		"cdi-environment"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(n->kind, kinds[i]))
			return true;
	return false;
}

static void print_note(const struct note *n, size_t more)
{
	if (!n->path)
		log_info("not as recorded: %s", n->detail);
	else if (!more)
		log_info("not as recorded: '%s': %s", n->path, n->detail);
	else
		log_info("not as recorded: '%s' and %zu more: %s", n->path,
			more, n->detail);
}

/* Notes of one kind about many paths are one line. */
static void print_notes(const struct notes *notes, bool quiet)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < notes->count; i++) {
		const struct note *n = &notes->items[i];
		size_t more = 0;

		if (is_silent(n) || is_quiet(n) != quiet)
			continue;
		if (n->path && map_puts(&seen, n->kind, (void *)n))
			continue;
		for (size_t k = i + 1; n->path && k < notes->count; k++)
			more += notes->items[k].path &&
				!strcmp(notes->items[k].kind, n->kind);
		print_note(n, more);
	}
	map_release(&seen);
}

void result_announce(const struct plan *p)
{
	parts_announce(p);
	print_notes(&p->notes, false);
}

static const char *summary(const struct replay_outcome *o)
{
	struct arena *a = o->plan->arena;
	const struct comparison *c = &o->comparison;

	if (o->not_judged)
		return arena_printf(a, "not judged: %s", o->not_judged);
	if (!c->judged)
		return "no output to judge";
	if (c->close)
		return arena_printf(a, "%zu of %zu outputs identical, %zu close",
			c->identical, c->judged, c->close);
	return arena_printf(
		a, "%zu of %zu outputs identical", c->identical, c->judged);
}

static void print_outcomes(const struct comparison *c)
{
	size_t lines = 0, more = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct outcome *o = &c->items[i];

		if (o->verdict == VERDICT_IDENTICAL)
			continue;
		if (lines++ < LINES_MAX)
			log_info("%s: '%s': %s", verdict_name(o->verdict),
				o->path, o->reason);
		else
			more++;
	}
	if (more)
		log_info("and %zu more, which --result lists", more);
}

static void print_verdict(const struct replay_outcome *o)
{
	struct arena *a = o->plan->arena;
	const struct m_run *run = &o->plan->manifest->run;
	const char *signal = o->end.signal ? signal_name(a, o->end.signal) : NULL;
	const char *end = end_text(a, o->end.exit_code, signal), *parts = "";
	size_t changed = parts_changed(o->plan);

	if (!o->plan->recorded_command)
		return;
	if (changed)
		parts = arena_printf(a, ", %zu part%s replaced", changed,
			changed == 1 ? "" : "s");
	if (result_same_end(o))
		log_info("replayed %.8s%s: %s as recorded; %s", run->id, parts,
			end, summary(o));
	else
		log_info("replayed %.8s%s: %s, recorded: %s; %s", run->id,
			parts, end,
			run->exit_code == ABSENT && !run->signal
				? "none"
				: end_text(a, (int)run->exit_code, run->signal),
			summary(o));
	print_outcomes(&o->comparison);
	if (o->compared && (!result_same(o) || o->comparison.close))
		print_notes(&o->plan->notes, true);
}

void result_print(const struct replay_outcome *o)
{
	print_verdict(o);
	if (o->trace)
		trace_print(o->trace, o->compared);
}

json_t *result_text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();
	autofree char *out = NULL;
	size_t n = 0;

	if (j)
		return j;
	out = xmalloc(3 * strlen(s) + 1);
	for (; *s; s++)
		if ((unsigned char)*s < 0x80)
			out[n++] = *s;
		else
			n = (size_t)(stpcpy(out + n, "\xef\xbf\xbd") - out);
	out[n] = 0;
	return json_string(out);
}

json_t *result_number(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

json_t *result_digest(bool has, const struct digest *d)
{
	char name[DIGEST_TEXT];

	if (!has)
		return json_null();
	digest_text(d, name);
	return json_string(name);
}

/* What is infinite is no number of JSON's: null. */
static json_t *real(double d)
{
	return isfinite(d) ? json_real(d) : json_null();
}

/* The numbers of two contents, as far as they were compared. */
static void set_distance(json_t *j, const struct distance *d)
{
	json_object_set_new(j, "format", result_text(d ? d->format : NULL));
	json_object_set_new(j, "values",
		d ? json_integer((json_int_t)d->values) : json_null());
	json_object_set_new(j, "values_different",
		d ? json_integer((json_int_t)d->different) : json_null());
	json_object_set_new(j, "max_abs", d ? real(d->max_abs) : json_null());
	json_object_set_new(j, "max_rel", d ? real(d->max_rel) : json_null());
	json_object_set_new(
		j, "where", result_text(d && *d->where ? d->where : NULL));
	json_object_set_new(
		j, "unlike", result_text(d && *d->unlike ? d->unlike : NULL));
}

static json_t *outputs_json(const struct comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->count; i++) {
		const struct outcome *o = &c->items[i];
		json_t *j = json_object();

		json_object_set_new(j, "path", result_text(o->path));
		json_object_set_new(
			j, "verdict", json_string(verdict_name(o->verdict)));
		json_object_set_new(j, "reason", result_text(o->reason));
		json_object_set_new(j, "recorded",
			json_pack("{s:o,s:o}", "digest",
				result_digest(o->has_recorded, &o->recorded),
				"bytes", result_number(o->recorded_bytes)));
		json_object_set_new(j, "replayed",
			json_pack("{s:o,s:o}", "digest",
				result_digest(o->has_replayed, &o->replayed),
				"bytes", result_number(o->replayed_bytes)));
		json_object_set_new(j, "first_difference",
			result_number(o->first_difference));
		set_distance(j, o->distance);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *notes_json(const struct notes *notes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < notes->count; i++) {
		const struct note *n = &notes->items[i];

		json_array_append_new(
			list, json_pack("{s:s,s:o,s:o}", "kind", n->kind,
				      "path", result_text(n->path), "detail",
				      result_text(n->detail)));
	}
	return list;
}

static json_t *missing_json(const struct notes *notes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < notes->count; i++)
		if (!strcmp(notes->items[i].kind, "not-stored"))
			json_array_append_new(
				list, result_text(notes->items[i].path));
	return list;
}

static json_t *end_json(const struct replay_outcome *o)
{
	const struct m_run *run = &o->plan->manifest->run;
	const char *signal =
		o->end.signal ? signal_name(o->plan->arena, o->end.signal) : NULL;

	return json_pack("{s:o,s:o,s:o,s:o,s:b}", "recorded_code",
		result_number(run->exit_code), "recorded_signal",
		result_text(run->signal), "replayed_code",
		signal ? json_null() : json_integer(o->end.exit_code),
		"replayed_signal", result_text(signal), "same",
		result_same_end(o));
}

int result_write(const struct replay_outcome *o, const char *path, struct err *e)
{
	const struct comparison *c = &o->comparison;
	char strategy[2] = {o->plan->strategy, 0};
	autofree char *doc = NULL;
	json_t *j = json_object();

	json_object_set_new(j, "run", result_text(o->plan->manifest->run.id));
	json_object_set_new(j, "root", json_string(strategy));
	json_object_set_new(
		j, "recorded_command", json_boolean(o->plan->recorded_command));
	json_object_set_new(j, "exit", end_json(o));
	json_object_set_new(j, "judged", json_boolean(o->compared));
	json_object_set_new(j, "not_judged", result_text(o->not_judged));
	json_object_set_new(j, "same", json_boolean(result_same(o)));
	json_object_set_new(
		j, "outputs_judged", json_integer((json_int_t)c->judged));
	json_object_set_new(
		j, "outputs_identical", json_integer((json_int_t)c->identical));
	json_object_set_new(
		j, "outputs_close", json_integer((json_int_t)c->close));
	json_object_set_new(j, "tolerance",
		o->tolerance < 0 ? json_null() : json_real(o->tolerance));
	json_object_set_new(j, "outputs", outputs_json(c));
	json_object_set_new(j, "replaced", parts_json(o->plan));
	json_object_set_new(j, "by_reference", references_json(o->plan));
	json_object_set_new(j, "missing_inputs", missing_json(&o->plan->notes));
	json_object_set_new(j, "gpus", gpu_json(&o->plan->gpu));
	json_object_set_new(j, "notes", notes_json(&o->plan->notes));
	json_object_set_new(
		j, "trace", o->trace ? trace_json(o->trace) : json_null());
	doc = json_dumps(j, JSON_INDENT(2));
	json_decref(j);
	if (!doc)
		return err_set(e, "cannot make the JSON result");
	return fs_write_file(AT_FDCWD, path, doc, strlen(doc), 0644, e);
}
