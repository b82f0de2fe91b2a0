/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/cpuinfo as data, and back as text. */
#pragma once

#include "manifests/model.h"

struct arena;
struct strbuf;

/*
 * The lines of the text that have no field in `cpu`, whose other fields must
 * have been read. Nothing when the text is none of one paragraph a processor.
 */
void cpuinfo_read(struct m_cpu *cpu, struct arena *a, const char *text);

/*
 * The text that the record makes, one paragraph for each of the processors
 * `numbers`. What is as it was: all but "cpu MHz", a measurement, for which the
 * frequency stands that bogomips tells.
 */
void cpuinfo_write(const struct m_cpu *cpu, const int *numbers, size_t count,
	struct strbuf *out);
