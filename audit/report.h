/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run depended on, in the order in which a person wants to know it:
 * packages with their libraries, those with altered files first, then
 * libraries of no package, then gaps that can hide a package or a library.
 */
#pragma once

#include "manifests/model.h"
#include <stddef.h>

struct arena;

struct report_library {
	const struct m_library *library;
	const struct m_altered *altered; /* what its package says of it */
};

/* Groups, in their order; in each, by name. */
enum report_group {
	REPORT_ALTERED,   /* files were not as installed */
	REPORT_LIBRARIES, /* libraries were loaded */
	REPORT_FILES,  /* Python's and others of no system: files were read */
	REPORT_SYSTEM, /* deb and rpm of which no library was loaded */
};

struct report_package {
	const struct m_package *package;
	enum report_group group;
	LIST_OF(report_library) libraries; /* in the manifest's order */
	const char *order;                 /* what it is sorted by */
};

struct report {
	LIST_OF(report_package) packages;
	LIST_OF(report_library) unowned;
	const struct m_gap **gaps;
	size_t gap_count;
};

/* Memory from the arena; the manifest must live as long. */
void report_make(struct report *r, struct arena *a, const struct manifest *m);
