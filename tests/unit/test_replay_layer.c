// SPDX-License-Identifier: Apache-2.0
/* Layers of a tree that is large enough to be filled by several threads. */
#include "tests/unit/replay_help.h"

#include "replay/layer.h"
#include "sandbox/isolation/isolation.h"

#include <dirent.h>
#include <errno.h>

#define DIRS 60
#define FILES 50

struct data {
	struct arena *arena;
	struct tree tree;
	struct iso_ids ids;
	struct layer_losses lost;
	struct err e;
	char path[64];
	int root;
};

static uint32_t ours(const struct iso_ids *ids, uint32_t shown)
{
	return 0;
}

static struct file_row row(const char *path, enum file_kind kind, int n)
{
	struct file_row r;

	file_row_init(&r);
	r.path = (char *)path;
	r.kind = kind;
	r.access = ACCESS_S;
	r.mode = kind == KIND_DIRECTORY ? 0755 : 0640;
	r.mtime_s = MTIME + n;
	r.mtime_ns = (uint32_t)n;
	r.size = 0;
	return r;
}

static void add(struct data *d, const struct file_row *r)
{
	if (tree_add(&d->tree, NULL, r, &d->e) < 0)
		fail_msg("%s", d->e.msg);
}

/* Names of a directory, in an order that no file system has by itself. */
static const char *name_of(struct data *d, int i)
{
	return arena_printf(d->arena, "f%02d", i * 37 % FILES);
}

static void add_listed(struct data *d, const char *path, int n)
{
	struct file_row r = row(path, KIND_DIRECTORY, n);

	r.access = ACCESS_D;
	/* Nobody could enter some of them. */
	r.mode = n % 3 ? 0755 : 0;
	for (int i = 0; i < FILES; i++)
		*ARENA_PUSH(d->arena, r.listing.items, r.listing.count) =
			(char *)name_of(d, i);
	add(d, &r);
}

/* Each third lies in the one before; the first file is one of all. */
static const char *dir_path(struct data *d, int n)
{
	if (n % 3 == 0 && n > 0)
		return fs_join(d->arena, dir_path(d, n - 1), "in");
	return arena_printf(d->arena, "/d%02d", n);
}

static void add_files(struct data *d, int n)
{
	const char *dir = dir_path(d, n);

	add_listed(d, dir, n);
	for (int i = 0; i < FILES; i++) {
		const char *name = arena_printf(d->arena, "f%02d", i);
		struct file_row r =
			row(fs_join(d->arena, dir, name), KIND_FILE, i);

		if (i == 0 && n > 0) {
			r.link = (char *)"/d00/f00";
			r.mtime_s = MTIME;
			r.mtime_ns = 0;
		}
		add(d, &r);
	}
}

static int setup(void **state)
{
	struct data *d = xcalloc(1, sizeof(*d));
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	d->arena = arena_new();
	d->ids.uid = d->ids.gid = ours;
	tree_init(&d->tree, d->arena);
	for (int n = 0; n < DIRS; n++)
		add_files(d, n);
	snprintf(d->path, sizeof(d->path), "%s/reprise-layer.XXXXXX", top);
	assert_non_null(mkdtemp(d->path));
	d->root = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(d->root >= 0);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct data *d = *state;

	close(d->root);
	assert_int_equal(fs_remove_tree(AT_FDCWD, d->path, NULL), 0);
	tree_release(&d->tree);
	arena_free(d->arena);
	free(d);
	return 0;
}

static int fill(struct data *d, const struct layer_kind *kind)
{
	tree_finish(&d->tree);
	return layer_fill(
		kind, &d->tree, NULL, &d->ids, d->root, &d->lost, &d->e);
}

static void look(struct data *d, const char *path, struct stat *st)
{
	if (fstatat(d->root, path + 1, st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("'%s': %s", path, strerror(errno));
}

static void check_file(struct data *d, const char *path, int i)
{
	struct stat st;

	look(d, path, &st);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_mtim.tv_sec, MTIME + i);
	assert_int_equal(st.st_mtim.tv_nsec, i);
	assert_int_equal(st.st_nlink, i == 0 ? DIRS : 1);
}

/* Whichever thread made what: modes and times of directories are set once all
 * is in them, and links between them join. */
static void test_all_is_there(void **state)
{
	struct data *d = *state;
	struct stat st;

	assert_int_equal(fill(d, &layer_real), 0);
	for (int n = 0; n < DIRS; n++) {
		const char *dir = dir_path(d, n);

		look(d, dir, &st);
		assert_int_equal(st.st_mode, S_IFDIR | (n % 3 ? 0755 : 0));
		assert_int_equal(st.st_mtim.tv_sec, MTIME + n);
		assert_return_code(fchmodat(d->root, dir + 1, 0700, 0), errno);
		for (int i = 0; i < FILES; i++)
			check_file(d,
				arena_printf(d->arena, "%s/f%02d", dir, i), i);
	}
}

static void check_order(struct data *d, const char *dir)
{
	autoclose int fd = openat(d->root, dir + 1, O_RDONLY | O_DIRECTORY);
	DIR *list = fdopendir(fd);
	struct dirent *ent;
	int i = 0;

	assert_non_null(list);
	while ((ent = readdir(list)))
		if (ent->d_name[0] == 'f')
			assert_string_equal(ent->d_name, name_of(d, i++));
	assert_int_equal(i, FILES);
	closedir(list);
	fd = -1;
}

/* A tmpfs lists the newest first: so names are made in reverse, each
 * directory's by one thread. */
static void test_names_are_in_order(void **state)
{
	struct data *d = *state;

	if (strncmp(d->path, "/dev/shm", 8) != 0)
		skip();
	assert_int_equal(fill(d, &layer_names), 0);
	for (int n = 0; n < DIRS; n++)
		check_order(d, dir_path(d, n));
}

/* No link can lead so far: the thread that meets it tells all. */
static void test_a_failure_is_told(void **state)
{
	struct data *d = *state;
	struct file_row r = row("/d56/in/long", KIND_SYMLINK, 0);
	char before[4096], after[4096], target[5000];

	memset(target, 'x', sizeof(target) - 1);
	target[sizeof(target) - 1] = 0;
	r.target = target;
	assert_non_null(getcwd(before, sizeof(before)));
	add(d, &r);
	assert_int_equal(fill(d, &layer_real), -1);
	assert_string_equal(
		d->e.msg, "cannot make '/d56/in/long': File name too long");
	assert_non_null(getcwd(after, sizeof(after)));
	assert_string_equal(before, after);
}

static void write_map(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0) {
		perror(path);
		exit(1);
	}
}

/* Trees are filled by one who is root in a user namespace, or is root. */
static void become_root(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (uid == 0)
		return;
	if (unshare(CLONE_NEWUSER) < 0) {
		perror("unshare");
		exit(1);
	}
	write_map("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_map("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_map("/proc/self/gid_map", map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_all_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_names_are_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_failure_is_told, setup, teardown),
	};

	become_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
