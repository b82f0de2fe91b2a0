// SPDX-License-Identifier: Apache-2.0
/*
 * Calls of all kinds in random order, on a few names: whatever bytes of a file
 * as it was before the run come to light, under whatever name, must be in the
 * record of that file. Each file has a word of its own all over it, by which
 * its bytes are known. MATRIX_SEED makes other cells of the same names. See
 * matrix.h.
 */
#include "matrix.h"

#include <linux/fs.h>
#include <sys/stat.h>

#define FILES 8
#define WORD 8
#define WORDS 12
#define HELD 6
#define STEPS 120

static const char *const files[FILES] = {
	"f", "g", "one", "d/x", "d/y", "d/sub/z", "e/x", "e/y"};
static const char *const names[] = {"f", "g", "one", "two", "d/x", "d/y",
	"d/sub/z", "e/x", "e/y", "h", "d/h", "e/h", "d", "e", "d/sub", "e/sub",
	"s", "sd/x", "sd", "new", "e/sub/z", "new/x"};

static unsigned seed;
static int trace; /* MATRIX_TRACE: what is done, on standard error */
static int held[HELD];
static unsigned found; /* files that came to light in this step */

static unsigned below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static const char *some_name(void)
{
	return names[below(sizeof(names) / sizeof(*names))];
}

static void text_of(int i, char text[WORD * WORDS + 1])
{
	unsigned h = 5381;

	for (const char *p = cell_name; *p; p++)
		h = h * 33 + (unsigned char)*p;
	for (int k = 0; k < WORDS; k++)
		snprintf(text + k * WORD, WORD + 1, "<%c%05x>", 'a' + i,
			h & 0xfffff);
}

static void prepare_random(void)
{
	char text[WORD * WORDS + 1];

	MUST(mkdir("e", 0755));
	for (int i = 0; i < FILES; i++) {
		text_of(i, text);
		put(files[i], NEW, text);
	}
}

/* Whose bytes are these? */
static void look_for_words(const char *buf, size_t n)
{
	char text[WORD * WORDS + 1];

	for (int i = 0; i < FILES; i++) {
		text_of(i, text);
		for (size_t k = 0; k + WORD <= n; k++)
			if (!memcmp(buf + k, text, WORD))
				found |= 1u << i;
	}
}

static void read_all(int fd)
{
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return;
	n = pread(fd, buf, sizeof(buf), 0);
	if (n > 0)
		look_for_words(buf, (size_t)n);
}

static int opened(const char *name, int flags)
{
	return open(name, flags | O_NONBLOCK, 0644);
}

static void did(const char *what, const char *a, const char *b, int failed);

static void open_and_close(const char *name, int flags, const char *text)
{
	int fd = opened(name, flags);

	did("open", name, text ? text : "read", fd < 0);
	if (fd < 0)
		return;
	if (text && write(fd, text, strlen(text)) < 0)
		say("failed", name, "cannot write");
	if ((flags & O_ACCMODE) != O_WRONLY)
		read_all(fd);
	close(fd);
}

static void did(const char *what, const char *a, const char *b, int failed)
{
	if (trace)
		fprintf(stderr, "%s %s %s: %s\n", what, a, b,
			failed ? strerror(errno) : "ok");
}

static int slot(void)
{
	return (int)below(HELD);
}

static void hold(const char *name)
{
	static const int flags[] = {O_RDONLY, O_RDWR, O_WRONLY,
		O_WRONLY | O_APPEND, O_PATH, O_RDONLY | O_DIRECTORY};
	int i = slot();
	unsigned k;
	char how[32];

	if (held[i] > 0)
		close(held[i]);
	k = below(6);
	held[i] = opened(name, flags[k]);
	snprintf(how, sizeof(how), "%o as %d", flags[k], i);
	did("hold", name, how, held[i] < 0);
}

static void use_held(void)
{
	int i = slot(), fd = held[i];
	unsigned k = below(8);
	char self[64];

	if (fd <= 0)
		return;
	snprintf(self, sizeof(self), "%d of %d", k, i);
	did("held", self, "", 0);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	switch (k) {
	case 0:
	case 1:
		read_all(fd);
		return;
	case 2:
		(void)!pwrite(fd, "HELD", 4, below(40));
		return;
	case 3:
		(void)!ftruncate(fd, below(60));
		return;
	case 4:
		fcntl(fd, F_SETFL, 0);
		return;
	case 5:
		open_and_close(self, O_RDONLY, NULL);
		return;
	case 6:
		open_and_close(self, O_RDWR, "SELF");
		return;
	case 7:
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			below(20), 9);
		return;
	}
}

static void two_names(const char *a, const char *b)
{
	switch (below(6)) {
	case 0:
	case 1:
		did("rename", a, b, rename(a, b));
		return;
	case 2:
		did("exchange", a, b,
			renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
		return;
	case 3:
		did("link", a, b, link(a, b));
		return;
	case 4:
		did("symlink", a, b, symlink(a, b));
		return;
	case 5:
		did("noreplace", a, b,
			renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_NOREPLACE));
		return;
	}
}

static void one_name(const char *a)
{
	struct timespec t[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
	struct stat st;
	DIR *d;

	switch (below(18)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		open_and_close(a, O_RDONLY, NULL);
		return;
	case 5:
		open_and_close(a, NEW, "TRUNCATED");
		return;
	case 6:
		open_and_close(a, O_WRONLY, "OVER");
		return;
	case 7:
		open_and_close(a, O_RDWR | O_CREAT, "BOTH");
		return;
	case 8:
		open_and_close(a, O_WRONLY | O_APPEND | O_CREAT, "APPENDED");
		return;
	case 9:
		open_and_close(a, O_WRONLY | O_CREAT | O_EXCL, "EXCLUSIVE");
		return;
	case 10:
		did("truncate", a, "", truncate(a, below(60)));
		return;
	case 11:
		did("unlink", a, "", unlink(a));
		return;
	case 12:
		did("mkdir", a, "", mkdir(a, 0755));
		return;
	case 13:
		did("rmdir", a, "", rmdir(a));
		return;
	case 14:
		did("utime", a, "", utimensat(AT_FDCWD, a, t, 0));
		return;
	case 15:
		did("chmod", a, "", chmod(a, 0755));
		return;
	case 16:
		did("stat", a, "", stat(a, &st));
		return;
	case 17:
		d = opendir(a);
		did("list", a, "", !d);
		if (d)
			closedir(d);
		return;
	}
}

static void say_found(void)
{
	char text[WORD * WORDS + 1];

	for (int i = 0; i < FILES; i++) {
		if (!(found & 1u << i))
			continue;
		text_of(i, text);
		/* It has two names. */
		say(i == 2 ? "came" : "in", files[i], text);
	}
}

static void random_steps(void)
{
	const char *more = getenv("MATRIX_SEED");

	trace = getenv("MATRIX_TRACE") != NULL;
	seed = (unsigned)atoi(cell_name + 4) * 7919 +
	       (more ? (unsigned)atoi(more) * 104729 : 0) + 1;
	for (int i = 0; i < STEPS; i++) {
		unsigned before = found, kind = below(10);

		if (kind < 5)
			one_name(some_name());
		else if (kind < 8)
			two_names(some_name(), some_name());
		else if (kind == 8)
			hold(some_name());
		else
			use_held();
		if (trace && found != before)
			fprintf(stderr, "  found %x\n", found);
	}
	say_found();
}

#define CELL(n)                                         \
	{                                               \
		"seed" #n, random_steps, prepare_random \
	}

const struct cell cells[] = {
	CELL(0),
	CELL(1),
	CELL(2),
	CELL(3),
	CELL(4),
	CELL(5),
	CELL(6),
	CELL(7),
	CELL(8),
	CELL(9),
	CELL(10),
	CELL(11),
	CELL(12),
	CELL(13),
	CELL(14),
	CELL(15),
	CELL(16),
	CELL(17),
	CELL(18),
	CELL(19),
	{NULL, NULL, NULL},
};
