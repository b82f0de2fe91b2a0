// SPDX-License-Identifier: Apache-2.0
/* The plan for a person: `replay --dry-run`. */
#include "replay/cpu_view.h"
#include "replay/plan.h"

#include "base/arena.h"

#include <inttypes.h>
#include <string.h>

/* Control characters would act on the terminal. */
static void print_text(FILE *out, const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 32 || *s == 127)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else
			putc(*s, out);
}

void plan_print_line(FILE *out, const char *label, const char *s)
{
	fprintf(out, "%-12s ", label);
	print_text(out, s ? s : "-");
	putc('\n', out);
}

static void print_argv(const struct plan *p, FILE *out)
{
	fprintf(out, "%-12s", "command");
	for (char *const *a = p->iso.argv; *a; a++) {
		fputs(" '", out);
		print_text(out, *a);
		putc('\'', out);
	}
	putc('\n', out);
}

static void print_tree(const struct plan *p, FILE *out)
{
	size_t counts[KIND_TREE + 1] = {0}, upper = 0;
	int64_t bytes = 0;

	for (struct node *n = p->tree.root; n; n = tree_next(n)) {
		counts[n->kind]++;
		upper += n->kind == KIND_FILE && n->layers & IN_UPPER;
	}
	for (size_t i = 0; i < p->object_count; i++)
		bytes += p->objects[i].size;
	fprintf(out,
		"%-12s %zu files, %zu directories, %zu symbolic links; %zu "
		"files are real copies\n",
		"tree", counts[KIND_FILE], counts[KIND_DIRECTORY],
		counts[KIND_SYMLINK], upper);
	fprintf(out, "%-12s %zu, %" PRId64 " bytes\n", "objects",
		p->object_count, bytes);
}

static void print_notes(const struct plan *p, FILE *out)
{
	for (size_t i = 0; i < p->notes.count; i++) {
		const struct note *n = &p->notes.items[i];

		fprintf(out, "note         %s: ", n->kind);
		if (n->path) {
			putc('\'', out);
			print_text(out, n->path);
			fputs("': ", out);
		}
		print_text(out, n->detail);
		putc('\n', out);
	}
}

void plan_print(const struct plan *p, FILE *out)
{
	plan_print_line(out, "run", p->manifest->run.id);
	fprintf(out, "%-12s %c\n", "root", p->strategy);
	print_argv(p, out);
	plan_print_line(out, "executable", p->iso.executable);
	plan_print_line(out, "directory", p->iso.cwd);
	fprintf(out, "%-12s uid %u, gid %u, umask %04o\n", "user",
		(unsigned)p->iso.uid, (unsigned)p->iso.gid,
		(unsigned)p->iso.umask);
	plan_print_line(out, "host name", p->iso.hostname);
	plan_print_line(out, "stdin",
		p->iso.stdin_kind == ISO_STDIN_FILE ? p->iso.stdin_path
						    : "inherited");
	plan_print_line(out, "cpus",
		p->cpu_view ? cpu_list_text(p->arena, &p->emulation.start)
			    : "of this host");
	if (p->iso.emulation)
		plan_print_line(out, "emulated",
			!p->emulation.cpus     ? "memory"
			: !p->emulation.memory ? "processors"
					       : "processors, memory");
	together_print(p, out);
	print_tree(p, out);
	for (size_t i = 0; i < p->iso.read_only_count; i++)
		plan_print_line(out, "read-only", p->iso.read_only[i]);
	for (size_t i = 0; i < p->gpu.count; i++)
		plan_print_line(out, "gpu", gpu_line(p->arena, &p->gpu, i));
	for (size_t i = 0; i < p->iso.device_count; i++)
		plan_print_line(out, "device", p->iso.devices[i].target);
	for (size_t i = 0; i < p->gpu.bind_count; i++)
		plan_print_line(out, "of this host", p->gpu.binds[i].source);
	for (size_t i = 0; i < p->gpu.variables.count; i++)
		plan_print_line(out, "variable",
			arena_printf(p->arena, "%s=%s",
				p->gpu.variables.items[i].key,
				p->gpu.variables.items[i].value));
	parts_print(p, out);
	references_print(p, out);
	print_notes(p, out);
}
