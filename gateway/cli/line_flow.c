/* SPDX-License-Identifier: Apache-2.0 */
/* pollux line-flow: what a gateway expects of the throughput of its line.  Started by
 * Pollux itself (gateway/flow.h). */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "gateway/cli/learn.h"
#include "gateway/line/line_window.h"

extern const struct command command_line_flow;

struct call {
	const char *path;
	double window_s;
	struct learn_call learn;
};

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {
		{"window", required_argument, NULL, 'w'}, LEARN_OPTIONS, {0}};
	enum exit_code code = EXIT_DONE;
	int64_t ms = 0;

	optind = 1;
	for (int option; code == EXIT_DONE &&
	                 (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		if (option != 'w') {
			code = learn_option(&call->learn, option);
		} else if (command_duration(optarg, &ms) || ms < 1000) {
			code = command_usage("line-flow", "'%s' is no window", optarg);
		}
	}
	call->window_s = (double)ms / 1000;
	if (code == EXIT_DONE && (optind + 1 != argc || ms == 0)) {
		code = command_usage("line-flow", "a FILE and a --window are wanted");
	}
	call->path = code == EXIT_DONE ? argv[optind] : NULL;
	return code;
}

static const char *why_not(int err)
{
	switch (err) {
	case -ERANGE:
		return "it has no steady rate: it lives by orders, or no window lies "
		       "between the breaks";
	case -EDOM:
		return "nothing leaves it in such a window";
	case -ELOOP:
		return "parts go round without any time passing";
	default:
		return strerror(-err);
	}
}

static enum exit_code say(const struct call *call, const struct line_setup *setup,
                          const struct line_learning *learnt)
{
	struct told_level t;
	size_t windows, taken = 0;
	int err = line_window(&t, setup, call->window_s, &windows);

	if (err) {
		fprintf(stderr, "%s: %s\n", call->path, why_not(err));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < learnt->n; i++) {
		taken += !learnt->items[i].why;
	}
	command_print_json(stdout,
	                   json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "mean",
	                             t.mean, "sigma", t.sigma, "variance", t.variance,
	                             "w_max", t.w_max, "z_max", t.z_max, "windows",
	                             (json_int_t)windows, "learnt", (json_int_t)taken));
	return EXIT_DONE;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.learn = LEARN_CALL("line-flow")};
	struct line_learning learnt = {.n = 0};
	struct line_setup *setup = NULL;
	enum exit_code code = parse(&call, argc, argv);

	if (code == EXIT_DONE && line_file_read(&setup, call.path, NULL, stderr)) {
		code = EXIT_CONFIG;
	}
	code = code == EXIT_DONE ? learn_into(&learnt, &call.learn, setup) : code;
	code = code == EXIT_DONE ? say(&call, setup, &learnt) : code;
	line_learning_free(&learnt);
	line_file_free(setup);
	return code;
}

const struct command command_line_flow = {
	.name = "line-flow",
	.help = "usage: pollux line-flow FILE --window T [--learn CONFIG [--since T]]\n\n"
		"What the line of FILE gives within a window, 1/h, as JSON; a gateway "
		"asks\n"
		"for it itself.\n",
	.run = run,
};
