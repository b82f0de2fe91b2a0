// SPDX-License-Identifier: Apache-2.0
/* Files against the commit that they were read from. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/map.h"
#include "capture/code_reader.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Does the index say that the file is as it was when it was added? Not of one
 * that may have been changed in the second in which the index was written
 * (racy-git of git's documentation).
 */
static bool index_knows(const struct code_reader *r, const git_index_entry *in,
	const struct code_file *f, const git_oid *committed)
{
	struct stat st;

	return in && f->intact && r->git->oid_equal(&in->id, committed) &&
	       lstat(f->path, &st) == 0 && S_ISREG(st.st_mode) &&
	       in->mtime.seconds < r->index_time &&
	       in->mtime.seconds == (int32_t)st.st_mtime &&
	       in->mtime.nanoseconds == (uint32_t)st.st_mtim.tv_nsec &&
	       in->ctime.seconds == (int32_t)st.st_ctime &&
	       in->ino == (uint32_t)st.st_ino &&
	       in->file_size == (uint32_t)st.st_size;
}

/* Git LFS commits a pointer in the place of a file; the digest is in it. */
static bool is_lfs_pointer_of(
	const struct code_reader *r, git_blob *blob, const struct code_file *f)
{
	static const char begin[] = "version https://git-lfs.github.com/spec/";
	autoarena *a = arena_new();
	char text[DIGEST_TEXT];
	const char *oid;
	char *pointer;
	size_t n = (size_t)r->git->blob_rawsize(blob);

	if (!f->digest || n > 1024 || n < sizeof(begin))
		return false;
	pointer = arena_memdup(a, r->git->blob_rawcontent(blob), n);
	if (strncmp(pointer, begin, sizeof(begin) - 1) != 0)
		return false;
	oid = strstr(pointer, "\noid sha256:");
	digest_text(f->digest, text);
	return oid && !strncmp(oid + 5, text, strlen(text));
}

/* The file as git would commit it: line ends and the like as configured. What
 * is configured cannot be told when the index is damaged. */
static int as_committed(struct code_reader *r, const char *rel, const void *p,
	size_t n, git_buf *out, git_filter_list **filters)
{
	if (r->git->filter_list_load(filters, r->repo, NULL, rel,
		    GIT_FILTER_TO_ODB, GIT_FILTER_ALLOW_UNSAFE) < 0)
		*filters = NULL;
	if (*filters)
		return r->git->filter_list_apply_to_buffer(out, *filters, p, n);
	out->ptr = (char *)p;
	out->size = n;
	return 0;
}

/* Is what lies at `path` the blob `id`, as it is or converted? */
static bool is_blob(const struct code_reader *r, const char *path,
	const char *rel, const git_oid *id)
{
	const char *const as[] = {rel, ""};
	git_oid is;

	for (size_t i = r->index ? 0 : 1; i < 2; i++)
		if (r->git->repository_hashfile(
			    &is, r->repo, path, GIT_OBJECT_BLOB, as[i]) == 0 &&
			r->git->oid_equal(&is, id))
			return true;
	return false;
}

/* Append what makes `rel` of `blob` (NULL: of nothing). */
static void add_patch(struct code_reader *r, const char *rel, git_blob *blob,
	int fd, uint64_t size)
{
	const struct git *g = r->git;
	git_diff_options opt;
	autostrbuf text = STRBUF_INIT;
	git_filter_list *filters = NULL;
	git_buf content = GIT_BUF_INIT, out = GIT_BUF_INIT;
	git_patch *patch = NULL;

	if (size > CODE_PATCH_FILE || r->patch.len > CODE_PATCH_ALL ||
		(blob && g->blob_rawsize(blob) > CODE_PATCH_FILE) ||
		lseek(fd, 0, SEEK_SET) < 0 || fs_slurp_fd(fd, &text) < 0)
		return;
	/* libgit2 asks the index for attributes. */
	if (!r->index) {
		r->ops->gap(r->ops->arg, rel,
			"is in no patch: the index of its repository is "
			"damaged");
		return;
	}
	g->diff_options_init(&opt, GIT_DIFF_OPTIONS_VERSION);
	opt.flags = GIT_DIFF_SHOW_BINARY;
	strbuf_grow(&text, 0);
	if (as_committed(r, rel, text.s, text.len, &content, &filters) == 0 &&
		g->patch_from_blob_and_buffer(&patch, blob, rel, content.ptr,
			content.size, rel, &opt) == 0 &&
		g->patch_to_buf(&out, patch) == 0)
		strbuf_add(&r->patch, out.ptr, out.size);
	else
		code_gap(r, rel, "no patch");
	g->patch_free(patch);
	g->buf_dispose(&out);
	if (filters)
		g->buf_dispose(&content);
	g->filter_list_free(filters);
}

static void add_modified(struct code_reader *r, const char *rel)
{
	*ARENA_PUSH(r->a, r->out->modified.items, r->out->modified.count) =
		arena_strdup(r->a, rel);
}

/* Read and compare with `blob`, which was committed. */
static void compare_content(struct code_reader *r, const struct code_file *f,
	const char *rel, git_blob *blob, const git_oid *committed)
{
	autoclose int fd = r->ops->open(r->ops->arg, f);
	uint64_t was = blob ? (uint64_t)r->git->blob_rawsize(blob) : 0;
	char link[40];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		r->ops->gap(r->ops->arg, f->path,
			"cannot be compared with its repository: what was "
			"read is not there any more");
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	/* Line ends change the size, but nobody commits such large text. */
	if (blob && ((uint64_t)st.st_size == was || st.st_size < 1 << 20) &&
		is_blob(r, link, rel, committed))
		return;
	if (blob && is_lfs_pointer_of(r, blob, f))
		return;
	add_modified(r, rel);
	add_patch(r, rel, blob, fd, (uint64_t)st.st_size);
}

static void compare(struct code_reader *r, const struct code_file *f,
	const char *rel, const git_tree_entry *entry, const git_index_entry *in)
{
	const git_oid *committed = entry ? r->git->tree_entry_id(entry) : NULL;
	git_blob *blob = NULL;

	if (entry && index_knows(r, in, f, committed))
		return;
	/* A link or a submodule was committed here: the file is another. */
	if (entry && (r->git->tree_entry_filemode(entry) & 0170000) != 0100000) {
		add_modified(r, rel);
		return;
	}
	if (entry && r->git->blob_lookup(&blob, r->repo, committed) < 0) {
		code_gap(r, f->path, "what was committed cannot be read");
		return;
	}
	compare_content(r, f, rel, blob, committed);
	r->git->blob_free(blob);
}

static void read_file(struct code_reader *r, const struct code_file *f)
{
	const struct git *g = r->git;
	const char *rel = f->path + strlen(r->out->root);
	git_tree_entry *entry = NULL;
	const git_index_entry *in = NULL;
	int ignored = 0;

	rel += *rel == '/';
	if (r->tree && g->tree_entry_bypath(&entry, r->tree, rel) < 0)
		entry = NULL;
	if (r->index)
		in = g->index_get_bypath(r->index, rel, 0);
	if (entry || in)
		compare(r, f, rel, entry, in);
	else if (g->ignore_path_is_ignored(&ignored, r->repo, rel) < 0 || !ignored)
		*ARENA_PUSH(r->a, r->untracked.items, r->untracked.count) =
			arena_strdup(r->a, rel);
	g->tree_entry_free(entry);
}

static bool has_tracked(const struct code_reader *r, const char *dir)
{
	autoarena *a = arena_new();
	git_tree_entry *entry = NULL;

	if (r->tree && r->git->tree_entry_bypath(&entry, r->tree, dir) == 0) {
		r->git->tree_entry_free(entry);
		return true;
	}
	return r->index && r->git->index_find_prefix(NULL, r->index,
				   arena_printf(a, "%s/", dir)) == 0;
}

/*
 * The directory that may stand for the file: the topmost one that holds
 * nothing tracked, else its own; NULL at the top of the work tree.
 */
static char *group_of(const struct code_reader *r, const char *rel, bool *new)
{
	const char *slash = strchr(rel, '/');
	char *dir;

	for (; slash; slash = strchr(slash + 1, '/')) {
		dir = arena_memdup(r->a, rel, (size_t)(slash - rel));
		if (!has_tracked(r, dir)) {
			*new = true;
			return dir;
		}
	}
	slash = strrchr(rel, '/');
	*new = false;
	return slash ? arena_memdup(r->a, rel, (size_t)(slash - rel)) : NULL;
}

static void name_untracked(struct code_reader *r)
{
	struct strlist *all = &r->untracked, *out = &r->out->untracked;
	char **dirs = arena_array(r->a, all->count, sizeof(*dirs));
	bool *new = arena_array(r->a, all->count, sizeof(*new));
	struct map counts = MAP_INIT;

	for (size_t i = 0; i < all->count; i++) {
		dirs[i] = group_of(r, all->items[i], &new[i]);
		if (dirs[i])
			map_puts(&counts, dirs[i],
				(void *)((uintptr_t)map_gets(&counts, dirs[i]) +
					 1));
	}
	for (size_t i = 0; i < all->count; i++) {
		size_t n = dirs[i] ? (size_t)map_gets(&counts, dirs[i]) : 0;

		if (n == SIZE_MAX)
			continue; /* its directory has been named */
		if (n <= (new[i] ? CODE_UNTRACKED_NEW : CODE_UNTRACKED_ANY)) {
			*ARENA_PUSH(r->a, out->items, out->count) = all->items[i];
			continue;
		}
		*ARENA_PUSH(r->a, out->items, out->count) =
			arena_printf(r->a, "%s/", dirs[i]);
		map_puts(&counts, dirs[i], (void *)SIZE_MAX);
	}
	map_release(&counts);
}

void code_compare(
	struct code_reader *r, const struct code_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		read_file(r, &files[i]);
	name_untracked(r);
}
