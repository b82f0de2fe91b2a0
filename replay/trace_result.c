// SPDX-License-Identifier: Apache-2.0
/* What is said about a replay that was captured, too. */
#include "replay/trace.h"

#include "base/log.h"
#include "manifests/table_diff.h"
#include "replay/result.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Lines of differences that are printed; the rest is in the JSON result. */
#define LINES_MAX 20

static const struct {
	unsigned bit;
	const char *name, *text;
} words[] = {
	{DIFFERS_APPEARED, "appeared", "was absent, and is found now"},
	{DIFFERS_VANISHED, "vanished", "was found, and is absent now"},
	{DIFFERS_KIND, "kind", "is of another kind"},
	{DIFFERS_CONTENT, "content", "has another content"},
	{DIFFERS_TARGET, "target", "leads elsewhere"},
	{DIFFERS_DEVICE, "device", "is another device"},
	{DIFFERS_LISTING, "listing", "lists other names"},
	{DIFFERS_ACCESS, "access", "is used in another way"},
};

#define WORDS (sizeof(words) / sizeof(*words))

/* What both of them left behind: the verdicts of outputs say more. */
static bool is_output(const struct trace_difference *d)
{
	const unsigned written = ACCESS_W | ACCESS_M;

	return (!d->recorded.has || (d->recorded.access & written)) &&
	       (!d->replayed.has || (d->replayed.access & written));
}

static bool is_library(const struct trace_difference *d)
{
	return (d->recorded.access | d->replayed.access) & ACCESS_X;
}

static void side_text(const struct trace_side *s, char out[80])
{
	char digest[DIGEST_TEXT], access[9];

	access_text(s->access, access);
	if (s->has_digest) {
		digest_text(&s->digest, digest);
		snprintf(out, 80, "%.19s..., %s", digest, access);
	} else if (s->target) {
		snprintf(out, 80, "-> '%.50s'", s->target);
	} else {
		snprintf(out, 80, "%s, %s", file_kind_name(s->kind), access);
	}
}

static void print_one(const struct trace_difference *d)
{
	const char *program = is_library(d) ? " (program or library)" : "";
	char was[80], is[80];

	side_text(&d->recorded, was);
	side_text(&d->replayed, is);
	if (!d->what) {
		log_info("trace: '%s'%s is in the %s only (%s)", d->path,
			program, d->recorded.has ? "record" : "replay",
			d->recorded.has ? was : is);
		return;
	}
	/* The first of what differs says most. */
	for (size_t i = 0; i < WORDS; i++)
		if (d->what & words[i].bit) {
			log_info("trace: '%s'%s %s (%s; recorded: %s)", d->path,
				program, words[i].text, is, was);
			return;
		}
}

void trace_print(const struct trace *t, bool outputs_judged)
{
	size_t lines = 0, more = 0, results = 0;

	if (!t->done)
		return;
	for (size_t i = 0; outputs_judged && i < t->count; i++)
		results += is_output(&t->items[i]);
	if (t->trouble)
		log_info("traced as %.8s", t->id);
	else if (t->count == results)
		log_info("traced as %.8s: every file, library and look-up as "
			 "recorded",
			t->id);
	else
		log_info("traced as %.8s: %zu path%s not as recorded", t->id,
			t->count - results, t->count - results == 1 ? "" : "s");
	for (size_t i = 0; i < t->count; i++) {
		if (outputs_judged && is_output(&t->items[i]))
			continue;
		if (lines++ < LINES_MAX)
			print_one(&t->items[i]);
		else
			more++;
	}
	if (more)
		log_info("trace: and %zu more, which --result lists", more);
	if (t->gaps)
		log_info("the trace is incomplete: %zu gap%s, see: "
			 "reprise show %.8s",
			t->gaps, t->gaps == 1 ? "" : "s", t->id);
}

static json_t *side_json(const struct trace_side *s)
{
	char access[9];

	if (!s->has)
		return json_null();
	access_text(s->access, access);
	return json_pack("{s:s,s:s,s:o,s:o,s:o}", "access", access, "kind",
		file_kind_name(s->kind), "digest",
		result_digest(s->has_digest, &s->digest), "bytes",
		result_number(s->size), "target", result_text(s->target));
}

static json_t *what_json(const struct trace_difference *d)
{
	json_t *list = json_array();

	if (!d->what)
		json_array_append_new(
			list, json_string(d->recorded.has ? "recorded-only"
							  : "replayed-only"));
	for (size_t i = 0; i < WORDS; i++)
		if (d->what & words[i].bit)
			json_array_append_new(list, json_string(words[i].name));
	return list;
}

json_t *trace_json(const struct trace *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++) {
		const struct trace_difference *d = &t->items[i];

		json_array_append_new(list,
			json_pack("{s:o,s:o,s:b,s:b,s:o,s:o}", "path",
				result_text(d->path), "differs", what_json(d),
				"library", is_library(d), "output", is_output(d),
				"recorded", side_json(&d->recorded), "replayed",
				side_json(&d->replayed)));
	}
	return json_pack("{s:o,s:o,s:i,s:o}", "run",
		t->done ? json_string(t->id) : json_null(), "trouble",
		result_text(t->trouble), "gaps", (int)t->gaps, "differences",
		list);
}
