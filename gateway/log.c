/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/clock.h"

static _Atomic int least = LOG_INFO;

void log_level(enum log_level level)
{
	atomic_store(&least, level);
}

static const char *level_name(enum log_level level)
{
	static const char *const names[] = {
		[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
		[LOG_INFO] = "info",   [LOG_DEBUG] = "debug",
	};

	return names[level];
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[1024];
	char line[1100];
	va_list args;
	int n;

	if ((int)level > atomic_load(&least)) {
		return;
	}
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0) {
		return;
	}
	for (char *c = text; *c; c++) {
		if (iscntrl((unsigned char)*c)) {
			*c = '?'; /* what came from outside must not forge a line */
		}
	}
	/* The journal has the time, and reads <N> as the priority. */
	if (getenv("JOURNAL_STREAM")) {
		n = snprintf(line, sizeof(line), "<%d>%s\n", (int)level, text);
	} else {
		char iso[32];

		clock_iso(clock_wall_us(), iso);
		n = snprintf(line, sizeof(line), "%s %s: %s\n", iso, level_name(level),
		             text);
	}
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0) {
		return; /* nowhere to say it */
	}
}
