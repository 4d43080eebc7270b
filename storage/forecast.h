/* SPDX-License-Identifier: Apache-2.0 */
/** What a component's model said of an output to come, as kept in the view `forecasts`:
 * first without its outcome, then again with it. */
#ifndef STORAGE_FORECAST_H
#define STORAGE_FORECAST_H

#include <stdint.h>

struct history;

struct forecast {
	int64_t id;      /* ts_us and a running number below 1e6: unique, and in order */
	int64_t ts_us;   /* UTC, when it was made */
	uint32_t device; /* the component's index */
	uint32_t tag;    /* gateway-wide index of the output's tag */
	double horizon_s;
	double predicted, low, high; /* in the tag's unit; low, high NAN: no band */
	double actual;               /* NAN: not due yet, or there was no reading */
	double error;                /* actual less predicted */
	double persistence;          /* actual less what it was at ts_us */
};

/** Keep it, in place of one with the same id.
 * @return as history_append() */
int forecast_put(struct history *h, const struct forecast *f);

#endif
