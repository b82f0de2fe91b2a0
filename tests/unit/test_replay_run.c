// SPDX-License-Identifier: Apache-2.0
/*
 * Whole replays of runs made up here: under both root strategies, as root and
 * as an ordinary user.
 */
#include "tests/unit/by_user.h"
#include "tests/unit/replay_help.h"

#include "replay/replay.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define ORDINARY 65534

/* What the tests run with. */
struct way {
	char strategy;
	bool root;
};

static const struct way ways[] = {
	{'A', false}, {'B', false}, {'A', true}, {'B', true}};

/* What a replay gave, in memory shared with the process that ran it. */
struct played {
	int status;
	struct err e;
	char out[32768]; /* stdout and stderr, reprise's own lines too */
};

/* --- the command of the runs --------------------------------------- */

static void show_entry(const char *dir, const char *name)
{
	char path[4096], target[4096] = "";
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (lstat(path, &st) < 0) {
		printf("%s: %s\n", name, strerror(errno));
		return;
	}
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = 0;
	fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY) : -1;
	printf("%s %o %lld %lld.%09ld %s%s\n", name, st.st_mode,
		S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
		S_ISREG(st.st_mode) && fd < 0 ? strerror(errno) : "ok", target);
	if (fd >= 0)
		close(fd);
}

static void list(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			show_entry(dir, ent->d_name);
	if (!d)
		printf("%s: %s\n", dir, strerror(errno));
	else
		closedir(d);
}

static void write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0666);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("write %s: %s\n", path, strerror(errno));
	close(fd);
}

static void cat(const char *path)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	if (n < 0)
		printf("cat %s: %s\n", path, strerror(errno));
	else
		printf("cat %s: %.*s\n", path, (int)n, buf);
	close(fd);
}

static void show_self(void)
{
	char cwd[4096], host[256];
	mode_t mask = umask(0);

	umask(mask);
	gethostname(host, sizeof(host));
	printf("self %s %s %u %u %04o %s\n", getcwd(cwd, sizeof(cwd)), host,
		getuid(), getgid(), mask, getenv("MARK") ? getenv("MARK") : "-");
}

static void report(const char *what, int r)
{
	if (r < 0)
		printf("%s: %s\n", what, strerror(errno));
}

/* One word and its operands; how many there were. */
static int obey_one(char **w)
{
	if (!strcmp(w[0], "self"))
		return show_self(), 1;
	if (!strcmp(w[0], "list"))
		return list(w[1]), 2;
	if (!strcmp(w[0], "stat"))
		return show_entry(".", w[1]), 2;
	if (!strcmp(w[0], "cat"))
		return cat(w[1]), 2;
	if (!strcmp(w[0], "write"))
		return write_file(w[1], w[2], O_TRUNC), 3;
	if (!strcmp(w[0], "append"))
		return write_file(w[1], w[2], O_APPEND), 3;
	if (!strcmp(w[0], "unlink"))
		return report(w[0], unlink(w[1])), 2;
	if (!strcmp(w[0], "rmdir"))
		return report(w[0], rmdir(w[1])), 2;
	if (!strcmp(w[0], "mkdir"))
		return report(w[0], mkdir(w[1], 0777)), 2;
	if (!strcmp(w[0], "symlink"))
		return report(w[0], symlink(w[1], w[2])), 3;
	if (!strcmp(w[0], "rename"))
		return report(w[0], rename(w[1], w[2])), 3;
	if (!strcmp(w[0], "chmod"))
		return report(w[0], chmod(w[1], (mode_t)strtoul(w[2], NULL, 8))),
		       3;
	if (!strcmp(w[0], "exit"))
		exit(atoi(w[1]));
	if (!strcmp(w[0], "die") && signal(atoi(w[1]), SIG_DFL) != SIG_ERR)
		raise(atoi(w[1]));
	printf("what is '%s'?\n", w[0]);
	exit(99);
}

static int obey(char **words)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	while (*words)
		words += obey_one(words);
	return 0;
}

/* --- replaying ------------------------------------------------------ */

static char base_dir[64];

static const char *in_base(const char *name)
{
	static char path[4][160];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", base_dir, name);
	return path[i];
}

static void become_ordinary(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) < 0 ||
		setresgid(ORDINARY, ORDINARY, ORDINARY) < 0 ||
		setresuid(ORDINARY, ORDINARY, ORDINARY) < 0)
		_exit(99);
	prctl(PR_SET_DUMPABLE, 1);
}

static const struct way *way_of(void **state)
{
	return *state;
}

/* A run in a new store. */
static void begin(struct fake *f, const char *words)
{
	strcpy(base_dir, "/tmp/reprise-replay.XXXXXX");
	assert_non_null(mkdtemp(base_dir));
	fake_init(f, in_base("store"), words);
}

static void give_away(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *ent;
	char inner[4096];

	assert_int_equal(lchown(path, ORDINARY, ORDINARY), 0);
	while (d && (ent = readdir(d))) {
		if (!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, ".."))
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, ent->d_name);
		if (ent->d_type == DT_DIR)
			give_away(inner);
		else
			assert_int_equal(lchown(inner, ORDINARY, ORDINARY), 0);
	}
	if (d)
		closedir(d);
}

static void finish(struct fake *f)
{
	fake_release(f);
	assert_int_equal(fs_remove_tree(AT_FDCWD, base_dir, NULL), 0);
}

static _Noreturn void replay_child(
	const char *id, struct replay_request *r, struct played *p)
{
	struct arena *a = arena_new();
	struct store *s = store_open(in_base("store"), STORE_READ, &p->e);

	r->id = id;
	p->status = s ? replay_run(s, r, a, &p->e) : 99;
	store_close(s);
	arena_free(a);
	fflush(NULL);
	/* No handlers: the fault of a test may be hit in a child of this. */
	_exit(0);
}

/* In a process of its own; `id` and what `r` names must be there. */
static struct played *replay(
	const char *id, const struct way *w, struct replay_request *r)
{
	static struct played *p;
	autoclose int out = memfd_create("out", MFD_CLOEXEC);
	int status;
	pid_t pid;

	if (!p)
		p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(p, 0, sizeof(*p));
	r->options.strategy = w->strategy;
	if (geteuid() == 0 && !w->root)
		give_away(base_dir);
	pid = fork();
	if (pid == 0) {
		if (!w->root)
			become_ordinary();
		dup2(out, 1);
		dup2(out, 2);
		setenv("XDG_CACHE_HOME", in_base("cache"), 1);
		replay_child(id, r, p);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(pread(out, p->out, sizeof(p->out) - 1, 0) >= 0);
	return p;
}

/*
 * The same in this program executed anew: a fault is read once in the life of
 * a process.
 */
static struct played *replay_anew(
	const char *id, const struct way *w, const char *fault)
{
	static struct played p;
	char strategy[2] = {w->strategy, 0};
	autoclose int out = memfd_create("out", MFD_CLOEXEC);
	int status;
	pid_t pid;

	memset(&p, 0, sizeof(p));
	if (geteuid() == 0 && !w->root)
		give_away(base_dir);
	pid = fork();
	if (pid == 0) {
		dup2(out, 1);
		dup2(out, 2);
		setenv("REPRISE_FAULT", fault, 1);
		execl("/proc/self/exe", "replay", "anew", base_dir, id,
			strategy, w->root ? "root" : "ordinary", NULL);
		_exit(98);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(pread(out, p.out, sizeof(p.out) - 1, 0) >= 0);
	p.status = WEXITSTATUS(status);
	return &p;
}

/* In that program: the replay's status is its own. */
static int anew(char **argv)
{
	struct replay_request r = {
		.id = argv[3], .check = true, .options.strategy = argv[4][0]};
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct store *s;
	int status = 97;

	if (!strcmp(argv[5], "ordinary"))
		become_ordinary();
	snprintf(base_dir, sizeof(base_dir), "%s", argv[2]);
	setenv("XDG_CACHE_HOME", in_base("cache"), 1);
	s = store_open(in_base("store"), STORE_READ, &e);
	if (s)
		status = replay_run(s, &r, a, &e);
	printf("%s\n", e.msg);
	store_close(s);
	arena_free(a);
	fflush(NULL);
	_exit(status);
}

static void has(const struct played *p, const char *text)
{
	if (!strstr(p->out, text))
		fail_msg("'%s' is not in:\n%s%s", text, p->out, p->e.msg);
}

static void has_not(const struct played *p, const char *text)
{
	if (strstr(p->out, text))
		fail_msg("'%s' is in:\n%s", text, p->out);
}

static void scratch_is_empty(void)
{
	DIR *d = opendir(in_base("cache/reprise/scratch"));
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (ent->d_name[0] != '.')
			fail_msg("'%s' is left in scratch", ent->d_name);
	if (d)
		closedir(d);
}

/* --- what the command sees ------------------------------------------ */

static void it_sees_itself_as_recorded(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct fake f;

	begin(&f, "self cat /w/in");
	f.m.command.umask = (char *)"0037";
	*ARENA_PUSH(f.arena, f.m.environment.variables.items,
		f.m.environment.variables.count) =
		(struct kv){(char *)"MARK", (char *)"here"};
	fake_file(&f, "/w/in", ACCESS_R, 0600, "input");
	fake_publish(&f);
	has(replay(f.id, w, &r),
		"self /w recorded 1234 4321 0037 here\ncat /w/in: input\n");
	scratch_is_empty();
	finish(&f);
}

static void make_view(struct fake *f)
{
	struct file_row *r;

	fake_listed(f, "/w/d",
		"zeta alpha link mid unopened hard fifo empty "
		"run-made sub quiet");
	fake_file(f, "/w/d/alpha", ACCESS_R, 0640, "alpha");
	fake_file(f, "/w/d/empty", ACCESS_R, 0604, "");
	fake_row(f, "/w/d/fifo", KIND_FIFO, ACCESS_S, 0620);
	fake_file(f, "/w/d/hard", ACCESS_R, 04755, "zeta")->link =
		(char *)"/w/d/alpha-first";
	r = fake_file(f, "/w/d/alpha-first", ACCESS_R, 04755, "zeta");
	r->mtime_ns = 123456789;
	fake_row(f, "/w/d/link", KIND_SYMLINK, ACCESS_L, 0777)->target =
		(char *)"/nowhere/at/all";
	fake_file(f, "/w/d/mid", ACCESS_R, 0444, "mid");
	fake_row(f, "/w/d/quiet", KIND_FILE, ACCESS_N, 0);
	fake_dir(f, "/w/d/sub")->mtime_ns = 987654321;
	r = fake_row(f, "/w/d/unopened", KIND_FILE, ACCESS_S, 0644);
	r->size = 77;
	fake_file(f, "/w/d/zeta", ACCESS_R, 0666, "z");
}

static void it_sees_files_as_recorded(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "list /w/d stat /w/d/quiet stat /probe");
	make_view(&f);
	fake_publish(&f);
	p = replay(f.id, w, &r);
	for (size_t i = 0; i < f.count; i++) {
		const struct file_row *row = &f.rows[i];
		const char *name = strrchr(row->path, '/') + 1;
		bool closed = !strcmp(name, "unopened");

		if (strncmp(row->path, "/w/d/", 5) ||
			row->kind == KIND_DIRECTORY || row->access & ACCESS_N)
			continue;
		has(p, arena_printf(f.arena,
			       "%s %o %lld 1700000000.%09u %s%s\n", name,
			       (row->kind == KIND_FIFO             ? S_IFIFO
				       : row->kind == KIND_SYMLINK ? S_IFLNK
								   : S_IFREG) |
				       (closed && w->strategy == 'B' ? 0
								     : row->mode),
			       row->kind == KIND_SYMLINK ? 15ll
			       : row->size == ABSENT     ? 0ll
							 : (long long)row->size,
			       row->link ? 123456789 : row->mtime_ns,
			       !closed              ? "ok"
			       : w->strategy == 'A' ? "File name too long"
						    : "Permission denied",
			       row->target ? row->target : ""));
	}
	has(p, "\nsub 40755 0 1700000000.987654321 ok\n");
	has(p, "/w/d/quiet: No such file or directory\n");
	finish(&f);
}

/* A run of root, too: what was not opened is never read as zeros. */
static void root_does_not_read_what_was_not_recorded(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "self stat seen cat seen");
	f.m.run.user.uid = f.m.run.user.gid = 0;
	fake_row(&f, "/w/seen", KIND_FILE, ACCESS_S, 0644)->size = 5;
	fake_publish(&f);
	p = replay(f.id, w, &r);
	has(p, "self /w recorded 0 0 0022 -\nseen 100");
	has(p, w->strategy == 'A' ? "cat seen: File name too long\n"
				  : "cat seen: Permission denied\n");
	finish(&f);
}

static void it_lists_in_the_recorded_order(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	static const char *const names[] = {"zeta", "alpha", "link", "mid",
		"unopened", "hard", "fifo", "empty", "sub"};
	const char *at;
	struct fake f;

	begin(&f, "list /w/d");
	make_view(&f);
	fake_publish(&f);
	at = replay(f.id, w, &r)->out;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char word[32];
		const char *found;

		snprintf(word, sizeof(word), "%s %c", names[i],
			strcmp(names[i], "sub") ? '1' : '4');
		found = strstr(at, word);
		if (!found)
			fail_msg("'%s' is not where it was in:\n%s", names[i],
				at);
		at = found;
	}
	finish(&f);
}

static void changed_files_keep_their_places_and_links(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "append b +more cat a list . rename dir moved "
		  "cat moved/deep/in unlink c");
	fake_listed(&f, "/w", "d c b dir a");
	f.rows[0] = f.rows[f.count - 1]; /* in the place of /w */
	f.count--;
	fake_file(&f, "/w/a", ACCESS_R, 0644, "text");
	fake_file(&f, "/w/b", ACCESS_R | ACCESS_W, 0644, "text")->link =
		(char *)"/w/a";
	fake_file(&f, "/w/c", ACCESS_R, 0644, "c");
	fake_file(&f, "/w/d", ACCESS_R, 0644, "d");
	fake_row(&f, "/w/dir", KIND_DIRECTORY, ACCESS_W, 0755);
	fake_file(&f, "/w/dir/deep/in", ACCESS_R, 0644, "deep");
	fake_output(&f, "/w/a", "text+more");
	fake_output(&f, "/w/b", "text+more");
	fake_output(&f, "/w/moved/deep/in", "deep");
	fake_publish(&f);
	p = replay(f.id, w, &r);
	assert_string_equal(p->e.msg, "");
	has(p, "cat a: text+more\nd 100644");
	has(p, "cat moved/deep/in: deep\n");
	has_not(p, "rename:");
	has(p, "exit status 0 as recorded; 3 of 3 outputs identical\n");
	assert_int_equal(p->status, 0);
	/* d c b dir a */
	assert_true(strstr(p->out, "\nc 1") < strstr(p->out, "\nb 1"));
	assert_true(strstr(p->out, "\nb 1") < strstr(p->out, "\ndir 4"));
	assert_true(strstr(p->out, "\ndir 4") < strstr(p->out, "\na 1"));
	finish(&f);
}

/* --- verdicts ------------------------------------------------------- */

static void outputs_are_compared(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	autostrbuf json = STRBUF_INIT;
	struct played *p;
	struct fake f;

	begin(&f, "write same 123 write other 1234x6 write new n unlink gone "
		  "chmod same 0600 write log 1");
	fake_file(&f, "/w/gone", ACCESS_R | ACCESS_W, 0644, "was here");
	fake_output(&f, "/w/same", "123")->mode = (char *)"0600";
	fake_output(&f, "/w/other", "123456");
	fake_output(&f, "/w/gone", "was here");
	fake_output(&f, "/w/log", "2")->role = (char *)"log";
	fake_publish(&f);
	r.result = arena_strdup(f.arena, in_base("result.json"));
	p = replay(f.id, w, &r);
	assert_int_equal(p->status, 1);
	has(p, "exit status 0 as recorded; 1 of 3 outputs identical\n");
	has(p, "reprise: differs: '/w/other': 6 bytes, recorded 6, first "
	       "difference at byte 4\n");
	has(p, "reprise: missing: '/w/gone': the replay did not leave it\n");
	has(p, "reprise: extra: '/w/new': the run did not leave it\n");
	has(p, "reprise: not judged: '/w/log': a log\n");
	has_not(p, "'/w/same'");
	assert_int_equal(fs_slurp(r.result, &json), 0);
	assert_non_null(strstr(json.s, "\"first_difference\": 4"));
	assert_non_null(strstr(json.s, "\"verdict\": \"missing\""));
	assert_non_null(strstr(json.s,
		w->strategy == 'A' ? "\"root\": \"A\"" : "\"root\": \"B\""));
	finish(&f);
}

/* Removed from below: whiteouts, and a directory that hides what was there. */
static void what_was_removed_is_missing(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "unlink lower unlink sub/in rmdir sub mkdir sub");
	fake_file(&f, "/w/lower", ACCESS_R, 0644, "1");
	fake_file(&f, "/w/kept", ACCESS_R, 0644, "2");
	fake_file(&f, "/w/sub/in", ACCESS_R, 0644, "3");
	fake_output(&f, "/w/lower", "1");
	fake_output(&f, "/w/kept", "2");
	fake_output(&f, "/w/sub/in", "3");
	fake_publish(&f);
	p = replay(f.id, w, &r);
	has(p, "1 of 3 outputs identical\n");
	has(p, "missing: '/w/lower'");
	has(p, "missing: '/w/sub/in'");
	finish(&f);
}

static void an_extra_file_is_a_difference(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "write out 1 write more 2 chmod in 0600");
	fake_file(&f, "/w/in", ACCESS_R, 0644, "in");
	fake_output(&f, "/w/out", "1");
	fake_publish(&f);
	p = replay(f.id, w, &r);
	has(p, "1 of 1 outputs identical\n");
	has(p, "extra: '/w/more'");
	has_not(p, "'/w/in'");
	assert_int_equal(p->status, 1);
	finish(&f);
}

static void a_mode_is_part_of_an_output(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct fake f;

	begin(&f, "write out 1");
	fake_output(&f, "/w/out", "1")->mode = (char *)"0600";
	fake_publish(&f);
	has(replay(f.id, w, &r),
		"differs: '/w/out': mode 0644, recorded 0600\n");
	finish(&f);
}

static void an_exit_status_is_part_of_the_verdict(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true}, plain = {.check = false};
	struct played *p;
	struct fake f;

	begin(&f, "exit 3");
	fake_publish(&f);
	p = replay(f.id, w, &r);
	assert_int_equal(p->status, 1);
	has(p, "exit status 3, recorded: exit status 0; no output to judge\n");
	assert_int_equal(replay(f.id, w, &plain)->status, 3);
	finish(&f);
}

static void a_death_by_signal_is_recorded_too(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true}, plain = {.check = false};
	struct played *p;
	struct fake f;

	begin(&f, "die 8"); /* SIGFPE */
	f.m.run.status = (char *)"failed";
	f.m.run.exit_code = ABSENT;
	f.m.run.signal = (char *)"SIGFPE";
	fake_publish(&f);
	p = replay(f.id, w, &r);
	has(p, "died of SIGFPE as recorded");
	assert_int_equal(p->status, 0);
	assert_int_equal(replay(f.id, w, &plain)->status, 128 + SIGFPE);
	finish(&f);
}

static void a_run_killed_from_outside_is_not_judged(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "die 15");
	fake_publish(&f);
	p = replay(f.id, w, &r);
	has(p, "not judged: the replay was killed from outside (SIGTERM)\n");
	assert_int_equal(p->status, 125);
	finish(&f);
}

static void what_was_written_can_be_kept(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = false};
	struct played *p;
	char target[64] = "";
	struct stat st;
	struct fake f;

	begin(&f, "mkdir n mkdir n/empty write n/file 12 symlink file n/link "
		  "append in + chmod n/file 0400");
	fake_file(&f, "/w/in", ACCESS_R | ACCESS_W, 0644, "in");
	fake_file(&f, "/w/staged", ACCESS_R | ACCESS_W, 0644, "unchanged");
	fake_publish(&f);
	r.output = arena_strdup(f.arena, in_base("kept"));
	p = replay(f.id, w, &r);
	assert_string_equal(p->e.msg, "");
	assert_int_equal(stat(in_base("kept/w/n/file"), &st), 0);
	assert_int_equal(st.st_size, 2);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_true(readlink(in_base("kept/w/n/link"), target, 63) == 4);
	assert_int_equal(stat(in_base("kept/w/n/empty"), &st), 0);
	assert_int_equal(stat(in_base("kept/w/in"), &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(stat(in_base("kept/w/staged"), &st), -1);
	/* Nothing of the user's is overwritten, nor run for nothing. */
	p = replay(f.id, w, &r);
	assert_int_equal(p->status, 125);
	assert_non_null(strstr(p->e.msg, "kept' is not empty"));
	finish(&f);
}

static void another_command_can_be_run(void **state)
{
	const struct way *w = way_of(state);
	char *argv[] = {(char *)"/probe", (char *)"cat", (char *)"in", NULL};
	char *none[] = {(char *)"nothing", NULL};
	char *data[] = {(char *)"./in", NULL};
	struct replay_request r = {.options.argv = argv};
	struct played *p;
	struct fake f;

	begin(&f, "exit 3");
	fake_file(&f, "/w/in", ACCESS_R, 0644, "input");
	fake_publish(&f);
	p = replay(f.id, w, &r);
	has(p, "cat in: input\n");
	assert_int_equal(p->status, 0);
	r.options.argv = none;
	p = replay(f.id, w, &r);
	assert_int_equal(p->status, 127);
	assert_string_equal(
		p->e.msg, "'nothing' is not among the files of this run");
	r.options.argv = data;
	assert_int_equal(replay(f.id, w, &r)->status, 126);
	finish(&f);
}

/* --- bad input ------------------------------------------------------ */

static const char *object_of(struct fake *f, const char *path)
{
	char name[OBJECT_PATH];

	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->rows[i].path, path))
			object_path(&f->rows[i].digest, name);
	return arena_printf(f->arena, "%s/store/objects/%s", base_dir, name);
}

static void damaged_objects_are_named_and_nothing_runs(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	const char *object;
	struct played *p;
	struct fake f;
	int fd;

	begin(&f, "self");
	fake_file(&f, "/w/in", ACCESS_R, 0644, "input");
	fake_file(&f, "/w/in2", ACCESS_R, 0644, "another");
	fake_publish(&f);
	object = object_of(&f, "/w/in");
	assert_int_equal(chmod(object, 0600), 0);
	fd = open(object, O_WRONLY);
	assert_int_equal(pwrite(fd, "I", 1, 0), 1);
	close(fd);
	assert_int_equal(unlink(object_of(&f, "/w/in2")), 0);
	p = replay(f.id, w, &r);
	assert_int_equal(p->status, 125);
	has(p, "of '/w/in' is damaged\n");
	has(p, "of '/w/in2' is missing\n");
	has_not(p, "self /w");
	scratch_is_empty();
	finish(&f);
}

static void an_object_must_have_the_recorded_size(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct fake f;

	begin(&f, "self");
	fake_file(&f, "/w/in", ACCESS_R, 0644, "input")->size = 4096;
	fake_publish(&f);
	p = replay(f.id, w, &r);
	assert_int_equal(p->status, 125);
	has(p, "of '/w/in' has 5 bytes, recorded were 4096\n");
	has_not(p, "self /w");
	finish(&f);
}

static void what_was_not_stored_is_absent_and_named(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	autostrbuf json = STRBUF_INIT;
	struct file_row *row;
	struct played *p;
	struct fake f;

	begin(&f, "cat secret");
	row = fake_file(&f, "/w/secret", ACCESS_R, 0644, "secret");
	row->not_stored = true;
	row->has_digest = false;
	fake_publish(&f);
	r.result = arena_strdup(f.arena, in_base("result.json"));
	p = replay(f.id, w, &r);
	has(p, "not as recorded: '/w/secret': not stored: absent in the "
	       "replay\n");
	has(p, "cat secret: No such file or directory\n");
	assert_int_equal(fs_slurp(r.result, &json), 0);
	assert_non_null(
		strstr(json.s, "\"missing_inputs\": [\n    \"/w/secret\""));
	finish(&f);
}

/* Links lead where they lead inside, and writes stay in the upper layer. */
static void links_do_not_lead_out(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct played *p;
	struct stat st;
	struct fake f;
	char secret[160];

	begin(&f, "");
	snprintf(secret, sizeof(secret), "%s", in_base("secret"));
	fake_argv(&f, arena_printf(f.arena,
			      "cat abs cat up/%s write abs/new 1 "
			      "write up/w/x 1 cat /w/x",
			      secret));
	fake_row(&f, "/w/abs", KIND_SYMLINK, ACCESS_L, 0777)->target =
		arena_strdup(f.arena, secret);
	fake_row(&f, "/w/up", KIND_SYMLINK, ACCESS_L, 0777)->target =
		(char *)"../../../../../..";
	fake_publish(&f);
	write_file(secret, "secret", 0);
	assert_int_equal(chmod(secret, 0666), 0);
	p = replay(f.id, w, &r);
	has(p, "cat abs: No such file or directory\n");
	has(p, arena_printf(f.arena, "cat up/%s: No such file", secret));
	has(p, "cat /w/x: 1\n");
	has_not(p, ": secret");
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_size, 6);
	finish(&f);
}

static void contradictory_tables_are_refused(void **state)
{
	static const struct {
		enum file_kind parent;
		const char *message;
	} cases[] = {
		{KIND_SYMLINK, "the file table has '/w/x/y', but not the "
			       "directory it lies in"},
		{KIND_FILE, "the file table has '/w/x/y', but not the "
			    "directory it lies in"},
	};
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file_row *row;
		struct played *p;
		struct fake f;

		begin(&f, "self");
		row = fake_row(&f, "/w/x", cases[i].parent, ACCESS_S, 0644);
		row->size = 0;
		if (row->kind == KIND_SYMLINK)
			row->target = (char *)"/tmp";
		fake_file(&f, "/w/x/y", ACCESS_R, 0644, "y");
		fake_publish(&f);
		p = replay(f.id, w, &r);
		assert_int_equal(p->status, 125);
		assert_string_equal(p->e.msg, cases[i].message);
		has_not(p, "self /w");
		finish(&f);
	}
}

/* Each risky step fails once: nothing is run, nothing is left. */
static void a_failed_step_runs_nothing(void **state)
{
	static const char *const faults[] = {"replay.mount=EINVAL",
		"replay.copy=ENOSPC", "replay.object=EIO", "replay.tree=EIO"};
	const struct way *w = way_of(state);

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		bool tree = strstr(faults[i], "tree") != NULL;
		struct played *p;
		struct fake f;

		if (tree && w->strategy == 'A')
			continue;
		begin(&f, "self");
		fake_file(&f, "/w/in", ACCESS_R | ACCESS_W, 0644, "input");
		fake_publish(&f);
		p = replay_anew(f.id, w, faults[i]);
		if (p->status != 125 || strstr(p->out, "self /w"))
			fail_msg("%s: status %d\n%s%s", faults[i], p->status,
				p->out, p->e.msg);
		scratch_is_empty();
		finish(&f);
	}
}

/* Between the check of an input of this host and its copying. */
static void an_input_that_changes_meanwhile_is_refused(void **state)
{
	const struct way *w = way_of(state);
	struct played *p;
	struct fake f;

	begin(&f, "self");
	assert_int_equal(
		fs_write_file(AT_FDCWD, in_base("in"), "input", 5, 0644, NULL),
		0);
	fake_file(&f, in_base("in"), ACCESS_R, 0644, "input")->not_stored = true;
	fake_publish(&f);
	p = replay_anew(f.id, w, "replay.source=EIO");
	assert_int_equal(p->status, 125);
	has(p, "/in' has changed since it was checked");
	has_not(p, "self /w");
	scratch_is_empty();
	p = replay_anew(f.id, w, "");
	assert_int_equal(p->status, 0);
	has(p, "self /w");
	finish(&f);
}

/* A cache that cannot be written to: another place, which is said. */
static void scratch_can_lie_elsewhere(void **state)
{
	const struct way *w = way_of(state);
	struct played *p;
	struct fake f;

	begin(&f, "self");
	fake_publish(&f);
	p = replay_anew(f.id, w, "replay.scratch=ENOSPC");
	has(p, "not as recorded: written files lie in '/");
	has(p, "cache/reprise/scratch/");
	has(p, "self /w recorded");
	assert_int_equal(p->status, 0);
	finish(&f);
}

static void what_a_killed_replay_left_is_removed(void **state)
{
	const struct way *w = way_of(state);
	struct replay_request r = {.check = true};
	struct fake f;

	begin(&f, "self");
	fake_publish(&f);
	assert_int_equal(fs_mkdirs(in_base("cache/reprise/scratch/"
					   "0123456789abcdef/upper/x"),
				 0700, NULL),
		0);
	assert_int_equal(replay(f.id, w, &r)->status, 0);
	scratch_is_empty();
	finish(&f);
}

static bool needs_root(const struct CMUnitTest *t)
{
	return ((const struct way *)t->initial_state)->root;
}

#define EVERY_WAY(test)                                                   \
	{#test " A", test, NULL, NULL, (void *)&ways[0]},                 \
		{#test " B", test, NULL, NULL, (void *)&ways[1]},         \
		{#test " A as root", test, NULL, NULL, (void *)&ways[2]}, \
	{                                                                 \
#test " B as root", test, NULL, NULL, (void *)&ways[3]    \
	}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		EVERY_WAY(it_sees_itself_as_recorded),
		EVERY_WAY(it_sees_files_as_recorded),
		EVERY_WAY(root_does_not_read_what_was_not_recorded),
		EVERY_WAY(it_lists_in_the_recorded_order),
		EVERY_WAY(changed_files_keep_their_places_and_links),
		EVERY_WAY(outputs_are_compared),
		EVERY_WAY(what_was_removed_is_missing),
		EVERY_WAY(an_extra_file_is_a_difference),
		EVERY_WAY(a_mode_is_part_of_an_output),
		EVERY_WAY(an_exit_status_is_part_of_the_verdict),
		EVERY_WAY(a_death_by_signal_is_recorded_too),
		EVERY_WAY(a_run_killed_from_outside_is_not_judged),
		EVERY_WAY(what_was_written_can_be_kept),
		EVERY_WAY(another_command_can_be_run),
		EVERY_WAY(damaged_objects_are_named_and_nothing_runs),
		EVERY_WAY(an_object_must_have_the_recorded_size),
		EVERY_WAY(what_was_not_stored_is_absent_and_named),
		EVERY_WAY(links_do_not_lead_out),
		EVERY_WAY(contradictory_tables_are_refused),
		EVERY_WAY(a_failed_step_runs_nothing),
		EVERY_WAY(an_input_that_changes_meanwhile_is_refused),
		EVERY_WAY(scratch_can_lie_elsewhere),
		EVERY_WAY(what_a_killed_replay_left_is_removed),
	};

	/* Inside a replay this program is the command. */
	if (argc > 5 && !strcmp(argv[1], "anew"))
		return anew(argv);
	if (argc > 1)
		return obey(argv + 1);
	return run_cases_of_user(
		"replays", tests, sizeof(tests) / sizeof(*tests), needs_root);
}
