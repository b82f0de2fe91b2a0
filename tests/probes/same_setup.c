// SPDX-License-Identifier: Apache-2.0
/*
 * same_setup NAME COMMAND...: executes the command with one thing about this
 * process out of the ordinary. Without arguments: the names.
 */
#include "cases.h"

#include <grp.h>
#include <linux/ioprio.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/time.h>

static void nothing(void)
{
}

static void niced(void)
{
	must(setpriority(PRIO_PROCESS, 0, 15));
}

static void policy(int p)
{
	struct sched_param s = {0};

	must(sched_setscheduler(0, p, &s));
}

static void batch(void)
{
	policy(SCHED_BATCH);
}

static void idle(void)
{
	policy(SCHED_IDLE);
}

static void reset_on_fork(void)
{
	policy(SCHED_BATCH | SCHED_RESET_ON_FORK);
}

static void io_priority(void)
{
	must(syscall(SYS_ioprio_set, 1, 0, IOPRIO_PRIO_VALUE(2, 7)));
}

static void one_cpu(void)
{
	cpu_set_t set;

	must(sched_getaffinity(0, sizeof(set), &set));
	for (int i = 0, seen = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set) && seen++)
			CPU_CLR(i, &set);
	must(sched_setaffinity(0, sizeof(set), &set));
}

static void own_session(void)
{
	pid_t pid = (pid_t)must(fork());
	int status;

	if (pid) {
		status = end_of(pid);
		_exit(WEXITSTATUS(status));
	}
	must(setsid());
}

static void mask(void)
{
	umask(0177);
}

static void ignores(void)
{
	static const int sigs[] = {
		SIGHUP, SIGINT, SIGCHLD, SIGPIPE, SIGTTOU, SIGXFSZ, 40};

	for (size_t i = 0; i < COUNT(sigs); i++)
		signal(sigs[i], SIG_IGN);
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void blocks(void)
{
	static const int sigs[] = {SIGTERM, SIGCHLD, SIGUSR1, SIGALRM, 50};

	for (size_t i = 0; i < COUNT(sigs); i++)
		block(sigs[i]);
}

static void interval(int which)
{
	struct itimerval t = {{1000, 5}, {1000, 5}};

	must(setitimer((__itimer_which_t)which, &t, NULL));
}

static void real_timer(void)
{
	interval(ITIMER_REAL);
}

static void virtual_timer(void)
{
	interval(ITIMER_VIRTUAL);
}

static void prof_timer(void)
{
	interval(ITIMER_PROF);
}

static void parent_death(void)
{
	must(prctl(PR_SET_PDEATHSIG, SIGTERM));
}

static void subreaper(void)
{
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
}

static void no_randomization(void)
{
	must(personality(ADDR_NO_RANDOMIZE));
}

static void slack(void)
{
	must(prctl(PR_SET_TIMERSLACK, 77777));
}

static void no_huge_pages(void)
{
	must(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
}

static void core_filter(void)
{
	int fd = (int)must(open("/proc/self/coredump_filter", O_WRONLY));

	must(write(fd, "0x7", 3));
	close(fd);
}

static void oom_score(void)
{
	int fd = (int)must(open("/proc/self/oom_score_adj", O_WRONLY));

	must(write(fd, "333", 3));
	close(fd);
}

static void no_new_privileges(void)
{
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit l = {soft, hard};

	must(setrlimit((__rlimit_resource_t)resource, &l));
}

static void few_descriptors(void)
{
	limit(RLIMIT_NOFILE, 64, 64);
}

static void fewer_descriptors(void)
{
	limit(RLIMIT_NOFILE, 8, 256);
}

static void small_stack(void)
{
	limit(RLIMIT_STACK, 160 * 1024, RLIM_INFINITY);
}

static void large_stack(void)
{
	limit(RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY);
}

static void address_space(void)
{
	limit(RLIMIT_AS, 64 << 20, RLIM_INFINITY);
}

static void data_size(void)
{
	limit(RLIMIT_DATA, 8 << 20, RLIM_INFINITY);
}

static void file_size(void)
{
	limit(RLIMIT_FSIZE, 512, RLIM_INFINITY);
}

static void processor_time(void)
{
	limit(RLIMIT_CPU, 5, RLIM_INFINITY);
}

static void processes(void)
{
	limit(RLIMIT_NPROC, 5000, 6000);
}

static void locked_memory(void)
{
	limit(RLIMIT_MEMLOCK, 0, 0);
}

static void pending_signals(void)
{
	limit(RLIMIT_SIGPENDING, 10, 20);
}

static void more_descriptors(void)
{
	int fd = (int)must(open("/etc/passwd", O_RDONLY));

	must(dup2(fd, 5));
	must(dup2(fd, 63));
	must(fcntl(fd, F_DUPFD_CLOEXEC, 40));
	close(fd);
}

static void no_input(void)
{
	close(STDIN_FILENO);
}

static void no_errors(void)
{
	close(STDERR_FILENO);
}

static void has_children(void)
{
	pid_t parent = getpid();

	if (must(fork()) == 0) {
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		must(prctl(PR_SET_PDEATHSIG, SIGKILL));
		while (getppid() == parent)
			pause();
		_exit(0);
	}
}

static void no_directory(void)
{
	must(mkdir("gone", 0755));
	must(chdir("gone"));
	must(rmdir("../gone"));
}

static void groups(void)
{
	static const gid_t g[] = {12345, 23456, 34567};

	if (geteuid() == 0)
		must(setgroups(3, g));
}

static void fewer_capabilities(void)
{
	if (geteuid() != 0)
		return;
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
	must(prctl(PR_CAPBSET_DROP, CAP_MKNOD));
}

static void secure_bits(void)
{
	if (geteuid() == 0)
		must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
}

static const struct probe_case setups[] = {
	{"nothing", nothing},
	{"niced", niced},
	{"batch", batch},
	{"idle", idle},
	{"reset-on-fork", reset_on_fork},
	{"io-priority", io_priority},
	{"one-cpu", one_cpu},
	{"own-session", own_session},
	{"mask", mask},
	{"ignores", ignores},
	{"blocks", blocks},
	{"real-timer", real_timer},
	{"virtual-timer", virtual_timer},
	{"prof-timer", prof_timer},
	{"parent-death", parent_death},
	{"subreaper", subreaper},
	{"no-randomization", no_randomization},
	{"slack", slack},
	{"no-huge-pages", no_huge_pages},
	{"core-filter", core_filter},
	{"oom-score", oom_score},
	{"no-new-privileges", no_new_privileges},
	{"few-descriptors", few_descriptors},
	{"fewer-descriptors", fewer_descriptors},
	{"small-stack", small_stack},
	{"large-stack", large_stack},
	{"address-space", address_space},
	{"data-size", data_size},
	{"file-size", file_size},
	{"processor-time", processor_time},
	{"processes", processes},
	{"locked-memory", locked_memory},
	{"pending-signals", pending_signals},
	{"more-descriptors", more_descriptors},
	{"no-input", no_input},
	{"no-errors", no_errors},
	{"has-children", has_children},
	{"no-directory", no_directory},
	{"groups", groups},
	{"fewer-capabilities", fewer_capabilities},
	{"secure-bits", secure_bits},
};

int main(int argc, char **argv)
{
	probe_area = "setup";
	for (size_t i = 0; i < COUNT(setups); i++) {
		if (argc < 3) {
			puts(setups[i].name);
			continue;
		}
		probe_name = setups[i].name;
		if (strcmp(argv[1], probe_name) != 0)
			continue;
		setups[i].run();
		execvp(argv[2], argv + 2);
		say("exec %s", result(-1));
		return 1;
	}
	return argc >= 3;
}
