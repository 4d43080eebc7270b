/* SPDX-License-Identifier: Apache-2.0 */
/* pollux report: what a machine did, for who designs the next. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/clock.h"
#include "gateway/usage/usage_view.h"

extern const struct command command_report;

struct call {
	const char *config, *page, *envelope;
	int64_t since_us, until_us;
	bool csv, json;
	uint32_t tags[USAGE_TAGS_MAX];
	size_t n_tags;
};

static enum exit_code take_option(struct call *call, int option)
{
	int64_t *time = option == 's' ? &call->since_us : &call->until_us;

	switch (option) {
	case 'c':
		call->config = optarg;
		return EXIT_DONE;
	case 's':
	case 'u':
		return clock_parse(optarg, clock_wall_us(), time)
		               ? command_usage("report", "'%s' is no time", optarg)
		               : EXIT_DONE;
	case 'o':
		call->page = optarg;
		return EXIT_DONE;
	case 'e':
		call->envelope = optarg;
		return EXIT_DONE;
	case 'C':
		call->csv = true;
		return EXIT_DONE;
	case 'J':
		call->json = true;
		return EXIT_DONE;
	default:
		return command_usage("report", "what is '%s'?", optarg ? optarg : "that");
	}
}

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {{"config", required_argument, NULL, 'c'},
	                                      {"since", required_argument, NULL, 's'},
	                                      {"until", required_argument, NULL, 'u'},
	                                      {"output", required_argument, NULL, 'o'},
	                                      {"envelope", required_argument, NULL, 'e'},
	                                      {"csv", no_argument, NULL, 'C'},
	                                      {"json", no_argument, NULL, 'J'},
	                                      {0}};
	enum exit_code code = EXIT_DONE;

	optind = 1;
	for (int option; code == EXIT_DONE &&
	                 (option = getopt_long(argc, argv, "c:", table, NULL)) != -1;) {
		code = take_option(call, option);
	}
	if (code == EXIT_DONE && !(call->since_us < call->until_us)) {
		return command_usage(argv[0], "--since is not before --until");
	}
	return code;
}

static enum exit_code find_tags(struct call *call, const struct config *cfg, char **names)
{
	for (; *names; names++) {
		int64_t tag = config_tag(cfg, *names);

		if (tag < 0 || (size_t)tag >= cfg->n_field_tags) {
			return command_usage("report", "there is no tag '%s' of a device",
			                     *names);
		}
		if (call->n_tags == USAGE_TAGS_MAX) {
			return command_usage("report", "at most %d tags", USAGE_TAGS_MAX);
		}
		call->tags[call->n_tags++] = (uint32_t)tag;
	}
	return EXIT_DONE;
}

static void print_page(FILE *out, const void *what, const char *date)
{
	usage_print_page(out, what, date);
}

static enum exit_code say(const struct call *call, const struct usage *u)
{
	if (call->json) {
		command_print_json(stdout, usage_json(u));
	} else if (call->csv) {
		usage_print_csv(stdout, u);
	} else {
		usage_print(stdout, u);
	}
	return call->page ? command_write_file(call->page, print_page, u) : EXIT_DONE;
}

static enum exit_code report(const struct call *call, const struct config *cfg,
                             const struct envelope_file *envelope)
{
	struct usage_wish wish = {.since_us = call->since_us,
	                          .until_us = call->until_us,
	                          .tags = call->tags,
	                          .n_tags = call->n_tags};
	struct reader *reader = NULL;
	struct usage *u = NULL;
	enum exit_code code = EXIT_FAILED;
	char *path = NULL;
	int err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;

	wish.envelope = envelope_limits(envelope, &wish.n_envelope);
	wish.machines = envelope_machines(envelope, &wish.n_machines);
	err = err ? err : reader_open(&reader, path);
	err = err ? err : usage_read(&u, reader, cfg, &wish);
	if (err) {
		fprintf(stderr, "pollux report: %s/history.db: %s\n", cfg->state_dir,
		        err == -ENOENT ? "there is no history yet" : strerror(-err));
		code = err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
	} else {
		code = say(call, u);
	}
	usage_free(u);
	reader_close(reader);
	free(path);
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.config = CONFIG_PATH};
	struct envelope_file *envelope = NULL;
	struct config *cfg = NULL;
	enum exit_code code;

	call.until_us = clock_wall_us();
	call.since_us = call.until_us - INT64_C(86400) * 1000000;
	code = parse(&call, argc, argv);
	if (code == EXIT_DONE && config_load(&cfg, call.config, stderr)) {
		code = EXIT_CONFIG;
	}
	code = code == EXIT_DONE ? find_tags(&call, cfg, argv + optind) : code;
	if (code == EXIT_DONE && call.envelope &&
	    envelope_read(&envelope, call.envelope, cfg, stderr)) {
		code = EXIT_CONFIG;
	}
	code = code == EXIT_DONE ? report(&call, cfg, envelope) : code;
	envelope_free(envelope);
	config_free(cfg);
	return code;
}

const struct command command_report = {
	.name = "report",
	.summary = "what the machine did, for those who design the next",
	.help = "usage: pollux report [DEVICE/TAG]... [-c FILE] [--since T] [--until T]\n"
		"                     [--envelope FILE] [--output FILE.html] [--csv | "
		"--json]\n\n"
		"From the history: how long each tag was at which level and in which "
		"state of the\n"
		"twin, the cycles that it went through (rainflow, ASTM E1049), starts "
		"and hours of\n"
		"switches, alarms by kind, parameters of models by version, and where "
		"its use left\n"
		"the envelope that it was designed for.  Reads beside a running "
		"gateway.\n\n"
		"  -c, --config FILE    the gateway's configuration, default " CONFIG_PATH
		"\n"
		"      --since, --until T  2026-01-02T03:04:05Z, 7d (ago); default: the "
		"last day\n"
		"      --envelope FILE  limits of tags: docs/report.md\n"
		"      --output FILE    also one HTML page with the spectra\n"
		"      --csv, --json    the spectra, or everything, instead of the "
		"table\n",
	.run = run,
};
