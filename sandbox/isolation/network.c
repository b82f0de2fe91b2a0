// SPDX-License-Identifier: Apache-2.0
/* The sandbox's own host name and network: a loopback and nothing else. */
#include "sandbox/isolation/setup.h"

#include "base/fs.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int step_hostname(struct setup *s, struct err *e)
{
	const char *name = s->iso->hostname;

	if (!name || !guard_on(s->iso, "utsns"))
		return 0;
	if (sethostname(name, strlen(name)) == 0)
		return 0;
	/* Podman's seccomp profile lets namespaces be made, but not named. */
	err_sys(e, "cannot set the host name '%s'", name);
	return host_add_remedy(e);
}

int step_loopback(struct setup *s, struct err *e)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	autoclose int fd = -1;

	if (s->iso->host_network || !guard_on(s->iso, "netns"))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 && errno == EAFNOSUPPORT)
		return 0; /* a kernel without IPv4 has no loopback to set up */
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return err_sys(e, "cannot bring the loopback interface up");
	return 0;
}
