// SPDX-License-Identifier: Apache-2.0
/*
 * same_names [CASE...]: calls that take two paths, and the errors that need a
 * set-up of their own.
 */
#include "tree.h"

#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>

struct pair {
	const char *name;
	long nr;
	int flags; /* of the calls with directories */
};

static const struct pair pairs[] = {
	{"rename", SYS_rename, -1},
	{"renameat", SYS_renameat, 0},
	{"renameat2.noreplace", SYS_renameat2, RENAME_NOREPLACE},
	{"renameat2.exchange", SYS_renameat2, RENAME_EXCHANGE},
	{"renameat2.both", SYS_renameat2, RENAME_EXCHANGE | RENAME_NOREPLACE},
	{"link", SYS_link, -1},
	{"linkat", SYS_linkat, 0},
	{"linkat.follow", SYS_linkat, AT_SYMLINK_FOLLOW},
	{"linkat.empty", SYS_linkat, AT_EMPTY_PATH},
	{"symlink", SYS_symlink, -1},
	{"symlinkat", SYS_symlinkat, -2},
};

static long two(const struct pair *c, enum dir d1, const char *p1, enum dir d2,
	const char *p2)
{
	if (c->flags == -1)
		return syscall(c->nr, p1, p2);
	if (c->flags == -2)
		return syscall(c->nr, p1, dirs[d2], p2);
	return syscall(c->nr, dirs[d1], p1, dirs[d2], p2, c->flags);
}

static void say_two(const char *how, const char *place, long r)
{
	const char *changes = tree_changes_after(r);

	say("%s %s %s%s", how, place, result(r), changes);
	if (*changes)
		tree_again();
}

/* Each place as the first and as the second name. */
static void run_pair(void)
{
	const struct pair *c = &pairs[probe_index];

	tree_begin();
	for (size_t i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		const char *path = place_path(p);

		if (c->flags == -1 && p->dir)
			continue;
		say_two("from", p->name, two(c, p->dir, path, CWD, "new"));
		say_two("to", p->name, two(c, CWD, "file", p->dir, path));
		if (!p->dir)
			say_two("dir-to", p->name,
				two(c, CWD, "full", CWD, path));
	}
	say_two("itself", "file", two(c, CWD, "file", TREE, "file"));
	say_two("itself", "hard", two(c, CWD, "file", TREE, "hard"));
	say_two("into", "full", two(c, CWD, "full", TREE, "full/new"));
}

static void no_descriptors(void)
{
	struct rlimit l = {4, 4};
	int fd = (int)must(open(".", O_RDONLY));

	close(fd);
	l.rlim_cur = (rlim_t)fd + 1;
	must(setrlimit(RLIMIT_NOFILE, &l));
	must(open(".", O_RDONLY));
	say("open %s", result(open("/", O_RDONLY)));
	say("openat %s", result(openat(AT_FDCWD, "missing", O_RDONLY)));
	say("create %s", result(creat("new", 0600)));
	say("there %s", result(access("new", F_OK)));
}

static void busy_text(void)
{
	pid_t pid;
	int hold[2], fd;
	char c;

	must(system("cp /bin/sleep program") ? -1 : 0);
	must(pipe(hold));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		execl("./program", "program", "20", NULL);
		_exit(1);
	}
	/* Until it has been executed. */
	for (int i = 0; i < 2000; i++) {
		fd = open("program", O_WRONLY);
		if (fd < 0)
			break;
		close(fd);
		pause_ms(1);
	}
	say("write %s", result(open("program", O_WRONLY)));
	say("truncate %s", result(truncate("program", 0)));
	say("append %s", result(open("program", O_WRONLY | O_APPEND)));
	say("remove %s", result(unlink("program")));
	kill(pid, SIGKILL);
	say("%s", ending(end_of(pid)));
	close(hold[1]);
	if (read(hold[0], &c, 1) != 0)
		say("?");
	/* The other way round. */
	must(system("cp /bin/true writing") ? -1 : 0);
	fd = (int)must(open("writing", O_RDWR));
	say("exec %s", result(execl("./writing", "writing", NULL)));
	close(fd);
}

static void other_file_system(void)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/dev/shm/probe.%d", getpid());
	write_file("file", "x", 0644);
	fd = (int)must(open(name, O_CREAT | O_RDWR, 0600));
	say("rename %s", result(rename("file", name)));
	say("link %s", result(link("file", name)));
	say("beyond %s", result(rename(name, "/proc/self/x")));
	must(unlink(name));
	say("unlinked write %s", result(write(fd, "abc", 3)));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	fd = (int)must(open(name, O_RDWR));
	say("by descriptor %s", result(write(fd, "abcd", 4)));
	say("linkat %s", result(linkat(AT_FDCWD, name, AT_FDCWD, "back",
				 AT_SYMLINK_FOLLOW)));
}

#define LIMIT (1 << 26)

static void file_size_limit(void)
{
	struct rlimit l = {LIMIT, LIMIT};
	int fd = (int)must(open("file", O_CREAT | O_RDWR, 0644));

	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &l));
	say("truncate %s", result(truncate("file", LIMIT + 1)));
	say("ftruncate %s", result(ftruncate(fd, LIMIT + 1)));
	say("fallocate %s", result(fallocate(fd, 0, LIMIT, 1)));
	say("below %s", result(ftruncate(fd, LIMIT)));
	say("pwrite %s", result(pwrite(fd, "x", 1, LIMIT)));
	say("full device %s", result(write(open("/dev/full", O_WRONLY), "x", 1)));
}

static void of_the_kernel(void)
{
	say("rmdir /proc %s", result(rmdir("/proc")));
	say("unlink /proc/self/stat %s", result(unlink("/proc/self/stat")));
	say("mkdir in /proc %s", result(mkdir("/proc/x", 0755)));
	say("create in /proc %s", result(open("/proc/x", O_CREAT, 0644)));
	say("truncate /proc %s", result(truncate("/proc/version", 0)));
	say("write /proc %s", result(open("/proc/version", O_WRONLY)));
	say("rename / %s", result(rename("/", "x")));
	say("rmdir . %s", result(rmdir(".")));
	say("rmdir .. %s", result(rmdir("..")));
	say("unlink / %s", result(unlink("/")));
	say("mkdir / %s", result(mkdir("/", 0755)));
	say("readlink exe %d",
		readlink("/proc/self/exe", (char[100]){0}, 100) > 0);
	say("open self %d", open("/proc/self/exe", O_RDONLY) > 2);
	say("thread-self %s", result(access("/proc/thread-self/fd/0", F_OK)));
	say("other %s", result(access("/proc/999999999", F_OK)));
}

static void large(void)
{
	int fd = (int)must(open("large", O_CREAT | O_RDWR, 0644));
	struct stat st;

	say("truncate %s", result(truncate("large", 1L << 40)));
	must(stat("large", &st));
	say("size %lld blocks %lld", (long long)st.st_size,
		(long long)st.st_blocks);
	say("beyond %s", result(truncate("large", INT64_MAX)));
	say("seek %lld", (long long)lseek(fd, 0, SEEK_END));
	say("hole %lld", (long long)lseek(fd, 0, SEEK_HOLE));
	say("data %s", result(lseek(fd, 0, SEEK_DATA)));
}

static void deep(void)
{
	char path[PATH_MAX] = "";
	int depth = 0;

	while (mkdir("d", 0755) == 0 && chdir("d") == 0 && depth < 300)
		depth++;
	say("depth %d", depth);
	write_file("file", "x", 0644);
	say("here %s", result(access("file", R_OK)));
	for (int i = 0; i < depth; i++)
		strcat(path, "../");
	say("up %s", result(chdir(path)));
	for (int i = 0; i < depth; i++)
		strcpy(path + 2 * i, "d/");
	strcat(path, "file");
	say("down %s", result(access(path, R_OK)));
	say("removed %s", result(unlink(path)));
}

static void chain(void)
{
	char name[16], target[16];

	write_file("l0", "x", 0644);
	for (int i = 1; i <= 42; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		must(symlink(target, name));
	}
	for (int i = 38; i <= 42; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		say("%d %s", i, result(access(name, R_OK)));
	}
}

static void gone_directory(void)
{
	char cwd[PATH_MAX];

	must(mkdir("gone", 0755));
	must(chdir("gone"));
	must(rmdir("../gone"));
	say("open . %d", open(".", O_RDONLY) > 2);
	say("open file %s", result(open("file", O_RDONLY)));
	say("create %s", result(creat("file", 0644)));
	say("mkdir %s", result(mkdir("x", 0755)));
	say("getcwd %s", getcwd(cwd, sizeof(cwd)) ? "0" : result(-1));
	say("up %s", result(access("..", F_OK)));
	say("exec %s", result(execl("./x", "x", NULL)));
}

static void sticky(void)
{
	must(mkdir("sticky", 01777));
	must(chmod("sticky", 01777));
	write_file("sticky/file", "x", 0666);
	if (geteuid() != 0)
		return;
	must(chmod("..", 0755));
	must(setegid(12345));
	must(seteuid(12345));
	say("unlink %s", result(unlink("sticky/file")));
	say("rename %s", result(rename("sticky/file", "sticky/x")));
	say("chmod %s", result(chmod("sticky/file", 0)));
	say("open %d", open("sticky/file", O_WRONLY) > 2);
	say("create %d", creat("sticky/new", 0600) > 2);
}

static void immutable(void)
{
	int fd, flags = FS_IMMUTABLE_FL;

	write_file("file", "x", 0644);
	fd = (int)must(open("file", O_RDONLY));
	say("set %s", result(ioctl(fd, FS_IOC_SETFLAGS, &flags)));
	say("write %s", result(access("file", W_OK)));
	say("unlink %s", result(unlink("file")));
	flags = 0;
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* Leases are broken by whoever opens the file: nobody but the program. */
static void lease(void)
{
	int fd;

	signal(SIGIO, SIG_IGN);
	write_file("file", "x", 0644);
	fd = (int)must(open("file", O_RDWR));
	say("write lease %s", result(fcntl(fd, F_SETLEASE, F_WRLCK)));
	say("stat %s", result(access("file", R_OK)));
	say("still %s", result(fcntl(fd, F_GETLEASE)));
	say("open %s", result(open("file", O_RDONLY | O_NONBLOCK)));
	say("after %s", result(fcntl(fd, F_GETLEASE)));
	fcntl(fd, F_SETLEASE, F_UNLCK);
	say("lock %s", result(flock(fd, LOCK_EX | LOCK_NB)));
	close(fd);
	fd = (int)must(open("file", O_RDONLY));
	say("read lease %s", result(fcntl(fd, F_SETLEASE, F_RDLCK)));
	say("writer %s", result(open("file", O_WRONLY | O_NONBLOCK)));
}

int main(int argc, char **argv)
{
	static struct probe_case cases[COUNT(pairs) + 16];
	static const struct probe_case single[] = {
		{"no-descriptors", no_descriptors},
		{"busy-text", busy_text},
		{"other-file-system", other_file_system},
		{"file-size-limit", file_size_limit},
		{"of-the-kernel", of_the_kernel},
		{"large", large},
		{"deep", deep},
		{"chain", chain},
		{"gone-directory", gone_directory},
		{"sticky", sticky},
		{"immutable", immutable},
		{"lease", lease},
	};
	size_t n = 0;

	for (; n < COUNT(pairs); n++)
		cases[n] = (struct probe_case){pairs[n].name, run_pair};
	for (size_t i = 0; i < COUNT(single); i++)
		cases[n++] = single[i];
	return run_cases("names", cases, n, argc, argv);
}
