/* SPDX-License-Identifier: Apache-2.0 */
/* From an operand to a run, or to a content. */
#include "cli/subject.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "cli/cli.h"
#include "cli/find_row.h"
#include "manifests/table.h"
#include "store/digest_cache.h"
#include "store/digest_file.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int hash(const char *path, struct digest *out, struct err *e)
{
	autoclose int fd = fs_open(path, O_RDONLY | O_CLOEXEC);
	struct digest_cache *cache;
	struct stat st;
	int r;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	cache = digest_cache_open(NULL, NULL);
	r = digest_file(cache, fd, &st, out, e);
	digest_cache_close(cache);
	return r < 0 ? err_wrap(e, "'%s'", path) : 0;
}

static int find_content(struct invocation *in, struct store *s,
	struct subject *out, const char *path, struct err *e)
{
	struct file_row row;

	if (find_row(s, out->id, path, false, in->arena, &row, e) < 0)
		return -1;
	if (!row.has_digest)
		return err_set(e, "of '%s' the record of run %.8s has no content",
			row.path, out->id);
	out->is_content = true;
	out->digest = row.digest;
	return 0;
}

int subject_find(struct invocation *in, struct store *s, const char *what,
	struct subject *out, struct err *e)
{
	char *run = arena_strdup(in->arena, what), *colon;
	struct stat st;
	bool there = stat(what, &st) == 0;

	*out = (struct subject){.name = what};
	if (there && S_ISREG(st.st_mode)) {
		out->is_content = true;
		return hash(what, &out->digest, e);
	}
	colon = strchr(run, ':');
	if (colon)
		*colon = 0;
	if (run_find(s, run, out->id, e) < 0) {
		if (there && S_ISDIR(st.st_mode) && e->code == ENOENT)
			return err_set(e,
				"'%s' is a directory, and no run: name a file "
				"in it",
				what);
		return -1;
	}
	return colon ? find_content(in, s, out, colon + 1, e) : 0;
}
