/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/command.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/reading.h"

enum exit_code command_usage(const char *name, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "pollux %s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (see `pollux %s --help`)\n", name);
	return EXIT_USAGE;
}

int command_duration(const char *text, int64_t *ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
	char *end;
	double n = strtod(text, &end);

	for (size_t i = 0; end != text && i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit) == 0 && n >= 0 && n * units[i].ms < 1e15) {
			*ms = (int64_t)llround(n * units[i].ms);
			return 0;
		}
	}
	return -EINVAL;
}

bool command_is_terminal(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !(no_color && *no_color);
}
