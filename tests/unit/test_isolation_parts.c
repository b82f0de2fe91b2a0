// SPDX-License-Identifier: Apache-2.0
/* Parts of /proc, /sys and /dev, and the groups of device nodes. */
#include "tests/unit/isolation_env.h"

#include <errno.h>
#include <sys/sysmacros.h>

static void a_covered_directory_shows_its_entries(void **state)
{
	char dir[] = "/tmp/reprise-part-XXXXXX", *argv[4];
	const struct iso_entry entries[] = {
		{"a/b/text", NULL, "of ours\n", 8},
		{"a/empty", NULL, "", 0},
		{"host", dir, NULL, 0},
		{"a/version", "/proc/version", NULL, 0},
	};
	const struct iso_cover covers[] = {
		{"/sys/class", entries, 4}, {"/proc/driver", NULL, 0}};
	struct isolation iso = sandbox_of(argv,
		"cd /sys/class; find . | sort; cat a/b/text; ls /proc/driver;"
		"stat -c '%A %u %g' . a a/b/text;"
		"cmp a/version /proc/version && echo bound;"
		"chmod u+w . a a/b/text host 2>/dev/null;"
		"for f in new a/new host/new a/b/text a/version; do"
		" (echo x >$f) 2>/dev/null && echo $f can be written; done;"
		"ls -d /proc/driver");
	bool root = is_root(state);
	struct outcome *o;

	iso.covers = covers;
	iso.cover_count = 2;
	assert_non_null(mkdtemp(dir));
	chmod(dir, 0777);
	o = run_sandbox(&iso, root);
	rmdir(dir);
	assert_string_equal(o->e.msg, "");
	/* With one mapped id all belongs to the command itself. */
	assert_string_equal(o->out,
		root ? ".\n./a\n./a/b\n./a/b/text\n./a/empty\n./a/version\n"
		       "./host\nof ours\ndr-xr-xr-x 0 0\ndr-xr-xr-x 0 0\n"
		       "-r--r--r-- 0 0\nbound\n/proc/driver\n"
		     : ".\n./a\n./a/b\n./a/b/text\n./a/empty\n./a/version\n"
		       "./host\nof ours\ndr-xr-xr-x 1234 4321\n"
		       "dr-xr-xr-x 1234 4321\n-r--r--r-- 1234 4321\n"
		       "bound\n/proc/driver\n");
}

static void what_cannot_be_covered_is_named(void **state)
{
	const struct iso_entry gone = {"x", "/no/such/source", NULL, 0};
	const struct iso_entry twice[] = {
		{"x", NULL, "1", 1}, {"x", NULL, "2", 1}};
	struct iso_cover cover = {"/proc/no-such", NULL, 0};
	char *argv[4];
	struct isolation iso = sandbox_of(argv, "");
	bool root = is_root(state);

	iso.covers = &cover;
	iso.cover_count = 1;
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"covers: '/proc/no-such': cannot find the directory: No such "
		"file or directory");
	cover = (struct iso_cover){"/proc/driver", &gone, 1};
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"covers: '/proc/driver': cannot copy the mount "
		"'/no/such/source': No such file or directory");
	cover = (struct iso_cover){"/proc/driver", twice, 2};
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"covers: '/proc/driver': cannot make the file 'x': File "
		"exists");
}

static void links_in_dev_lead_to_nodes(void **state)
{
	const struct iso_device node = {
		"/dev/zero", "/dev/dri/renderD128", false, 1, 5};
	struct iso_link links[] = {
		{"/dev/dri/by-path/pci-0000:18:00.0-render", "../renderD128"},
		{"/dev/gpu", "dri/renderD128"}};
	char *argv[4];
	struct isolation iso = sandbox_of(argv,
		"head -c 2 /dev/dri/by-path/*-render | wc -c; "
		"head -c 3 /dev/gpu | wc -c; (ln -s x /dev/x) 2>/dev/null || "
		"echo sealed");
	bool root = is_root(state);
	struct outcome *o;

	iso.devices = &node;
	iso.device_count = 1;
	iso.dev_links = links;
	iso.dev_link_count = 2;
	o = run_sandbox(&iso, root);
	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "2\n3\nsealed\n");
	links[1].path = "/etc/gpu";
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"devices: '/etc/gpu' is not below /dev");
	links[1].path = "/dev/null";
	assert_string_equal(run_sandbox(&iso, root)->e.msg,
		"devices: cannot make '/dev/null': File exists");
}

#define RENDER 424242 /* a group that nobody is in */

/* /dev/kfd and /dev/dri/renderD* are open to a group only. */
static void a_node_of_a_group_can_be_opened_with_it(void **state)
{
	const gid_t groups[] = {RENDER};
	char dir[] = "/tmp/reprise-node-XXXXXX", path[64], *argv[4];
	struct iso_device node = {path, "/dev/kfd", false, 1, 5};
	struct isolation iso =
		sandbox_of(argv, "head -c 2 /dev/kfd 2>&1 | wc -c; id -G; "
				 "cat /etc/shadow 2>/dev/null");
	struct outcome *with, *without;
	char *first;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/node", dir);
	iso.devices = &node;
	iso.device_count = 1;
	if (mknod(path, S_IFCHR | 0060, makedev(1, 5)) < 0) {
		rmdir(dir);
		skip();
	}
	assert_int_equal(chown(path, 0, RENDER), 0);
	assert_int_equal(chmod(path, 0060), 0);
	without = run_sandbox(&iso, true);
	assert_string_equal(without->e.msg, "");
	first = strdup(without->out);
	iso.host_groups = groups;
	iso.host_group_count = 1;
	with = run_sandbox(&iso, true);
	unlink(path);
	rmdir(dir);
	assert_string_equal(with->e.msg, "");
	assert_string_not_equal(first, with->out);
	assert_string_equal(strchr(first, '\n'), "\n4321\n");
	/* Shown as nobody's, since no id inside is that group. */
	assert_string_equal(with->out, "2\n4321 65534\n");
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_covered_directory_shows_its_entries),
		BOTH(what_cannot_be_covered_is_named),
		BOTH(links_in_dev_lead_to_nodes),
		{"a_node_of_a_group_can_be_opened_with_it",
			a_node_of_a_group_can_be_opened_with_it, NULL, NULL,
			(void *)&as_root},
	};

	return RUN_CASES(tests);
}
