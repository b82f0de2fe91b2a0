// SPDX-License-Identifier: Apache-2.0
/*
 * Mounts that come and go in the recorder's own mount namespace: the same file
 * by two names, and files that no name leads to at the end. See matrix.h.
 */
#include "matrix.h"

#include <sys/mount.h>

static void bind_d(void)
{
	MUST(mount("d", "e", NULL, MS_BIND, NULL));
}

static void unmounted(void)
{
	bind_d();
	say_file("in", "e/x", "e/x");
	MUST(umount("e"));
	bind_d();
	say_file("in", "e/y", "e/y");
	MUST(umount2("e", MNT_DETACH));
}

static void covered(void)
{
	in("d/x");
	MUST(mount("tmpfs", "d", "tmpfs", 0, NULL));
	put("d/y", NEW, "NEW");
	own("d/y");
	in("f");
}

static void covered_file(void)
{
	in("f");
	MUST(mount("g", "f", NULL, MS_BIND, NULL));
	say_file("own", "g", "f");
	in("g");
	say("gap", "f", "changed");
}

static void covered_under_us(void)
{
	MUST(chdir("d"));
	MUST(mount("tmpfs", "../d", "tmpfs", 0, NULL));
	close((int)MUST(open("x", O_RDONLY)));
	say("gap", "-", "unnamed-place");
}

static void moved_mount(void)
{
	bind_d();
	say_file("in", "e/x", "e/x");
	MUST(mount("e", "e2", NULL, MS_MOVE, NULL));
	say_file("in", "e2/y", "e2/y");
	MUST(umount("e2"));
}

static void alias_written(void)
{
	struct stat st;

	bind_d();
	in("d/x");
	MUST(stat("e/x", &st));
	put("e/x", NEW, "NEW");
	left("d/x");
	in("d/y");
	put("e/y", O_WRONLY, "NEW");
	left("d/y");
}

static void alias_removed(void)
{
	bind_d();
	in("d/x");
	MUST(unlink("e/x"));
	in("d/y");
	MUST(rename("e/y", "e/y2"));
	in("d/sub/z");
	MUST(rename("e/sub", "e/sub2"));
}

static void alias_replaced(void)
{
	bind_d();
	in("d/x");
	put("e/tmp", NEW, "NEW");
	MUST(rename("e/tmp", "e/x"));
	say_file("own", "e/x", "d/x");
	/* That it is the run's own cannot be seen. */
	say("gap", "d/x", "changed");
}

static void prepare_e(void)
{
	MUST(mkdir("e", 0755));
	MUST(mkdir("e2", 0755));
}

#define CELL(f)                  \
	{                        \
#f, f, prepare_e \
	}

const struct cell cells[] = {
	CELL(unmounted),
	CELL(covered),
	CELL(covered_file),
	CELL(covered_under_us),
	CELL(moved_mount),
	CELL(alias_written),
	CELL(alias_removed),
	CELL(alias_replaced),
	{NULL, NULL, NULL},
};
