/* SPDX-License-Identifier: Apache-2.0 */
/** What a running gateway says of itself: the texts of `pollux status`, `top`, `read`. */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

#include "gateway/bus.h"
#include "gateway/forecast_log.h"
#include "gateway/outlook.h"
#include "gateway/versions.h"

/** Everything status looks at; borrowed. */
struct status_parts {
	const struct config *config;
	struct bus *bus;
	struct poller *poller;
	struct publisher *publisher; /* NULL: no destination */
	struct writer *writer;
	struct twin *twin;
	struct forecast_log *forecasts; /* NULL: none */
	struct outlook *outlook;        /* NULL: none */
	struct versions *versions;
	uint64_t started_ns;   /* monotonic */
	int64_t stored_before; /* rows in the history at start */
};

/**
 * The whole status as one JSON object:
 * version, gateway, pid, uptime_s, clock_synced, produced, stored, queued, dropped (by
 * reason), readings, reduced, destinations, devices, components, history, forecasts,
 * outlook, tags, alarms.
 *
 * produced = stored + dropped at every moment: a sample counts as produced when the
 * history has it or lost it; queued are those still on the way.
 * @return text from malloc(), or NULL
 */
char *status_json(const struct status_parts *p);

/**
 * How a device is polled: reads, overruns, requests, answers, late_answers, registers,
 * errors, rtt, bus_load_ratio, groups, as they stand in status_json()'s devices.
 * @return members of a JSON object without its braces, from malloc(), or NULL
 */
char *status_figures(const struct status_parts *p, uint32_t device);

/** All tags' latest states, an array of the objects of P/D/T/state with the active
 * alarm's kind added as `alarm`.  @return text from malloc(), or NULL */
char *status_tags_json(const struct status_parts *p);

#endif
