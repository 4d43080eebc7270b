/* SPDX-License-Identifier: Apache-2.0 */
/* pollux commission: a script against plant and PLC. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/command.h"
#include "gateway/commission/page.h"
#include "gateway/commission/stand_line.h"
#include "gateway/commission/table.h"

extern const struct command command_commission;

struct call {
	const char *script, *report, *junit, *target;
	bool json;
};

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {
		{"report", required_argument, NULL, 'r'},
		{"junit", required_argument, NULL, 'j'},
		{"json", no_argument, NULL, 'J'},
		{"target", required_argument, NULL, 't'},
		{0},
	};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (option == 'r') {
			call->report = optarg;
		} else if (option == 'j') {
			call->junit = optarg;
		} else if (option == 'J') {
			call->json = true;
		} else if (option == 't') {
			call->target = optarg;
		} else {
			return command_usage(argv[0],
			                     option == ':' ? "%s needs a value"
			                                   : "no option %s",
			                     argv[optind - 1]);
		}
	}
	if (optind >= argc) {
		return command_usage(argv[0], "SCRIPT is missing");
	}
	call->script = argv[optind++];
	if (optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	return EXIT_DONE;
}

static void print_report(FILE *out, const void *what, const char *date)
{
	page_print(out, what, date);
}

static void print_junit(FILE *out, const void *what, const char *date)
{
	table_print_junit(out, what, date);
}

static enum exit_code say(const struct call *call, const struct campaign *c)
{
	enum exit_code code = EXIT_DONE;

	if (call->json) {
		table_print_json(stdout, c);
	} else {
		table_print(stdout, c, command_is_terminal(STDOUT_FILENO));
	}
	if (call->report) {
		code = command_write_file(call->report, print_report, c);
	}
	if (code == EXIT_DONE && call->junit) {
		code = command_write_file(call->junit, print_junit, c);
	}
	if (code != EXIT_DONE) {
		return code;
	}
	return c->passed == c->n_rows ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code commission(const struct call *call, struct script *script)
{
	struct stand_line *line = NULL;
	struct campaign *c = NULL;
	enum exit_code code = EXIT_CONFIG;
	int err = stand_line_open(&line, script, stderr);

	if (!err) {
		err = script_bind(script, stand_line_stand(line), stderr);
	}
	if (!err) {
		code = EXIT_FAILED;
		err = campaign_run(&c, script, stand_line_stand(line));
	}
	if (!err) {
		code = say(call, c);
		stand_line_tell(line, stderr);
	} else if (err != -EINVAL || code == EXIT_FAILED) {
		fprintf(stderr, "pollux commission: %s\n", strerror(-err));
	}
	campaign_free(c);
	stand_line_close(line);
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.script = NULL};
	struct script *script = NULL;
	enum exit_code code = parse(&call, argc, argv);

	if (code != EXIT_DONE) {
		return code;
	}
	if (script_read(&script, call.script, stderr)) {
		return EXIT_CONFIG;
	}
	script->target = call.target;
	code = commission(&call, script);
	script_free(script);
	return code;
}

const struct command command_commission = {
	.name = "commission",
	.summary = "run a commissioning script against plant and PLC",
	.help = "usage: pollux commission SCRIPT [--report FILE.html] [--junit "
		"FILE.xml]\n"
		"                         [--json] [--target tcp://HOST:PORT]\n\n"
		"Runs the scenarios of SCRIPT (docs/commissioning.md) against the "
		"virtual\n"
		"plant and its PLC program, stepped, as fast as it goes: sets, presses,\n"
		"waits, injects faults, and judges every requirement at every cycle.  "
		"The\n"
		"same script gives the same bytes but for the date; SOURCE_DATE_EPOCH\n"
		"fixes that too.\n\n"
		"  --report FILE  one HTML page: verdicts, trends with what was "
		"violated,\n"
		"                 faults against what the twin raised, coverage\n"
		"  --junit FILE   for a CI server\n"
		"  --json         everything found, instead of the table\n"
		"  --target ADDR  in real time, against a PLC that is a Modbus server:\n"
		"                 the plant drives it as `pollux sim --plc` does; the\n"
		"                 steps of `reset:` come before each scenario, and what\n"
		"                 names a variable that the PLC does not show is not\n"
		"                 judged\n\n"
		"Exit code 0: every requirement passed, 1: some did not, 2: usage,\n"
		"3: script, plant or program is not valid.\n",
	.run = run,
};
