/* SPDX-License-Identifier: Apache-2.0 */
/* pollux whatif: scenarios ahead of the machine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/ahead.h"
#include "gateway/html/document.h"
#include "gateway/scenario/apart.h"
#include "gateway/scenario/whatif_view.h"

extern const struct command command_whatif;

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

struct call {
	struct ahead_call ahead;
	const char *scenario, *page;
	enum form form;
};

static enum exit_code take_option(struct call *call, int option)
{
	switch (option) {
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
		return ahead_option(&call->ahead, option);
	}
}

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {AHEAD_OPTIONS,
	                                      {"output", required_argument, NULL, 'o'},
	                                      {"csv", no_argument, NULL, 'C'},
	                                      {"json", no_argument, NULL, 'J'},
	                                      {0}};

	optind = 1;
	for (int option; (option = getopt_long(argc, argv, "c:", table, NULL)) != -1;) {
		if (take_option(call, option) != EXIT_DONE) {
			return EXIT_USAGE;
		}
	}
	call->scenario = ahead_operand(&call->ahead, argc, argv, "SCENARIO");
	return call->scenario ? EXIT_DONE : EXIT_USAGE;
}

/* What the process of the scenarios has. */
struct work {
	const struct call *call;
	const struct ahead *ahead;
};

static int print(const struct call *call, const struct whatif *w, FILE *out, FILE *page)
{
	char date[DOCUMENT_DATE_BYTES];

	if (call->form == FORM_CSV) {
		whatif_print_csv(out, w);
	} else if (call->form == FORM_JSON) {
		command_print_json(out, whatif_json(w));
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
	const struct work *work = arg;
	const struct ahead *a = work->ahead;
	struct foresights *f = NULL;
	int err = foresights_run(&f, a->setup, &a->snapshot), code = EXIT_FAILED;

	if (err) {
		fprintf(stderr, "pollux whatif: %s\n", strerror(-err));
	} else {
		const struct whatif w = {
			.config = a->config, .snapshot = &a->snapshot, .foresights = f};

		code = print(work->call, &w, out, page);
	}
	foresights_free(f);
	return code;
}

/* In a process that cannot do anything but that; the page's file is opened here. */
static enum exit_code run_apart(struct work *work)
{
	const char *path = work->call->page;
	FILE *const out[2] = {stdout, path ? fopen(path, "we") : NULL};
	int code;

	if (path && !out[1]) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		return EXIT_FAILED;
	}
	code = apart_run(foresee, work, out);
	if (code < 0) {
		fprintf(stderr, "pollux whatif: the process of the scenarios: %s\n",
		        strerror(-code));
	}
	if (out[1] && fclose(out[1])) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		code = -EIO;
	}
	return code < 0 ? EXIT_FAILED : (enum exit_code)code;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.ahead = AHEAD_CALL("whatif")};
	struct ahead ahead = {.config = NULL};
	enum exit_code code = parse(&call, argc, argv);

	if (code == EXIT_DONE) {
		code = ahead_open(&ahead, &call.ahead, call.scenario);
	}
	if (code == EXIT_DONE) {
		code = run_apart(&(struct work){&call, &ahead});
	}
	ahead_close(&ahead);
	return code;
}

const struct command command_whatif = {
	.name = "whatif",
	.summary = "run scenarios ahead from where the machine stands",
	.help = "usage: pollux whatif SCENARIO [-c FILE] [--horizon T] [--at T] [--csv | "
		"--json]\n"
		"                     [--output FILE.html]\n\n"
		"Runs the scenarios of the file SCENARIO (docs/scenarios.md; -: of "
		"stdin) "
		"ahead, each\n"
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
