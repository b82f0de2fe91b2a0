// SPDX-License-Identifier: Apache-2.0
/* CDI specifications: what is taken of them, and what is refused. */
#include "store_help.h"

#include "host/cdi.h"

static void put(const char *path, const char *text)
{
	char *dir = strdup(path);
	struct err e = ERR_INIT;
	autoclose int fd = -1;

	*strrchr(dir, '/') = 0;
	ok(fs_mkdirs(dir, 0755, &e));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	free(dir);
}

static const struct cdi_device *device(
	const struct cdi *c, const char *kind, const char *name)
{
	for (size_t i = 0; i < c->devices.count; i++)
		if (!strcmp(c->devices.items[i].kind, kind) &&
			!strcmp(c->devices.items[i].name, name))
			return &c->devices.items[i];
	return NULL;
}

static const char yaml[] =
	"---\n"
	"cdiVersion: 0.5.0\n"
	"kind: nvidia.com/gpu\n"
	"containerEdits:\n"
	"  deviceNodes:\n"
	"  - path: /dev/nvidiactl\n"
	"    hostPath: /run/nvidia/driver/dev/nvidiactl\n"
	"  env:\n"
	"  - NVIDIA_VISIBLE_DEVICES=void\n"
	"  hooks:\n"
	"  - hookName: createContainer\n"
	"    path: /usr/bin/nvidia-cdi-hook\n"
	"    args: [nvidia-cdi-hook, create-symlinks, --link, "
	"'libcuda.so.1::/usr/lib/libcuda.so']\n"
	"  - hookName: createContainer\n"
	"    path: /usr/bin/nvidia-ctk\n"
	"    args: [nvidia-ctk, hook, update-ldcache, --folder, /usr/lib]\n"
	"  mounts:\n"
	"  - hostPath: /usr/lib/libcuda.so.550.54.15\n"
	"    containerPath: /usr/lib/libcuda.so.550.54.15\n"
	"    options: [ro, nosuid, nodev, bind]\n"
	"devices:\n"
	"- name: \"0\"\n"
	"  containerEdits:\n"
	"    deviceNodes:\n"
	"    - {path: /dev/nvidia0, permissions: rw}\n"
	"    - {path: /dev/dri/renderD128}\n"
	"    additionalGids: [44, 0, 109]\n"
	"    hooks:\n"
	"    - {hookName: createContainer, path: /usr/bin/nvidia-cdi-hook,"
	" args: [nvidia-cdi-hook, chmod, --mode, '755', --path, /dev/dri]}\n"
	"- name: all\n";

static const char json[] =
	"{\"cdiVersion\": \"0.6.0\", \"kind\": \"amd.com/gpu\", \"devices\": ["
	"{\"name\": \"0\", \"containerEdits\": {\"deviceNodes\": ["
	"{\"path\": \"/dev/kfd\"}, {\"path\": \"\\/dev/dri/renderD128\"}], "
	"\"hooks\": [{\"hookName\": \"poststart\", \"path\": "
	"\"/opt/bin/evil\"}, {\"hookName\": \"prestart\", \"path\": \"/x\", "
	"\"args\": [\"x\", \"-v\", \"enable-cuda-compat\"]}]}}]}";

static void test_read(void **state)
{
	autoarena *a = arena_new();
	const struct cdi_device *d;
	struct cdi c;

	put("root/etc/cdi/nvidia.yaml", yaml);
	put("root/var/run/cdi/amd.json", json);
	put("root/etc/cdi/notes.txt", "no specification");
	cdi_read(&c, a, "root");
	assert_int_equal(c.problems.count, 0);
	assert_int_equal(c.devices.count, 3);
	d = device(&c, "nvidia.com/gpu", "0");
	assert_string_equal(d->file, "/etc/cdi/nvidia.yaml");
	assert_int_equal(d->edits.nodes.count, 2);
	assert_string_equal(d->edits.nodes.items[0].path, "/dev/nvidia0");
	assert_string_equal(d->edits.nodes.items[0].source, "/dev/nvidia0");
	assert_int_equal(d->edits.gid_count, 2);
	assert_int_equal(d->edits.gids[0], 44);
	assert_int_equal(d->edits.gids[1], 109);
	assert_int_equal(d->edits.unknown_hooks.count, 0);
	assert_string_equal(d->common->nodes.items[0].source,
		"/run/nvidia/driver/dev/nvidiactl");
	assert_string_equal(
		d->common->env.items[0], "NVIDIA_VISIBLE_DEVICES=void");
	assert_string_equal(d->common->mounts.items[0].target,
		"/usr/lib/libcuda.so.550.54.15");
	assert_int_equal(d->common->unknown_hooks.count, 0);
	assert_int_equal(
		device(&c, "nvidia.com/gpu", "all")->edits.nodes.count, 0);
	d = device(&c, "amd.com/gpu", "0");
	assert_string_equal(
		d->edits.nodes.items[1].path, "/dev/dri/renderD128");
	assert_int_equal(d->edits.unknown_hooks.count, 1);
	assert_string_equal(d->edits.unknown_hooks.items[0], "evil");
}

#define HEAD "kind: x.com/gpu\n"
#define NODE(path)                                                             \
	HEAD "devices: [{name: a, containerEdits: {deviceNodes: [" path "]}}]" \
	     "\n"
#define MOUNT(mount) HEAD "containerEdits: {mounts: [" mount "]}\n"

/* One bad word, and nothing of the file counts. */
static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "cannot be read"},
		{"kind: [", "line 2: did not find expected node content"},
		{"- a\n- b\n", "there is no kind"},
		{"devices: []\n", "there is no kind"},
		{"kind: gpu\ndevices: []\n", "there is no kind"},
		{"kind: a/b/c\ndevices: []\n", "there is no kind"},
		{HEAD "devices: [{containerEdits: {}}]\n",
			"a device has no name"},
		{HEAD "devices: [{name: \"a\\nb\"}]\n", "a device has no name"},
		{HEAD "devices: [{name: first}, {no: name}]\n",
			"a device has no name"},
		{NODE("{path: /dev/../etc/shadow}"),
			"'/dev/../etc/shadow' is no path of a device node"},
		{NODE("{path: /etc/shadow}"),
			"'/etc/shadow' is no path of a device node"},
		{NODE("{path: /dev}"), "'/dev' is no path of a device node"},
		{NODE("{path: /dev/}"), "'/dev/' is no path of a device node"},
		{NODE("{path: /dev//sda}"),
			"'/dev//sda' is no path of a device node"},
		{NODE("{path: /devices/x}"),
			"'/devices/x' is no path of a device node"},
		{NODE("{path: /dev/x, hostPath: dev/x}"),
			"'/dev/x' is no path of a device node"},
		{NODE("{hostPath: /dev/x}"), "'' is no path of a device node"},
		{NODE("[a]"), "'' is no path of a device node"},
		{MOUNT("{hostPath: /a/./b, containerPath: /b}"),
			"'/a/./b' is no path of a mount"},
		{MOUNT("{hostPath: /a, containerPath: b}"),
			"'b' is no path of a mount"},
		{HEAD "containerEdits: {env: [NAME]}\n",
			"'NAME' is no variable with a value"},
		{HEAD "containerEdits: {env: ['=x']}\n",
			"'=x' is no variable with a value"},
		{HEAD "containerEdits: {additionalGids: [-1]}\n",
			"'-1' is no group id"},
		{HEAD "containerEdits: {additionalGids: [4294967295]}\n",
			"'4294967295' is no group id"},
		{HEAD "containerEdits: {additionalGids: [5x]}\n",
			"'5x' is no group id"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena *a = arena_new();
		char *want =
			arena_printf(a, "'/etc/cdi/a.yaml': %s", cases[i].why);
		struct cdi c;

		put("root/etc/cdi/a.yaml", cases[i].text);
		put("root/etc/cdi/b.yaml", HEAD "devices: [{name: good}]\n");
		cdi_read(&c, a, "root");
		if (c.problems.count != 1)
			fail_msg("%s: %zu problems", cases[i].text,
				c.problems.count);
		assert_string_equal(c.problems.items[0], want);
		assert_int_equal(c.devices.count, 1);
		assert_string_equal(c.devices.items[0].name, "good");
	}
}

/* What root's directories hold must be root's to say. */
static void test_writable_by_all(void **state)
{
	autoarena *a = arena_new();
	struct cdi c;

	put("root/etc/cdi/a.yaml", HEAD "devices: [{name: a}]\n");
	assert_int_equal(chmod("root/etc/cdi/a.yaml", 0646), 0);
	cdi_read(&c, a, "root");
	assert_int_equal(c.devices.count, 0);
	assert_string_equal(c.problems.items[0],
		"'/etc/cdi/a.yaml': everybody may write it");
}

static void test_precedence(void **state)
{
	static const char first[] =
		HEAD "devices: [{name: a, containerEdits: {env: [V=1]}}]\n";
	static const char second[] =
		HEAD "devices: [{name: a, containerEdits: {env: [V=2]}}]\n";
	autoarena *a = arena_new();
	struct cdi c;

	put("root/etc/cdi/x.yaml", first);
	put("root/run/cdi/y.yaml", second);
	assert_int_equal(mkdir("root/var", 0755), 0);
	assert_int_equal(symlink("../run", "root/var/run"), 0);
	cdi_read(&c, a, "root");
	assert_int_equal(c.devices.count, 1);
	assert_string_equal(c.devices.items[0].file, "/run/cdi/y.yaml");
	assert_string_equal(c.devices.items[0].edits.env.items[0], "V=2");
	assert_int_equal(c.problems.count, 0);
	/* Two of one directory: neither. */
	put("root/etc/cdi/z.yaml", second);
	unlink("root/run/cdi/y.yaml");
	cdi_read(&c, a, "root");
	assert_int_equal(c.devices.count, 0);
	assert_int_equal(c.problems.count, 2);
	assert_string_equal(c.problems.items[0],
		"'/etc/cdi/x.yaml': the device 'x.com/gpu=a' is in "
		"'/etc/cdi/z.yaml', too");
}

/* Anything at all may come out, but it comes out; aliases do no harm. */
static void test_garbage(void **state)
{
	unsigned seed = 1;
	char text[sizeof(yaml)];

	put("root/etc/cdi/b.yaml",
		"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" HEAD
		"devices: *c\n");
	for (int i = 0; i < 500; i++) {
		autoarena *a = arena_new();
		struct cdi c;

		memcpy(text, yaml, sizeof(yaml));
		for (int k = 0; k < 4; k++)
			text[rand_r(&seed) % (sizeof(text) - 1)] =
				(char)(1 + rand_r(&seed) % 255);
		put("root/etc/cdi/a.yaml", text);
		cdi_read(&c, a, "root");
		assert_true(c.problems.count >= 1);
		for (size_t k = 0; k < c.devices.count; k++)
			assert_non_null(c.devices.items[k].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_refused),
		TEST(test_writable_by_all),
		TEST(test_precedence),
		TEST(test_garbage),
	};

	return cmocka_run_group_tests_name("cdi", tests, NULL, NULL);
}
