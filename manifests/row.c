// SPDX-License-Identifier: Apache-2.0
/* The fields of a row of files.yaml and what their values may be. */
#include "manifests/row.h"

#include "manifests/attributes.h"
#include "manifests/scalar.h"
#include <ctype.h>
#include <string.h>

#define AT(member) offsetof(struct file_row, member)

/* In the order in which they are written. */
const struct row_field row_fields[ROW_FIELDS] = {
	{"path", ROW_TEXT, AT(path), 0},
	{"access", ROW_ACCESS, AT(access), 0},
	{"kind", ROW_KIND, AT(kind), 0},
	{"mode", ROW_MODE, AT(mode), 0},
	{"uid", ROW_INT, AT(uid), UINT32_MAX},
	{"gid", ROW_INT, AT(gid), UINT32_MAX},
	{"size", ROW_INT, AT(size), INT64_MAX},
	{"mtime", ROW_MTIME, AT(mtime_s), 0},
	{"digest", ROW_DIGEST, AT(digest), 0},
	{"target", ROW_TEXT, AT(target), 0},
	{"xattrs", ROW_TEXT, AT(xattrs), 0},
	{"major", ROW_INT, AT(major), UINT32_MAX},
	{"minor", ROW_INT, AT(minor), UINT32_MAX},
	{"entries", ROW_INT, AT(entries), INT64_MAX},
	{"listing", ROW_NAMES, AT(listing), 0},
	{"link", ROW_TEXT, AT(link), 0},
	{"stored", ROW_STORED, AT(not_stored), 0},
	{"package", ROW_TEXT, AT(package), 0},
};

static const char access_letters[] = "rxwmdlsn";

static const char *const kind_names[] = {
	[KIND_FILE] = "file",
	[KIND_DIRECTORY] = "directory",
	[KIND_SYMLINK] = "symlink",
	[KIND_FIFO] = "fifo",
	[KIND_SOCKET] = "socket",
	[KIND_CHAR] = "char",
	[KIND_BLOCK] = "block",
	[KIND_ABSENT] = "absent",
	[KIND_TREE] = "tree",
};

#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

void file_row_init(struct file_row *r)
{
	memset(r, 0, sizeof(*r));
	r->uid = r->gid = r->size = r->mtime_s = ABSENT;
	r->major = r->minor = r->entries = ABSENT;
}

const char *file_kind_name(enum file_kind k)
{
	return kind_names[k];
}

void access_text(unsigned access, char out[9])
{
	for (unsigned i = 0; access_letters[i] != '\0'; i++) {
		if (access & 1u << i)
			*out++ = access_letters[i];
	}
	*out = '\0';
}

int row_field_find(const char *key, size_t len, size_t hint)
{
	for (size_t i = 0; i < ROW_FIELDS; i++) {
		size_t k = (hint + i) % ROW_FIELDS;

		if (strncmp(row_fields[k].key, key, len) == 0 &&
			row_fields[k].key[len] == '\0')
			return (int)k;
	}
	return -1;
}

const char *row_text(struct row_value *v)
{
	if (v->plain && !v->binary && scalar_is_typed(v->s, v->len))
		return "a string is needed: quote it";
	if (v->binary) {
		if (scalar_unbase64(v->s, &v->len) < 0)
			return "damaged base64";
		v->s[v->len] = '\0';
	}
	if (memchr(v->s, '\0', v->len) != NULL)
		return "holds a NUL";
	return NULL;
}

static const char *set_text(
	struct file_row *r, const struct row_field *f, struct row_value *v)
{
	const char *problem = row_text(v);

	if (problem == NULL && v->len == 0)
		return "is empty";
	*(char **)((char *)r + f->offset) = v->s;
	return problem;
}

static const char *set_access(struct file_row *r, struct row_value *v)
{
	const char *letter;

	for (size_t i = 0; i < v->len; i++) {
		letter = v->s[i] ? strchr(access_letters, v->s[i]) : NULL;
		if (letter == NULL)
			return "holds an unknown letter";
		if (r->access & 1u << (letter - access_letters))
			return "holds a letter twice";
		r->access |= 1u << (letter - access_letters);
	}
	return v->len == 0 ? "is empty" : NULL;
}

static const char *set_kind(struct file_row *r, struct row_value *v)
{
	for (size_t k = 0; k < KINDS; k++) {
		if (strlen(kind_names[k]) == v->len &&
			memcmp(kind_names[k], v->s, v->len) == 0) {
			r->kind = (enum file_kind)k;
			return NULL;
		}
	}
	return "is no known kind";
}

static const char *set_mode(struct file_row *r, struct row_value *v)
{
	if (v->plain || v->len != 4)
		return "four octal digits in quotes are needed";
	for (size_t i = 0; i < 4; i++) {
		if (v->s[i] < '0' || v->s[i] > '7')
			return "four octal digits in quotes are needed";
		r->mode = r->mode << 3 | (uint32_t)(v->s[i] - '0');
	}
	return NULL;
}

static const char *set_int(
	struct file_row *r, const struct row_field *f, struct row_value *v)
{
	int64_t n = 0;
	int rc = v->plain ? scalar_int(v->s, v->len, &n) : -1;

	if (rc == -1)
		return "an integer is needed";
	if (rc < 0 || n < 0 || n > f->max)
		return "is out of range";
	*(int64_t *)((char *)r + f->offset) = n;
	return NULL;
}

static const char *set_mtime(struct file_row *r, struct row_value *v)
{
	static const char form[] = "seconds, a point and nine digits, in "
				   "quotes, are needed";
	uint32_t ns = 0;
	int rc;

	if (v->plain || v->len < 11 || v->s[v->len - 10] != '.')
		return form;
	rc = scalar_int(v->s, v->len - 10, &r->mtime_s);
	if (rc < 0)
		return rc == -2 ? "is out of range" : form;
	for (const char *p = v->s + v->len - 9; p < v->s + v->len; p++) {
		if (*p < '0' || *p > '9')
			return form;
		ns = ns * 10 + (uint32_t)(*p - '0');
	}
	r->mtime_ns = ns;
	return NULL;
}

static const char *set_digest(struct file_row *r, struct row_value *v)
{
	if (v->len != DIGEST_TEXT - 1 || memcmp(v->s, "sha256:", 7) != 0 ||
		digest_parse(v->s, &r->digest) < 0)
		return "'sha256:' and 64 lower-case hexadecimal digits are "
		       "needed";
	r->has_digest = true;
	return NULL;
}

static const char *set_stored(struct file_row *r, struct row_value *v)
{
	if (v->plain && strcmp(v->s, "true") == 0)
		return NULL;
	r->not_stored = true;
	return v->plain && strcmp(v->s, "false") == 0 ? NULL
						      : "true or false is "
							"needed";
}

const char *row_set(
	struct file_row *r, const struct row_field *f, struct row_value *v)
{
	if (v->binary && f->type != ROW_TEXT)
		return "must not be binary";
	switch (f->type) {
	case ROW_TEXT:
		return set_text(r, f, v);
	case ROW_ACCESS:
		return set_access(r, v);
	case ROW_KIND:
		return set_kind(r, v);
	case ROW_MODE:
		return set_mode(r, v);
	case ROW_INT:
		return set_int(r, f, v);
	case ROW_MTIME:
		return set_mtime(r, v);
	case ROW_DIGEST:
		return set_digest(r, v);
	case ROW_STORED:
		return set_stored(r, v);
	case ROW_NAMES:
		break;
	}
	return "a list is needed";
}

bool path_ok(const char *path)
{
	const char *p = path;
	size_t n;

	if (*p != '/')
		return false;
	if (p[1] == '\0')
		return true;
	while (*p == '/') {
		n = strcspn(++p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
			(n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
	}
	return true;
}

const char *row_name_problem(const char *name)
{
	if (*name == '\0' || strchr(name, '/') != NULL ||
		strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "is no name of a directory entry";
	return NULL;
}

const char *row_problem(const struct file_row *r)
{
	if (r->path == NULL)
		return "the row has no 'path'";
	if (!path_ok(r->path))
		return "'path' must be absolute, without empty, '.' or '..' "
		       "components";
	if (r->access > 0xff)
		return "'access' has unknown bits";
	if ((unsigned)r->kind >= KINDS)
		return "'kind' is unknown";
	if (r->mode > 07777)
		return "'mode' has more than permission bits";
	if (r->mtime_ns > 999999999)
		return "'mtime' has more than 999999999 nanoseconds";
	if (r->target != NULL && r->kind != KIND_SYMLINK)
		return "'target' is for symbolic links only";
	if (r->link != NULL &&
		(!path_ok(r->link) || strcmp(r->link, r->path) >= 0))
		return "'link' must be a path that comes before the row's own";
	if (r->xattrs != NULL && !attributes_ok(r->xattrs))
		return "'xattrs' must be lines of NAME=VALUE, with names that "
		       "begin with 'user.'";
	for (size_t i = 0; i < r->listing.count; i++) {
		if (row_name_problem(r->listing.items[i]) != NULL)
			return "'listing' holds what is no name of a directory "
			       "entry";
	}
	return NULL;
}
