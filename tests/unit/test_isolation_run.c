// SPDX-License-Identifier: Apache-2.0
/* What the command sees of itself, and how its end comes back. */
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <time.h>

static void exit_status_comes_back(void **state)
{
	struct outcome *o = run_script("exit 42", is_root(state));

	assert_string_equal(o->e.msg, "");
	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.exit_code, 42);
	assert_int_equal(o->result.signal, 0);
	assert_int_equal(o->result.note_count, 0);
}

static void death_by_signal_comes_back(void **state)
{
	struct outcome *o = run_script("kill -SEGV $$", is_root(state));

	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.signal, SIGSEGV);
	assert_int_equal(o->result.exit_code, 128 + SIGSEGV);
}

/* 126 and 127 are the caller's to make of the code. */
static void missing_command_is_named(void **state)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	struct outcome *o;

	iso.executable = "/no/such/file";
	o = run_sandbox(&iso, is_root(state));
	assert_int_equal(o->rc, -1);
	assert_int_equal(o->e.code, ENOENT);
	assert_string_equal(o->e.msg, "exec: cannot run '/no/such/file': No "
				      "such file or directory");
	iso.executable = "/etc/passwd";
	o = run_sandbox(&iso, is_root(state));
	assert_int_equal(o->rc, -1);
	assert_int_equal(o->e.code, EACCES);
}

static void missing_directory_is_named(void **state)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	struct outcome *o;

	iso.cwd = "/no/such";
	o = run_sandbox(&iso, is_root(state));
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg, "cwd: cannot enter '/no/such': No such "
				      "file or directory");
}

static void ids_and_names_are_the_recorded_ones(void **state)
{
	struct outcome *o = run_script("id -u; id -g; uname -n; umask; pwd; "
				       "echo $$ $PPID",
		is_root(state));

	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "1234\n4321\nrecorded\n0022\n/\n2 1\n");
}

/* As threads do, these take numbers of the namespace. */
static int busy_root(void *arg, const struct iso_ids *ids, struct err *e)
{
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return host_root(arg, ids, e);
}

static void its_number_does_not_tell_of_the_set_up(void **state)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "echo $$");
	struct outcome *o;

	iso.build_root = busy_root;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "2\n");
}

static void ids_above_the_range_are_mapped(void **state)
{
	uint32_t extra[] = {70000, 4000000000u, 70000};
	char *argv[4];
	struct isolation iso =
		sandbox_of(argv, "id -u; id -g; cat /proc/self/uid_map");
	struct outcome *o;

	iso.uid = 1000500;
	iso.gid = 1000600;
	iso.extra_uids = extra;
	iso.extra_uid_count = 3;
	o = run_sandbox(&iso, true);
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "1000500\n1000600\n"
				    "         0 1879048192      65536\n"
				    "   1000500 1879113728          1\n"
				    "     70000 1879113729          1\n"
				    "4000000000 1879113730          1\n");
}

static void standard_streams_are_the_callers(void **state)
{
	bool root = is_root(state);
	int in[2];
	struct outcome *o;
	int saved = dup(0);

	assert_int_equal(pipe(in), 0);
	assert_int_equal(write(in[1], "through\n", 8), 8);
	close(in[1]);
	dup2(in[0], 0);
	o = run_script("cat; echo error >&2", root);
	dup2(saved, 0);
	close(saved);
	close(in[0]);
	assert_string_equal(o->out, "through\nerror\n");
}

/* Of the host: its ".." is no way out of the root (as CVE-2024-21626). */
static void a_directory_is_no_standard_stream(void **state)
{
	int before = dup(0), dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	struct outcome *o;

	assert_true(dir >= 0 && dup2(dir, 0) == 0);
	o = run_script("cd /proc/self/fd/0/.. && echo out", is_root(state));
	dup2(before, 0);
	close(before);
	close(dir);
	assert_string_equal(o->out, "");
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg,
		"fds: descriptor 0 is a directory: it would lead out of the "
		"sandbox");
}

static void stdin_from_a_file_starts_at_the_offset(void **state)
{
	bool root = is_root(state);
	char path[] = "/tmp/reprise-stdin-XXXXXX", *argv[4];
	struct isolation iso = sandbox_of(argv, "cat");
	struct outcome *o;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, "skipped rest", 12), 12);
	fchmod(fd, 0644);
	close(fd);
	iso.stdin_kind = ISO_STDIN_FILE;
	iso.stdin_path = path;
	iso.stdin_offset = 8;
	o = run_sandbox(&iso, root);
	unlink(path);
	assert_string_equal(o->out, "rest");
}

static void limits_and_affinity_are_set(void **state)
{
	static const struct iso_limit limits[] = {
		{RLIMIT_NOFILE, {100, 200}},
		{RLIMIT_CORE, {0, 0}},
	};
	char *argv[4];
	struct isolation iso = sandbox_of(argv,
		"ulimit -Sn; ulimit -Hn; ulimit -c; "
		"grep Cpus_allowed_list /proc/self/status | cut -f2");
	struct outcome *o;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	iso.limits = limits;
	iso.limit_count = 2;
	iso.affinity = &one;
	iso.affinity_size = sizeof(one);
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "100\n200\n0\n0\n");
}

/* An ordinary user cannot raise a hard limit, and is told which. */
static void limits_that_cannot_be_raised_are_noted(void **state)
{
	static const struct iso_limit limits[] = {
		{RLIMIT_MSGQUEUE, {5000, 6000}}};
	struct rlimit before, low = {100, 100};
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "exit 3");
	struct outcome *o;
	pid_t pid;
	int status;

	getrlimit(RLIMIT_MSGQUEUE, &before);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_MSGQUEUE, &low);
		iso.limits = limits;
		iso.limit_count = 1;
		o = run_sandbox(&iso, false);
		_exit(o->rc == 0 && o->result.exit_code == 3 &&
					o->result.note_count == 1 &&
					strcmp(o->result.notes[0],
						"limit 'msgqueue' is 100 here, "
						"not 6000: raising it takes "
						"CAP_SYS_RESOURCE") == 0
				? 0
				: 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void device_nodes_work(void **state)
{
	struct outcome *o = run_script(
		"echo x >/dev/null && head -c 3 /dev/zero | wc -c; "
		"head -c 5 /dev/urandom | wc -c; head -c 5 /dev/random | wc -c;"
		"cat /proc/self/comm 2>&1 >/dev/full | grep -c 'No space'; "
		"echo shared >/dev/shm/a && cat /dev/shm/a; "
		"(echo err >/dev/stderr) 2>&1 | cat; "
		"ls /dev/pts; ls -d /dev/mqueue; stat -c %a /dev/shm; "
		"ls /dev | tr '\\n' ' '",
		is_root(state));

	assert_string_equal(o->out,
		"3\n5\n5\n1\nshared\nerr\nptmx\n/dev/mqueue\n1777\n"
		"fd full mqueue null ptmx pts random shm stderr stdin stdout "
		"tty urandom zero ");
}

static void a_terminal_can_be_made(void **state)
{
	struct outcome *o = run_script("script -qec 'tty; echo inside' "
				       "/dev/null </dev/null | tr -d '\\r'",
		is_root(state));

	assert_string_equal(o->out, "/dev/pts/0\ninside\n");
}

static void only_the_sandbox_is_in_proc(void **state)
{
	struct outcome *o =
		run_script("cd /proc; for p in [0-9]*; do cat $p/comm; done; "
			   "cat /proc/self/cgroup | grep -vc ':/$'; "
			   "cat /proc/net/dev | grep -c :",
			is_root(state));

	assert_non_null(strstr(o->out, "\nsh\n"));
	/* init, sh, cat; then no control group but the root, one interface */
	assert_non_null(strstr(o->out, "\n0\n1\n"));
	assert_int_equal(o->result.exit_code, 0);
}

static void loopback_is_up(void **state)
{
	struct outcome *o = run_script("cat /sys/class/net/lo/flags; "
				       "ls /sys/class/net",
		is_root(state));

	assert_string_equal(o->out, "0x9\nlo\n");
}

/* A fresh /sys belongs to a network: without root, and without a network of
 * its own, the command gets the host's, and the caller is told. */
static void the_hosts_network_can_be_kept(void **state)
{
	bool root = is_root(state);
	char *argv[4], here[64] = "", expected[80];
	struct isolation iso = sandbox_of(argv,
		"readlink /proc/self/ns/net; test -d /sys/class/net/lo && "
		"! mkdir /sys/fs/cgroup/x 2>/dev/null && echo fixed");
	struct outcome *o;

	iso.host_network = true;
	o = run_sandbox(&iso, root);
	assert_true(readlink("/proc/self/ns/net", here, sizeof(here) - 1) > 0);
	snprintf(expected, sizeof(expected), "%s\nfixed\n", here);
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, expected);
	assert_int_equal(o->result.note_count, root ? 0 : 1);
	if (!root)
		assert_string_equal(o->result.notes[0],
			"/sys is this host's own, read-only, with its network "
			"devices and control groups");
}

static void the_whole_root_can_be_read_only(void **state)
{
	const char *all[] = {"/"};
	char *argv[4];
	struct isolation iso = sandbox_of(argv,
		"(echo >/tmp/reprise-x) 2>&1; echo ok >/dev/shm/x && "
		"cat /dev/shm/x; awk '$5 == \"/\"' /proc/self/mountinfo | wc "
		"-l");
	struct outcome *o;

	iso.read_only = all;
	iso.read_only_count = 1;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->out,
		"sh: 1: cannot create /tmp/reprise-x: Read-only file system\n"
		"ok\n1\n");
}

static void files_are_faked_bound_and_sealed(void **state)
{
	bool root = is_root(state);
	char dir[] = "/tmp/reprise-bind-XXXXXX", file[64], script[512], *argv[4];
	const struct iso_fake fakes[] = {
		{"/proc/cpuinfo", "model name: old\n", 16},
		{"/sys/devices/system/cpu/online", "0-63\n", 5},
	};
	struct iso_bind binds[] = {{dir, "/mnt", false, false, false},
		{dir, "/media", true, false, false},
		{"/nowhere", "/no/such/place", true, false, true}};
	struct isolation iso = sandbox_of(argv, script);
	struct outcome *o;

	assert_non_null(mkdtemp(dir));
	chmod(dir, 0777);
	snprintf(file, sizeof(file), "%s/made", dir);
	snprintf(script, sizeof(script),
		"cat /proc/cpuinfo /sys/devices/system/cpu/online; "
		"echo here >/mnt/made && cat /media/made; "
		"echo no >/media/made; (echo no >/proc/cpuinfo) 2>/dev/null "
		"|| echo sealed; ls -ld /proc/cpuinfo | cut -c1-10");
	iso.fakes = fakes;
	iso.fake_count = 2;
	iso.binds = binds;
	iso.bind_count = 3;
	o = run_sandbox(&iso, root);
	unlink(file);
	rmdir(dir);
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out,
		"model name: old\n0-63\nhere\n"
		"sh: 1: cannot create /media/made: Read-only file system\n"
		"sealed\n-r--r--r--\n");
}

/* A directory of the caller's with a file in it, for all volumes of a test. */
static struct iso_volume volume_of(
	char dir[], bool root, const char *target, bool read_only)
{
	char file[64];
	struct stat st;
	int fd;

	if (!strncmp(dir + strlen(dir) - 6, "XXXXXX", 6))
		assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/old", dir);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, "old\n", 4), 4);
	close(fd);
	if (!root && geteuid() == 0) {
		assert_int_equal(chown(dir, ORDINARY, ORDINARY), 0);
		assert_int_equal(chown(file, ORDINARY, ORDINARY), 0);
	}
	assert_int_equal(stat(dir, &st), 0);
	return (struct iso_volume){dir, target, read_only, st.st_dev, st.st_ino};
}

/* What the command writes lies on the host, and is the caller's: as root its
 * uid 0 is root's, and another is that other user's. */
static void volumes_are_the_hosts(void **state)
{
	bool root = is_root(state);
	char dir[] = "/var/tmp/reprise-volume-XXXXXX", file[64], *argv[4];
	struct iso_volume volumes[] = {volume_of(dir, root, "/mnt", false),
		volume_of(dir, root, "/media", true)};
	struct isolation iso = sandbox_of(argv,
		"cat /mnt/old; echo new >/mnt/new; cat /media/new; "
		"(echo no >/media/no) 2>/dev/null || echo sealed; "
		"stat -c %u /mnt/old /mnt/new");
	struct outcome *o;
	struct stat st;

	iso.uid = iso.gid = 0;
	iso.volumes = volumes;
	iso.volume_count = 2;
	o = run_sandbox(&iso, root);
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "old\nnew\nsealed\n0\n0\n");
	assert_int_equal(o->result.note_count, 0);
	snprintf(file, sizeof(file), "%s/new", dir);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, root || geteuid() ? geteuid() : ORDINARY);
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, NULL), 0);
}

static void a_volume_that_was_replaced_is_refused(void **state)
{
	bool root = is_root(state);
	char dir[] = "/var/tmp/reprise-volume-XXXXXX", *argv[4];
	struct iso_volume volume = volume_of(dir, root, "/mnt", false);
	struct isolation iso = sandbox_of(argv, "echo started");
	char expected[128];
	struct outcome *o;

	iso.volumes = &volume;
	iso.volume_count = 1;
	volume.ino++;
	o = run_sandbox(&iso, root);
	snprintf(expected, sizeof(expected), "volumes: '%s' was replaced", dir);
	assert_string_equal(o->e.msg, expected);
	/* No link of the root may lead it elsewhere: /bin is one. */
	volume = volume_of(dir, root, "/bin/x", false);
	o = run_sandbox(&iso, root);
	assert_string_equal(o->e.msg,
		"volumes: cannot find '/bin/x' in the "
		"root: Too many levels of symbolic links");
	assert_string_equal(o->out, "");
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, NULL), 0);
}

static void devices_are_checked_for_their_numbers(void **state)
{
	struct iso_device wrong = {"/dev/zero", "/dev/gpu/n0", false, 195, 0};
	struct iso_device right = {"/dev/zero", "/dev/gpu/n0", false, 1, 5};
	char *argv[4];
	struct isolation iso =
		sandbox_of(argv, "head -c 2 /dev/gpu/n0 | wc -c");
	struct outcome *o;

	iso.device_count = 1;
	iso.devices = &wrong;
	o = run_sandbox(&iso, is_root(state));
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg, "devices: '/dev/zero' is not character "
				      "device 195:0");
	iso.devices = &right;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "2\n");
}

/* What a run captured as root could do to files, and nothing else. */
static void file_capabilities_are_kept(void **state)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv,
		"cd /dev/shm; echo secret >f; chmod 0 f; cat f; "
		"grep CapEff /proc/self/status; umount /proc/sys 2>&1 | "
		"grep -c -e permitted -e superuser");
	struct outcome *o;

	iso.uid = iso.gid = 0;
	o = run_sandbox(&iso, is_root(state));
	assert_non_null(strstr(o->out, "cat: f: Permission denied"));
	assert_non_null(strstr(o->out, "CapEff:\t0000000000000000\n1\n"));
	iso.keep_caps = 1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER;
	o = run_sandbox(&iso, is_root(state));
	assert_string_equal(o->out, "secret\nCapEff:\t000000000000000a\n1\n");
}

/* A root as the host's, but its builder says so and never ends. */
static int slow_root(void *arg, const struct iso_ids *ids, struct err *e)
{
	(void)!write(*(int *)arg, "x", 1);
	pause();
	return -1;
}

static pid_t start_sandbox(
	const struct isolation *iso, bool root, struct outcome *shared)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		if (!root)
			become_ordinary();
		shared->rc = isolation_run(iso, &shared->result, &shared->e);
		_exit(0);
	}
	return pid;
}

static struct outcome *shared_outcome(void)
{
	return mmap(NULL, sizeof(struct outcome), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void signals_are_forwarded(void **state)
{
	bool root = is_root(state);
	char *argv[4], byte;
	struct isolation iso = sandbox_of(
		argv, "trap 'exit 7' TERM; echo; while :; do sleep 0.05; done");
	struct outcome *o = shared_outcome();
	int out[2], saved = dup(1), status;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	dup2(out[1], 1);
	pid = start_sandbox(&iso, root, o);
	dup2(saved, 1);
	close(saved);
	close(out[1]);
	assert_int_equal(read(out[0], &byte, 1), 1);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	close(out[0]);
	assert_int_equal(status, 0);
	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.exit_code, 7);
}

#define COUNTER "count-signals"
#define COUNTER_MS 500

static volatile sig_atomic_t counted;

static void count(int sig)
{
	counted++;
}

/* A command that ends with how often SIGTERM came. It is always awake: one that
 * sleeps takes two that come fast for one. */
static int count_signals(void)
{
	struct sigaction act = {.sa_handler = count};
	clock_t end = clock() + COUNTER_MS * CLOCKS_PER_SEC / 1000;

	sigaction(SIGTERM, &act, NULL);
	(void)!write(1, "", 1);
	while (clock() < end)
		;
	return counted;
}

/* To all of a group: the command gets it from the kernel, not from us as well.
 * Several, since two that come fast enough count as one all the same. */
static void a_signal_to_the_group_comes_once(void **state)
{
	struct outcome *o = shared_outcome();
	char self[4096] = "", byte, *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	int out[2], saved = dup(1), status;
	pid_t pid;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	iso.executable = self;
	argv[0] = COUNTER;
	argv[1] = NULL;
	assert_int_equal(pipe(out), 0);
	dup2(out[1], 1);
	pid = start_sandbox(&iso, is_root(state), o);
	dup2(saved, 1);
	close(saved);
	close(out[1]);
	assert_int_equal(read(out[0], &byte, 1), 1);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(kill(-pid, SIGTERM), 0);
		usleep(50000);
	}
	waitpid(pid, &status, 0);
	close(out[0]);
	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.exit_code, 5);
}

/* As under nohup(1). */
static void what_the_caller_ignores_the_command_does_too(void **state)
{
	struct outcome *o;

	signal(SIGHUP, SIG_IGN);
	o = run_script("kill -HUP $$; exit 4", is_root(state));
	signal(SIGHUP, SIG_DFL);
	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.exit_code, 4);
	o = run_script("kill -HUP $$; exit 4", is_root(state));
	assert_int_equal(o->result.signal, SIGHUP);
}

static void a_signal_during_the_set_up_ends_it(void **state)
{
	bool root = is_root(state);
	char *argv[4], byte;
	struct isolation iso = sandbox_of(argv, "");
	int ready[2], status;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	iso.build_root = slow_root;
	iso.build_arg = &ready[1];
	pid = start_sandbox(&iso, root, shared_outcome());
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	alarm(10); /* and the builder is gone, too */
	assert_int_equal(read(ready[0], &byte, 1), 0);
	alarm(0);
	close(ready[0]);
}

/* From the terminal: the command gets it as one of the group, once, and the
 * caller stays to tell. */
static void control_c_reaches_the_command(void **state)
{
	bool root = is_root(state);
	char *argv[4], text[16] = "";
	struct isolation iso = sandbox_of(argv, "echo go; exec sleep 60");
	struct outcome *o = shared_outcome();
	int tty, status;
	pid_t pid = forkpty(&tty, NULL, NULL, NULL);

	if (pid == 0) {
		if (!root)
			become_ordinary();
		o->rc = isolation_run(&iso, &o->result, &o->e);
		_exit(0);
	}
	assert_true(read(tty, text, sizeof(text)) > 0);
	assert_int_equal(write(tty, "\003", 1), 1);
	waitpid(pid, &status, 0);
	close(tty);
	assert_int_equal(status, 0);
	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.signal, SIGINT);
}

static void check_refused(
	bool root, unsigned a, unsigned b, int error, struct outcome *o)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "exit 9");
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!root)
			become_ordinary();
		refuse_call(a, (unsigned)error);
		refuse_call(b, (unsigned)error);
		o->rc = isolation_run(&iso, &o->result, &o->e);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void a_container_may_refuse_clone3(void **state)
{
	struct outcome *o = shared_outcome();
	bool root = is_root(state);

	check_refused(root, SYS_clone3, SYS_clone3, ENOSYS, o);
	assert_string_equal(o->e.msg, "");
	assert_int_equal(o->result.exit_code, 9);
	check_refused(root, SYS_clone3, SYS_clone, EPERM, o);
	assert_int_equal(o->rc, -1);
	assert_string_equal(o->e.msg,
		"namespaces: in a container: start it with --security-opt "
		"seccomp=unconfined --security-opt systempaths=unconfined, or "
		"--privileged: cannot make namespaces: Operation not "
		"permitted");
}

/* Nobody holds the pipe once all of the sandbox has gone. */
static void all_die_with_the_caller(void **state)
{
	bool root = is_root(state);
	char *argv[4], byte;
	struct isolation iso =
		sandbox_of(argv, "setsid sleep 60 & echo; sleep 60");
	int out[2], saved = dup(1), status;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	dup2(out[1], 1);
	pid = start_sandbox(&iso, root, shared_outcome());
	dup2(saved, 1);
	close(saved);
	close(out[1]);
	assert_int_equal(read(out[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	alarm(10);
	assert_int_equal(read(out[0], &byte, 1), 0);
	alarm(0);
	close(out[0]);
}

static void what_the_command_left_running_ends_with_it(void **state)
{
	struct outcome *o;
	time_t start = time(NULL);

	o = run_script("setsid sleep 60 & exit 5", is_root(state));
	assert_int_equal(o->result.exit_code, 5);
	assert_true(time(NULL) - start < 10);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(exit_status_comes_back),
		BOTH(death_by_signal_comes_back),
		BOTH(missing_command_is_named),
		BOTH(missing_directory_is_named),
		BOTH(ids_and_names_are_the_recorded_ones),
		BOTH(its_number_does_not_tell_of_the_set_up),
		{"ids_above_the_range_are_mapped", ids_above_the_range_are_mapped,
			NULL, NULL, (void *)&as_root},
		BOTH(standard_streams_are_the_callers),
		BOTH(a_directory_is_no_standard_stream),
		BOTH(stdin_from_a_file_starts_at_the_offset),
		BOTH(limits_and_affinity_are_set),
		{"limits_that_cannot_be_raised_are_noted",
			limits_that_cannot_be_raised_are_noted, NULL, NULL,
			(void *)&as_ordinary},
		BOTH(device_nodes_work),
		BOTH(a_terminal_can_be_made),
		BOTH(only_the_sandbox_is_in_proc),
		BOTH(loopback_is_up),
		BOTH(the_hosts_network_can_be_kept),
		BOTH(the_whole_root_can_be_read_only),
		BOTH(files_are_faked_bound_and_sealed),
		BOTH(volumes_are_the_hosts),
		BOTH(a_volume_that_was_replaced_is_refused),
		BOTH(devices_are_checked_for_their_numbers),
		BOTH(file_capabilities_are_kept),
		BOTH(signals_are_forwarded),
		BOTH(a_signal_to_the_group_comes_once),
		BOTH(what_the_caller_ignores_the_command_does_too),
		BOTH(a_signal_during_the_set_up_ends_it),
		BOTH(control_c_reaches_the_command),
		BOTH(a_container_may_refuse_clone3),
		BOTH(all_die_with_the_caller),
		BOTH(what_the_command_left_running_ends_with_it),
	};

	if (!strcmp(argv[0], COUNTER))
		return count_signals();
	return RUN_CASES(tests);
}
