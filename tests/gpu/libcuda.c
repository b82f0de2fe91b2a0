// SPDX-License-Identifier: Apache-2.0
/*
 * A stand-in for libcuda.so.1: its devices are the GPUs of /proc/driver/nvidia
 * whose nodes it can open, and it insists, as the real one does, that the
 * kernel module has the version in its own file's name. A node without a driver
 * behind it gives ENXIO, and one that must not be used EACCES or EPERM.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define GPUS "/proc/driver/nvidia/gpus"

/* Of cuda.h. */
enum {
	SUCCESS = 0,
	NO_DEVICE = 100,
	DRIVER_MISMATCH = 803,
};

struct gpu {
	char address[32], uuid[64];
	int minor;
};

static struct gpu all[32], visible[32];
static int all_count, visible_count;

int cuInit(unsigned flags);
int cuDeviceGetCount(int *count);
int cuDeviceGetName(char *name, int len, int device);
int cuDeviceGet(int *device, int ordinal);
int cuDevicePrimaryCtxRetain(void **context, int device);
int cuCtxSetCurrent(void *context);
int cuCtxSynchronize(void);
int cuModuleLoadData(void **module, const void *image);
int cuModuleGetFunction(void **function, void *module, const char *name);
int cuMemAlloc_v2(uint64_t *at, size_t n);
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t n);
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t n);
int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y,
	unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
	unsigned shared, void *stream, void **args, void **extra);

static int opens(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == ENXIO;
}

/* "libcuda.so.550.54.15" gives "550.54.15". */
static const char *own_version(void)
{
	static char path[PATH_MAX];
	Dl_info info;
	char *so;

	if (!dladdr((void *)own_version, &info) ||
		!realpath(info.dli_fname, path))
		return "";
	so = strstr(path, ".so.");
	return so ? so + 4 : "";
}

static int module_is(const char *version)
{
	char line[256] = "";
	FILE *f = fopen("/proc/driver/nvidia/version", "re");
	char *at;

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	at = *version ? strstr(line, version) : NULL;
	return at && at > line && at[-1] == ' ' && at[strlen(version)] == ' ';
}

static int read_gpu(struct gpu *g, const char *address)
{
	char path[300], line[256];
	FILE *f;

	snprintf(g->address, sizeof(g->address), "%s", address);
	snprintf(path, sizeof(path), GPUS "/%s/information", address);
	f = fopen(path, "re");
	g->minor = -1;
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "GPU UUID: %63s", g->uuid);
		sscanf(line, "Device Minor: %d", &g->minor);
	}
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/dev/nvidia%d", g->minor);
	return g->minor >= 0 && opens(path);
}

static int by_address(const void *a, const void *b)
{
	return strcmp(((const struct gpu *)a)->address,
		((const struct gpu *)b)->address);
}

static void read_gpus(void)
{
	DIR *d = opendir(GPUS);
	struct dirent *ent;

	while (d && (ent = readdir(d)) && all_count < 32)
		if (ent->d_name[0] != '.' &&
			read_gpu(&all[all_count], ent->d_name))
			all_count++;
	if (d)
		closedir(d);
	qsort(all, (size_t)all_count, sizeof(*all), by_address);
}

static const struct gpu *named(const char *word)
{
	char *end;
	long n = strtol(word, &end, 10);

	if (*word && !*end)
		return n >= 0 && n < all_count ? &all[n] : NULL;
	for (int i = 0; i < all_count && strlen(word) > 4; i++)
		if (!strncasecmp(all[i].uuid, word, strlen(word)))
			return &all[i];
	return NULL;
}

static void choose(void)
{
	const char *list = getenv("CUDA_VISIBLE_DEVICES");
	char *words = strdup(list ? list : ""), *save = NULL, *word;
	const struct gpu *g;

	if (!list) {
		memcpy(visible, all, sizeof(all));
		visible_count = all_count;
	}
	for (word = strtok_r(words, ",", &save);
		list && word && (g = named(word)) && visible_count < 32;
		word = strtok_r(NULL, ",", &save))
		visible[visible_count++] = *g;
	free(words);
}

int cuInit(unsigned flags)
{
	(void)flags;
	all_count = visible_count = 0;
	if (!opens("/dev/nvidiactl"))
		return NO_DEVICE;
	if (!module_is(own_version()))
		return DRIVER_MISMATCH;
	if (!opens("/dev/nvidia-uvm"))
		return NO_DEVICE;
	read_gpus();
	choose();
	return visible_count ? SUCCESS : NO_DEVICE;
}

int cuDeviceGetCount(int *count)
{
	*count = visible_count;
	return SUCCESS;
}

/* The node it is opened by, and its UUID. */
int cuDeviceGetName(char *name, int len, int device)
{
	if (device < 0 || device >= visible_count)
		return NO_DEVICE;
	snprintf(name, (size_t)len, "/dev/nvidia%d %s", visible[device].minor,
		visible[device].uuid);
	return SUCCESS;
}

/* The driver's compiler is loaded when there is PTX to be compiled. */
int cuModuleLoadData(void **module, const void *image)
{
	(void)image;
	*module = dlopen("libnvidia-ptxjitcompiler.so.1", RTLD_NOW);
	return *module ? SUCCESS : NO_DEVICE;
}

/* --- memory and the one kernel of tests/probes/cuda_train.c --------------- */

int cuDeviceGet(int *device, int ordinal)
{
	*device = ordinal;
	return ordinal < visible_count ? SUCCESS : NO_DEVICE;
}

int cuDevicePrimaryCtxRetain(void **context, int device)
{
	*context = &visible[device];
	return SUCCESS;
}

int cuCtxSetCurrent(void *context)
{
	(void)context;
	return SUCCESS;
}

int cuCtxSynchronize(void)
{
	return SUCCESS;
}

int cuModuleGetFunction(void **function, void *module, const char *name)
{
	*function = module;
	return strcmp(name, "descend") == 0 ? SUCCESS : NO_DEVICE;
}

int cuMemAlloc_v2(uint64_t *at, size_t n)
{
	*at = (uintptr_t)malloc(n);
	return SUCCESS;
}

int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t n)
{
	memcpy((void *)(uintptr_t)to, from, n);
	return SUCCESS;
}

int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t n)
{
	memcpy(to, (const void *)(uintptr_t)from, n);
	return SUCCESS;
}

static float *array(const void *arg)
{
	return (float *)(uintptr_t)(*(const uint64_t *)arg);
}

int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y,
	unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
	unsigned shared, void *stream, void **args, void **extra)
{
	float *w = array(args[0]), *x = array(args[1]), *y = array(args[2]);
	unsigned n = grid_x * grid_y * grid_z * block_x * block_y * block_z;

	(void)function, (void)shared, (void)stream, (void)extra;
	for (unsigned i = 0; i < n; i++) {
		volatile float at = w[i], step;

		for (unsigned k = *(unsigned *)args[3]; k > 0; k--) {
			step = at * x[i];
			step = step - y[i];
			step = step * x[i];
			step = step * 0.1f;
			at = at - step;
		}
		w[i] = at;
	}
	return SUCCESS;
}
