/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars of YAML: which bytes may stand where, and the spellings that the
 * manifest and the file table share. Lengths are in bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/*
 * Length of the well-formed UTF-8 sequence at `s` (no surrogates, nothing
 * over-long, at most U+10FFFF) and its code point, or 0.
 */
size_t utf8_decode(const char *s, size_t len, uint32_t *cp);
/* Bytes of the sequence written to `out` (1 to 4); `cp` is a scalar value. */
size_t utf8_encode(uint32_t cp, char out[4]);
bool utf8_valid(const char *s, size_t len);
/* May stand in a quoted YAML 1.1 and 1.2 scalar as it is, on one line. */
bool scalar_printable(uint32_t cp);

/* Writers: safe without quotes, whatever the reader takes for a type. */
bool scalar_plain_ok(const char *s, size_t len);
/*
 * Readers: a plain scalar that is null, a boolean or a number to YAML 1.1 and
 * to YAML 1.2 (core schema) alike, so that no writer meant a string by it.
 */
bool scalar_is_typed(const char *s, size_t len);
bool scalar_is_null(const char *s, size_t len);

/*
 * Append "..." with escapes, or !!binary "..." when the bytes are no UTF-8,
 * in the one form that the file table's fast reader knows.
 */
void scalar_quote(struct strbuf *out, const char *s, size_t len);

void scalar_base64(struct strbuf *out, const char *s, size_t len);
/* Decode in place, blanks and line breaks skipped; -1 when it is damaged. */
int scalar_unbase64(char *s, size_t *len);

/*
 * Decimal without a leading zero or plus. 0; -1: not an integer; -2: beyond
 * int64_t, or INT64_MIN, which means ABSENT.
 */
int scalar_int(const char *s, size_t len, int64_t *out);

/* Shortest text that reads back as `d` and is a float to YAML 1.1 and 1.2. */
#define SCALAR_DOUBLE 40
void scalar_double_text(double d, char out[SCALAR_DOUBLE]);
/* A finite decimal number, integers too; -1 when it is anything else. */
int scalar_double(const char *s, size_t len, double *out);
