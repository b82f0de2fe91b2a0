// SPDX-License-Identifier: Apache-2.0
/* Debian packages: which ones there are. */
#include "host/dpkg_read.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"
#include "host/problems.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* One package of the status file, while it is read. */
struct stanza {
	struct dpkg_package p;
	struct conffile *conffiles;
	size_t conffile_count;
	bool has_files;
	bool in_conffiles; /* their lines follow */
	const char *wrong; /* what cannot be understood */
	size_t line;       /* where it began */
};

char *dpkg_line(char **s, size_t *len)
{
	char *line = *s, *end;

	if (!line || !*line)
		return NULL;
	end = strchrnul(line, '\n');
	*len = (size_t)(end - line);
	*s = *end ? end + 1 : end;
	*end = 0;
	return line;
}

/* The field's value, when the line is one of that name. */
static const char *field(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	return line + n + 1 + strspn(line + n + 1, " \t");
}

/* "name" or "name (version)". */
static void set_source(struct dpkg *d, struct dpkg_package *p, const char *text)
{
	size_t n = strcspn(text, " (");
	const char *open = strchr(text, '(');

	p->source = arena_memdup(d->arena, text, n);
	if (open)
		p->source_version =
			arena_memdup(d->arena, open + 1, strcspn(open + 1, ")"));
}

/* The third word says what is there: "install ok installed". A package that
 * was only unpacked has its files; of one that was removed its settings stay. */
static bool has_files(const char *status)
{
	const char *word = strrchr(status, ' ');

	return word && strcmp(word + 1, "config-files") != 0 &&
	       strcmp(word + 1, "not-installed") != 0;
}

/* NULL, or why it is no package. */
static const char *what_is_wrong(const struct stanza *s)
{
	if (s->wrong)
		return s->wrong;
	if (!host_is_word(s->p.name) || strchr(s->p.name, '/'))
		return "no name of a package";
	if (s->has_files && !host_is_word(s->p.version))
		return "no version";
	return NULL;
}

static void add_package(struct dpkg *d, const struct stanza *s)
{
	struct dpkg_package *p = ARENA_PUSH(d->arena, d->packages, d->count);

	*p = s->p;
	if (!host_is_word(p->source))
		p->source = p->name;
	if (!host_is_word(p->source_version))
		p->source_version = p->version;
	if (!p->architecture)
		p->architecture = "all";
	for (size_t i = 0; i < s->conffile_count; i++)
		*ARENA_PUSH(d->arena, d->conffiles, d->conffile_count) =
			(struct conffile){s->conffiles[i].line, d->count - 1};
}

static void end_stanza(struct dpkg *d, struct stanza *s)
{
	const char *wrong = s->line ? what_is_wrong(s) : NULL;

	if (wrong)
		problem_add(d->problems, DPKG_ADMIN "/status",
			"line %zu: '%s' is left out: %s", s->line,
			host_is_word(s->p.name) ? s->p.name : "", wrong);
	else if (s->line && s->has_files)
		add_package(d, s);
	*s = (struct stanza){0};
}

static void read_conffile(struct dpkg *d, struct stanza *s, const char *line)
{
	ARENA_PUSH(d->arena, s->conffiles, s->conffile_count)->line =
		arena_strdup(d->arena, line + strspn(line, " \t"));
}

static void read_field(struct dpkg *d, struct stanza *s, const char *line)
{
	struct dpkg_package *p = &s->p;
	const char *v;

	s->in_conffiles = false;
	/* Most are others, and a thousand packages have many. */
	if (!strchr("PpVvAaMmSsCc", *line)) {
		if (!strchr(line, ':'))
			s->wrong = "a line of it is no field";
		return;
	}
	if ((v = field(line, "Package")))
		p->name = arena_strdup(d->arena, v);
	else if ((v = field(line, "Version")))
		p->version = arena_strdup(d->arena, v);
	else if ((v = field(line, "Architecture")))
		p->architecture = arena_strdup(d->arena, v);
	else if ((v = field(line, "Multi-Arch")))
		p->several = strcasecmp(v, "same") == 0;
	else if ((v = field(line, "Source")))
		set_source(d, p, v);
	else if ((v = field(line, "Status")))
		s->has_files = has_files(v);
	else if (field(line, "Conffiles"))
		s->in_conffiles = true;
	else if (!strchr(line, ':'))
		s->wrong = "a line of it is no field";
}

/* An empty line ends a package. */
static void read_status(struct dpkg *d, char *text)
{
	struct stanza s = {0};
	size_t number = 0, len;
	char *line;

	while ((line = dpkg_line(&text, &len))) {
		number++;
		if (!line[strspn(line, " \t\r")]) {
			end_stanza(d, &s);
			continue;
		}
		if (!s.line)
			s.line = number;
		if (*line != ' ' && *line != '\t')
			read_field(d, &s, line);
		else if (s.in_conffiles)
			read_conffile(d, &s, line);
	}
	end_stanza(d, &s);
}

static void file_state(struct dpkg_file *f, const struct stat *st)
{
	*f = (struct dpkg_file){.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
			    st->st_mtim.tv_nsec,
		.ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 +
			    st->st_ctim.tv_nsec};
}

int dpkg_state(const struct dpkg *d, struct dpkg_state *out)
{
	struct stat status, info;

	if (d->info < 0 || fstat(d->info, &info) < 0 ||
		fstatat(d->admin, "status", &status, 0) < 0)
		return -1;
	file_state(&out->status, &status);
	file_state(&out->info, &info);
	return 0;
}

/* Its lists may be read even so. */
static void note_state(struct dpkg *d)
{
	if (dpkg_state(d, &d->state) < 0)
		d->state = (struct dpkg_state){0};
}

struct dpkg *dpkg_open(
	struct arena *a, const char *root, struct problems *problems)
{
	autoclose int top =
		open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int admin = -1;
	autostrbuf text = STRBUF_INIT;
	struct dpkg *d;

	if (top < 0)
		return NULL;
	admin = openat(top, &DPKG_ADMIN[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (admin < 0)
		return NULL;
	d = arena_alloc(a, sizeof(*d));
	d->arena = a;
	d->problems = problems;
	d->info = openat(admin, "info", O_PATH | O_DIRECTORY | O_CLOEXEC);
	d->admin = steal_fd(&admin);
	note_state(d);
	if (host_record(d->admin, "status", &text) < 0) {
		if (errno != ENOENT)
			problem_add(problems, DPKG_ADMIN "/status",
				"its packages are not known: %s",
				strerror(errno));
		dpkg_close(d);
		return NULL;
	}
	merged_find(&d->merged, a, top);
	dpkg_read_diversions(d);
	strbuf_grow(&text, 0);
	if (text.len > strlen(text.s))
		problem_add(problems, DPKG_ADMIN "/status",
			"it is cut at a byte that is 0");
	read_status(d, text.s);
	return d;
}

void dpkg_close(struct dpkg *d)
{
	if (!d)
		return;
	fs_autoclose(&d->admin);
	fs_autoclose(&d->info);
	map_release(&d->diversions);
}

size_t dpkg_count(const struct dpkg *d)
{
	return d->count;
}

const struct dpkg_package *dpkg_at(const struct dpkg *d, size_t i)
{
	return &d->packages[i];
}
