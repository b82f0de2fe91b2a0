/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libgit2, loaded when the first repository is found: linked, its fifteen
 * libraries would cost each start of the program 2 ms, most of which have no
 * use for it. With -DREPRISE_LINK_GIT (a static program) it is linked.
 */
#pragma once

#include <git2.h>

struct err;

#define GIT_CALLS(X)                   \
	X(blob_free)                   \
	X(blob_lookup)                 \
	X(blob_rawcontent)             \
	X(blob_rawsize)                \
	X(buf_dispose)                 \
	X(commit_free)                 \
	X(commit_lookup)               \
	X(commit_tree)                 \
	X(config_free)                 \
	X(config_get_string)           \
	X(config_iterator_free)        \
	X(config_iterator_new)         \
	X(config_next)                 \
	X(diff_options_init)           \
	X(error_last)                  \
	X(filter_list_apply_to_buffer) \
	X(filter_list_free)            \
	X(filter_list_load)            \
	X(ignore_path_is_ignored)      \
	X(index_find_prefix)           \
	X(index_free)                  \
	X(index_get_bypath)            \
	X(index_path)                  \
	X(libgit2_init)                \
	X(libgit2_opts)                \
	X(oid_equal)                   \
	X(oid_is_zero)                 \
	X(oid_tostr)                   \
	X(patch_free)                  \
	X(patch_from_blob_and_buffer)  \
	X(patch_to_buf)                \
	X(reference_free)              \
	X(reference_lookup)            \
	X(reference_symbolic_target)   \
	X(reference_name_to_id)        \
	X(reflog_entry_byindex)        \
	X(reflog_entry_committer)      \
	X(reflog_entry_id_new)         \
	X(reflog_entry_id_old)         \
	X(reflog_entry_message)        \
	X(reflog_entrycount)           \
	X(reflog_free)                 \
	X(reflog_read)                 \
	X(repository_config_snapshot)  \
	X(repository_free)             \
	X(repository_hashfile)         \
	X(repository_index)            \
	X(repository_open_ext)         \
	X(repository_path)             \
	X(tree_entry_bypath)           \
	X(tree_entry_filemode)         \
	X(tree_entry_free)             \
	X(tree_entry_id)               \
	X(tree_free)

/* git->tree_free is git_tree_free, and so on. */
struct git {
#define X(name) __typeof__(git_##name) *name;
	GIT_CALLS(X)
#undef X
};

/* NULL when there is no libgit2 of the version that this was built with. */
const struct git *git_load(struct err *e);
