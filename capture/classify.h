/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is to a run, from its path alone. Pure functions. */
#pragma once

#include <stdbool.h>

/* Part of the installed system or of a Python environment, not of the data
 * and code that the user brought. */
bool is_environment_path(const char *path);

/* code, dataset, model, configuration, checkpoint, log, metrics or other. */
const char *role_of_input(const char *path);
const char *role_of_output(const char *path);
