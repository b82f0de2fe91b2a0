// SPDX-License-Identifier: Apache-2.0
/*
 * Ways out of a sandbox, tried one by one, each in a process of its own:
 *	NAME: refused (ERRNO)	NAME: OPEN
 * They would change a machine on which they succeed, so nothing is tried
 * without ESCAPE_NS_MNT, the host's mount namespace as readlink(1) shows it,
 * and in that very namespace. Other things that only the tester can know, and
 * without which an attempt is not made:
 *	ESCAPE_NS_PID, _NET, _IPC, _UTS, _CGROUP, _USER
 *		further namespaces of the host
 *	ESCAPE_ABSTRACT		an abstract UNIX socket that the host listens at
 *	ESCAPE_KEYRING		serial number of the tester's session keyring
 *	ESCAPE_READ_ONLY	a directory that must not be writable
 *	ESCAPE_HOST_FILE	a file of the host that must not be there
 * Arguments name the attempts to make; none: all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_TRIED 200

/* For calls that were handed nonsense: any other error means that nobody
 * stood in the way. */
static int reached(long rc)
{
	return rc >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES)
		       ? 0
		       : -1;
}

static int no(int code)
{
	errno = code;
	return -1;
}

/* Mounts */
static int mount_tmpfs(void)
{
	return mount("none", "/dev/shm", "tmpfs", 0, NULL);
}
static int mount_bind(void)
{
	return mount("/", "/dev/shm", NULL, MS_BIND, NULL);
}
static int mount_cgroup(void)
{
	return mount("none", "/dev/shm", "cgroup2", 0, NULL);
}
static int remount_proc_sys(void)
{
	return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
}
static int umount_proc_sys(void)
{
	return umount2("/proc/sys", MNT_DETACH);
}
static int umount_dev(void)
{
	return umount2("/dev", MNT_DETACH);
}
static int new_mount_api(void)
{
	return fsopen("tmpfs", 0);
}
static int copy_tree(void)
{
	return open_tree(AT_FDCWD, "/dev", OPEN_TREE_CLONE | AT_RECURSIVE);
}
static int writable_again(void)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

	return mount_setattr(AT_FDCWD, "/sys", 0, &attr, sizeof(attr));
}
static int change_root(void)
{
	return chroot("/dev");
}
static int swap_root(void)
{
	return reached(syscall(SYS_pivot_root, ".", "."));
}

/* Namespaces */
static int unshare_user(void)
{
	return unshare(CLONE_NEWUSER);
}
static int unshare_mounts(void)
{
	return unshare(CLONE_NEWNS);
}
static int unshare_net(void)
{
	return unshare(CLONE_NEWNET);
}
static int cloned(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}
static int clone_user(void)
{
	return cloned(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}
static int clone3_user(void)
{
	uint64_t args[8] = {[0] = CLONE_NEWUSER, [4] = SIGCHLD};

	return cloned(syscall(SYS_clone3, args, sizeof(args)));
}
static int enter_init_namespaces(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY);

	return fd < 0 ? -1 : setns(fd, 0);
}
static int more_namespaces(void)
{
	return open("/proc/sys/user/max_user_namespaces", O_WRONLY);
}
static int same_namespace(const char *name, const char *variable)
{
	const char *host = getenv(variable);
	char path[64], now[64] = "";

	if (!host)
		return NOT_TRIED;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (readlink(path, now, sizeof(now) - 1) < 0)
		return -1;
	return strcmp(now, host) == 0 ? 0 : no(EXDEV);
}
static int host_pid_namespace(void)
{
	return same_namespace("pid", "ESCAPE_NS_PID");
}
static int host_net_namespace(void)
{
	return same_namespace("net", "ESCAPE_NS_NET");
}
static int host_ipc_namespace(void)
{
	return same_namespace("ipc", "ESCAPE_NS_IPC");
}
static int host_uts_namespace(void)
{
	return same_namespace("uts", "ESCAPE_NS_UTS");
}
static int host_cgroup_namespace(void)
{
	return same_namespace("cgroup", "ESCAPE_NS_CGROUP");
}
static int host_user_namespace(void)
{
	return same_namespace("user", "ESCAPE_NS_USER");
}

/* The sandbox's init, which speaks to the host */
static int init_root(void)
{
	return open("/proc/1/root/..", O_RDONLY | O_DIRECTORY);
}
static int init_descriptors(void)
{
	return opendir("/proc/1/fd") ? 0 : -1;
}
static int init_memory(void)
{
	return open("/proc/1/mem", O_RDWR);
}
static int init_program(void)
{
	return open("/proc/1/exe", O_RDONLY);
}
static int trace_init(void)
{
	return (int)ptrace(PTRACE_SEIZE, 1, NULL, NULL);
}
static int read_init(void)
{
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)(uintptr_t)0x1000, 1};

	return reached(process_vm_readv(1, &to, 1, &from, 1, 0));
}
static int take_descriptor(void)
{
	int fd = (int)syscall(SYS_pidfd_open, 1, 0);

	if (fd < 0)
		return -1;
	for (int n = 0; n < 16; n++)
		if (syscall(SYS_pidfd_getfd, fd, n, 0) >= 0)
			return 0;
	return -1;
}
/* Standard streams, and the one that lists. */
static int inherited_descriptor(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(d))
			return 0;
	return no(EBADF);
}

/* Files */
static int above_root(void)
{
	struct stat root, up;

	if (stat("/", &root) < 0 || stat("/../..", &up) < 0)
		return -1;
	return root.st_ino == up.st_ino && root.st_dev == up.st_dev ? no(EXDEV)
								    : 0;
}
static int make_disk(void)
{
	return mknod("/dev/shm/disk", S_IFBLK | 0600, makedev(254, 0));
}
static int make_null(void)
{
	return mknod("/dev/shm/null", S_IFCHR | 0600, makedev(1, 3));
}
static int find_disk(void)
{
	DIR *d = opendir("/dev");
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_type == DT_BLK)
			return 0;
	return no(ENODEV);
}
static int file_in_dev(void)
{
	return open("/dev/new", O_CREAT | O_WRONLY, 0600);
}
static int file_handle(void)
{
	struct {
		struct file_handle h;
		char room[128];
	} h = {.h = {.handle_bytes = 128}};
	int id;

	return name_to_handle_at(AT_FDCWD, "/etc", &h.h, &id, 0);
}
static int open_handle(void)
{
	struct {
		struct file_handle h;
		char room[8];
	} h = {.h = {.handle_bytes = 8, .handle_type = 1}};
	int root = open("/", O_RDONLY | O_DIRECTORY);

	return reached(open_by_handle_at(root, &h.h, O_RDONLY));
}
static int write_read_only(void)
{
	const char *dir = getenv("ESCAPE_READ_ONLY");
	char path[4096];

	if (!dir)
		return NOT_TRIED;
	snprintf(path, sizeof(path), "%s/escape-was-here", dir);
	return open(path, O_CREAT | O_WRONLY, 0600);
}
static int host_file(void)
{
	const char *path = getenv("ESCAPE_HOST_FILE");

	return path ? open(path, O_RDONLY) : NOT_TRIED;
}
static int not_empty(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);

	if (fd >= 0 && n == 0)
		return no(ENODATA);
	return n < 0 ? -1 : 0;
}
static int read_kcore(void)
{
	return not_empty("/proc/kcore");
}
static int read_keys(void)
{
	return not_empty("/proc/keys");
}
static int read_kmsg(void)
{
	return not_empty("/proc/kmsg");
}
static int read_timers(void)
{
	return not_empty("/proc/timer_list");
}
static int list_firmware(void)
{
	DIR *d = opendir("/sys/firmware");
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			return 0;
	return d ? no(ENODATA) : -1;
}
static int write_sysctl(void)
{
	return open("/proc/sys/kernel/core_pattern", O_WRONLY);
}
static int write_sysrq(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY);
	struct stat st;

	/* Covered by the null device, a write goes nowhere. */
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_rdev == makedev(1, 3))
		return no(ENODATA);
	return fd;
}
static int write_sys(void)
{
	return open("/sys/kernel/uevent_helper", O_WRONLY);
}

/* Sockets */
static int socket_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}
static int socket_vsock_high(void)
{
	return (int)syscall(SYS_socket, AF_VSOCK | 1UL << 40, SOCK_STREAM, 0);
}
static int socket_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}
static int socket_alg(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}
static int socket_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}
static int reach_network(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(0xc0000201)}; /* 192.0.2.1 */
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}
static int reach_abstract(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *name = getenv("ESCAPE_ABSTRACT");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!name)
		return NOT_TRIED;
	snprintf(to.sun_path + 1, sizeof(to.sun_path) - 1, "%s", name);
	return connect(fd, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			    strlen(name)));
}

/* Terminal: any descriptor will do, ENOTTY means that it was reached. */
static int push_input(void)
{
	char c = 'x';

	return reached(ioctl(0, TIOCSTI, &c));
}
static int push_input_high(void)
{
	char c = 'x';

	return reached(syscall(SYS_ioctl, 0, TIOCSTI | 1UL << 40, &c));
}
static int paste_selection(void)
{
	char c = 3;

	return reached(ioctl(0, 0x541c, &c));
}

/* Privilege */
static int become_root(void)
{
	return getuid() == 0 ? NOT_TRIED : setuid(0);
}
static int drop_groups(void)
{
	return setgroups(0, NULL);
}
static int gain_capability(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {
		{1u << CAP_SYS_ADMIN, 1u << CAP_SYS_ADMIN, 0}, {0, 0, 0}};

	return (int)syscall(SYS_capset, &h, d);
}
static int widen_bounds(void)
{
	int n = prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN);

	return n == 1 ? 0 : no(EPERM);
}
static int unlock_securebits(void)
{
	return prctl(PR_SET_SECUREBITS, 0);
}
static int new_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? no(EPERM) : 0;
}
static int rename_host(void)
{
	char name[65] = "";

	/* To what it is: the host's own would change if this gets through. */
	gethostname(name, sizeof(name) - 1);
	return sethostname(name, strlen(name));
}
/* Of the process group: its members outside are of the same user. */
static int slow_group(void)
{
	return setpriority(PRIO_PGRP, 0, getpriority(PRIO_PROCESS, 0));
}
static int slow_group_io(void)
{
	const int who_group = 2, idle = 3 << 13;

	return (int)syscall(SYS_ioprio_set, who_group, 0, idle);
}
static int set_memory_map(void)
{
	return prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0);
}

/* The kernel */
static int session_keyring(void)
{
	return reached(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
		KEY_SPEC_SESSION_KEYRING, 0));
}
static int host_keyring(void)
{
	const char *host = getenv("ESCAPE_KEYRING");
	long id = syscall(
		SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	if (!host)
		return NOT_TRIED;
	return id < 0 ? -1 : id == atol(host) ? 0 : no(ENOKEY);
}
static int new_key(void)
{
	return (int)syscall(SYS_add_key, "user", "escape", "x", 1,
		KEY_SPEC_PROCESS_KEYRING);
}
static int load_bpf(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1};

	return reached(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}
static int count_events(void)
{
	struct perf_event_attr attr = {.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.exclude_kernel = 1};

	return reached(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}
static int own_page_faults(void)
{
	return reached(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}
static int call_ring(void)
{
	char params[120] = {0};

	return (int)syscall(SYS_io_uring_setup, 1, params);
}
static int load_module(void)
{
	return reached(syscall(SYS_init_module, NULL, 0, ""));
}
static int new_kernel(void)
{
	return reached(syscall(SYS_kexec_load, 0, 0, NULL, ~0UL));
}
static int reboot_machine(void)
{
	return reached(syscall(SYS_reboot, 0, 0, 0, 0)); /* bad magic */
}
static int set_clock(void)
{
	/* A tick that is refused as nonsense, but after who asks. */
	struct timex tx = {.modes = ADJ_TICK, .tick = 1};

	return reached(syscall(SYS_adjtimex, &tx));
}
static int use_swap(void)
{
	return reached(syscall(SYS_swapon, "/nowhere", 0));
}
static int kernel_log(void)
{
	char buf[16];

	return reached(syscall(SYS_syslog, 3, buf, sizeof(buf)));
}
static int gift_pages(void)
{
	return reached(syscall(SYS_vmsplice, -1, NULL, 0, 0));
}

#ifdef __x86_64__
static int unmask_cpuid(void)
{
	return reached(syscall(SYS_arch_prctl, 0x1012, 1));
}
static int set_tsc(void)
{
	return prctl(PR_SET_TSC, PR_TSC_ENABLE);
}
static int x32_call(void)
{
	long rc = syscall(0x40000000 | SYS_getpid);

	return rc > 0 ? 0 : -1;
}
/* The same calls in the 32-bit table: its filter must not be forgotten. */
static int call32(long nr, long a, long b, long c)
{
	long rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)rc < 0 ? no((int)-rc) : (int)rc;
}
static int unshare_32(void)
{
	return call32(310, CLONE_NEWUSER, 0, 0);
}
static int socket_32(void)
{
	return call32(359, AF_VSOCK, SOCK_STREAM, 0);
}
static int socketcall_32(void)
{
	uint32_t *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (args == MAP_FAILED)
		return NOT_TRIED;
	args[0] = AF_VSOCK;
	args[1] = SOCK_STREAM;
	return call32(102, 1, (long)(uintptr_t)args, 0);
}
#endif

static const struct attempt {
	const char *name;
	int (*run)(void); /* -1 with errno, NOT_TRIED, or it is open */
} attempts[] = {
	{"mount-tmpfs", mount_tmpfs},
	{"mount-bind", mount_bind},
	{"mount-cgroup", mount_cgroup},
	{"remount-proc-sys", remount_proc_sys},
	{"umount-proc-sys", umount_proc_sys},
	{"umount-dev", umount_dev},
	{"new-mount-api", new_mount_api},
	{"copy-tree", copy_tree},
	{"writable-again", writable_again},
	{"change-root", change_root},
	{"swap-root", swap_root},
	{"unshare-user", unshare_user},
	{"unshare-mounts", unshare_mounts},
	{"unshare-net", unshare_net},
	{"clone-user", clone_user},
	{"clone3-user", clone3_user},
	{"enter-init-namespaces", enter_init_namespaces},
	{"more-namespaces", more_namespaces},
	{"host-pid-namespace", host_pid_namespace},
	{"host-net-namespace", host_net_namespace},
	{"host-ipc-namespace", host_ipc_namespace},
	{"host-uts-namespace", host_uts_namespace},
	{"host-cgroup-namespace", host_cgroup_namespace},
	{"host-user-namespace", host_user_namespace},
	{"init-root", init_root},
	{"init-descriptors", init_descriptors},
	{"init-memory", init_memory},
	{"init-program", init_program},
	{"trace-init", trace_init},
	{"read-init", read_init},
	{"take-descriptor", take_descriptor},
	{"inherited-descriptor", inherited_descriptor},
	{"above-root", above_root},
	{"make-disk", make_disk},
	{"make-null", make_null},
	{"find-disk", find_disk},
	{"file-in-dev", file_in_dev},
	{"file-handle", file_handle},
	{"open-handle", open_handle},
	{"write-read-only", write_read_only},
	{"host-file", host_file},
	{"read-kcore", read_kcore},
	{"read-keys", read_keys},
	{"read-kmsg", read_kmsg},
	{"read-timers", read_timers},
	{"list-firmware", list_firmware},
	{"write-sysctl", write_sysctl},
	{"write-sysrq", write_sysrq},
	{"write-sys", write_sys},
	{"socket-vsock", socket_vsock},
	{"socket-vsock-high", socket_vsock_high},
	{"socket-packet", socket_packet},
	{"socket-alg", socket_alg},
	{"socket-raw", socket_raw},
	{"reach-network", reach_network},
	{"reach-abstract", reach_abstract},
	{"push-input", push_input},
	{"push-input-high", push_input_high},
	{"paste-selection", paste_selection},
	{"become-root", become_root},
	{"drop-groups", drop_groups},
	{"gain-capability", gain_capability},
	{"widen-bounds", widen_bounds},
	{"unlock-securebits", unlock_securebits},
	{"new-privileges", new_privileges},
	{"rename-host", rename_host},
	{"set-memory-map", set_memory_map},
	{"slow-group", slow_group},
	{"slow-group-io", slow_group_io},
	{"session-keyring", session_keyring},
	{"host-keyring", host_keyring},
	{"new-key", new_key},
	{"load-bpf", load_bpf},
	{"count-events", count_events},
	{"own-page-faults", own_page_faults},
	{"call-ring", call_ring},
	{"load-module", load_module},
	{"new-kernel", new_kernel},
	{"reboot-machine", reboot_machine},
	{"set-clock", set_clock},
	{"use-swap", use_swap},
	{"kernel-log", kernel_log},
	{"gift-pages", gift_pages},
#ifdef __x86_64__
	{"unmask-cpuid", unmask_cpuid},
	{"set-tsc", set_tsc},
	{"x32-call", x32_call},
	{"unshare-32", unshare_32},
	{"socket-32", socket_32},
	{"socketcall-32", socketcall_32},
#endif
};

/* In a child, so that one attempt cannot change what the next one finds. */
static void try(const struct attempt *a)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int rc = a->run();

		_exit(rc == NOT_TRIED ? NOT_TRIED : rc < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("%s: cannot be tried\n", a->name);
	else if (WIFSIGNALED(status))
		printf("%s: refused (SIG%s)\n", a->name,
			sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == NOT_TRIED)
		printf("%s: not tried\n", a->name);
	else if (WEXITSTATUS(status))
		printf("%s: refused (%s)\n", a->name,
			strerrorname_np(WEXITSTATUS(status)));
	else
		printf("%s: OPEN\n", a->name);
	fflush(stdout);
}

static bool wanted(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	char now[64] = "";
	const char *host = getenv("ESCAPE_NS_MNT");

	if (!host || readlink("/proc/self/ns/mnt", now, sizeof(now) - 1) < 0 ||
		strcmp(now, host) == 0) {
		fputs("escape: not in a sandbox (see ESCAPE_NS_MNT)\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++)
		if (wanted(argc, argv, attempts[i].name))
			try(&attempts[i]);
	return 0;
}
