/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A straight trend that wild values do not move, whether it is one at all, and when it
 * meets a limit.
 */
#ifndef TWIN_HEALTH_TREND_H
#define TWIN_HEALTH_TREND_H

#include <stdbool.h>
#include <stddef.h>

#include "twin/health/remaining.h"

enum { TREND_POINTS_MIN = 10, TREND_POINTS_MAX = 60 };

/** Points in order of time, at least two different times. */
struct trend_points {
	const double *t; /* any unit */
	const double *y;
	size_t n; /* at most TREND_POINTS_MAX */
};

struct trend {
	double slope;   /* median of all slopes between two points (Sen 1968) */
	double level;   /* of the line at the last point */
	double p_value; /* that there is none, two-sided (Mann 1945, Kendall 1975) */
};

/** n >= 2. */
struct trend trend_fit(const struct trend_points *p);

/**
 * Time from the last point until the line meets the limit; its quantiles from lines
 * through the fit with its residuals drawn anew (Efron, Tibshirani 1993, section 9.4).
 * p90 may be INFINITY.  0: it is there.  The same points give the same answer.
 *
 * None with fewer than TREND_POINTS_MIN points; where Mann-Kendall's p is above 0.01, or
 * the line leads away from the limit; beyond ten times the time observed.
 *
 * @param limit   to be met from below where rises, else from above
 */
struct remaining trend_until(const struct trend_points *p, double limit, bool rises);

#endif
