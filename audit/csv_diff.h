/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables as text (CSV, TSV): which rows were added, removed and changed,
 * which columns came and went, and how the values of the others range.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json_t;
struct strlist;

/* Rows and cells that are named one by one; the rest is counted. */
#define CSV_ROWS_SHOWN 100

/* By its name: ".csv", ".tsv". */
bool csv_is_table(const char *path);

/*
 * Lines for a person are added to `lines`; rows are counted from 1, the one of
 * names included, as in the file. The same for programs is a new reference, or
 * NULL when one of the two is no such table. Descriptors keep their offsets.
 *
 *	{"rows": {"before": 500, "after": 501, "added": 1, "removed": 0,
 *	   "changed": 0, "moved": false, "first": [
 *	      {"change": "changed", "before": 58, "after": 58, "cells": [
 *	         {"column": "income", "before": "12", "after": "13"}]}]},
 *	 "columns": {"added": [], "removed": [], "changed": [
 *	   {"column": "income", "before": {"min": 0, "max": 9, "mean": 4.5,
 *	      "missing": 0, "texts": 0}, "after": {...}}]}}
 */
struct json_t *csv_diff(
	int before, int after, struct arena *a, struct strlist *lines);
