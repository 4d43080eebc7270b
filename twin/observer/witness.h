/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Several sensors of one quantity: which of them lies?  For each there is a filter that
 * does without it.  While the observer is in alarm what these say is summed up.  The liar
 * is the one whose leaving out brings the mean NIS of the others back to normal, where no
 * other's leaving out explains the readings nearly as well, and which the others of its
 * quantity contradict whatever the model says: a fault of the machine moves them all.
 */
#ifndef TWIN_OBSERVER_WITNESS_H
#define TWIN_OBSERVER_WITNESS_H

#include "twin/drift/nis.h"
#include "twin/observer/kalman.h"

/** Nobody, for witness_liar(). */
#define WITNESS_NOBODY SIZE_MAX

/** A sum of squares since an alarm began, each in sigma; 1 is to be expected of each. */
struct witness_tally {
	double last[NIS_WINDOW]; /* of the last rows */
	uint8_t n[NIS_WINDOW];   /* squares in each */
	double sum, count;       /* since the alarm began */
};

/** A plain value, zero at first, but for n and sensor[]; its owner moves the filters. */
struct witness {
	size_t n;                               /* sensors that are not alone */
	uint8_t sensor[KALMAN_ROWS_MAX];        /* their numbers, the owner's */
	struct kalman without[KALMAN_ROWS_MAX]; /* the filter that does without each */
	struct witness_tally others[KALMAN_ROWS_MAX]; /* NIS of that filter */
	struct witness_tally apart[KALMAN_ROWS_MAX]; /* from the others of its quantity */
	double residual[KALMAN_ROWS_MAX]; /* the last reading, from the estimate then */
	bool running; /* the filters stand somewhere; else witness_start() first */
	bool in_alarm;
	uint32_t rows;
	size_t liar; /* index + 1; 0: nobody */
};

/** All filters go on from k, and know nothing of the past. */
void witness_start(struct witness *w, const struct kalman *k);

/** A row begins: to each sensor the next two may have something to say. */
void witness_row(struct witness *w);

/** NIS of an update of 1 to NIS_ROWS_MAX rows by filter i. */
void witness_others(struct witness *w, size_t i, double nis, size_t rows);

/** Sensor i reads d from what the others of its quantity read; var d = variance. */
void witness_apart(struct witness *w, size_t i, double d, double variance);

/**
 * The row is complete.
 *
 * @param alarm   of the observer with all sensors
 * @param normal  the largest mean NIS by row that is normal; NAN: not known
 */
void witness_judge(struct witness *w, bool alarm, double normal);

/** The liar's number, as in sensor[], while the alarm lasts; else WITNESS_NOBODY. */
size_t witness_liar(const struct witness *w);

#endif
