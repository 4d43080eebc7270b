/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/learn.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/clock.h"
#include "gateway/config.h"

#define WEEK_US (INT64_C(7) * 86400 * 1000000)

enum exit_code learn_option(struct learn_call *call, int option)
{
	if (option == 'L') {
		call->config = optarg;
	} else if (option == 'S') {
		return clock_parse(optarg, clock_wall_us(), &call->since_us)
		               ? command_usage(call->command, "'%s' is no time", optarg)
		               : EXIT_DONE;
	} else { /* getopt_long() has said what it is */
		return command_usage(call->command, "what is that?");
	}
	return EXIT_DONE;
}

static bool knows(const struct config *cfg, const struct learn_call *call,
                  const char *name, const char *station)
{
	if (!name || config_tag(cfg, name) >= 0) {
		return true;
	}
	fprintf(stderr, "pollux %s: %s has no tag '%s' (of %s)\n", call->command,
	        call->config, name, station);
	return false;
}

static bool knows_tags(const struct config *cfg, const struct learn_call *call,
                       const struct line_setup *setup)
{
	bool all = true;

	for (size_t i = 0; i < setup->config.n_stations; i++) {
		const struct line_module *m = &setup->modules[i];
		const char *const names[] = {m->tags.count, m->tags.rejects, m->tags.down,
		                             m->tags.busy, m->life};
		const char *station = setup->config.stations[i].id;

		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			all = knows(cfg, call, names[k], station) && all;
		}
		for (size_t k = 0; k < m->n_can; k++) {
			for (size_t q = 0; q < m->can[k].n_ranges; q++) {
				all = knows(cfg, call, m->can[k].ranges[q].deviation,
				            station) &&
				      all;
			}
		}
	}
	return all;
}

static enum exit_code read_history(struct line_learning *out, const struct config *cfg,
                                   const struct learn_call *call,
                                   struct line_setup *setup)
{
	struct reader *reader = NULL;
	char *path = NULL;
	int err;

	if (!knows_tags(cfg, call, setup)) {
		return EXIT_CONFIG;
	}
	out->config = cfg;
	err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;

	if (!err) {
		err = reader_open(&reader, path);
		free(path);
	}
	err = err ? err : line_learn(out, setup, reader);
	reader_close(reader);
	if (err) {
		fprintf(stderr, "pollux %s: %s: %s\n", call->command, cfg->state_dir,
		        err == -ENOENT ? "there is no history yet" : strerror(-err));
	}
	return !err ? EXIT_DONE : err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
}

enum exit_code learn_into(struct line_learning *out, const struct learn_call *call,
                          struct line_setup *setup)
{
	struct config *cfg = NULL;
	enum exit_code code;

	*out = (struct line_learning){.until_us = clock_wall_us(),
	                              .since_us = call->since_us};
	if (!call->config) {
		return EXIT_DONE;
	}
	if (out->since_us == INT64_MIN) {
		out->since_us = out->until_us - WEEK_US;
	}
	if (config_load(&cfg, call->config, stderr)) {
		return EXIT_CONFIG;
	}
	code = read_history(out, cfg, call, setup);
	config_free(cfg);
	if (code == EXIT_DONE && out->n == 0) {
		fprintf(stderr,
		        "pollux %s: no station has `tags:` that a gateway could tell "
		        "of\n",
		        call->command);
		code = EXIT_CONFIG;
	}
	return code;
}
