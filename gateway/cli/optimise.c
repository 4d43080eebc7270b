/* SPDX-License-Identifier: Apache-2.0 */
/* pollux optimise: the best setpoints for a goal, ahead of the machine. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/command.h"
#include "gateway/clock.h"
#include "gateway/config/config_file.h"
#include "gateway/scenario/apart.h"
#include "gateway/scenario/optimum.h"
#include "gateway/scenario/start.h"

extern const struct command command_optimise;

struct call {
	const char *config, *goal, *commands;
	struct start_wish start;
	struct scenario_wish wish;
	bool json;
};

/* What the process of the search has. */
struct hunt {
	const struct call *call;
	const struct goal *goal;
	const struct scenario_setup *setup;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void *arg)
{
	(void)arg;
	return interrupted != 0;
}

static void on_progress(void *arg, size_t evaluations, double objective)
{
	const struct goal *goal = arg;

	(void)objective;
	fprintf(stderr, "\r%zu evaluations of at most %zu ", evaluations,
	        goal->evaluations * goal->n_objectives);
	fflush(stderr);
}

static enum exit_code take_option(struct call *call, int option)
{
	int64_t ms;
	char *end;

	switch (option) {
	case 'c':
		call->config = optarg;
		return EXIT_DONE;
	case 'h':
		if (command_duration(optarg, &ms) || ms < 1000) {
			return command_usage("optimise", "'%s' is no horizon: 10min, 1h",
			                     optarg);
		}
		call->wish.horizon_s = (double)ms / 1000;
		return EXIT_DONE;
	case 'a':
		return clock_parse(optarg, clock_wall_us(), &call->start.at_us)
		               ? command_usage("optimise", "'%s' is no time", optarg)
		               : EXIT_DONE;
	case 's':
		call->wish.seed = strtoll(optarg, &end, 10);
		return *end || call->wish.seed < 0
		               ? command_usage("optimise", "'%s' is no seed", optarg)
		               : EXIT_DONE;
	case 'S':
		call->start.file = optarg;
		return EXIT_DONE;
	case 'o':
		call->commands = optarg;
		return EXIT_DONE;
	case 'J':
		call->json = true;
		return EXIT_DONE;
	default:
		return command_usage("optimise", "what is '%s'?",
		                     optarg ? optarg : "that");
	}
}

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {{"config", required_argument, NULL, 'c'},
	                                      {"horizon", required_argument, NULL, 'h'},
	                                      {"at", required_argument, NULL, 'a'},
	                                      {"seed", required_argument, NULL, 's'},
	                                      {"state", required_argument, NULL, 'S'},
	                                      {"commands", required_argument, NULL, 'o'},
	                                      {"json", no_argument, NULL, 'J'},
	                                      {0}};
	enum exit_code code = EXIT_DONE;

	optind = 1;
	for (int option; code == EXIT_DONE &&
	                 (option = getopt_long(argc, argv, "c:", table, NULL)) != -1;) {
		code = take_option(call, option);
	}
	if (code != EXIT_DONE) {
		return code;
	}
	if (optind >= argc) {
		return command_usage(argv[0], "GOAL is missing");
	}
	call->goal = argv[optind++];
	return optind < argc
	               ? command_usage(argv[0], "'%s' is one too many", argv[optind])
	               : EXIT_DONE;
}

static int hunt(void *arg, FILE *out, FILE *commands)
{
	const struct hunt *h = arg;
	bool shown = command_is_terminal(STDERR_FILENO) && !h->call->json;
	const struct optimum_wish wish = {.goal = h->goal,
	                                  .setup = h->setup,
	                                  .progress = shown ? on_progress : NULL,
	                                  .stop = is_interrupted,
	                                  .arg = (void *)(uintptr_t)h->goal};
	struct optimum *o = calloc(1, sizeof(*o));
	int err = o ? optimum_find(o, &wish) : -ENOMEM;
	json_t *json;

	fputs(shown ? "\r\033[K" : "", stderr);
	if (err) {
		fprintf(stderr, "pollux optimise: %s\n", strerror(-err));
	} else if (h->call->json) {
		json = optimum_json(o, h->setup);
		json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
		fputc('\n', out);
		json_decref(json);
	} else {
		optimum_print(out, o, h->setup);
	}
	if (!err && commands) {
		optimum_print_commands(commands, o, h->call->config);
	}
	err = err || o->best.broken > 0;
	free(o);
	return err ? EXIT_FAILED : EXIT_DONE;
}

static enum exit_code run_apart(struct hunt *h)
{
	FILE *commands = h->call->commands ? fopen(h->call->commands, "we") : NULL;
	FILE *const out[2] = {stdout, commands};
	struct sigaction action = {.sa_handler = on_interrupt};
	int code = 0;

	if (h->call->commands && !commands) {
		fprintf(stderr, "%s: error: %s\n", h->call->commands, strerror(errno));
		return EXIT_FAILED;
	}
	sigaction(SIGINT, &action, NULL); /* both: the parent waits for what was found */
	code = apart_run(hunt, h, out);
	if (code < 0) {
		fprintf(stderr, "pollux optimise: the process of the search: %s\n",
		        strerror(-code));
	}
	if (commands && fclose(commands)) {
		fprintf(stderr, "%s: error: %s\n", h->call->commands, strerror(errno));
		code = -EIO;
	}
	return code < 0 ? EXIT_FAILED : (enum exit_code)code;
}

static enum exit_code with_scenarios(struct call *call, const struct config *cfg,
                                     struct goal_file *file, const char *text)
{
	char *names = scenario_file_names(text, cfg);
	struct scenario_setup *setup = NULL;
	struct snapshot snapshot = {.ts_us = 0};
	struct hunt h = {.call = call};
	enum exit_code code = EXIT_DONE;

	call->start.names = names ? names : "";
	call->wish.path = goal_file_scenarios(file);
	call->wish.text = text;
	call->wish.cfg = cfg;
	call->wish.snapshot = &snapshot;
	if (start_snapshot(&snapshot, cfg, &call->start, stderr)) {
		code = EXIT_FAILED;
	} else if (scenario_file_read(&setup, &call->wish, stderr)) {
		code = EXIT_CONFIG;
	} else {
		h.goal = goal_file_bind(file, setup, stderr);
		h.setup = setup;
		code = h.goal ? run_apart(&h) : EXIT_CONFIG;
	}
	scenario_file_free(setup);
	snapshot_fini(&snapshot);
	call->wish.snapshot = NULL;
	call->start.names = NULL;
	free(names);
	return code;
}

static enum exit_code read_text(struct arena *arena, const char *path, char **text)
{
	size_t n;
	int err = config_file_read(path, false, arena, text, &n);

	if (err) {
		fprintf(stderr, "%s: error: %s\n", path, config_file_error(err));
	}
	return err ? EXIT_CONFIG : EXIT_DONE;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.config = CONFIG_PATH,
	                    .start = {.at_us = INT64_MIN},
	                    .wish = {.seed = -1}};
	enum exit_code code = parse(&call, argc, argv);
	struct goal_file *file = NULL;
	struct config *cfg = NULL;
	struct arena arena = {0};
	char *goal = NULL, *scenarios = NULL;

	code = code == EXIT_DONE ? read_text(&arena, call.goal, &goal) : code;
	if (code == EXIT_DONE) {
		const char *const path_text[2] = {call.goal, goal};

		code = goal_file_open(&file, path_text, stderr) ? EXIT_CONFIG : EXIT_DONE;
	}
	if (code == EXIT_DONE) {
		code = read_text(&arena, goal_file_scenarios(file), &scenarios);
	}
	if (code == EXIT_DONE && config_load(&cfg, call.config, stderr)) {
		code = EXIT_CONFIG;
	}
	code = code == EXIT_DONE ? with_scenarios(&call, cfg, file, scenarios) : code;
	config_free(cfg);
	goal_file_close(file);
	arena_free(&arena);
	return code;
}

const struct command command_optimise = {
	.name = "optimise",
	.summary = "find the best setpoints for a goal, ahead of the machine",
	.help = "usage: pollux optimise GOAL [-c FILE] [--json] [--commands FILE]\n"
		"                       [--horizon T] [--at T | --state FILE] [--seed "
		"N]\n\n"
		"Searches the setpoints that are best for the goal of the file GOAL\n"
		"(docs/scenarios.md), within its limits, over its scenarios, from where "
		"the\n"
		"twin of the running gateway stands; all trials have the same chance.  "
		"Says\n"
		"what is gained against today and how sure that is, on draws that the "
		"search\n"
		"did not know.  Nothing is applied: --commands writes a file of commands "
		"that\n"
		"a person can send.  Ctrl-C ends it with the best so far.\n\n"
		"  -c, --config FILE  the gateway's configuration, default " CONFIG_PATH
		"\n"
		"      --commands FILE  `pollux write` of each tag that is to be set\n"
		"      --json         everything, instead of the table\n"
		"      --horizon, --at, --state, --seed  as of `pollux whatif`\n\n"
		"Exit code 1: no state to start from, or no setting keeps the limits, 2: "
		"usage,\n"
		"3: a file is not valid.\n",
	.run = run,
};
