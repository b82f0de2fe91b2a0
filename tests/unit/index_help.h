/* SPDX-License-Identifier: Apache-2.0 */
/* Runs with many libraries, cheaply: a manifest is all that an index reads. */
#pragma once

#include "store_help.h"

#include "store/index.h"

/* What the manifest of the next run says; add_*() fill it in. */
struct made {
	struct arena *a;
	struct manifest m;
};

#define S(text) arena_strdup(r->a, (text))

static inline void made_init(struct made *r, const char *started)
{
	struct digest none = {{0}};
	const struct test_run t = {.started = started, .text = ""};

	r->a = arena_new();
	help_manifest(&r->m, r->a, "", &t, &none, &none);
	r->m.outputs.count = 0;
	r->m.run.resource_usage.wall_s = 1.5;
}

static inline char *digest_of(struct arena *a, const char *content)
{
	char text[DIGEST_TEXT];
	struct digest d;

	digest_bytes(content, strlen(content), &d);
	digest_text(&d, text);
	return arena_strdup(a, text);
}

static inline struct m_data *add_file(
	struct made *r, bool output, const char *path, const char *content)
{
	struct m_data *d =
		output ? ARENA_PUSH(r->a, r->m.outputs.items, r->m.outputs.count)
		       : ARENA_PUSH(r->a, r->m.inputs.items, r->m.inputs.count);

	d->id = output ? arena_printf(r->a, "out%zu", r->m.outputs.count)
		       : arena_printf(r->a, "in%zu", r->m.inputs.count);
	d->path = S(path);
	d->kind = S("file");
	d->role = S(output ? "model" : "dataset");
	d->files = 1;
	d->bytes = (int64_t)strlen(content);
	d->mode = output ? S("0644") : NULL;
	d->digest = digest_of(r->a, content);
	return d;
}

/* A tree of the files /0, /1, ... with these contents. */
static inline void add_tree(struct store *s, struct made *r, bool output,
	const char *path, const char *const *contents, size_t count)
{
	struct m_data *d = add_file(r, output, path, "");
	int fd = memfd_create("table", MFD_CLOEXEC);
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;
	autostrbuf text = STRBUF_INIT;
	char name[24];

	for (size_t i = 0; i < count; i++) {
		struct digest is;

		snprintf(name, sizeof(name), "/%zu", i);
		digest_bytes(contents[i], strlen(contents[i]), &is);
		help_row(w, name, KIND_FILE, &is, false);
	}
	ok(table_writer_finish(w, NULL, NULL, &e));
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(fs_slurp_fd(fd, &text), 0);
	close(fd);
	put_text(s, text.s);
	d->kind = S("tree");
	d->mode = NULL;
	d->files = d->bytes = (int64_t)count;
	d->digest = digest_of(r->a, text.s);
}

static inline struct m_package *add_package(
	struct made *r, const char *name, const char *version)
{
	struct m_package *p =
		ARENA_PUSH(r->a, r->m.packages.items, r->m.packages.count);

	p->id = arena_printf(r->a, "p%zu", r->m.packages.count);
	p->purl = arena_printf(r->a, "pkg:deb/debian/%s@%s", name, version);
	p->type = S("deb");
	p->name = S(name);
	p->version = S(version);
	p->location = S("/");
	p->files_used = 1;
	p->files_total = ABSENT;
	return p;
}

static inline struct m_library *add_library(struct made *r, const char *soname,
	const char *content, const struct m_package *p)
{
	struct m_library *l =
		ARENA_PUSH(r->a, r->m.libraries.items, r->m.libraries.count);

	l->path = arena_printf(r->a, "/usr/lib/%s", soname);
	l->digest = digest_of(r->a, content);
	l->soname = S(soname);
	l->package = p ? p->id : NULL;
	l->loaded_by = S("needed");
	return l;
}

static inline void add_parameter(
	struct made *r, const char *name, const char *value)
{
	*ARENA_PUSH(r->a, r->m.parameters.items, r->m.parameters.count) =
		(struct m_parameter){S(name), S(value), S("argv")};
}

#undef S

/* Publish it; r is released. */
static inline void made_publish(
	struct store *s, struct made *r, char id[RUN_ID_LEN + 1])
{
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct run_dir dir;
	int fd;

	ok(run_create(s, &dir, &e));
	r->m.run.id = dir.id;
	fd = openat(dir.fd, RUN_FILES_TMP, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	ok(manifest_check(&r->m, "made", &e));
	ok(manifest_write_yaml(&r->m, &text, &e));
	ok(run_publish(s, &dir, text.s, text.len, &e));
	memcpy(id, dir.id, RUN_ID_LEN + 1);
	run_dir_release(&dir);
	arena_free(r->a);
}
