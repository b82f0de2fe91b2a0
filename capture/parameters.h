/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of a run: what its command line and the configuration files that
 * it read set. Pure functions; none of the files is ever executed, included or
 * expanded. A value that looks like a secret is left out, its name stays.
 */
#pragma once

#include "manifests/model.h"
#include <jansson.h>
#include <stdbool.h>

struct arena;
struct err;

/* A file that is larger, or sets more, is data and no configuration. */
#define PARAMETER_FILE_MAX (1u << 20)
#define PARAMETER_FILE_VALUES 1000
/* Of one run. */
#define PARAMETER_FILES 100
#define PARAMETER_VALUES 5000
/* Bytes of a value; what is longer ends in "...". */
#define PARAMETER_VALUE_MAX 1000
/* Mappings and lists in one another. */
#define PARAMETER_DEPTH 32

struct parameters {
	struct arena *a;              /* of all strings */
	const struct strlist *redact; /* further patterns of secret names */
	struct m_parameter *items;
	size_t count;
};

/* One parameter; does nothing once there are PARAMETER_VALUES. */
void parameters_add(struct parameters *p, const char *name, const char *value,
	const char *source);

/*
 * parameters_argv.c: --name=value, --name value, --flag, name=value (also with
 * Hydra's + and ++), and "-n value" where nothing else can be meant: the value
 * is a number or a boolean, or the arguments are two or more such pairs and
 * nothing else. Numbers that follow one another belong to one option. Options
 * of env(1) and of an interpreter before its script are none of the command.
 */
void parameters_argv(struct parameters *p, const struct strlist *argv);

/* Does the file's name end like that of a configuration file? */
bool parameters_in_file(const char *path);
/*
 * The values in a configuration file, their names joined with points; a list
 * of plain values is one value. -1 when it is not understood or is too much
 * for a configuration; then nothing of it is added.
 */
int parameters_file(struct parameters *p, const char *path, const char *text,
	size_t len, struct err *e);

/*
 * One reader for each format: a tree of objects, arrays and scalars (strings
 * where the spelling counts), or NULL. `text` is UTF-8.
 */
json_t *parameters_json(const char *text, size_t len, struct err *e);
/* parameters_yaml.c: YAML 1.1; of several documents the first. */
json_t *parameters_yaml(const char *text, size_t len, struct err *e);
/* parameters_toml.c: TOML 1.0, though a table may be continued. */
json_t *parameters_toml(const char *text, size_t len, struct err *e);
