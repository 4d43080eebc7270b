/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Has what approaches its limit reached it, or gone back before (it was repaired)?  By
 * means over a minute, so that noise is no end; with a gap by what comes after it.
 */
#ifndef TWIN_HEALTH_APPROACH_H
#define TWIN_HEALTH_APPROACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/health/trend.h"

/** Where it came from and where it stood at the last look. */
struct approach_line {
	double limit;        /* in the unit of the points; NAN: not known yet */
	bool rises;          /* towards the limit */
	double start, level; /* of the line at its first and last point; NAN: there is
	                      * none that leads to the limit for certain */
	double spread;       /* of the points about it, root mean square */
};

/** p of at least two points. @param leads  to the limit, for certain */
struct approach_line approach_line(const struct trend_points *p, double limit, bool rises,
                                   bool leads);

/** Begin with approach_init(). */
struct approach {
	struct approach_line line;
	bool reached;
	int64_t minute_us; /* its begin; 0: none has */
	double sum;
	size_t n;
	unsigned back;   /* minutes in a row that it was far back */
	int64_t back_us; /* since when */
};

enum approach_turn {
	APPROACH_GOES_ON,
	APPROACH_REACHED, /* its limit; once, until it goes back */
	/* Back by more than half of its way, and five times what is usual about its line,
	 * for ten minutes. */
	APPROACH_REPAIRED,
};

/** @param reached  its limit, as far as is known from before */
void approach_init(struct approach *a, bool reached);

/** A new look; without a line only the limit is taken. */
void approach_look(struct approach *a, const struct approach_line *line);

/**
 * A reading; times in us, never falling.
 * @param[out] at_us  when it turned
 */
enum approach_turn approach_add(struct approach *a, int64_t ts_us, double x,
                                int64_t *at_us);

#endif
