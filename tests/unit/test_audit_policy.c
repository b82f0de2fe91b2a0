// SPDX-License-Identifier: Apache-2.0
/* Policies: reading them, good and hostile, and what they find in a run. */
#include "audit/policy.h"
#include "audit/policy_check.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void must_read(struct policy *p, struct arena *a, const char *text)
{
	struct err e = ERR_INIT;

	if (policy_read(p, a, "p", text, strlen(text), &e) < 0)
		fail_msg("%s", e.msg);
}

static void test_read(void **state)
{
	autoarena *a = arena_new();
	struct policy p;

	must_read(&p, a,
		"# a comment\n"
		"- liblzma>=5.6.0,<5.6.2\n"
		"- forbid: [\"pkg:pypi/numpy<1.22\", liblzma.so.4]\n"
		"  except: numpy==1.21.6\n"
		"  reason: 'CVE-2021-41496'\n"
		"- {unowned: true, except: [/opt/site/, sha256:01234567]}\n"
		"- altered: true\n"
		"- network: true\n"
		"- gaps: true\n");
	assert_int_equal(p.count, 6);
	assert_int_equal(p.rules[0].kind, POLICY_FORBID);
	assert_int_equal(p.rules[0].line, 2);
	assert_string_equal(
		p.rules[0].forbid.items[0].text, "liblzma>=5.6.0,<5.6.2");
	assert_int_equal(p.rules[1].line, 3);
	assert_int_equal(p.rules[1].forbid.count, 2);
	assert_int_equal(p.rules[1].except.count, 1);
	assert_string_equal(p.rules[1].reason, "CVE-2021-41496");
	assert_int_equal(p.rules[2].kind, POLICY_UNOWNED);
	assert_int_equal(p.rules[2].except.count, 2);
	assert_int_equal(p.rules[3].kind, POLICY_ALTERED);
	assert_int_equal(p.rules[4].kind, POLICY_NETWORK);
	assert_int_equal(p.rules[5].kind, POLICY_GAPS);
	assert_string_equal(policy_word(POLICY_GAPS), "gaps");
}

#define NONE_OF "altered, forbid, gaps, network, unowned"
static const struct {
	const char *text, *why;
} bad[] = {
	{"", "p:1:1: the policy is empty"},
	{"# nothing\n", "p:2:1: the policy is empty"},
	{"[]", "p:1:2: the policy has no rules"},
	{"forbid: x", "p:1:1: a list of rules is needed"},
	{"liblzma", "p:1:1: a list of rules is needed"},
	{"- forbid: x\n- {}\n", "p:2:4: the rule has none of " NONE_OF},
	{"- reason: x\n", "p:2:1: the rule has none of " NONE_OF},
	{"- forbid: x\n  forbdi: y\n",
		"p:2:3: 'forbdi' is not one of altered, except, forbid, gaps, "
		"network, reason, unowned"},
	{"- forbid: x\n  altered: true\n", "p:2:3: the rule is 'forbid' "
					   "already: 'altered' needs a rule of "
					   "its own"},
	{"- forbid: x\n  forbid: y\n",
		"p:2:3: the rule is 'forbid' already: 'forbid' needs a rule of "
		"its own"},
	{"- altered: false\n", "p:1:12: 'altered' is 'true'; to switch the "
			       "rule off, remove it"},
	{"- altered: 'true'\n", "p:1:12: 'altered' is 'true'; to switch the "
				"rule off, remove it"},
	{"- gaps: [true]\n",
		"p:1:9: 'gaps' is 'true'; to switch the rule off, remove it"},
	{"- forbid: 'x>='\n",
		"p:1:11: requirement 'x>=': no version follows '>='"},
	{"- x\n- 'y z'\n",
		"p:2:3: requirement 'y z': 'z' does not begin with <, <=, >, "
		">=, ==, != or ~="},
	{"- forbid: []\n", "p:1:12: the list is empty"},
	{"- forbid: [x, [y]]\n", "p:1:15: a string is needed"},
	{"- forbid: {x: y}\n", "p:1:11: a string is needed"},
	{"- forbid:\n", "p:1:10: the string is empty"},
	{"- [x]\n", "p:1:3: a rule is needed: 'forbid: ...'"},
	{"- ? [x]\n  : y\n", "p:1:5: a string is needed"},
	{"- forbid: \"a\\nb\"\n", "p:1:11: the string has a control character"},
	{"- forbid: \"a\\0b\"\n", "p:1:11: the string has a control character"},
	{"- forbid: !!binary eA==\n",
		"p:1:11: text is needed, not binary data"},
	{"- network: true\n  except: x\n", "p:3:1: 'network' has no 'except'"},
	{"- forbid: x\n  reason: a\n  reason: b\n", "p:3:3: a second 'reason'"},
	{"- forbid: x\n  except: a\n  except: b\n", "p:3:3: a second 'except'"},
	{"- &a x\n- *a\n", "p:1:3: anchors are not allowed"},
	{"- *a\n", "p:1:3: aliases are not allowed"},
	{"- !x y\n", "p:1:3: tag '!x' is not allowed"},
	{"- x\n--- \n- y\n", "p:2:1: a second document"},
	{"- forbid: [x\n", "p:2:1: did not find expected ',' or ']'"},
	{"- \"x\n", "p:2:1: found unexpected end of stream"},
	{"- \xff\n", "p:1:3: invalid leading UTF-8 octet"},
	{"- forbid: x\n\treason: y\n",
		"p:2:1: found a tab character that violates indentation"},
};

static void test_bad(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		autoarena *a = arena_new();
		struct err e = ERR_INIT;
		struct policy p;

		if (policy_read(&p, a, "p", bad[i].text, strlen(bad[i].text),
			    &e) < 0 &&
			strcmp(e.msg, bad[i].why) == 0)
			continue;
		print_error("%s\nexpected: %s\n     got: %s\n", bad[i].text,
			bad[i].why, e.msg);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* What is deep, or long, costs no more than it is long, and is refused. */
static void test_large(void **state)
{
	autoarena *a = arena_new();
	autostrbuf deep = STRBUF_INIT, wide = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct policy p;

	for (int i = 0; i < 100000; i++)
		strbuf_adds(&deep, "[");
	assert_int_equal(policy_read(&p, a, "p", deep.s, deep.len, &e), -1);
	for (int i = 0; i < 300000; i++)
		strbuf_adds(&wide, "- x\n");
	assert_int_equal(policy_read(&p, a, "p", wide.s, wide.len, &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
	assert_int_equal(policy_read_file(&p, a, "/nowhere/p", &e), -1);
	assert_string_equal(e.msg,
		"cannot open the policy '/nowhere/p': No such "
		"file or directory");
}

/* Bytes of a good policy changed at random: taken, or refused with a place. */
static void test_random(void **state)
{
	static const char good[] =
		"- liblzma>=5.6.0,<5.6.2\n"
		"- forbid: [\"pkg:pypi/numpy@1%2B2\", 'x "
		"vers:deb/>=1|<2|!=3']\n"
		"  except: {}\n"
		"- {unowned: true, reason: a, except: [/x/, sha256:01234567]}\n"
		"- x~=1.2\n- network: true\n";
	static const char bytes[] = "-:[]{},'\"\n\t #&*!|>%=<~@/.0a\xc3\xff";
	unsigned seed = 3;

	for (int round = 0; round < 20000; round++) {
		autoarena *a = arena_new();
		struct err e = ERR_INIT;
		char text[sizeof(good)];
		struct policy p;

		memcpy(text, good, sizeof(good));
		for (int i = round % 5; i >= 0; i--) {
			seed = seed * 1103515245u + 12345u;
			text[(seed >> 16) % (sizeof(good) - 1)] =
				bytes[(seed >> 8) % (sizeof(bytes) - 1)];
		}
		if (policy_read(&p, a, "p", text, sizeof(good) - 1, &e) < 0 &&
			strncmp(e.msg, "p:", 2) != 0)
			fail_msg("'%s' for:\n%s", e.msg, text);
	}
}

/* --- a run ------------------------------------------------------------ */

static char *s(const char *text)
{
	return (char *)(uintptr_t)text;
}

static struct m_package *add_package(struct manifest *m, struct arena *a,
	const char *id, const char *type, const char *name, const char *version)
{
	struct m_package *p = ARENA_PUSH(a, m->packages.items, m->packages.count);

	p->id = s(id);
	p->type = s(type);
	p->name = s(name);
	p->version = s(version);
	p->purl = arena_printf(a, "pkg:%s/%s%s@%s", type,
		strcmp(type, "deb") == 0 ? "debian/" : "", name, version);
	p->files_used = p->files_total = ABSENT;
	return p;
}

static void add_library(struct manifest *m, struct arena *a, const char *path,
	const char *soname, const char *package)
{
	struct m_library *l =
		ARENA_PUSH(a, m->libraries.items, m->libraries.count);

	l->path = s(path);
	l->soname = s(soname);
	l->package = s(package);
	*ARENA_PUSH(a, l->processes.items, l->processes.count) = s("p1");
}

static void add_network(struct manifest *m, struct arena *a, const char *family,
	const char *peer)
{
	struct m_network *n = ARENA_PUSH(a, m->network.items, m->network.count);

	n->family = s(family);
	n->peer = s(peer);
}

static void make_run(struct manifest *m, struct arena *a)
{
	struct m_package *numpy;
	struct m_altered *x;
	struct m_gap *g;

	manifest_init(m, a);
	add_package(m, a, "p1", "deb", "liblzma5", "5.6.1-1")->source =
		s("xz-utils 5.6.1-1");
	numpy = add_package(m, a, "p2", "pypi", "numpy", "1.21.5");
	add_package(m, a, "p3", "pypi", "scipy", "1.10.1");
	x = ARENA_PUSH(a, numpy->altered.items, numpy->altered.count);
	x->path = s("/v/numpy/core.so");
	x->installed = s("sha256:00");
	x->digest = s("sha256:11111111");
	x = ARENA_PUSH(a, numpy->altered.items, numpy->altered.count);
	x->path = s("/v/numpy/version.py");
	x->installed = s("sha256:00");
	x->digest = s("sha256:22222222");
	add_library(m, a, "/usr/lib/liblzma.so.5.6.1", "liblzma.so.5", "p1");
	add_library(m, a, "/v/numpy/core.so", NULL, "p2");
	add_library(m, a, "/v/numpy.libs/liblzma-13fa198c.so.5.6.1",
		"liblzma-13fa198c.so.5.6.1", "p2");
	add_library(m, a, "/opt/site/libfast.so", NULL, NULL);
	add_library(m, a, "/home/u/libmine.so", NULL, NULL);
	add_network(m, a, "unix", "/run/nscd/socket");
	add_network(m, a, "netlink", "kernel");
	add_network(m, a, "inet", "127.0.0.1:5000");
	add_network(m, a, "inet6", "[::1]:5000");
	add_network(m, a, "inet6", "[::ffff:127.0.0.1]:5000");
	add_network(m, a, "inet", "192.0.2.1:443");
	g = ARENA_PUSH(a, m->completeness.gaps.items, m->completeness.gaps.count);
	g->kind = s("unreadable");
	g->path = s("/x");
}

/* One line for each hit. */
static void check(const char *text, const char *wanted)
{
	autoarena *a = arena_new();
	autostrbuf got = STRBUF_INIT;
	struct policy_hits hits;
	struct policy p;
	struct manifest m;

	make_run(&m, a);
	must_read(&p, a, text);
	policy_check(&p, &m, a, &hits);
	strbuf_adds(&got, "");
	for (size_t i = 0; i < hits.count; i++) {
		const struct policy_hit *h = &hits.items[i];

		strbuf_addf(&got, "%zu %s", h->rule->line,
			policy_word(h->rule->kind));
		if (h->requirement)
			strbuf_addf(&got, " [%s]", h->requirement->text);
		if (h->package)
			strbuf_addf(&got, " %s", h->package->name);
		if (h->version)
			strbuf_addf(&got, " %s", h->version);
		if (h->unknown)
			strbuf_adds(&got, " unknown");
		for (size_t k = 0; k < h->paths.count; k++)
			strbuf_addf(&got, " %s", h->paths.items[k]);
		if (h->altered)
			strbuf_addf(&got, " is %s", h->altered->digest);
		if (h->network)
			strbuf_addf(&got, " %s", h->network->peer);
		if (h->gap)
			strbuf_addf(&got, " %s", h->gap->kind);
		for (size_t k = 0; k < h->processes.count; k++)
			strbuf_addf(&got, " by %s", h->processes.items[k]);
		strbuf_adds(&got, "\n");
	}
	assert_string_equal(got.s, wanted);
}

static void test_check(void **state)
{
	check("- liblzma>=5.6.0,<5.6.2\n",
		"1 forbid [liblzma>=5.6.0,<5.6.2] liblzma5 5.6.1-1 "
		"/usr/lib/liblzma.so.5.6.1 by p1\n"
		"1 forbid [liblzma>=5.6.0,<5.6.2] numpy unknown "
		"/v/numpy.libs/liblzma-13fa198c.so.5.6.1 by p1\n");
	check("- liblzma<5.6.0\n",
		"1 forbid [liblzma<5.6.0] numpy unknown "
		"/v/numpy.libs/liblzma-13fa198c.so.5.6.1 by p1\n");
	check("- forbid: liblzma<5.6.0\n  except: /v/numpy.libs/\n", "");
	/* An exception of which nobody knows whether it holds is none. */
	check("- forbid: liblzma<5.6.0\n  except: liblzma<9\n",
		"1 forbid [liblzma<5.6.0] numpy unknown "
		"/v/numpy.libs/liblzma-13fa198c.so.5.6.1 by p1\n");
	check("- pkg:pypi/scipy\n- pkg:pypi/torch\n",
		"1 forbid [pkg:pypi/scipy] scipy 1.10.1\n");
	/* One hit of a package, with its libraries, each process once. */
	check("- pkg:pypi/numpy<1.22\n",
		"1 forbid [pkg:pypi/numpy<1.22] numpy 1.21.5 /v/numpy/core.so "
		"/v/numpy.libs/liblzma-13fa198c.so.5.6.1 by p1\n");
	check("- xz-utils\n- numpy>=1.22\n",
		"1 forbid [xz-utils] liblzma5 5.6.1-1 "
		"/usr/lib/liblzma.so.5.6.1 by p1\n");
	check("- forbid: [\"scipy<1\", \"scipy<2\"]\n",
		"1 forbid [scipy<2] scipy 1.10.1\n");
	check("- altered: true\n",
		"1 altered numpy 1.21.5 /v/numpy/core.so is sha256:11111111 by "
		"p1\n"
		"1 altered numpy 1.21.5 /v/numpy/version.py is "
		"sha256:22222222\n");
	check("- altered: true\n  except: [sha256:22222222, "
	      "/v/numpy/core.so]\n",
		"");
	check("- unowned: true\n", "1 unowned /opt/site/libfast.so by p1\n"
				   "1 unowned /home/u/libmine.so by p1\n");
	check("- unowned: true\n  except: /opt/site/\n",
		"1 unowned /home/u/libmine.so by p1\n");
	check("- network: true\n", "1 network 192.0.2.1:443\n");
	check("- gaps: true\n- liblzma==1\n- network: true\n",
		"1 gaps unreadable\n"
		"2 forbid [liblzma==1] numpy unknown "
		"/v/numpy.libs/liblzma-13fa198c.so.5.6.1 by p1\n"
		"3 network 192.0.2.1:443\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
