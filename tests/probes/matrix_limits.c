// SPDX-License-Identifier: Apache-2.0
/*
 * What cannot be recorded, and must be named. See matrix.h.
 */
#include "matrix.h"

#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>

/* Numbers that no kernel has yet. */
static void unknown_calls(void)
{
	syscall(999, "f");
	syscall(1999, "f");
	say("gap", "-", "unknown-call");
	in("f");
}

/* The third kind of programs on x86-64, with numbers of its own. */
static void calls_of_x32(void)
{
#if defined(__x86_64__)
	syscall(0x40000000 | SYS_open, "f", O_RDONLY);
	say("gap", "-", "unknown-call");
#endif
	in("f");
}

/* Nobody may look into its memory but root. */
static void not_dumpable(void)
{
	MUST(prctl(PR_SET_DUMPABLE, 0));
	if (geteuid() == 0) {
		in("f");
		return;
	}
	close((int)MUST(open("f", O_RDONLY)));
	say("gap", "-", "unreadable-process");
}

/* There can be one listener only, and one filter cannot hide from another. */
static void own_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &allow};

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	say("gap", "-", "seccomp");
	in("f");
	/* One without a listener disturbs nothing. */
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
	in("g");
}

static void fuse_attr(struct fuse_attr *a, int is_root)
{
	a->ino = is_root ? 1 : 2;
	a->mode = is_root ? S_IFDIR | 0755 : S_IFREG | 0644;
	a->nlink = 1;
	a->size = is_root ? 0 : 5;
}

/* The answer to one request; its length. */
static size_t fuse_answer(
	const struct fuse_in_header *h, const void *body, int *error, void *out)
{
	struct fuse_init_out *init = out;
	struct fuse_entry_out *entry = out;
	struct fuse_attr_out *attr = out;
	const struct fuse_read_in *rd = body;

	switch (h->opcode) {
	case FUSE_INIT:
		init->major = FUSE_KERNEL_VERSION;
		init->minor = 31;
		init->max_write = 4096;
		return sizeof(*init);
	case FUSE_LOOKUP:
		entry->nodeid = 2;
		fuse_attr(&entry->attr, 0);
		return sizeof(*entry);
	case FUSE_GETATTR:
		fuse_attr(&attr->attr, h->nodeid == 1);
		return sizeof(*attr);
	case FUSE_OPEN:
		return sizeof(struct fuse_open_out);
	case FUSE_READ:
		memcpy(out, "bytes", 5);
		return rd->offset ? 0 : 5;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		return 0;
	}
	*error = -ENOSYS;
	return 0;
}

/* It makes calls that are watched while others wait for it. */
static void fuse_serve(int fd)
{
	static char in_buf[1 << 17];
	struct {
		struct fuse_out_header head;
		char body[256];
	} out;
	struct fuse_in_header *h = (void *)in_buf;

	while (read(fd, in_buf, sizeof(in_buf)) > 0) {
		close(open("g", O_RDONLY));
		memset(&out, 0, sizeof(out));
		if (h->opcode == FUSE_FORGET)
			continue;
		out.head.unique = h->unique;
		out.head.len = (uint32_t)(sizeof(out.head) +
					  fuse_answer(h, h + 1, &out.head.error,
						  out.body));
		if (write(fd, &out, out.head.len) < 0)
			break;
	}
	_exit(0);
}

/* A file system whose server is watched, too: looking at it from outside would
 * wait for somebody who waits for us. */
static void use_own_files(int namespaces)
{
	int fd = open("/dev/fuse", O_RDWR);
	unsigned uid = getuid(), gid = getgid();
	char options[100], line[32];
	pid_t pid;

	/* Not everywhere, and not for everybody. */
	if (fd < 0 || unshare(namespaces) < 0)
		return;
	if (namespaces & CLONE_NEWUSER) {
		put("/proc/self/setgroups", O_WRONLY, "deny");
		snprintf(line, sizeof(line), "0 %u 1", uid);
		put("/proc/self/uid_map", O_WRONLY, line);
		snprintf(line, sizeof(line), "0 %u 1", gid);
		put("/proc/self/gid_map", O_WRONLY, line);
	}
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	snprintf(options, sizeof(options),
		"fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("own", "d", "fuse", 0, options) < 0)
		return;
	pid = fork();
	if (pid == 0)
		fuse_serve(fd);
	close(fd);
	own("d/file");
	MUST(chdir("d"));
	say_file("own", "d/file", "file");
	MUST(chdir(".."));
	MUST(umount2("d", MNT_DETACH));
	wait_for(pid);
	say("gap", "d", "served-files");
	in("f");
}

static void own_files(void)
{
	use_own_files(CLONE_NEWNS);
}

/* Which would not even answer somebody from outside. */
static void own_files_apart(void)
{
	use_own_files(CLONE_NEWUSER | CLONE_NEWNS);
}

static void block_device(void)
{
	struct stat st;

	/* Only root can make one. Whether it opens is another matter. */
	if (open("disk", O_RDONLY) < 0)
		say("say", "disk", strerror(errno));
	if (stat("disk", &st) == 0 && S_ISBLK(st.st_mode))
		say("gap", "disk", "block-device");
}

static void prepare_block_device(void)
{
	if (mknod("disk", S_IFBLK | 0600, 7 << 8) < 0)
		prepare_file("disk");
}

/* Somebody outside has the other end. */
static void named_pipes(void)
{
	int fd = (int)MUST(open("old", O_RDONLY | O_NONBLOCK));

	close(fd);
	say("gap", "old", "pipe");
	/* The run has both ends of its own. */
	MUST(mkfifo("new", 0644));
	fd = (int)MUST(open("new", O_RDONLY | O_NONBLOCK));
	close(fd);
	/* Nothing can be read from this end. */
	FAILS(ENXIO, open("other", O_WRONLY | O_NONBLOCK));
}

static void prepare_named_pipes(void)
{
	MUST(mkfifo("old", 0644));
	MUST(mkfifo("other", 0644));
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}

const struct cell cells[] = {
	CELL(unknown_calls),
	CELL(calls_of_x32),
	CELL(not_dumpable),
	CELL(own_listener),
	CELL(own_files),
	CELL(own_files_apart),
	{"block_device", block_device, prepare_block_device},
	{"named_pipes", named_pipes, prepare_named_pipes},
	{NULL, NULL, NULL},
};
