/* SPDX-License-Identifier: Apache-2.0 */
/** Tables of a running gateway for a terminal, from the answers of its local socket. */
#ifndef GATEWAY_CLI_VIEW_H
#define GATEWAY_CLI_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "gateway/cli/command.h"
#include "gateway/config.h"

/** Print the summary and the devices.
 * @param colour   ANSI colours may be used
 * @param verbose  also how each device and poll group is polled */
void view_status(FILE *out, const json_t *status, bool colour, bool verbose);

/** Print what forecasts of components were worth, at most so many, and what moves towards
 * a limit. */
void view_forecasts(FILE *out, const json_t *status, size_t rows);
void view_outlook(FILE *out, const json_t *status, size_t rows);

/**
 * Print tags with value, predicted, sigma, state, age, and the alarms under them.
 * @param tags  answer to "tags"
 * @param rows  at most so many tags; those in alarm come first where not all fit
 */
void view_tags(FILE *out, const json_t *tags, size_t rows, bool colour);

/** Print a line on what a device refuses: "  refuses holding:5 (exception 2)".
 * @param asked, range  struct device_hole's, in words */
void view_hole(FILE *out, const char *asked, const char *range, int code);

/** Print the value of a tag's object: 12.5, true, "text", "-" for none. */
void view_value(const json_t *tag, char *buf, size_t size);

/** Ask the gateway with this configuration.  @return new reference, or NULL with *err a
 * negative errno of control_ask() */
json_t *view_ask(const struct config *cfg, const char *question, int *err);

/** Parse `-c FILE`, `--json` and `-v` and nothing else. */
struct view_args {
	const char *path;
	bool json, verbose;
};
enum exit_code view_parse(const char *command, int argc, char **argv,
                          struct view_args *args);

#endif
