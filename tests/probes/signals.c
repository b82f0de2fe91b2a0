// SPDX-License-Identifier: Apache-2.0
/*
 * signals READY N: writes its process id to the file READY, waits for N runs
 * of its handlers and half a second more, and prints how often each signal
 * arrived. So far is how long the file READY.got is. It makes system calls all
 * the time, so that signals also meet calls that are being watched.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count[NSIG], total;

static void handler(int sig)
{
	count[sig]++;
	total++;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	static const int sigs[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
		SIGUSR2, SIGWINCH, SIGTSTP};
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	long long end = now_ms() + 20000, limit = end;
	char name[4096];
	struct stat st;
	int got, told = 0;
	FILE *f;

	if (argc != 3)
		return 2;
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		sigaction(sigs[i], &a, NULL);
	snprintf(name, sizeof(name), "%s.got", argv[1]);
	got = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	/* Whole or not at all: others wait for it. */
	snprintf(name, sizeof(name), "%s.new", argv[1]);
	f = fopen(name, "w");
	if (!f)
		return 2;
	fprintf(f, "%d\n", getpid());
	fclose(f);
	rename(name, argv[1]);
	while (now_ms() < end) {
		struct timespec t = {0, 1000000};

		if (total >= atoi(argv[2]) && end == limit)
			end = now_ms() + 500;
		stat("/", &st);
		nanosleep(&t, NULL);
		for (; told < total; told++)
			if (write(got, ".", 1) != 1)
				return 2;
	}
	for (int s = 1; s < NSIG; s++)
		if (count[s])
			printf("%s %d\n", sigabbrev_np(s), (int)count[s]);
	return 0;
}
