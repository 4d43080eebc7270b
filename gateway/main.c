/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "command_list.h"
#include "drivers/reading.h"
#include "gateway/cli/command.h"

#define X(name) extern const struct command command_##name;
COMMAND_LIST
#undef X

static const struct command *const commands[] = {
#define X(name) &command_##name,
	COMMAND_LIST
#undef X
		NULL,
};

static void print_help(FILE *out)
{
	fputs("usage: pollux COMMAND [OPTION...]\n\n"
	      "Pollux polls machines, keeps a live twin of them, stores and publishes "
	      "both.\n\n",
	      out);
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->summary) {
			fprintf(out, "  %-12s %s\n", commands[i]->name,
			        commands[i]->summary);
		}
	}
	fputs("\n`pollux COMMAND --help` says more.  Exit codes: 0 done, 1 failed, 2 "
	      "usage,\n"
	      "3 configuration invalid, 4 device unreachable, 5 broker unreachable,\n"
	      "6 state directory in use, 7 refused.\n",
	      out);
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			return commands[i];
		}
	}
	return NULL;
}

static bool is_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static enum exit_code print_version(void)
{
	puts("pollux " POLLUX_VERSION);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		return (int)print_version();
	}
	command = command_find(argv[1]);
	if (!command) {
		fprintf(stderr, "pollux: no command '%s' (see `pollux --help`)\n",
		        argv[1]);
		return EXIT_USAGE;
	}
	for (int i = 2; i < argc; i++) {
		if (is_help(argv[i])) {
			fputs(command->help, stdout);
			return EXIT_DONE;
		}
		if (strcmp(argv[i], "--version") == 0) {
			return (int)print_version();
		}
	}
	return (int)command->run(argc - 1, argv + 1);
}
