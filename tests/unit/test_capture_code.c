// SPDX-License-Identifier: Apache-2.0
/* Repositories made by git(1), read by us: what differs, and that nothing of
 * them is run or written. */
#include "manifests_help.h"

#include "base/arena.h"
#include "base/digest.h"
#include "capture/code.h"
#include "manifests/manifest.h"
#include <sys/stat.h>
#include <time.h>

#define NEVER_YET (INT64_C(1) << 40) /* after every commit */

/* One repository in a directory of its own, and what was asked of it. */
struct fixture {
	char dir[40]; /* "repo" is in it */
	struct arena *a;
	struct code_file *files;
	size_t count;
	struct code_list out;
	struct strbuf patch, gaps;
	int opened;
};

__attribute__((format(printf, 2, 3))) static void sh(
	const struct fixture *f, const char *fmt, ...)
{
	char *script, *line;
	va_list ap;

	va_start(ap, fmt);
	script = arena_vprintf(f->a, fmt, ap);
	va_end(ap);
	line = arena_printf(f->a,
		"set -e; cd '%s'; export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; %s",
		f->dir, script);
	if (system(line) != 0)
		fail_msg("failed: %s", script);
}

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/reprise-code.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->a = arena_new();
	assert_int_equal(setenv("HOME", f->dir, 1), 0);
	sh(f, "git config --global user.name n;"
	      "git config --global user.email e;"
	      "git config --global init.defaultBranch main;"
	      "git config --global protocol.file.allow always;"
	      "git init -q repo; cd repo; mkdir pkg;"
	      "echo one >a.py; echo two >pkg/b.py; echo '*.csv' >.gitignore;"
	      "git add .; git commit -qm first");
}

static void end(struct fixture *f)
{
	assert_int_equal(fs_remove_tree(AT_FDCWD, f->dir, NULL), 0);
	strbuf_release(&f->patch);
	strbuf_release(&f->gaps);
	arena_free(f->a);
}

static int open_file(void *arg, const struct code_file *file)
{
	struct fixture *f = arg;

	f->opened++;
	return open(file->of ? file->of : file->path, O_RDONLY | O_CLOEXEC);
}

static int put_patch(void *arg, const void *p, size_t n, struct digest *out)
{
	struct fixture *f = arg;

	strbuf_add(&f->patch, p, n);
	digest_bytes(p, n, out);
	return 0;
}

static void note_gap(void *arg, const char *path, const char *detail)
{
	struct fixture *f = arg;

	strbuf_addf(&f->gaps, "%s: %s\n", path, detail);
}

/* The run has read this file, of the fixture's directory. */
static struct code_file *reads(struct fixture *f, const char *name)
{
	struct code_file *file = ARENA_PUSH(f->a, f->files, f->count);

	file->path = arena_printf(f->a, "%s/%s", f->dir, name);
	file->intact = true;
	return file;
}

static void find(struct fixture *f, int64_t when)
{
	struct code_ops ops = {open_file, put_patch, note_gap, f};

	strbuf_clear(&f->patch);
	strbuf_clear(&f->gaps);
	strbuf_grow(&f->gaps, 0);
	f->opened = 0;
	memset(&f->out, 0, sizeof(f->out));
	code_find(f->a, f->files, f->count, when, &ops, &f->out);
}

/* The only repository that was found. */
static const struct m_code *only(struct fixture *f)
{
	find(f, NEVER_YET);
	assert_string_equal(f->gaps.s, "");
	assert_int_equal(f->out.count, 1);
	return &f->out.items[0];
}

/* What a command prints, without the end of its line. */
static char *said(struct fixture *f, const char *command)
{
	autostrbuf text = STRBUF_INIT;

	sh(f, "cd repo; %s >../said", command);
	slurp(arena_printf(f->a, "%s/said", f->dir), &text);
	return arena_memdup(f->a, text.s, strcspn(text.s, "\n"));
}

static char *joined(struct fixture *f, const struct strlist *l)
{
	autostrbuf text = STRBUF_INIT;

	strbuf_grow(&text, 0);
	for (size_t i = 0; i < l->count; i++)
		strbuf_addf(&text, "%s%s", i ? " " : "", l->items[i]);
	return arena_strdup(f->a, text.s);
}

/* The patch makes of the commit what lies in the work tree. */
static void patch_makes(struct fixture *f, const char *commit, const char *name)
{
	char digest[DIGEST_TEXT];
	struct digest d;

	digest_bytes(f->patch.s, f->patch.len, &d);
	digest_text(&d, digest);
	assert_string_equal(f->out.items[0].patch, digest);
	assert_int_equal(
		fs_write_file(AT_FDCWD, arena_printf(f->a, "%s/patch", f->dir),
			f->patch.s, f->patch.len, 0600, NULL),
		0);
	sh(f,
		"rm -rf clone; git clone -qn repo clone; cd clone;"
		"git checkout -q %s; git apply ../patch; cmp '%s' '../repo/%s'",
		commit, name, name);
}

static void test_clean(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; git remote add other https://h/other;"
	       "git remote add origin https://me:tok@h/x.git");
	reads(&f, "repo/pkg/b.py");
	reads(&f, "repo/a.py");
	reads(&f, "outside.py");
	c = only(&f);
	assert_string_equal(c->vcs, "git");
	assert_string_equal(c->root, arena_printf(f.a, "%s/repo", f.dir));
	assert_string_equal(c->commit, said(&f, "git rev-parse HEAD"));
	assert_string_equal(c->branch, "main");
	assert_string_equal(c->url, "https://h/x.git");
	assert_int_equal(c->files_read, 2);
	assert_false(c->dirty);
	assert_null(c->patch);
	assert_int_equal(c->modified.count + c->untracked.count, 0);
	end(&f);
}

/* Where the index is older than the files no content is read again. */
static void test_index_spares_reading(void **state)
{
	struct fixture f;

	begin(&f);
	sh(&f, "cd repo; touch -d '1 hour ago' a.py pkg/b.py;"
	       "git update-index -q --refresh");
	reads(&f, "repo/a.py");
	assert_false(only(&f)->dirty);
	assert_int_equal(f.opened, 0);
	/* Not when the index may be too old to know. */
	sh(&f, "touch -d '2 hours ago' repo/.git/index");
	assert_false(only(&f)->dirty);
	assert_int_equal(f.opened, 1);
	/* Not when what was read is something else than what lies there. */
	f.files[0].intact = false;
	f.files[0].of = arena_printf(f.a, "%s/repo/pkg/b.py", f.dir);
	assert_string_equal(joined(&f, &only(&f)->modified), "a.py");
	assert_int_equal(f.opened, 1);
	end(&f);
}

static void test_modified(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; chmod +x pkg/b.py; git commit -qam x;"
	       "echo 'one changed' >a.py; printf 'no end' >pkg/b.py;"
	       "echo new >staged.py; git add staged.py; echo not >unread.py");
	reads(&f, "repo/a.py");
	reads(&f, "repo/pkg/b.py");
	reads(&f, "repo/staged.py");
	c = only(&f);
	assert_true(c->dirty);
	assert_string_equal(
		joined(&f, &c->modified), "a.py pkg/b.py staged.py");
	assert_int_equal(c->untracked.count, 0);
	patch_makes(&f, c->commit, "a.py");
	patch_makes(&f, c->commit, "pkg/b.py");
	patch_makes(&f, c->commit, "staged.py");
	end(&f);
}

/* A file where a link was committed: no text makes the one of the other. */
static void test_link(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; ln -s a.py link; git add link; git commit -qm link;"
	       "rm link; echo file >link");
	reads(&f, "repo/link");
	c = only(&f);
	assert_string_equal(joined(&f, &c->modified), "link");
	assert_null(c->patch);
	end(&f);
}

/* In the second of the commit, of the same size. */
static void test_racy(void **state)
{
	struct fixture f;

	begin(&f);
	sh(&f, "cd repo; echo 111 >a.py; git commit -qam x; echo 222 >a.py");
	reads(&f, "repo/a.py");
	assert_string_equal(joined(&f, &only(&f)->modified), "a.py");
	end(&f);
}

static void test_binary(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; head -c 5000 /dev/urandom >x.bin; git add x.bin;"
	       "git commit -qm bin; head -c 6000 /dev/urandom >x.bin");
	reads(&f, "repo/x.bin");
	c = only(&f);
	assert_string_equal(joined(&f, &c->modified), "x.bin");
	patch_makes(&f, c->commit, "x.bin");
	/* One that is too large for a patch is still named. */
	sh(&f, "cd repo; head -c 1048577 /dev/zero >x.bin");
	c = only(&f);
	assert_string_equal(joined(&f, &c->modified), "x.bin");
	assert_null(c->patch);
	end(&f);
}

static void test_untracked(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; mkdir -p new/deep pkg/__pycache__;"
	       "touch new/deep/c.py pkg/d.py e.py data.csv"
	       " pkg/__pycache__/b.pyc");
	reads(&f, "repo/new/deep/c.py");
	reads(&f, "repo/pkg/d.py");
	reads(&f, "repo/e.py");
	reads(&f, "repo/data.csv");
	reads(&f, "repo/pkg/__pycache__/b.pyc");
	reads(&f, "repo/.git/HEAD");
	reads(&f, "repo/a.py");
	c = only(&f);
	assert_string_equal(
		joined(&f, &c->untracked), "e.py new/deep/c.py pkg/d.py");
	assert_int_equal(c->modified.count, 0);
	assert_true(c->dirty);
	assert_null(c->patch);
	assert_int_equal(c->files_read, 5);
	end(&f);
}

static void read_many(struct fixture *f, const char *dir, int count)
{
	f->count = 0;
	for (int i = 0; i < count; i++)
		reads(f, arena_printf(f->a, "repo/%s/%04d.x", dir, i));
}

/* A directory stands for many files. */
static void test_many_untracked(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	read_many(&f, "new/deep", CODE_UNTRACKED_NEW);
	assert_int_equal(only(&f)->untracked.count, CODE_UNTRACKED_NEW);
	read_many(&f, "new/deep", CODE_UNTRACKED_NEW + 1);
	reads(&f, "repo/new/other.x");
	reads(&f, "repo/z.x");
	assert_string_equal(joined(&f, &only(&f)->untracked), "new/ z.x");
	read_many(&f, "pkg", CODE_UNTRACKED_ANY);
	assert_int_equal(only(&f)->untracked.count, CODE_UNTRACKED_ANY);
	read_many(&f, "pkg", CODE_UNTRACKED_ANY + 1);
	c = only(&f);
	assert_string_equal(joined(&f, &c->untracked), "pkg/");
	assert_int_equal(c->files_read, CODE_UNTRACKED_ANY + 1);
	end(&f);
}

static void test_heads(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	reads(&f, "repo/a.py");
	sh(&f, "cd repo; git checkout -q --detach");
	c = only(&f);
	assert_null(c->branch);
	assert_string_equal(c->commit, said(&f, "git rev-parse HEAD"));
	sh(&f, "cd repo; git checkout -q -b feature/x;"
	       "git remote add up ssh://git@h/up; git config branch.feature/x."
	       "remote up; git config branch.feature/x.merge refs/heads/x");
	c = only(&f);
	assert_string_equal(c->branch, "feature/x");
	assert_string_equal(c->url, "ssh://git@h/up");
	/* Neither the branch's nor origin: the only one there is. */
	sh(&f, "cd repo; git config --unset branch.feature/x.remote");
	assert_string_equal(only(&f)->url, "ssh://git@h/up");
	/* Nothing is committed: all that is read is new. */
	sh(&f, "rm -rf repo; git init -q repo; cd repo; echo 1 >a.py;"
	       "git add a.py; echo 2 >b.py");
	reads(&f, "repo/b.py");
	c = only(&f);
	assert_null(c->commit);
	assert_string_equal(c->branch, "main");
	assert_string_equal(joined(&f, &c->modified), "a.py");
	assert_string_equal(joined(&f, &c->untracked), "b.py");
	assert_null(c->url);
	end(&f);
}

/* People go on working while a training runs. */
static void test_later_commits(void **state)
{
	struct fixture f;
	char *first;

	begin(&f);
	sh(&f, "cd repo; echo 2 >a.py; GIT_COMMITTER_DATE='@2000 +0000' git "
	       "commit -qam second; rm -rf .git/logs; mkdir -p .git/logs;"
	       "z=0000000000000000000000000000000000000000;"
	       "a=$(git rev-parse HEAD~); b=$(git rev-parse HEAD);"
	       "printf \"$z $a n <e> 1000 +0000\\tcommit (initial): first\\n"
	       "$a $b n <e> 2000 +0000\\tcommit: second\\n"
	       "$b $b n <e> 3000 +0000\\tcheckout: moving from main to topic\\n"
	       "$b $a n <e> 4000 +0000\\tcheckout: moving from topic to $a\\n"
	       "$a $a n <e> 5000 +0000\\tcheckout: moving from $a to other\\n\""
	       " >.git/logs/HEAD; git update-ref --no-deref HEAD $a;"
	       "git branch other $a; git symbolic-ref HEAD refs/heads/other;"
	       "head -n 5 .git/logs/HEAD >l; mv l .git/logs/HEAD");
	first = said(&f, "git rev-parse main~");
	reads(&f, "repo/a.py");
	find(&f, 5000);
	assert_string_equal(f.out.items[0].branch, "other");
	find(&f, 4999);
	assert_string_equal(f.out.items[0].commit, first);
	assert_null(f.out.items[0].branch);
	/* "2" was read, "one" is what the first commit has. */
	assert_true(f.out.items[0].dirty);
	find(&f, 3999);
	assert_string_equal(
		f.out.items[0].commit, said(&f, "git rev-parse main"));
	assert_string_equal(f.out.items[0].branch, "topic");
	assert_false(f.out.items[0].dirty);
	find(&f, 2999);
	assert_string_equal(f.out.items[0].branch, "main");
	find(&f, 2000);
	assert_string_equal(
		f.out.items[0].commit, said(&f, "git rev-parse main"));
	find(&f, 1999);
	assert_string_equal(f.out.items[0].commit, first);
	/* Before the first commit there was none. */
	find(&f, 999);
	assert_null(f.out.items[0].commit);
	assert_string_equal(f.gaps.s, "");
	end(&f);
}

/* Each in its own: a work tree beside, a submodule and a repository within. */
static void test_nested(void **state)
{
	struct fixture f;

	begin(&f);
	sh(&f, "git clone -q repo lib; cd repo; git worktree add -q ../side;"
	       "git submodule --quiet add ../lib sub; git commit -qm sub;"
	       "git init -q inner; echo x >inner/x.py; mkdir -p pkg/.git");
	reads(&f, "repo/pkg/b.py");
	reads(&f, "repo/sub/a.py");
	reads(&f, "side/a.py");
	reads(&f, "repo/inner/x.py");
	find(&f, NEVER_YET);
	assert_string_equal(f.gaps.s, "");
	assert_int_equal(f.out.count, 4);
	assert_string_equal(
		f.out.items[0].root, arena_printf(f.a, "%s/repo", f.dir));
	assert_false(f.out.items[0].dirty);
	assert_string_equal(
		f.out.items[1].root, arena_printf(f.a, "%s/repo/inner", f.dir));
	assert_string_equal(
		f.out.items[2].root, arena_printf(f.a, "%s/repo/sub", f.dir));
	assert_false(f.out.items[2].dirty);
	assert_string_equal(f.out.items[3].branch, "side");
	end(&f);
}

/* Line ends as git would commit them; pointers of LFS. */
static void test_conversions(void **state)
{
	struct fixture f;
	struct digest d;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; echo '* text=auto' >.gitattributes; git add .;"
	       "git commit -qm attributes; printf 'one\\r\\n' >a.py;"
	       "printf 'two\\r\\nthree\\r\\n' >pkg/b.py");
	reads(&f, "repo/a.py");
	assert_false(only(&f)->dirty);
	reads(&f, "repo/pkg/b.py");
	c = only(&f);
	assert_string_equal(joined(&f, &c->modified), "pkg/b.py");
	assert_non_null(strstr(f.patch.s, "+three\n"));
	sh(&f, "cd repo; printf 'weights' >w.pt; printf "
	       "'version https://git-lfs.github.com/spec/v1\\noid sha256:"
	       "%%s\\nsize 7\\n' $(printf weights | sha256sum | cut -c1-64) "
	       ">p; git update-index --add --cacheinfo 100644,"
	       "$(git hash-object -w p),w.pt; git commit -qm lfs; rm p");
	f.count = 0;
	digest_bytes("weights", 7, &d);
	reads(&f, "repo/w.pt")->digest = &d;
	assert_false(only(&f)->dirty);
	digest_bytes("other", 5, &d);
	assert_string_equal(joined(&f, &only(&f)->modified), "w.pt");
	f.files[0].digest = NULL;
	assert_true(only(&f)->dirty);
	end(&f);
}

/* What a hostile repository would like to run, and what may not be written. */
static void test_only_read(void **state)
{
	struct fixture f;
	char *run;

	begin(&f);
	run = arena_printf(f.a, "%s/ran", f.dir);
	sh(&f,
		"cd repo; rm -rf .git/logs; echo '* filter=x diff=x' "
		">.gitattributes;"
		"printf '#!/bin/sh\\ntouch \"%s\"\\n' >../evil; chmod +x "
		"../evil;"
		"for k in filter.x.clean filter.x.smudge filter.x.process "
		"core.fsmonitor core.sshCommand diff.external diff.x.command "
		"diff.x.textconv core.pager core.askPass credential.helper; do "
		"git config $k %s/evil; done; git config filter.x.required "
		"true;"
		"for h in post-index-change reference-transaction pre-commit; "
		"do "
		"cp ../evil .git/hooks/$h; done; echo 3 >a.py;"
		"find .git -exec stat -c '%%n %%i %%s %%y' {} + >../before",
		run, f.dir);
	reads(&f, "repo/a.py");
	reads(&f, "repo/pkg/b.py");
	assert_string_equal(joined(&f, &only(&f)->modified), "a.py");
	assert_int_equal(access(run, F_OK), -1);
	sh(&f, "cd repo; find .git -exec stat -c '%%n %%i %%s %%y' {} + |"
	       " cmp - ../before");
	end(&f);
}

/* As root, and with a repository of another user. */
static void test_owner(void **state)
{
	struct fixture f;

	if (getuid() != 0)
		skip();
	begin(&f);
	sh(&f, "chown -R 12345:12345 repo");
	reads(&f, "repo/a.py");
	assert_non_null(only(&f)->commit);
	end(&f);
}

static const struct {
	const char *damage, *gap; /* "": none */
} broken[] = {
	{"echo garbage >.git/HEAD", "its repository cannot be read"},
	{"echo ref: refs/tags/none >.git/HEAD",
		"its repository cannot be read"},
	{"rm -rf .git; echo gitdir: /nowhere >.git",
		"its repository cannot be read"},
	{"rm -rf .git; head -c 100000 /dev/urandom >.git",
		"its repository cannot be read"},
	{"head -c 5000 /dev/zero | tr '\\0' '[' >.git/config",
		"its repository cannot be read"},
	{"git config core.repositoryformatversion 99",
		"its repository cannot be read"},
	{"rm -rf .git/objects/[0-9a-f]*", "its repository cannot be read"},
	{"for o in .git/objects/[0-9a-f]*/*; do chmod u+w $o; : >$o; done",
		"its repository cannot be read"},
	{"o=$(git rev-parse HEAD:a.py); rm .git/objects/$(echo $o | cut -c1-2)/"
	 "$(echo $o | cut -c3-)",
		"what was committed cannot be read"},
	{"printf 'a.py text\\n' >.gitattributes; head -c 50 .git/index >i; mv "
	 "i .git/index",
		"a.py: is in no patch"},
	{"head -c 5000 /dev/zero >.git/index", "a.py: is in no patch"},
	{"rm .git/index", ""},
	{"echo nonsense >.git/logs/HEAD", ""},
	{"rm -r .git/logs", ""},
};

static void test_broken(void **state)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct fixture f;

		begin(&f);
		sh(&f, "cd repo; echo changed >a.py; %s", broken[i].damage);
		reads(&f, "repo/a.py");
		find(&f, NEVER_YET);
		if (*broken[i].gap ? !strstr(f.gaps.s, broken[i].gap)
				   : f.gaps.len > 0)
			fail_msg("%s: %s", broken[i].damage, f.gaps.s);
		/* What can be read of it all the same. */
		if (strstr(f.gaps.s, "its repository cannot")) {
			assert_int_equal(f.out.count, 0);
		} else {
			assert_int_equal(f.out.count, 1);
			assert_non_null(f.out.items[0].commit);
			if (!strstr(f.gaps.s, "what was committed"))
				assert_string_equal(
					joined(&f, &f.out.items[0].modified),
					"a.py");
		}
		end(&f);
	}
}

/* What was read can be got no more. */
static void test_lost_content(void **state)
{
	struct fixture f;

	begin(&f);
	reads(&f, "repo/a.py")->intact = false;
	f.files[0].of = (char *)"/nonexistent";
	find(&f, NEVER_YET);
	assert_non_null(strstr(f.gaps.s, "cannot be compared"));
	assert_int_equal(f.out.count, 1);
	end(&f);
}

static void test_odd_names(void **state)
{
	struct fixture f;
	const struct m_code *c;

	begin(&f);
	sh(&f, "cd repo; n=$(printf 'a \\377\"\\n\\tb.py'); echo 1 >\"$n\";"
	       "git add .; git commit -qm odd; echo 2 >\"$n\"");
	reads(&f, "repo/a \xff\"\n\tb.py");
	c = only(&f);
	assert_string_equal(joined(&f, &c->modified), "a \xff\"\n\tb.py");
	patch_makes(&f, c->commit, "a \xff\"\n\tb.py");
	end(&f);
}

static void test_none(void **state)
{
	struct fixture f;

	begin(&f);
	find(&f, 0);
	assert_int_equal(f.out.count, 0);
	sh(&f, "mkdir -p d/.git");
	reads(&f, "d/x.py");
	find(&f, 0);
	assert_int_equal(f.out.count, 0);
	assert_string_equal(f.gaps.s, "");
	end(&f);
}

static void test_url(void **state)
{
	static const struct {
		const char *url, *expect;
	} cases[] = {
		{"https://h/x.git", "https://h/x.git"},
		{"https://u:p@h/x.git", "https://h/x.git"},
		{"https://tok@h:8443/x", "https://h:8443/x"},
		{"HTTP://u:p@ss@h/x?private_token=t", "HTTP://h/x"},
		{"https://h/x#f", "https://h/x"},
		{"https://h/a@b", "https://h/a@b"},
		{"ssh://git@h/x", "ssh://git@h/x"},
		{"ssh://git:pw@h:22/x", "ssh://git@h:22/x"},
		{"ssh://h/x", "ssh://h/x"},
		{"git@github.com:a/b.git", "git@github.com:a/b.git"},
		{"/srv/git/x", "/srv/git/x"},
		{"file:///srv/x", "file:///srv/x"},
		{"", ""},
		{"https://", "https://"},
		{"https://@", "https://"},
	};
	autoarena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(code_url(a, cases[i].url), cases[i].expect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_index_spares_reading),
		cmocka_unit_test(test_modified),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_racy),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_untracked),
		cmocka_unit_test(test_many_untracked),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_later_commits),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_only_read),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_lost_content),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
