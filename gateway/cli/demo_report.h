/* SPDX-License-Identifier: Apache-2.0 */
/** The summary of `pollux demo`: what happened, and what of it is wrong. */
#ifndef GATEWAY_CLI_DEMO_REPORT_H
#define GATEWAY_CLI_DEMO_REPORT_H

#include <stdio.h>

#include "gateway/cli/demo_world.h"

struct demo_report {
	bool has_status; /* the gateway answered while it ran */
	double uptime_s;
	int64_t polls, overruns; /* of all devices */
	int64_t produced, stored, dropped;
	int64_t published; /* messages acknowledged, at the moment of the status */
	int64_t delivered, pending, evicted; /* rows, from the file after the end */
	int64_t stored_at_end;
	struct witnessed witnessed;
	int gateway_exit;
};

/** While the gateway runs. */
void demo_report_take(struct demo_report *r, struct demo_world *w);

/** After it has stopped. */
void demo_report_finish(struct demo_report *r, struct demo_world *w);

/** @return is everything as it should be? */
bool demo_report_print(const struct demo_report *r, FILE *out);

#endif
