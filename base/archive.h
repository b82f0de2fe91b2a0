/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libarchive, loaded when a bundle or an archive is first read or written:
 * linked, its twelve libraries (ICU among them) would cost each start of the
 * program 3 ms. With -DREPRISE_LINK_ARCHIVE (a static program) it is linked.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

struct err;

#define ARCHIVE_CALLS(X)                 \
	X(entry_filetype)                \
	X(entry_free)                    \
	X(entry_hardlink)                \
	X(entry_new)                     \
	X(entry_pathname)                \
	X(entry_set_filetype)            \
	X(entry_set_mtime)               \
	X(entry_set_pathname)            \
	X(entry_set_perm)                \
	X(entry_set_size)                \
	X(entry_size)                    \
	X(entry_size_is_set)             \
	X(entry_sparse_count)            \
	X(entry_symlink)                 \
	X(error_string)                  \
	X(read_append_filter)            \
	X(read_data)                     \
	X(read_free)                     \
	X(read_new)                      \
	X(read_next_header)              \
	X(read_open)                     \
	X(read_open_fd)                  \
	X(read_support_format_raw)       \
	X(read_support_format_tar)       \
	X(set_error)                     \
	X(write_close)                   \
	X(write_data)                    \
	X(write_free)                    \
	X(write_header)                  \
	X(write_new)                     \
	X(write_open)                    \
	X(write_set_bytes_in_last_block) \
	X(write_set_bytes_per_block)     \
	X(write_set_format_pax_restricted)

/* lib->read_new is archive_read_new, and so on. */
struct archive_library {
#define X(name) __typeof__(archive_##name) *name;
	ARCHIVE_CALLS(X)
#undef X
};

/* NULL when there is no libarchive of the version that this was built with. */
const struct archive_library *archive_load(struct err *e);
