// SPDX-License-Identifier: Apache-2.0
/*
 * Where the run's inputs came from and what they set: the repositories that
 * they lie in, the parameters of its command line and configuration files.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/code.h"
#include "capture/finish.h"
#include "capture/parameters.h"
#include "capture/roots.h"
#include "capture/secrets.h"
#include "capture/surroundings.h"
#include "store/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

const struct digest *finish_digest(const struct item *i)
{
	if (i->first && (i->first->outcome == CONTENT_OK ||
				i->first->outcome == CONTENT_NO_ROOM))
		return &i->first->digest;
	return i->t->preserved ? &i->t->digest : NULL;
}

/* It lies where it was read, as it was then. */
static bool is_intact(const struct item *i)
{
	return i->first && finish_digest(i) && i->t->now == i->t->path &&
	       !(i->t->access & ACCESS_W);
}

static int open_path(const char *path)
{
	return fs_open(path, O_RDONLY | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
}

int finish_open(struct finish *f, const struct item *i)
{
	const struct digest *d = finish_digest(i);
	int fd = d ? store_open_object(f->cap->store, d, NULL) : -1;

	return fd < 0 && is_intact(i) ? open_path(i->t->path) : fd;
}

/* A file without an item was only looked at, and is as it was then. */
static int open_code(void *arg, const struct code_file *file)
{
	return file->of ? finish_open(arg, file->of) : open_path(file->path);
}

static int put_patch(void *arg, const void *p, size_t n, struct digest *out)
{
	struct finish *f = arg;
	struct put_result put;

	if (store_put_bytes(f->cap->batch, p, n, &put, NULL) < 0 ||
		store_batch_commit(f->cap->batch, NULL) < 0)
		return -1;
	*out = put.digest;
	return 0;
}

static void code_gap(void *arg, const char *path, const char *detail)
{
	struct finish *f = arg;

	record_gap(f->rec, "code", path, "%s", detail);
}

/*
 * Python reads d/__pycache__/m.cpython-311.pyc and only looks at d/m.py, to see
 * that the one was made from the other: then the code is that of d/m.py.
 */
static const char *python_source(struct finish *f, const char *path)
{
	static const char cache[] = "/__pycache__/";
	const char *at = strstr(path, cache), *name, *dot;
	struct touched *t;
	struct state now;
	char *source;

	name = at ? at + sizeof(cache) - 1 : path;
	dot = strchr(name, '.');
	if (!at || !dot || strchr(name, '/'))
		return NULL;
	source = arena_printf(f->a, "%.*s/%.*s.py", (int)(at - path), path,
		(int)(dot - name), name);
	t = record_find(f->rec, source);
	if (!t || t->access & ~(unsigned)ACCESS_S || !S_ISREG(t->first.mode))
		return NULL;
	state_of(AT_FDCWD, source, &now);
	return state_same_content(&t->first, &now) ? source : NULL;
}

static void find_code(struct finish *f)
{
	struct manifest *m = f->cap->manifest;
	struct code_ops ops = {open_code, put_patch, code_gap, f};
	struct code_file *files = arena_array(f->a, 2 * f->count, sizeof(*files));
	struct code_list list = {0};
	const char *source;
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		struct item *it = &f->items[i];

		if (!it->is_input)
			continue;
		files[n++] = (struct code_file){
			it->t->path, finish_digest(it), is_intact(it), it};
		source = python_source(f, it->t->path);
		if (source)
			files[n++] = (struct code_file){source, NULL, true, NULL};
	}
	code_find(f->a, files, n, rfc3339_us(m->run.started) / 1000000, &ops,
		&list);
	m->code.items = list.items;
	m->code.count = list.count;
}

/* A file of the user that may set something; one of a thousand is data. */
static bool is_configuration(struct finish *f, const struct item *i)
{
	const char *path = i->t->path;

	return i->is_input && parameters_in_file(path) &&
	       i->t->first.size <= PARAMETER_FILE_MAX &&
	       roots_of(&f->input_roots, path) < 0 &&
	       !secret_path(f->cap->home, path);
}

bool finish_slurp(int fd, uint64_t max, struct strbuf *out)
{
	autoclose int closing = fd;
	struct stat st;

	strbuf_grow(out, 0);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size <= max && fs_slurp_fd(fd, out) == 0;
}

void finish_parameters(
	struct finish *f, struct parameters *p, const char *path, int fd)
{
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;

	if (!finish_slurp(fd, PARAMETER_FILE_MAX, &text))
		err_set(&e, "cannot be read");
	else
		parameters_file(p, path, text.s, text.len, &e);
	if (*e.msg)
		record_gap(f->rec, "configuration", path,
			"its parameters are not known: %s", e.msg);
}

static void find_parameters(struct finish *f)
{
	struct manifest *m = f->cap->manifest;
	struct parameters p = {.a = f->a, .redact = &f->rec->redact};
	int files = 0;

	parameters_argv(&p, &m->command.argv);
	for (size_t i = 0; i < f->count; i++) {
		if (!is_configuration(f, &f->items[i]))
			continue;
		if (files++ == PARAMETER_FILES) {
			record_gap(f->rec, "configuration", NULL,
				"parameters of more than %d files are not "
				"looked for",
				PARAMETER_FILES);
			break;
		}
		finish_parameters(f, &p, f->items[i].t->path,
			finish_open(f, &f->items[i]));
	}
	m->parameters.items = p.items;
	m->parameters.count = p.count;
}

void finish_sources(struct finish *f)
{
	finish_sort_by_path(f);
	/* A library that is loaded now would be the sandbox's. */
	if (!f->cap->in_sandbox)
		find_code(f);
	find_parameters(f);
}
