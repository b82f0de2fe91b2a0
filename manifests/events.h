/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events with what readers of the manifest, the table of files and
 * policies need: exact positions in every message, no anchors or aliases, no
 * foreign tags, bounded memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct err;

/*
 * Not to be moved once initialised: the parser points into it.
 * Lines and columns count from 1, columns in code points.
 */
struct events {
	yaml_parser_t parser;
	yaml_event_t now; /* the current event */
	const char *name; /* in messages */

	/* Input: `text` first, then what can be read from fd (or -1). */
	const char *text;
	size_t left;
	int fd;
	int read_errno;
	char *buffer;
	/* Bytes that may still be read; set it anew after each unit. */
	size_t budget;

	/* What was handed to libyaml last, at most one line, and where. */
	const char *chunk;
	size_t chunk_len, chunk_offset, chunk_line, chunk_column;
	size_t first_line;
};

/* `first_line`: the line in the file where `text` begins. */
void events_init(struct events *v, const char *name, const char *text,
	size_t len, int fd, size_t first_line, size_t budget);
void events_release(struct events *v);

/* Make the next event the current one. */
int events_next(struct events *v, struct err *e);

size_t events_line(const struct events *v);
size_t events_column(const struct events *v);

/* Fail at the beginning of the current event: "NAME:LINE:COLUMN: ...". */
int events_fail(const struct events *v, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum scalar_tag { TAG_NONE, TAG_STR, TAG_BINARY, TAG_OTHER };
/* Of the current event, a scalar. */
enum scalar_tag events_tag(const struct events *v);
