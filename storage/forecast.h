/* SPDX-License-Identifier: Apache-2.0 */
/** What a component's model said of an output to come, as kept in the view `forecasts`:
 * first without its outcome, then again with it. */
#ifndef STORAGE_FORECAST_H
#define STORAGE_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;
struct reader;

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
	/* Beside the view, for the record that bands are made of. */
	double half;        /* of the band's width, even where no band was told */
	double model_error; /* with the inputs as they came; NAN: no such run */
	bool in_alarm;      /* made or due in an alarm: kept apart */
};

/** Keep it, in place of one with the same id.
 * @return as history_append() */
int forecast_put(struct history *h, const struct forecast *f);

/**
 * Those of the newest max rows that have had their outcome, the oldest first.
 * @param row  f's device and tag are EVENT_NOBODY, low and high NAN; component and tag
 *             ("DEVICE/TAG") borrowed for the call
 * @return number given, or a negative errno (-ETIMEDOUT: cut)
 */
int forecast_outcomes(struct reader *r, size_t max,
                      void (*row)(void *arg, const struct forecast *f,
                                  const char *component, const char *tag),
                      void *arg);

#endif
