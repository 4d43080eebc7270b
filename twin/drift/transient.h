/* SPDX-License-Identifier: Apache-2.0 */
/** Is a quantity moving?  Two exponential means of unlike speed, and their difference. */
#ifndef TWIN_DRIFT_TRANSIENT_H
#define TWIN_DRIFT_TRANSIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/drift/stuck.h"

/** State and limit of one tag; zeroed: before its first reading.  A plain value. */
struct transient {
	double fast, slow; /* means in the unit of x, weights 0.2 and 0.05 */
	float sigma; /* of fast - slow when nothing moves, unit of x; 0: not learnt */
	float limit; /* of |fast - slow| / sigma */
	uint8_t age; /* readings since the start or a gap, up to 20 */
	bool on;
	struct stuck stuck; /* does it not move at all: of the raw reading, its caller's,
	                       here for there is room; transient_learn() zeroes it */
};

/** Take a reading x.  after_gap: what happened before it is unknown, start anew. */
void transient_step(struct transient *t, double x, bool after_gap);

/**
 * Learn sigma and limit from n readings, and go on from the last of them.
 *
 * @param x       n readings, in order
 * @param scratch n values; in: steps (dt/dt0) before each reading; destroyed
 * @param tags    monitored tags of the device, at least 1
 */
void transient_learn(struct transient *t, const double *x, float *scratch, size_t n,
                     uint32_t tags);

/**
 * Where the last movement among n readings ends, judged by how quiet the second half of
 * them is: a start-up is better not learnt from.
 *
 * @param x, dt_s  n >= 120 readings, in order, and the seconds before each
 * @param scratch  n values, destroyed
 * @param tags     monitored tags of the device, at least 1
 * @return number of readings up to its end; 0: nothing moves
 */
size_t transient_last(const double *x, const float *dt_s, float *scratch, size_t n,
                      uint32_t tags);

/** |fast - slow| over its limit: 1 is the alarm. */
double transient_score(const struct transient *t);

/** Rate of x in its unit a nominal step, as the difference of the two means shows it. */
double transient_rate(const struct transient *t);

#endif
