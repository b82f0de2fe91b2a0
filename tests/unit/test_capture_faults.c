// SPDX-License-Identifier: Apache-2.0
/*
 * A whole capture in which something that the recorder writes fails, with a
 * full disk, a quota, a broken disk, or by the recorder's own death: the
 * command is not disturbed, its status is passed on, and what is left becomes
 * a complete record, at once or with the next command.
 */
#include "store_help.h"

#include "capture/capture.h"
#include "sandbox/watch/support.h"
#include "store/verify.h"

/* Reads, makes, preserves, replaces, and looks for so many names. */
static const char script[] = "trap '' PIPE\n"
			     ": >ran\n"
			     "cat in >out\n"
			     "echo more >>grown\n"
			     "cat grown changed >>out\n"
			     "echo new >changed\n"
			     "i=0\n"
			     "while [ $i -lt $1 ]; do\n"
			     "	[ -e absent-$i ]\n"
			     "	i=$((i + 1))\n"
			     "done\n"
			     "rm grown\n"
			     "exit 5\n";

#define NAMES 10

/* In a child: the status that reprise would end with. */
static int capture_task(const char *backend)
{
	char *argv[] = {(char *)"sh", (char *)"script", getenv("NAMES"), NULL};
	struct capture_options opt = {
		.argv = argv,
		.store = "store",
		.keep = CAPTURE_KEEP_DEFAULT,
		.finish_within_ms = -1,
		.backend = *backend == 'n' ? BACKEND_NOTIFY : BACKEND_PTRACE,
	};
	struct err e = ERR_INIT;
	int status, exit_status;

	/* What it says is not what is tested. */
	if (!freopen("messages", "w", stderr))
		return 97;
	if (capture_run(&opt, &status, &exit_status, &e) < 0)
		_exit(exit_status);
	/* Not exit(3): the fault was hit in another process. */
	watch_die_like(status);
}

static bool has_text(const char *path, const char *text)
{
	autostrbuf is = STRBUF_INIT;

	return fs_slurp(path, &is) == 0 && is.s && !strcmp(is.s, text);
}

static void prepare(void)
{
	struct err e = ERR_INIT;

	if (access("store", F_OK) == 0)
		ok(fs_remove_tree(AT_FDCWD, "store", &e));
	unlink("ran");
	unlink("out");
	write_text("script", script);
	write_text("in", "the input\n");
	write_text("grown", "first\n");
	write_text("changed", "old\n");
}

static void on_problem(void *ctx, const struct verify_problem *p)
{
	print_message("%s\n", p->message);
}

static void freeze_all(void)
{
	struct err e = ERR_INIT;
	struct store *s = must_open("store", STORE_CREATE);

	ok(capture_freeze_dead(s, &e));
	store_close(s);
}

/* The rows of the one run there is, and its manifest. */
static char *only_run(struct arena *a, struct manifest *m)
{
	struct err e = ERR_INIT;
	struct store *s = must_open("store", STORE_CREATE);
	struct verify_totals totals;
	struct run_entry *runs;
	autostrbuf rows = STRBUF_INIT;
	char buf[4096], *text;
	size_t count;
	ssize_t n;
	int fd;

	ok(capture_freeze_dead(s, &e));
	ok(runs_list(s, a, true, &runs, &count, &e));
	assert_int_equal(count, 1);
	assert_true(runs[0].published);
	ok(run_read_manifest(s, runs[0].id, a, m, &e));
	fd = run_open_files(s, runs[0].id, m, &e);
	ok(fd);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		strbuf_add(&rows, buf, (size_t)n);
	close(fd);
	ok(verify(s, NULL, on_problem, NULL, &totals, &e));
	assert_int_equal(totals.problems, 0);
	store_close(s);
	/* What dead writers left is gone. */
	text = picture("store/runs");
	assert_null(strstr(text, ".tmp "));
	free(text);
	s = must_open("store", STORE_CREATE);
	assert_int_equal(count_entries("store/tmp"), 0);
	store_close(s);
	return arena_memdup(a, rows.s, rows.len);
}

static bool row_has(const char *rows, const char *path, const char *text)
{
	char *want = NULL;
	const char *row, *end;

	assert_true(asprintf(&want, "/%s\", ", path) > 0);
	row = strstr(rows, want);
	free(want);
	if (!row)
		return false;
	end = strchrnul(row, '\n');
	return memmem(row, (size_t)(end - row), text, strlen(text)) != NULL;
}

static bool has_gap(const struct manifest *m, const char *kind)
{
	for (size_t i = 0; i < m->completeness.gaps.count; i++)
		if (!strcmp(m->completeness.gaps.items[i].kind, kind))
			return true;
	return false;
}

/* Everything that was asked for but how, with the fault, it came to that. */
static void check_record(const char *fault, bool kills)
{
	autoarena *a = arena_new();
	struct manifest m;
	char *rows = only_run(a, &m);
	char digest[DIGEST_HEX + 1];
	struct digest d;

	digest_bytes("the input\n", 10, &d);
	digest_hex(&d, digest);
	if (!row_has(rows, "in", digest))
		fail_msg("%s: no digest of the input in:\n%s", fault, rows);
	/* A recorder that dies sees nothing of what comes then. */
	for (int i = 0; i < NAMES && !kills; i++) {
		char name[32];

		snprintf(name, sizeof(name), "absent-%d", i);
		if (!row_has(rows, name, "access: \"n\""))
			fail_msg("%s: name %d is lost", fault, i);
	}
	assert_int_equal(m.run.exit_code, 5);
	/* The first content is there, or it is said that it is not. */
	digest_bytes("old\n", 4, &d);
	digest_hex(&d, digest);
	if (!row_has(rows, "changed", digest) &&
		!has_gap(&m, "not-preserved") && !kills)
		fail_msg("%s: 'changed' is neither kept nor a gap", fault);
	assert_true(!strcmp(m.run.status, "failed") ||
		    (kills && !strcmp(m.run.status, "incomplete")));
}

static void one_fault(const char *backend, const char *fault)
{
	bool kills = strstr(fault, "=kill") != NULL;
	int status;

	prepare();
	/* More than a chunk of the journal, where that is to grow. */
	setenv("NAMES", strncmp(fault, "journal", 7) ? "10" : "9000", 1);
	status = wait_child(start_child("capture", backend, fault));
	if (status == 125) {
		/* Nothing can be recorded, so nothing is run. */
		if (access("ran", F_OK) == 0)
			fail_msg("%s: status 125, and it ran", fault);
		assert_int_equal(count_entries("store/runs"), 0);
		return;
	}
	/* Under ptrace the command dies with its recorder; and none is run
	 * when this program dies before there is one. */
	if (kills && status == -SIGKILL && access("ran", F_OK) < 0) {
		freeze_all();
		assert_int_equal(count_entries("store/runs"), 0);
		return;
	}
	if (kills && status == -SIGKILL && *backend == 'p')
		return;
	if (status != 5)
		fail_msg("%s: status %d", fault, status);
	if (!has_text("out", "the input\nfirst\nmore\nold\n") ||
		!has_text("changed", "new\n") || access("grown", F_OK) == 0)
		fail_msg("%s: the command was disturbed", fault);
	check_record(fault, kills);
}

static const char *const places[] = {"journal.grow", "store.scratch",
	"store.space", "store.create", "store.write", "store.fsync",
	"store.rename", "table.write", "run.files", "run.sync", "run.manifest",
	"run.publish", "run.journal"};

static void with_faults(const char *backend, const char *way, int nth)
{
	enum watch_backend chosen =
		*backend == 'n' ? BACKEND_NOTIFY : BACKEND_PTRACE;
	struct watch_support host;
	struct err e = ERR_INIT;

	watch_support_probe(&host, chosen, false);
	if (watch_choose(&host, &chosen, &e) < 0) {
		print_message("%s\n", e.msg);
		skip();
	}
	for (size_t i = 0; i < COUNT(places); i++) {
		char fault[64];

		snprintf(fault, sizeof(fault), "%s=%s:%d", places[i], way, nth);
		one_fault(backend, fault);
	}
}

/* The first one mostly while the command waits for an old content to be kept,
 * later ones when it has ended. */
static void full_disk(void **state)
{
	with_faults("notify", "ENOSPC", 3);
}

static void quota(void **state)
{
	with_faults("notify", "EDQUOT", 2);
}

static void broken_disk(void **state)
{
	with_faults("notify", "EIO", 1);
}

static void killed(void **state)
{
	with_faults("notify", "kill", 1);
	with_faults("notify", "kill", 3);
}

static void killed_under_ptrace(void **state)
{
	with_faults("ptrace", "kill", 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(full_disk),
		TEST(quota),
		TEST(broken_disk),
		TEST(killed),
		TEST(killed_under_ptrace),
	};

	if (argc == 3 && !strcmp(argv[1], "capture")) {
		/* A log that is not empty would have to be kept, and the fault
		 * would be there before the command is. */
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		return capture_task(argv[2]);
	}
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
