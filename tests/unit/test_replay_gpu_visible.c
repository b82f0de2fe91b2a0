// SPDX-License-Identifier: Apache-2.0
/* CUDA_VISIBLE_DEVICES and its like, where others stand for what they name. */
#include "tests/unit/gpu_help.h"

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
	{"eight", CTL "/dev/nvidia1 /dev/nvidia2", "CUDA_VISIBLE_DEVICES", "1",
		"mismatch", GPUS_RECORDED, "0",
		ALWAYS "/dev/nvidia0 /dev/nvidiactl"},
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
	static const char *const orders[] = {NULL, "FASTEST_FIRST", "PCI_BUS_ID"};

	for (int i = 0; i < 3; i++) {
		struct scene s;

		record_on(&s, "eight", EIGHT);
		s.m.hardware.accelerators.items[7].model = (char *)"slow";
		set_variable(&s, "CUDA_VISIBLE_DEVICES", "5");
		if (orders[i])
			set_variable(&s, "CUDA_DEVICE_ORDER", orders[i]);
		replay_on(&s, "one");
		assert_int_equal(scene_plan(&s), i == 2 ? 0 : -1);
		scene_release(&s);
	}
}

/* What is divided has other numbers than it has GPUs. */
static void numbers_of_instances_are_not_guessed(void **state)
{
	struct m_accelerator *x;
	struct scene s;

	record_on(&s, "eight", EIGHT " /dev/nvidia-caps/nvidia-cap30");
	x = &s.m.hardware.accelerators.items[0];
	*ARENA_PUSH(s.arena, x->mig.items, x->mig.count) = (struct m_mig){
		(char *)"gi1/ci0", (char *)"/dev/nvidia-caps/nvidia-cap30"};
	set_variable(&s, "CUDA_VISIBLE_DEVICES", "5");
	replay_on(&s, "one");
	assert_int_equal(scene_plan(&s), -1);
	scene_release(&s);
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
		cmocka_unit_test(variables_name_the_gpus_of_this_host),
		cmocka_unit_test(numbers_of_unlike_gpus_are_not_guessed),
		cmocka_unit_test(numbers_of_instances_are_not_guessed),
		cmocka_unit_test(instances_of_another_gpu_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
