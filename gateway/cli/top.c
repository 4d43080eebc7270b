/* SPDX-License-Identifier: Apache-2.0 */
/* pollux top: the gateway live, in the terminal. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/cli/view.h"

extern const struct command command_top;

enum { REDRAW_MS = 1000, ROWS_DEFAULT = 40, ROWS_OTHER = 12 };

static size_t terminal_rows(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row <= ROWS_OTHER) {
		return ROWS_DEFAULT;
	}
	return size.ws_row;
}

static int draw(const struct config *cfg, bool colour)
{
	int err;
	json_t *status = view_ask(cfg, "status", &err);
	json_t *tags = status ? view_ask(cfg, "tags", &err) : NULL;
	size_t devices = json_array_size(json_object_get(status, "devices"));
	size_t machines = json_array_size(json_object_get(status, "components"));
	size_t others = ROWS_OTHER + devices + (machines ? machines + 2 : 0);
	size_t rows = terminal_rows();

	if (tags) {
		fputs(colour ? "\033[H\033[J" : "", stdout);
		view_status(stdout, status, colour, false);
		putchar('\n');
		view_tags(stdout, tags, rows > others ? rows - others : 5, colour);
		fflush(stdout);
	}
	json_decref(status);
	json_decref(tags);
	return err;
}

static enum exit_code run(int argc, char **argv)
{
	struct view_args args;
	enum exit_code code = view_parse("top", argc, argv, &args);
	bool colour = command_is_terminal(STDOUT_FILENO);
	struct config *cfg;
	int err;

	if (code != EXIT_DONE) {
		return code;
	}
	if (args.verbose || args.json) {
		return command_usage("top", "-v and --json are for status");
	}
	if (config_load(&cfg, args.path, stderr)) {
		return EXIT_CONFIG;
	}
	do {
		err = draw(cfg, colour);
	} while (!err && isatty(STDOUT_FILENO) && poll(NULL, 0, REDRAW_MS) == 0);
	if (err) {
		fprintf(stderr, "pollux top: %s: %s\n", cfg->state_dir, strerror(-err));
		code = EXIT_FAILED;
	}
	config_free(cfg);
	return code;
}

const struct command command_top = {
	.name = "top",
	.summary = "the same, live in the terminal",
	.help = "usage: pollux top [-c FILE]\n\n"
		"Redraws devices, tags and alarms each second until Ctrl-C; prints once "
		"where\n"
		"the output is no terminal.  Tags in alarm come first when not all "
		"fit.\n\n"
		"  -c, --config FILE  configuration, default " CONFIG_PATH "\n",
	.run = run,
};
