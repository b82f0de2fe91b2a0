// SPDX-License-Identifier: Apache-2.0
/* Peers: the addresses of connect and bind, as text. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_nl nl;
	struct sockaddr_vm vm;
	char bytes[sizeof(struct sockaddr_storage)];
};

/* The type of a socket is not in its address: borrow the descriptor. */
static const char *protocol_of(pid_t tid, int fd)
{
	autoclose int task = (int)syscall(SYS_pidfd_open, tid, 0);
	autoclose int copy = -1;
	int type = 0;
	socklen_t len = sizeof(type);

	if (task >= 0)
		copy = (int)syscall(SYS_pidfd_getfd, task, fd, 0);
	if (copy < 0 || getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return "unknown";
	return type == SOCK_STREAM      ? "stream"
	       : type == SOCK_DGRAM     ? "dgram"
	       : type == SOCK_SEQPACKET ? "seqpacket"
	       : type == SOCK_RAW       ? "raw"
					: "other";
}

static void unix_address(struct capture *cap, const struct call *c,
	const union address *u, size_t len, enum verb verb, struct m_network *n,
	struct arena *a)
{
	size_t base = offsetof(struct sockaddr_un, sun_path);
	size_t max = len > base ? len - base : 0;
	struct touch t = {.dirfd = AT_FDCWD,
		.intent = verb == VERB_BIND ? INTENT_CREATE : INTENT_LOOK};

	if (max > sizeof(u->un.sun_path))
		max = sizeof(u->un.sun_path);
	if (!max) {
		n->peer = (char *)"@"; /* autobind */
	} else if (u->un.sun_path[0] == 0) {
		n->peer = arena_printf(
			a, "@%.*s", (int)max - 1, u->un.sun_path + 1);
	} else {
		t.path = arena_memdup(
			a, u->un.sun_path, strnlen(u->un.sun_path, max));
		n->peer = (char *)t.path;
		touch_apply(cap, c->tid, &t, a);
	}
}

void network_address(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch)
{
	struct m_network n = {
		.direction = (char *)(d->verb == VERB_BIND ? "bind" : "connect")};
	union address u = {0};
	size_t want = d->socklen < sizeof(u) ? d->socklen : sizeof(u);
	char host[INET6_ADDRSTRLEN] = "";
	ssize_t len = watch_read(c->tid, d->sockaddr, &u, want);

	if (len < (ssize_t)sizeof(u.sa.sa_family))
		return;
	switch (u.sa.sa_family) {
	case AF_UNIX:
		n.family = (char *)"unix";
		unix_address(cap, c, &u, (size_t)len, d->verb, &n, scratch);
		break;
	case AF_INET:
		n.family = (char *)"inet";
		inet_ntop(AF_INET, &u.in.sin_addr, host, sizeof(host));
		n.peer = arena_printf(
			scratch, "%s:%u", host, ntohs(u.in.sin_port));
		break;
	case AF_INET6:
		n.family = (char *)"inet6";
		inet_ntop(AF_INET6, &u.in6.sin6_addr, host, sizeof(host));
		n.peer = arena_printf(
			scratch, "[%s]:%u", host, ntohs(u.in6.sin6_port));
		break;
	case AF_NETLINK:
		n.family = (char *)"netlink";
		n.peer = (char *)"kernel";
		break;
	case AF_VSOCK:
		n.family = (char *)"vsock";
		n.peer = arena_printf(
			scratch, "%u:%u", u.vm.svm_cid, u.vm.svm_port);
		break;
	case AF_UNSPEC:
		return; /* dissolves an association (connect(2)) */
	default:
		n.family = arena_printf(scratch, "family-%u", u.sa.sa_family);
		n.peer = (char *)"unknown";
	}
	n.protocol = (char *)protocol_of(c->tid, d->fd);
	record_network(&cap->rec, &n);
}
