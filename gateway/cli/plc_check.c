/* SPDX-License-Identifier: Apache-2.0 */
/* pollux plc check: is the program right? */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

#include "gateway/cli/plc.h"
#include "gateway/plc/listing.h"
#include "twin/plc/program.h"

static json_t *describe(const struct sources *s, const struct diagnosis *d)
{
	/* json_stringn(): a name of a file need not be UTF-8, then it is left out */
	return json_pack("{s:o?, s:I, s:I, s:I, s:s, s:o?}", "file",
	                 json_string(sources_name(s, d->at.file)), "line",
	                 (json_int_t)d->at.line, "column", (json_int_t)d->at.column,
	                 "length", (json_int_t)d->length, "severity",
	                 d->severity == SEVERITY_ERROR ? "error" : "warning", "text",
	                 json_string(d->text));
}

static void print_json(struct sources *s)
{
	json_t *list = json_array(), *all;
	size_t n;
	const struct diagnosis *d = sources_diagnoses(s, &n);

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, describe(s, &d[i]));
	}
	all = json_pack("{s:I, s:I, s:o}", "errors", (json_int_t)sources_errors(s),
	                "warnings", (json_int_t)sources_warnings(s), "diagnoses", list);
	if (all) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(all);
}

static enum exit_code check_files(char **paths, size_t n, bool json)
{
	struct sources *s;
	enum exit_code code = EXIT_DONE;
	int err = listing_read(&s, paths, n, stderr);

	if (err) {
		return EXIT_FAILED;
	}
	err = program_check(s);
	if (err) {
		fputs("plc check: the program is too large\n", stderr);
		code = EXIT_FAILED;
	} else if (json) {
		print_json(s);
	} else {
		listing_print(s, stdout);
		listing_print_summary(s, stdout);
	}
	if (!err && sources_errors(s) > 0) {
		code = EXIT_CONFIG;
	}
	sources_free(s);
	return code;
}

enum exit_code plc_check(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	bool json = false;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option != 'j') {
			return command_usage("plc", "no option '%s'", argv[optind - 1]);
		}
		json = true;
	}
	if (optind >= argc) {
		return command_usage("plc", "check needs a file");
	}
	return check_files(argv + optind, (size_t)(argc - optind), json);
}
