/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that change the record; nobody else includes this. */
#pragma once

#include "store/journal.h"
#include <stddef.h>
#include <stdint.h>

struct record;

/*
 * A full disk must not disturb the command: what cannot be journaled stays in
 * memory and is still recorded, unless this process dies, too.
 */
void record_append(struct record *r, uint32_t type,
	const struct journal_part *parts, size_t n);
void record_append_bits(
	struct record *r, uint32_t type, uint32_t index, uint32_t bits);
/* A string with its NUL; NULL is "". */
struct journal_part record_text(const char *s);
