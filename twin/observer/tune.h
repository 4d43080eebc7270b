/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How much noise a model needs: a row of filters over the same healthy readings that
 * differ in the scale of their process noise only.  The most likely is taken; what it
 * made of each reading is kept, since that is what innovations are like in health.
 */
#ifndef TWIN_OBSERVER_TUNE_H
#define TWIN_OBSERVER_TUNE_H

#include <stdint.h>

#include "twin/observer/observer.h"

/** Scales 0.01 to 100 in half decades; the middle one is 1. */
enum { TUNE_FILTERS = 9, TUNE_MIDDLE = TUNE_FILTERS / 2 };

struct tune {
	struct kalman filter[TUNE_FILTERS];
	double nis[TUNE_FILTERS];   /* sums over the rows recorded: NIS, */
	double nu2_r[TUNE_FILTERS]; /* and squared innovations over R */
	size_t sensors, capacity, rows;
	uint8_t *sizes; /* by row: its outputs */
	float *dt_s;    /* by row: since the one before */
	float *row_nis; /* by row and filter */
	float *nu;      /* by row, filter and sensor, SI; NAN: did not come */
	size_t counted; /* outputs of all rows */
};

/** What was found: Qc and R are to be multiplied by these. */
struct tune_result {
	double scale_qc, scale_r;
	double scale_qc_lost; /* of Qc while a sensor is lost: of the best filter */
	size_t filter;        /* whose x and P go on; P is to be multiplied by scale_r */
};

/** What a filter's process noise is, times that of the model. */
double tune_scale(size_t filter);

/**
 * @param capacity  rows, sensors: outputs of a row, at most
 * @return 0 or -ENOMEM; tune_fini() either way
 */
int tune_init(struct tune *t, size_t capacity, size_t sensors);
void tune_fini(struct tune *t);

/** All filters start from k; what was recorded stays. */
void tune_start(struct tune *t, const struct kalman *k);

/** Move all filters on; as observer_predict(), whose qc is that of the middle filter. */
int tune_predict(struct tune *t, const struct observer *o, const double *u, double dt_s);

/** A row to be recorded, dt_s after the last; false where the record is full. */
bool tune_row(struct tune *t, double dt_s);

/** What filter i made of that row; row r of it is of sensor sensors[r]. */
void tune_record(struct tune *t, size_t i, const struct kalman_rows *rows,
                 const uint8_t *sensors, const struct innovation *v);

/**
 * The stiffest filter whose innovations are about as small as those of the best: who
 * follows the readings less sees a fault the longer.  The most likely filter would
 * follow a model's errors so closely that a leak passed for one.
 *
 * @param r_known  R is given; else it is only known up to a factor, which is then set so
 *                 that the mean NIS is 1 (Harvey 1989, 3.4.2)
 */
struct tune_result tune_choose(const struct tune *t, bool r_known);

#endif
