// SPDX-License-Identifier: Apache-2.0
/* Patterns of secrets, matched against names, values and paths. */
#include "capture/secrets.h"
#include "base/arena.h"
#include "base/fs.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

static const char *const names[] = {
	"*TOKEN*",
	"*SECRET*",
	"*PASSW*",
	"*_KEY",
	"*CREDENTIAL*",
	"AWS_*",
	"SSH_AUTH_SOCK",
};

/* Below the home directory; a directory hides what is in it. */
static const char *const home_paths[] = {
	".ssh",
	".aws",
	".netrc",
	".kube",
	".kaggle",
	".config/gcloud",
	".git-credentials",
	".cache/huggingface/token",
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* scheme://user:password@host */
static bool url_with_password(const char *s)
{
	const char *p = s, *end, *at, *colon;

	while ((p = strstr(p, "://"))) {
		p += 3;
		end = p + strcspn(p, "/?# \t\n");
		at = memchr(p, '@', (size_t)(end - p));
		colon = at ? memchr(p, ':', (size_t)(at - p)) : NULL;
		if (colon && colon + 1 < at)
			return true;
	}
	return false;
}

static bool secret_name(const char *name, const struct strlist *extra)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (fnmatch(names[i], name, FNM_CASEFOLD) == 0)
			return true;
	for (size_t i = 0; extra && i < extra->count; i++)
		if (fnmatch(extra->items[i], name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool secret_variable(
	const char *name, const char *value, const struct strlist *extra)
{
	return secret_name(name, extra) || url_with_password(value);
}

bool secret_path(const char *home, const char *path)
{
	const char *name = strrchr(path, '/');

	if (name && !strcmp(name + 1, ".env"))
		return true;
	if (!home || home[0] != '/' || !fs_below(path, home))
		return false;
	path += strlen(home);
	while (*path == '/')
		path++;
	for (size_t i = 0; i < COUNT(home_paths); i++)
		if (fs_below(path, home_paths[i]))
			return true;
	return false;
}

/* "--api-key" as the name of a variable: "API_KEY". */
static char *option_name(struct arena *a, const char *arg)
{
	char *s, *p;

	while (*arg == '-')
		arg++;
	s = arena_memdup(a, arg, strcspn(arg, "="));
	for (p = s; *p; p++)
		*p = (char)(*p == '-' ? '_' : toupper((unsigned char)*p));
	return s;
}

static bool secret_option(
	struct arena *a, const char *arg, const struct strlist *extra)
{
	char *name;

	if (arg[0] != '-' && !strchr(arg, '='))
		return false;
	name = option_name(a, arg);
	/* "--key" alone is a secret too, "--tokenizer" is none. */
	if (!strcmp(name, "KEY") || !strcmp(name, "TOKENIZER") ||
		!strncmp(name, "TOKENIZER_", 10) || !strcmp(name, "MAX_TOKENS"))
		return !strcmp(name, "KEY");
	return secret_name(name, extra);
}

void secret_argv(struct arena *a, const struct strlist *in,
	const struct strlist *extra, struct strlist *out, bool *hidden)
{
	bool next = false;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < in->count; i++) {
		char *arg = in->items[i], *eq = strchr(arg, '=');
		char **o = ARENA_PUSH(a, out->items, out->count);

		*o = arg;
		if (i == 0)
			continue;
		if (next && arg[0] != '-') {
			*o = (char *)SECRET_PLACEHOLDER;
			*hidden = true;
			next = false;
			continue;
		}
		next = false;
		if (secret_option(a, arg, extra)) {
			next = !eq;
			if (eq) {
				*o = arena_printf(a, "%.*s=%s", (int)(eq - arg),
					arg, SECRET_PLACEHOLDER);
				*hidden = true;
			}
		} else if (url_with_password(arg)) {
			*o = (char *)SECRET_PLACEHOLDER;
			*hidden = true;
		}
	}
}
