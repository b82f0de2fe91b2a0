// SPDX-License-Identifier: Apache-2.0
/* Which directory the user's cache is. */
#include "store/cache_dir.h"

#include "base/arena.h"
#include "base/fs.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

char *cache_dir(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct passwd *pw;

	if (cache && cache[0] == '/')
		return fs_join(a, cache, "reprise");
	if (!home || home[0] != '/') {
		pw = getpwuid(geteuid());
		home = pw ? pw->pw_dir : NULL;
	}
	return home && home[0] == '/' ? fs_join(a, home, ".cache/reprise") : NULL;
}
