/* SPDX-License-Identifier: Apache-2.0 */
/** The command line: one command a file in gateway/cli/, one line in the table of main.c.
 */
#ifndef GATEWAY_CLI_COMMAND_H
#define GATEWAY_CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Exit codes that users script against. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CONFIG = 3,  /* configuration invalid */
	EXIT_DEVICE = 4,  /* device unreachable */
	EXIT_BROKER = 5,  /* broker unreachable */
	EXIT_IN_USE = 6,  /* state directory in use by another instance */
	EXIT_REFUSED = 7, /* permission, limits, interlock */
};

struct command {
	const char *name;    /* "run" */
	const char *summary; /* one line for `pollux --help`; NULL: hidden */
	const char *help;    /* whole text of `pollux NAME --help`, usage first */
	/** argv[0] is the command's name.  --help is handled before. */
	enum exit_code (*run)(int argc, char **argv);
};

/** Default configuration file. */
#define CONFIG_PATH "/etc/pollux/pollux.yaml"

/** Say on stderr what is wrong with the call and where help is.  @return EXIT_USAGE */
enum exit_code command_usage(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Parse "90s", "500ms", "2h", "7d" to ms.  @return 0 or -EINVAL */
int command_duration(const char *text, int64_t *ms);

/** Print JSON for a program, indented, with a line's end.  @param json  owned by the
 * callee; NULL: memory ran out */
struct json_t;
void command_print_json(FILE *out, struct json_t *json);

/**
 * Write a report to a file, dated as document_date() says; what is wrong is said on
 * stderr.
 * @param print  writes `what` to out
 */
enum exit_code command_write_file(const char *path,
                                  void (*print)(FILE *out, const void *what,
                                                const char *date),
                                  const void *what);

/** May stdout (or stderr) have colour and be redrawn: a terminal, and NO_COLOR unset. */
bool command_is_terminal(int fd);

#endif
