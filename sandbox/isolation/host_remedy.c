// SPDX-License-Identifier: Apache-2.0
/* Which setting of this machine stands in the way, and how to change it. */
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings that refuse user namespaces; each is that of some distribution. */
static const struct {
	const char *file;
	const char *bad;
	const char *remedy;
} settings[] = {
	{"/proc/sys/kernel/unprivileged_userns_clone", "0",
		"sysctl kernel.unprivileged_userns_clone=1"},
	{"/proc/sys/user/max_user_namespaces", "0",
		"sysctl user.max_user_namespaces=10000"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
		"an AppArmor profile for reprise with the line 'userns,', or "
		"sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
};

/* Else the error itself says where to look. */
static const struct {
	int code;
	const char *remedy;
} causes[] = {
	{EPERM, "in a container: start it with --security-opt "
		"seccomp=unconfined --security-opt systempaths=unconfined, or "
		"--privileged"},
	{EACCES, "a security module refuses it: see the kernel's log"},
	{EINVAL, "needed: a kernel with CONFIG_USER_NS"},
	{ENOSPC, "the limit of namespaces is reached, needed: sysctl "
		 "user.max_user_namespaces=10000"},
};

void host_userns_remedy(int code, char *buf, size_t size)
{
	*buf = '\0';
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		if (causes[i].code == code)
			snprintf(buf, size, "%s", causes[i].remedy);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		autostrbuf text = STRBUF_INIT;

		if (fs_slurp(settings[i].file, &text) < 0)
			continue;
		text.s[strcspn(text.s, "\n")] = '\0';
		if (strcmp(text.s, settings[i].bad) != 0)
			continue;
		snprintf(buf, size, "%s is %s, needed: %s", settings[i].file,
			settings[i].bad, settings[i].remedy);
		return;
	}
}

int host_add_remedy(struct err *e)
{
	char remedy[300];

	host_userns_remedy(e->code, remedy, sizeof(remedy));
	return *remedy ? err_wrap(e, "%s", remedy) : -1;
}
