// SPDX-License-Identifier: Apache-2.0
/* The recorded processors: how they look, and which of this host's they are. */
#include "manifests_help.h"

#include "base/arena.h"
#include "host/files.h"
#include "host/hardware.h"
#include "manifests/manifest.h"
#include "replay/cpu_tree.h"
#include "replay/cpu_view.h"
#include "replay/plan.h"

#include <sys/stat.h>

#define HOSTS "tests/data/hosts/"

static const cpu_set_t *set_of(const char *list)
{
	static cpu_set_t set;

	CPU_ZERO(&set);
	if (*list)
		assert_int_equal(cpu_list_parse(list, &set), 0);
	return &set;
}

static void lists_and_masks(void **state)
{
	static const struct {
		const char *list;
		int width;
		const char *mask;
	} good[] = {
		{"0", 1, "1"},
		{"0-1", 2, "3"},
		{"0,2-4", 9, "01d"},
		{"0-31", 32, "ffffffff"},
		{"32", 33, "1,00000000"},
		{"0,60-62", 63, "70000000,00000001"},
		{"1023", 1024,
			"80000000,00000000,00000000,00000000,00000000,"
			"00000000,00000000,00000000,00000000,00000000,"
			"00000000,00000000,00000000,00000000,00000000,"
			"00000000,00000000,00000000,00000000,00000000,"
			"00000000,00000000,00000000,00000000,00000000,"
			"00000000,00000000,00000000,00000000,00000000,"
			"00000000,00000000"},
		{"", 3, "0"},
	};
	static const char *const bad[] = {
		"", "3-1", "1024", "0-99999", "1;2", "x", "-1", "1-", "1,,2"};
	autoarena *a = arena_new();
	cpu_set_t set;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const cpu_set_t *s = set_of(good[i].list);

		assert_string_equal(cpu_list_text(a, s), good[i].list);
		assert_string_equal(
			cpu_mask_text(a, s, good[i].width), good[i].mask);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(cpu_list_parse(bad[i], &set), -1);
}

/* The content of a file of the tree, or a link's target; NULL when absent. */
static const char *in_tree(const struct cpu_tree *t, const char *path)
{
	char at[200] = "";

	for (size_t i = 0; i < t->count; i++) {
		const struct cpu_entry *e = &t->entries[i];
		size_t len = strlen(at);

		if (e->kind == CPU_UP) {
			*strrchr(at, '/') = 0;
			continue;
		}
		snprintf(at + len, sizeof(at) - len, "/%s", e->name);
		if (e->kind == CPU_DIR)
			continue;
		if (!strcmp(at + 1, path))
			return e->kind == CPU_LINK ? e->target
						   : t->contents[e->content];
		at[len] = 0;
	}
	assert_string_equal(at, "");
	return NULL;
}

struct expected {
	const char *path, *text;
};

static void check_tree(const struct cpu_view *v, struct arena *a,
	const struct expected *e, size_t count)
{
	struct cpu_tree t;

	cpu_tree_init(&t, a, v);
	for (size_t i = 0; i < count; i++) {
		const char *text = in_tree(&t, e[i].path);

		if (!text != !e[i].text || (text && strcmp(text, e[i].text) != 0))
			fail_msg("%s: '%s' instead of '%s'", e[i].path, text,
				e[i].text);
	}
}

#define CHECK_TREE(v, a, e) check_tree(v, a, e, sizeof(e) / sizeof(*(e)))

/* Two packages of two cores of two threads, as its files have it. */
static void a_machine_as_it_was(void **state)
{
	static const struct expected expected[] = {
		{"cpu/online", "0-7"},
		{"cpu/offline", ""},
		{"cpu/kernel_max", "8191"},
		{"cpu/smt/active", "1"},
		{"cpu/cpu6/topology/core_id", "0"},
		{"cpu/cpu6/topology/physical_package_id", "1"},
		{"cpu/cpu6/topology/thread_siblings", "44"},
		{"cpu/cpu6/topology/core_cpus_list", "2,6"},
		{"cpu/cpu6/topology/core_siblings_list", "2-3,6-7"},
		{"cpu/cpu6/cache/index0/shared_cpu_list", "2,6"},
		{"cpu/cpu6/cache/index0/type", "Data"},
		{"cpu/cpu6/cache/index2/size", "1024K"},
		{"cpu/cpu6/cache/index2/number_of_sets", "1024"},
		{"cpu/cpu6/cache/index3/shared_cpu_map", "cc"},
		{"cpu/cpu6/node1", "../../node/node1"},
		{"cpu/cpu6/node0", NULL},
		{"cpu/cpu8/topology/core_id", NULL},
		{"node/online", "0-1"},
		{"node/node1/cpulist", "2-3,6-7"},
		{"node/node1/distance", "21 10"},
		{"node/node1/meminfo", "Node 1 MemTotal:       32962464 kB\n"
				       "Node 1 MemFree:        32962464 kB\n"
				       "Node 1 MemUsed:               0 kB"},
		{"node/node0/cpu5", "../../cpu/cpu5"},
		{"node-bus/node1", "../../../devices/system/node/node1"},
		{"cpu-bus/cpu7", "../../../devices/system/cpu/cpu7"},
		{"cgroup/cpu.max", "150000 50000"},
		{"cgroup/memory.max", "34359738368"},
		{"cgroup/memory.swap.max", "0"},
		{"cgroup/cpuset.cpus.effective", "0-3"},
	};
	autostrbuf cpuinfo = STRBUF_INIT;
	autoarena *a = arena_new();
	const struct iso_fake *files;
	struct manifest m;
	struct cpu_view v;
	size_t count;

	manifest_init(&m, a);
	hardware_read(&m.hardware, a, HOSTS "nvidia-1");
	m.hardware.cpu.affinity = (char *)"1-2";
	assert_true(cpu_view_init(&v, a, &m));
	assert_false(v.lines_made);
	assert_string_equal(cpu_list_text(a, &v.allowed), "0-3");
	CHECK_TREE(&v, a, expected);
	files = cpu_view_files(&v, a, 4711, &count);
	assert_int_equal(count, 4);
	assert_int_equal(
		host_slurp(HOSTS "nvidia-1", "/proc/cpuinfo", &cpuinfo), 0);
	assert_string_equal(files[0].content, cpuinfo.s);
	assert_non_null(strstr(files[1].content, "\ncpu7 0"));
	assert_null(strstr(files[1].content, "\ncpu8 0"));
	assert_non_null(strstr(files[1].content, "\nbtime 4711\n"));
	assert_string_equal(files[3].target, "/proc/meminfo");
	assert_non_null(
		strstr(files[3].content, "MemTotal:       65806396 kB\n"
					 "MemFree:        65806396 kB\n"
					 "MemAvailable:   65806396 kB\n"));
	assert_non_null(
		strstr(files[3].content, "SwapFree:        8388604 kB\n"));
}

/* A record without the lines of /proc/cpuinfo has counts, which are enough. */
static void a_machine_from_its_counts(void **state)
{
	static const struct expected expected[] = {
		{"cpu/cpu41/topology/core_id", "9"},
		{"cpu/cpu41/topology/physical_package_id", "0"},
		{"cpu/cpu41/topology/thread_siblings_list", "9,41"},
		{"cpu/cpu41/cache/index0/shared_cpu_list", "9,41"},
		{"cpu/cpu41/cache/index0/ways_of_associativity", NULL},
		{"cpu/cpu41/cache/index1/shared_cpu_list", "8-11,40-43"},
		{"cpu/kernel_max", "63"},
		{"node/node0/cpulist", "0-63"},
		{"node/node0/cpumap", "ffffffff,ffffffff"},
		{"cgroup/cpu.max", NULL},
	};
	static const char path[] = "manifests/examples/training/manifest.yaml";
	autostrbuf text = STRBUF_INIT;
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	struct manifest m;
	struct cpu_view v;
	size_t count;
	const char *info;

	slurp(path, &text);
	if (manifest_read_yaml(&m, a, path, text.s, text.len, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(cpu_view_init(&v, a, &m));
	assert_true(v.lines_made);
	CHECK_TREE(&v, a, expected);
	info = cpu_view_files(&v, a, 0, &count)[0].content;
	assert_non_null(
		strstr(info, "processor\t: 63\nvendor_id\t: AuthenticAMD"
			     "\ncpu family\t:\nmodel\t\t:\nmodel name\t: "
			     "AMD EPYC 7543 32-Core Processor\n"));
	assert_non_null(
		strstr(info, "cache size\t: 32768 KB\nphysical id\t: 0\n"
			     "siblings\t: 64\ncore id\t\t: 31\n"
			     "cpu cores\t: 32\napicid\t\t: 63\n"));
	/* Nothing at all is no view. */
	manifest_init(&m, a);
	assert_false(cpu_view_init(&v, a, &m));
}

/* Lists for another number of processors than there are: made anew. */
static void lists_that_do_not_fit(void **state)
{
	autoarena *a = arena_new();
	struct manifest m;
	struct cpu_view v;
	const char *info;
	size_t count;

	manifest_init(&m, a);
	hardware_read(&m.hardware, a, HOSTS "nvidia-1");
	m.hardware.cpu.online = (char *)"0-3";
	assert_true(cpu_view_init(&v, a, &m));
	assert_false(v.lines_made);
	assert_int_equal(v.count, 4);
	info = cpu_view_files(&v, a, 0, &count)[0].content;
	assert_non_null(strstr(info, "physical id\t: 1\nsiblings\t: 2\n"
				     "core id\t\t: 0\ncpu cores\t: 1\n"
				     "apicid\t\t: 3\n"));
}

struct placed {
	const char *affinity, *online, *cpuset; /* recorded */
	const char *cpus, *host_online;
	const char *real;    /* that the command uses */
	const char *numbers; /* of those it may choose from */
	bool emulated, fewer, renumbered;
};

static const char *numbers_of(struct arena *a, const struct iso_emulation *em)
{
	autostrbuf out = STRBUF_INIT;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &em->allowed))
			strbuf_addf(
				&out, "%s%d", out.len ? " " : "", em->host[i]);
	return arena_strdup(a, out.s);
}

static bool noted(const struct plan *p, const char *kind)
{
	for (size_t i = 0; i < p->notes.count; i++)
		if (!strcmp(p->notes.items[i].kind, kind))
			return true;
	return false;
}

static void processors_find_their_places(void **state)
{
	static const struct placed cases[] = {
		/* the same machine, and a part of it */
		{"0-3", "0-3", NULL, "0-3", "0-3", "0-3", "0 1 2 3", false,
			false, false},
		{"2", "0-3", NULL, "0-3", "0-3", "2", "0 1 2 3", false, false,
			false},
		/* a larger one, and a part of that */
		{"0-3", "0-3", NULL, "0-63", "0-63", "0-3", "0 1 2 3", true,
			false, false},
		{"0-3", "0-3", NULL, "8-11", "0-63", "8-11", "8 9 10 11", true,
			false, true},
		{"0-1", "0-3", NULL, "1-9", "0-63", "1,4", "4 1 2 3", true,
			false, true},
		/* fewer: all are used, in turn */
		{"0-6", "0-6", NULL, "0-1", "0-1", "0-1", "0 1 0 1 0 1 0", true,
			true, true},
		{"4-6", "0-7", NULL, "0-3", "0-3", "0-2", "0 1 2 3 0 1 2 3",
			true, false, true},
		{"0", "0", NULL, "5", "0-7", "5", "5", true, false, true},
		/* a control group */
		{"0-1", "0-63", "0-3", "0-3", "0-3", "0-1", "0 1 2 3", false,
			false, false},
		{"0-1", "0-63", "0-3", "0-7", "0-7", "0-1", "0 1 2 3", true,
			false, false},
		/* what the record does not say */
		{"2-3", NULL, NULL, "0-3", "0-3", "2-3", "2 3", true, false,
			false},
		{NULL, "0-3", NULL, "0-3", "0-3", "0-3", "0 1 2 3", false,
			false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct placed *c = &cases[i];
		autoarena *a = arena_new();
		struct host_view h = {.cpus = *set_of(c->cpus)};
		struct replay_options o = {0};
		struct manifest m;
		struct plan p = {.arena = a, .manifest = &m, .notes.arena = a};

		h.online = *set_of(c->host_online);
		manifest_init(&m, a);
		m.hardware.cpu.affinity = (char *)c->affinity;
		m.hardware.cpu.online = (char *)c->online;
		m.hardware.cpu.cgroup.cpuset = (char *)c->cpuset;
		plan_cpus(&p, &o, &h);
		assert_string_equal(cpu_list_text(a, p.iso.affinity), c->real);
		assert_string_equal(numbers_of(a, &p.emulation), c->numbers);
		assert_int_equal(p.iso.emulation != NULL, c->emulated);
		assert_int_equal(noted(&p, "cpus"), c->fewer);
		assert_int_equal(noted(&p, "cpu-numbers"), c->renumbered);
	}
}

static void memory_of_another_size(void **state)
{
	static const struct {
		int64_t recorded, here;
		bool emulated, noted;
	} cases[] = {
		{8 << 20, 8 << 20, false, false},
		{8 << 20, 9 << 20, true, false},
		{8 << 20, 7 << 20, true, true},
		{ABSENT, 7 << 20, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autoarena *a = arena_new();
		struct host_view h = {.cpus = *set_of("0"),
			.online = *set_of("0"),
			.memory_bytes = cases[i].here};
		struct replay_options o = {0};
		struct manifest m;
		struct plan p = {.arena = a, .manifest = &m, .notes.arena = a};

		manifest_init(&m, a);
		m.hardware.cpu.online = (char *)"0";
		m.hardware.memory.total_bytes = cases[i].recorded;
		plan_cpus(&p, &o, &h);
		assert_int_equal(p.emulation.memory, cases[i].emulated);
		assert_int_equal(p.iso.emulation != NULL, cases[i].emulated);
		assert_int_equal(noted(&p, "memory"), cases[i].noted);
	}
}

static void this_hosts_when_asked(void **state)
{
	autoarena *a = arena_new();
	struct host_view h = {.cpus = *set_of("0-1"), .online = *set_of("0-1")};
	struct replay_options o = {.host_cpus = true};
	struct manifest m;
	struct plan p = {.arena = a, .manifest = &m, .notes.arena = a};

	manifest_init(&m, a);
	m.hardware.cpu.online = (char *)"0-7";
	m.hardware.cpu.count = 8;
	plan_cpus(&p, &o, &h);
	assert_null(p.cpu_view);
	assert_null(p.iso.affinity);
	assert_int_equal(p.iso.fake_count, 0);
	assert_true(noted(&p, "cpus"));
}

static ino_t inode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static size_t entries_in(struct arena *a, const char *dir)
{
	struct strlist names = {0};

	host_names(a, "", dir, &names);
	return names.count;
}

/* Made once, used again, and made anew when it is damaged. */
static void the_directory_is_made_once(void **state)
{
	char parent[] = "/tmp/reprise-cpus.XXXXXX";
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	struct manifest m;
	struct cpu_view v;
	struct cpu_tree t;
	autostrbuf text = STRBUF_INIT;
	const char *path, *file, *again;
	size_t count;
	ino_t first;

	assert_non_null(mkdtemp(parent));
	manifest_init(&m, a);
	hardware_read(&m.hardware, a, HOSTS "nvidia-1");
	assert_true(cpu_view_init(&v, a, &m));
	cpu_tree_init(&t, a, &v);
	setenv("REPRISE_FAULT", "replay.cpus=ENOSPC", 1);
	assert_null(cpu_dir_cached(&t, parent, false, &e));
	unsetenv("REPRISE_FAULT");
	assert_int_equal(entries_in(a, parent), 0);
	path = cpu_dir_cached(&t, parent, false, &e);
	if (!path)
		fail_msg("%s", e.msg);
	file = arena_printf(a, "%s/cpu/cpu7/topology/core_siblings_list", path);
	assert_int_equal(fs_slurp(file, &text), 0);
	assert_string_equal(text.s, "2-3,6-7\n");
	first = inode(path);
	again = cpu_dir_cached(&t, parent, false, &e);
	assert_string_equal(again, path);
	assert_int_equal(inode(path), first);
	file = arena_printf(a, "%s/contents/3", path);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(truncate(file, 0), 0);
	assert_non_null(cpu_dir_cached(&t, parent, false, &e));
	assert_int_not_equal(inode(path), first);
	assert_int_equal(entries_in(a, parent), 1);
	/* For other owners it is another one. */
	if (geteuid() == 0)
		assert_string_not_equal(
			cpu_dir_cached(&t, parent, true, &e), path);
	assert_int_equal(cpu_dir_binds(&t, path, &count)[4].optional, true);
	assert_int_equal(count, 5);
	assert_int_equal(fs_remove_tree(AT_FDCWD, parent, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_and_masks),
		cmocka_unit_test(a_machine_as_it_was),
		cmocka_unit_test(a_machine_from_its_counts),
		cmocka_unit_test(lists_that_do_not_fit),
		cmocka_unit_test(processors_find_their_places),
		cmocka_unit_test(memory_of_another_size),
		cmocka_unit_test(this_hosts_when_asked),
		cmocka_unit_test(the_directory_is_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
