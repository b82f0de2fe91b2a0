// SPDX-License-Identifier: Apache-2.0
/* NVIDIA's user libraries, by the version of the kernel module. */
#include "host/nvidia_driver.h"
#include "base/arena.h"
#include "base/fs.h"
#include "host/elf.h"
#include "host/files.h"
#include "host/ld_cache.h"

#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>

#if defined(__aarch64__)
#define MACHINE EM_AARCH64
#define MULTIARCH "aarch64-linux-gnu"
#else
#define MACHINE EM_X86_64
#define MULTIARCH "x86_64-linux-gnu"
#endif

static const char *const directories[] = {
	"/usr/lib/" MULTIARCH,
	"/usr/lib/" MULTIARCH "/nvidia/current", /* Debian's alternatives */
	"/usr/lib64", "/usr/lib",
	"/usr/local/nvidia/lib64", /* virtual machines, read-only images */
	"/run/opengl-driver/lib",  /* NixOS */
	"/usr/lib/wsl/lib",        /* Windows' subsystem */
	"/run/nvidia/driver/usr/lib/" MULTIARCH, /* a driver in a container */
};

const char *nvidia_suffix(const char *name)
{
	const char *so = strstr(name, ".so."), *v = so ? so + 4 : "";
	size_t major = strspn(v, "0123456789");

	return major >= 3 && v[major] == '.' && !v[strspn(v, "0123456789.")]
		       ? v
		       : NULL;
}

static bool is_known(const struct nvidia_driver *d, const char *name)
{
	for (size_t i = 0; i < d->libraries.count; i++)
		if (!strcmp(d->libraries.items[i].name, name))
			return true;
	return false;
}

void nvidia_driver_offer(struct nvidia_driver *d, struct arena *a,
	const char *root, const char *file)
{
	char *path = arena_printf(a, "%s%s", root, file);
	const char *name = strrchr(path, '/') + 1;
	const char *version = nvidia_suffix(name);
	struct nvidia_library *l;
	autoclose int fd = -1;
	struct elf_file elf;

	if (!version || !d->version || strcmp(version, d->version) != 0 ||
		is_known(d, name))
		return;
	/* Those for other processors have the same names, and the loader's
	 * cache lists them, too. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || elf_read(fd, a, &elf) < 0 || elf.machine != MACHINE ||
		elf.bits != 64 || !elf.soname ||
		strncmp(elf.soname, name, (size_t)(version - 1 - name)) != 0)
		return;
	l = ARENA_PUSH(a, d->libraries.items, d->libraries.count);
	*l = (struct nvidia_library){path, arena_strdup(a, name), elf.soname};
}

static void search(
	struct nvidia_driver *d, struct arena *a, const char *root, char *dir)
{
	struct strlist names = {0};

	if (strlist_has(&d->searched, dir))
		return;
	host_names(a, root, dir, &names);
	if (names.count)
		*ARENA_PUSH(a, d->searched.items, d->searched.count) = dir;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i], *v = nvidia_suffix(name);

		if (v && !strcmp(v, d->version))
			nvidia_driver_offer(d, a, root, fs_join(a, dir, name));
		else if (v && !strncmp(name, "libcuda.so.", 11) &&
			 !strlist_has(&d->other_versions, v))
			*ARENA_PUSH(a, d->other_versions.items,
				d->other_versions.count) = arena_strdup(a, v);
	}
}

void nvidia_driver_read(struct nvidia_driver *d, struct arena *a, const char *root)
{
	struct strlist cached = {0};

	*d = (struct nvidia_driver){.version = nvidia_version(a, root)};
	if (!d->version)
		return;
	ld_cache_directories(&cached, a, root, "libcuda.so");
	ld_cache_directories(&cached, a, root, "libnvidia-ml.so");
	for (size_t i = 0; i < cached.count; i++)
		search(d, a, root, cached.items[i]);
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		search(d, a, root, (char *)directories[i]);
}
