// SPDX-License-Identifier: Apache-2.0
/* The plan of a replay: pure, so without a system call. */
#include "tests/unit/replay_help.h"

#include "replay/plan.h"

#include <errno.h>
#include <sys/capability.h>

/* A plan in the making, from rows that are given one by one. */
struct draft {
	struct arena *arena;
	struct manifest m;
	struct host_view host;
	struct replay_options options;
	struct plan plan;
	struct host_device devices[8];
	bool begun;
	struct err e;
};

static int set_up(void **state)
{
	struct draft *d = calloc(1, sizeof(*d));

	d->arena = arena_new();
	manifest_init(&d->m, d->arena);
	d->m.run.id = (char *)"11111111-2222-4333-8444-555555555555";
	d->m.run.user.uid = 1000;
	d->m.run.user.gid = 1000;
	d->m.command.cwd = (char *)"/";
	/* Always in the tree; what it is only exec(2) asks. */
	d->m.command.executable = (char *)"/";
	*ARENA_PUSH(d->arena, d->m.command.argv.items, d->m.command.argv.count) =
		(char *)"x";
	d->host = (struct host_view){
		.root_a = true, .root_b = true, .devices = d->devices};
	CPU_SET(0, &d->host.cpus);
	CPU_SET(1, &d->host.cpus);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct draft *d = *state;

	plan_release(&d->plan);
	arena_free(d->arena);
	free(d);
	return 0;
}

static int begin(struct draft *d)
{
	d->begun = true;
	return plan_init(&d->plan, d->arena, &d->m, &d->options, &d->host, &d->e);
}

static struct file_row row_of(
	const char *path, enum file_kind kind, unsigned access)
{
	struct file_row r;

	file_row_init(&r);
	r.path = (char *)path;
	r.kind = kind;
	r.access = access;
	r.mode = kind == KIND_DIRECTORY ? 0755 : 0644;
	r.uid = r.gid = 0;
	r.size = 0;
	r.mtime_s = 1;
	return r;
}

static int add_row(struct draft *d, const struct file_row *r)
{
	if (!d->begun)
		assert_int_equal(begin(d), 0);
	return plan_add(&d->plan, NULL, r, &d->e);
}

static void add(
	struct draft *d, const char *path, enum file_kind kind, unsigned access)
{
	struct file_row r = row_of(path, kind, access);

	if (kind == KIND_SYMLINK)
		r.target = (char *)"target";
	if (add_row(d, &r) < 0)
		fail_msg("%s", d->e.msg);
}

static void add_object(struct draft *d, const char *path, unsigned access,
	uint8_t digest, const char *link)
{
	struct file_row r = row_of(path, KIND_FILE, access);

	r.size = digest;
	r.has_digest = true;
	r.digest.b[0] = digest;
	r.link = (char *)link;
	if (add_row(d, &r) < 0)
		fail_msg("%s", d->e.msg);
}

static void finish(struct draft *d)
{
	if (!d->begun)
		assert_int_equal(begin(d), 0);
	if (plan_finish(&d->plan, &d->options, &d->host, &d->e) < 0)
		fail_msg("%s", d->e.msg);
}

static const struct node *node(struct draft *d, const char *path)
{
	const struct node *n = tree_find(&d->plan.tree, path);

	if (!n)
		fail_msg("there is no '%s'", path);
	return n;
}

static const char *note(struct draft *d, const char *kind)
{
	for (size_t i = 0; i < d->plan.notes.count; i++)
		if (!strcmp(d->plan.notes.items[i].kind, kind))
			return d->plan.notes.items[i].detail;
	return NULL;
}

static void refused(struct draft *d, const struct file_row *r, const char *msg)
{
	assert_int_equal(add_row(d, r), -1);
	assert_string_equal(d->e.msg, msg);
}

/* --- the tree -------------------------------------------------------- */

static void the_tree_is_what_was_there_at_first(void **state)
{
	struct draft *d = *state;

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/a", KIND_DIRECTORY, ACCESS_S);
	/* Byte order puts this between a directory and what is in it. */
	add(d, "/a-b", KIND_FILE, ACCESS_R);
	add(d, "/a/b", KIND_FILE, ACCESS_R);
	add(d, "/a/made", KIND_FILE, ACCESS_N | ACCESS_W);
	add(d, "/a/none", KIND_ABSENT, ACCESS_N);
	add(d, "/dev", KIND_DIRECTORY, ACCESS_S);
	add(d, "/proc/self", KIND_FILE, ACCESS_R);
	finish(d);
	assert_ptr_equal(node(d, "/a/b")->parent, node(d, "/a"));
	assert_ptr_equal(node(d, "/a-b")->parent, d->plan.tree.root);
	assert_null(tree_find(&d->plan.tree, "/a/made"));
	assert_null(tree_find(&d->plan.tree, "/a/none"));
	assert_null(tree_find(&d->plan.tree, "/proc/self"));
	/* /, /a, /a-b, /a/b and the three mount points. */
	assert_int_equal(d->plan.tree.count, 7);
	assert_non_null(note(d, "kernel-tree"));
}

static void listings_give_the_order(void **state)
{
	static char *names[] = {"z", "gone", "a", "z", "m"};
	struct draft *d = *state;
	struct file_row r = row_of("/d", KIND_DIRECTORY, ACCESS_D);
	const struct node *n;
	char order[16] = "";

	r.listing = (struct strlist){names, 5};
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	assert_int_equal(add_row(d, &r), 0);
	add(d, "/d/a", KIND_FILE, ACCESS_S);
	add(d, "/d/later", KIND_FILE, ACCESS_S);
	add(d, "/d/m", KIND_FILE, ACCESS_S);
	add(d, "/d/z", KIND_FILE, ACCESS_S);
	finish(d);
	for (n = node(d, "/d")->first; n; n = n->next)
		strncat(order, n->name, 1);
	assert_string_equal(order, "zaml");
	order[0] = 0;
	for (n = node(d, "/d")->last; n; n = n->prev)
		strncat(order, n->name, 1);
	assert_string_equal(order, "lmaz");
	assert_true(node(d, "/d")->layers & IN_ORDER);
	assert_true(d->plan.tree.root->layers & IN_ORDER);
	assert_ptr_equal(node(d, "/d/z")->parent, node(d, "/d"));
}

static void changed_files_go_up_with_all_their_names(void **state)
{
	struct draft *d = *state;

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/d", KIND_DIRECTORY, ACCESS_S);
	add_object(d, "/d/a", ACCESS_R, 1, NULL);
	add_object(d, "/d/b", ACCESS_R, 1, "/d/a");
	add_object(d, "/d/c", ACCESS_M, 1, "/d/a");
	add_object(d, "/d/other", ACCESS_R, 2, NULL);
	add(d, "/e", KIND_DIRECTORY, ACCESS_S);
	add_object(d, "/e/b", ACCESS_R, 1, "/d/a");
	finish(d);
	assert_true(node(d, "/d/a")->layers & IN_UPPER);
	assert_true(node(d, "/d/b")->layers & IN_UPPER);
	assert_true(node(d, "/d/c")->layers & IN_UPPER);
	assert_true(node(d, "/e/b")->layers & IN_UPPER);
	assert_true(node(d, "/e")->layers & ABOVE_UPPER);
	assert_false(node(d, "/d/other")->layers & IN_UPPER);
	assert_int_equal(d->plan.object_count, 2);
}

static void renamed_directories_go_up_whole(void **state)
{
	struct draft *d = *state;

	add(d, "/", KIND_DIRECTORY, ACCESS_W);
	add(d, "/d", KIND_DIRECTORY, ACCESS_W);
	add(d, "/d/e", KIND_DIRECTORY, ACCESS_S);
	add(d, "/d/e/f", KIND_FILE, ACCESS_R);
	add(d, "/g", KIND_FILE, ACCESS_R);
	finish(d);
	assert_int_equal(
		node(d, "/d")->layers & ~(unsigned)ABOVE_UPPER, IN_UPPER);
	assert_int_equal(
		node(d, "/d/e")->layers & ~(unsigned)ABOVE_UPPER, IN_UPPER);
	assert_int_equal(node(d, "/d/e/f")->layers, IN_UPPER);
	assert_int_equal(node(d, "/g")->layers, IN_LOWER);
	assert_int_equal(d->plan.tree.root->layers, IN_LOWER | ABOVE_UPPER);
}

static void contents_come_from_where_they_are(void **state)
{
	struct draft *d = *state;
	struct file_row r;

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/empty", KIND_FILE, ACCESS_S);
	r = row_of("/lost", KIND_FILE, ACCESS_W);
	r.size = 5;
	add_row(d, &r);
	add_object(d, "/read", ACCESS_R, 7, NULL);
	r = row_of("/seen", KIND_FILE, ACCESS_S);
	r.size = 5;
	add_row(d, &r);
	r = row_of("/secret", KIND_FILE, ACCESS_R);
	r.not_stored = true;
	add_row(d, &r);
	finish(d);
	assert_int_equal(node(d, "/empty")->content, CONTENT_NONE);
	assert_int_equal(node(d, "/lost")->content, CONTENT_HOLE);
	assert_int_equal(node(d, "/read")->content, CONTENT_OBJECT);
	assert_int_equal(node(d, "/seen")->content, CONTENT_UNOPENED);
	assert_null(tree_find(&d->plan.tree, "/secret"));
	assert_string_equal(
		note(d, "not-stored"), "not stored: absent in the replay");
	assert_non_null(note(d, "unopened"));
	assert_int_equal(d->plan.object_count, 1);
}

static void hostile_rows_are_refused(void **state)
{
	struct draft *d = *state;
	struct file_row r = row_of("/f", KIND_FILE, ACCESS_S);
	static char name[300];

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/f", KIND_FILE, ACCESS_S);
	add(d, "/l", KIND_SYMLINK, ACCESS_L);
	refused(d, &r, "the file table has '/f' twice, or as a file");
	r.path = (char *)"/f/x";
	refused(d, &r,
		"the file table has '/f/x', but not the directory it "
		"lies in");
	r.path = (char *)"/l/x";
	refused(d, &r,
		"the file table has '/l/x', but not the directory it "
		"lies in");
	r.path = (char *)"/proc";
	refused(d, &r, "the file table has '/proc' twice, or as a file");
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '/';
	r.path = name;
	assert_int_equal(add_row(d, &r), -1);
	assert_non_null(strstr(d->e.msg, "is too long"));
	r = row_of("/m", KIND_SYMLINK, ACCESS_L);
	refused(d, &r, "the symbolic link '/m' has no target");
	r = row_of("/n", KIND_FILE, ACCESS_S);
	r.link = (char *)"/";
	refused(d, &r, "'/n' cannot be a hard link of '/'");
}

static void one_file_has_one_content(void **state)
{
	struct draft *d = *state;
	struct file_row r = row_of("/b", KIND_FILE, ACCESS_R);

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add_object(d, "/a", ACCESS_R, 1, NULL);
	r.size = 2;
	r.has_digest = true;
	r.digest.b[0] = 2;
	r.link = (char *)"/a";
	refused(d, &r, "'/a' and '/b' are one file, but have two digests");
	r = row_of("/c", KIND_FILE, ACCESS_R);
	r.size = 99;
	r.has_digest = true;
	r.digest.b[0] = 1;
	assert_int_equal(add_row(d, &r), 0);
	assert_int_equal(plan_finish(&d->plan, &d->options, &d->host, &d->e), -1);
	assert_string_equal(
		d->e.msg, "'/a' and '/c' have one digest, but two sizes");
}

static void many_rows_are_no_trouble(void **state)
{
	struct draft *d = *state;
	char path[64];

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "/d%04d", i);
		add(d, path, KIND_DIRECTORY, ACCESS_S);
		for (int k = 0; k < 333; k++) {
			snprintf(path, sizeof(path), "/d%04d/%04d", i, k);
			add(d, path, KIND_FILE, ACCESS_S);
		}
	}
	finish(d);
	assert_int_equal(d->plan.tree.count, 4 + 300 * 334);
}

static void trees_of_data_begin_at_their_path(void **state)
{
	struct draft *d = *state;
	struct file_row r = row_of("/", KIND_DIRECTORY, ACCESS_D);

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/data", KIND_TREE, ACCESS_D);
	assert_int_equal(plan_add(&d->plan, "/data", &r, &d->e), 0);
	r = row_of("/x", KIND_FILE, ACCESS_R);
	assert_int_equal(plan_add(&d->plan, "/data", &r, &d->e), 0);
	finish(d);
	assert_ptr_equal(node(d, "/data/x")->parent, node(d, "/data"));
}

static void paths_are_followed_as_in_the_replay(void **state)
{
	struct draft *d = *state;
	struct file_row r = row_of("/abs", KIND_SYMLINK, ACCESS_L);

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	r.target = (char *)"/d/e/../f";
	add_row(d, &r);
	add(d, "/d", KIND_DIRECTORY, ACCESS_S);
	add(d, "/d/e", KIND_DIRECTORY, ACCESS_S);
	r = row_of("/d/e/up", KIND_SYMLINK, ACCESS_L);
	r.target = (char *)"../../../..";
	add_row(d, &r);
	add(d, "/d/f", KIND_FILE, ACCESS_R);
	r = row_of("/loop", KIND_SYMLINK, ACCESS_L);
	r.target = (char *)"loop";
	add_row(d, &r);
	finish(d);
	assert_ptr_equal(
		tree_resolve(&d->plan.tree, NULL, "/abs"), node(d, "/d/f"));
	assert_ptr_equal(tree_resolve(&d->plan.tree, "/d/e", "up/./abs"),
		node(d, "/d/f"));
	assert_ptr_equal(
		tree_resolve(&d->plan.tree, "/d", "../.."), d->plan.tree.root);
	assert_null(tree_resolve(&d->plan.tree, NULL, "/loop"));
	assert_null(tree_resolve(&d->plan.tree, NULL, "/d/f/x"));
	assert_null(tree_resolve(&d->plan.tree, NULL, "/none"));
}

/* --- what the command sees ------------------------------------------- */

static void a_strategy_that_cannot_work_is_refused(void **state)
{
	struct draft *d = *state;

	d->host.root_a = false;
	d->host.root_detail = "overlay-metadata-root: kernel too old";
	d->options.strategy = 'A';
	assert_int_equal(begin(d), -1);
	assert_string_equal(d->e.msg, "REPRISE_ROOT=A does not work here: "
				      "overlay-metadata-root: kernel too old");
	plan_release(&d->plan);
	d->options.strategy = 0;
	assert_int_equal(begin(d), 0);
	assert_int_equal(d->plan.strategy, 'B');
	plan_release(&d->plan);
	d->host.root_b = false;
	assert_int_equal(begin(d), -1);
}

static void read_only_is_what_the_user_could_not_write(void **state)
{
	struct draft *d = *state;
	struct file_row r;

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/etc", KIND_DIRECTORY, ACCESS_S);
	add(d, "/etc/x", KIND_FILE, ACCESS_R);
	add(d, "/home", KIND_DIRECTORY, ACCESS_S);
	add(d, "/home/other", KIND_DIRECTORY, ACCESS_S);
	r = row_of("/home/u", KIND_DIRECTORY, ACCESS_S);
	r.uid = 1000;
	add_row(d, &r);
	r = row_of("/shared", KIND_DIRECTORY, ACCESS_S);
	r.gid = 77;
	r.mode = 0775;
	add_row(d, &r);
	r = row_of("/tmp", KIND_DIRECTORY, ACCESS_S);
	r.mode = 01777;
	add_row(d, &r);
	add(d, "/usr", KIND_DIRECTORY, ACCESS_S);
	add(d, "/usr/made-by-the-run", KIND_FILE, ACCESS_N | ACCESS_W);
	*ARENA_PUSH(d->arena, d->m.run.user.groups.items,
		d->m.run.user.groups.count) = (char *)"77";
	finish(d);
	assert_int_equal(d->plan.iso.read_only_count, 2);
	assert_string_equal(d->plan.iso.read_only[0], "/etc");
	assert_string_equal(d->plan.iso.read_only[1], "/home/other");
}

static void root_could_write_everywhere(void **state)
{
	struct draft *d = *state;

	d->m.run.user.uid = 0;
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add(d, "/etc", KIND_DIRECTORY, ACCESS_S);
	finish(d);
	assert_int_equal(d->plan.iso.read_only_count, 0);
	assert_true(d->plan.iso.keep_caps & 1ull << CAP_DAC_OVERRIDE);
	assert_false(d->plan.iso.keep_caps & 1ull << CAP_SYS_ADMIN);
}

/* Else it would read zeros where the content was never recorded. */
static void root_cannot_open_what_was_not_opened(void **state)
{
	struct draft *d = *state;
	struct file_row r = row_of("/seen", KIND_FILE, ACCESS_S);

	r.size = 5;
	d->m.run.user.uid = 0;
	d->options.strategy = 'B';
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add_row(d, &r);
	finish(d);
	assert_false(d->plan.iso.keep_caps & 1ull << CAP_DAC_OVERRIDE);
	assert_true(d->plan.iso.keep_caps & 1ull << CAP_FOWNER);
	assert_non_null(note(d, "capabilities"));
}

static void limits_and_environment_are_taken_over(void **state)
{
	struct draft *d = *state;
	struct kv vars[] = {{"A", "1"}, {"lonely", NULL}, {"A", "2"}};
	struct m_limit limits[] = {
		{"nofile", "100", "200"}, {"core", "0", "unlimited"}};
	char *names[] = {"API_TOKEN"};

	d->m.environment.variables = (struct kvlist){vars, 3};
	d->m.environment.redacted = (struct strlist){names, 1};
	d->m.environment.limits.items = limits;
	d->m.environment.limits.count = 2;
	finish(d);
	assert_string_equal(d->plan.iso.envp[0], "A=1");
	assert_string_equal(d->plan.iso.envp[1], "lonely");
	assert_string_equal(d->plan.iso.envp[2], "A=2");
	assert_null(d->plan.iso.envp[3]);
	assert_int_equal(d->plan.iso.limit_count, 2);
	assert_int_equal(d->plan.iso.limits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(d->plan.iso.limits[0].value.rlim_max, 200);
	assert_true(d->plan.iso.limits[1].value.rlim_max == RLIM_INFINITY);
	assert_string_equal(note(d, "secret"),
		"the variable 'API_TOKEN' was not recorded: absent");
}

static void devices_must_be_what_they_were(void **state)
{
	struct draft *d = *state;
	struct m_device devices[] = {
		{"/dev/null", "char", 1, 3, "rw", false},
		{"/dev/infiniband/uverbs7", "char", 231, 199, "rw", false},
		{"/dev/fuse", "char", 10, 229, "rw", false},
		{"/dev/rtc", "char", 10, 135, "r", false},
		/* Who wrote the manifest says that these are a GPU's. */
		{"/dev/uinput", "char", 10, 223, "rw", true},
		{"/dev/dri/../sda", "block", 8, 0, "rw", true},
		{"/dev/dri/../ttyS0", "char", 4, 64, "rw", true},
		{"/srv/null", "char", 1, 3, "rw", false},
	};

	d->m.devices.items = devices;
	d->m.devices.count = sizeof(devices) / sizeof(*devices);
	for (size_t i = 1; i < d->m.devices.count; i++)
		d->devices[i] = (struct host_device){true,
			devices[i].type[0] == 'b', (unsigned)devices[i].major,
			(unsigned)devices[i].minor};
	d->devices[2] = (struct host_device){true, false, 99, 1};
	finish(d);
	assert_int_equal(d->plan.iso.device_count, 3);
	assert_string_equal(
		d->plan.iso.devices[0].source, "/dev/infiniband/uverbs7");
	assert_int_equal(d->plan.iso.devices[0].major, 231);
	assert_string_equal(d->plan.iso.devices[1].source, "/dev/rtc");
	assert_string_equal(d->plan.iso.devices[2].source, "/dev/uinput");
	assert_int_equal(d->plan.iso.host_group_count, 0);
	for (size_t i = 0, k = 0; i < d->plan.notes.count; i++) {
		static const char *const said[] = {"another device there",
			"in /dev only", "in /dev only", "in /dev only"};

		if (strcmp(d->plan.notes.items[i].kind, "device") != 0)
			continue;
		assert_true(k < sizeof(said) / sizeof(*said));
		assert_non_null(strstr(d->plan.notes.items[i].detail, said[k++]));
	}
}

static void devices_that_show_the_host_stay_away(void **state)
{
	struct draft *d = *state;
	struct m_device devices[] = {
		{"/dev/loop7", "block", 7, 7, "rw", false},
		{"/dev/kmsg", "char", 1, 11, "r", false},
		{"/dev/vcs1", "char", 7, 1, "r", false},
		{"/dev/input/event0", "char", 13, 64, "r", false},
	};

	d->m.devices.items = devices;
	d->m.devices.count = 4;
	for (size_t i = 0; i < 4; i++)
		d->devices[i] = (struct host_device){true, i == 0,
			(unsigned)devices[i].major, (unsigned)devices[i].minor};
	finish(d);
	assert_int_equal(d->plan.iso.device_count, 0);
	assert_non_null(strstr(note(d, "device"), "would show the host"));
}

static void a_program_of_proc_is_refused(void **state)
{
	struct draft *d = *state;

	d->m.command.executable = (char *)"/proc/self/exe";
	assert_int_equal(begin(d), 0);
	assert_int_equal(plan_finish(&d->plan, &d->options, &d->host, &d->e), -1);
	assert_string_equal(d->e.msg,
		"the program '/proc/self/exe' is not in the file table");
}

static void another_command_is_looked_for_in_the_run(void **state)
{
	struct draft *d = *state;
	char *argv[] = {(char *)"tool", NULL};
	struct kv vars[] = {{"PATH", "/none:/data:/bin"}};
	struct file_row r;

	d->options.argv = argv;
	d->m.environment.variables = (struct kvlist){vars, 1};
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	r = row_of("/bin", KIND_SYMLINK, ACCESS_L);
	r.target = (char *)"usr/bin";
	add_row(d, &r);
	add(d, "/data", KIND_DIRECTORY, ACCESS_S);
	add(d, "/data/tool", KIND_FILE, ACCESS_R); /* 0644 */
	add(d, "/usr", KIND_DIRECTORY, ACCESS_S);
	add(d, "/usr/bin", KIND_DIRECTORY, ACCESS_S);
	r = row_of("/usr/bin/tool", KIND_FILE, ACCESS_X);
	r.mode = 0755;
	add_row(d, &r);
	finish(d);
	assert_string_equal(d->plan.iso.executable, "/bin/tool");
	assert_false(d->plan.recorded_command);
}

static void stdin_is_a_file_when_it_was_one(void **state)
{
	struct draft *d = *state;

	d->m.command.stdin_ =
		(struct m_stream){(char *)"file", (char *)"/in", 12};
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add_object(d, "/in", ACCESS_R, 20, NULL);
	finish(d);
	assert_int_equal(d->plan.iso.stdin_kind, ISO_STDIN_FILE);
	assert_string_equal(d->plan.iso.stdin_path, "/in");
	assert_int_equal(d->plan.iso.stdin_offset, 12);
}

static void the_working_directory_is_always_there(void **state)
{
	struct draft *d = *state;

	d->m.command.cwd = (char *)"/a/b c";
	finish(d);
	assert_ptr_equal(node(d, "/a/b c")->parent, node(d, "/a"));
	assert_non_null(note(d, "directory"));
}

static void conditions_that_differ_are_said(void **state)
{
	struct draft *d = *state;

	d->m.hardware.cpu.model_name = (char *)"old";
	d->m.run.host.kernel = (char *)"5.0";
	d->host.cpu_model = "new";
	d->host.kernel = "5.0";
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	finish(d);
	assert_string_equal(
		note(d, "cpu"), "recorded on 'old', replayed on 'new'");
	assert_null(note(d, "kernel"));
	assert_non_null(note(d, "owners"));
}

/* The run's groups, and the lines of the map that large ones need. */
static void groups_take_root(void **state)
{
	static char *groups[] = {"27", "80000", "7"};
	struct draft *d = *state;
	struct file_row r = row_of("/f", KIND_FILE, ACCESS_S);

	d->m.run.user.gid = 7;
	d->m.run.user.groups = (struct strlist){groups, 3};
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	r.gid = 90000;
	assert_int_equal(add_row(d, &r), 0);
	finish(d);
	assert_non_null(note(d, "groups"));
	assert_int_equal(d->plan.iso.group_count, 3);
	assert_int_equal(d->plan.iso.groups[1], 80000);
	assert_int_equal(d->plan.iso.extra_gid_count, 2);
	assert_int_equal(d->plan.iso.extra_gids[0], 80000);
	assert_int_equal(d->plan.iso.extra_gids[1], 90000);
}

static void root_shows_groups(void **state)
{
	static char *groups[] = {"27"};
	struct draft *d = *state;

	d->host.ranges = true;
	d->m.run.user.groups = (struct strlist){groups, 1};
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	finish(d);
	assert_null(note(d, "groups"));
}

static void add_device(struct draft *d, const char *path, int64_t minor)
{
	struct file_row r = row_of(path, KIND_CHAR, ACCESS_S);

	r.major = minor ? 1 : 0;
	r.minor = minor;
	assert_int_equal(add_row(d, &r), 0);
}

static void device_nodes_take_root(void **state)
{
	struct draft *d = *state;

	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add_device(d, "/null", 3);
	finish(d);
	assert_null(tree_find(&d->plan.tree, "/null"));
	assert_non_null(note(d, "device-node"));
}

/* Device 0:0 would be the mark of a removed file. */
static void root_makes_device_nodes(void **state)
{
	struct draft *d = *state;

	d->host.device_nodes = true;
	add(d, "/", KIND_DIRECTORY, ACCESS_S);
	add_device(d, "/null", 3);
	add_device(d, "/zero", 0);
	finish(d);
	assert_int_equal(node(d, "/null")->major, 1);
	assert_int_equal(node(d, "/null")->minor, 3);
	assert_null(tree_find(&d->plan.tree, "/zero"));
}

#define PLAN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* The run's own limit, else what its machine had; where a control group can
 * be made, and said where not. */
static void memory_is_limited_as_recorded(void **state)
{
	static const struct {
		int64_t limit, swap, total, host;
		bool group, host_cpus;
		uint64_t memory, swap_max;
	} cases[] = {
		{4000, 100, 9000, 8000, true, false, 4000, 100},
		{4000, ABSENT, 9000, 8000, true, true, 4000, ISO_NO_LIMIT},
		{ABSENT, ABSENT, 9000, 8000, true, false, 0, ISO_NO_LIMIT},
		{ABSENT, ABSENT, 7000, 8000, true, false, 7000, 50},
		{ABSENT, ABSENT, 7000, 8000, true, true, 0, ISO_NO_LIMIT},
		{4000, 100, 7000, 8000, false, false, 0, ISO_NO_LIMIT},
	};
	struct draft *d = *state;
	struct m_memory *m = &d->m.hardware.memory;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan p = {.arena = d->arena,
			.manifest = &d->m,
			.notes.arena = d->arena};

		m->cgroup_limit_bytes = cases[i].limit;
		m->cgroup_swap_limit_bytes = cases[i].swap;
		m->total_bytes = cases[i].total;
		m->swap_bytes = 50;
		d->host.memory_bytes = cases[i].host;
		d->host.group =
			(struct iso_group_support){.memory = cases[i].group};
		strcpy(d->host.group.why, cases[i].group ? "" : "of reasons");
		d->options.host_cpus = cases[i].host_cpus;
		plan_together(&p, &d->options, &d->host);
		assert_int_equal(p.iso.group.memory_bytes, cases[i].memory);
		assert_int_equal(p.iso.group.swap_bytes, cases[i].swap_max);
		assert_int_equal(p.notes.count, cases[i].group ? 0 : 2);
		if (cases[i].group)
			continue;
		assert_string_equal(p.notes.items[0].detail,
			"the run had 0.0 GB of memory at most, and no limit is "
			"set here: of reasons");
		assert_string_equal(p.notes.items[1].detail,
			"no limit of memory is set: of reasons");
	}
}

/* Half of what this host can have, and never more than any run needs. */
static void processes_are_limited(void **state)
{
	static const struct {
		int64_t host;
		uint64_t most;
	} cases[] = {{4194304, 32768}, {32768, 16384}, {3541, 1770}, {0, 32768}};
	struct draft *d = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan p = {.arena = d->arena,
			.manifest = &d->m,
			.notes.arena = d->arena};

		d->host.process_max = cases[i].host;
		plan_together(&p, &d->options, &d->host);
		assert_int_equal(p.iso.group.processes, cases[i].most);
	}
}

/* What sched_setaffinity(2) can lead to, all of it. */
static void other_processors_are_out_of_reach(void **state)
{
	struct draft *d = *state;
	struct plan p = {.arena = d->arena,
		.manifest = &d->m,
		.notes.arena = d->arena,
		.iso.emulation = &p.emulation};

	p.emulation.cpus = true;
	CPU_SET(0, &p.emulation.allowed);
	CPU_SET(5, &p.emulation.allowed);
	plan_together(&p, &d->options, &d->host);
	assert_null(p.iso.group.cpus);
	d->host.group.cpus = true;
	p.emulation.host[5] = 1;
	/* Both: that is all this host has. */
	plan_together(&p, &d->options, &d->host);
	assert_null(p.iso.group.cpus);
	p.emulation.host[5] = 0;
	plan_together(&p, &d->options, &d->host);
	assert_non_null(p.iso.group.cpus);
	assert_int_equal(CPU_COUNT(p.iso.group.cpus), 1);
	assert_true(CPU_ISSET(0, p.iso.group.cpus));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLAN(the_tree_is_what_was_there_at_first),
		PLAN(listings_give_the_order),
		PLAN(changed_files_go_up_with_all_their_names),
		PLAN(renamed_directories_go_up_whole),
		PLAN(contents_come_from_where_they_are),
		PLAN(hostile_rows_are_refused),
		PLAN(one_file_has_one_content),
		PLAN(many_rows_are_no_trouble),
		PLAN(trees_of_data_begin_at_their_path),
		PLAN(paths_are_followed_as_in_the_replay),
		PLAN(a_strategy_that_cannot_work_is_refused),
		PLAN(read_only_is_what_the_user_could_not_write),
		PLAN(root_could_write_everywhere),
		PLAN(root_cannot_open_what_was_not_opened),
		PLAN(limits_and_environment_are_taken_over),
		PLAN(memory_is_limited_as_recorded),
		PLAN(processes_are_limited),
		PLAN(other_processors_are_out_of_reach),
		PLAN(devices_must_be_what_they_were),
		PLAN(devices_that_show_the_host_stay_away),
		PLAN(a_program_of_proc_is_refused),
		PLAN(another_command_is_looked_for_in_the_run),
		PLAN(stdin_is_a_file_when_it_was_one),
		PLAN(the_working_directory_is_always_there),
		PLAN(conditions_that_differ_are_said),
		PLAN(groups_take_root),
		PLAN(root_shows_groups),
		PLAN(device_nodes_take_root),
		PLAN(root_makes_device_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
