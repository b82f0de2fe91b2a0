// SPDX-License-Identifier: Apache-2.0
/* Parameters: command lines, three formats, secrets, hostile files. */
#include "manifests_help.h"

#include "base/arena.h"
#include "capture/parameters.h"

/* "name=value" lines; one without a value has no "=". */
static char *lines_of(const struct parameters *p)
{
	autostrbuf out = STRBUF_INIT;

	for (size_t i = 0; i < p->count; i++) {
		strbuf_adds(&out, p->items[i].name);
		if (p->items[i].value)
			strbuf_addf(&out, "=%s", p->items[i].value);
		strbuf_addc(&out, '\n');
	}
	strbuf_grow(&out, 0);
	return arena_strdup(p->a, out.s);
}

/* Words of a command line, split at blanks. */
static void split_words(struct arena *a, const char *line, struct strlist *out)
{
	while (*line) {
		size_t n = strcspn(line, " ");

		*ARENA_PUSH(a, out->items, out->count) = arena_memdup(a, line, n);
		line += n + (line[n] == ' ');
	}
}

static const struct {
	const char *line, *expect;
} command_lines[] = {
	{"python3 train.py", ""},
	{"python3 train.py --lr 0.1 --epochs=3", "lr=0.1\nepochs=3\n"},
	{"./train --amp --seed 7 data.csv", "amp=true\nseed=7\n"},
	{"./train --amp", "amp=true\n"},
	{"./train --amp --no-bias", "amp=true\nno-bias=true\n"},
	{"./train --lr -0.5 --name=", "lr=-0.5\nname=\n"},
	{"./train --layers 64 32 16 --lr 1e-3", "layers=64 32 16\nlr=1e-3\n"},
	{"./train --in a.csv b.csv", "in=a.csv\n"},
	/* What is before the script belongs to the interpreter. */
	{"python3 -u -W ignore -X dev train.py -n 3", "n=3\n"},
	{"/usr/bin/python3.11 -m pkg.train --lr 1", "lr=1\n"},
	{"python3 -mpkg.train --lr 1", "lr=1\n"},
	{"python3 -c print(1) --lr 1", "lr=1\n"},
	{"env -u HOME A=b C=d python3 -B t.py x=1", "x=1\n"},
	{"env A=b", ""},
	{"bash -e run.sh --lr 1", "lr=1\n"},
	{"Rscript --vanilla fit.R --k 3", "k=3\n"},
	{"python3", ""},
	{"python3 -W", ""},
	/* A letter and what follows it may be two things. */
	{"./train -v data.csv", ""},
	{"./train -v -q", ""},
	{"./train -n 10", "n=10\n"},
	{"./train -n 10 data.csv", "n=10\n"},
	{"./train -s True", "s=True\n"},
	{"./train -d imagenet -m resnet", "d=imagenet\nm=resnet\n"},
	{"./train -d imagenet -m resnet x", ""},
	{"./train -d imagenet -v", ""},
	{"./train -lr 3", ""},
	{"./train -n10", ""},
	{"./train -n", ""},
	{"./train -", ""},
	/* Hydra. */
	{"./t lr=0.1 +opt.name=adam ++a/b@c.d=1 ~gone",
		"lr=0.1\nopt.name=adam\n"
		"a/b@c.d=1\n"},
	{"./t model=resnet,vit xs=[1,2] url=http://h/?a=b",
		"model=resnet,vit\nxs=[1,2]\nurl=http://h/?a=b\n"},
	{"./t =1 1a=2 a~b=3 +++x=1 ./p=1", ""},
	{"./t --flag lr=1", "flag=true\nlr=1\n"},
	{"./t -- --lr 1 x=2", "x=2\n"},
	{"./t --=3", ""},
	/* Secrets. */
	{"./t --api-key abc --db_password=x --lr 1",
		"api-key\ndb_password\nlr=1\n"},
	{"./t --x [redacted]", "x\n"},
	{"./t --url https://u:p@h/x", "url\n"},
	{"./t --hub hf_AbCdEfGhIjKlMnOp", "hub\n"},
	{"./t --tokenizer bert --max-tokens 512 --token 12a",
		"tokenizer=bert\nmax-tokens=512\ntoken\n"},
	{"./t --pad_token_id 0 --secret 5", "pad_token_id=0\nsecret\n"},
	{"./t --mine 1", "mine\n"},
};

static void test_argv(void **state)
{
	char *patterns[] = {(char *)"MINE"};
	struct strlist redact = {patterns, 1};

	for (size_t i = 0; i < sizeof(command_lines) / sizeof(*command_lines);
		i++) {
		autoarena *a = arena_new();
		struct parameters p = {.a = a, .redact = &redact};
		struct strlist argv = {0};
		char *got;

		split_words(a, command_lines[i].line, &argv);
		parameters_argv(&p, &argv);
		got = lines_of(&p);
		if (strcmp(got, command_lines[i].expect))
			fail_msg("%s\n%s", command_lines[i].line, got);
		for (size_t k = 0; k < p.count; k++)
			assert_string_equal(p.items[k].source, "argv");
	}
}

static void test_no_argv(void **state)
{
	autoarena *a = arena_new();
	struct parameters p = {.a = a};
	struct strlist none = {0};

	parameters_argv(&p, &none);
	assert_int_equal(p.count, 0);
}

static const struct {
	const char *path, *text, *expect;
} files[] = {
	{"/c.yaml",
		"lr: 1e-3\nname: \"a b\"\nopt:\n  betas: [0.9, 0.999]\n"
		"  nested: {x: yes, y: ~}\nempty:\n",
		"lr=1e-3\nname=a b\nopt.betas=[0.9, 0.999]\nopt.nested.x=yes\n"
		"opt.nested.y=~\nempty=null\n"},
	{"/c.YML", "a:\n- b: 1\n- c: [2]\n- []\nd: {}\n",
		"a.0.b=1\na.1.c=[2]\na.2=[]\nd={}\n"},
	{"/c.yaml", "base: &b {x: 1, y: 2}\nz:\n  <<: *b\n  y: 3\n",
		"base.x=1\nbase.y=2\nz.x=1\nz.y=3\n"},
	{"/c.yaml", "a: &a {x: 1}\nb: &b {y: 2}\nc:\n  <<: [*a, *b]\n",
		"a.x=1\nb.y=2\nc.x=1\nc.y=2\n"},
	{"/c.yaml", "b: &b {x: 1, y: 2}\nz:\n  y: 3\n  <<: *b\n",
		"b.x=1\nb.y=2\nz.y=3\nz.x=1\n"},
	{"/c.yaml", "x: &n 5\ny: *n\n", "x=5\ny=5\n"},
	{"/c.yaml", "- 1\n- 2\n", ""},
	{"/c.yaml", "# nothing\n", ""},
	{"/c.yaml", "", ""},
	{"/c.yaml", "a: 1\n---\nb: 2\n", "a=1\n"},
	{"/c.yaml", "a: 1\na: 2\n", "a=2\n"},
	{"/c.yaml", "t: !!python/object:os.system x\n", "t=x\n"},
	{"/c.yaml", "1: a\n~: b\n", "1=a\n~=b\n"},
	{"/c.yaml", "p: ${oc.env:HOME}\n", "p=${oc.env:HOME}\n"},
	{"/c.yaml", "\xc3\xa9: \xe2\x82\xac\n", "\xc3\xa9=\xe2\x82\xac\n"},
	{"/c.json",
		"{\"lr\": 0.1, \"n\": 3, \"s\": \"x\", \"t\": true, \"z\": "
		"null,"
		" \"l\": [1, \"a\"], \"o\": {\"p\": 1e-5}}",
		"lr=0.1\nn=3\ns=x\nt=true\nz=null\nl=[1, a]\no.p=1.0e-05\n"},
	{"/c.json", "[{\"a\": 1}]", "0.a=1\n"},
	{"/c.json", "3", ""},
	{"/c.toml",
		"# c\nlr = 1e-3 # d\n[opt]\nname = 'ad\"am'\nbetas = [0.9,\n"
		" 0.999, ] # x\n[opt.sub.'x y']\nz = 1_000\n",
		"lr=1e-3\nopt.name=ad\"am\nopt.betas=[0.9, 0.999]\n"
		"opt.sub.x y.z=1_000\n"},
	{"/c.toml", "[[a]]\nx = 1\n[a.b]\ny = 2\n[[a]]\nx = 3\n",
		"a.0.x=1\na.0.b.y=2\na.1.x=3\n"},
	{"/c.toml", "[[a]]\n[[a]]\nx = 1\n[a.b]\ny = 2\n",
		"a.0={}\na.1.x=1\na.1.b.y=2\n"},
	{"/c.toml", "a.b.c = {x = 1, \"y.z\" = true}\n",
		"a.b.c.x=1\na.b.c.y.z=true\n"},
	{"/c.toml", "e = {}\nf = [ ]\n", "e={}\nf=[]\n"},
	{"/c.toml", "a = \"\"\"\nx \\\n   y\"\"\"\"\nb = '''\nq'r'''\n",
		"a=x y\"\nb=q'r\n"},
	{"/c.toml", "a = \"\\u00e9\\t\\U0001F600\\\\\\\"\"\r\nb = +inf\r\n",
		"a=\xc3\xa9\t\xf0\x9f\x98\x80\\\"\nb=+inf\n"},
	{"/c.toml",
		"a = 1979-05-27 07:32:00Z\nb = 0xdead_BEEF\nc = 07:32:00.5\n"
		"d = -0.5e+3\ne = 1979-05-27\n",
		"a=1979-05-27 07:32:00Z\nb=0xdead_BEEF\nc=07:32:00.5\n"
		"d=-0.5e+3\ne=1979-05-27\n"},
	{"/c.toml", "x = [[1, 2], [3]]\n", "x.0=[1, 2]\nx.1=[3]\n"},
	{"/c.toml", "", ""},
	{"/c.yaml",
		"db:\n  password: hunter2\n  url: p://u:w@h\nkey: 1\n"
		"wandb: {api_key: x}\nm: [1, \"hf_AbCdEfGhIjKlMnOp\"]\n"
		"k: hf_x\npem: |\n  -----BEGIN X PRIVATE KEY-----\n",
		"db.password\ndb.url\nkey=1\nwandb.api_key\n"
		"m\nk=hf_x\npem\n"},
};

static void test_files(void **state)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		autoarena *a = arena_new();
		struct parameters p = {.a = a};
		struct err e = ERR_INIT;
		char *got;

		assert_true(parameters_in_file(files[i].path));
		if (parameters_file(&p, files[i].path, files[i].text,
			    strlen(files[i].text), &e) < 0)
			fail_msg("%s\n%s", files[i].text, e.msg);
		got = lines_of(&p);
		if (strcmp(got, files[i].expect))
			fail_msg("%s\n%s", files[i].text, got);
		for (size_t k = 0; k < p.count; k++)
			assert_string_equal(p.items[k].source, files[i].path);
	}
}

static const struct {
	const char *path, *text, *expect;
} refused[] = {
	{"/c.yaml", "a: [1\n", "line 2: did not find expected ',' or ']'"},
	{"/c.yaml", "a: *x\n", "line 1: an alias of nothing complete"},
	{"/c.yaml", "a: &x [*x]\n", "line 1: an alias of nothing complete"},
	{"/c.yaml", "{[1]: 2}\n", "line 1: a key that is no scalar"},
	{"/c.yaml", "a: \"\\0\"\n", "line 1: a string with a NUL"},
	{"/c.yaml", "\xff: 1\n", "is not UTF-8 text"},
	{"/c.json", "{\"a\": NaN}", "line 1: invalid token near 'NaN'"},
	{"/c.json", "{\"a\": 1", "line 1: '}' expected near end of file"},
	{"/c.json", "", "line 1: unexpected token near end of file"},
	{"/c.toml", "a = 1\na = 2\n", "line 2: a key that is there already"},
	{"/c.toml", "a = 1\n[a]\n", "line 2: a key below what is no table"},
	{"/c.toml", "a = 1\n[[a]]\n", "line 2: a key that is there already"},
	{"/c.toml", "a = {x = 1\n", "line 1: ',' or '}' is needed"},
	{"/c.toml", "a = [1 2]\n", "line 1: no value of TOML"},
	{"/c.toml", "a = [\"1\" 2]\n", "line 1: ',' or ']' is needed"},
	{"/c.toml", "a = 01\n", "line 1: no value of TOML"},
	{"/c.toml", "a = 1__0\n", "line 1: no value of TOML"},
	{"/c.toml", "a = yes\n", "line 1: no value of TOML"},
	{"/c.toml", "a =\n", "line 1: no value of TOML"},
	{"/c.toml", "a\n", "line 1: '=' is needed"},
	{"/c.toml", "= 1\n", "line 1: a key is needed"},
	{"/c.toml", "\n[a\nb = 1", "line 2: ']' is needed"},
	{"/c.toml", "a = \"x\nb = 1\n", "line 1: a control character in a string"},
	{"/c.toml", "a = '''x", "line 1: a string without an end"},
	{"/c.toml", "a = \"\\q\"", "line 1: a wrong escape"},
	{"/c.toml", "a = \"\\ud800\"", "line 1: an escape of no character"},
	{"/c.toml", "a = \"\\U00110000\"", "line 1: an escape of no character"},
	{"/c.toml", "a = \"\\u0000\"", "line 1: an escape of no character"},
	{"/c.toml", "a = \"\\u00", "line 1: a wrong escape"},
	{"/c.toml", "a = \"\\", "line 1: a wrong escape"},
	{"/c.toml", "a = 1 b = 2\n", "line 1: no value of TOML"},
	{"/c.toml", "a = 'x' b = 2\n", "line 1: more than one thing on a line"},
	{"/c.ini", "a=1\n", "is of no known format"},
};

static void refuse(
	const char *path, const char *text, size_t len, const char *expect)
{
	autoarena *a = arena_new();
	struct parameters p = {.a = a};
	struct err e = ERR_INIT;

	assert_int_equal(parameters_file(&p, path, text, len, &e), -1);
	assert_string_equal(e.msg, expect);
	assert_int_equal(p.count, 0);
}

static void test_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		refuse(refused[i].path, refused[i].text,
			strlen(refused[i].text), refused[i].expect);
	refuse("/c.json", "{}\0", 3, "is not UTF-8 text");
	assert_false(parameters_in_file("/a.yaml/x"));
	assert_false(parameters_in_file("/yaml"));
}

/* `before` `n` times, `middle`, `after` n times. */
static void nested(struct strbuf *out, size_t n, const char *before,
	const char *middle, const char *after)
{
	strbuf_clear(out);
	for (size_t i = 0; i < n; i++)
		strbuf_adds(out, before);
	strbuf_adds(out, middle);
	for (size_t i = 0; i < n; i++)
		strbuf_adds(out, after);
}

static void test_deep(void **state)
{
	autostrbuf text = STRBUF_INIT;
	autoarena *a = arena_new();
	struct parameters p = {.a = a};

	nested(&text, 100000, "[", "1", "]");
	refuse("/c.yaml", text.s, text.len, "line 1: is nested too deeply");
	refuse("/c.json", text.s, text.len,
		"line 1: maximum parsing depth reached near '['");
	nested(&text, 1000, "[", "1", "]");
	refuse("/c.json", text.s, text.len, "is nested too deeply");
	nested(&text, 100000, "{a: ", "1", "}");
	refuse("/c.yaml", text.s, text.len, "line 1: is nested too deeply");
	nested(&text, 100000, "[", "1", "]");
	strbuf_clear(&text);
	strbuf_adds(&text, "a = ");
	for (int i = 0; i < 100000; i++)
		strbuf_addc(&text, '[');
	refuse("/c.toml", text.s, text.len, "line 1: is nested too deeply");
	nested(&text, 100, "a.", "b = 1", "");
	refuse("/c.toml", text.s, text.len, "line 1: is nested too deeply");
	nested(&text, 20, "[", "{x: 1}", "]");
	strbuf_adds(&text, "\n");
	assert_int_equal(
		parameters_file(&p, "/c.yaml", text.s, text.len, NULL), 0);
	assert_int_equal(p.count, 1);
}

/* Aliases of aliases: ten lines for 10^10 values, or a long chain. */
static void test_bombs(void **state)
{
	autostrbuf text = STRBUF_INIT;

	strbuf_adds(&text, "a0: &a0 [{x: 1}]\n");
	for (int i = 1; i < 12; i++) {
		strbuf_addf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			strbuf_addf(&text, "%s*a%d", k ? ", " : "", i - 1);
		strbuf_adds(&text, "]\n");
	}
	refuse("/c.yaml", text.s, text.len, "holds too many values");
	strbuf_clear(&text);
	strbuf_adds(&text, "- &a0 [1]\n");
	for (int i = 1; i < 50000; i++)
		strbuf_addf(&text, "- &a%d [*a%d]\n", i, i - 1);
	refuse("/c.yaml", text.s, text.len, "line 32: is nested too deeply");
}

static void test_large(void **state)
{
	autostrbuf text = STRBUF_INIT;
	autoarena *a = arena_new();
	struct parameters p = {.a = a};

	for (int i = 0; i < PARAMETER_FILE_VALUES; i++)
		strbuf_addf(&text, "k%d: %d\n", i, i);
	assert_int_equal(
		parameters_file(&p, "/c.yaml", text.s, text.len, NULL), 0);
	assert_int_equal(p.count, PARAMETER_FILE_VALUES);
	strbuf_adds(&text, "one: more\n");
	refuse("/c.yaml", text.s, text.len, "sets too much for a configuration");
	nested(&text, PARAMETER_FILE_MAX + 1, " ", "", "");
	refuse("/c.yaml", text.s, text.len, "is too large for a configuration");
	for (int i = 0; i < 2 * PARAMETER_VALUES; i++)
		parameters_add(&p, "n", "v", "argv");
	assert_int_equal(p.count, PARAMETER_VALUES);
}

/* A value is cut between characters. */
static void test_long_value(void **state)
{
	autostrbuf text = STRBUF_INIT;
	autoarena *a = arena_new();
	struct parameters p = {.a = a};

	strbuf_addc(&text, 'x');
	for (int i = 0; i < PARAMETER_VALUE_MAX; i++)
		strbuf_adds(&text, "\xc3\xa9");
	parameters_add(&p, "n", text.s, "argv");
	assert_int_equal(strlen(p.items[0].value), PARAMETER_VALUE_MAX - 1 + 3);
	assert_memory_equal(p.items[0].value, text.s, PARAMETER_VALUE_MAX - 1);
	assert_string_equal(p.items[0].value + PARAMETER_VALUE_MAX - 1, "...");
	text.s[PARAMETER_VALUE_MAX] = 0;
	parameters_add(&p, "n", text.s, "argv");
	assert_string_equal(p.items[1].value, text.s);
}

/* Every beginning of good files, and random changes of them: no crash. */
static void test_damaged(void **state)
{
	uint32_t seed = 3;
	int ok = 0, bad = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		size_t len = strlen(files[i].text);

		for (size_t n = 0; n < len + 200; n++) {
			autoarena *a = arena_new();
			struct parameters p = {.a = a};
			char *text = arena_memdup(
				a, files[i].text, n < len ? n : len);

			for (size_t k = 0; len && n >= len && k < 3; k++)
				text[next_random(&seed) % len] =
					"[]{}\"'\\#&*:=\n.,-a1 \x80"[next_random(&seed) %
								     20];
			if (parameters_file(&p, files[i].path, text,
				    strlen(text), NULL) == 0)
				ok++;
			else
				bad++;
		}
	}
	assert_true(ok > 500 && bad > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_argv),
		cmocka_unit_test(test_no_argv),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
