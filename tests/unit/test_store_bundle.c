// SPDX-License-Identifier: Apache-2.0
/*
 * Bundles and verify. Whatever is done to a bundle, an import either takes
 * what was exported or leaves the store as it was, byte for byte.
 */
#include "store_help.h"

#include "store/bundle.h"
#include "store/needs.h"
#include "store/verify.h"

#include <archive.h>
#include <archive_entry.h>
#include <signal.h>

static const struct test_run plain = {.text = "data"};
static const struct test_run rich = {.text = "more", .tree = true};

static void export(const char *store, const char *id, const char *path)
{
	struct store *s = must_open(store, STORE_READ);
	struct bundle_totals t;
	struct err e = ERR_INIT;

	ok(bundle_export(s, &id, 1, path, &t, &e));
	store_close(s);
}

/* 0 and the picture has changed, or -1 and it has not. */
static int import(const char *store, const char *path, struct err *e)
{
	struct store *s = must_open(store, STORE_CREATE);
	struct arena *a = arena_new();
	struct bundle_totals t;
	char *before = picture(store), *after, **ids;
	int r = bundle_import(s, path, a, &ids, &t, e);

	assert_int_equal(count_entries("store/tmp"), 0);
	if (r < 0) {
		after = picture(store);
		assert_string_equal(before, after);
		free(after);
	}
	free(before);
	arena_free(a);
	store_close(s);
	return r;
}

static void fail_on_problem(void *ctx, const struct verify_problem *p)
{
	fail_msg("%s", p->message);
}

static uint64_t verify_all(const char *store)
{
	struct store *s = must_open(store, STORE_READ);
	struct verify_totals t;
	struct err e = ERR_INIT;

	ok(verify(s, NULL, fail_on_problem, NULL, &t, &e));
	store_close(s);
	return t.objects;
}

static void test_round_trip(void **state)
{
	struct store *s = must_open("home", STORE_CREATE), *other;
	struct arena *a = arena_new();
	struct bundle_totals t, back;
	struct err e = ERR_INIT;
	char ids[2][RUN_ID_LEN + 1], **got, *before, *after, command[200];
	const char *list[3] = {ids[1], ids[0], ids[1]};
	autostrbuf first = STRBUF_INIT, second = STRBUF_INIT;

	make_run(s, &plain, ids[0]);
	make_run(s, &rich, ids[1]);
	snprintf(command, sizeof(command),
		"head -c 32 /dev/urandom > home/runs/%s/key && "
		"chmod 600 home/runs/%s/key",
		ids[0], ids[0]);
	assert_int_equal(system(command), 0);
	ok(bundle_export(s, list, 3, "both.tar", &t, &e));
	assert_int_equal(t.runs, 2);
	/* 2 inputs, 2 outputs, the table and its 3 */
	assert_int_equal(t.objects, 8);
	assert_int_equal(t.missing, 0);
	/* The same bytes, whatever the order in which they are asked for. */
	list[0] = ids[0];
	list[1] = ids[1];
	ok(bundle_export(s, list, 2, "again.tar", &t, &e));
	assert_int_equal(fs_slurp("both.tar", &first), 0);
	assert_int_equal(fs_slurp("again.tar", &second), 0);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.s, second.s, first.len);
	/* Any tar can read it. */
	assert_int_equal(system("tar tf both.tar >list && "
				"head -1 list | grep -qx reprise-bundle"),
		0);

	other = must_open("store", STORE_CREATE);
	ok(bundle_import(other, "both.tar", a, &got, &back, &e));
	assert_int_equal(back.runs, 2);
	assert_int_equal(back.objects, 8);
	assert_string_equal(got[0], strcmp(ids[0], ids[1]) < 0 ? ids[0] : ids[1]);
	before = picture("store");
	store_close(other);
	assert_int_equal(
		system("cd home && find objects runs -type f -exec cmp {} "
		       "../store/{} \\; >../differ; test ! -s ../differ"),
		0);
	snprintf(command, sizeof(command),
		"test $(stat -c %%a store/runs/%s/key) = 600", ids[0]);
	assert_int_equal(system(command), 0);
	assert_int_equal(verify_all("store"), 8);
	/* Once more is fine, and changes nothing. */
	assert_int_equal(import("store", "both.tar", &e), 0);
	after = picture("store");
	assert_string_equal(before, after);
	free(before);
	free(after);
	arena_free(a);
	store_close(s);
}

static void test_streams(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1];
	struct err e = ERR_INIT;
	int out, saved, fd;

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "file.tar");
	fd = open("piped.tar", O_WRONLY | O_CREAT, 0600);
	fflush(stdout);
	saved = dup(1);
	out = dup2(fd, 1);
	assert_int_equal(out, 1);
	export("home", id, "-");
	dup2(saved, 1);
	assert_int_equal(system("cmp file.tar piped.tar"), 0);
	close(fd);
	fd = open("piped.tar", O_RDONLY);
	close(saved);
	saved = dup(0);
	dup2(fd, 0);
	ok(import("store", "-", &e));
	dup2(saved, 0);
	close(saved);
	close(fd);
	assert_int_equal(verify_all("store"), 6);
	/* A device is written to, not replaced. */
	export("home", id, "/dev/null");
	assert_int_equal(access("/dev/null", W_OK), 0);
}

static void test_by_reference(void **state)
{
	const struct test_run t = {.text = "large", .by_reference = true};
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1], command[200], path[OBJECT_PATH];
	struct digest d;
	const char *list[] = {id};
	struct bundle_totals totals;
	struct err e = ERR_INIT;

	make_run(s, &t, id);
	/* In the store by another way: it stays at home all the same. */
	d = put_text(s, "large");
	ok(bundle_export(s, list, 1, "run.tar", &totals, &e));
	assert_int_equal(totals.missing, 1);
	assert_int_equal(totals.objects, 1);
	object_path(&d, path);
	snprintf(command, sizeof(command),
		"tar tf run.tar | grep -q objects/ && "
		"! tar tf run.tar | grep %s",
		path);
	assert_int_equal(system(command), 0);
	ok(import("store", "run.tar", &e));
	store_close(s);
}

/* Objects that the store has need not be in the bundle's copy again. */
static void test_known_objects(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1];
	struct err e = ERR_INIT;

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "run.tar");
	s = must_open("store", STORE_CREATE);
	put_text(s, "more");
	put_text(s, "/p/tree/1");
	store_close(s);
	ok(import("store", "run.tar", &e));
	assert_int_equal(verify_all("store"), 6);
}

static void write_bytes(const char *path, const char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(fs_write_all(fd, p, n), 0);
	close(fd);
}

static void test_altered(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	autostrbuf whole = STRBUF_INIT;
	char id[RUN_ID_LEN + 1], *good;
	struct err e = ERR_INIT;
	unsigned taken = 0, kept = 0;

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "run.tar");
	ok(import("store", "run.tar", &e));
	good = picture("store/runs");
	assert_int_equal(fs_slurp("run.tar", &whole), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	/* Zeros are mostly padding. */
	for (size_t at = 0; at < whole.len; at += whole.s[at] ? 3 : 61) {
		char c = whole.s[at], *now;

		whole.s[at] = (char)(c ^ (1 << at % 8));
		write_bytes("bad.tar", whole.s, whole.len);
		whole.s[at] = c;
		if (import("store", "bad.tar", &e) < 0) {
			kept++;
			continue;
		}
		/* Harmless: padding. What came is what was sent. */
		taken++;
		now = picture("store/runs");
		assert_string_equal(now, good);
		free(now);
		assert_int_equal(verify_all("store"), 6);
		assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	}
	print_message("%u refused, %u harmless\n", kept, taken);
	assert_true(kept > 500);
	free(good);
}

static void test_cut(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	autostrbuf whole = STRBUF_INIT;
	char id[RUN_ID_LEN + 1];
	struct err e = ERR_INIT;
	size_t end;

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "run.tar");
	assert_int_equal(fs_slurp("run.tar", &whole), 0);
	for (end = whole.len; end && !whole.s[end - 1]; end--)
		;
	for (size_t n = 0; n < end; n += n % 512 == 0 ? 1 : 73) {
		write_bytes("bad.tar", whole.s, n);
		assert_int_equal(import("store", "bad.tar", &e), -1);
		assert_non_null(strstr(e.msg, "bad.tar"));
	}
	refused(import("store", "none.tar", &e),
		"cannot open the bundle 'none.tar'");
	write_bytes("bad.tar", "#!/bin/sh\necho hello\n", 21);
	refused(import("store", "bad.tar", &e), "cannot read the bundle");
	refused(import("store", ".", &e), "cannot read the bundle '.'");
}

/* A bundle entry by entry, each of which can be spoilt. */
struct entry {
	char path[200];
	char *data;
	size_t len;
	mode_t type;
	const char *link;
	bool gone;
};

struct parts {
	struct entry items[32];
	size_t n;
};

static void read_parts(const char *path, struct parts *p)
{
	struct archive *tar = archive_read_new();
	struct archive_entry *entry;

	p->n = 0;
	archive_read_support_format_tar(tar);
	assert_int_equal(archive_read_open_filename(tar, path, 10240), 0);
	while (archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
		struct entry *it = &p->items[p->n++];

		memset(it, 0, sizeof(*it));
		snprintf(it->path, sizeof(it->path), "%s",
			archive_entry_pathname(entry));
		it->len = (size_t)archive_entry_size(entry);
		it->data = xmalloc(it->len + 1);
		it->data[it->len] = 0;
		it->type = AE_IFREG;
		assert_int_equal(
			archive_read_data(tar, it->data, it->len), it->len);
	}
	archive_read_free(tar);
}

static void write_parts(const char *path, const struct parts *p)
{
	struct archive *tar = archive_write_new();

	archive_write_set_format_pax_restricted(tar);
	assert_int_equal(archive_write_open_filename(tar, path), 0);
	for (size_t i = 0; i < p->n; i++) {
		const struct entry *it = &p->items[i];
		struct archive_entry *entry;

		if (it->gone)
			continue;
		entry = archive_entry_new();
		archive_entry_set_pathname(entry, it->path);
		archive_entry_set_filetype(entry, it->type);
		archive_entry_set_perm(entry, 0644);
		if (it->type == AE_IFLNK)
			archive_entry_set_symlink(entry, it->link);
		else if (it->link)
			archive_entry_set_hardlink(entry, it->link);
		archive_entry_set_size(entry,
			it->type == AE_IFREG && !it->link ? (int64_t)it->len : 0);
		assert_int_equal(archive_write_header(tar, entry), 0);
		if (it->type == AE_IFREG && !it->link)
			archive_write_data(tar, it->data, it->len);
		archive_entry_free(entry);
	}
	archive_write_free(tar);
}

static void free_parts(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->items[i].data);
}

static struct entry *part(struct parts *p, const char *end)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t n = strlen(p->items[i].path);

		if (n >= strlen(end) &&
			strcmp(p->items[i].path + n - strlen(end), end) == 0)
			return &p->items[i];
	}
	fail_msg("no '%s'", end);
	return NULL;
}

static void set_data(struct entry *it, const char *text)
{
	free(it->data);
	it->data = xstrdup(text);
	it->len = strlen(text);
}

static void move(struct entry *it, const char *path)
{
	snprintf(it->path, sizeof(it->path), "%s", path);
}

static struct entry *add(struct parts *p, const char *path, const char *text)
{
	struct entry *it = &p->items[p->n++];

	memset(it, 0, sizeof(*it));
	it->type = AE_IFREG;
	move(it, path);
	set_data(it, text);
	return it;
}

static void swap(struct parts *p, size_t i, size_t k)
{
	struct entry t = p->items[i];

	p->items[i] = p->items[k];
	p->items[k] = t;
}

/* The head as it is, with one line's text changed. */
static void edit_head(struct parts *p, const char *old, const char *new)
{
	struct entry *head = &p->items[0];
	autostrbuf out = STRBUF_INIT;
	char *at = strstr(head->data, old);

	assert_non_null(at);
	strbuf_add(&out, head->data, (size_t)(at - head->data));
	strbuf_adds(&out, new);
	strbuf_adds(&out, at + strlen(old));
	set_data(head, out.s);
}

/* A record replaced, and its digest in the head too: well made, but wrong. */
static void forge(struct parts *p, const char *end, const char *text)
{
	struct entry *it = part(p, end);
	char old[DIGEST_TEXT], new[DIGEST_TEXT];
	struct digest d;

	digest_bytes(it->data, it->len, &d);
	digest_text(&d, old);
	set_data(it, text);
	digest_bytes(it->data, it->len, &d);
	digest_text(&d, new);
	edit_head(p, old, new);
}

/* A manifest that says it is another run's. */
static void forge_id(struct parts *p)
{
	autostrbuf copy = STRBUF_INIT;
	char id[RUN_ID_LEN + 1], *at;

	snprintf(id, sizeof(id), "%s", p->items[1].path + strlen("runs/"));
	strbuf_adds(&copy, part(p, "/manifest.yaml")->data);
	at = strstr(copy.s, id);
	assert_non_null(at);
	*at = *at == 'a' ? 'b' : 'a';
	forge(p, "/manifest.yaml", copy.s);
}

static void spoil(struct parts *p, int way)
{
	struct entry *first = &p->items[3];
	struct entry *manifest = part(p, "/manifest.yaml");
	char text[300];

	switch (way) {
	case 0: /* the wrong content under a right name */
		set_data(first, "other");
		break;
	case 1: /* an object is left out */
		first->gone = true;
		break;
	case 2: /* and not counted */
		first->gone = true;
		edit_head(p, "objects 6", "objects 5");
		break;
	case 3: /* one that nobody needs, well made */
		p->items[p->n - 1].gone = true;
		add(p,
			"objects/ff/"
			"ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
			"ffffffff",
			"x");
		break;
	case 4: /* twice the same */
		snprintf(text, sizeof(text), "%s", p->items[p->n - 1].path);
		add(p, text, p->items[p->n - 1].data);
		break;
	case 5:
		swap(p, 3, 4);
		break;
	case 6: /* before the head */
		swap(p, 0, 1);
		break;
	case 7:
		p->items[0].gone = true;
		break;
	case 8:
		manifest->gone = true;
		break;
	case 9:
		add(p, "../../outside", "x");
		break;
	case 10:
		add(p, "objects/../../outside", "x");
		break;
	case 11:
		move(first, "/etc/reprise-was-here");
		break;
	case 12:
		first->type = AE_IFLNK;
		first->link = "/etc/passwd";
		break;
	case 13:
		first->link = "/etc/passwd";
		break;
	case 14:
		first->type = AE_IFDIR;
		break;
	case 15:
		first->type = AE_IFIFO;
		break;
	case 16:
		manifest->type = AE_IFLNK;
		manifest->link = "/etc/passwd";
		break;
	case 17:
		edit_head(p, "reprise-bundle 1", "reprise-bundle 2");
		break;
	case 18:
		edit_head(p, "objects 6", "objects 06");
		break;
	case 19:
		edit_head(p, "objects 6", "objects -6");
		break;
	case 20:
		edit_head(p, "runs/", "ruNs/");
		break;
	case 21:
		edit_head(p, "/manifest.yaml", "/../../../x");
		break;
	case 22:
		edit_head(p, "/manifest.yaml", "/journal");
		break;
	case 23: /* an empty manifest, its digest right */
		forge(p, "/manifest.yaml", "");
		break;
	case 24:
		forge(p, "/manifest.yaml", "run: [");
		break;
	case 25: /* files.yaml is another, its digest right in the head */
		forge(p, "/files.yaml", "");
		break;
	case 26:
		forge_id(p);
		break;
	case 27:
		add(p, "reprise-bundle", "reprise-bundle 1\nobjects 0\n");
		break;
	case 28:
		set_data(&p->items[0], "");
		break;
	case 29: /* a digest in capitals is not the name */
		first->path[12] = 'A';
		break;
	case 30:
		move(first, "objects/ab");
		break;
	}
}

#define WAYS 31

static void test_hostile(void **state)
{
	/* Where another check would refuse it, too. */
	static const char *const why[WAYS] = {
		[1] = "is cut: it has 5 objects and not 6",
		[2] = "is not whole: it lacks the content of",
		[12] = "no plain file",
		[13] = "no plain file",
		[14] = "no plain file",
		[15] = "no plain file",
		[16] = "no plain file",
		[25] = "its digest is not the manifest's",
		[26] = "the manifest of another run",
	};
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1];
	struct err e = ERR_INIT;
	struct parts p;

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "run.tar");
	/* Taken apart and put together again, it is still good. */
	read_parts("run.tar", &p);
	write_parts("bad.tar", &p);
	free_parts(&p);
	ok(import("store", "bad.tar", &e));
	assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	for (int way = 0; way < WAYS; way++) {
		read_parts("run.tar", &p);
		assert_int_equal(p.n, 9);
		spoil(&p, way);
		write_parts("bad.tar", &p);
		free_parts(&p);
		if (import("store", "bad.tar", &e) == 0)
			fail_msg("way %d was taken", way);
		assert_non_null(strstr(e.msg, "bad.tar"));
		if (why[way] && !strstr(e.msg, why[way]))
			fail_msg("way %d: '%s'", way, e.msg);
	}
	assert_int_equal(access("outside", F_OK), -1);
	/* Everything that was refused left an empty store. */
	assert_int_equal(count_entries("store/objects"), 0);
	assert_int_equal(count_entries("store/runs"), 0);
}

/* A bundle whose every entry is right, and one object more. */
static void test_stowaway(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1], other[RUN_ID_LEN + 1];
	const char *both[] = {id, other};
	struct test_run more = {.text = "stowaway"};
	struct bundle_totals t;
	struct err e = ERR_INIT;
	struct parts p;

	make_run(s, &plain, id);
	make_run(s, &more, other);
	ok(bundle_export(s, both, 2, "run.tar", &t, &e));
	store_close(s);
	read_parts("run.tar", &p);
	/* Leave out one run's records, in the head too. */
	for (size_t i = 1; i < p.n; i++) {
		char *line;

		if (!strstr(p.items[i].path, other))
			continue;
		p.items[i].gone = true;
		line = strstr(p.items[0].data, p.items[i].path);
		assert_non_null(line);
		line -= DIGEST_TEXT;
		memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n')));
	}
	p.items[0].len = strlen(p.items[0].data);
	write_parts("bad.tar", &p);
	free_parts(&p);
	refused(import("store", "bad.tar", &e), "which no run of it needs");
}

static void test_other_run_of_that_id(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1], command[200];
	struct err e = ERR_INIT;

	make_run(s, &plain, id);
	store_close(s);
	export("home", id, "run.tar");
	ok(import("store", "run.tar", &e));
	snprintf(command, sizeof(command),
		"chmod u+w store/runs/%s/manifest.yaml && "
		"sed -i 's/umask: .*/umask: \"0077\"/' "
		"store/runs/%s/manifest.yaml",
		id, id);
	assert_int_equal(system(command), 0);
	refused(import("store", "run.tar", &e), "and not the same");
	/* Being recorded: not to be touched either. */
	snprintf(command, sizeof(command),
		"rm -f store/runs/%s/*; touch store/runs/%s/journal", id, id);
	assert_int_equal(system(command), 0);
	refused(import("store", "run.tar", &e), "and not the same");
}

static int task_import(const char *arg)
{
	struct store *s = store_open("store", STORE_CREATE, NULL);
	struct arena *a = arena_new();
	struct bundle_totals t;
	struct err e = ERR_INIT;
	char **ids;
	int r = !s || bundle_import(s, "run.tar", a, &ids, &t, &e) < 0;

	arena_free(a);
	store_close(s);
	return !r ? 0 : e.code == ENOSPC ? 28 : 5;
}

static void test_torn_import(void **state)
{
	static const struct {
		const char *fault;
		int status;
	} cases[] = {
		{"store.write=kill:3", -SIGKILL},
		{"store.fsync=kill:2", -SIGKILL},
		{"store.rename=kill:3", -SIGKILL},
		{"bundle.stage=kill:2", -SIGKILL},
		{"bundle.publish=kill", -SIGKILL},
		{"store.write=ENOSPC:2", 28},
		{"bundle.stage=ENOSPC", 28},
		{"bundle.publish=ENOSPC", 28},
		{"bundle.sync=EIO:2", 5},
		{"store.fsync=EIO:4", 5},
	};
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1];

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "run.tar");
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
			wait_child(start_child("import", "", cases[i].fault)),
			cases[i].status);
		/* No run; what objects there are are whole. */
		assert_int_equal(count_entries("store/runs"), 0);
		verify_all("store");
		store_close(must_open("store", STORE_WRITE));
		assert_int_equal(count_entries("store/tmp"), 0);
		/* And the next try goes through. */
		assert_int_equal(wait_child(start_child("import", "", NULL)), 0);
		assert_int_equal(verify_all("store"), 6);
		assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	}
}

static void test_many_at_once(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1];
	pid_t pids[5];

	make_run(s, &rich, id);
	store_close(s);
	export("home", id, "run.tar");
	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = start_child("import", "", NULL);
	for (size_t i = 0; i < COUNT(pids); i++)
		assert_int_equal(wait_child(pids[i]), 0);
	assert_int_equal(verify_all("store"), 6);
	assert_int_equal(count_entries("store/runs"), 1);
	assert_int_equal(count_entries("store/tmp"), 0);
}

static void object_file(const char *store, const char *text, char out[200])
{
	char path[OBJECT_PATH];
	struct digest d;

	digest_bytes(text, strlen(text), &d);
	object_path(&d, path);
	snprintf(out, 200, "%s/objects/%s", store, path);
}

static int task_export(const char *id)
{
	struct store *s = store_open("home", STORE_READ, NULL);
	struct bundle_totals t;
	struct err e = ERR_INIT;
	int r = !s || bundle_export(s, &id, 1, "run.tar", &t, &e) < 0;

	store_close(s);
	return !r ? 0 : e.code == ENOSPC ? 28 : 5;
}

/* An export either is whole or is not there. */
static void test_bad_export(void **state)
{
	static const char *const faults[] = {
		"bundle.write=ENOSPC", "bundle.rename=ENOSPC"};
	struct store *s = must_open("home", STORE_CREATE);
	char id[RUN_ID_LEN + 1], file[200];
	const char *list[] = {id};
	struct bundle_totals t;
	struct err e = ERR_INIT;

	make_run(s, &rich, id);
	write_text("run.tar", "precious");
	object_file("home", "more", file);
	write_text(file, "mora");
	refused(bundle_export(s, list, 1, "run.tar", &t, &e),
		"is damaged: its digest is wrong");
	assert_int_equal(unlink(file), 0);
	refused(bundle_export(s, list, 1, "run.tar", &t, &e), "is missing");
	put_text(s, "more");
	refused(bundle_export(s, list, 1, "no/where.tar", &t, &e),
		"cannot create 'no/where.tar'");
	refused(bundle_export(s, list, 1, "/dev/full", &t, &e), "No space");
	assert_int_equal(e.code, ENOSPC);
	for (size_t i = 0; i < COUNT(faults); i++)
		assert_int_equal(
			wait_child(start_child("export", id, faults[i])), 28);
	list[0] = "01234567-89ab-4cde-8f01-23456789abcd";
	refused(bundle_export(s, list, 1, "run.tar", &t, &e), "no run '0123");
	assert_int_equal(system("test \"$(cat run.tar)\" = precious"), 0);
	assert_int_equal(count_entries("."), 2);
	store_close(s);
}

struct seen {
	unsigned damaged, missing, run, runs;
	char path[100];
};

static void see(void *ctx, const struct verify_problem *p)
{
	struct seen *seen = ctx;

	seen->damaged += p->kind == VERIFY_DAMAGED;
	seen->missing += p->kind == VERIFY_MISSING;
	seen->run += p->kind == VERIFY_RUN;
	seen->runs += (unsigned)p->run_count;
	snprintf(seen->path, sizeof(seen->path), "%s", p->path ? p->path : "");
	assert_true(p->message[0] != 0);
}

static struct seen verify_seen(struct store *s, const char *id)
{
	struct seen seen = {0};
	struct verify_totals t;
	struct err e = ERR_INIT;

	ok(verify(s, id, see, &seen, &t, &e));
	assert_int_equal(t.problems, seen.damaged + seen.missing + seen.run);
	return seen;
}

static void test_verify(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	char ids[3][RUN_ID_LEN + 1], file[200], path[200];
	struct seen seen;
	struct err e = ERR_INIT;

	make_run(s, &plain, ids[0]);
	make_run(s, &plain, ids[1]);
	make_run(s, &rich, ids[2]);
	put_text(s, "needed by nobody");
	assert_int_equal(verify_all("home"), 9);

	object_file("home", "data", file);
	write_text(file, "dada");
	seen = verify_seen(s, NULL);
	assert_int_equal(seen.damaged, 1);
	assert_int_equal(seen.runs, 2);
	assert_string_equal(seen.path, "/p/in");
	seen = verify_seen(s, ids[1]);
	assert_int_equal(seen.damaged, 1);
	assert_int_equal(seen.runs, 1);
	seen = verify_seen(s, ids[2]);
	assert_int_equal(seen.damaged + seen.missing + seen.run, 0);
	assert_int_equal(unlink(file), 0);
	seen = verify_seen(s, NULL);
	assert_int_equal(seen.missing, 1);
	assert_int_equal(seen.damaged, 0);
	put_text(s, "data");

	/* Within a tree. */
	object_file("home", "/p/tree/2", file);
	assert_int_equal(unlink(file), 0);
	seen = verify_seen(s, ids[2]);
	assert_int_equal(seen.missing, 1);
	assert_string_equal(seen.path, "/p/tree/2");
	put_text(s, "/p/tree/2");

	object_file("home", "needed by nobody", file);
	write_text(file, "");
	seen = verify_seen(s, NULL);
	assert_int_equal(seen.damaged, 1);
	assert_int_equal(seen.runs, 0);
	assert_int_equal(unlink(file), 0);

	snprintf(path, sizeof(path), "home/runs/%s/files.yaml", ids[2]);
	write_text(path, "[]\n");
	seen = verify_seen(s, NULL);
	assert_int_equal(seen.run, 1);
	assert_int_equal(seen.runs, 1);
	ok(fs_remove_tree(AT_FDCWD, path, &e));
	seen = verify_seen(s, ids[2]);
	assert_int_equal(seen.run, 1);
	store_close(s);
}

/* The tree's table itself is gone: that is said, and not guessed about. */
static int see_unusable(void *ctx, const struct need *n, struct err *e)
{
	if (n->unusable) {
		assert_string_equal(n->path, "/p/tree");
		++*(unsigned *)ctx;
	}
	assert_true(strncmp(n->path, "/p/tree/", 8) != 0);
	return 0;
}

static void test_unusable_table(void **state)
{
	struct store *s = must_open("home", STORE_CREATE);
	unsigned unusable = 0;
	const struct needs_walk w = {NULL, see_unusable, &unusable};
	char id[RUN_ID_LEN + 1], path[OBJECT_PATH], file[200];
	const char *list[] = {id};
	struct bundle_totals t;
	struct err e = ERR_INIT;
	struct digest table;
	struct seen seen;

	make_run(s, &rich, id);
	table = help_tree(s);
	object_path(&table, path);
	snprintf(file, sizeof(file), "home/objects/%s", path);
	/* Not what it is named, but a fine table of no rows. */
	write_text(file, "");
	ok(needs_of_run(s, id, &w, &e));
	assert_int_equal(unusable, 1);
	assert_int_equal(unlink(file), 0);
	ok(needs_of_run(s, id, &w, &e));
	assert_int_equal(unusable, 2);
	seen = verify_seen(s, NULL);
	assert_int_equal(seen.missing, 1);
	refused(bundle_export(s, list, 1, "run.tar", &t, &e),
		"the table of '/p/tree' is missing or damaged");
	store_close(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_streams),
		TEST(test_by_reference),
		TEST(test_known_objects),
		TEST(test_altered),
		TEST(test_cut),
		TEST(test_hostile),
		TEST(test_stowaway),
		TEST(test_other_run_of_that_id),
		TEST(test_torn_import),
		TEST(test_many_at_once),
		TEST(test_bad_export),
		TEST(test_verify),
		TEST(test_unusable_table),
	};

	if (argc > 2 && strcmp(argv[1], "import") == 0)
		return task_import(argv[2]);
	if (argc > 2 && strcmp(argv[1], "export") == 0)
		return task_export(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
