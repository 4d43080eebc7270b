/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config/quantity.h"
#include "gateway/html/document.h"

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

void command_print_json(FILE *out, json_t *json)
{
	json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(json);
}

enum exit_code command_write_file(const char *path,
                                  void (*print)(FILE *out, const void *what,
                                                const char *date),
                                  const void *what)
{
	char date[DOCUMENT_DATE_BYTES];
	FILE *out = fopen(path, "we");
	int err = out ? 0 : errno;

	if (out) {
		document_date(date);
		print(out, what, date);
		err = ferror(out) ? EIO : 0;
		err = fclose(out) ? errno : err;
	}
	if (err) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(err));
	}
	return err ? EXIT_FAILED : EXIT_DONE;
}

bool command_is_terminal(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !(no_color && *no_color);
}
