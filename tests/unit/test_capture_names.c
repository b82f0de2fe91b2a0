// SPDX-License-Identifier: Apache-2.0
/* What is decided from names alone: secrets, roles, roots, the command. */
#include "store_help.h"

#include "capture/classify.h"
#include "capture/command.h"
#include "capture/roots.h"
#include "capture/secrets.h"
#include "capture/surroundings.h"

static void test_secret_variables(void **state)
{
	static const struct {
		const char *name, *value;
		bool secret;
	} cases[] = {
		{"API_TOKEN", "x", true},
		{"token", "x", true},
		{"HF_TOKEN_FILE", "x", true},
		{"MY_SECRET", "", true},
		{"DB_PASSWORD", "x", true},
		{"PASSWD", "x", true},
		{"Passwd_file", "x", true},
		{"OPENAI_API_KEY", "x", true},
		{"aws_key", "x", true},
		{"AWS_REGION", "x", true},
		{"MY_AWS_REGION", "x", false},
		{"GCP_CREDENTIALS", "x", true},
		{"SSH_AUTH_SOCK", "/tmp/s", true},
		{"SSH_AUTH_SOCKET", "x", false},
		{"KEY", "x", false},
		{"KEYBOARD", "x", false},
		{"MONKEY", "x", false},
		{"PATH", "/bin", false},
		{"HOME", "/home/me", false},
		{"", "x", false},
		{"URL", "https://me:pw@host/x", true},
		{"URL", "a postgres://me:pw@host/x", true},
		{"URL", "https://host:80/me@x", false},
		{"URL", "https://me@host/x", false},
		{"URL", "https://me:@host/x", false},
		{"URL", "https://host/?a=b:c@d", false},
		{"URL", "http://h http://u:p@h", true},
		{"URL", "://", false},
		{"URL", "", false},
	};
	char *more[] = {(char *)"BADGE*", (char *)"X_[0-9]"};
	struct strlist extra = {more, 2};

	for (size_t i = 0; i < COUNT(cases); i++)
		if (secret_variable(cases[i].name, cases[i].value, NULL) !=
			cases[i].secret)
			fail_msg("%s=%s", cases[i].name, cases[i].value);
	assert_false(secret_variable("BADGE_ID", "1", NULL));
	assert_true(secret_variable("BADGE_ID", "1", &extra));
	assert_true(secret_variable("x_7", "1", &extra));
	assert_false(secret_variable("x_77", "1", &extra));
	assert_true(secret_variable("API_TOKEN", "1", &extra));
}

static void test_secret_paths(void **state)
{
	static const struct {
		const char *path;
		bool secret;
	} cases[] = {
		{"/home/me/.ssh/id_rsa", true},
		{"/home/me/.ssh", true},
		{"/home/me/.sshd", false},
		{"/home/me/.aws/credentials", true},
		{"/home/me/.netrc", true},
		{"/home/me/.netrc.old", false},
		{"/home/me/.kube/config", true},
		{"/home/me/.kaggle/kaggle.json", true},
		{"/home/me/.config/gcloud/x", true},
		{"/home/me/.config/git", false},
		{"/home/me/.git-credentials", true},
		{"/home/me/.cache/huggingface/token", true},
		{"/home/me/.cache/huggingface/hub/m", false},
		{"/home/me2/.ssh/id_rsa", false},
		{"/srv/.ssh/id", false},
		{"/srv/app/.env", true},
		{"/.env", true},
		{"/srv/app/my.env", false},
		{"/srv/.env/file", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		if (secret_path("/home/me", cases[i].path) != cases[i].secret)
			fail_msg("%s", cases[i].path);
	assert_true(secret_path("/home/me/", "/home/me/.netrc"));
	assert_true(secret_path("/", "/.netrc"));
	assert_true(secret_path(NULL, "/x/.env"));
	assert_false(secret_path(NULL, "/x/.netrc"));
	assert_false(secret_path("relative", "/x/.netrc"));
	assert_false(secret_path("", "/.netrc"));
}

/* `in` and `want` are words with a blank between each two. */
static void argv_becomes(const char *in, const char *want)
{
	autoarena *a = arena_new();
	char *save = NULL, *text = arena_strdup(a, in);
	struct strlist argv = {0}, out;
	autostrbuf got = STRBUF_INIT;
	bool hidden = false;

	for (char *w = strtok_r(text, " ", &save); w;
		w = strtok_r(NULL, " ", &save))
		*ARENA_PUSH(a, argv.items, argv.count) = w;
	secret_argv(a, &argv, NULL, &out, &hidden);
	for (size_t i = 0; i < out.count; i++)
		strbuf_addf(&got, "%s%s", i ? " " : "", out.items[i]);
	assert_string_equal(got.s, want);
	assert_int_equal(hidden, strcmp(in, want) != 0);
	/* What came in is as it was. */
	assert_int_equal(argv.count, out.count);
}

static void test_secret_arguments(void **state)
{
	argv_becomes("p --api-key=abc x", "p --api-key=[redacted] x");
	argv_becomes("p --password abc x", "p --password [redacted] x");
	argv_becomes("p -token abc", "p -token [redacted]");
	argv_becomes("p --key abc", "p --key [redacted]");
	argv_becomes("p --password --next x", "p --password --next x");
	argv_becomes("p --password", "p --password");
	argv_becomes("p HF_TOKEN=abc", "p HF_TOKEN=[redacted]");
	argv_becomes("p http://u:p@h/", "p [redacted]");
	argv_becomes("p --url=http://u:p@h/", "p [redacted]");
	argv_becomes("p --tokenizer bpe --tokenizer-path x --max-tokens 5",
		"p --tokenizer bpe --tokenizer-path x --max-tokens 5");
	argv_becomes("p token secret", "p token secret");
	argv_becomes("p --lr=0.1 --keyboard x", "p --lr=0.1 --keyboard x");
	/* The program's own name is none. */
	argv_becomes("token=x y", "token=x y");
}

static void test_roles(void **state)
{
	static const struct {
		const char *path, *input, *output;
	} cases[] = {
		{"/p/train.py", "code", "other"},
		{"/p/model.pkl", "model", "model"},
		{"/p/MODEL.PT", "model", "model"},
		{"/p/checkpoints/3.pt", "model", "checkpoint"},
		{"/p/ckpt-3.safetensors", "model", "checkpoint"},
		{"/p/x.ckpt", "checkpoint", "checkpoint"},
		{"/p/data.csv", "dataset", "dataset"},
		{"/p/conf.yaml", "configuration", "configuration"},
		{"/p/metrics.json", "configuration", "metrics"},
		{"/p/scores.txt", "dataset", "metrics"},
		{"/p/metrics/x.bin", "other", "other"},
		{"/p/results.json", "configuration", "metrics"},
		{"/p/result.bin", "other", "other"},
		{"/p/trainer_state.json", "configuration", "metrics"},
		{"/p/mlruns/0/1/metrics/loss", "other", "metrics"},
		{"/p/train.log", "log", "log"},
		{"/p/events.out.tfevents.1.host", "other", "log"},
		{"/p/__pycache__/metric.pyc", "other", "other"},
		{"/p/README", "other", "other"},
		{"/p.d/noext", "other", "other"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_string_equal(role_of_input(cases[i].path), cases[i].input);
		assert_string_equal(
			role_of_output(cases[i].path), cases[i].output);
	}
}

static void test_environment_paths(void **state)
{
	static const struct {
		const char *path;
		bool is;
	} cases[] = {
		{"/usr/lib/x.so", true},
		{"/usr", true},
		{"/usrlocal/x", false},
		{"/etc/passwd", true},
		{"/lib64/ld.so", true},
		{"/home/me/venv/lib/python3.11/site-packages/a.py", true},
		{"/opt/conda/conda-meta/x.json", true},
		{"/home/me/train.py", false},
		{"/data/usr/x", false},
		{"/var/lib/x", true},
		{"/var/tmp/x", false},
		{"/", false},
		{"/gnu/store/abc/bin/x", true},
		{"/home/me/site-packages", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		if (is_environment_path(cases[i].path) != cases[i].is)
			fail_msg("%s", cases[i].path);
}

/* `n` files "prefix0000" and so on, in order. */
static void many(struct arena *a, struct strlist *l, const char *prefix, int n)
{
	for (int i = 0; i < n; i++)
		*ARENA_PUSH(a, l->items, l->count) =
			arena_printf(a, "%s%04d", prefix, i);
}

static void roots_are(
	struct arena *a, const struct strlist *paths, const char *want)
{
	struct strlist roots;
	autostrbuf got = STRBUF_INIT;

	strbuf_adds(&got, "");
	roots_find(a, paths->items, paths->count, 10, &roots);
	for (size_t i = 0; i < roots.count; i++)
		strbuf_addf(&got, "%s%s", i ? " " : "", roots.items[i]);
	assert_string_equal(got.s, want);
}

static void test_roots(void **state)
{
	autoarena *a = arena_new();
	struct strlist l = {0}, roots;

	roots_are(a, &l, "");
	many(a, &l, "/data/x/", 10);
	roots_are(a, &l, ""); /* not more than 10 */
	many(a, &l, "/data/x/y", 1);
	roots_are(a, &l, "/data/x");
	/* Splits are roots each, many classes are one. */
	l = (struct strlist){0};
	many(a, &l, "/d/test/", 20);
	many(a, &l, "/d/train/", 20);
	roots_are(a, &l, "/d/test /d/train");
	l = (struct strlist){0};
	for (int c = 0; c < 12; c++)
		many(a, &l, arena_printf(a, "/d/train/c%02d/", c), 20);
	roots_are(a, &l, "/d/train");
	/* Never "/", nor what only shares the beginning of a name. */
	l = (struct strlist){0};
	for (int c = 0; c < 20; c++)
		many(a, &l, arena_printf(a, "/r%02d/", c), 1);
	roots_are(a, &l, "");
	l = (struct strlist){0};
	many(a, &l, "/d/a/", 20);
	many(a, &l, "/d/ab/", 20);
	roots_find(a, l.items, l.count, 10, &roots);
	assert_int_equal(roots.count, 2);
	assert_int_equal(roots_of(&roots, "/d/a/0001"), 0);
	assert_int_equal(roots_of(&roots, "/d/ab/0001"), 1);
	assert_int_equal(roots_of(&roots, "/d/abc"), -1);
	assert_int_equal(roots_of(&roots, "/d"), -1);
}

static void found_as(const char *name, const char *want)
{
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	char *got = command_find(a, name, &e);

	if (!got)
		fail_msg("%s: %s", name, e.msg);
	assert_string_equal(got, want);
}

static void not_found(const char *name, int code)
{
	autoarena *a = arena_new();
	struct err e = ERR_INIT;

	assert_null(command_find(a, name, &e));
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.msg, name));
}

static void executable(const char *path, mode_t mode)
{
	write_text(path, "#!/bin/sh\n");
	assert_int_equal(chmod(path, mode), 0);
}

static void test_command(void **state)
{
	autoarena *a = arena_new();
	char *path = xstrdup(getenv("PATH"));
	char want[200];

	assert_int_equal(mkdir("one", 0755) | mkdir("two", 0755), 0);
	executable("two/cmd", 0755);
	setenv("PATH", "one:two:/nowhere", 1);
	found_as("cmd", "two/cmd");
	found_as("two/cmd", "two/cmd");
	found_as("./two/cmd", "./two/cmd");
	not_found("nothing", ENOENT);
	/* Not executable there, or a directory: the search goes on. */
	executable("one/cmd", 0644);
	found_as("cmd", "two/cmd");
	executable("one/only", 0644);
	not_found("only", EACCES);
	assert_int_equal(mkdir("one/dir", 0755), 0);
	not_found("dir", EACCES);
	not_found("one/dir", EACCES);
	not_found("one/cmd", EACCES);
	not_found("one/none", ENOENT);
	not_found("", ENOENT);
	executable("one/cmd", 0755);
	found_as("cmd", "one/cmd");
	/* An empty element is the working directory. */
	executable("here", 0755);
	setenv("PATH", "one::two", 1);
	found_as("here", "./here");
	setenv("PATH", "one:", 1);
	found_as("here", "./here");
	setenv("PATH", "", 1);
	found_as("here", "./here");
	unsetenv("PATH");
	found_as("sh", "/bin/sh");
	snprintf(want, sizeof(want), "%s/two/cmd", test_dir);
	assert_string_equal(command_absolute(a, "two/cmd"), want);
	assert_string_equal(command_absolute(a, "././two/cmd"), want);
	assert_string_equal(command_absolute(a, "/x/y"), "/x/y");
	setenv("PATH", path, 1);
	free(path);
}

static void test_times(void **state)
{
	autoarena *a = arena_new();

	assert_string_equal(rfc3339(a, 0), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(
		rfc3339(a, 981173106123456), "2001-02-03T04:05:06.123456Z");
	assert_int_equal(
		rfc3339_us("2001-02-03T04:05:06.123456Z"), 981173106123456);
	assert_int_equal(rfc3339_us("1970-01-01T00:00:01Z"), 1000000);
	assert_int_equal(rfc3339_us(NULL), -1);
	assert_int_equal(rfc3339_us("yesterday"), -1);
	assert_true(now_us() > 1600000000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret_variables),
		cmocka_unit_test(test_secret_paths),
		cmocka_unit_test(test_secret_arguments),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_environment_paths),
		cmocka_unit_test(test_roots),
		TEST(test_command),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
