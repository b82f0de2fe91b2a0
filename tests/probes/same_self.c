// SPDX-License-Identifier: Apache-2.0
/*
 * same_self [CASE...]: what a program finds of itself: in /proc/self, in what
 * it has inherited, in what it has used so far.
 */
#include "cases.h"

#include <dirent.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>

extern char **environ;

static size_t slurp(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY);
	size_t n = 0;
	ssize_t r;

	if (fd < 0) {
		snprintf(buf, cap, "%s", strerrorname_np(errno));
		return 0;
	}
	while (n < cap - 1 && (r = read(fd, buf + n, cap - 1 - n)) > 0)
		n += (size_t)r;
	buf[n] = 0;
	close(fd);
	return n;
}

/* Numbers of processes, memory and time, which no two runs share. */
static bool differs_anyway(const char *line)
{
	static const char *const names[] = {"Tgid", "Ngid", "Pid", "PPid",
		"NStgid", "NSpid", "NSpgid", "NSsid", "Vm", "Rss", "voluntary",
		"nonvoluntary", "State", "SigQ", "Kthread"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void status(void)
{
	char text[8192], *line, *next = text;

	slurp("/proc/self/status", text, sizeof(text));
	while ((line = strsep(&next, "\n")))
		if (strncmp(line, "TracerPid:", 10) == 0)
			say("traced: %d", atoi(line + 10) != 0);
		else if (*line && !differs_anyway(line))
			say("%s", line);
}

/* Fields of /proc/self/stat (proc(5)) that are not of one run only. */
static void stat_fields(void)
{
	static const struct {
		int field;
		const char *name;
	} fields[] = {{3, "state"}, {7, "tty"}, {18, "priority"}, {19, "nice"},
		{20, "threads"}, {21, "interval timer"}, {25, "rss limit"},
		{31, "pending"}, {32, "blocked"}, {33, "ignored"}, {34, "caught"},
		{38, "exit signal"}, {40, "rt priority"}, {41, "policy"}};
	char text[4096], *p, *field[60] = {NULL};
	int n = 2;

	slurp("/proc/self/stat", text, sizeof(text));
	p = strrchr(text, ')');
	must(p ? 0 : -1);
	p += 2;
	while (n < 58 && (field[++n] = strsep(&p, " \n")))
		;
	for (size_t i = 0; i < COUNT(fields); i++)
		say("%s %s", fields[i].name, field[fields[i].field]);
	say("leads its session %d, its group %d", atoi(field[6]) == getpid(),
		atoi(field[5]) == getpid());
}

static void files_of_proc(void)
{
	static const char *const files[] = {"limits", "cgroup", "oom_score_adj",
		"coredump_filter", "timerslack_ns", "loginuid", "sessionid",
		"personality", "uid_map", "gid_map", "setgroups",
		"attr/current", "comm", "timers", "wchan", "cpuset",
		"timens_offsets", "projid_map"};
	char path[64], text[8192], *line, *next;

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", files[i]);
		slurp(path, text, sizeof(text));
		next = text;
		while ((line = strsep(&next, "\n")))
			if (*line)
				say("%s: %s", files[i], line);
	}
}

static unsigned long sum(const char *s, size_t n)
{
	unsigned long h = 5381;

	for (size_t i = 0; i < n; i++)
		h = h * 33 + (unsigned char)s[i];
	return h;
}

/* argv and environment as the kernel keeps them, byte for byte. */
static void command_line(void)
{
	static char text[1 << 20];
	size_t n = slurp("/proc/self/cmdline", text, sizeof(text)), k = 0;

	say("command %zu bytes, %lx", n, sum(text, n));
	n = slurp("/proc/self/environ", text, sizeof(text));
	for (char **p = environ; *p; p++)
		k += strlen(*p) + 1;
	say("environment as it came %d", n == k);
	for (size_t i = 0; i < n; i += strlen(text + i) + 1)
		say("%.60s %lx", text + i, sum(text + i, strlen(text + i)));
}

static void descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *ent;

	while (d && (ent = readdir(d))) {
		char target[256] = "";
		int fd = atoi(ent->d_name);

		if (*ent->d_name == '.' || fd == dirfd(d))
			continue;
		must(readlinkat(dirfd(d), ent->d_name, target, 255));
		/* Numbers of pipes differ. */
		target[strcspn(target, "[")] = 0;
		say("%d %s flags %x close %d", fd, fd > 2 ? target : "standard",
			fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	}
}

static void mappings(void)
{
	char line[4096], last[4096] = "";
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		char *name = strpbrk(line, "/[");

		if (!name || strcmp(name, last) == 0)
			continue;
		strcpy(last, name);
		name[strcspn(name, "\n")] = 0;
		say("%s", name);
	}
}

static void links(void)
{
	static const char *const names[] = {"cwd", "root", "exe", "ns/mnt",
		"ns/pid", "ns/user", "ns/net", "ns/ipc", "ns/uts", "ns/cgroup",
		"ns/time", "ns/pid_for_children"};
	char path[64], target[4096];

	for (size_t i = 0; i < COUNT(names); i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = 0;
		say("%s %s", names[i], i ? target : strrchr(target, '/'));
	}
}

static void auxiliary(void)
{
	static const struct {
		unsigned long type;
		const char *name;
	} values[] = {{AT_SECURE, "secure"}, {AT_UID, "uid"}, {AT_EUID, "euid"},
		{AT_GID, "gid"}, {AT_EGID, "egid"}, {AT_PAGESZ, "page"},
		{AT_CLKTCK, "tick"}, {AT_HWCAP, "hwcap"}, {AT_HWCAP2, "hwcap2"},
		{AT_FLAGS, "flags"}, {AT_PHNUM, "headers"}};

	for (size_t i = 0; i < COUNT(values); i++)
		say("%s %lx", values[i].name, getauxval(values[i].type));
	say("file %s", (const char *)getauxval(AT_EXECFN));
	say("platform %s", (const char *)getauxval(AT_PLATFORM));
	say("random %d, vdso %d", getauxval(AT_RANDOM) != 0,
		getauxval(AT_SYSINFO_EHDR) != 0);
}

static void attributes(void)
{
	cpu_set_t cpus;
	struct itimerval t;
	gid_t groups[256];
	int n = getgroups(256, groups), value = -1;

	umask(umask(0));
	say("umask %o", umask(0));
	say("ids %u %u %u %u", getuid(), geteuid(), getgid(), getegid());
	say("groups %d %lx", n, sum((char *)groups, (size_t)n * sizeof(*groups)));
	say("nice %d", getpriority(PRIO_PROCESS, 0));
	say("io priority %s", result(syscall(SYS_ioprio_get, 1, 0)));
	say("policy %d", sched_getscheduler(0));
	must(sched_getaffinity(0, sizeof(cpus), &cpus));
	say("cpus %d %lx", CPU_COUNT(&cpus), sum((char *)&cpus, sizeof(cpus)));
	say("personality %x", (unsigned)personality(0xffffffff));
	for (int which = 0; which < 3; which++) {
		must(getitimer(which, &t));
		say("timer %d runs %d every %ld", which,
			t.it_value.tv_sec || t.it_value.tv_usec,
			(long)t.it_interval.tv_usec);
	}
	must(prctl(PR_GET_PDEATHSIG, &value));
	say("parent-death signal %d", value);
	must(prctl(PR_GET_CHILD_SUBREAPER, &value));
	say("subreaper %d", value);
	say("dumpable %d, keeps capabilities %d, securebits %d",
		prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS),
		prctl(PR_GET_SECUREBITS));
	say("slack %d, huge pages off %d, time counter %d",
		prctl(PR_GET_TIMERSLACK), prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0),
		prctl(PR_GET_TSC, &value));
	say("speculation %s", result(prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0)));
	say("io flusher %s", result(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0)));
	say("memory is writable and executable %s",
		result(prctl(66, 0, 0, 0, 0)));
}

static void limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)i, &l) == 0)
			say("%d %llx %llx", i, (unsigned long long)l.rlim_cur,
				(unsigned long long)l.rlim_max);
	}
}

/* No more than a small program needs: nothing of it is somebody else's. */
static void usage(void)
{
	struct rusage r;

	must(getrusage(RUSAGE_SELF, &r));
	say("seconds %ld", (long)(r.ru_utime.tv_sec + r.ru_stime.tv_sec));
	say("resident below 8 MB %d", r.ru_maxrss < 8192);
	say("faults below 1000 %d", r.ru_minflt < 1000);
	must(getrusage(RUSAGE_CHILDREN, &r));
	say("children %ld %ld", (long)r.ru_utime.tv_usec, (long)r.ru_maxrss);
	say("children to wait for %s", result(waitpid(-1, NULL, WNOHANG)));
}

static void family(void)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	slurp(path, text, sizeof(text));
	say("parent is there %d", *text != 0 && kill(getppid(), 0) == 0);
	say("session is there %d", getsid(0) > 0);
	say("group of the parent %d", getpgid(getppid()) > 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	say("children %d", slurp(path, text, sizeof(text)) > 0);
}

static const struct probe_case cases[] = {
	{"status", status},
	{"stat", stat_fields},
	{"proc", files_of_proc},
	{"command-line", command_line},
	{"descriptors", descriptors},
	{"mappings", mappings},
	{"links", links},
	{"auxiliary", auxiliary},
	{"attributes", attributes},
	{"limits", limits},
	{"usage", usage},
	{"family", family},
};

/*
 * "itself NAME": not in children, but in the very process that was started:
 * only there can be seen what exec(2) keeps and fork(2) does not.
 */
int main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "itself") != 0)
		return run_cases("self", cases, COUNT(cases), argc, argv);
	probe_area = argv[2];
	for (size_t i = 0; i < COUNT(cases); i++) {
		probe_name = cases[i].name;
		cases[i].run();
	}
	return 0;
}
