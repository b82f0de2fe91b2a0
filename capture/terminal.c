// SPDX-License-Identifier: Apache-2.0
/*
 * The terminal that a command writes to under --log stands for the caller's:
 * what the command asks of it or sets there is asked of the caller's and set
 * there, at the entry of ioctl(2). So its size is right at any moment, and raw
 * mode acts where the keys come from.
 */
#include "base/arena.h"
#include "capture/context.h"
#include "sandbox/watch/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

/* struct termio, termios and termios2 of the kernel, asm-generic/termbits.h;
 * the numbers are those of x86 and of arm. */
static const struct request {
	unsigned nr;
	unsigned char in, out; /* bytes behind the argument */
} requests[] = {
	{TCGETS, 0, 36},
	{TCSETS, 36, 0},
	{TCSETSW, 36, 0},
	{TCSETSF, 36, 0},
	{TCGETA, 0, 18},
	{TCSETA, 18, 0},
	{TCSETAW, 18, 0},
	{TCSETAF, 18, 0},
	{0x802c542a /* TCGETS2 */, 0, 44},
	{0x402c542b /* TCSETS2 */, 44, 0},
	{0x402c542c /* TCSETSW2 */, 44, 0},
	{0x402c542d /* TCSETSF2 */, 44, 0},
	{TIOCGWINSZ, 0, 8},
	{TIOCSWINSZ, 8, 0},
	{TIOCGPGRP, 0, 4},
	{TIOCSPGRP, 4, 0},
	{TIOCGSID, 0, 4},
	{TCSBRK, 0, 0},
	{TCSBRKP, 0, 0},
	{TCXONC, 0, 0},
	{TCFLSH, 0, 0},
};

/* These and their neighbours; not FIONREAD and FIONBIO, which are of use for
 * other things than terminals. Shells have theirs at high descriptors. */
static const struct call_spec terminal_spec = {"ioctl", 0, false,
	{{{0xfff0, TCGETS & 0xfff0, 1, false}},
		{{0xfff8, TIOCSPGRP & 0xfff8, 1, false}},
		{{0xfff8, TIOCGSID & 0xfff8, 1, false}}},
	false};

const struct call_spec *terminal_calls(
	struct capture *cap, const struct call_spec *calls, size_t *count)
{
	struct call_spec *all;
	bool terminal = false;
	dev_t device;

	for (size_t i = 0; i < cap->logs.count; i++)
		terminal |= relay_terminal(cap->logs.relays[i], &device) >= 0;
	if (!terminal)
		return calls;
	all = arena_array(cap->arena, *count + 1, sizeof(*all));
	memcpy(all, calls, *count * sizeof(*all));
	cap->logs.ioctl = *count;
	all[(*count)++] = terminal_spec;
	return all;
}

/* What the task's descriptor is: the caller's terminal itself or what stands
 * for it, with that terminal and its relay. */
struct found {
	const struct relay *relay;
	int terminal;
	bool itself;
};

static bool find_terminal(
	const struct capture *cap, const struct call *c, struct found *out)
{
	char path[64];
	struct stat st, real;
	dev_t device;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", c->tid, (int)c->args[0]);
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return false;
	for (size_t i = 0; i < cap->logs.count; i++) {
		int fd = relay_terminal(cap->logs.relays[i], &device);

		if (fd < 0 || fstat(fd, &real) < 0)
			continue;
		*out = (struct found){
			cap->logs.relays[i], fd, real.st_rdev == st.st_rdev};
		if (out->itself || device == st.st_rdev)
			return true;
	}
	return false;
}

static void forward(struct watch *w, const struct call *c,
	const struct request *q, const struct found *t, struct answer *out)
{
	char buf[64] = "";
	long value = (long)c->args[2];
	int r;

	/* EFAULT is the kernel's to give. */
	if (q->in && watch_read(c->tid, c->args[2], buf, q->in) != q->in)
		return;
	if (!watch_call_valid(w, c))
		return;
	/* Settings concern what is written from now on; and some requests
	 * wait until the terminal has taken what was. */
	watch_slow(w);
	if (!q->out)
		relay_sync(t->relay);
	if (t->itself)
		return;
	r = q->in || q->out ? ioctl(t->terminal, q->nr, buf)
			    : ioctl(t->terminal, q->nr, value);
	if (r < 0)
		*out = (struct answer){.kind = ANSWER_DENY, .error = errno};
	else if (!q->out || watch_write(c->tid, c->args[2], buf, q->out) == 0)
		*out = (struct answer){.kind = ANSWER_RETURN, .value = r};
}

void terminal_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	struct capture *cap = arg;
	struct found t;

	if (c->spec != (int)cap->logs.ioctl) {
		tracers_call(arg, w, c, out);
		return;
	}
	if (!find_terminal(cap, c, &t))
		return;
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (requests[i].nr == (unsigned)c->args[1])
			forward(w, c, &requests[i], &t, out);
}
