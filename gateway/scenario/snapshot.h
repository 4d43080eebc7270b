/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where a gateway's twin stands at one moment: what scenarios start from.  Taken from a
 * twin in this process, or from a running gateway as JSON, over its local socket: once
 * taken, nothing leads back.
 */
#ifndef GATEWAY_SCENARIO_SNAPSHOT_H
#define GATEWAY_SCENARIO_SNAPSHOT_H

#include <jansson.h>

#include "gateway/forecast_log.h"
#include "gateway/versions.h"
#include "twin/scenario/rollout.h"

struct snapshot_component {
	const char *why; /* it cannot be run ahead: static text; NULL: it can */
	int64_t version; /* of its parameters; 0: the configuration's */
	struct rollout_start start;
};

/** How far off a tag is to be expected so far ahead. */
struct snapshot_band {
	uint32_t tag;
	double horizon_s;
	double half;  /* in the tag's unit, of 95 % */
	double skill; /* of forecasts with the inputs as they came; NAN: no record */
	uint32_t n;   /* outcomes behind it; 0: twice the filter's sigma */
};

/** Owns its arrays. */
struct snapshot {
	int64_t ts_us; /* UTC */
	double *tags;  /* by index of the configuration; NAN: not known */
	struct snapshot_component *components; /* likewise */
	struct snapshot_band *bands;           /* by tag, horizons rising */
	size_t n_bands;
};

/** What it is taken from; all borrowed. */
struct snapshot_parts {
	const struct config *config;
	const struct twin *twin;
	const struct forecast_log *forecasts; /* NULL: there is no record */
	const struct versions *versions;      /* NULL: none is in force */
	struct sample (*latest)(void *arg, uint32_t tag);
	void *arg;
	int64_t wall_us;
};

/** @return 0 or -ENOMEM; snapshot_fini() either way */
int snapshot_take(struct snapshot *out, const struct snapshot_parts *parts);
void snapshot_fini(struct snapshot *s);

/**
 * The same of a moment that is past, out of the history: the twin lives through the last
 * minutes before it again, with what it has learnt (twin.state) and the parameters that
 * were in force.
 * @param say  what is missing, for a person
 * @return 0 or a negative errno; snapshot_fini() either way
 */
int snapshot_recall(struct snapshot *out, const struct config *cfg, int64_t at_us,
                    FILE *say);

/** Tags that components are tied to, and those in names ("D/T D/T"), components, bands.
 * @return new reference, or NULL where memory ran out */
json_t *snapshot_json(const struct snapshot *s, const struct config *cfg,
                      const char *names);

/**
 * The same read back, for the same configuration.
 * @param why  room for 200 bytes: what does not fit
 * @return 0, -ENOMEM; -EBADMSG: it is not one; -ESTALE: of another configuration;
 *         snapshot_fini() either way
 */
int snapshot_read(struct snapshot *out, const struct config *cfg, const json_t *json,
                  char *why);

/** Half width of the band of a tag t_s ahead: linear between horizons, from 0 at once;
 * beyond the last it grows as the square root of time.  NAN: nothing is known, or
 * forecasts of it are no better than no change. */
double snapshot_half(const struct snapshot *s, uint32_t tag, double t_s);

#endif
