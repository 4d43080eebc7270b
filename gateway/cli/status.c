/* SPDX-License-Identifier: Apache-2.0 */
/* pollux status: how the gateway is. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/view.h"
#include "storage/reader.h"

extern const struct command command_status;

enum { FORECASTS_SHOWN = 16 }; /* and outlooks, without -v */

/* No gateway runs: what its history holds. */
static json_t *status_of_file(const struct config *cfg, int *err)
{
	struct history_counts counts;
	const char *names[DESTINATIONS_MAX] = {NULL};
	struct reader *reader = NULL;
	char *path = NULL;
	json_t *o, *list;

	if (asprintf(&path, "%s/history.db", cfg->state_dir) < 0) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = reader_open(&reader, path);
	if (!*err) {
		*err = reader_counts(reader, &counts, names);
	}
	free(path);
	if (*err) {
		reader_close(reader);
		return NULL;
	}
	list = json_array();
	for (size_t i = 0; i < DESTINATIONS_MAX && names[i]; i++) {
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I, s:I}", "name", names[i],
		                        "delivered", counts.destination[i].delivered,
		                        "pending", counts.destination[i].pending,
		                        "evicted", counts.destination[i].evicted));
	}
	o = json_pack("{s:b, s:s, s:s, s:I, s:o}", "running", 0, "version",
	              POLLUX_VERSION, "gateway", cfg->gateway_id, "stored", counts.stored,
	              "destinations", list);
	reader_close(reader);
	return o;
}

static void print_file_status(const json_t *status)
{
	const json_t *d;
	size_t i;

	printf("the gateway is not running; its history holds %lld samples ever stored\n",
	       (long long)json_integer_value(json_object_get(status, "stored")));
	json_array_foreach(json_object_get(status, "destinations"), i, d)
	{
		printf("%s: delivered %lld, pending %lld, evicted %lld\n",
		       json_string_value(json_object_get(d, "name")),
		       (long long)json_integer_value(json_object_get(d, "delivered")),
		       (long long)json_integer_value(json_object_get(d, "pending")),
		       (long long)json_integer_value(json_object_get(d, "evicted")));
	}
}

static void print_status(const struct config *cfg, const json_t *status, bool verbose)
{
	bool colour = command_is_terminal(STDOUT_FILENO);
	int err;
	json_t *tags = view_ask(cfg, "tags", &err);

	view_status(stdout, status, colour, verbose);
	view_forecasts(stdout, status, verbose ? SIZE_MAX : FORECASTS_SHOWN);
	view_outlook(stdout, status, verbose ? SIZE_MAX : FORECASTS_SHOWN);
	if (tags) {
		putchar('\n');
		view_tags(stdout, tags, SIZE_MAX, colour);
		json_decref(tags);
	}
}

static enum exit_code say_failed(const struct config *cfg, int err)
{
	fprintf(stderr, "pollux status: %s: %s\n", cfg->state_dir,
	        err == -ENOENT ? "no gateway runs here and there is no history"
	                       : strerror(-err));
	return err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
}

static enum exit_code status_with(const struct config *cfg, const struct view_args *args)
{
	int err;
	json_t *status = view_ask(cfg, "status", &err);
	bool running = status != NULL;

	if (running) {
		json_object_set_new(status, "running", json_true());
	} else if (err == -ENOENT || err == -ECONNREFUSED) {
		status = status_of_file(cfg, &err);
	}
	if (!status) {
		return say_failed(cfg, err);
	}
	if (args->json) {
		json_dumpf(status, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (running) {
		print_status(cfg, status, args->verbose);
	} else {
		print_file_status(status);
	}
	json_decref(status);
	return EXIT_DONE;
}

static enum exit_code run(int argc, char **argv)
{
	struct view_args args;
	enum exit_code code = view_parse("status", argc, argv, &args);
	struct config *cfg;

	if (code != EXIT_DONE) {
		return code;
	}
	if (config_load(&cfg, args.path, stderr)) {
		return EXIT_CONFIG;
	}
	code = status_with(cfg, &args);
	config_free(cfg);
	return code;
}

const struct command command_status = {
	.name = "status",
	.summary = "how a running gateway is: devices, tags, delivery",
	.help = "usage: pollux status [-c FILE] [-v | --json]\n\n"
		"Asks the gateway that runs with this configuration over its local "
		"socket; when\n"
		"none runs, says what its history holds.\n\n"
		"  -c, --config FILE  configuration, default " CONFIG_PATH "\n"
		"  -v, --verbose      how each device and poll group is polled: real "
		"intervals,\n"
		"                     round trips, bus load, errors by reason\n"
		"      --json         one JSON object\n\n"
		"Of each output of a component that is measured: what its model's "
		"forecasts were\n"
		"worth.  skill is 1 less their error over that of saying it stays as it "
		"is; of\n"
		"model, the same with the inputs as they came; held, the share of "
		"outcomes within\n"
		"the band.  Then what moves towards its limit, and when it will be "
		"there.\n\n"
		"The balance holds at all times: produced = stored + dropped, and for "
		"each\n"
		"destination stored = delivered + pending + evicted (samples).  With QoS "
		"0 a\n"
		"sample counts as delivered once it is written to the socket.\n",
	.run = run,
};
