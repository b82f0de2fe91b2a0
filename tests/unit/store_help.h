/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store's tests share: a directory of their own, a picture of a
 * directory to compare, a run to play with, and children that run this same
 * program again (a fault is requested by the environment, once per process).
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "manifests/model.h"
#include "manifests/table.h"
#include "store/runs.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(x) (sizeof(x) / sizeof(*(x)))

/* The test's directory is the working directory while it runs. */
static char test_dir[64];

static int help_setup(void **state)
{
	strcpy(test_dir, "/tmp/reprise-test-XXXXXX");
	return mkdtemp(test_dir) && chdir(test_dir) == 0 ? 0 : -1;
}

static int help_teardown(void **state)
{
	struct err e = ERR_INIT;

	if (chdir("/") < 0 || fs_remove_tree(AT_FDCWD, test_dir, &e) < 0)
		return -1;
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

/* Fails with the message that the call gave. */
#define ok(call)                                            \
	do {                                                \
		struct err *e_ = &e;                        \
		e_->msg[0] = 0;                             \
		if ((call) < 0)                             \
			fail_msg("%s: %s", #call, e_->msg); \
	} while (0)

/* Fails unless the call does, with this in its message. */
#define refused(call, text)                                                  \
	do {                                                                 \
		e.msg[0] = 0;                                                \
		if ((call) >= 0)                                             \
			fail_msg("%s succeeded", #call);                     \
		if (!strstr(e.msg, text))                                    \
			fail_msg("%s: '%s' lacks '%s'", #call, e.msg, text); \
	} while (0)

static inline struct store *must_open(const char *dir, enum store_mode mode)
{
	struct err e = ERR_INIT;
	struct store *s = store_open(dir, mode, &e);

	if (!s)
		fail_msg("store_open: %s", e.msg);
	return s;
}

static int help_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void help_picture(struct strbuf *out, const char *path)
{
	char *names[4096], *child;
	size_t n = 0;
	DIR *d = opendir(path);
	struct dirent *ent;
	struct stat st;

	assert_non_null(d);
	while ((ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			names[n++] = xstrdup(ent->d_name);
	closedir(d);
	qsort(names, n, sizeof(*names), help_by_name);
	for (size_t i = 0; i < n; i++) {
		assert_true(asprintf(&child, "%s/%s", path, names[i]) > 0);
		assert_int_equal(lstat(child, &st), 0);
		strbuf_addf(out, "%s %o", child, st.st_mode);
		if (S_ISREG(st.st_mode)) {
			autostrbuf text = STRBUF_INIT;
			char hex[DIGEST_HEX + 1];
			struct digest is;

			assert_int_equal(fs_slurp(child, &text), 0);
			digest_bytes(text.s, text.len, &is);
			digest_hex(&is, hex);
			strbuf_addf(out, " %s", hex);
		}
		strbuf_addc(out, '\n');
		if (S_ISDIR(st.st_mode))
			help_picture(out, child);
		free(child);
		free(names[i]);
	}
}

/* Paths, modes and contents below a directory; freed by the caller. */
static inline char *picture(const char *path)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "");
	help_picture(&out, path);
	return strbuf_detach(&out);
}

static inline size_t count_entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static inline void write_text(const char *path, const char *text)
{
	struct err e = ERR_INIT;

	unlink(path);
	ok(fs_write_file(AT_FDCWD, path, text, strlen(text), 0600, &e));
}

/* Start this program again with a task and, perhaps, a fault. */
static inline pid_t start_child(
	const char *task, const char *arg, const char *fault)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fault)
			setenv("REPRISE_FAULT", fault, 1);
		execl("/proc/self/exe", "test", task, arg, (char *)NULL);
		_exit(98);
	}
	assert_true(pid > 0);
	return pid;
}

/* 0..255 exit status, or -SIGNAL. */
static inline int wait_child(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* In a child: root becomes an ordinary user; leak checks still work. */
static inline bool become_ordinary(void)
{
	return geteuid() != 0 || (setresgid(65534, 65534, 65534) == 0 &&
					 setresuid(65534, 65534, 65534) == 0 &&
					 prctl(PR_SET_DUMPABLE, 1) == 0);
}

static inline struct digest put_text(struct store *s, const char *text)
{
	struct err e = ERR_INIT;
	struct store_batch *b = store_batch_new(s, &e);
	struct put_result r;

	if (!b)
		fail_msg("store_batch_new: %s", e.msg);
	ok(store_put_bytes(b, text, strlen(text), &r, &e));
	ok(store_batch_commit(b, &e));
	store_batch_free(b);
	return r.digest;
}

/* A run of a few rows; what it is made of can be changed before make_run(). */
struct test_run {
	const char *name;    /* or NULL */
	const char *started; /* or NULL: one that fits */
	const char *text;    /* content of /p/in; the output is made of it */
	bool by_reference;   /* /p/in is */
	bool tree;           /* /p/tree of three files and its table */
};

static inline void help_row(struct table_writer *w, const char *path,
	enum file_kind kind, const struct digest *d, bool not_stored)
{
	struct err e = ERR_INIT;
	struct file_row row;

	file_row_init(&row);
	row.path = (char *)(uintptr_t)path;
	row.access = ACCESS_R;
	row.kind = kind;
	row.mode = kind == KIND_FILE ? 0644 : 0755;
	row.uid = row.gid = 0;
	row.size = 1;
	row.mtime_s = 1;
	row.has_digest = d != NULL;
	if (d)
		row.digest = *d;
	if (kind == KIND_TREE)
		row.entries = 3;
	row.not_stored = not_stored;
	ok(table_write(w, &row, &e));
}

static inline struct digest help_tree(struct store *s)
{
	struct err e = ERR_INIT;
	char path[] = "tree-XXXXXX";
	int fd = mkstemp(path);
	struct table_writer *w = table_writer_new(fd);
	autostrbuf text = STRBUF_INIT;
	struct digest d;

	for (int i = 0; i < 3; i++) {
		char name[24];

		snprintf(name, sizeof(name), "/p/tree/%d", i);
		d = put_text(s, name);
		help_row(w, name, KIND_FILE, &d, false);
	}
	ok(table_writer_finish(w, NULL, NULL, &e));
	assert_int_equal(fs_slurp(path, &text), 0);
	close(fd);
	unlink(path);
	return put_text(s, text.s);
}

static inline void help_manifest(struct manifest *m, struct arena *a,
	const char *id, const struct test_run *t, const struct digest *files,
	const struct digest *output)
{
	char text[DIGEST_TEXT];
	struct m_data *out;

	manifest_init(m, a);
	m->run.id = arena_strdup(a, id);
	m->run.name = t->name ? arena_strdup(a, t->name) : NULL;
	m->run.status = arena_strdup(a, "completed");
	m->run.exit_code = 0;
	m->run.started = arena_strdup(
		a, t->started ? t->started : "2026-01-02T03:04:05.000006Z");
	*ARENA_PUSH(a, m->command.argv.items, m->command.argv.count) =
		arena_strdup(a, "true");
	m->command.cwd = arena_strdup(a, "/p");
	m->command.umask = arena_strdup(a, "0022");
	m->files.path = arena_strdup(a, "files.yaml");
	digest_text(files, text);
	m->files.digest = arena_strdup(a, text);
	m->files.entries = t->tree ? 2 : 1;
	out = ARENA_PUSH(a, m->outputs.items, m->outputs.count);
	out->id = arena_strdup(a, "out1");
	out->path = arena_strdup(a, "/p/out");
	out->kind = arena_strdup(a, "file");
	out->role = arena_strdup(a, "model");
	out->files = 1;
	out->bytes = 1;
	out->mode = arena_strdup(a, "0644");
	out->stored = true;
	digest_text(output, text);
	out->digest = arena_strdup(a, text);
	m->completeness.aggregate = arena_strdup(a, "complete");
}

/* Write files.yaml under its temporary name: everything but publishing. */
static inline void make_files(struct store *s, const struct test_run *t,
	struct run_dir *r, struct strbuf *manifest)
{
	struct err e = ERR_INIT;
	autostrbuf out = STRBUF_INIT;
	struct digest in, table, tree, output;
	struct arena *a = arena_new();
	struct table_writer *w;
	struct manifest m;
	int fd;

	strbuf_addf(&out, "made of %s", t->text);
	output = put_text(s, out.s);
	if (t->by_reference)
		digest_bytes(t->text, strlen(t->text), &in);
	else
		in = put_text(s, t->text);
	fd = openat(r->fd, RUN_FILES_TMP, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	w = table_writer_new(fd);
	help_row(w, "/p/in", KIND_FILE, &in, t->by_reference);
	if (t->tree) {
		tree = help_tree(s);
		help_row(w, "/p/tree", KIND_TREE, &tree, false);
	}
	ok(table_writer_finish(w, &table, NULL, &e));
	close(fd);
	help_manifest(&m, a, r->id, t, &table, &output);
	ok(manifest_write_yaml(&m, manifest, &e));
	arena_free(a);
}

/* A published run; its id in `id`. */
static inline void make_run(
	struct store *s, const struct test_run *t, char id[RUN_ID_LEN + 1])
{
	autostrbuf manifest = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct run_dir r;

	ok(run_create(s, &r, &e));
	make_files(s, t, &r, &manifest);
	ok(run_publish(s, &r, manifest.s, manifest.len, &e));
	memcpy(id, r.id, RUN_ID_LEN + 1);
	run_dir_release(&r);
}
