// SPDX-License-Identifier: Apache-2.0
/*
 * The record: what its journal gives back is the same record, however much of
 * the journal there is; and the rows that are made of it.
 */
#include "store_help.h"

#include "capture/events.h"
#include "capture/record.h"
#include "capture/rows.h"
#include "store/journal.h"

#include <sys/stat.h>

static struct record rec;

static void begin_record(void)
{
	struct err e = ERR_INIT;
	struct journal *j = journal_create(AT_FDCWD, "journal", &e);

	assert_non_null(j);
	record_open(&rec, j);
	ok(record_begin(&rec, "the manifest\n", 13, &e));
}

static void end_record(void)
{
	journal_close(rec.journal);
	rec.journal = NULL;
	record_close(&rec);
}

static struct state a_file(uint64_t ino)
{
	return (struct state){.exists = true,
		.mode = S_IFREG | 0644,
		.uid = 1,
		.gid = 2,
		.nlink = 1,
		.mtime_s = 100,
		.mtime_ns = 5,
		.size = 6,
		.dev = 7,
		.ino = ino};
}

static struct state a_directory(uint64_t ino)
{
	struct state st = a_file(ino);

	st.mode = S_IFDIR | 0755;
	return st;
}

static void add_list(struct strbuf *out, const struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		strbuf_addf(out, " '%s'", l->items[i]);
}

static void add_touched(struct strbuf *out, const struct touched *t)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(&t->digest, hex);
	strbuf_addf(out,
		"%u %s now %s access %x %d %o %llu %lld target %s preserved %d "
		"%s appended %d gone %d %d back %d not stored %d writer %u "
		"before %d list",
		t->index, t->path, t->now, t->access, t->first.exists,
		t->first.mode, (unsigned long long)t->first.ino,
		(long long)state_mtime(&t->first), t->target ? t->target : "-",
		t->preserved, t->preserved ? hex : "-", t->appended, t->gone,
		t->emptied, t->doubtful, t->not_stored, t->writer,
		t->before ? (int)t->before->index : -1);
	add_list(out, &t->listing);
	strbuf_addc(out, '\n');
}

/* All of a record that a run is made of, as text. */
static char *text_of(struct record *r)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < r->touched_count; i++)
		add_touched(&out, r->touched[i]);
	for (size_t i = 0; i < r->process_count; i++) {
		struct process *p = r->processes[i];

		strbuf_addf(&out, "%s parent %s %s %s exit %lld tgid %d",
			p->m.id, p->m.parent ? p->m.parent : "-", p->m.executable,
			p->m.cwd, (long long)p->m.exit_code, p->tgid);
		add_list(&out, &p->m.argv);
		strbuf_adds(&out, " env");
		add_list(&out, &p->m.env_added);
		strbuf_addc(&out, '\n');
	}
	strbuf_addf(&out, "forks %llu\n", (unsigned long long)r->forks);
	for (size_t i = 0; i < r->loaded_count; i++)
		strbuf_addf(&out, "loaded %u %u %x\n", r->loaded[i].process,
			r->loaded[i].row, r->loaded[i].how);
	for (size_t i = 0; i < r->devices.count; i++)
		strbuf_addf(&out, "device %s %s %s %lld %lld %d\n",
			r->devices.items[i].path, r->devices.items[i].type,
			r->devices.items[i].access,
			(long long)r->devices.items[i].major,
			(long long)r->devices.items[i].minor,
			r->devices.items[i].accelerator);
	for (size_t i = 0; i < r->network.count; i++)
		strbuf_addf(&out, "peer %s %s %s %s %s\n",
			r->network.items[i].family, r->network.items[i].protocol,
			r->network.items[i].direction, r->network.items[i].peer,
			r->network.items[i].role ? r->network.items[i].role
						 : "-");
	for (size_t i = 0; i < r->gaps.count; i++)
		strbuf_addf(&out, "gap %s %s %s\n", r->gaps.items[i].kind,
			r->gaps.items[i].path ? r->gaps.items[i].path : "-",
			r->gaps.items[i].detail);
	for (size_t i = 0; i < r->move_count; i++)
		strbuf_addf(
			&out, "move %s %s\n", r->moves[i].from, r->moves[i].to);
	strbuf_addf(&out, "ended %d %d %lld whole %d keep %llu", r->ended,
		r->ending.status, (long long)r->ending.time, r->whole,
		(unsigned long long)r->keep);
	add_list(&out, &r->by_reference);
	strbuf_addc(&out, '\n');
	return strbuf_detach(&out);
}

/* One of everything. */
static void fill(void)
{
	char *names[] = {(char *)"b", (char *)"a\nb", (char *)"\377"};
	char *args[] = {(char *)"sh", (char *)"", (char *)"-c"};
	char *env[] = {(char *)"A=1", (char *)"B"};
	char *dirs[] = {(char *)"/big", (char *)"/huge"};
	struct strlist listing = {names, 3}, none = {NULL, 0};
	struct strlist by_reference = {dirs, 2};
	struct m_process m = {.executable = (char *)"/bin/sh",
		.cwd = (char *)"/w",
		.argv = {args, 3},
		.env_added = {env, 2}};
	struct state st = a_file(1), dir = a_directory(2), absent = {0};
	struct touched *f, *d, *x, *n, *g;
	struct process *p;
	struct digest digest;

	record_options(&rec, 12345, true, &by_reference);
	assert_true(rec.whole);
	p = record_process(&rec, 0, 100, 7, &m);
	m.argv.count = 0;
	m.env_added.count = 0;
	record_process(&rec, p->index, 101, 8, &m);
	f = record_touch(&rec, "/w/f", ACCESS_R, &st, NULL);
	d = record_touch(&rec, "/w/d", 0, &dir, NULL);
	st = a_file(3);
	x = record_touch(&rec, "/w/d/\377\n", ACCESS_X, &st, NULL);
	st.mode = S_IFLNK | 0777;
	st.ino = 4;
	record_touch(&rec, "/w/l", ACCESS_L, &st, "d/x");
	n = record_touch(&rec, "/w/n", ACCESS_N, &absent, NULL);
	record_access(&rec, f, ACCESS_S);
	record_loaded(&rec, 2, x, LOAD_MAP | LOAD_CHANGED);
	record_loaded(&rec, 1, x, LOAD_EXEC);
	record_loaded(&rec, 1, x, LOAD_EXEC);
	record_loaded(&rec, 3, x, LOAD_EXEC);
	assert_int_equal(rec.loaded_count, 2);
	record_listing(&rec, d, &listing);
	record_written(&rec, n, 2);
	record_written(&rec, f, 1);
	digest_bytes("x", 1, &digest);
	record_preserved(&rec, f, &digest);
	record_appended(&rec, x);
	record_not_stored(&rec, x);
	record_moved(&rec, d, "/w/e", &dir);
	record_moved(&rec, f, "/w/f.1", NULL);
	record_touch(&rec, "/w/f", ACCESS_N, &absent, NULL);
	record_gone(&rec, n, NULL, false);
	st = a_file(6);
	g = record_touch(&rec, "/w/g", ACCESS_S, &st, NULL);
	record_gone(&rec, g, &st, true);
	st.ino = 7;
	g = record_touch(&rec, "/w/back", ACCESS_S, &st, NULL);
	record_gone(&rec, g, &st, false);
	record_back(&rec, g);
	record_touch_earlier(&rec, "/w/f", ACCESS_R, &st, NULL);
	record_moved(&rec, g, "/w/not", NULL);
	record_unmoved(&rec, g);
	record_moved(&rec, d, "/w/neither", &dir);
	record_unmoved(&rec, d);
	record_exchanged(&rec, d, &dir, f, NULL);
	record_exchanged(&rec, f, NULL, d, &dir);
	record_exchanged(&rec, f, NULL, n, NULL);
	st = a_directory(5);
	record_listing(&rec, record_touch(&rec, "/w/empty", 0, &st, NULL), &none);
	record_exit(&rec, p, 7);
	record_fork(&rec);
	record_fork(&rec);
	for (int twice = 0; twice < 2; twice++) {
		record_device(&rec, &(struct m_device){.path = (char *)"/dev/x",
					    .type = (char *)"char",
					    .access = (char *)"rw",
					    .major = 195,
					    .minor = 255,
					    .accelerator = true});
		record_network(
			&rec, &(struct m_network){.family = (char *)"inet",
				      .protocol = (char *)"stream",
				      .direction = (char *)"connect",
				      .peer = (char *)"1.2.3.4:5"});
		record_gap(&rec, "kind", "/w/f", "detail %d", twice);
		record_gap(&rec, "kind", NULL, "without a path");
	}
	record_end(&rec, &(struct ending){.status = 256, .time = 1234567});
}

static void read_back(struct record *r, const char *name)
{
	struct err e = ERR_INIT;
	char *start;

	record_open(r, NULL);
	ok(record_replay(r, AT_FDCWD, name, &start, &e));
	assert_string_equal(start, "the manifest\n");
}

static void test_round_trip(void **state)
{
	struct record again;
	char *want, *got;

	begin_record();
	fill();
	want = text_of(&rec);
	read_back(&again, "journal");
	got = text_of(&again);
	assert_string_equal(got, want);
	/* Each came once, although it was said twice. */
	assert_int_equal(again.gaps.count, 2);
	assert_int_equal(again.devices.count, 1);
	assert_int_equal(again.network.count, 1);
	assert_int_equal(again.forks, 2);
	assert_string_equal(again.touched[2]->now, "/w/e/\377\n");
	free(want);
	free(got);
	record_close(&again);
	end_record();
}

/* What a torn journal gives is the beginning of the record, never nonsense. */
static void test_torn(void **state)
{
	autostrbuf whole = STRBUF_INIT;
	struct err e = ERR_INIT;
	size_t most = 0, end;

	begin_record();
	fill();
	assert_int_equal(fs_slurp("journal", &whole), 0);
	for (end = whole.len; end && !whole.s[end - 1]; end--)
		;
	for (size_t n = 0; n <= end; n++) {
		struct record part;
		char *start;

		unlink("torn");
		ok(fs_write_file(AT_FDCWD, "torn", whole.s, n, 0600, &e));
		record_open(&part, NULL);
		if (record_replay(&part, AT_FDCWD, "torn", &start, &e) == 0) {
			assert_string_equal(start, "the manifest\n");
			assert_true(part.touched_count >= most);
			most = part.touched_count;
			for (size_t i = 0; i < most; i++)
				assert_string_equal(part.touched[i]->path,
					rec.touched[i]->path);
		}
		record_close(&part);
	}
	assert_int_equal(most, rec.touched_count);
	end_record();
}

/* A journal of damaged records must not lead outside of memory. */
static void test_damaged(void **state)
{
	autostrbuf whole = STRBUF_INIT;
	struct err e = ERR_INIT;
	unsigned seed = 7;
	size_t end;

	begin_record();
	fill();
	end_record();
	assert_int_equal(fs_slurp("journal", &whole), 0);
	for (end = whole.len; end && !whole.s[end - 1]; end--)
		;
	for (int i = 0; i < 3000; i++) {
		struct record part;
		autostrbuf bad = STRBUF_INIT;
		char *start;

		strbuf_add(&bad, whole.s, end);
		for (int k = 0; k < 4; k++)
			bad.s[(size_t)rand_r(&seed) % end] = (char)rand_r(&seed);
		unlink("bad");
		ok(fs_write_file(AT_FDCWD, "bad", bad.s, end, 0600, &e));
		record_open(&part, NULL);
		if (record_replay(&part, AT_FDCWD, "bad", &start, &e) == 0)
			free(text_of(&part));
		record_close(&part);
	}
}

/* Whole records of every type, but shorter than their type says, or with
 * numbers that point nowhere: nothing comes of them. */
static void test_short_records(void **state)
{
	struct err e = ERR_INIT;
	struct journal *j = journal_create(AT_FDCWD, "journal", &e);
	struct record r;
	char *start, bytes[80];

	assert_non_null(j);
	ok(journal_append(j, EVENT_BEGIN,
		&(struct journal_part){"the manifest\n", 13}, 1, &e));
	for (unsigned char fill = 0;; fill = 1) {
		memset(bytes, fill, sizeof(bytes));
		for (uint32_t type = EVENT_TOUCH; type < 40; type++)
			for (size_t n = 0; n <= sizeof(bytes); n++)
				ok(journal_append(j, type,
					&(struct journal_part){bytes, n}, 1, &e));
		if (fill)
			break;
	}
	journal_close(j);
	record_open(&r, NULL);
	ok(record_replay(&r, AT_FDCWD, "journal", &start, &e));
	free(text_of(&r));
	record_close(&r);
}

static void test_no_beginning(void **state)
{
	struct err e = ERR_INIT;
	struct journal *j = journal_create(AT_FDCWD, "journal", &e);
	struct record r;
	char *start;

	assert_non_null(j);
	record_open(&r, NULL);
	refused(record_replay(&r, AT_FDCWD, "journal", &start, &e),
		"'journal' has no beginning");
	refused(record_replay(&r, AT_FDCWD, "none", &start, &e), "'none'");
	record_close(&r);
	journal_close(j);
}

/* What is said again and again is not kept again. */
static void test_repeats(void **state)
{
	size_t used = 0;

	begin_record();
	for (int i = 0; i < 100; i++) {
		record_gap(&rec, "kind", "/w/f", "detail %d", i);
		record_device(&rec, &(struct m_device){.path = (char *)"/dev/x",
					    .type = (char *)"c",
					    .access = (char *)"r"});
		if (!i)
			used = arena_used(rec.arena);
	}
	assert_int_equal(arena_used(rec.arena), used);
	assert_int_equal(rec.gaps.count, 1);
	assert_int_equal(rec.devices.count, 1);
	end_record();
}

static void test_lookups(void **state)
{
	struct state st = a_file(1), dir = a_directory(2), other = a_file(9);
	struct touched *f, *d, *g, *h, *again, *earlier;

	begin_record();
	f = record_touch(&rec, "/f", 0, &st, NULL);
	d = record_touch(&rec, "/d", 0, &dir, NULL);
	assert_ptr_equal(record_find(&rec, "/f"), f);
	assert_null(record_find(&rec, "/ff"));
	assert_ptr_equal(record_find_inode(&rec, &st), f);
	assert_null(record_find_inode(&rec, &dir)); /* never directories */
	assert_null(record_find_inode(&rec, &other));
	/* An emptied file is still that file. */
	record_gone(&rec, f, &st, true);
	assert_ptr_equal(record_find_inode(&rec, &st), f);
	record_back(&rec, f);
	assert_false(f->gone || f->emptied);
	assert_ptr_equal(record_find_inode(&rec, &st), f);
	assert_null(f->twin);
	/* A removed file's inode may be the next file's. */
	record_gone(&rec, f, &st, false);
	assert_null(record_find_inode(&rec, &st));
	assert_ptr_equal(record_find(&rec, "/f"), f);
	record_back(&rec, f);
	assert_ptr_equal(record_find_inode(&rec, &st), f);
	record_gone(&rec, f, &st, false);
	/* But not while it has another name. */
	st = a_file(3);
	st.nlink = 2;
	g = record_touch(&rec, "/g", 0, &st, NULL);
	h = record_touch(&rec, "/h", 0, &st, NULL);
	record_gone(&rec, g, &st, false);
	assert_ptr_equal(record_find_inode(&rec, &st), h);
	assert_ptr_equal(record_twin(h), g);
	assert_null(record_twin(g));
	/* The last name: nobody but who still has it open. */
	st.nlink = 1;
	record_gone(&rec, h, &st, false);
	assert_null(record_find_inode(&rec, &st));
	assert_ptr_equal(record_find_removed(&rec, &st), h);
	/* What is made anew knows what was there. */
	again = record_touch(&rec, "/f", ACCESS_N, &(struct state){0}, NULL);
	assert_ptr_equal(record_find(&rec, "/f"), again);
	assert_ptr_equal(again->before, f);
	assert_ptr_equal(record_first(again), f);
	assert_ptr_equal(record_first(d), d);
	/* What is found late may have been there before all of that. */
	st = a_file(11);
	earlier = record_touch_earlier(&rec, "/f", 0, &st, NULL);
	assert_ptr_equal(record_find(&rec, "/f"), again);
	assert_ptr_equal(record_first(again), earlier);
	earlier = record_touch_earlier(&rec, "/new", 0, &st, NULL);
	assert_ptr_equal(record_find(&rec, "/new"), earlier);
	end_record();
}

static void test_moves(void **state)
{
	struct state dir = a_directory(1), st = a_file(2);
	struct touched *d, *x, *y, *gone, *there;

	begin_record();
	d = record_touch(&rec, "/a", 0, &dir, NULL);
	x = record_touch(&rec, "/a/x", 0, &st, NULL);
	y = record_touch(&rec, "/ab", 0, &st, NULL);
	gone = record_touch(&rec, "/a/gone", 0, &st, NULL);
	record_gone(&rec, gone, &st, false);
	record_moved(&rec, d, "/b", &dir);
	assert_string_equal(d->now, "/b");
	assert_string_equal(x->now, "/b/x");
	assert_string_equal(x->path, "/a/x");
	assert_string_equal(y->now, "/ab");
	assert_string_equal(gone->now, "/a/gone");
	assert_string_equal(record_origin(&rec, "/b/x"), "/a/x");
	assert_string_equal(record_origin(&rec, "/b"), "/a");
	assert_string_equal(record_origin(&rec, "/bb"), "/bb");
	record_moved(&rec, d, "/c", &dir);
	assert_string_equal(record_destination(&rec, "/a/x"), "/c/x");
	assert_string_equal(record_destination(&rec, "/ab"), "/ab");
	assert_string_equal(d->was, "/b");
	assert_string_equal(x->was, "/b/x");
	assert_string_equal(x->now, "/c/x");
	assert_string_equal(record_origin(&rec, "/c/x"), "/a/x");
	assert_ptr_equal(record_find_moved(&rec, "/c/x"), x);
	assert_null(record_find_moved(&rec, "/b/x"));
	assert_null(record_find_moved(&rec, "/ab"));
	/* A move that has failed takes nothing along that was there before. */
	st.ino = 20;
	there = record_touch(&rec, "/e/x", 0, &st, NULL);
	record_moved(&rec, d, "/e", &dir);
	assert_string_equal(x->now, "/e/x");
	record_unmoved(&rec, d);
	assert_string_equal(d->now, "/c");
	assert_string_equal(x->now, "/c/x");
	assert_string_equal(there->now, "/e/x");
	assert_string_equal(record_origin(&rec, "/e/x"), "/e/x");
	assert_string_equal(record_origin(&rec, "/c/x"), "/a/x");
	assert_ptr_equal(record_find_moved(&rec, "/c/x"), x);
	record_unmoved(&rec, d);
	assert_string_equal(d->now, "/c");
	/* At each other's place, and back. */
	record_exchanged(&rec, d, &dir, y, &st);
	assert_string_equal(d->now, "/ab");
	assert_string_equal(y->now, "/c");
	assert_string_equal(x->now, "/ab/x");
	assert_string_equal(record_origin(&rec, "/ab/x"), "/a/x");
	assert_string_equal(record_destination(&rec, "/a/x"), "/ab/x");
	record_unmoved(&rec, y);
	assert_string_equal(d->now, "/c");
	assert_string_equal(y->now, "/ab");
	assert_string_equal(x->now, "/c/x");
	assert_string_equal(record_origin(&rec, "/c/x"), "/a/x");
	/* Directories of the run's own take along what is in them, too. */
	d = record_touch(&rec, "/made", ACCESS_N, &(struct state){0}, NULL);
	y = record_touch(&rec, "/made/y", ACCESS_N, &(struct state){0}, NULL);
	record_moved(&rec, d, "/final", &dir);
	assert_string_equal(y->now, "/final/y");
	/* A file's move says nothing of paths below it. */
	record_moved(&rec, x, "/z", NULL);
	assert_string_equal(x->now, "/z");
	assert_string_equal(record_origin(&rec, "/z"), "/z");
	end_record();
}

/* A full disk is said once, and the record goes on. */
static int full_task(const char *arg)
{
	struct state st = a_file(1);

	begin_record();
	for (int i = 0; i < 200000; i++)
		record_touch(
			&rec, arena_printf(rec.arena, "/%d", i), 0, &st, NULL);
	return rec.journal_failed && rec.touched_count == 200000 ? 0 : 1;
}

static void test_full_disk(void **state)
{
	assert_int_equal(
		wait_child(start_child("full", "", "journal.grow=ENOSPC:2")), 0);
}

static void test_letters(void **state)
{
	static const struct {
		unsigned access;
		bool changed;
		unsigned want;
	} cases[] = {
		{0, false, ACCESS_S},
		{ACCESS_S, false, ACCESS_S},
		{ACCESS_R | ACCESS_S, false, ACCESS_R},
		{ACCESS_N, false, ACCESS_N},
		{ACCESS_N | ACCESS_W, true, ACCESS_N | ACCESS_W},
		{ACCESS_R | ACCESS_W, true, ACCESS_R | ACCESS_M},
		{ACCESS_R | ACCESS_W, false, ACCESS_R | ACCESS_W},
		{ACCESS_W, true, ACCESS_W},
		{ACCESS_X | ACCESS_W, true, ACCESS_X | ACCESS_W},
		{ACCESS_D | ACCESS_S, false, ACCESS_D},
		{ACCESS_L, false, ACCESS_L},
		/* There with its package: the run has not touched it, unless
		 * it has listed the directory, or looked, or read. */
		{TOUCH_WHOLE, false, 0},
		{TOUCH_WHOLE | ACCESS_S, false, ACCESS_S},
		{TOUCH_WHOLE | ACCESS_S | ACCESS_R, false, ACCESS_R},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct touched t = {.access = cases[i].access};

		assert_int_equal(row_access(&t, cases[i].changed), cases[i].want);
	}
}

static void test_row_of_state(void **state)
{
	static const struct {
		uint32_t type;
		enum file_kind kind;
	} kinds[] = {
		{S_IFREG, KIND_FILE},
		{S_IFDIR, KIND_DIRECTORY},
		{S_IFLNK, KIND_SYMLINK},
		{S_IFIFO, KIND_FIFO},
		{S_IFSOCK, KIND_SOCKET},
		{S_IFCHR, KIND_CHAR},
		{S_IFBLK, KIND_BLOCK},
	};
	struct state st = a_file(1);
	struct file_row r;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		st.mode = kinds[i].type | 04751;
		st.major = 8;
		st.minor = 1;
		file_row_init(&r);
		row_from_state(&r, &st);
		assert_int_equal(r.kind, kinds[i].kind);
		assert_int_equal(r.mode, 04751);
		assert_int_equal(r.size == 6, r.kind == KIND_FILE);
		assert_int_equal(r.major == 8,
			r.kind == KIND_CHAR || r.kind == KIND_BLOCK);
	}
	file_row_init(&r);
	row_from_state(&r, &(struct state){0});
	assert_int_equal(r.kind, KIND_ABSENT);
}

/* Ancestors, and the entries of what was listed. */
static void test_implied(void **state)
{
	char *names[] = {(char *)"seen", (char *)"other", (char *)"vanished",
		(char *)"link"};
	struct strlist listing = {names, 4};
	autoarena *a = arena_new();
	struct touched *d, *t;
	struct state st;

	assert_int_equal(mkdir("p", 0755) | mkdir("p/d", 0755), 0);
	write_text("p/d/seen", "1");
	write_text("p/d/other", "22");
	assert_int_equal(symlink("other", "p/d/link"), 0);
	begin_record();
	assert_int_equal(state_of(AT_FDCWD, "p/d", &st), 0);
	d = record_touch(
		&rec, arena_printf(a, "%s/p/d", test_dir), ACCESS_D, &st, NULL);
	record_listing(&rec, d, &listing);
	assert_int_equal(state_of(AT_FDCWD, "p/d/seen", &st), 0);
	record_touch(&rec, arena_printf(a, "%s/p/d/seen", test_dir), ACCESS_R,
		&st, NULL);
	rows_add_implied(&rec, 0);
	t = record_find(&rec, arena_printf(a, "%s/p", test_dir));
	assert_non_null(t);
	assert_true(S_ISDIR(t->first.mode));
	assert_non_null(record_find(&rec, test_dir));
	assert_non_null(record_find(&rec, "/tmp"));
	assert_non_null(record_find(&rec, "/"));
	t = record_find(&rec, arena_printf(a, "%s/p/d/other", test_dir));
	assert_non_null(t);
	assert_int_equal(t->first.size, 2);
	assert_int_equal(t->access, 0);
	t = record_find(&rec, arena_printf(a, "%s/p/d/link", test_dir));
	assert_string_equal(t->target, "other");
	assert_null(
		record_find(&rec, arena_printf(a, "%s/p/d/vanished", test_dir)));
	assert_int_equal(rec.gaps.count, 1);
	assert_string_equal(rec.gaps.items[0].kind, "vanished");
	end_record();
}

static void test_sort(void **state)
{
	struct file_row r[4] = {{.path = (char *)"/b"}, {.path = (char *)"/a/b"},
		{.path = (char *)"/\377"}, {.path = (char *)"/a-b"}};
	struct rows rows = {r, 4}, none = {NULL, 0};

	rows_sort(&rows);
	assert_string_equal(r[0].path, "/a-b");
	assert_string_equal(r[1].path, "/a/b");
	assert_string_equal(r[2].path, "/b");
	assert_string_equal(r[3].path, "/\377");
	rows_sort(&none);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_torn),
		TEST(test_damaged),
		TEST(test_short_records),
		TEST(test_no_beginning),
		TEST(test_repeats),
		TEST(test_lookups),
		TEST(test_moves),
		TEST(test_full_disk),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_row_of_state),
		TEST(test_implied),
		cmocka_unit_test(test_sort),
	};

	if (argc == 3 && !strcmp(argv[1], "full"))
		return full_task(argv[2]);
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
