/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Parts that are counted, window by window.  Windows follow each other without a gap and
 * don't overlap, so that two of them share no part and a test may take them for
 * independent; they begin at whole multiples of their length in UTC.  Pure: clocks are
 * arguments.
 */
#ifndef GATEWAY_LINE_FLOW_COUNT_H
#define GATEWAY_LINE_FLOW_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/** One look at the counters; some in each window. */
struct flow_look {
	uint64_t now_ns; /* monotonic */
	int64_t wall_us; /* UTC */
	int64_t local_s; /* what a clock on the wall shows, s from Monday at 0:00 */
	int64_t read_us; /* when the counters were read, the mean of their stamps */
	double parts;    /* that left since the counters were 0 */
	bool good;       /* all counters were read, and are what they say */
	bool anew;       /* one of them is less than at the last look */
};

/** A window that is over. */
struct flow_window {
	double rate;     /* 1/h; NAN: it was not seen whole */
	bool straight;   /* the clock on the wall went on as time did */
	int64_t local_s; /* of its beginning, to the second */
};

struct flow_count {
	int64_t window_us;
	struct flow_look begin, last; /* of the window, and the look before */
	bool begun, whole;            /* whole: seen without a gap so far */
};

void flow_count_init(struct flow_count *c, uint32_t window_s);

/** Take a look.  @return true: a window is over, which is in out */
bool flow_count_step(struct flow_count *c, const struct flow_look *look,
                     struct flow_window *out);

/** What a clock on the wall shows at a time, in the zone of the process. */
int64_t flow_local_s(int64_t wall_us);

#endif
