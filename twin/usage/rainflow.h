/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Rainflow counting after ASTM E1049-85 (2017), section 5.4.4: what loads a part has been
 * through, as cycles by their range.  Takes values one by one, in constant memory: of the
 * turning points that are not closed yet the RAINFLOW_OPEN_MAX newest are kept, an older
 * one counts as half a cycle.
 */
#ifndef TWIN_USAGE_RAINFLOW_H
#define TWIN_USAGE_RAINFLOW_H

#include <stdbool.h>

#include "twin/usage/spectrum.h"

enum { RAINFLOW_OPEN_MAX = 256 };

/** Begin with cycles.width > 0 and all else zero. */
struct rainflow {
	double band;                    /* a turn smaller than this is none: noise */
	double open[RAINFLOW_OPEN_MAX]; /* turning points */
	size_t n;
	double last; /* the value since the last turning point that is farthest */
	bool any, rising, moved;
	struct spectrum cycles; /* by range; a half cycle is half */
	void (*cycle)(void *arg, double range, double mean, double count); /* or NULL */
	void *arg;
};

/** The next value; what is not finite is left out. */
void rainflow_add(struct rainflow *r, double value);

/** No more: what is open counts as half cycles. */
void rainflow_end(struct rainflow *r);

#endif
