/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs made up for the tests of replay/: rows and contents are put into a real
 * store through its own interface. The command of such a run is this very test
 * program, which then obeys the words of its arguments (obey()).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "manifests/table.h"
#include "store/runs.h"
#include "store/store.h"

#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MTIME 1700000000

struct fake {
	struct arena *arena;
	struct store *store;
	struct store_batch *batch;
	struct manifest m;
	struct file_row *rows;
	size_t count;
	char id[RUN_ID_LEN + 1];
};

static inline struct file_row *fake_row(struct fake *f, const char *path,
	enum file_kind kind, unsigned access, uint32_t mode)
{
	struct file_row *r = ARENA_PUSH(f->arena, f->rows, f->count);

	file_row_init(r);
	r->path = arena_strdup(f->arena, path);
	r->kind = kind;
	r->access = access;
	r->mode = mode;
	r->uid = f->m.run.user.uid;
	r->gid = f->m.run.user.gid;
	r->mtime_s = MTIME;
	r->mtime_ns = (uint32_t)f->count;
	return r;
}

static inline struct file_row *fake_dir(struct fake *f, const char *path)
{
	return fake_row(f, path, KIND_DIRECTORY, ACCESS_S, 0755);
}

/* A directory that was listed: names in the order, with spaces between. */
static inline struct file_row *fake_listed(
	struct fake *f, const char *path, const char *names)
{
	struct file_row *r = fake_dir(f, path);
	char *all = arena_strdup(f->arena, names), *save = NULL;

	r->access = ACCESS_D;
	for (char *w = strtok_r(all, " ", &save); w;
		w = strtok_r(NULL, " ", &save))
		*ARENA_PUSH(f->arena, r->listing.items, r->listing.count) = w;
	return r;
}

static inline struct digest fake_object(struct fake *f, const void *p, size_t n)
{
	struct put_result put;
	struct err e = ERR_INIT;

	if (store_put_bytes(f->batch, p, n, &put, &e) < 0)
		fail_msg("%s", e.msg);
	return put.digest;
}

static inline struct file_row *fake_file(struct fake *f, const char *path,
	unsigned access, uint32_t mode, const char *content)
{
	struct file_row *r = fake_row(f, path, KIND_FILE, access, mode);

	r->size = (int64_t)strlen(content);
	r->has_digest = true;
	r->digest = fake_object(f, content, strlen(content));
	return r;
}

/* A file of the host, at a path of the run. */
static inline void fake_host_file(
	struct fake *f, const char *path, const char *source)
{
	struct file_row *r = fake_row(f, path, KIND_FILE, ACCESS_X, 0755);
	autoclose int fd = open(source, O_RDONLY | O_CLOEXEC);
	struct put_result put;
	struct err e = ERR_INIT;

	if (fd < 0 || store_put_fd(f->batch, fd, UINT64_MAX, &put, &e) < 0)
		fail_msg("cannot store '%s': %s", source, e.msg);
	r->size = (int64_t)put.bytes;
	r->has_digest = true;
	r->digest = put.digest;
}

static inline struct m_data *fake_output_bytes(
	struct fake *f, const char *path, const void *p, size_t n)
{
	struct m_data *d =
		ARENA_PUSH(f->arena, f->m.outputs.items, f->m.outputs.count);
	struct digest digest = fake_object(f, p, n);
	char text[DIGEST_TEXT];

	digest_text(&digest, text);
	*d = (struct m_data){
		.id = arena_printf(f->arena, "out%zu", f->m.outputs.count),
		.path = arena_strdup(f->arena, path),
		.kind = (char *)"file",
		.role = (char *)"other",
		.mode = (char *)"0644",
		.files = 1,
		.bytes = (int64_t)n,
		.digest = arena_strdup(f->arena, text),
		.stored = true,
	};
	return d;
}

static inline struct m_data *fake_output(
	struct fake *f, const char *path, const char *content)
{
	return fake_output_bytes(f, path, content, strlen(content));
}

static inline bool fake_has(const struct fake *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->rows[i].path, path))
			return true;
	return false;
}

/* Rows of the directories above every row. */
static inline void fake_ancestors(struct fake *f)
{
	for (size_t i = 0; i < f->count; i++) {
		char *dir = arena_strdup(f->arena, f->rows[i].path), *slash;

		if (f->rows[i].access & ACCESS_N)
			continue;
		while ((slash = strrchr(dir, '/')) && slash != dir) {
			*slash = 0;
			if (!fake_has(f, dir))
				fake_dir(f, dir);
		}
	}
	if (!fake_has(f, "/"))
		fake_dir(f, "/");
}

/* By the name that the program asks for, which may be a symbolic link. */
static inline int fake_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct fake *f = arg;

	if (info->dlpi_name[0] == '/' && !fake_has(f, info->dlpi_name))
		fake_host_file(f, info->dlpi_name, info->dlpi_name);
	return 0;
}

/* This program and the libraries that it is linked with, as /probe. */
static inline void fake_probe(struct fake *f)
{
	fake_host_file(f, "/probe", "/proc/self/exe");
	dl_iterate_phdr(fake_library, f);
}

static inline void fake_argv(struct fake *f, const char *words)
{
	char *all = arena_printf(f->arena, "/probe %s", words), *save = NULL;
	struct strlist *l = &f->m.command.argv;

	*l = (struct strlist){0};
	for (char *w = strtok_r(all, " ", &save); w;
		w = strtok_r(NULL, " ", &save))
		*ARENA_PUSH(f->arena, l->items, l->count) = w;
}

static inline void fake_init(struct fake *f, const char *dir, const char *words)
{
	struct err e = ERR_INIT;

	*f = (struct fake){.arena = arena_new()};
	manifest_init(&f->m, f->arena);
	f->store = store_open(dir, STORE_CREATE, &e);
	if (!f->store)
		fail_msg("%s", e.msg);
	f->batch = store_batch_new(f->store, &e);
	assert_non_null(f->batch);
	f->m.run.status = (char *)"completed";
	f->m.run.exit_code = 0;
	f->m.run.started = (char *)"2026-01-02T03:04:05.000006Z";
	f->m.run.ended = (char *)"2026-01-02T03:04:06.000006Z";
	f->m.run.backend = (char *)"notify";
	f->m.run.user.uid = 1234;
	f->m.run.user.gid = 4321;
	f->m.run.host.name = (char *)"recorded";
	f->m.command.executable = (char *)"/probe";
	f->m.command.cwd = (char *)"/w";
	f->m.command.umask = (char *)"0022";
	f->m.completeness.aggregate = (char *)"complete";
	*ARENA_PUSH(f->arena, f->m.environment.variables.items,
		f->m.environment.variables.count) =
		(struct kv){(char *)"ASAN_OPTIONS", (char *)"detect_leaks=0"};
	fake_argv(f, words);
	fake_row(f, "/w", KIND_DIRECTORY, ACCESS_S, 0755);
	fake_probe(f);
}

static inline int fake_by_path(const void *a, const void *b)
{
	return strcmp(((const struct file_row *)a)->path,
		((const struct file_row *)b)->path);
}

static inline void fake_write_table(struct fake *f, int fd)
{
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;
	struct digest digest;
	char text[DIGEST_TEXT];

	qsort(f->rows, f->count, sizeof(*f->rows), fake_by_path);
	for (size_t i = 0; i < f->count; i++)
		if (table_write(w, &f->rows[i], &e) < 0)
			fail_msg("%s", e.msg);
	if (table_writer_finish(w, &digest, &f->m.files.entries, &e) < 0)
		fail_msg("%s", e.msg);
	digest_text(&digest, text);
	f->m.files.path = (char *)"files.yaml";
	f->m.files.digest = arena_strdup(f->arena, text);
}

static inline void fake_publish(struct fake *f)
{
	autostrbuf yaml = STRBUF_INIT;
	struct err e = ERR_INIT;
	autoclose int fd = -1;
	struct run_dir run;

	fake_ancestors(f);
	if (store_batch_commit(f->batch, &e) < 0 ||
		run_create(f->store, &run, &e) < 0)
		fail_msg("%s", e.msg);
	fd = openat(run.fd, RUN_FILES_TMP, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	fake_write_table(f, fd);
	memcpy(f->id, run.id, sizeof(f->id));
	f->m.run.id = f->id;
	if (manifest_write_yaml(&f->m, &yaml, &e) < 0 ||
		run_publish(f->store, &run, yaml.s, yaml.len, &e) < 0)
		fail_msg("%s", e.msg);
	run_dir_release(&run);
}

static inline void fake_release(struct fake *f)
{
	store_batch_free(f->batch);
	store_close(f->store);
	arena_free(f->arena);
}
