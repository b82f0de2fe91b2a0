// SPDX-License-Identifier: Apache-2.0
/*
 * The readers of hardware on machines made of files: tests/data/hosts/NAME/ is
 * a root, NAME.yaml what a manifest says of it. REPRISE_UPDATE=1 writes those
 * anew.
 */
#include "manifests_help.h"

#include "base/arena.h"
#include "host/accelerators.h"
#include "host/cpuid.h"
#include "host/cpuinfo.h"
#include "host/files.h"
#include "host/hardware.h"
#include "manifests/manifest.h"
#include <sched.h>
#include <sys/stat.h>

#define HOSTS "tests/data/hosts/"

static const char *const hosts[] = {"nvidia-1", "nvidia-8", "nvidia-mig", "amd",
	"intel", "arm", "nonsense", "absent"};

static void read_host(struct manifest *m, struct arena *a, const char *name)
{
	manifest_init(m, a);
	hardware_read(&m->hardware, a, arena_printf(a, HOSTS "%s", name));
}

/* A whole manifest, so that it can be read back and checked. */
static void write_host(struct manifest *m, struct arena *a, struct strbuf *out)
{
	m->run.id = (char *)"01234567-89ab-4cde-8f01-23456789abcd";
	m->run.status = (char *)"incomplete";
	m->run.started = (char *)"2024-05-01T12:30:45.000000Z";
	m->command.cwd = (char *)"/";
	m->files = (struct m_files){(char *)"files.yaml",
		(char *)"sha256:0123456789abcdef0123456789abcdef"
			"0123456789abcdef0123456789abcdef",
		0};
	m->completeness.aggregate = (char *)"incomplete";
	assert_int_equal(manifest_write_yaml(m, out, NULL), 0);
}

/* The part of it that this test is about. */
static char *hardware_part(struct arena *a, const char *text)
{
	const char *from = strstr(text, "\nhardware:\n");

	return from ? arena_memdup(a, from + 1,
			      (size_t)(strstr(from, "\ninputs:") - from))
		    : arena_strdup(a, "");
}

static void test_hosts(void **state)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		autostrbuf text = STRBUF_INIT, expect = STRBUF_INIT;
		autoarena *a = arena_new();
		struct manifest m, again;
		struct err e = ERR_INIT;
		char *path = arena_printf(a, HOSTS "%s.yaml", hosts[i]);
		char *part;

		read_host(&m, a, hosts[i]);
		write_host(&m, a, &text);
		part = hardware_part(a, text.s);
		if (getenv("REPRISE_UPDATE") != NULL)
			assert_int_equal(fs_write_file(AT_FDCWD, path, part,
						 strlen(part), 0644, &e),
				0);
		slurp(path, &expect);
		assert_string_equal(part, expect.s);
		if (manifest_read_yaml(
			    &again, a, hosts[i], text.s, text.len, &e) < 0 ||
			manifest_check(&again, hosts[i], &e) < 0)
			fail_msg("%s", e.msg);
	}
}

/* Its frequency is no part of a record: the one that bogomips tells. */
static void replace_frequency(char *text, const char *by)
{
	for (char *p = text; (p = strstr(p, "cpu MHz\t\t: ")); p++) {
		char *end = strchrnul(p, '\n'),
		     *from = p + strlen("cpu MHz\t\t: ");

		memmove(from + strlen(by), end, strlen(end) + 1);
		memcpy(from, by, strlen(by));
	}
}

static void check_cpuinfo(struct arena *a, const char *root, const char *mhz)
{
	autostrbuf text = STRBUF_INIT, made = STRBUF_INIT;
	struct m_hardware h = {0};
	int numbers[CPU_SETSIZE];
	size_t count = 0;

	hardware_read(&h, a, root);
	assert_int_equal(host_slurp(root, "/proc/cpuinfo", &text), 0);
	strbuf_grow(&text, 65536);
	for (const char *p = text.s; (p = strstr(p, "processor\t: ")); p++)
		numbers[count++] = atoi(p + strlen("processor\t: "));
	cpuinfo_write(&h.cpu, numbers, count, &made);
	replace_frequency(text.s, mhz);
	replace_frequency(made.s, mhz);
	assert_string_equal(made.s, text.s);
}

/* What is read of /proc/cpuinfo makes the same text again. */
static void test_cpuinfo(void **state)
{
	autoarena *a = arena_new();
	struct m_cpu cpu = {0};
	autostrbuf out = STRBUF_INIT;

	check_cpuinfo(a, HOSTS "nvidia-1", "2500.000");
	check_cpuinfo(a, HOSTS "arm", "1.000");
	check_cpuinfo(a, "", "1.000");
	/* A paragraph that is like no other, and one that is none. */
	cpuinfo_read(&cpu, a,
		"processor\t: 0\na\t\t: 1\nb\t\t: 2\n\n"
		"processor\t: 3\nb\t\t: 2\n\nHardware\t: x\n");
	cpuinfo_write(&cpu, (int[]){4, 5}, 2, &out);
	assert_string_equal(out.s, "processor\t: 4\na\t\t: 1\nb\t\t: 2\n\n"
				   "processor\t: 5\na\t\t:\nb\t\t: 2\n\n");
	cpu = (struct m_cpu){0};
	cpuinfo_read(&cpu, a, "processor 0: version = FF\n");
	assert_int_equal(cpu.cpuinfo.count, 0);
	cpuinfo_read(&cpu, a, "");
	assert_int_equal(cpu.cpuinfo.count, 0);
}

static void mark(struct m_hardware *h, const char *path)
{
	struct m_device devices[] = {{.path = (char *)"/dev/null"},
		{.path = (char *)"/dev/nvidiactl"}, {.path = (char *)path}};

	accelerators_mark_used(h, devices, 3);
}

static int used(const struct m_hardware *h)
{
	int which = -1;

	for (size_t i = 0; i < h->accelerators.count; i++)
		if (h->accelerators.items[i].used) {
			assert_int_equal(which, -1);
			which = (int)i;
		}
	return which;
}

/* The node's number is the minor's, not the GPU's place in the list. */
static void test_used(void **state)
{
	static const struct {
		const char *host, *node;
		int which;
	} cases[] = {
		{"nvidia-8", "/dev/nvidia0", 4},
		{"nvidia-8", "/dev/nvidia4", 0},
		{"nvidia-8", "/dev/nvidia-uvm", -1},
		{"nvidia-8", "/dev/nvidia", -1},
		{"nvidia-1", "/dev/dri/renderD128", 0},
		{"nvidia-mig", "/dev/nvidia-caps/nvidia-cap158", 0},
		{"nvidia-mig", "/dev/nvidia-caps/nvidia-cap1", -1},
		{"amd", "/dev/dri/renderD129", 1},
		{"amd", "/dev/kfd", -1},
		{"intel", "/dev/dri/card1", 0},
		{"arm", "/dev/nvidia0", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		autoarena *a = arena_new();
		struct manifest m;

		read_host(&m, a, cases[i].host);
		assert_int_equal(used(&m.hardware), -1);
		mark(&m.hardware, cases[i].node);
		if (used(&m.hardware) != cases[i].which)
			fail_msg("%s: %s", cases[i].host, cases[i].node);
	}
}

/* To the nth of the processors that this process may use, if there is one. */
static void move_to_processor(int n)
{
	cpu_set_t all, one;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all) && n-- == 0)
			CPU_SET(i, &one);
	if (CPU_COUNT(&one))
		assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static unsigned long reg(const char *text)
{
	return strtoul(text, NULL, 16);
}

static const struct m_cpuid *leaf(const struct m_cpu *cpu, unsigned long number)
{
	for (size_t i = 0; i < cpu->cpuid.count; i++)
		if (reg(cpu->cpuid.items[i].leaf) == number)
			return &cpu->cpuid.items[i];
	return NULL;
}

/* What the table says against what the kernel says of the same processor. */
static void test_cpuid(void **state)
{
#if defined(__x86_64__)
	autoarena *a = arena_new();
	const struct m_cpuid *first, *second;
	struct m_hardware h = {0};
	struct m_cpu again = {0};
	cpu_set_t all;
	unsigned long family, v;
	char vendor[13] = "";

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	move_to_processor(0);
	hardware_read(&h, a, "");
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	first = leaf(&h.cpu, 0);
	second = leaf(&h.cpu, 1);
	assert_non_null(first);
	assert_non_null(second);
	v = reg(first->ebx);
	memcpy(vendor, &v, 4);
	v = reg(first->edx);
	memcpy(vendor + 4, &v, 4);
	v = reg(first->ecx);
	memcpy(vendor + 8, &v, 4);
	assert_string_equal(vendor, h.cpu.vendor);
	v = reg(second->eax);
	family = (v >> 8 & 0xf) + ((v >> 8 & 0xf) == 0xf ? v >> 20 & 0xff : 0);
	assert_int_equal(family, strtoul(h.cpu.family, NULL, 10));
	/* No row says nothing. */
	for (size_t i = 0; i < h.cpu.cpuid.count; i++) {
		const struct m_cpuid *r = &h.cpu.cpuid.items[i];

		assert_true(
			reg(r->eax) | reg(r->ebx) | reg(r->ecx) | reg(r->edx));
		for (size_t k = 0; k < i; k++)
			assert_true(
				strcmp(r->leaf, h.cpu.cpuid.items[k].leaf) ||
				strcmp(r->subleaf, h.cpu.cpuid.items[k].subleaf));
	}
	/* Another processor gives the same. */
	move_to_processor(1);
	cpuid_read(&again, a);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_int_equal(again.cpuid.count, h.cpu.cpuid.count);
	for (size_t i = 0; i < again.cpuid.count; i++) {
		assert_string_equal(
			again.cpuid.items[i].ebx, h.cpu.cpuid.items[i].ebx);
		assert_string_equal(
			again.cpuid.items[i].edx, h.cpu.cpuid.items[i].edx);
	}
#else
	skip();
#endif
}

static void test_list_count(void **state)
{
	assert_int_equal(host_list_count("0"), 1);
	assert_int_equal(host_list_count("0-7,16"), 9);
	assert_true(host_list_count("") == ABSENT);
	assert_true(host_list_count(NULL) == ABSENT);
	assert_true(host_list_count("3-1") == ABSENT);
	assert_true(host_list_count("1,") == ABSENT);
	assert_true(host_list_count("1 2") == ABSENT);
	assert_true(host_list_count("0-99999999") == ABSENT);
}

static void test_value(void **state)
{
	autoarena *a = arena_new();
	static const char text[] = "model name\t: A B \nmodel\t\t: 85\n"
				   "simd_count 440\nempty\t:\nlast : x";

	assert_string_equal(host_value(a, text, "model name"), "A B");
	assert_string_equal(host_value(a, text, "model\t"), "85");
	assert_string_equal(host_value(a, text, "simd_count"), "440");
	assert_string_equal(host_value(a, text, "last"), "x");
	assert_null(host_value(a, text, "simd"));
	assert_null(host_value(a, text, "empty"));
	assert_null(host_value(a, text, "B"));
}

/* A pipe in the place of a file is not waited for. */
static void test_fifo(void **state)
{
	char root[] = "/tmp/reprise-host.XXXXXX";
	autoarena *a = arena_new();
	struct manifest m;
	char *proc, *path;

	assert_non_null(mkdtemp(root));
	proc = arena_printf(a, "%s/proc", root);
	path = arena_printf(a, "%s/cpuinfo", proc);
	assert_int_equal(mkdir(proc, 0700), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	manifest_init(&m, a);
	hardware_read(&m.hardware, a, root);
	assert_null(m.hardware.cpu.vendor);
	assert_int_equal(fs_remove_tree(AT_FDCWD, root, NULL), 0);
}

/* Of a file without an end so much as a kernel's could have. */
static void test_endless(void **state)
{
	autostrbuf text = STRBUF_INIT;

	assert_int_equal(host_slurp("/dev", "/zero", &text), 0);
	assert_true(text.len >= HOST_FILE_MAX && text.len < 2 * HOST_FILE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_cpuinfo),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_list_count),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
