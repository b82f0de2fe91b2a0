// SPDX-License-Identifier: Apache-2.0
/* What the user puts in the place of parts: read from options, and planned. */
#include "tests/unit/replay_help.h"

#include "replay/plan.h"

#include <errno.h>
#include <sys/sysmacros.h>

struct draft {
	struct arena *arena;
	struct manifest m;
	struct host_view host;
	struct replay_options options;
	struct parts parts;
	struct plan plan;
	struct err e;
};

static int set_up(void **state)
{
	struct draft *d = calloc(1, sizeof(*d));

	d->arena = arena_new();
	manifest_init(&d->m, d->arena);
	d->m.run.id = (char *)"11111111-2222-4333-8444-555555555555";
	d->m.run.user.uid = d->m.run.user.gid = 1000;
	d->m.command.cwd = (char *)"/w";
	d->m.command.executable = (char *)"/";
	*ARENA_PUSH(d->arena, d->m.command.argv.items, d->m.command.argv.count) =
		(char *)"x";
	d->host = (struct host_view){.root_a = true};
	d->options.parts = &d->parts;
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

static void add(struct draft *d, const char *path, enum file_kind kind,
	const char *target)
{
	struct file_row r;

	file_row_init(&r);
	r.path = (char *)path;
	r.kind = kind;
	r.access = ACCESS_R;
	r.mode = 0755;
	r.uid = r.gid = r.size = r.mtime_s = 0;
	r.target = (char *)target;
	if (plan_add(&d->plan, NULL, &r, &d->e) < 0)
		fail_msg("%s", d->e.msg);
}

/* "/w/link" leads to "/w/dir", "/dangling" nowhere, "/p" to "/proc". */
static void begin(struct draft *d)
{
	if (plan_init(&d->plan, d->arena, &d->m, &d->options, &d->host, &d->e) < 0)
		fail_msg("%s", d->e.msg);
	add(d, "/", KIND_DIRECTORY, NULL);
	add(d, "/dangling", KIND_SYMLINK, "none");
	add(d, "/p", KIND_SYMLINK, "proc");
	add(d, "/w", KIND_DIRECTORY, NULL);
	add(d, "/w/dir", KIND_DIRECTORY, NULL);
	add(d, "/w/file", KIND_FILE, NULL);
	add(d, "/w/link", KIND_SYMLINK, "dir");
}

static int plan(struct draft *d)
{
	begin(d);
	return plan_finish(&d->plan, &d->options, &d->host, &d->e);
}

static void planned(struct draft *d)
{
	if (plan(d) < 0)
		fail_msg("%s", d->e.msg);
}

static struct part_volume volume(const char *target, bool directory)
{
	return (struct part_volume){
		.source = {.path = "/host",
			.st.st_mode = directory ? S_IFDIR : S_IFREG,
			.st.st_dev = 1,
			.st.st_ino = 2},
		.target = target};
}

/* --- reading --------------------------------------------------------- */

static const struct {
	const char *volume, *source, *target;
	bool read_only;
} volumes[] = {
	{"/tmp:/x", "/tmp", "/x", false},
	{"/tmp:/x:ro", "/tmp", "/x", true},
	{"/tmp:/x:rw", "/tmp", "/x", false},
	{"/tmp/.:/x/:ro", "/tmp", "/x/", true},
	{"./a:/b:/x", "a:/b", "/x", false},
	{"a:b:/x:ro", "a:b", "/x", true},
	{"a:/x:roo", "a", "/x:roo", false},
	{"/tmp", NULL, NULL, false},
	{"/tmp:x", NULL, NULL, false},
	{":/x", NULL, NULL, false},
	{"", NULL, NULL, false},
	{"/none:/x", NULL, NULL, false},
	{"/dev/null:/x", NULL, NULL, false},
};

static void volumes_are_read(void **state)
{
	struct draft *d = *state;
	char dir[] = "/tmp/reprise-parts.XXXXXX", here[4096];

	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(dir), 0);
	mkdir("a:", 0700);
	mkdir("a:/b", 0700);
	mkdir("a:b", 0700);
	mkdir("a", 0700);
	for (size_t i = 0; i < sizeof(volumes) / sizeof(*volumes); i++) {
		char *text = (char *)volumes[i].volume;
		struct replay_parts o = {.volumes = {&text, 1}};
		int r = parts_read(&d->parts, d->arena, &o, &d->e);

		if (r != (volumes[i].source ? 0 : -1))
			fail_msg("%s: %d %s", text, r, d->e.msg);
		if (r < 0)
			continue;
		assert_true(fs_has_suffix(
			d->parts.volumes[0].source.path, volumes[i].source));
		assert_int_equal(d->parts.volumes[0].source.path[0], '/');
		assert_string_equal(
			d->parts.volumes[0].target, volumes[i].target);
		assert_int_equal(
			d->parts.volumes[0].read_only, volumes[i].read_only);
	}
	assert_int_equal(chdir(here), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, NULL), 0);
}

static void variables_are_read(void **state)
{
	struct draft *d = *state;
	char *env[] = {(char *)"A=1", (char *)"B=x=y", (char *)"REPRISE_T",
		(char *)"A=2", (char *)"E="};
	struct replay_parts o = {.env = {env, 5}};

	setenv("REPRISE_T", "here", 1);
	assert_int_equal(parts_read(&d->parts, d->arena, &o, &d->e), 0);
	assert_int_equal(d->parts.variables.count, 4);
	assert_string_equal(d->parts.variables.items[0].value, "2");
	assert_string_equal(d->parts.variables.items[1].value, "x=y");
	assert_string_equal(d->parts.variables.items[2].value, "here");
	assert_string_equal(d->parts.variables.items[3].value, "");
	unsetenv("REPRISE_T");
	assert_int_equal(parts_read(&d->parts, d->arena, &o, &d->e), -1);
	assert_string_equal(d->e.msg, "--env 'REPRISE_T' is not set here");
}

static void devices_are_read(void **state)
{
	static const char *const bad[] = {"/dev", "/dev/", "/etc/passwd",
		"/dev/../dev/null", "/dev//null", "/dev/pts", "/dev/none", ""};
	struct draft *d = *state;
	char *path = (char *)"/dev/null";
	struct replay_parts o = {.devices = {&path, 1}};

	assert_int_equal(parts_read(&d->parts, d->arena, &o, &d->e), 0);
	assert_int_equal(minor(d->parts.devices[0].st.st_rdev), 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		path = (char *)bad[i];
		if (parts_read(&d->parts, d->arena, &o, &d->e) == 0)
			fail_msg("'%s' is accepted", path);
	}
}

/* --- planning -------------------------------------------------------- */

static const struct {
	const char *target;
	bool directory;
	const char *place; /* or the error */
} places[] = {
	{"/w/dir", true, "/w/dir"},
	{"/w/link", true, "/w/dir"},
	{"//w///link/", true, "/w/dir"},
	{"/w/link/new/er", true, "/w/dir/new/er"},
	{"/w/link/new/er", false, "/w/dir/new/er"},
	{"/new", false, "/new"},
	{"/w/file", false, "/w/file"},
	{"/w/file", true, "!--volume: '/w/file' is no directory in the run"},
	{"/w/dir", false, "!--volume: '/w/dir' is a directory in the run"},
	{"/w/file/x", false, "!--volume: '/w/file' is no directory in the run"},
	{"/dangling", true, "!--volume: '/dangling' cannot be made"},
	{"/", true, "!--volume: the root cannot be replaced"},
	{"///", true, "!--volume: the root cannot be replaced"},
	{"/w/../w/dir", true,
		"!--volume: '/w/../w/dir' has a '.' or '..' component"},
	{"/w/.", true, "!--volume: '/w/.' has a '.' or '..' component"},
	{"/w/..x", true, "/w/..x"},
	{"/proc", true,
		"!--volume: '/proc' cannot be replaced: the replay has its own "
		"/proc"},
	{"/p/x", true,
		"!--volume: '/proc/x' cannot be replaced: the replay has its "
		"own /proc"},
	{"/dev/x", false,
		"!--volume: '/dev/x' cannot be replaced: the replay has its "
		"own /dev; --device gives device nodes"},
	{"/sys/kernel", true,
		"!--volume: '/sys/kernel' cannot be replaced: the replay has "
		"its own /sys"},
};

static void volumes_have_a_place(void **state)
{
	struct draft *d = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct part_volume v =
			volume(places[i].target, places[i].directory);
		const char *place = places[i].place;
		bool bad = *place == '!';

		d->parts.volumes = &v;
		d->parts.volume_count = 1;
		plan_release(&d->plan);
		d->e = (struct err)ERR_INIT;
		if (plan(d) != (bad ? -1 : 0))
			fail_msg("%s: %s", places[i].target, d->e.msg);
		assert_string_equal(bad ? d->e.msg : d->plan.iso.volumes[0].target,
			place + bad);
		if (bad)
			continue;
		assert_int_equal(d->plan.iso.volumes[0].dev, 1);
		assert_int_equal(d->plan.iso.volumes[0].ino, 2);
		assert_int_equal(d->plan.replaced.count, 1);
		assert_int_equal(tree_find(&d->plan.tree, place)->kind,
			places[i].directory ? KIND_DIRECTORY : KIND_FILE);
	}
}

/* Mount points of this replay are in no layer that another one shares. */
static void new_places_are_in_the_upper_layer(void **state)
{
	struct draft *d = *state;
	struct part_volume v = volume("/w/dir/a/b", true);
	const struct tree *t = &d->plan.tree;

	d->parts.volumes = &v;
	d->parts.volume_count = 1;
	planned(d);
	assert_false(tree_find(t, "/w/dir/a")->layers & IN_LOWER);
	assert_true(tree_find(t, "/w/dir/a")->layers & IN_UPPER);
	assert_false(tree_find(t, "/w/dir/a/b")->layers & IN_LOWER);
	assert_true(tree_find(t, "/w/dir")->layers & IN_LOWER);
	assert_true(tree_find(t, "/w/dir")->layers & ABOVE_UPPER);
	assert_true(d->plan.replaced.items[0].is_new);
}

static void outer_volumes_come_first(void **state)
{
	struct draft *d = *state;
	struct part_volume v[] = {volume("/w/link/x/y", true),
		volume("/w/dir", true), volume("/w/dir/x", false)};

	d->parts.volumes = v;
	d->parts.volume_count = 3;
	planned(d);
	assert_string_equal(d->plan.iso.volumes[0].target, "/w/dir");
	assert_string_equal(d->plan.iso.volumes[1].target, "/w/dir/x");
	assert_string_equal(d->plan.iso.volumes[2].target, "/w/dir/x/y");
	/* What is in a volume is the host's to have. */
	assert_null(tree_find(&d->plan.tree, "/w/dir/x"));
	assert_true(parts_covers(&d->plan, "/w/dir/z"));
	plan_release(&d->plan);
	v[0].target = "/w/link";
	assert_int_equal(plan(d), -1);
	assert_string_equal(d->e.msg, "--volume: '/w/dir' is given twice");
	v[0].target = "/w/link/x/y";
	plan_release(&d->plan);
	planned(d);
	assert_false(parts_covers(&d->plan, "/w/dirty"));
}

static void variables_stand_for_recorded_ones(void **state)
{
	struct draft *d = *state;
	struct kv vars[] = {
		{"A", "1"}, {"lonely", NULL}, {"AB", "2"}, {"A", "3"}};
	struct kv given[] = {{"A", "9"}, {"lonely", "10"}, {"SECRET", "s"}};
	char *names[] = {"SECRET", "OTHER"};
	char *const *env;

	d->m.environment.variables = (struct kvlist){vars, 4};
	d->m.environment.redacted = (struct strlist){names, 2};
	d->parts.variables = (struct kvlist){given, 3};
	planned(d);
	env = d->plan.iso.envp;
	assert_string_equal(env[0], "AB=2");
	assert_string_equal(env[1], "A=9");
	assert_string_equal(env[2], "lonely=10");
	assert_string_equal(env[3], "SECRET=s");
	assert_null(env[4]);
	assert_false(d->plan.replaced.items[0].is_new);
	assert_true(d->plan.replaced.items[2].is_new);
	for (size_t i = 0; i < d->plan.notes.count; i++)
		assert_null(strstr(d->plan.notes.items[i].detail, "'SECRET'"));
}

/* The search for a program goes by what the command will see. */
static void programs_are_looked_for_with_the_parts(void **state)
{
	struct draft *d = *state;
	char *argv[] = {(char *)"file", NULL};
	struct kv given[] = {{"PATH", "/none:/w"}};
	struct part_volume v = volume("/tools", true);

	d->options.argv = argv;
	assert_int_equal(plan(d), -1);
	assert_int_equal(d->e.code, ENOENT);
	plan_release(&d->plan);
	d->parts.variables = (struct kvlist){given, 1};
	planned(d);
	assert_string_equal(d->plan.iso.executable, "/w/file");
	plan_release(&d->plan);
	d->parts.workdir = "dir";
	argv[0] = (char *)"../file";
	planned(d);
	assert_string_equal(d->plan.iso.executable, "../file");
	plan_release(&d->plan);
	/* Whether a volume has it, its exec will say. */
	d->parts.volumes = &v;
	d->parts.volume_count = 1;
	argv[0] = (char *)"/tools/x";
	planned(d);
	assert_string_equal(d->plan.iso.executable, "/tools/x");
}

static void the_directory_must_be_there(void **state)
{
	static const struct {
		const char *workdir, *cwd;
	} cases[] = {
		{"/w/dir", "/w/dir"},
		{"link", "/w/dir"},
		{".", "/w"},
		{"..", "/"},
		{"/v/deeper", "/v/deeper"},
		{"file", NULL},
		{"none", NULL},
		{"/none", NULL},
		{"", NULL},
	};
	struct draft *d = *state;
	struct part_volume v = volume("/v", true);

	d->parts.volumes = &v;
	d->parts.volume_count = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		d->parts.workdir = cases[i].workdir;
		plan_release(&d->plan);
		if (plan(d) != (cases[i].cwd ? 0 : -1))
			fail_msg("%s: %s", cases[i].workdir, d->e.msg);
		if (cases[i].cwd)
			assert_string_equal(d->plan.iso.cwd, cases[i].cwd);
	}
}

static void devices_are_added_once(void **state)
{
	struct draft *d = *state;
	struct m_device recorded = {"/dev/fuse", "char", 10, 229, "rw", false};
	struct host_device there = {true, false, 10, 229};
	struct part_device given[] = {
		{"/dev/fuse", {.st_mode = S_IFCHR | 0666}},
		{"/dev/null", {.st_mode = S_IFCHR | 0666}},
		{"/dev/sub/new",
			{.st_mode = S_IFBLK | 0600, .st_rdev = makedev(7, 1)}},
		{"/dev/ttyUSB0", {.st_mode = S_IFCHR | 0660, .st_gid = 44}},
	};
	int closed = 0;

	d->m.devices.items = &recorded;
	d->m.devices.count = 1;
	d->host.devices = &there;
	d->host.ranges = true;
	d->parts.devices = given;
	d->parts.device_count = 4;
	d->parts.host_network = true;
	planned(d);
	assert_int_equal(d->plan.iso.device_count, 3);
	assert_string_equal(d->plan.iso.devices[0].target, "/dev/fuse");
	assert_int_equal(d->plan.iso.devices[0].minor, 229);
	assert_string_equal(d->plan.iso.devices[1].target, "/dev/sub/new");
	assert_true(d->plan.iso.devices[1].is_block);
	assert_int_equal(d->plan.iso.devices[1].major, 7);
	assert_string_equal(d->plan.iso.devices[2].target, "/dev/ttyUSB0");
	assert_true(d->plan.iso.host_network);
	/* As root its mode counts: the command is somebody else, but can be of
	 * the node's group. */
	for (size_t i = 0; i < d->plan.notes.count; i++)
		if (!strcmp(d->plan.notes.items[i].kind, "device")) {
			closed++;
			assert_string_equal(
				d->plan.notes.items[i].path, "/dev/sub/new");
		}
	assert_int_equal(closed, 1);
	assert_int_equal(d->plan.iso.host_group_count, 1);
	assert_int_equal(d->plan.iso.host_groups[0], 44);
	assert_int_equal(parts_changed(&d->plan), 3);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(volumes_are_read),
		CASE(variables_are_read),
		CASE(devices_are_read),
		CASE(volumes_have_a_place),
		CASE(new_places_are_in_the_upper_layer),
		CASE(outer_volumes_come_first),
		CASE(variables_stand_for_recorded_ones),
		CASE(programs_are_looked_for_with_the_parts),
		CASE(the_directory_must_be_there),
		CASE(devices_are_added_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
