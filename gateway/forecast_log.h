/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the components' models say of the time to come (twin.forecasts), and what became
 * of it: view `forecasts`.  A forecast holds the inputs as they are, and its band is made
 * of the errors of such forecasts; beside them stands a second run with the inputs as
 * they came, whose errors are the model's alone.  The history has all that the record is
 * made of, and is where it comes from at the start. Pure but for the functions that it is
 * lent; loop thread.
 */
#ifndef GATEWAY_FORECAST_LOG_H
#define GATEWAY_FORECAST_LOG_H

#include "gateway/config.h"
#include "storage/forecast.h"
#include "twin/scenario/record.h"

/** Share of the outcomes that a band is to hold. */
#define FORECAST_LEVEL 0.95

/** What is lent; borrowed until forecast_log_free(). */
struct forecast_parts {
	const struct config *config;
	const struct twin *twin;
	/** The tag's latest sample. */
	struct sample (*latest)(void *arg, uint32_t tag);
	/** Has the tag an alarm? */
	bool (*alarmed)(void *arg, uint32_t tag);
	/** Keep a forecast; one with the same id is replaced. */
	void (*put)(void *arg, const struct forecast *f);
	void *arg;
};

struct forecast_log;

/** @return 0 or -ENOMEM */
int forecast_log_new(struct forecast_log **out, const struct forecast_parts *parts,
                     uint64_t now_ns);
void forecast_log_free(struct forecast_log *log);

/** Take up the record of before from the history.  Forecasts that were under way then
 * have no outcome.  @return how many outcomes, or a negative errno */
int forecast_log_recall(struct forecast_log *log, struct reader *reader);

/** Each second: make what is to be made, score what has come due.
 * @param now_ns  the axis of twin_merge(); wall_us: UTC */
void forecast_log_tick(struct forecast_log *log, uint64_t now_ns, int64_t wall_us);

/** One output at one horizon. */
struct forecast_figures {
	uint32_t device, tag;
	double horizon_s;
	struct record_score told;  /* as told, with the inputs held */
	struct record_score model; /* with the inputs as they came; no coverage */
	struct record_score apart; /* as told, but made or due in an alarm */
	double band;               /* half width from what was told; NAN: too short yet */
	double model_band;         /* likewise, from runs with the inputs as they came */
};

/** What the record says of forecasts at a horizon; static. */
const char *forecast_log_verdict(const struct record_score *told);

/** The i-th; false beyond the last. */
bool forecast_log_figures(const struct forecast_log *log, size_t i,
                          struct forecast_figures *out);

#endif
