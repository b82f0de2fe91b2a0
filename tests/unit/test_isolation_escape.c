// SPDX-License-Identifier: Apache-2.0
/*
 * Nothing gets out of the sandbox; and each attempt would get out if its
 * guards were missing, so that "refused" means something. The attempts are the
 * probe's, which is compiled in here: this program runs itself in the sandbox.
 */
int escape_main(int argc, char **argv);
#define main escape_main
#include "tests/probes/escape.c"
#undef main

#include "tests/unit/isolation_env.h"

#define PROBE "escape-probe"

static char self[4096];
static char names[10][128]; /* ESCAPE_*, of this process */
static char read_only[64] = "/tmp/reprise-escape-XXXXXX";
static char *env[16];

static struct outcome *attempt(bool root, const char *without, const char *name)
{
	char *argv[] = {PROBE, (char *)name, NULL}, *unused[4];
	const char *sealed[] = {read_only};
	struct isolation iso = sandbox_of(unused, "");

	iso.argv = argv;
	iso.executable = self;
	iso.envp = env;
	iso.read_only = sealed;
	iso.read_only_count = 1;
	iso.without_guard = without;
	return run_sandbox(&iso, root);
}

static int listen_abstract(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path + 1, name);
	if (bind(fd, (struct sockaddr *)&at,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				strlen(name))) < 0)
		return -1;
	return listen(fd, 8);
}

/* The lines of the probe that do not say "refused", in place. */
static char *not_refused(char *out)
{
	static char rest[4096];

	rest[0] = '\0';
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
		if (!strstr(line, ": refused (") &&
			strlen(rest) + strlen(line) + 2 < sizeof(rest))
			strcat(strcat(rest, line), "\n");
	return rest;
}

static void nothing_is_open(void **state)
{
	struct outcome *o = attempt(is_root(state), NULL, NULL);
	const char *last =
		attempts[sizeof(attempts) / sizeof(*attempts) - 1].name;

	assert_string_equal(o->e.msg, "");
	assert_non_null(strstr(o->out, last));
	/* The root of these tests is the host's: its files are there. */
	assert_string_equal(not_refused(o->out), "host-file: not tried\n");
}

/* What opens when guards are missing: where and which. Attempts that this
 * kernel refuses to everyone (no such call or device) are not listed. */
enum { ROOT = 1, ROOTLESS = 2, ALWAYS = 3 };
static const struct {
	const char *without;
	int where;
	const char *opens; /* with blanks between */
} openings[] = {
	{"netns", ALWAYS, "host-net-namespace"},
	{"landlock,netns", ALWAYS, "reach-abstract"},
	{"ipcns", ALWAYS, "host-ipc-namespace"},
	{"utsns", ALWAYS, "host-uts-namespace"},
	{"cgroupns", ALWAYS, "host-cgroup-namespace"},
	{"pidns", ROOT, "host-pid-namespace"},
	{"fds", ALWAYS, "inherited-descriptor"},
	{"masks", ALWAYS, "read-keys"},
	{"read_only", ALWAYS, "write-read-only"},
	{"read_only", ROOTLESS, "file-in-dev"},
	{"dumpable", ROOTLESS,
		"init-root init-descriptors init-memory init-program "
		"trace-init read-init take-descriptor"},
	{"no_new_privs,landlock,seccomp", ALWAYS, "new-privileges"},
	{"keyring,seccomp", ALWAYS, "host-keyring"},
	{"caps", ALWAYS, "widen-bounds"},
	{"seccomp", ALWAYS,
		"file-handle push-input push-input-high paste-selection "
		"session-keyring new-key gift-pages"},
	{"seccomp", ROOTLESS, "slow-group slow-group-io"},
#ifdef __x86_64__
	{"seccomp", ALWAYS, "unmask-cpuid set-tsc"},
	{"userns2,seccomp", ALWAYS, "unshare-32"},
#endif
	{"userns2", ROOT, "host-user-namespace"},
	{"userns2,seccomp", ALWAYS, "unshare-user clone-user clone3-user"},
	{"userns2,caps", ALWAYS,
		"gain-capability unlock-securebits rename-host socket-raw"},
	{"userns2,caps,seccomp", ALWAYS,
		"mount-tmpfs remount-proc-sys umount-proc-sys new-mount-api "
		"copy-tree writable-again unshare-mounts unshare-net "
		"change-root swap-root socket-packet "
		"reboot-machine umount-dev"},
	{"userns2,caps", ROOT, "drop-groups"},
	{"userns2,caps,masks", ROOTLESS, "more-namespaces"},
	{"userns2,caps,seccomp,masks", ROOT, "write-sysctl read-kmsg"},
	{"userns2,caps,seccomp", ROOT,
		"enter-init-namespaces make-disk make-null open-handle "
		"load-bpf set-clock use-swap kernel-log"},
};

static void check_opening(bool root, const char *without, const char *list)
{
	char copy[512], *rest, *name;

	snprintf(copy, sizeof(copy), "%s", list);
	for (name = strtok_r(copy, " ", &rest); name;
		name = strtok_r(NULL, " ", &rest)) {
		char expected[64], path[128];
		struct outcome *o = attempt(root, without, name);

		snprintf(expected, sizeof(expected), "%s: OPEN\n", name);
		if (strcmp(o->out, expected) != 0 || o->rc != 0)
			fail_msg("without %s: %s%s", without, o->out, o->e.msg);
		snprintf(path, sizeof(path), "%s/escape-was-here", read_only);
		unlink(path);
	}
}

static void each_is_open_without_its_guard(void **state)
{
	bool root = is_root(state);

	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		if (openings[i].where & (root ? ROOT : ROOTLESS))
			check_opening(
				root, openings[i].without, openings[i].opens);
}

static volatile sig_atomic_t urgent;

static void count(int sig)
{
	urgent++;
}

/* How often the caller is hit when the command signals its group; -1. */
static int hits(bool root, const char *without)
{
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "kill -URG 0");
	struct sigaction counting = {.sa_handler = count, .sa_flags = SA_RESTART};
	struct iso_result result;
	int status;
	pid_t pid;

	iso.without_guard = without;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		if (!root)
			become_ordinary();
		sigaction(SIGURG, &counting, NULL);
		_exit(isolation_run(&iso, &result, NULL) < 0 || result.exit_code
				? 99
				: urgent);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A pid namespace hides the caller, but the process group is one. */
static void the_caller_is_not_signalled(void **state)
{
	bool root = is_root(state);

	/* Its scopes came with ABI 6, Linux 6.12. */
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 6)
		skip();
	assert_int_equal(hits(root, NULL), 0);
	assert_int_equal(hits(root, "landlock"), root ? 0 : 1);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {
		"mnt", "pid", "net", "ipc", "uts", "cgroup", "user"};
	const struct CMUnitTest tests[] = {
		BOTH(nothing_is_open),
		BOTH(each_is_open_without_its_guard),
		BOTH(the_caller_is_not_signalled),
	};
	size_t n = 0;
	int rc;

	if (strcmp(argv[0], PROBE) == 0)
		return escape_main(argc, argv);
	/* Whatever called us, there is a descriptor to inherit. */
	if (open("/dev/null", O_RDONLY) < 0)
		return 1;
	for (; n < sizeof(kinds) / sizeof(*kinds); n++) {
		char path[64], target[64] = "", upper[16] = "";

		for (size_t i = 0; kinds[n][i]; i++)
			upper[i] = (char)(kinds[n][i] & ~0x20);
		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[n]);
		if (readlink(path, target, sizeof(target) - 1) < 0)
			return 1;
		snprintf(names[n], sizeof(names[n]), "ESCAPE_NS_%s=%s", upper,
			target);
		env[n] = names[n];
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
		!mkdtemp(read_only) || chmod(read_only, 0777) < 0)
		return 1;
	snprintf(names[n], sizeof(names[n]), "ESCAPE_READ_ONLY=%s", read_only);
	env[n] = names[n];
	snprintf(names[n + 1], sizeof(names[n]), "ESCAPE_ABSTRACT=escape-%d",
		getpid());
	env[n + 1] = names[n + 1];
	if (listen_abstract(strchr(names[n + 1], '=') + 1) < 0)
		return 1;
	snprintf(names[n + 2], sizeof(names[n]), "ESCAPE_KEYRING=%ld",
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	env[n + 2] = names[n + 2];
	rc = RUN_CASES(tests);
	rmdir(read_only);
	return rc;
}
