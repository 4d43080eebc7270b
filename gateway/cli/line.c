/* SPDX-License-Identifier: Apache-2.0 */
/* pollux line: a production line and its operators as discrete events. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/learn.h"
#include "gateway/line/balance_view.h"
#include "gateway/line/line_view.h"

extern const struct command command_line;

enum { VARIANTS_MAX = 32 };

struct call {
	const char *path, *page;
	const char *variants[VARIANTS_MAX + 1]; /* the first NULL: the base */
	char *made[VARIANTS_MAX + 1];           /* those of sweeps, free() */
	size_t n;
	double for_s; /* 0: the file's, likewise the others */
	uint32_t replications;
	int64_t seed; /* -1 */
	bool json, balance;
	struct learn_call learn;
};

static bool read_count(const char *text, int64_t most, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && end != text && !*end && *out >= 0 && *out <= most;
}

/* "capper.machines=1,2,3": a variant each. */
static enum exit_code add_sweep(struct call *call, char *text)
{
	char *equals = strchr(text, '='), *rest;
	const char *key = text;

	if (!equals || !strchr(text, '.') || strchr(text, '.') > equals) {
		return command_usage("line", "'%s' is no STATION.KEY=VALUE,VALUE,...",
		                     text);
	}
	*equals = '\0';
	for (char *value = strtok_r(equals + 1, ",", &rest); value;
	     value = strtok_r(NULL, ",", &rest)) {
		char *variant;

		if (call->n > VARIANTS_MAX) {
			return command_usage("line", "at most %d variants", VARIANTS_MAX);
		}
		if (asprintf(&variant, "%s=%s", key, value) < 0) {
			return EXIT_FAILED;
		}
		call->made[call->n] = variant;
		call->variants[call->n] = variant;
		call->n++;
	}
	return EXIT_DONE;
}

static enum exit_code take_option(struct call *call, int option)
{
	int64_t number;

	switch (option) {
	case 'f':
		if (command_duration(optarg, &number) || number < 1) {
			return command_usage("line", "'%s' is no time: 8h, 5d", optarg);
		}
		call->for_s = (double)number / 1000;
		return EXIT_DONE;
	case 'r':
		if (!read_count(optarg, 100000, &number) || number < 1) {
			return command_usage("line", "1 to 100000 replications, not '%s'",
			                     optarg);
		}
		call->replications = (uint32_t)number;
		return EXIT_DONE;
	case 's':
		return read_count(optarg, INT64_C(1) << 53, &call->seed)
		               ? EXIT_DONE
		               : command_usage("line", "'%s' is no seed", optarg);
	case 'v':
		if (call->n > VARIANTS_MAX) {
			return command_usage("line", "at most %d variants", VARIANTS_MAX);
		}
		call->variants[call->n++] = optarg;
		return EXIT_DONE;
	case 'w':
		return add_sweep(call, optarg);
	case 'o':
		call->page = optarg;
		return EXIT_DONE;
	case 'b':
		call->balance = true;
		return EXIT_DONE;
	case 'J':
		call->json = true;
		return EXIT_DONE;
	default:
		return learn_option(&call->learn, option);
	}
}

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {
		{"for", required_argument, NULL, 'f'},
		{"replications", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 's'},
		{"variant", required_argument, NULL, 'v'},
		{"sweep", required_argument, NULL, 'w'},
		{"output", required_argument, NULL, 'o'},
		{"balance", no_argument, NULL, 'b'},
		{"json", no_argument, NULL, 'J'},
		LEARN_OPTIONS,
		{0}};
	enum exit_code code = EXIT_DONE;

	optind = 1;
	for (int option; code == EXIT_DONE &&
	                 (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		code = take_option(call, option);
	}
	if (code != EXIT_DONE) {
		return code;
	}
	if (optind >= argc) {
		return command_usage(argv[0], "FILE is missing");
	}
	call->path = argv[optind++];
	if (optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	return EXIT_DONE;
}

static struct line_run run_of(const struct call *call, const struct line_setup *base)
{
	struct line_run run = base->run;

	run.for_s = call->for_s > 0 ? call->for_s : run.for_s;
	run.seed = call->seed >= 0 ? (uint64_t)call->seed : run.seed;
	if (call->replications > 0) {
		run.replications = call->replications;
		run.precision = 0;
	}
	return run;
}

static void print_page(FILE *out, const void *what, const char *date)
{
	line_view_page(out, what, date);
}

static enum exit_code say(const struct call *call, const struct line_view *v,
                          const struct line_learning *learnt)
{
	if (call->json) {
		json_t *o = line_view_json(v);

		if (o && call->learn.config) {
			json_object_set_new(o, "learnt", line_learning_json(learnt));
		}
		command_print_json(stdout, o);
	} else {
		if (call->learn.config) {
			line_learning_print(stdout, learnt);
		}
		line_view_print(stdout, v);
	}
	return call->page ? command_write_file(call->page, print_page, v) : EXIT_DONE;
}

static void tell(const char *name, int err)
{
	fprintf(stderr, "pollux line: %s: %s\n", name,
	        err == -ELOOP ? "parts go round without any time passing"
	                      : strerror(-err));
}

/* Those that were not run so often, or so long before it counts, once more: pairs of
 * replications are to be of the same time and chance. */
static int even_out(struct line_study **studies, struct line_setup *const *setups,
                    const struct call *call, const struct line_run *run)
{
	struct line_run all = *run;
	int err = 0;

	all.precision = 0;
	all.replications = 0;
	all.warm_up_s = 0;
	for (size_t i = 0; i < call->n; i++) {
		uint32_t n = (uint32_t)studies[i]->n;

		all.replications = n > all.replications ? n : all.replications;
		all.warm_up_s = fmax(all.warm_up_s, studies[i]->warm_up_s);
	}
	for (size_t i = 0; i < call->n && !err; i++) {
		bool found = studies[i]->found;

		if (studies[i]->n == all.replications &&
		    !(studies[i]->warm_up_s < all.warm_up_s)) {
			continue;
		}
		line_study_free(studies[i]);
		studies[i] = NULL;
		err = line_study_run(&studies[i], setups[i], &all);
		if (!err) {
			studies[i]->found = found;
		}
	}
	return err;
}

/* All with the base's way to simulate, so that they can be compared. */
static enum exit_code study(const struct call *call, struct line_setup *const *setups,
                            const struct line_learning *learnt)
{
	struct line_study *studies[VARIANTS_MAX + 1] = {NULL};
	struct line_run run = run_of(call, setups[0]);
	const struct line_view v = {.path = call->path,
	                            .run = &run,
	                            .studies = (const struct line_study *const *)studies,
	                            .n = call->n};
	enum exit_code code = EXIT_DONE;
	int err = 0;

	for (size_t i = 0; i < call->n && !err; i++) {
		err = line_study_run(&studies[i], setups[i], &run);
		if (err) {
			tell(setups[i]->name, err);
		}
	}
	if (!err) {
		err = even_out(studies, setups, call, &run);
	}
	code = err ? EXIT_FAILED : EXIT_DONE;
	code = code == EXIT_DONE ? say(call, &v, learnt) : code;
	for (size_t i = 0; i < call->n; i++) {
		line_study_free(studies[i]);
	}
	return code;
}

static enum exit_code balance(const struct call *call, const struct line_setup *setup)
{
	struct balance_view v;
	const char *why;

	if (balance_view_find(&v, setup, &why)) {
		fprintf(stderr, "pollux line: %s: %s\n", call->path, why);
		return EXIT_FAILED;
	}
	if (call->json) {
		command_print_json(stdout, balance_view_json(&v));
	} else {
		balance_view_print(stdout, &v);
	}
	return EXIT_DONE;
}

/* All of them with what the gateway knows. */
static enum exit_code simulate(const struct call *call, struct line_setup *const *setups)
{
	struct line_learning learnt[VARIANTS_MAX + 1] = {{.n = 0}};
	enum exit_code code = EXIT_DONE;

	if (setups[0]->config.n_stations == 0) {
		fprintf(stderr,
		        "pollux line: %s: there are no stations; --balance gives its "
		        "tasks "
		        "to some\n",
		        call->path);
		return EXIT_CONFIG;
	}
	for (size_t i = 0; i < call->n && code == EXIT_DONE; i++) {
		code = learn_into(&learnt[i], &call->learn, setups[i]);
	}
	code = code == EXIT_DONE ? study(call, setups, &learnt[0]) : code;
	for (size_t i = 0; i < call->n; i++) {
		line_learning_free(&learnt[i]);
	}
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	struct line_setup *setups[VARIANTS_MAX + 1] = {NULL};
	struct call call = {.n = 1, .seed = -1, .learn = LEARN_CALL("line")};
	enum exit_code code = parse(&call, argc, argv);

	for (size_t i = 0; i < call.n && code == EXIT_DONE; i++) {
		if (line_file_read(&setups[i], call.path, call.variants[i], stderr)) {
			code = EXIT_CONFIG;
		}
	}
	if (code == EXIT_DONE && setups[0]) {
		code = call.balance ? balance(&call, setups[0]) : simulate(&call, setups);
	}
	for (size_t i = 0; i < call.n; i++) {
		line_file_free(setups[i]);
		free(call.made[i]);
	}
	return code;
}

const struct command command_line = {
	.name = "line",
	.summary = "simulate a production line and its operators",
	.help = "usage: pollux line FILE [--for T] [--replications N] [--seed S] "
		"[--json]\n"
		"                   [--variant FILE]... [--output FILE.html]\n"
		"                   [--learn CONFIG [--since T]]\n\n"
		"Simulates the line of FILE (docs/line.md) as discrete events, again "
		"and again,\n"
		"and prints its figures after ISO 22400 with 95 % intervals, the states "
		"of its\n"
		"stations, its bottleneck, its vehicles, and its operators with their "
		"load by the\n"
		"hour.\n\n"
		"      --for T           what counts of a run, in place of the file's: "
		"8h, "
		"5d\n"
		"      --replications N  exactly so many, whatever the precision\n"
		"      --seed S          the same seed gives the same bytes\n"
		"      --variant FILE    laid over FILE and put beside it, with what it "
		"has more,\n"
		"                        the steps of the change, downtime, investment, "
		"floor\n"
		"                        space and when it pays back\n"
		"      --learn CONFIG    cycle times, failures and scrap of stations "
		"that "
		"have\n"
		"                        `tags:` out of that gateway's history, since T, "
		"default 7d\n"
		"      --balance         instead: gives the `tasks:` of FILE to "
		"stations, "
		"with\n"
		"                        lifting index and posture score of each\n"
		"      --json            everything, instead of the table\n"
		"      --sweep NAME.KEY=VALUE,VALUE,...  a variant for each value: of a "
		"station,\n"
		"                        fleet, source, operator, or a parameter of a "
		"module:\n"
		"                        capper.machines=1,2,3\n"
		"      --output FILE     also one HTML page with Gantt and time-in-state "
		"charts\n\n"
		"Exit code 1: it cannot be simulated, 2: usage, 3: a file is not "
		"valid.\n",
	.run = run,
};
