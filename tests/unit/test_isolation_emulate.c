// SPDX-License-Identifier: Apache-2.0
/* Processors and memory that this host does not have. */
#include "sandbox/isolation/emulate.h"
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/sysinfo.h>

#include <cmocka.h>

/* The processors of this host that the test may use. */
static int host_cpus(int out[CPU_SETSIZE])
{
	cpu_set_t set;
	int n = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			out[n++] = i;
	return n;
}

/* `count` processors from `first` on, which take turns on this host's. */
static struct iso_emulation processors(int first, int count)
{
	struct iso_emulation em = {.cpus = true, .width = first + count};
	int here[CPU_SETSIZE], n = host_cpus(here);

	em.mask_bytes = (size_t)(em.width + 63) / 64 * 8;
	for (int i = 0; i < count; i++) {
		em.host[first + i] = (uint16_t)here[i % n];
		CPU_SET(first + i, &em.allowed);
		CPU_SET(here[i % n], &em.start_real);
	}
	em.start = em.allowed;
	return em;
}

static struct outcome *run_with(
	const struct iso_emulation *em, const char *script, bool root)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, script);

	iso.emulation = em;
	iso.affinity = em->cpus ? &em->start_real : NULL;
	iso.affinity_size = sizeof(em->start_real);
	return run_sandbox(&iso, root);
}

static void more_processors_than_there_are(void **state)
{
	struct iso_emulation em = processors(0, 61);
	struct outcome *o = run_with(&em,
		"nproc; taskset -cp $$ | cut -d: -f2; "
		"taskset -c 3,5,60 sh -c 'nproc; taskset -cp $$ | cut -d: -f2;"
		" taskset -c 7 nproc; true; nproc'; "
		"taskset -cp 9 $$ >/dev/null; nproc; "
		"taskset -c 61 true 2>&1 | grep -c 'Invalid argument'",
		is_root(state));

	assert_string_equal(o->e.msg, "");
	assert_int_equal(o->result.note_count, 0);
	assert_string_equal(o->out, "61\n 0-60\n3\n 3,5,60\n1\n3\n1\n1\n");
}

/* Numbers that this host does not have, each one of its own. */
static void one_processor_of_another_number(void **state)
{
	struct iso_emulation em = processors(40, 1);
	struct outcome *o = run_with(&em,
		"taskset -cp $$ | cut -d: -f2; taskset 0xffffffffffffffff "
		"taskset -cp 1 2>&1 | cut -d: -f2; nproc",
		is_root(state));

	assert_string_equal(o->e.msg, "");
	/* PID 1 is ours: nobody gave it fewer than there are. */
	assert_string_equal(o->out, " 40\n 40\n1\n");
}

/* What a program starts with can be fewer than it may choose from. */
static void the_start_is_a_part(void **state)
{
	struct iso_emulation em = processors(0, 6);

	CPU_ZERO(&em.start);
	CPU_SET(1, &em.start);
	CPU_SET(4, &em.start);
	assert_string_equal(
		run_with(&em,
			"taskset -cp $$ | cut -d: -f2; "
			"taskset 0xff taskset -cp $$ | cut -d: -f2; "
			"taskset 0xff sh -c 'taskset -cp $$' | cut -d: -f2",
			is_root(state))
			->out,
		" 1,4\n 1,4\n 0-5\n");
}

static void memory_of_another_machine(void **state)
{
	struct iso_emulation em = {.memory = true,
		.total_bytes = 5ull << 40,
		.available_bytes = 3ull << 40,
		.swap_bytes = 1ull << 40};
	struct sysinfo info;
	long page = sysconf(_SC_PAGESIZE);
	char expected[100];
	struct outcome *o;

	assert_int_equal(sysinfo(&info), 0);
	snprintf(expected, sizeof(expected), "%llu\n%llu\n",
		em.total_bytes / (unsigned long long)page,
		em.available_bytes / (unsigned long long)page);
	o = run_with(&em, "getconf _PHYS_PAGES; getconf _AVPHYS_PAGES",
		is_root(state));
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, expected);
}

#define CALLS "make-calls"

static void *ask(void *arg)
{
	cpu_set_t *set = arg;

	pthread_getaffinity_np(pthread_self(), sizeof(*set), set);
	return NULL;
}

static bool fails_with(long r, int error)
{
	return r == -1 && errno == error;
}

/* The raw calls, as kernel/sched/syscalls.c has them: a bit for each that is
 * not as it should be. */
static int make_calls(void)
{
	unsigned long mask[32] = {0}, other[1] = {1ul << 5};
	const long get = SYS_sched_getaffinity, set = SYS_sched_setaffinity;
	cpu_set_t seen;
	pthread_t t;
	int bad = 0;

	bad |= (syscall(get, 0, sizeof(mask), mask) != 16) << 0;
	bad |= (mask[0] != ~0ul || mask[1] != (1ul << 6) - 1 || mask[2]) << 1;
	bad |= !fails_with(syscall(get, 0, 8, mask), EINVAL) << 2;
	bad |= !fails_with(syscall(get, 0, 20, mask), EINVAL) << 3;
	bad |= !fails_with(syscall(get, 0, 16, 8), EFAULT) << 4;
	bad |= !fails_with(syscall(get, 4000, 16, mask), ESRCH) << 5;
	/* A short mask stands for the first processors. */
	bad |= (syscall(set, 0, 1, other) != 0) << 6;
	bad |= (syscall(get, getpid(), 16, mask) != 16) << 7;
	bad |= (mask[0] != 1ul << 5 || mask[1]) << 8;
	bad |= !fails_with(syscall(set, 0, 0, mask), EINVAL) << 9;
	bad |= !fails_with(syscall(set, 0, 8, 8), EFAULT) << 10;
	/* A thread asks by its own number, and has its maker's. */
	bad |= (pthread_create(&t, NULL, ask, &seen) != 0) << 11;
	pthread_join(t, NULL);
	bad |= (CPU_COUNT(&seen) != 1 || !CPU_ISSET(5, &seen)) << 12;
	return bad;
}

static void calls_are_as_the_kernel_has_them(void **state)
{
	struct iso_emulation em = processors(0, 70);
	char self[4096] = "", *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	char *words[] = {(char *)CALLS, NULL};
	struct outcome *o;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	iso.executable = self;
	iso.argv = words;
	iso.emulation = &em;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "0\n");
}

static int outer_listener(void)
{
	struct iso_emulation em = {.memory = true};

	return emulate_filter(&em);
}

/* Only one listener is possible: that is told, and no reason not to run. */
static void another_listener_above(void **state)
{
	struct iso_emulation em = processors(0, 7);
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "nproc");
	bool root = is_root(state);
	int status, here[CPU_SETSIZE];
	pid_t pid;

	iso.emulation = &em;
	iso.affinity = &em.start_real;
	iso.affinity_size = sizeof(em.start_real);
	pid = fork();
	if (pid == 0) {
		struct outcome *o;
		char count[16];

		snprintf(count, sizeof(count), "%d\n",
			host_cpus(here) < 7 ? host_cpus(here) : 7);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (outer_listener() < 0)
			_exit(2);
		o = run_sandbox(&iso, root);
		_exit(o->rc == 0 && o->result.note_count == 1 &&
					strstr(o->result.notes[0],
						"no seccomp listener") &&
					!strcmp(o->out, count)
				? 0
				: 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* A call that is no more: whatever has its task's number now is left alone. */
static void whose_call_is_gone_is_not_touched(void **state)
{
	struct iso_emulation em = processors(0, 2);
	struct emulator e;
	char memory[8] = "before", got[8] = "";
	struct seccomp_notif n = {.id = 1, .pid = (unsigned)getpid()};
	cpu_set_t before, after, one;

	emulator_init(&e, &em);
	assert_int_equal(emulate_write(&e, &n, (uintptr_t)memory, "after", 6),
		EMULATE_NOT);
	assert_string_equal(memory, "before");
	assert_int_equal(
		emulate_read(&e, &n, (uintptr_t)memory, got, 6), EMULATE_NOT);
	assert_string_equal(got, "");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	n.data.args[1] = 8;
	n.data.args[2] = (uintptr_t)&one;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(emulate_setaffinity(&e, &n), EMULATE_NOT);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	emulator_release(&e);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(more_processors_than_there_are),
		BOTH(one_processor_of_another_number),
		BOTH(the_start_is_a_part),
		BOTH(memory_of_another_machine),
		BOTH(calls_are_as_the_kernel_has_them),
		BOTH(another_listener_above),
		cmocka_unit_test(whose_call_is_gone_is_not_touched),
	};

	if (!strcmp(argv[0], CALLS)) {
		printf("%x\n", (unsigned)make_calls());
		return 0;
	}
	return RUN_CASES(tests);
}
