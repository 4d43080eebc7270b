/* SPDX-License-Identifier: Apache-2.0 */
/** How many good parts a line gives within a window of time, simulated again and again:
 * what a gateway expects of its counters (gateway/flow.h). */
#ifndef GATEWAY_LINE_LINE_WINDOW_H
#define GATEWAY_LINE_LINE_WINDOW_H

#include "gateway/line/line_file.h"
#include "twin/drift/told.h"

/**
 * Does a stretch of time touch a break?  Pure.
 * @param at_s  its beginning, on the axis of the breaks, which begins a period
 */
bool line_is_break(const struct line_config *c, double at_s, double for_s);

/**
 * The throughput in windows of window_s, 1/h, that touch no break.  sigma is at least
 * that of one part, for a counter is looked at now and then.
 *
 * @param[out] windows  that were simulated
 * @return 0, or as line_run(); -ERANGE: a line that lives by orders has no rate, or no
 *         window lies between the breaks; -EDOM: it gives nothing
 */
int line_window(struct told_level *out, const struct line_setup *setup, double window_s,
                size_t *windows);

#endif
