// SPDX-License-Identifier: Apache-2.0
/* Loading a library and finding its functions. */
#include "base/library.h"
#include "base/err.h"

#include <dlfcn.h>

int library_load(const char *soname, const struct library_call *calls, size_t n,
	struct err *e)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(e, "cannot load '%s': %s", soname, dlerror());
	for (size_t i = 0; i < n; i++) {
		/* A function pointer through void *, as dlsym(3) has it. */
		*(void **)calls[i].to = dlsym(library, calls[i].name);
		if (!*(void **)calls[i].to)
			return err_set(
				e, "'%s' has no '%s'", soname, calls[i].name);
	}
	return 0;
}
