// SPDX-License-Identifier: Apache-2.0
/* Making pseudo-terminals. */
#include "base/pty.h"
#include "base/fs.h"

#include <fcntl.h>
#include <sys/ioctl.h>

int pty_open(const char *ptmx, int *master, int *terminal)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC, unlock = 0;

	*terminal = -1;
	*master = open(ptmx, flags);
	if (*master < 0)
		return -1;
	/* TIOCGPTPEER: also where /dev/pts is another mount than the pty's. */
	if (ioctl(*master, TIOCSPTLCK, &unlock) == 0)
		*terminal = ioctl(*master, TIOCGPTPEER, flags);
	if (*terminal >= 0)
		return 0;
	fs_autoclose(master);
	return -1;
}

void pty_copy_size(int from, int to)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) == 0)
		ioctl(to, TIOCSWINSZ, &size);
}
