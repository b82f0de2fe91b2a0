/* SPDX-License-Identifier: Apache-2.0 */
/* reprise's own lines on stderr; each begins with "reprise: ". */
#pragma once

enum log_level { LOG_ERRORS, LOG_NORMAL, LOG_DEBUG };

/* The process-wide level: LOG_ERRORS is what -q asks for. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* One line in one write(2), so that lines of many processes never mix. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
