// SPDX-License-Identifier: Apache-2.0
/*
 * same_sockets [CASE...]: binding, connecting, descriptors and credentials
 * that travel, and the errors of each.
 */
#include "cases.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un named(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strncpy(a.sun_path, path, sizeof(a.sun_path));
	return a;
}

static int bind_path(int type, const char *path)
{
	struct sockaddr_un a = named(path);
	int fd = (int)must(socket(AF_UNIX, type, 0));

	return bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -1 : fd;
}

static long connect_path(int type, const char *path)
{
	struct sockaddr_un a = named(path);
	int fd = (int)must(socket(AF_UNIX, type, 0));

	return connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -1 : fd;
}

static void unix_paths(void)
{
	char longest[109];
	int fd;

	memset(longest, 'x', 108);
	longest[108] = 0;
	say("connect to nothing %s", result(connect_path(SOCK_STREAM, "none")));
	say("to a file %s", result(connect_path(SOCK_STREAM, "/etc/passwd")));
	fd = bind_path(SOCK_STREAM, "stream");
	say("bind %d", fd > 2);
	say("again %s", result(bind_path(SOCK_STREAM, "stream")));
	say("refused %s", result(connect_path(SOCK_STREAM, "stream")));
	must(listen(fd, 1));
	say("connect %d", connect_path(SOCK_STREAM, "stream") > 2);
	say("other type %s", result(connect_path(SOCK_DGRAM, "stream")));
	must(unlink("stream"));
	say("gone %s", result(connect_path(SOCK_STREAM, "stream")));
	say("longest %d", bind_path(SOCK_DGRAM, longest) > 2);
	say("no directory %s", result(bind_path(SOCK_DGRAM, "no/x")));
	must(symlink("target", "link"));
	say("link %s", result(bind_path(SOCK_DGRAM, "link")));
}

/* Abstract names, and names that the kernel gives. */
static void abstract(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX}, got;
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 9);
	int fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0)), client;

	snprintf(a.sun_path + 1, 9, "%08d", getpid());
	say("bind %s", result(bind(fd, (struct sockaddr *)&a, len)));
	must(listen(fd, 1));
	client = (int)must(socket(AF_UNIX, SOCK_STREAM, 0));
	say("connect %s", result(connect(client, (struct sockaddr *)&a, len)));
	fd = (int)must(socket(AF_UNIX, SOCK_DGRAM, 0));
	say("automatic %s",
		result(bind(fd, (struct sockaddr *)&a, sizeof(sa_family_t))));
	len = sizeof(got);
	must(getsockname(fd, (struct sockaddr *)&got, &len));
	say("length %d, first %d", (int)len, got.sun_path[0]);
}

static void passing(void)
{
	int pair[2], fd = (int)must(open("/etc/passwd", O_RDONLY));
	char c = 'x',
	     room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	struct iovec v = {&c, 1};
	struct msghdr m = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = CMSG_SPACE(sizeof(int))};
	struct cmsghdr *h;
	int one = 1;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	must(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	pid = (pid_t)must(fork());
	if (pid == 0)
		_exit(sendmsg(pair[0], &m, 0) == 1 ? 0 : 1);
	say("send %s", ending(end_of(pid)));
	m.msg_controllen = sizeof(room);
	must(recvmsg(pair[1], &m, 0));
	for (h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		struct ucred u;

		if (h->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&u, CMSG_DATA(h), sizeof(u));
			say("from it %d, uid %d", u.pid == pid,
				u.uid == getuid());
			continue;
		}
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
		say("got %d, read %s", fd, result(read(fd, room, 4)));
	}
}

static void peers(void)
{
	struct ucred u = {0};
	socklen_t len = sizeof(u);
	int fd = bind_path(SOCK_STREAM, "s"), other;

	must(listen(fd, 1));
	must(connect_path(SOCK_STREAM, "s"));
	other = (int)must(accept(fd, NULL, NULL));
	must(getsockopt(other, SOL_SOCKET, SO_PEERCRED, &u, &len));
	say("peer is itself %d, uid %d", u.pid == getpid(), u.uid == getuid());
}

static int loopback(
	int family, int type, struct sockaddr_storage *a, socklen_t *len)
{
	int fd = (int)must(socket(family, type, 0));

	memset(a, 0, sizeof(*a));
	if (family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)a;

		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*len = sizeof(*in);
	} else {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)a;

		in->sin6_family = AF_INET6;
		in->sin6_addr = in6addr_loopback;
		*len = sizeof(*in);
	}
	if (bind(fd, (struct sockaddr *)a, *len) < 0)
		return -1;
	must(getsockname(fd, (struct sockaddr *)a, len));
	return fd;
}

static void internet(void)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < COUNT(families); i++) {
		struct sockaddr_storage a;
		struct sockaddr *p = (struct sockaddr *)&a;
		socklen_t len;
		int fd = loopback(families[i], SOCK_STREAM, &a, &len), c, s;
		char text[8] = "";

		if (fd < 0) {
			say("%d: %s", families[i], result(fd));
			continue;
		}
		c = (int)must(socket(families[i], SOCK_STREAM, 0));
		say("%d: refused %s", families[i], result(connect(c, p, len)));
		must(listen(fd, 1));
		c = (int)must(socket(families[i], SOCK_STREAM, 0));
		say("connect %s", result(connect(c, p, len)));
		say("again %s", result(connect(c, p, len)));
		s = (int)must(accept(fd, NULL, NULL));
		must(write(s, "hello", 5));
		say("read %s %s", result(read(c, text, sizeof(text))), text);
		c = (int)must(
			socket(families[i], SOCK_STREAM | SOCK_NONBLOCK, 0));
		say("without waiting %s",
			connect(c, p, len) < 0 && errno != EINPROGRESS
				? result(-1)
				: "0");
		fd = loopback(families[i], SOCK_DGRAM, &a, &len);
		c = (int)must(socket(families[i], SOCK_DGRAM, 0));
		say("datagram %s", result(connect(c, p, len)));
		say("send %s", result(send(c, "abc", 3, 0)));
		say("receive %s", result(recv(fd, text, 8, 0)));
	}
}

static void wrong(void)
{
	struct sockaddr_un a = named("x");
	int fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0));
	int file = (int)must(open("/etc/passwd", O_RDONLY));

	say("no address %s", result(bind(fd, NULL, sizeof(a))));
	say("bad address %s", result(bind(fd, (void *)1, sizeof(a))));
	say("no length %s", result(bind(fd, (struct sockaddr *)&a, 0)));
	say("too long %s", result(bind(fd, (struct sockaddr *)&a, 200)));
	say("no socket %s", result(bind(file, (struct sockaddr *)&a, 10)));
	say("closed %s", result(connect(777, (struct sockaddr *)&a, 10)));
	a.sun_family = AF_INET;
	say("other family %s", result(bind(fd, (struct sockaddr *)&a, 16)));
	say("bad pointer %s", result(connect(fd, (void *)1, 16)));
	say("family %s", result(socket(99, SOCK_STREAM, 0)));
	say("netlink %d", socket(AF_NETLINK, SOCK_RAW, 0) > 2);
}

static const struct probe_case cases[] = {
	{"unix-paths", unix_paths},
	{"abstract", abstract},
	{"passing", passing},
	{"peers", peers},
	{"internet", internet},
	{"wrong", wrong},
};

int main(int argc, char **argv)
{
	return run_cases("sockets", cases, COUNT(cases), argc, argv);
}
