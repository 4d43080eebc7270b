/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config/quantity.h"

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
	int64_t value;

	if (quantity_duration(text, &value) || value < 0) {
		return -EINVAL;
	}
	*ms = value;
	return 0;
}

bool command_is_terminal(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !(no_color && *no_color);
}
