/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest as YAML and JSON, all through the one field table. */
#pragma once

#include <stddef.h>

struct arena;
struct err;
struct manifest;
struct strbuf;

/* Make everything absent (model.h), then set the schema and tool fields. */
void manifest_init(struct manifest *m, struct arena *a);

/* Append the YAML document to `out`. Fails only when libyaml does. */
int manifest_write_yaml(
	const struct manifest *m, struct strbuf *out, struct err *e);

/*
 * Read a YAML 1.1 or 1.2 document. `name` is used in messages, which read
 * "NAME:LINE:COLUMN: what is wrong" (1-based). Unknown keys are an error,
 * unless they begin with "x-"; missing required ones too.
 */
int manifest_read_yaml(struct manifest *m, struct arena *a, const char *name,
	const char *text, size_t len, struct err *e);

/*
 * The same content as one JSON document (jansson). Bytes that are no UTF-8 are
 * {"base64": "..."}; such keys, and keys that begin so, are "base64:...".
 */
int manifest_write_json(
	const struct manifest *m, struct strbuf *out, struct err *e);

/* The JSON Schema (2020-12) of the manifest, made from the field table. */
int manifest_write_schema(struct strbuf *out, struct err *e);

/*
 * Required fields, words and forms of a manifest in memory (reading has done
 * that with line and column), then what a schema cannot say: ids that are
 * unique and refer to something, status words against exit codes ("completed"
 * is exit code 0, "failed" another code or a signal), no gaps when complete.
 */
int manifest_check(const struct manifest *m, const char *name, struct err *e);
