/* SPDX-License-Identifier: Apache-2.0 */
/** What `whatif` and `optimise` have in common: options that say where they start from,
 * and scenarios read from there. */
#ifndef GATEWAY_CLI_AHEAD_H
#define GATEWAY_CLI_AHEAD_H

#include <getopt.h>

#include "gateway/cli/command.h"
#include "gateway/config/arena.h"
#include "gateway/scenario/scenario_file.h"
#include "gateway/scenario/start.h"

/** As the command line says it; begin with AHEAD_CALL. */
struct ahead_call {
	const char *command, *config;
	struct start_wish start;
	double horizon_s; /* 0: the file's */
	int64_t seed;     /* -1: the file's */
};

#define AHEAD_CALL(name)                                                                 \
	{                                                                                \
		.command = (name), .config = CONFIG_PATH, .start = {.at_us = INT64_MIN}, \
		.seed = -1                                                               \
	}

/** Rows of the table of options; the letters c, H, a, s, S and k are theirs. */
#define AHEAD_OPTIONS                                                                    \
	{"config", required_argument, NULL, 'c'},                                        \
		{"horizon", required_argument, NULL, 'H'},                               \
		{"at", required_argument, NULL, 'a'},                                    \
		{"seed", required_argument, NULL, 's'},                                  \
		{"state", required_argument, NULL, 'S'},                                 \
	{                                                                                \
		"keep-state", required_argument, NULL, 'k'                               \
	}

/** Take one of them, or complain about any other.  @return EXIT_DONE or EXIT_USAGE */
enum exit_code ahead_option(struct ahead_call *call, int option);

/** The one word behind the options, called `what`.  @return NULL: complained about */
const char *ahead_operand(const struct ahead_call *call, int argc, char **argv,
                          const char *what);

/** What is read; ahead_close() it, also where opening failed. */
struct ahead {
	struct arena arena; /* of texts */
	struct config *config;
	struct snapshot snapshot;
	struct scenario_setup *setup;
	char *names;
};

/** A file's text, or that of stdin ("-", at most 1 MiB), said on stderr where it cannot
 * be read; NULL then. */
char *ahead_text(struct ahead *a, const char *path);

/** The configuration, where it starts, and the scenarios of a file.  What is wrong is
 * said on stderr. */
enum exit_code ahead_open(struct ahead *a, const struct ahead_call *call,
                          const char *scenarios);
void ahead_close(struct ahead *a);

#endif
