// SPDX-License-Identifier: Apache-2.0
/*
 * What strings must look like: each form as a pattern for the schema and as a
 * function for the reader. A test holds the two together.
 */
#include "manifests/fields.h"

#include "manifests/row.h"
#include <string.h>

#define DIGITS "0123456789"
#define LOWER_HEX DIGITS "abcdef"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/*
 * Match against a picture: 'h' is a lower-case hexadecimal digit, '9' a
 * decimal one, all else itself.
 */
static bool like(const char *s, const char *picture)
{
	for (; *picture != '\0'; s++, picture++) {
		if (*s == '\0')
			return false;
		if (*picture == 'h'       ? strchr(LOWER_HEX, *s) == NULL
			: *picture == '9' ? strchr(DIGITS, *s) == NULL
					  : *s != *picture)
			return false;
	}
	return *s == '\0';
}

/* At least one, and only, of these bytes. */
static bool made_of(const char *s, const char *bytes)
{
	return *s != '\0' && s[strspn(s, bytes)] == '\0';
}

static bool is_digest(const char *s)
{
	return strncmp(s, "sha256:", 7) == 0 && strlen(s) == 7 + 64 &&
	       made_of(s + 7, LOWER_HEX);
}

static bool is_uuid(const char *s)
{
	return like(s, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
}

static bool is_time(const char *s)
{
	return like(s, "9999-99-99T99:99:99.999999Z");
}

static bool is_mode(const char *s)
{
	return strlen(s) == 4 && made_of(s, "01234567");
}

static bool is_filename(const char *s)
{
	return s[0] != '.' && s[0] != '-' && made_of(s, LETTERS DIGITS "._-");
}

static bool is_number(const char *s)
{
	return made_of(s, DIGITS);
}

static bool is_limit(const char *s)
{
	return strcmp(s, "unlimited") == 0 || is_number(s);
}

static bool is_signal(const char *s)
{
	return strncmp(s, "SIG", 3) == 0 &&
	       made_of(s + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "+-");
}

static bool is_cpus(const char *s)
{
	size_t n;

	for (;; s++) {
		n = strspn(s, DIGITS);
		if (n == 0)
			return false;
		s += n;
		if (*s == '-') {
			n = strspn(++s, DIGITS);
			if (n == 0)
				return false;
			s += n;
		}
		if (*s != ',')
			return *s == '\0';
	}
}

static bool is_id(const char *s)
{
	return strchr(LETTERS, *s) != NULL && made_of(s, LETTERS DIGITS "_-");
}

static bool is_hex(const char *s)
{
	return made_of(s, LOWER_HEX);
}

static bool is_register(const char *s)
{
	return like(s, "0xhhhhhhhh");
}

const struct form FORM_DIGEST = {
	"'sha256:' and 64 lower-case hexadecimal digits",
	"^sha256:[0-9a-f]{64}$", is_digest, false};
const struct form FORM_UUID = {"a lower-case uuid",
	"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
	is_uuid, false};
const struct form FORM_TIME = {"a UTC time like 2024-05-01T12:30:45.000000Z",
	"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$",
	is_time, false};
const struct form FORM_MODE = {"four octal digits", "^[0-7]{4}$", is_mode, false};
/* Each component begins with no dot, or is longer than its dots. */
const struct form FORM_PATH = {
	"an absolute path without empty, '.' or '..' components",
	"^(/|(/([^/.][^/]*|\\.[^/.][^/]*|\\.\\.[^/]+))+)$", path_ok, true};
const struct form FORM_FILENAME = {"a plain file name",
	"^[A-Za-z0-9_][A-Za-z0-9._-]*$", is_filename, false};
const struct form FORM_LIMIT = {
	"a number or 'unlimited'", "^([0-9]+|unlimited)$", is_limit, false};
const struct form FORM_SIGNAL = {
	"a signal's name", "^SIG[A-Z0-9+-]+$", is_signal, false};
const struct form FORM_CPUS = {"a list of processors like 0-3,8",
	"^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$", is_cpus, false};
const struct form FORM_ID = {"an id", "^[A-Za-z][A-Za-z0-9_-]*$", is_id, false};
const struct form FORM_NUMBER = {"a number", "^[0-9]+$", is_number, false};
const struct form FORM_HEX = {
	"lower-case hexadecimal digits", "^[0-9a-f]+$", is_hex, false};
const struct form FORM_REGISTER = {"'0x' and 8 lower-case hexadecimal digits",
	"^0x[0-9a-f]{8}$", is_register, false};
