/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results that a run wrote into files: JSON (one value, or one a line), tables
 * as text, and those of MLflow. What came last counts: a file of metrics is
 * mostly one row for each epoch. Pure functions.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>

struct arena;

/* A file that is larger is no file of metrics; a run has at most so many. */
#define METRICS_FILE_MAX (16u << 20)
#define METRICS_FILES 200
#define METRICS_OF_FILE 500
#define METRICS_MAX 5000

struct metrics {
	struct arena *a; /* of all strings */
	struct m_metric *items;
	size_t count;
};

/* Is the output at this path one of metrics, in a form that is read here? */
bool metrics_in_file(const char *path);
/* `text` is followed by a NUL and may be written to. False: it is not what
 * its name says, or has too much; then nothing of it is added. */
bool metrics_file(struct metrics *m, const char *path, char *text, size_t len);

/*
 * A parameter in a file that the run itself wrote: MLflow's
 * mlruns/EXPERIMENT/RUN/params/NAME. The name, or NULL.
 */
const char *metrics_parameter_name(const char *path);
/* Lightning's hparams.yaml, Hydra's and Weights & Biases' config.yaml. */
bool metrics_is_configuration(const char *path);
