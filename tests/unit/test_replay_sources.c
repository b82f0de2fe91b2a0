// SPDX-License-Identifier: Apache-2.0
/*
 * Files of this host in a plan: what --input gives, what was kept by reference,
 * and how their bytes get into the root.
 */
#include "tests/unit/replay_help.h"

#include "replay/plan.h"

#include <errno.h>

#define MIB (1ll << 20)

struct draft {
	struct arena *arena;
	struct manifest m;
	struct host_view host;
	struct replay_options options;
	struct parts parts;
	struct plan plan;
	struct err e;
	char dir[64]; /* on this host, for files; also of the run */
};

static void begin(struct draft *d);

static int set_up(void **state)
{
	struct draft *d = calloc(1, sizeof(*d));

	strcpy(d->dir, "/tmp/reprise-sources.XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->arena = arena_new();
	manifest_init(&d->m, d->arena);
	d->m.run.id = (char *)"11111111-2222-4333-8444-555555555555";
	d->m.run.user.uid = d->m.run.user.gid = 1000;
	d->m.command.cwd = (char *)"/w";
	d->m.command.executable = (char *)"/";
	*ARENA_PUSH(d->arena, d->m.command.argv.items, d->m.command.argv.count) =
		(char *)"x";
	d->host = (struct host_view){.root_a = true, .root_b = true};
	d->options.parts = &d->parts;
	*state = d;
	begin(d);
	return 0;
}

static int tear_down(void **state)
{
	struct draft *d = *state;

	plan_release(&d->plan);
	fs_remove_tree(AT_FDCWD, d->dir, NULL);
	arena_free(d->arena);
	free(d);
	return 0;
}

static struct node *add_row(struct draft *d, const struct file_row *r)
{
	if (plan_add(&d->plan, NULL, r, &d->e) < 0)
		fail_msg("%s", d->e.msg);
	return tree_find(&d->plan.tree, r->path);
}

static struct file_row row_of(const char *path, enum file_kind kind)
{
	struct file_row r;

	file_row_init(&r);
	r.path = (char *)path;
	r.kind = kind;
	r.access = ACCESS_R;
	r.mode = kind == KIND_DIRECTORY ? 0755 : 0640;
	r.uid = r.gid = 7;
	r.size = 0;
	r.mtime_s = MTIME;
	return r;
}

static struct node *add(struct draft *d, const char *path, enum file_kind kind)
{
	struct file_row r = row_of(path, kind);

	return add_row(d, &r);
}

/* A file that is in the store; "@..." is kept by reference, "!" a secret. */
static struct node *add_file(struct draft *d, const char *path,
	const char *content, const char *link)
{
	struct file_row r = row_of(path, KIND_FILE);

	r.not_stored = *content == '@' || *content == '!';
	r.has_digest = *content != '!';
	content += r.not_stored;
	digest_bytes(content, strlen(content), &r.digest);
	r.size = (int64_t)strlen(content);
	r.link = (char *)link;
	return add_row(d, &r);
}

static void begin(struct draft *d)
{
	d->e = (struct err)ERR_INIT;
	d->parts.input_count = d->parts.volume_count = 0;
	plan_release(&d->plan);
	if (plan_init(&d->plan, d->arena, &d->m, &d->options, &d->host, &d->e) < 0)
		fail_msg("%s", d->e.msg);
	add(d, "/", KIND_DIRECTORY);
	add(d, "/tmp", KIND_DIRECTORY);
	add(d, d->dir, KIND_DIRECTORY);
	add(d, "/w", KIND_DIRECTORY);
}

static const char *here(struct draft *d, const char *name)
{
	return arena_printf(d->arena, "%s/%s", d->dir, name);
}

/* A file of this host; a name that ends with a slash is a directory. */
static const char *make(struct draft *d, const char *name, const char *content)
{
	char *path = (char *)here(d, name);

	if (fs_has_suffix(name, "/")) {
		path[strlen(path) - 1] = 0;
		assert_int_equal(mkdir(path, 0700), 0);
		return path;
	}
	assert_int_equal(fs_write_file(AT_FDCWD, path, content, strlen(content),
				 0600, NULL),
		0);
	return path;
}

static void give(struct draft *d, const char *path, const char *by)
{
	struct replay_parts o = {0};
	struct kv *kv = arena_alloc(d->arena, sizeof(*kv));

	*kv = (struct kv){(char *)path, (char *)by};
	o.inputs = (struct kvlist){kv, 1};
	if (parts_read(&d->parts, d->arena, &o, &d->e) < 0)
		fail_msg("%s", d->e.msg);
}

static int apply(struct draft *d)
{
	if (plan_places(&d->plan, &d->options, &d->e) < 0)
		return -1;
	return inputs_apply(&d->plan, &d->parts, &d->e);
}

static void applied(struct draft *d)
{
	if (apply(d) < 0)
		fail_msg("%s", d->e.msg);
}

static void refused(struct draft *d, const char *msg)
{
	if (apply(d) == 0)
		fail_msg("not refused: %s", msg);
	if (!strstr(d->e.msg, msg))
		fail_msg("'%s' is not in '%s'", msg, d->e.msg);
}

static void finish(struct draft *d)
{
	if (plan_finish(&d->plan, &d->options, &d->host, &d->e) < 0)
		fail_msg("%s", d->e.msg);
}

static bool has_digest_of(const struct digest *d, const char *content)
{
	struct digest want;

	digest_bytes(content, strlen(content), &want);
	return digest_equal(d, &want);
}

static struct node *node(struct draft *d, const char *path)
{
	return tree_find(&d->plan.tree, path);
}

static const struct note *note_of(struct draft *d, const char *kind)
{
	for (size_t i = 0; i < d->plan.notes.count; i++)
		if (!strcmp(d->plan.notes.items[i].kind, kind))
			return &d->plan.notes.items[i];
	fail_msg("no note '%s'", kind);
	return NULL;
}

/* --- taking the tree apart -------------------------------------------- */

static void removed_nodes_are_gone(void **state)
{
	struct draft *d = *state;
	struct tree *t = &d->plan.tree;
	size_t before = t->count;

	add(d, "/w/a", KIND_DIRECTORY);
	add(d, "/w/a/b", KIND_DIRECTORY);
	add(d, "/w/z", KIND_FILE);
	add(d, "/w/a/b/c", KIND_FILE);
	tree_remove(t, node(d, "/w/a"));
	assert_null(node(d, "/w/a"));
	assert_null(node(d, "/w/a/b/c"));
	assert_int_equal(t->count, before + 1);
	assert_ptr_equal(node(d, "/w")->first, node(d, "/w/z"));
	assert_null(node(d, "/w/z")->prev);
	tree_remove(t, node(d, "/w/z"));
	assert_null(node(d, "/w")->first);
	assert_null(node(d, "/w")->last);
	/* The place is free again, also for the last row's directory. */
	add(d, "/w/a", KIND_DIRECTORY);
	add(d, "/w/a/b", KIND_DIRECTORY);
	add(d, "/w/a/b/c", KIND_FILE);
	tree_remove(t, node(d, "/w/a"));
	tree_insert(t, node(d, "/w"), "a", KIND_DIRECTORY);
	tree_insert(t, node(d, "/w/a"), "b", KIND_DIRECTORY);
	assert_ptr_equal(node(d, "/w")->last, node(d, "/w/a"));
	add(d, "/w/a/b/c", KIND_FILE);
	assert_ptr_equal(node(d, "/w/a/b/c")->parent, node(d, "/w/a/b"));
}

static void other_names_of_a_file_stay(void **state)
{
	struct draft *d = *state;
	struct tree *t = &d->plan.tree;
	struct file_row r = row_of("/w/b", KIND_FILE);

	add_file(d, "/w/a", "one", NULL);
	/* Nobody read it by this name. */
	r.size = 3;
	r.link = (char *)"/w/a";
	add_row(d, &r);
	add_file(d, "/w/c", "one", "/w/a");
	tree_remove(t, node(d, "/w/a"));
	assert_null(node(d, "/w/b")->link);
	assert_int_equal(node(d, "/w/b")->content, CONTENT_OBJECT);
	assert_ptr_equal(node(d, "/w/c")->link, node(d, "/w/b"));
	assert_true(node(d, "/w/b")->layers & HAS_LINKS);
	tree_detach(t, node(d, "/w/b"));
	assert_null(node(d, "/w/c")->link);
	assert_true(has_digest_of(&node(d, "/w/c")->digest, "one"));
	assert_int_equal(t->link_count, 0);
	assert_false(node(d, "/w/c")->layers & HAS_LINKS);
}

/* --- what is given ---------------------------------------------------- */

/* The time tells programs that the file is another one; the mode does not. */
static void a_given_file_has_its_content_and_time(void **state)
{
	struct draft *d = *state;
	const struct replaced *r;

	add_file(d, "/w/train.py", "old", NULL);
	give(d, "train.py", make(d, "new", "edited"));
	applied(d);
	finish(d);
	r = &d->plan.replaced.items[0];
	assert_string_equal(r->path, "/w/train.py");
	assert_string_equal(r->by, here(d, "new"));
	assert_true(has_digest_of(&r->digest, "edited"));
	assert_true(has_digest_of(&r->recorded, "old"));
	assert_false(r->same || r->is_new);
	assert_int_equal(r->files, -1);
	assert_int_equal(r->bytes, 6);
	assert_int_equal(node(d, "/w/train.py")->size, 6);
	assert_int_equal(node(d, "/w/train.py")->mode, 0640);
	assert_int_equal(node(d, "/w/train.py")->uid, 7);
	assert_true(node(d, "/w/train.py")->mtime_s > MTIME);
	assert_true(node(d, "/w/train.py")->layers & IN_UPPER);
	/* What was recorded need not be in the store any more. */
	assert_int_equal(d->plan.object_count, 0);
	assert_int_equal(parts_changed(&d->plan), 1);
}

static void the_same_content_is_no_difference(void **state)
{
	struct draft *d = *state;

	add_file(d, "/w/train.py", "old", NULL);
	give(d, "/w/train.py", make(d, "new", "old"));
	applied(d);
	finish(d);
	assert_true(d->plan.replaced.items[0].same);
	assert_int_equal(node(d, "/w/train.py")->mtime_s, MTIME);
	assert_int_equal(parts_changed(&d->plan), 0);
	begin(d);
	add_file(d, "/w/empty", "", NULL);
	give(d, "empty", make(d, "nothing", ""));
	applied(d);
	assert_true(d->plan.replaced.items[0].same);
	assert_int_equal(node(d, "/w/empty")->content, CONTENT_NONE);
}

static void one_name_of_a_file_is_given(void **state)
{
	struct draft *d = *state;

	add_file(d, "/w/a", "old", NULL);
	add_file(d, "/w/b", "old", "/w/a");
	give(d, "a", make(d, "new", "new"));
	applied(d);
	finish(d);
	assert_true(has_digest_of(&node(d, "/w/a")->digest, "new"));
	assert_true(has_digest_of(&node(d, "/w/b")->digest, "old"));
	assert_null(node(d, "/w/b")->link);
	assert_int_equal(d->plan.object_count, 1);
}

static void paths_are_those_of_the_run(void **state)
{
	static const struct {
		const char *path;
		bool directory;
		const char *result; /* or the error */
	} cases[] = {
		{"file", false, "/w/file"},
		{"./dir/../file", false, "/w/file"},
		{"link", false, "/w/file"},
		{"/w/new", false, "/w/new"},
		{"new/", true, "/w/new"},
		{"dir/new", false, "/w/dir/new"},
		{"file", true, "!is a file in the run, and "},
		{"dir", false, "!is a directory in the run, and "},
		{"none/new", false, "!--input: 'none/new' is not in this run"},
		{"/train.py", false, "!--input: '/train.py' is not in this run"},
		{"dangling", false, "!--input: 'dangling' is not in this run"},
		{"file/x", false, "!--input: 'file/x' is not in this run"},
		{"none/..", true, "!--input: 'none/..' is not in this run"},
		{"/", true, "!--input: the root cannot be given"},
		{"/dev", true, "!the replay has its own /dev"},
		{"fifo", false, "!is neither file nor directory in the run"},
	};
	struct draft *d = *state;
	const char *file = make(d, "f", "x"), *dir = make(d, "d/", NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file_row r = row_of("/w/link", KIND_SYMLINK);

		begin(d);
		add_file(d, "/w/file", "old", NULL);
		add(d, "/w/dir", KIND_DIRECTORY);
		add(d, "/w/fifo", KIND_FIFO);
		r.target = (char *)"file";
		add_row(d, &r);
		r.path = (char *)"/w/dangling";
		r.target = (char *)"nowhere";
		add_row(d, &r);
		give(d, cases[i].path, cases[i].directory ? dir : file);
		if (*cases[i].result == '!') {
			refused(d, cases[i].result + 1);
			continue;
		}
		applied(d);
		assert_string_equal(
			d->plan.replaced.items[0].path, cases[i].result);
		assert_int_equal(d->plan.replaced.items[0].is_new,
			strstr(cases[i].path, "new") != NULL);
	}
}

static void nothing_is_given_in_a_volume(void **state)
{
	struct draft *d = *state;
	struct part_volume v = {
		{d->dir, {.st_mode = S_IFDIR, .st_ino = 1}}, "/w", false};

	add_file(d, "/w/file", "old", NULL);
	give(d, "file", make(d, "new", "x"));
	d->parts.volumes = &v;
	d->parts.volume_count = 1;
	refused(d, "--input: 'file' lies in a volume");
}

static void a_given_directory_takes_the_place(void **state)
{
	struct draft *d = *state;
	const struct replaced *r;
	struct digest first;

	add(d, "/w/data", KIND_DIRECTORY);
	add_file(d, "/w/data/changed", "old", NULL);
	add(d, "/w/data/gone", KIND_DIRECTORY);
	add_file(d, "/w/data/gone/x", "x", NULL);
	add_file(d, "/w/data/kept", "kept", NULL);
	add(d, "/w/data/kind", KIND_DIRECTORY);
	make(d, "data/", NULL);
	make(d, "data/changed", "new");
	make(d, "data/kept", "kept");
	make(d, "data/kind", "a file now");
	make(d, "data/sub/", NULL);
	make(d, "data/sub/new", "n");
	assert_int_equal(symlink("kept", here(d, "data/link")), 0);
	assert_int_equal(mkfifo(here(d, "data/fifo"), 0600), 0);
	give(d, "data", here(d, "data"));
	applied(d);
	r = &d->plan.replaced.items[0];
	assert_false(r->same);
	assert_int_equal(r->files, 4);
	assert_int_equal(r->bytes, 3 + 4 + 10 + 1);
	first = r->digest;
	finish(d);
	assert_null(node(d, "/w/data/gone"));
	assert_null(node(d, "/w/data/gone/x"));
	assert_null(node(d, "/w/data/fifo"));
	assert_int_equal(node(d, "/w/data/kind")->kind, KIND_FILE);
	assert_string_equal(node(d, "/w/data/link")->target, "kept");
	assert_int_equal(node(d, "/w/data/kept")->mtime_s, MTIME);
	assert_int_equal(node(d, "/w/data/kept")->mode, 0640);
	assert_true(node(d, "/w/data/changed")->mtime_s > MTIME);
	assert_int_equal(node(d, "/w/data/sub/new")->uid, 1000);
	assert_int_equal(node(d, "/w/data/sub/new")->mode, 0600);
	assert_int_equal(d->plan.object_count, 0);

	/* The digest is of names, modes and contents, wherever it lies. */
	begin(d);
	add(d, "/w/elsewhere", KIND_DIRECTORY);
	unlink(here(d, "data/fifo"));
	give(d, "elsewhere", here(d, "data"));
	applied(d);
	assert_false(digest_equal(&first, &d->plan.replaced.items[0].digest));
	first = d->plan.replaced.items[0].digest;
	begin(d);
	give(d, "new", here(d, "data"));
	applied(d);
	assert_true(digest_equal(&first, &d->plan.replaced.items[0].digest));
	make(d, "data/sub/new", "N");
	begin(d);
	give(d, "new", here(d, "data"));
	applied(d);
	assert_false(digest_equal(&first, &d->plan.replaced.items[0].digest));
}

static void secrets_are_absent_or_given(void **state)
{
	struct draft *d = *state;

	add_file(d, "/w/.netrc", "!", NULL);
	add_file(d, "/w/x", "x", NULL);
	applied(d);
	finish(d);
	assert_null(node(d, "/w/.netrc"));
	assert_string_equal(note_of(d, "not-stored")->path, "/w/.netrc");
	begin(d);
	add_file(d, "/w/.netrc", "!", NULL);
	add_file(d, "/w/other", "!", NULL);
	give(d, ".netrc", make(d, "mine", "secret"));
	applied(d);
	finish(d);
	assert_int_equal(node(d, "/w/.netrc")->size, 6);
	assert_int_equal(node(d, "/w/.netrc")->mode, 0640);
	assert_null(node(d, "/w/other"));
	/* A short one could be guessed by its digest. */
	assert_false(d->plan.replaced.items[0].has_digest);
	assert_false(d->plan.replaced.items[0].is_new);
	assert_string_equal(note_of(d, "not-stored")->path, "/w/other");
}

/* --- what was kept by reference --------------------------------------- */

static void references_are_looked_for_where_they_were(void **state)
{
	struct draft *d = *state;
	const char *path = make(d, "big", "content");

	add_file(d, path, "@content", NULL);
	applied(d);
	finish(d);
	assert_int_equal(d->plan.sources.reference_count, 1);
	assert_string_equal(d->plan.sources.references[0].by, path);
	assert_string_equal(node(d, path)->source->path, path);
	assert_int_equal(node(d, path)->mtime_s, MTIME);
	assert_int_equal(d->plan.object_count, 0);
	assert_int_equal(d->plan.replaced.count, 0);
	/* By a link it is the same one. */
	rename(path, here(d, "moved"));
	assert_int_equal(symlink("moved", path), 0);
	begin(d);
	add_file(d, path, "@content", NULL);
	applied(d);
	assert_string_equal(node(d, path)->source->path, here(d, "moved"));
}

static void a_source_is_the_file_that_was_hashed(void **state)
{
	struct draft *d = *state;
	const char *path = make(d, "big", "content");
	autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	const struct source *s;

	add_file(d, path, "@content", NULL);
	applied(d);
	s = node(d, path)->source;
	assert_true(source_is_same(s, fd));
	assert_int_equal(write(fd, "longer content", 14), 14);
	assert_false(source_is_same(s, fd));
	assert_int_equal(ftruncate(fd, 7), 0);
	assert_false(source_is_same(s, fd));
}

static void references_must_be_what_they_were(void **state)
{
	struct draft *d = *state;
	char was[DIGEST_TEXT], is[DIGEST_TEXT];
	const char *path = make(d, "big", "changed");
	struct digest digest;

	digest_bytes("content", 7, &digest);
	digest_text(&digest, was);
	digest_bytes("changed", 7, &digest);
	digest_text(&digest, is);
	add_file(d, path, "@content", NULL);
	refused(d, arena_printf(d->arena,
			   "'%s' was kept by reference as %s, but '%s' is %s",
			   path, was, path, is));
	unlink(path);
	begin(d);
	add_file(d, path, "@content", NULL);
	refused(d, arena_printf(d->arena,
			   "'%s' was kept by reference, %s, and is not here: "
			   "--input %s=FILE says where it is",
			   path, was, path));
	assert_int_equal(mkdir(path, 0700), 0);
	begin(d);
	add_file(d, path, "@content", NULL);
	refused(d, "': Is a directory");
	begin(d);
	add_file(d, path, "@content", NULL);
	add_file(d, here(d, "other"), "@content", NULL);
	refused(d, "2 of 2 inputs that were kept by reference cannot be used: "
		   "nothing was run");
}

static void references_can_lie_elsewhere(void **state)
{
	struct draft *d = *state;
	const char *path = here(d, "big"), *now = make(d, "now", "content");

	add_file(d, path, "@content", NULL);
	give(d, path, now);
	applied(d);
	finish(d);
	assert_string_equal(node(d, path)->source->path, now);
	assert_int_equal(node(d, path)->mtime_s, MTIME);
	assert_true(d->plan.replaced.items[0].same);
	assert_true(
		has_digest_of(&d->plan.replaced.items[0].digest, "content"));
	assert_int_equal(d->plan.replaced.items[0].bytes, 7);
	make(d, "now", "changed");
	begin(d);
	add_file(d, path, "@content", NULL);
	give(d, path, now);
	refused(d, "but '/tmp/reprise-sources.");
	/* Unless a volume lies there, which may be anything. */
	begin(d);
	add_file(d, path, "@content", NULL);
	d->parts.volumes = &(struct part_volume){
		{now, {.st_mode = S_IFREG, .st_ino = 1}}, path, true};
	d->parts.volume_count = 1;
	applied(d);
	finish(d);
	assert_int_equal(d->plan.sources.reference_count, 0);
	assert_true(d->plan.sources.differs);
}

/* A root of data: "/w/data" with two files, of which the table has one more
 * directory. */
static void add_root(struct draft *d, const char *path)
{
	struct file_row r = row_of(path, KIND_TREE);

	r.has_digest = true;
	r.digest.b[0] = 42;
	add_row(d, &r);
	add_file(d, arena_printf(d->arena, "%s/a", path), "@aaaa", NULL);
	add(d, arena_printf(d->arena, "%s/sub", path), KIND_DIRECTORY);
	add_file(d, arena_printf(d->arena, "%s/sub/b", path), "@bb", NULL);
}

static void roots_of_data_are_told_as_one(void **state)
{
	struct draft *d = *state;
	const char *now = make(d, "now/", NULL), *path = here(d, "data");
	const struct reference *r;

	make(d, "now/a", "aaaa");
	make(d, "now/sub/", NULL);
	make(d, "now/sub/b", "bb");
	make(d, "now/sub/not-recorded", "c");
	add_root(d, path);
	refused(d, arena_printf(d->arena,
			   "'%s' with 2 files was kept by reference, "
			   "sha256:2a00000000000000000000000000000000000000000"
			   "000000000000000000000, and is not here: --input "
			   "%s=DIR says where it is",
			   path, path));
	begin(d);
	add_root(d, path);
	give(d, path, now);
	applied(d);
	finish(d);
	assert_int_equal(d->plan.sources.reference_count, 1);
	r = &d->plan.sources.references[0];
	assert_string_equal(r->path, path);
	assert_string_equal(r->by, now);
	assert_int_equal(r->files, 2);
	assert_int_equal(r->bytes, 6);
	assert_int_equal(r->digest.b[0], 42);
	assert_int_equal(d->plan.replaced.items[0].files, 2);
	assert_int_equal(d->plan.replaced.items[0].digest.b[0], 42);
	/* FILE only says where it is: nothing else of it is there. */
	assert_null(node(d, here(d, "data/sub/not-recorded")));
	make(d, "now/sub/b", "BB");
	begin(d);
	add_root(d, path);
	give(d, path, now);
	refused(d, "/data/sub/b' was kept by reference as ");
}

/* --- how bytes get there ---------------------------------------------- */

/* As if it had been found and hashed. */
static struct source_job *found(struct draft *d, const char *path,
	const char *by, int64_t size, size_t group)
{
	struct node *n = add_file(d, path, "@x", NULL);
	struct source_job *j =
		source_job_new(d->arena, &d->plan.sources.jobs, n, by, group);

	n->size = size;
	n->source = &j->source;
	j->source.size = (uint64_t)size;
	j->source.mount = 1;
	d->plan.sources.groups[group].bytes += size;
	d->plan.sources.groups[group].files++;
	d->plan.sources.differs = true;
	return j;
}

static void begin_places(struct draft *d, char strategy)
{
	d->options.strategy = strategy;
	begin(d);
	source_group_new(&d->plan, NULL, NULL);
}

static void small_files_are_copied(void **state)
{
	struct draft *d = *state;

	for (const char *s = "AB"; *s; s++) {
		struct source_job *a, *b, *c;

		begin_places(d, *s);
		a = found(d, "/w/a", "/data/a", 1 * MIB, 0);
		b = found(d, "/w/b", "/data/b", 70 * MIB, 0);
		c = found(d, "/w/c", "/data/c", 60 * MIB, 0);
		finish(d);
		assert_int_equal(a->source.place, PLACE_COPY);
		assert_int_equal(c->source.place, PLACE_COPY);
		assert_true(a->node->layers & IN_UPPER);
		assert_int_equal(
			b->source.place, *s == 'A' ? PLACE_LAYER : PLACE_BIND);
		assert_false(b->node->layers & IN_UPPER);
		if (*s == 'A') {
			assert_string_equal(d->plan.sources.layer, "/data");
			assert_string_equal(b->source.inside, "/b");
			assert_int_equal(d->plan.iso.volume_count, 0);
		} else {
			assert_int_equal(d->plan.iso.volume_count, 1);
			assert_string_equal(
				d->plan.iso.volumes[0].source, "/data/b");
			assert_true(d->plan.iso.volumes[0].read_only);
		}
	}
}

/* What the run changed is a real file, however large. */
static void changed_files_are_copied(void **state)
{
	struct draft *d = *state;

	for (const char *s = "AB"; *s; s++) {
		struct source_job *a;

		begin_places(d, *s);
		a = found(d, "/w/a", "/data/a", 100 * MIB, 0);
		a->node->access = ACCESS_M;
		finish(d);
		assert_int_equal(a->source.place, PLACE_COPY);
		assert_int_equal(d->plan.iso.volume_count, 0);
	}
}

static void a_layer_holds_what_it_can(void **state)
{
	static char *mounts[] = {
		(char *)"/", (char *)"/data", (char *)"/data/x/mnt"};
	struct draft *d = *state;
	struct source_job *a, *b, *c, *o;
	char object[80] = "/data/00/";

	d->host.mounts = (struct strlist){mounts, 3};
	memset(object + 9, 'a', 62);
	/* "/data" has a mount below, "/data/y" has not. */
	begin_places(d, 'A');
	source_group_new(&d->plan, "/w", "/data/y");
	a = found(d, "/w/a", "/data/y/a", 90 * MIB, 1);
	b = found(d, "/w/b", "/data/y/sub/b", 1 * MIB, 1);
	c = found(d, "/w/c", "/data/z/c", 80 * MIB, 0);
	finish(d);
	assert_string_equal(d->plan.sources.layer, "/data/y");
	assert_string_equal(a->source.inside, "/a");
	assert_string_equal(b->source.inside, "/sub/b");
	assert_int_equal(c->source.place, PLACE_BIND);
	/* All of one mount together where that can be. */
	d->host.mounts.count = 2;
	begin_places(d, 'A');
	a = found(d, "/w/a", "/data/train/1", 90 * MIB, 0);
	b = found(d, "/w/b", "/data/test/1", 90 * MIB, 0);
	o = found(d, "/w/o", object, 90 * MIB, 0);
	c = found(d, "/w/c", "/other/c", 80 * MIB, 0);
	c->source.mount = 2;
	finish(d);
	assert_string_equal(d->plan.sources.layer, "/data");
	assert_string_equal(a->source.inside, "/train/1");
	assert_string_equal(b->source.inside, "/test/1");
	/* There an object of the store would be found first. */
	assert_int_equal(o->source.place, PLACE_BIND);
	assert_int_equal(c->source.place, PLACE_BIND);
	/* In no case all of a root with mounts. */
	begin_places(d, 'A');
	a = found(d, "/w/a", "/a", 90 * MIB, 0);
	finish(d);
	assert_null(d->plan.sources.layer);
	assert_int_equal(a->source.place, PLACE_BIND);
	/* Without its number nobody knows which mount it is. */
	begin_places(d, 'A');
	a = found(d, "/w/a", "/data/a", 90 * MIB, 0);
	a->source.mount = 0;
	finish(d);
	assert_int_equal(a->source.place, PLACE_BIND);
}

static void objects_have_their_names(void **state)
{
	char path[] = "/ab/0123456789012345678901234567890123456789012345678901"
		      "2345678901";

	assert_int_equal(strlen(path), 66);
	assert_true(place_is_object(path));
	path[65] = 0;
	assert_false(place_is_object(path));
	path[65] = 'g';
	assert_false(place_is_object(path));
	assert_false(place_is_object("/ab"));
	assert_false(place_is_object(""));
}

static void a_root_of_data_is_mounted_as_a_whole(void **state)
{
	struct draft *d = *state;

	begin_places(d, 'B');
	add(d, "/w/data", KIND_DIRECTORY);
	source_group_new(&d->plan, "/w/data", "/now");
	found(d, "/w/data/a", "/now/a", 90 * MIB, 1);
	add(d, "/w/data/sub", KIND_DIRECTORY);
	found(d, "/w/data/sub/b", "/now/sub/b", 1, 1);
	finish(d);
	assert_int_equal(d->plan.iso.volume_count, 1);
	assert_string_equal(d->plan.iso.volumes[0].source, "/now");
	assert_string_equal(d->plan.iso.volumes[0].target, "/w/data");
	assert_null(node(d, "/w/data")->first);
	assert_null(node(d, "/w/data/sub/b"));
	/* Not when some of it is something else: one is in the store. */
	begin_places(d, 'B');
	add(d, "/w/data", KIND_DIRECTORY);
	source_group_new(&d->plan, "/w/data", "/now");
	found(d, "/w/data/a", "/now/a", 90 * MIB, 1);
	add_file(d, "/w/data/stored", "s", NULL);
	finish(d);
	assert_string_equal(d->plan.iso.volumes[0].target, "/w/data/a");
	assert_non_null(node(d, "/w/data/stored"));
	/* Or lies somewhere else. */
	begin_places(d, 'B');
	add(d, "/w/data", KIND_DIRECTORY);
	source_group_new(&d->plan, "/w/data", "/now");
	found(d, "/w/data/a", "/now/a", 90 * MIB, 1);
	found(d, "/w/data/b", "/now/c", 1, 1);
	finish(d);
	assert_int_equal(d->plan.iso.volume_count, 2);
}

static void only_so_many_files_are_mounted(void **state)
{
	struct draft *d = *state;
	size_t copied = 0;
	char path[32];

	begin_places(d, 'B');
	for (int i = 0; i < 1200; i++) {
		snprintf(path, sizeof(path), "/w/%04d", i);
		found(d, arena_strdup(d->arena, path),
			arena_strdup(d->arena, path), MIB + 1200 - i, 0);
	}
	finish(d);
	assert_int_equal(d->plan.iso.volume_count, 1000);
	for (size_t i = 0; i < d->plan.sources.jobs.count; i++)
		copied += d->plan.sources.jobs.items[i]->source.place ==
			  PLACE_COPY;
	assert_int_equal(copied, 200);
	assert_int_equal(node(d, "/w/0000")->source->place, PLACE_BIND);
	assert_int_equal(node(d, "/w/1199")->source->place, PLACE_COPY);
}

/* The cached tree of B: another one for every other shape, and only then. */
static void variants_have_names(void **state)
{
	struct draft *d = *state;
	char first[17];

	begin_places(d, 'B');
	add_file(d, "/w/x", "x", NULL);
	finish(d);
	assert_null(d->plan.sources.variant);
	begin_places(d, 'B');
	found(d, "/w/a", "/data/a", 10, 0);
	finish(d);
	assert_int_equal(strlen(d->plan.sources.variant), 16);
	strcpy(first, d->plan.sources.variant);
	begin_places(d, 'B');
	found(d, "/w/a", "/elsewhere/a", 10, 0);
	finish(d);
	assert_string_equal(d->plan.sources.variant, first);
	begin_places(d, 'B');
	found(d, "/w/b", "/data/a", 10, 0);
	finish(d);
	assert_string_not_equal(d->plan.sources.variant, first);
	begin_places(d, 'B');
	found(d, "/w/a", "/data/a", 100 * MIB, 0);
	finish(d);
	assert_string_not_equal(d->plan.sources.variant, first);
	begin_places(d, 'A');
	found(d, "/w/a", "/data/a", 10, 0);
	finish(d);
	assert_null(d->plan.sources.variant);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(removed_nodes_are_gone),
		CASE(other_names_of_a_file_stay),
		CASE(a_given_file_has_its_content_and_time),
		CASE(the_same_content_is_no_difference),
		CASE(one_name_of_a_file_is_given),
		CASE(paths_are_those_of_the_run),
		CASE(nothing_is_given_in_a_volume),
		CASE(a_given_directory_takes_the_place),
		CASE(secrets_are_absent_or_given),
		CASE(references_are_looked_for_where_they_were),
		CASE(a_source_is_the_file_that_was_hashed),
		CASE(references_must_be_what_they_were),
		CASE(references_can_lie_elsewhere),
		CASE(roots_of_data_are_told_as_one),
		CASE(small_files_are_copied),
		CASE(changed_files_are_copied),
		CASE(a_layer_holds_what_it_can),
		CASE(objects_have_their_names),
		CASE(a_root_of_data_is_mounted_as_a_whole),
		CASE(only_so_many_files_are_mounted),
		CASE(variants_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
