/* SPDX-License-Identifier: Apache-2.0 */
/* pollux whatif: scenarios ahead of the machine. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/clock.h"
#include "gateway/config/config_file.h"
#include "gateway/html/document.h"
#include "gateway/scenario/apart.h"
#include "gateway/scenario/start.h"
#include "gateway/scenario/whatif_view.h"

extern const struct command command_whatif;

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

struct call {
	const char *config, *scenario, *page;
	struct start_wish start;
	struct scenario_wish wish;
	enum form form;
};

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
			return command_usage("whatif", "'%s' is no horizon: 10min, 1h",
			                     optarg);
		}
		call->wish.horizon_s = (double)ms / 1000;
		return EXIT_DONE;
	case 'a':
		return clock_parse(optarg, clock_wall_us(), &call->start.at_us)
		               ? command_usage("whatif", "'%s' is no time", optarg)
		               : EXIT_DONE;
	case 's':
		call->wish.seed = strtoll(optarg, &end, 10);
		return *end || call->wish.seed < 0
		               ? command_usage("whatif", "'%s' is no seed", optarg)
		               : EXIT_DONE;
	case 'S':
		call->start.file = optarg;
		return EXIT_DONE;
	case 'k':
		call->start.keep = optarg;
		return EXIT_DONE;
	case 'o':
		call->page = optarg;
		return EXIT_DONE;
	case 'C':
		call->form = FORM_CSV;
		return EXIT_DONE;
	case 'J':
		call->form = FORM_JSON;
		return EXIT_DONE;
	default:
		return command_usage("whatif", "what is '%s'?", optarg ? optarg : "that");
	}
}

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {
		{"config", required_argument, NULL, 'c'},
		{"horizon", required_argument, NULL, 'h'},
		{"at", required_argument, NULL, 'a'},
		{"seed", required_argument, NULL, 's'},
		{"state", required_argument, NULL, 'S'},
		{"keep-state", required_argument, NULL, 'k'},
		{"output", required_argument, NULL, 'o'},
		{"csv", no_argument, NULL, 'C'},
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
		return command_usage(argv[0], "SCENARIO is missing");
	}
	call->scenario = argv[optind++];
	if (optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	if (call->start.file && call->start.at_us != INT64_MIN) {
		return command_usage(argv[0], "--at or --state, not both");
	}
	return EXIT_DONE;
}

/* What the process of the scenarios has. */
struct ahead {
	const struct call *call;
	const struct config *cfg;
	const struct snapshot *snapshot;
	const struct scenario_setup *setup;
};

static int print(const struct call *call, const struct whatif *w, FILE *out, FILE *page)
{
	char date[DOCUMENT_DATE_BYTES];
	json_t *json;

	if (call->form == FORM_CSV) {
		whatif_print_csv(out, w);
	} else if (call->form == FORM_JSON) {
		json = whatif_json(w);
		json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
		fputc('\n', out);
		json_decref(json);
	} else {
		whatif_print(out, w);
	}
	if (fflush(out) || ferror(out)) {
		return EXIT_FAILED;
	}
	if (page) {
		document_date(date);
		whatif_print_page(page, w, date);
	}
	return EXIT_DONE;
}

static int foresee(void *arg, FILE *out, FILE *page)
{
	const struct ahead *a = arg;
	struct foresights *f = NULL;
	int err = foresights_run(&f, a->setup, a->snapshot), code = EXIT_FAILED;

	if (err) {
		fprintf(stderr, "pollux whatif: %s\n", strerror(-err));
	} else {
		code = print(a->call,
		             &(struct whatif){.config = a->cfg,
		                              .snapshot = a->snapshot,
		                              .foresights = f},
		             out, page);
	}
	foresights_free(f);
	return code;
}

/* In a process that cannot do anything but that. */
static enum exit_code run_apart(struct ahead *a, FILE *page)
{
	FILE *const out[2] = {stdout, page};
	int code = apart_run(foresee, a, out);

	if (code < 0) {
		fprintf(stderr, "pollux whatif: the process of the scenarios: %s\n",
		        strerror(-code));
	}
	return code < 0 ? EXIT_FAILED : (enum exit_code)code;
}

static FILE *open_page(const char *path, enum exit_code *code)
{
	FILE *page = path ? fopen(path, "we") : NULL;

	if (path && !page) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		*code = EXIT_FAILED;
	}
	return page;
}

static enum exit_code whatif(struct call *call, const struct config *cfg,
                             const char *text)
{
	char *names = scenario_file_names(text, cfg);
	struct scenario_setup *setup = NULL;
	struct snapshot snapshot = {.ts_us = 0};
	enum exit_code code = EXIT_DONE;
	FILE *page = NULL;

	call->start.names = names ? names : "";
	call->wish.path = call->scenario;
	call->wish.text = text;
	call->wish.cfg = cfg;
	call->wish.snapshot = &snapshot;
	if (start_snapshot(&snapshot, cfg, &call->start, stderr)) {
		code = EXIT_FAILED;
	} else if (scenario_file_read(&setup, &call->wish, stderr)) {
		code = EXIT_CONFIG;
	} else {
		page = open_page(call->page, &code);
	}
	if (code == EXIT_DONE) {
		code = run_apart(&(struct ahead){call, cfg, &snapshot, setup}, page);
	}
	if (page && fclose(page)) {
		fprintf(stderr, "%s: error: %s\n", call->page, strerror(errno));
		code = EXIT_FAILED;
	}
	scenario_file_free(setup);
	snapshot_fini(&snapshot);
	call->wish.snapshot = NULL;
	call->start.names = NULL;
	free(names);
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.config = CONFIG_PATH,
	                    .start = {.at_us = INT64_MIN},
	                    .wish = {.seed = -1}};
	enum exit_code code = parse(&call, argc, argv);
	struct arena arena = {0};
	struct config *cfg = NULL;
	char *text;
	size_t n;
	int err;

	if (code != EXIT_DONE) {
		return code;
	}
	err = config_file_read(call.scenario, false, &arena, &text, &n);
	if (err) {
		fprintf(stderr, "%s: error: %s\n", call.scenario, config_file_error(err));
		code = EXIT_CONFIG;
	} else if (config_load(&cfg, call.config, stderr)) {
		code = EXIT_CONFIG;
	} else {
		code = whatif(&call, cfg, text);
	}
	config_free(cfg);
	arena_free(&arena);
	return code;
}

const struct command command_whatif = {
	.name = "whatif",
	.summary = "run scenarios ahead from where the machine stands",
	.help = "usage: pollux whatif SCENARIO [-c FILE] [--horizon T] [--at T] [--csv | "
		"--json]\n"
		"                     [--output FILE.html]\n\n"
		"Runs the scenarios of the file SCENARIO (docs/scenarios.md) ahead, each "
		"beside\n"
		"`as-now`, from where the twin of the running gateway stands: its "
		"states and\n"
		"their covariance, its inputs and the parameters in force, taken at "
		"once.  What\n"
		"is shown has the band of the gateway's own record of forecasts.  It "
		"cannot\n"
		"write anything to the machine: it runs in a process that has no way "
		"to it.\n\n"
		"  -c, --config FILE  the gateway's configuration, default " CONFIG_PATH
		"\n"
		"      --horizon T    how far ahead, in place of the file's: 30min, 8h\n"
		"      --at T         from the history at that time: "
		"2026-01-02T03:04:05Z,"
		" 2h (ago)\n"
		"      --state FILE   from a snapshot that --keep-state FILE has kept\n"
		"      --seed N       of what is drawn, in place of the file's\n"
		"      --csv, --json  all courses with their bands, instead of the "
		"table\n"
		"      --output FILE  also one HTML page with the courses\n\n"
		"The same file, state and seed give the same bytes.\n"
		"Exit code 1: no state to start from, 2: usage, 3: a file is not "
		"valid.\n",
	.run = run,
};
