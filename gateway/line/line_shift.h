/* SPDX-License-Identifier: Apache-2.0 */
/** What a shift will have given when it is over: what it made so far, out of a gateway's
 * history, and what the line gives in the rest of it, simulated. */
#ifndef GATEWAY_LINE_LINE_SHIFT_H
#define GATEWAY_LINE_LINE_SHIFT_H

#include "gateway/line/line_study.h"

/** Where a shift stands, s. */
struct line_shift {
	double since_s, left_s; /* from its beginning, to its end */
	double at_s;            /* of the period of the breaks */
};

/**
 * Of shifts of shift_s that follow each other from a time of day on.  Pure.
 * @param local_s   what a clock on the wall shows, s from Monday at 0:00
 * @param period_s  of the breaks; 0: there are none
 */
struct line_shift line_shift_at(int64_t local_s, double begins_s, double shift_s,
                                double period_s);

/** Good parts that leave the line in the rest of a shift: p10, p50, p90.  The line is
 * taken in the state that a simulation brings it to by then.
 * @return 0, or as line_run() */
int line_shift_rest(const struct line_setup *setup, const struct line_shift *shift,
                    double parts[LINE_OUTPUTS]);

/** Good parts that left since then, by the counters of the last stations.  What a counter
 * lost by beginning anew does not count.
 * @return 0, -ENOENT: they were read later than that alone; or an error of the reader */
int line_shift_made(const struct line_setup *setup, struct reader *reader,
                    const struct machine_wish *since, double *parts);

#endif
