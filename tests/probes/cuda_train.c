// SPDX-License-Identifier: Apache-2.0
/*
 * A training on an NVIDIA GPU that needs the driver and nothing else: 4096
 * weights descend towards y/x by code that the driver compiles at run time. No
 * operation of it is fused or reordered, so the processor gives the same bits:
 * both are compared, and the weights are written to "model.bin".
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHTS 4096
#define BLOCK 256
#define STEPS 200
#define BYTES (WEIGHTS * sizeof(float))

static const char ptx[] =
	".version 6.0\n"
	".target sm_50\n"
	".address_size 64\n"
	".visible .entry descend(.param .u64 w, .param .u64 x,"
	" .param .u64 y, .param .u32 steps)\n"
	"{\n"
	".reg .pred %p<2>;\n"
	".reg .f32 %f<8>;\n"
	".reg .b32 %r<6>;\n"
	".reg .b64 %d<8>;\n"
	"mov.u32 %r1, %ctaid.x;\n"
	"mov.u32 %r2, %ntid.x;\n"
	"mov.u32 %r3, %tid.x;\n"
	"mad.lo.u32 %r4, %r1, %r2, %r3;\n"
	"ld.param.u64 %d1, [w];\n"
	"ld.param.u64 %d2, [x];\n"
	"ld.param.u64 %d3, [y];\n"
	"ld.param.u32 %r5, [steps];\n"
	"cvta.to.global.u64 %d4, %d1;\n"
	"cvta.to.global.u64 %d5, %d2;\n"
	"cvta.to.global.u64 %d6, %d3;\n"
	"mul.wide.u32 %d7, %r4, 4;\n"
	"add.u64 %d4, %d4, %d7;\n"
	"add.u64 %d5, %d5, %d7;\n"
	"add.u64 %d6, %d6, %d7;\n"
	"ld.global.f32 %f1, [%d4];\n"
	"ld.global.f32 %f2, [%d5];\n"
	"ld.global.f32 %f3, [%d6];\n"
	"LOOP:\n"
	"setp.eq.u32 %p1, %r5, 0;\n"
	"@%p1 bra STORE;\n"
	"mul.rn.f32 %f4, %f1, %f2;\n"
	"sub.rn.f32 %f5, %f4, %f3;\n"
	"mul.rn.f32 %f6, %f5, %f2;\n"
	"mul.rn.f32 %f7, %f6, 0f3DCCCCCD;\n"
	"sub.rn.f32 %f1, %f1, %f7;\n"
	"sub.u32 %r5, %r5, 1;\n"
	"bra LOOP;\n"
	"STORE:\n"
	"st.global.f32 [%d4], %f1;\n"
	"ret;\n"
	"}\n";

static float w[WEIGHTS], x[WEIGHTS], y[WEIGHTS], expected[WEIGHTS];

static void *driver;

/* A function of the driver, by its versioned name. */
static void *function(const char *name)
{
	void *f = driver ? dlsym(driver, name) : NULL;

	if (!f) {
		fprintf(stderr, "cuda_train: no %s\n", name);
		exit(3);
	}
	return f;
}

static void check(const char *what, int result)
{
	if (result) {
		fprintf(stderr, "cuda_train: %s: error %d\n", what, result);
		exit(3);
	}
}

/* The types are those of cuda.h: results and devices are int, contexts,
 * modules and functions pointers, addresses 64 bits. */
#define CALL(name, types, ...) \
	check(#name, ((int(*) types)function(#name))(__VA_ARGS__))

static void fill(void)
{
	for (int i = 0; i < WEIGHTS; i++) {
		w[i] = 0;
		x[i] = 0.5f + (float)(i % 97) / 97;
		y[i] = (float)(i % 31) - 15;
	}
}

/* The same on the processor, one rounding for each operation. */
static void descend(void)
{
	for (int i = 0; i < WEIGHTS; i++) {
		volatile float at = w[i], product, step;

		for (int k = 0; k < STEPS; k++) {
			product = at * x[i];
			product = product - y[i];
			step = product * x[i];
			step = step * 0.1f;
			at = at - step;
		}
		expected[i] = at;
	}
}

static uint64_t to_gpu(const float *from)
{
	uint64_t at;

	CALL(cuMemAlloc_v2, (uint64_t *, size_t), &at, BYTES);
	CALL(cuMemcpyHtoD_v2, (uint64_t, const void *, size_t), at, from, BYTES);
	return at;
}

static void train(void)
{
	uint64_t a[3];
	unsigned steps = STEPS;
	void *module, *f, *args[] = {&a[0], &a[1], &a[2], &steps};

	CALL(cuModuleLoadData, (void **, const void *), &module, ptx);
	CALL(cuModuleGetFunction, (void **, void *, const char *), &f, module,
		"descend");
	a[0] = to_gpu(w);
	a[1] = to_gpu(x);
	a[2] = to_gpu(y);
	CALL(cuLaunchKernel,
		(void *, unsigned, unsigned, unsigned, unsigned, unsigned,
			unsigned, unsigned, void *, void **, void **),
		f, WEIGHTS / BLOCK, 1, 1, BLOCK, 1, 1, 0, NULL, args, NULL);
	CALL(cuCtxSynchronize, (void), );
	CALL(cuMemcpyDtoH_v2, (void *, uint64_t, size_t), w, a[0], BYTES);
}

int main(void)
{
	int device, count = 0;
	char name[128] = "";
	void *context;
	FILE *f;

	driver = dlopen("libcuda.so.1", RTLD_NOW);
	CALL(cuInit, (unsigned), 0);
	CALL(cuDeviceGetCount, (int *), &count);
	CALL(cuDeviceGet, (int *, int), &device, 0);
	CALL(cuDeviceGetName, (char *, int, int), name, sizeof(name), device);
	CALL(cuDevicePrimaryCtxRetain, (void **, int), &context, device);
	CALL(cuCtxSetCurrent, (void *), context);
	fill();
	descend();
	train();
	printf("%d devices, the first is %s\n", count, name);
	f = fopen("model.bin", "we");
	if (!f || fwrite(w, BYTES, 1, f) != 1 || fclose(f) != 0)
		return 1;
	if (memcmp(w, expected, BYTES) != 0) {
		fprintf(stderr, "cuda_train: other bits than the processor\n");
		return 1;
	}
	return 0;
}
