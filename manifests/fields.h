/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one description of the manifest: every struct of model.h is a record, a
 * table of fields. YAML out, YAML in, JSON, the JSON Schema, the checks and
 * the test of the man page walk it; a new field is a member in model.h and a
 * line in fields.c. Private to manifests/ and its tests.
 */
#pragma once

#include "manifests/model.h"

enum field_type {
	F_STRING,  /* char *: bytes, NULL when absent */
	F_INT,     /* int64_t, ABSENT when absent */
	F_DOUBLE,  /* double, NaN when absent */
	F_BOOL,    /* bool, always written */
	F_STRINGS, /* struct strlist */
	/*
	 * struct kvlist, as a mapping. A key that comes more than once has a
	 * list of values, a NULL value is null: environ(7) may hold both.
	 */
	F_MAP,
	F_STRUCT, /* the struct itself; left out when all of it is absent */
	F_LIST,   /* LIST_OF a struct */
	/* LIST_OF a struct, as a mapping from its first field, a string. */
	F_KEYED,
};

enum field_flag {
	FIELD_REQUIRED = 1 << 0, /* reading fails without it */
	FIELD_SHOWN = 1 << 1,    /* written when empty, so silence is visible */
	/* A list on one line; one of structs: each of them on one line. */
	FIELD_FLOW = 1 << 2,
};

/* What a string must look like; a list's elements, too. */
struct form {
	const char *name;    /* in messages: "'x' is not NAME" */
	const char *pattern; /* POSIX ERE and ECMA 262 alike */
	bool (*ok)(const char *s);
	bool bytes; /* need not be UTF-8 */
};

struct record;

struct field {
	const char *key;
	enum field_type type;
	unsigned flags;
	size_t offset;
	const struct record *record; /* of F_STRUCT, F_LIST, F_KEYED */
	const char *words;           /* "one|of|these", or NULL */
	const struct form *form;     /* or NULL */
	int64_t max;                 /* of F_INT; the least is 0 */
	const char *about;           /* one line for the schema */
};

struct record {
	const char *name; /* in the schema's $defs */
	size_t size;
	const struct field *fields;
	size_t count; /* at most 64 */
};

extern const struct record manifest_record;

/* Make everything absent. */
void record_init(const struct record *rec, void *at);
/* NULL, or the message for a string that is none of the field's. */
const char *field_problem(const struct field *f, const char *s);
/* Nothing to write. */
bool field_empty(const struct field *f, const void *record);

/* The member that a field describes. */
static inline void *field_at(const struct field *f, const void *record)
{
	return (char *)record + f->offset;
}

/* Every LIST_OF, whatever its elements are. */
struct any_list {
	char *items;
	size_t count;
};

extern const struct form FORM_DIGEST, FORM_UUID, FORM_TIME, FORM_MODE,
	FORM_PATH, FORM_FILENAME, FORM_LIMIT, FORM_SIGNAL, FORM_CPUS, FORM_ID,
	FORM_NUMBER, FORM_HEX, FORM_REGISTER;
