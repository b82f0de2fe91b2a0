/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that a capture prints when it is done. */
#pragma once

struct capture;

void summary_print(const struct capture *cap);
