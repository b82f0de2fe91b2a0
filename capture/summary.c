// SPDX-License-Identifier: Apache-2.0
/* What was captured, what was not stored, and how to replay it. */
#include "capture/summary.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "capture/classify.h"
#include "capture/context.h"

#include <stdio.h>
#include <string.h>

/* "450 kB": decimal units, as disks and networks count. */
static const char *size_text(uint64_t n, char buf[32])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	double v = (double)n;
	size_t u = 0;

	while (v >= 1000 && u + 1 < sizeof(units) / sizeof(*units)) {
		v /= 1000;
		u++;
	}
	snprintf(buf, 32, v < 10 && u ? "%.1f %s" : "%.0f %s", v, units[u]);
	return buf;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* What a person calls the run: the script, not its interpreter. */
static const char *title(const struct manifest *m)
{
	const struct strlist *argv = &m->command.argv;
	const char *name = argv->count ? argv->items[0] : "";
	const char *slash;

	for (size_t i = 1; i < argv->count && i < 4; i++) {
		const char *dot = strrchr(argv->items[i], '.');

		if (dot && (!strcmp(dot, ".py") || !strcmp(dot, ".sh") ||
				   !strcmp(dot, ".R") || !strcmp(dot, ".jl")))
			name = argv->items[i];
	}
	slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}

struct totals {
	uint64_t files, bytes, unstored, unstored_bytes;
};

static struct totals total(const struct m_data *items, size_t count)
{
	struct totals t = {0};

	for (size_t i = 0; i < count; i++) {
		uint64_t bytes =
			items[i].bytes > 0 ? (uint64_t)items[i].bytes : 0;

		t.files += (uint64_t)items[i].files;
		t.bytes += bytes;
		if (!items[i].stored) {
			t.unstored += (uint64_t)items[i].files;
			t.unstored_bytes += bytes;
		}
	}
	return t;
}

/* What people call the packages of a type. */
static const struct {
	const char *type, *word;
} words[] = {
	{"pypi", "Python"},
	{"conda", "conda"},
	{"huggingface", "Hugging Face"},
	{"deb", "Debian"},
	{"rpm", "RPM"},
};

static uint64_t count_packages(
	const struct manifest *m, const char *type, uint64_t *files)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->packages.count; i++)
		if (!strcmp(m->packages.items[i].type, type)) {
			*files += (uint64_t)m->packages.items[i].files_used;
			n++;
		}
	return n;
}

/* "1214 files of 37 Python and 41 Debian packages" */
static void add_packages(const struct manifest *m, struct strbuf *out)
{
	autostrbuf kinds = STRBUF_INIT;
	uint64_t files = 0, left = m->packages.count;

	for (size_t i = 0; left && i < sizeof(words) / sizeof(*words); i++) {
		uint64_t n = count_packages(m, words[i].type, &files);

		if (!n)
			continue;
		left -= n;
		strbuf_addf(&kinds, "%s%llu %s",
			!kinds.len ? ""
			: left     ? ", "
				   : " and ",
			(unsigned long long)n, words[i].word);
	}
	strbuf_addf(out, "%llu file%s of %s package%s", (unsigned long long)files,
		plural(files), kinds.s, plural(m->packages.count));
}

static uint64_t environment_files(const struct record *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->touched_count; i++) {
		const struct touched *t = r->touched[i];

		if ((t->access & (ACCESS_R | ACCESS_X)) &&
			!(t->access & ACCESS_N) && is_environment_path(t->path))
			n++;
	}
	return n;
}

static void print_unstored(const struct manifest *m)
{
	char size[32];

	for (size_t i = 0; i < m->inputs.count; i++) {
		const struct m_data *d = &m->inputs.items[i];

		if (!d->stored)
			log_info("not stored, %s: %s, %s",
				d->digest ? "by digest only" : "secret or gap",
				d->path, size_text((uint64_t)d->bytes, size));
	}
}

void summary_print(const struct capture *cap)
{
	const struct manifest *m = cap->manifest;
	struct totals in = total(m->inputs.items, m->inputs.count);
	struct totals out = total(m->outputs.items, m->outputs.count);
	char in_size[32], out_size[32], new_size[32], known_size[32];
	autostrbuf packages = STRBUF_INIT;

	if (m->packages.count)
		add_packages(m, &packages);
	else
		strbuf_addf(&packages, "%llu files of the environment",
			(unsigned long long)environment_files(&cap->rec));
	log_info("captured %.8s \"%s\" in %.1f s: %llu input%s (%s), "
		 "%llu output%s (%s), %s",
		m->run.id, title(m), m->run.resource_usage.wall_s,
		(unsigned long long)in.files, plural(in.files),
		size_text(in.bytes, in_size), (unsigned long long)out.files,
		plural(out.files), size_text(out.bytes, out_size), packages.s);
	if (cap->packages.files)
		log_info("stored whole: %zu package%s and a shell, %zu files "
			 "that were not used",
			cap->packages.packages, plural(cap->packages.packages),
			cap->packages.files);
	print_unstored(m);
	if (strcmp(m->completeness.aggregate, "complete") != 0)
		log_info("the record is incomplete: %zu gap%s, see: "
			 "reprise show %.8s",
			m->completeness.gaps.count,
			plural(m->completeness.gaps.count), m->run.id);
	log_info("stored %s new, %s already there; replay it with: "
		 "reprise replay %.8s",
		size_text(cap->new_bytes, new_size),
		size_text(cap->known_bytes, known_size), m->run.id);
}
