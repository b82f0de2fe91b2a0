// SPDX-License-Identifier: Apache-2.0
/* The process that hashes ahead, and the ring through which it hears. */
#include "capture/ahead.h"
#include "base/arena.h"
#include "base/fs.h"
#include "capture/classify.h"
#include "capture/contents.h"
#include "capture/roots.h"
#include "capture/secrets.h"
#include "capture/state.h"
#include "manifests/model.h"
#include "store/digest_file.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Room for some ten thousand paths; memory that is not used is not there. */
#define RING (4u << 20)
#define CHUNK (1u << 20)
/* New bytes and files after which they are made durable. */
#define COMMIT_BYTES (256u << 20)
#define COMMIT_FILES 2000
/* Between looks at an empty ring, in ms. */
#define NAP_FIRST 10
#define NAP_LAST 500

struct entry {
	uint32_t len; /* of all of it, a multiple of 8; 0: the ring goes on at
			 its beginning */
	struct state st;
	char path[];
};

enum phase { IDLE, STARTED, STOPPED };

/* In memory that the processes share. */
struct shared {
	_Atomic uint64_t head, tail; /* bytes ever written, ever read */
	_Atomic int phase;
	_Atomic pid_t pid;
	_Atomic bool done;
	_Atomic uint64_t new_bytes; /* stored */
	char ring[RING] __attribute__((aligned(8)));
};

/*
 * A pair of sockets: each side sees by it that the other is gone, whoever else
 * has died before. The process is nobody's child, so that who looks for the
 * recorder among the keeper's children finds it alone.
 */
struct ahead {
	struct ahead_spec spec;
	struct shared *shared;
	int ours, its;
};

struct worker {
	const struct ahead_spec *spec;
	struct shared *shared;
	struct store *store;
	struct digest_cache *cache;
	int sock;
	struct store_batch *batch; /* NULL: nothing to be made durable */
	uint64_t new_bytes;
	unsigned new_files;
	char *buf;
};

void ahead_offer(struct ahead *a, const char *path, const struct state *st)
{
	size_t n = strlen(path) + 1;
	uint32_t len = (uint32_t)(sizeof(struct entry) + n + 7) & ~7u;
	struct shared *s = a ? a->shared : NULL;
	uint64_t head, at;
	struct entry *e;
	uint32_t skip;

	if (!s)
		return;
	head = atomic_load_explicit(&s->head, memory_order_relaxed);
	at = head % RING;
	skip = at + len > RING ? (uint32_t)(RING - at) : 0;
	if (head + skip + len - atomic_load(&s->tail) > RING)
		return;
	if (skip) {
		((struct entry *)(void *)(s->ring + at))->len = 0;
		head += skip;
		at = 0;
	}
	e = (struct entry *)(void *)(s->ring + at);
	e->len = len;
	e->st = *st;
	memcpy(e->path, path, n);
	atomic_store_explicit(&s->head, head + len, memory_order_release);
}

/* The next entry, or NULL; it stays until take() is asked to go on. */
static struct entry *look(struct shared *s)
{
	uint64_t tail = atomic_load(&s->tail);
	struct entry *e;

	if (tail == atomic_load_explicit(&s->head, memory_order_acquire))
		return NULL;
	e = (struct entry *)(void *)(s->ring + tail % RING);
	if (e->len)
		return e;
	atomic_store(&s->tail, tail + RING - tail % RING);
	return look(s);
}

static void take(struct shared *s, const struct entry *e)
{
	atomic_fetch_add(&s->tail, e->len);
}

static void commit(struct worker *w)
{
	if (w->batch && w->new_files && store_batch_commit(w->batch, NULL) == 0)
		atomic_fetch_add(&w->shared->new_bytes, w->new_bytes);
	store_batch_free(w->batch);
	w->batch = NULL;
	w->new_bytes = w->new_files = 0;
}

static bool may_be_stored(const struct worker *w, const struct entry *e)
{
	return e->st.size <= w->spec->keep && is_environment_path(e->path) &&
	       roots_of(w->spec->by_reference, e->path) < 0;
}

/* Asked to stop, or alone. */
static bool is_over(const struct worker *w, int wait_ms)
{
	struct pollfd p = {.fd = w->sock, .events = POLLIN};

	return poll(&p, 1, wait_ms) > 0 ||
	       atomic_load(&w->shared->phase) == STOPPED;
}

/*
 * The digest of what the page cache has of the file: all of it, or nothing. A
 * disk or a server that the run waits for is left to it.
 */
static bool hash_cached(struct worker *w, int fd, uint64_t size, struct digest *d)
{
	struct hasher *h = hasher_new();
	uint64_t done = 0;

	while (done < size && !is_over(w, 0)) {
		struct iovec iov = {w->buf, CHUNK};
		ssize_t n = preadv2(fd, &iov, 1, (off_t)done, RWF_NOWAIT);

		if (n <= 0)
			break;
		hasher_add(h, w->buf, (size_t)n);
		done += (uint64_t)n;
	}
	hasher_final(h, d);
	hasher_free(h);
	return done == size;
}

static void put(struct worker *w, int fd, const struct digest *d, uint64_t size)
{
	struct put_result r;

	if (!w->batch)
		w->batch = store_batch_new(w->store, NULL);
	if (!w->batch || store_put_known(w->batch, d, size) ||
		store_put_fd(w->batch, fd, UINT64_MAX, &r, NULL) < 0)
		return;
	w->new_bytes += r.bytes;
	w->new_files++;
	if (w->new_bytes > COMMIT_BYTES || w->new_files > COMMIT_FILES)
		commit(w);
}

static bool unchanged(int fd, const struct state *st)
{
	struct state now;

	return state_of(fd, NULL, &now) == 0 && state_same_content(&now, st) &&
	       now.ctime == st->ctime;
}

static void work_on(struct worker *w, const struct entry *e)
{
	struct digest_key key = content_key(&e->st);
	bool storing = may_be_stored(w, e);
	autoclose int fd = -1;
	struct digest d;

	if (secret_path(w->spec->home, e->path))
		return;
	/* Most of an environment is known from earlier runs. */
	if (digest_cache_get(w->cache, &key, &d) &&
		(!storing || store_has(w->store, &d, NULL) == 1))
		return;
	fd = content_open(e->path);
	if (fd < 0 || !unchanged(fd, &e->st) ||
		!digest_is_quiet(fd, e->st.ctime) ||
		!hash_cached(w, fd, e->st.size, &d) || !unchanged(fd, &e->st))
		return;
	if (storing)
		put(w, fd, &d, e->st.size);
	digest_cache_put(w->cache, &key, &d);
}

static void work(struct worker *w)
{
	int ms = 0;

	while (!is_over(w, ms)) {
		struct entry *e = look(w->shared);

		if (e) {
			work_on(w, e);
			take(w->shared, e);
			ms = 0;
			continue;
		}
		/* Not each few files by themselves: a sync makes others wait
		 * for the disk, too. */
		if (ms == NAP_LAST)
			commit(w);
		ms = !ms ? NAP_FIRST : ms * 2 > NAP_LAST ? NAP_LAST : ms * 2;
	}
	commit(w);
}

static void step_back(void)
{
	struct sched_param none = {0};

	sched_setscheduler(0, SCHED_IDLE, &none);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

/* Nothing of the caller's stays open: a pipe's reader would wait for it. */
static int let_go(int sock)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	if (dup2(sock, 3) < 0)
		return -1;
	close_range(4, ~0u, 0);
	return 3;
}

static _Noreturn void worker_main(struct ahead *a)
{
	struct worker w = {.spec = &a->spec, .shared = a->shared};
	sigset_t all;

	/* A Ctrl-C is for the command. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "reprise-ahead");
	w.sock = let_go(a->its);
	step_back();
	w.buf = xmalloc(CHUNK);
	w.store = store_open(a->spec.store, STORE_WRITE, NULL);
	w.cache = digest_cache_open(NULL, NULL);
	if (w.sock >= 0 && w.store && w.cache)
		work(&w);
	atomic_store(&a->shared->done, true);
	_exit(0);
}

struct ahead *ahead_new(const struct ahead_spec *spec)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ahead *a;
	int pair[2];

	if (s == MAP_FAILED)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		munmap(s, sizeof(*s));
		return NULL;
	}
	a = xcalloc(1, sizeof(*a));
	*a = (struct ahead){*spec, s, pair[0], pair[1]};
	return a;
}

void ahead_share(struct ahead *a)
{
	if (a)
		fs_autoclose(&a->its);
}

void ahead_start(struct ahead *a)
{
	int idle = IDLE;
	pid_t pid;

	if (!a || !atomic_compare_exchange_strong(
			  &a->shared->phase, &idle, STARTED))
		return;
	pid = fork();
	if (pid == 0) {
		fs_autoclose(&a->ours);
		pid = fork();
		if (pid == 0)
			worker_main(a);
		atomic_store(&a->shared->pid, pid);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	fs_autoclose(&a->its);
}

/* The other side has closed, or has never been there. */
static bool is_gone(const struct ahead *a, int wait_ms)
{
	struct pollfd p = {.fd = a->ours};

	return poll(&p, 1, wait_ms) != 0;
}

void ahead_stop(struct ahead *a, bool (*out_of_time)(void *), void *arg)
{
	struct sched_param normal = {0};
	pid_t pid;

	if (!a || atomic_exchange(&a->shared->phase, STOPPED) != STARTED)
		return;
	/* Now the caller waits for it. */
	pid = atomic_load(&a->shared->pid);
	if (pid > 0 && !is_gone(a, 0))
		sched_setscheduler(pid, SCHED_OTHER, &normal);
	shutdown(a->ours, SHUT_WR);
	while (!atomic_load(&a->shared->done) && !is_gone(a, 2) &&
		!(out_of_time && out_of_time(arg)))
		/* With the whole job somebody may have stopped it, too. */
		if (pid > 0)
			kill(pid, SIGCONT);
}

uint64_t ahead_stored(const struct ahead *a)
{
	return a ? atomic_load(&a->shared->new_bytes) : 0;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	fs_autoclose(&a->ours);
	fs_autoclose(&a->its);
	munmap(a->shared, sizeof(*a->shared));
	free(a);
}
