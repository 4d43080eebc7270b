/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The course of a quantity in bounded memory: least, largest and last value of as many
 * moments a point as it takes for the whole run to fit.  Pure; nothing is allocated.
 */
#ifndef TWIN_COMMISSION_COURSE_H
#define TWIN_COMMISSION_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COURSE_POINTS_MAX = 2048 }; /* even */

struct course_point {
	int64_t from_ns; /* its first moment */
	double min, max; /* NAN: no value at any of its moments */
	double last;     /* NAN: unknown at its last moment */
};

/** All zero but for stride 1 at start. */
struct course {
	struct course_point points[COURSE_POINTS_MAX];
	size_t n;
	uint32_t stride;  /* moments a point */
	uint32_t in_last; /* moments in the last point */
	int64_t end_ns;   /* of the last moment */
};

void course_init(struct course *t);

/** The next moment, behind the last; value NAN: unknown. */
void course_add(struct course *t, int64_t t_ns, double value);

#endif
