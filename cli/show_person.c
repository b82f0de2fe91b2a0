/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise show`: one run on a page, for a person. */
#include "base/arena.h"
#include "cli/cli.h"
#include "cli/show.h"
#include <stdio.h>
#include <string.h>

static void line(const char *label, const char *text)
{
	if (text != NULL)
		printf("%-12s %s\n", label, text);
}

static void print_ending(struct arena *a, const struct m_run *r)
{
	char *how = r->status;

	if (r->signal != NULL)
		how = arena_printf(a, "%s, died of %s", r->status, r->signal);
	else if (r->exit_code != ABSENT)
		how = arena_printf(a, "%s, exit status %lld", r->status,
			(long long)r->exit_code);
	line("status", how);
	line("took",
		arena_printf(a,
			"%.1f s (%.1f s of processor time), %s of "
			"memory at most",
			r->resource_usage.wall_s,
			r->resource_usage.user_s + r->resource_usage.sys_s,
			r->resource_usage.max_rss_bytes == ABSENT
				? "unknown"
				: cli_bytes_text(a, (uint64_t)r->resource_usage
							    .max_rss_bytes)));
}

static void print_where(struct arena *a, const struct manifest *m)
{
	const struct m_host *h = &m->run.host;
	const struct m_cpu *c = &m->hardware.cpu;

	line("host", arena_printf(a, "%s: %s, Linux %s, %s", h->name, h->os,
			     h->kernel, h->architecture));
	if (c->model_name != NULL && c->count != ABSENT)
		line("processors",
			arena_printf(a, "%lld of %s", (long long)c->count,
				cli_printable(a, c->model_name)));
}

static void print_code(struct arena *a, const struct m_code *c)
{
	char *changes = arena_strdup(a, "");

	if (c->dirty)
		changes = arena_printf(a,
			", of what was read %zu modified, "
			"%zu untracked",
			c->modified.count, c->untracked.count);
	line("code",
		arena_printf(a, "%s at %.12s%s%s%s%s", cli_printable(a, c->root),
			c->commit ? c->commit : "no commit", c->branch ? " (" : "",
			c->branch ? cli_printable(a, c->branch) : "",
			c->branch ? ")" : "", changes));
}

/* The first ones: there may be thousands. */
static void print_parameters(struct arena *a, const struct manifest *m)
{
	size_t shown = m->parameters.count < 8 ? m->parameters.count : 8;
	char *text = NULL;

	for (size_t i = 0; i < shown; i++) {
		const struct m_parameter *p = &m->parameters.items[i];

		text = arena_printf(a, "%s%s%s=%s", text ? text : "",
			text ? " " : "", cli_printable(a, p->name),
			p->value ? cli_printable(a, p->value) : "[redacted]");
	}
	if (shown < m->parameters.count)
		text = arena_printf(a, "%s and %zu more", text,
			m->parameters.count - shown);
	line("parameters", text);
}

static void print_data(struct arena *a, const char *title,
	const struct m_data *items, size_t count)
{
	printf("\n%s: %zu\n", title, count);
	for (size_t i = 0; i < count; i++) {
		const struct m_data *d = &items[i];
		const char *bytes =
			d->bytes == ABSENT
				? "?"
				: cli_bytes_text(a, (uint64_t)d->bytes);

		printf("  %8s  %-13s  %.19s  %s%s", bytes,
			d->role ? d->role : "-", d->digest ? d->digest : "-",
			cli_printable(a, d->path),
			strcmp(d->kind, "tree") == 0 ? "/" : "");
		if (strcmp(d->kind, "tree") == 0 && d->files != ABSENT)
			printf(" (%lld files)", (long long)d->files);
		puts(d->stored ? "" : " (by digest only)");
	}
}

static void print_gaps(struct arena *a, const struct m_completeness *c)
{
	if (c->gaps.count == 0)
		return;
	printf("\ngaps: %zu\n", c->gaps.count);
	for (size_t i = 0; i < c->gaps.count; i++) {
		const struct m_gap *g = &c->gaps.items[i];

		printf("  %s", g->kind);
		if (g->path != NULL)
			printf(" '%s'", cli_printable(a, g->path));
		if (g->detail != NULL)
			printf(": %s", cli_printable(a, g->detail));
		putchar('\n');
	}
}

static void print_libraries(struct arena *a, const struct manifest *m)
{
	size_t opened = 0;

	for (size_t i = 0; i < m->libraries.count; i++) {
		const char *by = m->libraries.items[i].loaded_by;

		opened += by != NULL && strcmp(by, "dlopen") == 0;
	}
	if (m->libraries.count > 0)
		line("libraries", arena_printf(a, "%zu, %zu of them by dlopen",
					  m->libraries.count, opened));
}

void show_person(struct arena *a, const struct manifest *m)
{
	line("run", m->run.id);
	if (m->run.name != NULL)
		line("name", cli_printable(a, m->run.name));
	line("command", cli_command_text(a, &m->command.argv));
	if (m->command.cwd != NULL)
		line("in", cli_printable(a, m->command.cwd));
	line("started", m->run.started);
	print_ending(a, &m->run);
	print_where(a, m);
	for (size_t i = 0; i < m->code.count; i++)
		print_code(a, &m->code.items[i]);
	print_parameters(a, m);
	for (size_t i = 0; i < m->run.tags.count; i++)
		line("tag",
			cli_printable(a, arena_printf(a, "%s=%s",
						 m->run.tags.items[i].key,
						 m->run.tags.items[i].value)));
	line("files",
		arena_printf(a, "%lld recorded", (long long)m->files.entries));
	line("processes", arena_printf(a, "%lld", (long long)m->processes.count));
	print_libraries(a, m);
	line("record", m->completeness.aggregate);
	print_data(a, "inputs", m->inputs.items, m->inputs.count);
	print_data(a, "outputs", m->outputs.items, m->outputs.count);
	print_gaps(a, &m->completeness);
}
