/* SPDX-License-Identifier: Apache-2.0 */
/* pollux validate: can the line make this product? */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/line/routing.h"

extern const struct command command_validate;

struct call {
	const char *path;
	bool json;
};

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {{"json", no_argument, NULL, 'J'}, {0}};

	optind = 1;
	for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		if (option != 'J') {
			return command_usage(argv[0], "what is that?");
		}
		call->json = true;
	}
	if (optind >= argc) {
		return command_usage(argv[0], "ROUTING is missing");
	}
	call->path = argv[optind++];
	return optind < argc
	               ? command_usage(argv[0], "'%s' is one too many", argv[optind])
	               : EXIT_DONE;
}

static enum exit_code validate(const struct call *call, const struct routing *r,
                               struct line_setup *line)
{
	struct routing_verdict *v = calloc(1, sizeof(*v));
	int err = v ? routing_judge(v, r, line) : -ENOMEM;
	enum exit_code code = EXIT_FAILED;

	if (err) {
		fprintf(stderr, "pollux validate: %s: %s\n", r->line, strerror(-err));
	} else if (call->json) {
		command_print_json(stdout, routing_json(v));
	} else {
		routing_print(stdout, v);
	}
	if (!err && v->n_reasons == 0) {
		code = EXIT_DONE;
	}
	free(v);
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.path = NULL};
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
		code = validate(&call, r, line);
	}
	line_file_free(line);
	routing_free(r);
	return code;
}

const struct command command_validate = {
	.name = "validate",
	.summary = "can the line make this product, at this rate",
	.help = "usage: pollux validate ROUTING [--json]\n\n"
		"Holds the routing of a product (docs/line.md) against the line that it "
		"names:\n"
		"processes, ranges, tolerances (Cpk), tooling, payload, material, "
		"skills, lifting,\n"
		"the way between the stations, and the rate, from a simulation.  Says "
		"yes with the\n"
		"margin, its interval and the bottleneck, or every reason why not, each "
		"with the\n"
		"nearest value that would do.\n\n"
		"      --json  for the CI of a design office\n\n"
		"Exit code 0: yes, 1: no, 2: usage, 3: a file is not valid.\n",
	.run = run,
};
