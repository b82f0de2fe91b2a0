// SPDX-License-Identifier: Apache-2.0
/* Which GPUs a replay gives, and what of them. */
#include "tests/unit/gpu_help.h"

#define CTL "/dev/nvidiactl /dev/nvidia-uvm "
#define ALWAYS "/dev/nvidia-uvm /dev/nvidia-uvm-tools "
#define EIGHT                                                      \
	CTL "/dev/nvidia0 /dev/nvidia1 /dev/nvidia2 /dev/nvidia3 " \
	    "/dev/nvidia4 /dev/nvidia5 /dev/nvidia6 /dev/nvidia7"
#define PART                                               \
	CTL "/dev/nvidia1 /dev/nvidia-caps/nvidia-cap147 " \
	    "/dev/nvidia-caps/nvidia-cap148"

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

/* With a range of ids, that is as root, the node's group is given. */
static void groups_of_nodes_are_given(void **state)
{
	struct scene s;

	for (int round = 0; round < 3; round++) {
		record_on(&s, "amd", "/dev/kfd /dev/dri/renderD128");
		replay_on(&s, "amd");
		s.host.gpu.ranges = round > 0;
		for (size_t i = 0; i < s.host.gpu.node_count; i++) {
			s.host.gpu.nodes[i].mode = 0660;
			s.host.gpu.nodes[i].gid = round == 2 ? 0 : 109;
		}
		/* That of root is never given. */
		assert_int_equal(scene_plan(&s), round == 2 ? -1 : 0);
		if (round == 2)
			assert_non_null(strstr(s.e.msg,
				"'/dev/dri/renderD128' is open to root only"));
		else
			assert_int_equal(s.plan.iso.host_group_count, 1);
		if (round < 2)
			assert_int_equal(s.plan.iso.host_groups[0], 109);
		scene_release(&s);
	}
}

/* --- variables ------------------------------------------------------------ */

static const struct {
	const char *recorded, *opened, *name, *value, *host;
	enum gpus option;
	const char *here; /* NULL: refused */
	const char *given;
} variables[] = {
	/* The very same: nothing changes. */
	{"one", CTL "/dev/nvidia0", "CUDA_VISIBLE_DEVICES", UUID("01"), "eight",
		GPUS_RECORDED, UUID("01"), ALWAYS "/dev/nvidia1 /dev/nvidiactl"},
	{"eight", CTL "/dev/nvidia4", "CUDA_VISIBLE_DEVICES", UUID("11"), "one",
		GPUS_RECORDED, UUID("01"), ALWAYS "/dev/nvidia0 /dev/nvidiactl"},
	/* All opened, one used: that is enough, and has the number 0. */
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "5", "one", GPUS_RECORDED, "0",
		ALWAYS "/dev/nvidia0 /dev/nvidiactl"},
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "0,5", "one", GPUS_RECORDED,
		NULL, NULL},
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "5", "eight", GPUS_RECORDED, "5",
		ALWAYS "/dev/nvidia0 /dev/nvidia1 /dev/nvidia2 /dev/nvidia3 "
		       "/dev/nvidia4 /dev/nvidia5 /dev/nvidia6 /dev/nvidia7 "
		       "/dev/nvidiactl"},
	/* Only the one that it names was opened. */
	{"eight", CTL "/dev/nvidia1", "CUDA_VISIBLE_DEVICES", "5", "eight",
		GPUS_RECORDED, "0", ALWAYS "/dev/nvidia1 /dev/nvidiactl"},
	/* A container with one, which numbers what it has. */
	{"eight", CTL "/dev/nvidia1", "CUDA_VISIBLE_DEVICES", "0", "eight",
		GPUS_RECORDED, "0", ALWAYS "/dev/nvidia1 /dev/nvidiactl"},
	/* Beginnings of UUIDs, and what follows an end is not read. */
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "gpu-nonsense", "none",
		GPUS_RECORDED, "gpu-nonsense", ""},
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", UUID("11") ",-1,7", "mismatch",
		GPUS_RECORDED, UUID("02"), NULL},
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "", "none", GPUS_RECORDED, "",
		""},
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "-1", "none", GPUS_RECORDED,
		"-1", ""},
	/* A name that could be several names none: all are wanted. */
	{"eight", EIGHT, "CUDA_VISIBLE_DEVICES", "GPU-a0", "one", GPUS_RECORDED,
		NULL, NULL},
	/* An instance of another GPU, or a whole one for it. */
	{"mig", PART, "CUDA_VISIBLE_DEVICES", "MIG-" UUID("31") "/1/0", "mig",
		GPUS_RECORDED, "MIG-" UUID("31") "/1/0",
		"/dev/nvidia-caps/nvidia-cap147 "
		"/dev/nvidia-caps/nvidia-cap148 " ALWAYS
		"/dev/nvidia1 /dev/nvidiactl"},
	{"mig", PART, "CUDA_VISIBLE_DEVICES",
		"MIG-b0000000-1111-2222-3333-444455556666", "mig",
		GPUS_RECORDED, "MIG-b0000000-1111-2222-3333-444455556666",
		"/dev/nvidia-caps/nvidia-cap147 "
		"/dev/nvidia-caps/nvidia-cap148 " ALWAYS
		"/dev/nvidia1 /dev/nvidiactl"},
	{"mig", PART, "CUDA_VISIBLE_DEVICES", "MIG-" UUID("31") "/1/0", "other",
		GPUS_ANY, UUID("41"), ALWAYS "/dev/nvidia0 /dev/nvidiactl"},
	{"one", CTL "/dev/nvidia0", "CUDA_VISIBLE_DEVICES", "0", "one",
		GPUS_NONE, "", ""},
	{"amd", "/dev/kfd /dev/dri/renderD128 /dev/dri/renderD129",
		"ROCR_VISIBLE_DEVICES", "1", "amd", GPUS_RECORDED, "1",
		"/dev/dri/renderD128 /dev/dri/renderD129 /dev/kfd"},
	{"amd", "/dev/kfd /dev/dri/renderD129", "HIP_VISIBLE_DEVICES", "1",
		"amd", GPUS_RECORDED, "0", "/dev/dri/renderD129 /dev/kfd"},
	{"amd", "/dev/kfd /dev/dri/renderD129", "HIP_VISIBLE_DEVICES", "1",
		"amd", GPUS_NONE, "", ""},
};

static void variables_name_the_gpus_of_this_host(void **state)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		struct scene s;
		const char *is;

		record_on(&s, variables[i].recorded, variables[i].opened);
		set_variable(&s, "HOME", "/");
		set_variable(&s, variables[i].name, variables[i].value);
		replay_on(&s, variables[i].host);
		s.host.gpu.cdi.devices.count = 0;
		s.host.gpu.driver.libraries.items = (struct nvidia_library[]){
			{(char *)"/l", (char *)"libcuda.so.535.161.08",
				(char *)"libcuda.so.1"}};
		s.host.gpu.driver.libraries.count = 1;
		s.options.gpus = variables[i].option;
		if (scene_plan(&s) < 0) {
			if (variables[i].here)
				fail_msg("%zu: %s", i, s.e.msg);
			scene_release(&s);
			continue;
		}
		is = variable_of(&s, variables[i].name);
		if (!variables[i].here)
			fail_msg("%zu: not refused", i);
		if (strcmp(is, variables[i].here) != 0)
			fail_msg("%zu: '%s'", i, is);
		if (variables[i].given &&
			strcmp(given(&s), variables[i].given) != 0)
			fail_msg("%zu: %s", i, given(&s));
		/* A change is said. */
		assert_int_equal(strcmp(is, variables[i].value) != 0,
			note_of(&s, "gpu-environment") != NULL);
		assert_string_equal(variable_of(&s, "HOME"), "/");
		scene_release(&s);
	}
}

/* The fastest comes first, unless the order of addresses was asked for. */
static void numbers_of_unlike_gpus_are_not_guessed(void **state)
{
	for (int asked = 0; asked < 2; asked++) {
		struct scene s;

		record_on(&s, "eight", EIGHT);
		s.m.hardware.accelerators.items[7].model = (char *)"slow";
		set_variable(&s, "CUDA_VISIBLE_DEVICES", "5");
		if (asked)
			set_variable(&s, "CUDA_DEVICE_ORDER", "PCI_BUS_ID");
		replay_on(&s, "one");
		assert_int_equal(scene_plan(&s), asked ? 0 : -1);
		scene_release(&s);
	}
}

/* An instance of another GPU of the model is named as such. */
static void instances_of_another_gpu_are_named(void **state)
{
	struct scene s;

	record_on(&s, "mig", PART);
	s.m.hardware.accelerators.items[0].uuid = (char *)UUID("99");
	set_variable(&s, "CUDA_VISIBLE_DEVICES",
		"MIG-b0000000-1111-2222-3333-444455556666");
	replay_on(&s, "mig");
	assert_int_equal(scene_plan(&s), 0);
	assert_string_equal(variable_of(&s, "CUDA_VISIBLE_DEVICES"),
		"MIG-" UUID("31") "/1/0");
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
		cmocka_unit_test(groups_of_nodes_are_given),
		cmocka_unit_test(variables_name_the_gpus_of_this_host),
		cmocka_unit_test(numbers_of_unlike_gpus_are_not_guessed),
		cmocka_unit_test(instances_of_another_gpu_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
