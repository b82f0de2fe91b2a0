// SPDX-License-Identifier: Apache-2.0
/* libyaml's events, with positions, limits and refusals. */
#include "manifests/events.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER (64 << 10)
#define TAGS "tag:yaml.org,2002:"

/* Count the code points of n bytes. */
static size_t columns(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

static void chunk_passed(struct events *v)
{
	if (v->chunk_len == 0)
		return;
	v->chunk_offset += v->chunk_len;
	if (v->chunk[v->chunk_len - 1] == '\n') {
		v->chunk_line++;
		v->chunk_column = 0;
	} else {
		v->chunk_column += columns(v->chunk, v->chunk_len);
	}
}

/*
 * libyaml decodes whatever it is given at once, and names only a byte offset
 * when that is no text; a line at a time, the offset is a line and a column.
 */
static int give(void *data, unsigned char *buf, size_t size, size_t *got)
{
	struct events *v = data;
	const char *newline;
	ssize_t n;

	chunk_passed(v);
	v->chunk_len = 0;
	*got = 0;
	if (v->left == 0 && v->fd >= 0) {
		n = fs_read_all(v->fd, v->buffer, BUFFER);
		if (n < 0) {
			v->read_errno = errno;
			return 0;
		}
		v->text = v->buffer;
		v->left = (size_t)n;
	}
	if (v->left == 0)
		return 1;
	if (size > v->left)
		size = v->left;
	newline = memchr(v->text, '\n', size);
	if (newline != NULL)
		size = (size_t)(newline - v->text) + 1;
	if (size > v->budget)
		return 0;
	v->budget -= size;
	memcpy(buf, v->text, size);
	v->chunk = v->text;
	v->chunk_len = size;
	v->text += size;
	v->left -= size;
	*got = size;
	return 1;
}

void events_init(struct events *v, const char *name, const char *text,
	size_t len, int fd, size_t first_line, size_t budget)
{
	memset(v, 0, sizeof(*v));
	if (!yaml_parser_initialize(&v->parser))
		abort();
	v->name = name;
	v->text = text;
	v->left = len;
	v->fd = fd;
	v->budget = budget;
	v->first_line = v->chunk_line = first_line;
	if (fd >= 0)
		v->buffer = xmalloc(BUFFER);
	yaml_parser_set_encoding(&v->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input(&v->parser, give, v);
}

void events_release(struct events *v)
{
	yaml_event_delete(&v->now);
	yaml_parser_delete(&v->parser);
	free(v->buffer);
}

size_t events_line(const struct events *v)
{
	return v->now.start_mark.line + v->first_line;
}

size_t events_column(const struct events *v)
{
	return v->now.start_mark.column + 1;
}

int events_fail(const struct events *v, struct err *e, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, "%s:%zu:%zu: %s", v->name, events_line(v),
		events_column(v), text);
}

/* The parser failed: say where and why. */
static int parser_failed(const struct events *v, struct err *e)
{
	const yaml_parser_t *p = &v->parser;
	size_t line = p->problem_mark.line + v->first_line;
	size_t column = p->problem_mark.column + 1;

	if (p->error == YAML_MEMORY_ERROR)
		abort();
	if (v->read_errno != 0) {
		errno = v->read_errno;
		return err_sys(e, "cannot read '%s'", v->name);
	}
	if (v->left > 0 && v->budget < v->left &&
		p->error == YAML_READER_ERROR && v->chunk_len == 0)
		return err_set(e, "%s:%zu:%zu: too long", v->name,
			v->chunk_line, v->chunk_column + 1);
	if (p->error == YAML_READER_ERROR) {
		size_t n = p->problem_offset > v->chunk_offset
				   ? p->problem_offset - v->chunk_offset
				   : 0;

		if (n > v->chunk_len)
			n = v->chunk_len;
		line = v->chunk_line;
		column = v->chunk_column + columns(v->chunk, n) + 1;
	}
	return err_set(e, "%s:%zu:%zu: %s", v->name, line, column, p->problem);
}

/* Anchor and tag of the current event; tags may only say what is true. */
static int check_properties(struct events *v, struct err *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	const char *only = NULL;

	switch (v->now.type) {
	case YAML_ALIAS_EVENT:
		return events_fail(v, e, "aliases are not allowed");
	case YAML_SCALAR_EVENT:
		anchor = v->now.data.scalar.anchor;
		tag = v->now.data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = v->now.data.sequence_start.anchor;
		tag = v->now.data.sequence_start.tag;
		only = TAGS "seq";
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = v->now.data.mapping_start.anchor;
		tag = v->now.data.mapping_start.tag;
		only = TAGS "map";
		break;
	default:
		break;
	}
	if (anchor != NULL)
		return events_fail(v, e, "anchors are not allowed");
	if (tag == NULL)
		return 0;
	if (only != NULL ? strcmp((const char *)tag, only) != 0
			 : events_tag(v) == TAG_OTHER)
		return events_fail(
			v, e, "tag '%s' is not allowed", (const char *)tag);
	return 0;
}

int events_next(struct events *v, struct err *e)
{
	yaml_event_delete(&v->now);
	if (!yaml_parser_parse(&v->parser, &v->now))
		return parser_failed(v, e);
	return check_properties(v, e);
}

enum scalar_tag events_tag(const struct events *v)
{
	const char *tag = (const char *)v->now.data.scalar.tag;

	if (tag == NULL)
		return TAG_NONE;
	if (strcmp(tag, TAGS "str") == 0)
		return TAG_STR;
	if (strcmp(tag, TAGS "binary") == 0)
		return TAG_BINARY;
	return TAG_OTHER;
}
