// SPDX-License-Identifier: Apache-2.0
/* Debian packages and what they have. */
#include "host/dpkg.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ADMIN "var/lib/dpkg"

/* A top directory that is a link into /usr: "/bin" is "/usr/bin". */
struct alias {
	const char *from, *to;
	size_t len; /* of `from` */
};

/* Other packages' files of this path lie at `to`. */
struct diversion {
	const char *to;
	const char *package; /* whose own stay; ":" is nobody's */
};

struct dpkg {
	struct arena *arena;
	int info; /* the directory of the lists */
	struct dpkg_package *packages;
	size_t count;
	struct alias aliases[8];
	size_t alias_count;
	struct map diversions; /* by path */
};

/* --- where files lie -------------------------------------------------- */

/* In the file system's standard these may be links; others are not. */
static void find_aliases(struct dpkg *d, int root)
{
	static const char *const names[] = {"/bin", "/sbin", "/lib", "/lib32",
		"/lib64", "/libx32", "/libo32"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *to = fs_readlink(d->arena, root, names[i] + 1);

		if (to)
			d->aliases[d->alias_count++] = (struct alias){names[i],
				*to == '/' ? to : fs_join(d->arena, "/", to),
				strlen(names[i])};
	}
}

/* `path`, or where it lies, in `buf`. */
static const char *real_path(
	const struct dpkg *d, const char *path, char buf[2 * PATH_MAX])
{
	for (size_t i = 0; i < d->alias_count; i++) {
		const struct alias *a = &d->aliases[i];

		if (strncmp(path, a->from, a->len) != 0 || path[a->len] != '/')
			continue;
		snprintf(buf, 2 * PATH_MAX, "%s%s", a->to, path + a->len);
		return buf;
	}
	return path;
}

static const char *place_of(const struct dpkg *d, const struct dpkg_package *p,
	const char *path, char buf[2 * PATH_MAX])
{
	const struct diversion *v;

	path = real_path(d, path, buf);
	v = d->diversions.count ? map_gets(&d->diversions, path) : NULL;
	return v && strcmp(v->package, p->name) != 0 ? v->to : path;
}

/* The line at *s without its end, and on to the next; NULL at the end. */
static char *take_line(char **s)
{
	char *line = *s, *end;

	if (!line || !*line)
		return NULL;
	end = strchrnul(line, '\n');
	*s = *end ? end + 1 : end;
	*end = 0;
	return line;
}

/* Three lines each: the path, where it went, the package. */
static void read_diversions(struct dpkg *d, int admin)
{
	autostrbuf text = STRBUF_INIT;
	char buf[2 * PATH_MAX], *s, *from, *to, *package;

	if (fs_slurp_at(admin, "diversions", &text) < 0)
		return;
	s = text.s;
	while ((from = take_line(&s)) && (to = take_line(&s)) &&
		(package = take_line(&s))) {
		struct diversion *v = arena_alloc(d->arena, sizeof(*v));

		v->to = arena_strdup(d->arena, real_path(d, to, buf));
		v->package = arena_strdup(d->arena, package);
		map_puts(&d->diversions,
			arena_strdup(d->arena, real_path(d, from, buf)), v);
	}
}

/* --- packages --------------------------------------------------------- */

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

static void add_package(struct dpkg *d, struct dpkg_package *p, bool there)
{
	if (there && p->name && p->version) {
		if (!p->source)
			p->source = p->name;
		if (!p->source_version)
			p->source_version = p->version;
		if (!p->architecture)
			p->architecture = "all";
		*ARENA_PUSH(d->arena, d->packages, d->count) = *p;
	}
	*p = (struct dpkg_package){0};
}

static void read_field(
	struct dpkg *d, struct dpkg_package *p, bool *there, const char *line)
{
	const char *v;

	if ((v = field(line, "Package")))
		p->name = arena_strdup(d->arena, v);
	else if ((v = field(line, "Version")))
		p->version = arena_strdup(d->arena, v);
	else if ((v = field(line, "Architecture")))
		p->architecture = arena_strdup(d->arena, v);
	else if ((v = field(line, "Source")))
		set_source(d, p, v);
	else if ((v = field(line, "Status")))
		*there = has_files(v);
}

/* An empty line ends a package. */
static void read_status(struct dpkg *d, char *s)
{
	struct dpkg_package p = {0};
	bool there = false;
	char *line;

	while ((line = take_line(&s))) {
		if (line[strspn(line, " \t")]) {
			read_field(d, &p, &there, line);
			continue;
		}
		add_package(d, &p, there);
		there = false;
	}
	add_package(d, &p, there);
}

struct dpkg *dpkg_open(struct arena *a, const char *root)
{
	autoclose int top =
		open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int admin = -1;
	autostrbuf text = STRBUF_INIT;
	struct dpkg *d;

	if (top < 0)
		return NULL;
	admin = openat(top, ADMIN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (admin < 0 || fs_slurp_at(admin, "status", &text) < 0)
		return NULL;
	d = arena_alloc(a, sizeof(*d));
	d->arena = a;
	d->info = openat(admin, "info", O_PATH | O_DIRECTORY | O_CLOEXEC);
	find_aliases(d, top);
	read_diversions(d, admin);
	if (text.s)
		read_status(d, text.s);
	return d;
}

void dpkg_close(struct dpkg *d)
{
	if (!d)
		return;
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

/* --- lists ------------------------------------------------------------ */

/* Of packages that several architectures can have at once, the name has it. */
static int read_list(
	const struct dpkg *d, const struct dpkg_package *p, struct strbuf *out)
{
	char name[512];

	strbuf_clear(out);
	snprintf(name, sizeof(name), "%.200s:%.100s.list", p->name,
		p->architecture);
	if (fs_slurp_at(d->info, name, out) == 0)
		return 0;
	strbuf_clear(out);
	snprintf(name, sizeof(name), "%.200s.list", p->name);
	return fs_slurp_at(d->info, name, out);
}

/* "/." is the root. */
static bool is_path(const char *line)
{
	return line[0] == '/' && line[1] && strcmp(line, "/.") != 0 &&
	       strlen(line) < PATH_MAX;
}

void dpkg_owners(const struct dpkg *d, const char *const *paths, size_t count,
	const struct dpkg_package **owners)
{
	autostrbuf text = STRBUF_INIT;
	struct map wanted = MAP_INIT;
	char buf[2 * PATH_MAX], *s, *line;

	for (size_t i = 0; i < count; i++) {
		owners[i] = NULL;
		map_puts(&wanted, paths[i], &owners[i]);
	}
	for (size_t i = 0; i < d->count; i++) {
		const struct dpkg_package *p = &d->packages[i];

		s = read_list(d, p, &text) < 0 ? NULL : text.s;
		while ((line = take_line(&s))) {
			const struct dpkg_package **owner;

			if (!is_path(line))
				continue;
			owner = map_gets(&wanted, place_of(d, p, line, buf));
			if (owner && !*owner)
				*owner = p;
		}
	}
	/* The same path may have been asked for twice. */
	for (size_t i = 0; i < count; i++)
		owners[i] = *(const struct dpkg_package **)map_gets(
			&wanted, paths[i]);
	map_release(&wanted);
}

void dpkg_files(const struct dpkg *d, const struct dpkg_package *p,
	struct arena *a, struct strlist *out)
{
	autostrbuf text = STRBUF_INIT;
	char buf[2 * PATH_MAX], *s, *line;

	s = read_list(d, p, &text) < 0 ? NULL : text.s;
	while ((line = take_line(&s)))
		if (is_path(line))
			*ARENA_PUSH(a, out->items, out->count) =
				arena_strdup(a, place_of(d, p, line, buf));
}
