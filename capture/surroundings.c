// SPDX-License-Identifier: Apache-2.0
/* The first half of a manifest, read before the command runs. */
#include "capture/surroundings.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "capture/capture.h"
#include "capture/secrets.h"
#include "host/hardware.h"
#include "host/limits.h"
#include "host/memory.h"
#include "host/os_release.h"
#include "manifests/model.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

char *rfc3339(struct arena *a, long long us)
{
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	char buf[32];

	gmtime_r(&s, &tm);
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "%s.%06lldZ", buf, us % 1000000);
}

long long rfc3339_us(const char *text)
{
	struct tm tm = {0};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	long us = 0;

	if (!rest || (*rest == '.' && sscanf(rest + 1, "%6ld", &us) != 1))
		return -1;
	return timegm(&tm) * 1000000LL + us;
}

void surroundings_run(struct m_run *run, struct arena *a)
{
	struct utsname u;
	int n = getgroups(0, NULL);
	gid_t *groups =
		n > 0 ? arena_alloc(a, (size_t)n * sizeof(*groups)) : NULL;

	uname(&u);
	run->host.name = arena_strdup(a, u.nodename);
	run->host.kernel = arena_strdup(a, u.release);
	run->host.architecture = arena_strdup(a, u.machine);
	run->host.os = os_release(a, "", "PRETTY_NAME");
	run->host.libc = arena_printf(a, "glibc %s", gnu_get_libc_version());
	run->host.available_bytes = memory_available("");
	run->user.uid = getuid();
	run->user.gid = getgid();
	n = n > 0 ? getgroups(n, groups) : 0;
	for (int i = 0; i < n; i++)
		*ARENA_PUSH(a, run->user.groups.items, run->user.groups.count) =
			arena_printf(a, "%u", groups[i]);
	run->started = rfc3339(a, now_us());
}

static const char *stream_kind(const struct stat *st, int fd)
{
	if (S_ISREG(st->st_mode))
		return "file";
	if (S_ISFIFO(st->st_mode))
		return "pipe";
	if (S_ISSOCK(st->st_mode))
		return "socket";
	if (S_ISCHR(st->st_mode) && isatty(fd))
		return "tty";
	return S_ISCHR(st->st_mode) ? "null" : "other";
}

void surroundings_stream(struct m_stream *s, int fd, struct arena *a)
{
	struct stat st, again;
	char link[32];
	char *path;

	s->offset = ABSENT;
	/* Ours in the place of a closed one is close-on-exec. */
	if (fstat(fd, &st) < 0 || (fcntl(fd, F_GETFD) & FD_CLOEXEC)) {
		s->kind = (char *)"closed";
		return;
	}
	s->kind = (char *)stream_kind(&st, fd);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	path = fs_readlink(a, AT_FDCWD, link);
	if (!path || stat(path, &again) < 0 || again.st_ino != st.st_ino ||
		again.st_dev != st.st_dev)
		return;
	if (S_ISCHR(st.st_mode) && !isatty(fd) && strcmp(path, "/dev/null") != 0)
		s->kind = (char *)"other";
	s->path = path;
	if (S_ISREG(st.st_mode))
		s->offset = lseek(fd, 0, SEEK_CUR);
}

static int read_command(struct m_command *c, struct arena *a,
	const struct capture_options *opt, const char *executable, mode_t mask,
	struct err *e)
{
	struct strlist argv = {0};
	/* Of a directory that is gone it still has the name. */
	char *cwd = fs_readlink(a, AT_FDCWD, "/proc/self/cwd");
	bool hidden = false;

	if (!cwd || cwd[0] != '/')
		return err_sys(e, "cannot name the working directory");
	c->cwd = cwd;
	for (char *const *p = opt->argv; *p; p++)
		*ARENA_PUSH(a, argv.items, argv.count) = arena_strdup(a, *p);
	secret_argv(a, &argv, &opt->redact, &c->argv, &hidden);
	c->executable = arena_strdup(a, executable);
	c->umask = arena_printf(a, "%04o", mask);
	surroundings_stream(&c->stdin_, 0, a);
	surroundings_stream(&c->stdout_, 1, a);
	surroundings_stream(&c->stderr_, 2, a);
	return 0;
}

static char *limit_text(struct arena *a, rlim_t v)
{
	return v == RLIM_INFINITY
		       ? arena_strdup(a, "unlimited")
		       : arena_printf(a, "%llu", (unsigned long long)v);
}

void surroundings_environment(struct m_environment *env, struct arena *a,
	const struct strlist *redact, char *const *variables,
	const struct rlimit *limits)
{
	for (char *const *p = variables; *p; p++) {
		const char *eq = strchr(*p, '=');
		size_t n = eq ? (size_t)(eq - *p) : strlen(*p);
		char *name = arena_memdup(a, *p, n);
		struct kv *kv;

		if (eq && secret_variable(name, eq + 1, redact)) {
			*ARENA_PUSH(a, env->redacted.items,
				env->redacted.count) = name;
			continue;
		}
		kv = ARENA_PUSH(a, env->variables.items, env->variables.count);
		/* "NAME" without "=" is no variable, but was there. */
		*kv = (struct kv){name, eq ? arena_strdup(a, eq + 1) : NULL};
	}
	for (const struct limit_name *n = limit_names; n->name; n++) {
		const struct rlimit *v = &limits[n->resource];
		struct m_limit *l =
			ARENA_PUSH(a, env->limits.items, env->limits.count);

		l->name = arena_strdup(a, n->name);
		l->soft = limit_text(a, v->rlim_cur);
		l->hard = limit_text(a, v->rlim_max);
	}
}

int surroundings_read(struct manifest *m, struct arena *a,
	const struct capture_options *opt, const char *executable, mode_t mask,
	const struct rlimit *limits, struct err *e)
{
	surroundings_run(&m->run, a);
	if (read_command(&m->command, a, opt, executable, mask, e) < 0)
		return -1;
	surroundings_environment(
		&m->environment, a, &opt->redact, environ, limits);
	hardware_read(&m->hardware, a, "");
	m->run.tags = opt->tags;
	m->run.name = arena_strdup(a, opt->name);
	return 0;
}
