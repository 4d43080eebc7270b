/* SPDX-License-Identifier: Apache-2.0 */
/* pollux validate: can the line make this product? */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/learn.h"
#include "gateway/line/routing.h"

extern const struct command command_validate;

struct call {
	const char *path;
	bool json;
	struct learn_call learn;
};

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {
		{"json", no_argument, NULL, 'J'}, LEARN_OPTIONS, {0}};
	enum exit_code code = EXIT_DONE;

	optind = 1;
	for (int option; code == EXIT_DONE &&
	                 (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		if (option == 'J') {
			call->json = true;
		} else {
			code = learn_option(&call->learn, option);
		}
	}
	if (code != EXIT_DONE) {
		return code;
	}
	if (optind >= argc) {
		return command_usage(argv[0], "ROUTING is missing");
	}
	call->path = argv[optind++];
	return optind < argc
	               ? command_usage(argv[0], "'%s' is one too many", argv[optind])
	               : EXIT_DONE;
}

static void say(const struct call *call, const struct routing_verdict *v,
                const struct line_learning *learnt)
{
	if (call->json) {
		json_t *o = routing_json(v);

		if (o && call->learn.config) {
			json_object_set_new(o, "learnt", line_learning_json(learnt));
		}
		command_print_json(stdout, o);
		return;
	}
	if (call->learn.config) {
		line_learning_print(stdout, learnt);
	}
	routing_print(stdout, v);
}

static enum exit_code validate(const struct call *call, const struct routing *r,
                               struct line_setup *line,
                               const struct line_learning *learnt)
{
	struct routing_verdict *v = calloc(1, sizeof(*v));
	int err = v ? routing_judge(v, r, line) : -ENOMEM;
	enum exit_code code = EXIT_FAILED;

	if (err) {
		fprintf(stderr, "pollux validate: %s: %s\n", r->line, strerror(-err));
	} else {
		say(call, v, learnt);
	}
	if (!err && v->n_reasons == 0) {
		code = EXIT_DONE;
	}
	free(v);
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.learn = LEARN_CALL("validate")};
	struct line_learning learnt = {.n = 0};
	struct line_setup *line = NULL;
	struct routing *r = NULL;
	enum exit_code code = parse(&call, argc, argv);

	if (code != EXIT_DONE) {
		return code;
	}
	if (routing_read(&r, call.path, stderr) ||
	    line_file_read(&line, r->line, r->variant, stderr)) {
		code = EXIT_CONFIG;
	} else if (line->config.n_stations == 0) {
		fprintf(stderr, "pollux validate: %s: there are no stations\n", r->line);
		code = EXIT_CONFIG;
	} else {
		code = learn_into(&learnt, &call.learn, line);
	}
	if (code == EXIT_DONE) {
		code = validate(&call, r, line, &learnt);
	}
	line_learning_free(&learnt);
	line_file_free(line);
	routing_free(r);
	return code;
}

const struct command command_validate = {
	.name = "validate",
	.summary = "can the line make this product, at this rate",
	.help = "usage: pollux validate ROUTING [--json] [--learn CONFIG [--since T]]\n\n"
		"Holds the routing of a product (docs/line.md) against the line that it "
		"names:\n"
		"processes, ranges, tolerances (Cpk), tooling, payload, material, "
		"skills, lifting,\n"
		"the way between the stations, and the rate, from a simulation.  Says "
		"yes with the\n"
		"margin, its interval and the bottleneck, or every reason why not, each "
		"with the\n"
		"nearest value that would do.\n\n"
		"      --json          for the CI of a design office\n"
		"      --learn CONFIG  the line as it is: with cycle times, failures and "
		"scrap out\n"
		"                      of that gateway's history (`tags:` of stations), "
		"since T,\n"
		"                      default 7d; --since T\n\n"
		"Exit code 0: yes, 1: no, 2: usage, 3: a file is not valid.\n",
	.run = run,
};
