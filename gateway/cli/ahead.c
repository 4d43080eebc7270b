/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/config/config_file.h"

enum { STDIN_MAX = 1 << 20 };

static enum exit_code take_horizon(struct ahead_call *call)
{
	int64_t ms;

	if (command_duration(optarg, &ms) || ms < 1000) {
		return command_usage(call->command, "'%s' is no horizon: 10min, 1h",
		                     optarg);
	}
	call->horizon_s = (double)ms / 1000;
	return EXIT_DONE;
}

static enum exit_code take_seed(struct ahead_call *call)
{
	char *end;

	call->seed = strtoll(optarg, &end, 10);
	return *end || end == optarg || call->seed < 0
	               ? command_usage(call->command, "'%s' is no seed", optarg)
	               : EXIT_DONE;
}

enum exit_code ahead_option(struct ahead_call *call, int option)
{
	switch (option) {
	case 'c':
		call->config = optarg;
		return EXIT_DONE;
	case 'H':
		return take_horizon(call);
	case 'a':
		return clock_parse(optarg, clock_wall_us(), &call->start.at_us)
		               ? command_usage(call->command, "'%s' is no time", optarg)
		               : EXIT_DONE;
	case 's':
		return take_seed(call);
	case 'S':
		call->start.file = optarg;
		return EXIT_DONE;
	case 'k':
		call->start.keep = optarg;
		return EXIT_DONE;
	default: /* getopt_long() has said what it is */
		return command_usage(call->command, "what is that?");
	}
}

const char *ahead_operand(const struct ahead_call *call, int argc, char **argv,
                          const char *what)
{
	if (call->start.file && call->start.at_us != INT64_MIN) {
		command_usage(call->command, "--at or --state, not both");
		return NULL;
	}
	if (optind >= argc) {
		command_usage(call->command, "%s is missing", what);
		return NULL;
	}
	if (optind + 1 < argc) {
		command_usage(call->command, "'%s' is one too many", argv[optind + 1]);
		return NULL;
	}
	return argv[optind];
}

/* All of stdin. */
static int read_stdin(struct arena *arena, char **text)
{
	size_t n = 0;

	*text = arena_array(arena, STDIN_MAX + 1, 1);
	if (!*text) {
		return -ENOMEM;
	}
	for (size_t got = 1; got > 0 && n < STDIN_MAX; n += got) {
		got = fread(*text + n, 1, STDIN_MAX - n, stdin);
	}
	(*text)[n] = '\0';
	return ferror(stdin) ? -EIO : n == STDIN_MAX ? -EFBIG : 0;
}

char *ahead_text(struct ahead *a, const char *path)
{
	char *text = NULL;
	size_t n;
	int err = strcmp(path, "-") == 0
	                  ? read_stdin(&a->arena, &text)
	                  : config_file_read(path, false, &a->arena, &text, &n);

	if (err) {
		fprintf(stderr, "%s: error: %s\n", path, config_file_error(err));
		return NULL;
	}
	return text;
}

enum exit_code ahead_open(struct ahead *a, const struct ahead_call *call,
                          const char *scenarios)
{
	struct start_wish start = call->start;
	const char *text = ahead_text(a, scenarios);
	struct scenario_wish wish = {.path = scenarios,
	                             .text = text,
	                             .snapshot = &a->snapshot,
	                             .horizon_s = call->horizon_s,
	                             .seed = call->seed};

	if (!text || config_load(&a->config, call->config, stderr)) {
		return EXIT_CONFIG;
	}
	a->names = scenario_file_names(text, a->config);
	start.names = a->names ? a->names : "";
	if (start_snapshot(&a->snapshot, a->config, &start, stderr)) {
		return EXIT_FAILED;
	}
	wish.cfg = a->config;
	return scenario_file_read(&a->setup, &wish, stderr) ? EXIT_CONFIG : EXIT_DONE;
}

void ahead_close(struct ahead *a)
{
	scenario_file_free(a->setup);
	snapshot_fini(&a->snapshot);
	config_free(a->config);
	free(a->names);
	arena_free(&a->arena);
}
