/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: descriptors that close themselves, whole reads and writes (the only
 * place with such loops), and the few path operations that everyone needs.
 */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct err;
struct strbuf;
struct arena;

/* Closes it, if it is one, and leaves -1: a second time does nothing. */
void fs_autoclose(int *fd);
void fs_autofclose(FILE **f);
void fs_autofree(void *p);

/* Cleanups keep errno. */
#define autoclose __attribute__((cleanup(fs_autoclose)))
#define autofile __attribute__((cleanup(fs_autofclose))) FILE
#define autofree __attribute__((cleanup(fs_autofree)))

/* Hand an autoclose descriptor over to the caller. */
static inline int steal_fd(int *fd)
{
	int n = *fd;

	*fd = -1;
	return n;
}

/*
 * Read until n bytes or end of file; returns the bytes read, or -1 with errno.
 * Both survive EINTR and short transfers.
 */
ssize_t fs_read_all(int fd, void *buf, size_t n);
/* 0, or -1 with errno. */
int fs_write_all(int fd, const void *buf, size_t n);

/* The whole of a (small) file, /proc files included, appended to `out`. */
int fs_slurp_fd(int fd, struct strbuf *out);        /* -1 with errno */
int fs_slurp(const char *path, struct strbuf *out); /* -1 with errno */
int fs_slurp_at(int dirfd, const char *path, struct strbuf *out);

/*
 * Write a file whole or not at all: temporary name beside it, fsync, rename,
 * fsync of the directory.
 */
int fs_write_file(int dirfd, const char *path, const void *buf, size_t n,
	mode_t mode, struct err *e);

/* mkdir -p; existing directories are fine. */
int fs_mkdirs(const char *path, mode_t mode, struct err *e);
int fs_mkdirs_at(int dirfd, const char *path, mode_t mode, struct err *e);

/* rm -r without following links; an absent path is success. */
int fs_remove_tree(int dirfd, const char *path, struct err *e);

/* openat2(2), kernel 5.6; -1 with errno. */
int fs_openat2(int dirfd, const char *path, uint64_t flags, mode_t mode,
	uint64_t resolve);

/*
 * For a path of PATH_MAX bytes and more, which no call takes at once: open the
 * directories that it begins with, and leave the rest in *path. An O_PATH
 * descriptor, or -1 with errno.
 */
int fs_enter_long(int dirfd, const char **path);
/* open(2) of a path of any length, close-on-exec; -1 with errno. */
int fs_open(const char *path, int flags);
DIR *fs_opendir(const char *path);
/*
 * From now on these two follow no link of /proc to what a process has open, but
 * for a path that itself begins with such a one of another process: for a
 * process that looks where others can put links, and has open what they have
 * not. ELOOP then. Linux 5.6.
 */
void fs_distrust_ways(void);

/* Does the name still mean what `fd` has open? One that looks for what the dead
 * left may have been faster than the lock of who has just made it. */
bool fs_is_named(int dirfd, const char *name, int fd);

/* readlinkat into the arena, any length; NULL with errno. */
char *fs_readlink(struct arena *a, int dirfd, const char *path);

/* dir + "/" + name without doubling a slash. */
char *fs_join(struct arena *a, const char *dir, const char *name);

/* An absolute path without "." and "..", and single slashes; in place. */
void fs_plain(char *path);

bool fs_has_suffix(const char *path, const char *suffix);
/* What follows the last slash; the whole where nothing follows it. */
const char *fs_base_name(const char *path);

/* Is `path` equal to `dir` or below it? Purely textual, both absolute. */
bool fs_below(const char *path, const char *dir);
