// SPDX-License-Identifier: Apache-2.0
/* Which GPUs a replay gives, and what of them. */
#include "tests/unit/gpu_help.h"

/* --- nodes ---------------------------------------------------------------- */

static const struct {
	const char *recorded, *opened, *host;
	enum gpus option;
	const char *given; /* NULL: refused, with */
	const char *refusal;
} cases[] = {
	{"one", CTL "/dev/nvidia0", "one", GPUS_RECORDED,
		ALWAYS "/dev/nvidia0 /dev/nvidiactl", NULL},
	/* By its UUID, with the node it has here. */
	{"one", CTL "/dev/nvidia0", "eight", GPUS_RECORDED,
		ALWAYS "/dev/nvidia1 /dev/nvidiactl", NULL},
	/* By model. */
	{"one", CTL "/dev/nvidia0", "mismatch", GPUS_NONE, "", NULL},
	{"eight", CTL "/dev/nvidia4 /dev/nvidia1", "eight", GPUS_RECORDED,
		ALWAYS "/dev/nvidia1 /dev/nvidia4 /dev/nvidiactl", NULL},
	{"eight", CTL "/dev/nvidia4", "one", GPUS_RECORDED,
		ALWAYS "/dev/nvidia0 /dev/nvidiactl", NULL},
	{"eight", EIGHT, "one", GPUS_RECORDED, NULL,
		"the run used 8 x 'NVIDIA A100-SXM4-80GB' with driver "
		"550.54.15, here is 'NVIDIA A100-SXM4-80GB' with driver "
		"550.54.15: --gpus none goes without, which is not a faithful "
		"replay"},
	{"eight", EIGHT, "one", GPUS_ANY, NULL,
		"the run used 8 x 'NVIDIA A100-SXM4-80GB' with driver "
		"550.54.15, here is 'NVIDIA A100-SXM4-80GB' with driver "
		"550.54.15: --gpus none goes without, which is not a faithful "
		"replay"},
	{"one", CTL "/dev/nvidia0", "other", GPUS_ANY,
		ALWAYS "/dev/nvidia0 /dev/nvidiactl", NULL},
	{"one", CTL "/dev/nvidia0", "other", GPUS_RECORDED, NULL,
		"the run used 'NVIDIA A100-SXM4-80GB' with driver 550.54.15, "
		"here is 'NVIDIA H100 80GB HBM3' with driver 550.54.15: --gpus "
		"any takes the recorded number of any model, --gpus none goes "
		"without; neither is a faithful replay"},
	{"one", CTL "/dev/nvidia0", "none", GPUS_RECORDED, NULL,
		"the run used 'NVIDIA A100-SXM4-80GB' with driver 550.54.15, "
		"here is no GPU: --gpus none goes without, which is not a "
		"faithful replay"},
	/* Other vendors' GPUs are none. */
	{"one", CTL "/dev/nvidia0", "amd", GPUS_ANY, NULL,
		"the run used 'NVIDIA A100-SXM4-80GB' with driver 550.54.15, "
		"here is 'AMD INSTINCT MI250X (MCM) OAM AC MBA' with driver "
		"6.3.6, 'aldebaran' with driver 6.3.6: --gpus none goes "
		"without, which is not a faithful replay"},
	/* Only its own instances of a divided GPU. */
	{"mig", PART, "mig", GPUS_RECORDED,
		"/dev/nvidia-caps/nvidia-cap147 "
		"/dev/nvidia-caps/nvidia-cap148 " ALWAYS
		"/dev/nvidia1 /dev/nvidiactl",
		NULL},
	{"mig", PART, "other", GPUS_RECORDED, NULL,
		"the run used gi1/ci0 of 'NVIDIA H100 80GB HBM3' with driver "
		"550.54.15, here is 'NVIDIA H100 80GB HBM3' with driver "
		"550.54.15 (divided into other instances): --gpus any takes "
		"the recorded number of any model, --gpus none goes without; "
		"neither is a faithful replay"},
	{"mig", PART, "other", GPUS_ANY, ALWAYS "/dev/nvidia0 /dev/nvidiactl",
		NULL},
	{"other", CTL "/dev/nvidia0", "mig", GPUS_RECORDED, NULL,
		"the run used 'NVIDIA H100 80GB HBM3' with driver 550.54.15, "
		"here is gi1/ci0, gi2/ci0, gi2/ci1 of 'NVIDIA H100 80GB HBM3' "
		"with driver 550.54.15 (divided into other instances): --gpus "
		"none goes without, which is not a faithful replay"},
	/* Used means opened: the rest is not asked for. */
	{"eight", "/dev/nvidiactl", "none", GPUS_RECORDED, "", NULL},
	{"eight", "/dev/nvidiactl", "eight", GPUS_RECORDED, "", NULL},
	{"eight", "", "eight", GPUS_RECORDED, "", NULL},
	{"eight", EIGHT, "none", GPUS_NONE, "", NULL},
	/* The node of a display chip, which is another GPU's here. */
	{"none", "/dev/dri/renderD128", "amd", GPUS_RECORDED, "", NULL},
	/* One that no reader knows. */
	{"none", "/dev/accel/accel0", "none", GPUS_RECORDED, NULL,
		"the run used '/dev/accel/accel0', which this host does not "
		"have to give: --gpus none goes without, which is not a "
		"faithful replay"},
	{"none", "/dev/nvidia3", "eight", GPUS_ANY, NULL,
		"the run used '/dev/nvidia3', which this host does not have to "
		"give: --gpus none goes without, which is not a faithful "
		"replay"},
	{"none", "/dev/accel/accel0", "none", GPUS_NONE, "", NULL},
	/* What NVIDIA's GPUs have besides, where the host has it. */
	{"one", CTL "/dev/nvidia0 /dev/nvidia-modeset", "one", GPUS_RECORDED,
		ALWAYS "/dev/nvidia0 /dev/nvidiactl", NULL},
	{"amd", "/dev/kfd /dev/dri/renderD129", "amd", GPUS_RECORDED,
		"/dev/dri/renderD129 /dev/kfd", NULL},
	{"amd", "/dev/kfd /dev/dri/renderD128 /dev/dri/card0", "amd",
		GPUS_RECORDED, "/dev/dri/card0 /dev/dri/renderD128 /dev/kfd",
		NULL},
	{"amd", "/dev/kfd /dev/dri/renderD129", "amd", GPUS_NONE, "", NULL},
	{"intel", "/dev/dri/renderD128", "intel", GPUS_RECORDED,
		"/dev/dri/renderD128", NULL},
	{"intel", "/dev/dri/renderD128 /dev/dri/card1", "intel", GPUS_RECORDED,
		"/dev/dri/card1 /dev/dri/renderD128 /dev/dri/renderD129", NULL},
};

static void the_selected_ones_are_given(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene s;

		record_on(&s, cases[i].recorded, cases[i].opened);
		replay_on(&s, cases[i].host);
		s.options.gpus = cases[i].option;
		if (scene_plan(&s) < 0) {
			if (cases[i].given)
				fail_msg("%zu: %s", i, s.e.msg);
			assert_string_equal(s.e.msg, cases[i].refusal);
			assert_int_equal(s.e.code, 0);
		} else {
			if (!cases[i].given)
				fail_msg("%zu: not refused", i);
			if (strcmp(given(&s), cases[i].given) != 0)
				fail_msg("%zu: %s", i, given(&s));
			assert_int_equal(s.plan.gpu.faithful,
				note_of(&s, "gpu-none") == NULL &&
					note_of(&s, "gpu-model") == NULL);
		}
		scene_release(&s);
	}
}

/* The minor and the dynamic major are the host's. */
static void nodes_have_the_numbers_of_the_host(void **state)
{
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "eight");
	node_of(&s, "/dev/nvidia-uvm")->major = 234;
	assert_int_equal(scene_plan(&s), 0);
	for (size_t i = 0; i < s.plan.iso.device_count; i++) {
		const struct iso_device *d = &s.plan.iso.devices[i];

		assert_string_equal(d->source, d->target);
		if (!strcmp(d->target, "/dev/nvidia1"))
			assert_int_equal(d->minor, 1);
		if (!strcmp(d->target, "/dev/nvidia-uvm"))
			assert_int_equal(d->major, 234);
	}
	scene_release(&s);
}

static void links_by_address_lead_to_nodes(void **state)
{
	struct scene s;

	record_on(&s, "intel", "/dev/dri/renderD128 /dev/dri/card0");
	replay_on(&s, "intel");
	assert_int_equal(scene_plan(&s), 0);
	assert_int_equal(s.plan.iso.dev_link_count, 2);
	assert_string_equal(s.plan.iso.dev_links[0].path,
		"/dev/dri/by-path/pci-0000:4d:00.0-card");
	assert_string_equal(s.plan.iso.dev_links[0].target, "../card0");
	assert_string_equal(s.plan.iso.dev_links[1].path,
		"/dev/dri/by-path/pci-0000:4d:00.0-render");
	scene_release(&s);
}

/* --- nodes that cannot be given ------------------------------------------- */

static void a_node_that_is_missing_is_said(void **state)
{
	struct scene s;

	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "one");
	node_of(&s, "/dev/nvidia0")->exists = false;
	assert_int_equal(scene_plan(&s), -1);
	assert_non_null(strstr(s.e.msg,
		"here is 'NVIDIA A100-SXM4-80GB' with driver 550.54.15, but "
		"there is no '/dev/nvidia0': --gpus none"));
	scene_release(&s);
	record_on(&s, "one", CTL "/dev/nvidia0");
	replay_on(&s, "one");
	node_of(&s, "/dev/nvidia-uvm")->exists = false;
	assert_int_equal(scene_plan(&s), -1);
	assert_string_equal(s.e.msg,
		"the run opened '/dev/nvidia-uvm', which this host lacks: run "
		"'nvidia-modprobe -u -c=0' as root, or replay with --gpus "
		"none");
	scene_release(&s);
	/* In a container with one of them, that one is taken. */
	record_on(&s, "eight", CTL "/dev/nvidia4");
	replay_on(&s, "eight");
	node_of(&s, "/dev/nvidia4")->exists = false;
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(given(&s), ALWAYS "/dev/nvidia5 /dev/nvidiactl");
	scene_release(&s);
}

static void a_node_that_may_not_be_opened_is_said(void **state)
{
	struct scene s;
	struct gpu_node *n;

	record_on(&s, "amd", "/dev/kfd /dev/dri/renderD128");
	replay_on(&s, "amd");
	n = node_of(&s, "/dev/dri/renderD128");
	n->opens = false;
	n->mode = 0660;
	n->gid = 109;
	node_of(&s, "/dev/dri/renderD129")->opens = false;
	assert_int_equal(scene_plan(&s), -1);
	assert_non_null(strstr(s.e.msg,
		", but '/dev/dri/renderD128' is open to group 109 only: this "
		"user must be in it: --gpus none"));
	scene_release(&s);
}

static void an_instance_that_may_not_be_opened_is_said(void **state)
{
	struct scene s;

	record_on(&s, "mig", PART);
	replay_on(&s, "mig");
	node_of(&s, "/dev/nvidia-caps/nvidia-cap148")->reads = false;
	node_of(&s, "/dev/nvidia-caps/nvidia-cap148")->mode = 0400;
	assert_int_equal(scene_plan(&s), -1);
	assert_non_null(strstr(s.e.msg,
		", but '/dev/nvidia-caps/nvidia-cap148' may not be opened: "
		"--gpus none"));
	scene_release(&s);
}

/* With a range of ids, that is as root, the node's group is given. */
static const struct {
	const char *node;
	mode_t mode;
	gid_t gid;
	int groups; /* -1: refused */
} groups[] = {
	{"/dev/dri/renderD128", 0660, 109, 1},
	{"/dev/dri/renderD128", 0664, 109, 1},
	{"/dev/dri/renderD128", 0666, 109, 0},
	{"/dev/dri/renderD128", 0640, 109, -1},
	/* That of root is never given. */
	{"/dev/dri/renderD128", 0660, 0, -1},
	{"/dev/dri/renderD128", 0600, 109, -1},
	{"/dev/kfd", 0660, 109, 1},
	{"/dev/kfd", 0600, 109, -1},
	/* Nodes that are only read. */
	{"/dev/nvidia-caps/nvidia-cap148", 0444, 0, 0},
	{"/dev/nvidia-caps/nvidia-cap148", 0440, 44, 1},
	{"/dev/nvidia-caps/nvidia-cap148", 0400, 44, -1},
};

static void groups_of_nodes_are_given(void **state)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		bool mig = !strncmp(groups[i].node, "/dev/nvidia", 11);
		struct gpu_node *n;
		struct scene s;

		record_on(&s, mig ? "mig" : "amd",
			mig ? PART : "/dev/kfd /dev/dri/renderD128");
		replay_on(&s, mig ? "mig" : "amd");
		s.host.gpu.ranges = true;
		n = node_of(&s, groups[i].node);
		n->mode = groups[i].mode;
		n->gid = groups[i].gid;
		/* The other one is open to nobody. */
		n = node_of(&s, "/dev/dri/renderD129");
		if (n)
			n->mode = 0;
		if ((scene_plan(&s) < 0) != (groups[i].groups < 0))
			fail_msg("%zu: %s", i, s.e.msg);
		if (groups[i].groups >= 0)
			assert_int_equal(
				s.plan.iso.host_group_count, groups[i].groups);
		if (groups[i].groups == 1)
			assert_int_equal(
				s.plan.iso.host_groups[0], groups[i].gid);
		scene_release(&s);
	}
}

/* --- what is said --------------------------------------------------------- */

static void differences_name_both_sides(void **state)
{
	struct m_accelerator *x;
	struct scene s;

	record_on(&s, "amd", "/dev/kfd /dev/dri/renderD128");
	x = &s.m.hardware.accelerators.items[0];
	x->uuid = (char *)"GPU-recorded";
	x->vbios = (char *)"113-old";
	x->driver_version = (char *)"5.7.1";
	replay_on(&s, "amd");
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(note_of(&s, "gpu"),
		"recorded on GPU-recorded, replayed on GPU-9249d0b7e3ae1b52, "
		"both 'AMD INSTINCT MI250X (MCM) OAM AC MBA'");
	assert_string_equal(note_of(&s, "gpu-vbios"),
		"'AMD INSTINCT MI250X (MCM) OAM AC MBA' was recorded with "
		"video "
		"BIOS 113-old, here it has 113-D65209-073");
	assert_string_equal(note_of(&s, "gpu-driver"),
		"recorded with driver amdgpu 5.7.1, "
		"replayed with amdgpu 6.3.6");
	assert_true(s.plan.gpu.faithful);
	scene_release(&s);
	/* Of another model the name says it all. */
	record_on(&s, "amd", "/dev/kfd /dev/dri/renderD128");
	x = &s.m.hardware.accelerators.items[0];
	x->model = x->uuid = x->driver_version = NULL;
	x->pci_id = (char *)"1002:740f";
	x->vbios = (char *)"113-old";
	x->driver = (char *)"amdgpu-dkms";
	s.options.gpus = GPUS_ANY;
	replay_on(&s, "amd");
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(note_of(&s, "gpu-model"),
		"recorded on a GPU of amd, 1002:740f, replayed on 'AMD "
		"INSTINCT "
		"MI250X (MCM) OAM AC MBA': not a faithful replay");
	assert_null(note_of(&s, "gpu-vbios"));
	assert_string_equal(note_of(&s, "gpu-driver"),
		"recorded with driver amdgpu-dkms, replayed with amdgpu 6.3.6");
	assert_false(s.plan.gpu.faithful);
	scene_release(&s);
}

static void what_is_left_out_is_said(void **state)
{
	struct scene s;

	record_on(&s, "eight", EIGHT);
	set_variable(&s, "CUDA_VISIBLE_DEVICES", "5");
	replay_on(&s, "one");
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(note_of(&s, "gpu"),
		"7 of 8 GPUs are left out: the run opened them, but could not "
		"compute on them");
	scene_release(&s);
	record_on(&s, "eight", EIGHT);
	replay_on(&s, "one");
	s.options.gpus = GPUS_NONE;
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(note_of(&s, "gpu-none"),
		"recorded on 8 x 'NVIDIA A100-SXM4-80GB' with driver "
		"550.54.15, "
		"replayed without a GPU: not a faithful replay");
	assert_string_equal(variable_of(&s, "CUDA_VISIBLE_DEVICES"), "");
	assert_false(s.plan.gpu.faithful);
	scene_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_selected_ones_are_given),
		cmocka_unit_test(nodes_have_the_numbers_of_the_host),
		cmocka_unit_test(links_by_address_lead_to_nodes),
		cmocka_unit_test(a_node_that_is_missing_is_said),
		cmocka_unit_test(a_node_that_may_not_be_opened_is_said),
		cmocka_unit_test(an_instance_that_may_not_be_opened_is_said),
		cmocka_unit_test(groups_of_nodes_are_given),
		cmocka_unit_test(differences_name_both_sides),
		cmocka_unit_test(what_is_left_out_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
