/* SPDX-License-Identifier: Apache-2.0 */
/** One line an event on stderr; under systemd with its priority and no time stamp. */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

enum log_level {
	LOG_ERROR = 3,
	LOG_WARNING = 4,
	LOG_NOTICE = 5,
	LOG_INFO = 6,
	LOG_DEBUG = 7
};

/** Lines below this importance are left out; default LOG_INFO. */
void log_level(enum log_level level);

/** Print one line; control characters are replaced.  Any thread. */
void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
