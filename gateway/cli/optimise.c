/* SPDX-License-Identifier: Apache-2.0 */
/* pollux optimise: the best setpoints for a goal, ahead of the machine. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/ahead.h"
#include "gateway/cli/learn.h"
#include "gateway/line/line_goal.h"
#include "gateway/scenario/apart.h"
#include "gateway/scenario/goal_scenarios.h"
#include "gateway/scenario/optimum.h"

extern const struct command command_optimise;

struct call {
	struct ahead_call ahead;
	struct learn_call learn;
	const char *goal, *commands;
	bool json;
};

/* What the process of the search has. */
struct hunt {
	const struct call *call;
	const struct goal *goal;
	const struct line_goal *line; /* NULL: of scenarios */
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
	if (option == 'o') {
		call->commands = optarg;
	} else if (option == 'J') {
		call->json = true;
	} else if (option == 'L' || option == 'i') {
		return learn_option(&call->learn, option == 'i' ? 'S' : option);
	} else {
		return ahead_option(&call->ahead, option);
	}
	return EXIT_DONE;
}

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {AHEAD_OPTIONS,
	                                      {"commands", required_argument, NULL, 'o'},
	                                      {"json", no_argument, NULL, 'J'},
	                                      {"learn", required_argument, NULL, 'L'},
	                                      {"since", required_argument, NULL, 'i'},
	                                      {0}};

	optind = 1;
	for (int option; (option = getopt_long(argc, argv, "c:", table, NULL)) != -1;) {
		if (take_option(call, option) != EXIT_DONE) {
			return EXIT_USAGE;
		}
	}
	call->goal = ahead_operand(&call->ahead, argc, argv, "GOAL");
	return call->goal ? EXIT_DONE : EXIT_USAGE;
}

static int hunt(void *arg, FILE *out, FILE *commands)
{
	const struct hunt *h = arg;
	bool shown = command_is_terminal(STDERR_FILENO) && !h->call->json;
	const struct optimum_wish wish = {.goal = h->goal,
	                                  .progress = shown ? on_progress : NULL,
	                                  .stop = is_interrupted,
	                                  .arg = (void *)(uintptr_t)h->goal};
	struct optimum *o = calloc(1, sizeof(*o));
	int err = o ? optimum_find(o, &wish) : -ENOMEM;

	fputs(shown ? "\r\033[K" : "", stderr);
	if (err) {
		fprintf(stderr, "pollux optimise: %s\n", strerror(-err));
	} else if (h->call->json) {
		command_print_json(out, optimum_json(o));
	} else {
		optimum_print(out, o);
	}
	if (!err && commands && h->line) {
		line_goal_print_variant(commands, h->line, o);
	} else if (!err && commands) {
		optimum_print_commands(commands, o, h->call->ahead.config);
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

static enum exit_code of_scenarios(const struct call *call, struct ahead *a,
                                   struct goal_file *file)
{
	enum exit_code code = ahead_open(a, &call->ahead, goal_file_scenarios(file));
	struct goal_scenarios scenarios;
	struct hunt h = {.call = call};

	if (code != EXIT_DONE) {
		return code;
	}
	h.goal = goal_scenarios_bind(&scenarios, file, a->setup, stderr);
	return h.goal ? run_apart(&h) : EXIT_CONFIG;
}

static enum exit_code of_line(const struct call *call, struct goal_file *file)
{
	struct line_learning learnt = {.n = 0};
	struct line_setup *setup = NULL;
	struct line_goal line;
	struct hunt h = {.call = call, .line = &line};
	enum exit_code code;
	struct line_run run;

	if (line_file_read(&setup, goal_file_line(file), NULL, stderr)) {
		return EXIT_CONFIG;
	}
	code = learn_into(&learnt, &call->learn, setup);
	run = setup->run;
	run.for_s = call->ahead.horizon_s > 0 ? call->ahead.horizon_s : run.for_s;
	run.seed = call->ahead.seed >= 0 ? (uint64_t)call->ahead.seed : run.seed;
	if (code == EXIT_DONE) {
		h.goal = line_goal_bind(&line, file, setup, &run, stderr);
		code = h.goal ? run_apart(&h) : EXIT_CONFIG;
	}
	line_learning_free(&learnt);
	line_file_free(setup);
	return code;
}

/* Where it starts is of scenarios alone, what is learnt of a line. */
static enum exit_code optimise(const struct call *call, struct ahead *a,
                               struct goal_file *file)
{
	const struct start_wish *start = &call->ahead.start;
	bool line = goal_file_line(file) != NULL;

	if (line && (start->file || start->keep || start->at_us != INT64_MIN)) {
		return command_usage("optimise", "a line has no --state, --at or "
		                                 "--keep-state");
	}
	if (!line && call->learn.config) {
		return command_usage("optimise", "--learn is of a line");
	}
	return line ? of_line(call, file) : of_scenarios(call, a, file);
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.ahead = AHEAD_CALL("optimise"),
	                    .learn = LEARN_CALL("optimise")};
	struct ahead ahead = {.config = NULL};
	enum exit_code code = parse(&call, argc, argv);
	struct goal_file *file = NULL;
	const char *path_text[2];

	if (code != EXIT_DONE) {
		return code;
	}
	path_text[0] = call.goal;
	path_text[1] = ahead_text(&ahead, call.goal);
	if (!path_text[1] || goal_file_open(&file, path_text, stderr)) {
		code = EXIT_CONFIG;
	} else {
		code = optimise(&call, &ahead, file);
	}
	goal_file_close(file);
	ahead_close(&ahead);
	return code;
}

const struct command command_optimise = {
	.name = "optimise",
	.summary = "find the best setpoints for a goal, ahead of the machine",
	.help = "usage: pollux optimise GOAL [-c FILE] [--json] [--commands FILE]\n"
		"                       [--horizon T] [--at T | --state FILE] [--seed "
		"N]\n"
		"                       [--learn CONFIG [--since T]]\n\n"
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
		"      --horizon, --at, --state, --keep-state, --seed\n"
		"                     as of `pollux whatif`\n"
		"A goal of a line seeks the sequence of its orders, or how many machines "
		"and\n"
		"places it has; --commands then writes a variant of the line.\n"
		"      --learn CONFIG [--since T]  with what the gateway's history "
		"tells of it\n\n"
		"Exit code 1: no state to start from, or no setting keeps the limits, 2: "
		"usage,\n"
		"3: a file is not valid.\n",
	.run = run,
};
