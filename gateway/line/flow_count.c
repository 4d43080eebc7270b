/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/flow_count.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define MONDAY_S  (INT64_C(4) * 86400) /* 1970-01-05 */

void flow_count_init(struct flow_count *c, uint32_t window_s)
{
	*c = (struct flow_count){.window_us = window_s * SECOND_US};
}

int64_t flow_local_s(int64_t wall_us)
{
	time_t t = (time_t)(wall_us / SECOND_US);
	struct tm shown;

	if (!localtime_r(&t, &shown)) {
		return t - MONDAY_S;
	}
	return (int64_t)timegm(&shown) - MONDAY_S; /* as if it were UTC */
}

/* Did the clock go as time did since then? */
static bool is_steady(const struct flow_look *from, const struct flow_look *to)
{
	int64_t passed_us = (int64_t)(to->now_ns - from->now_ns) / 1000;

	return llabs(to->wall_us - from->wall_us - passed_us) < SECOND_US;
}

static struct flow_window close_window(const struct flow_count *c,
                                       const struct flow_look *end)
{
	const struct flow_look *begin = &c->begin;
	int64_t read_us = end->read_us - begin->read_us;
	int64_t passed_s = (end->wall_us - begin->wall_us) / SECOND_US;
	int64_t late_s = begin->wall_us % c->window_us / SECOND_US;
	struct flow_window w = {.rate = (double)NAN, .local_s = begin->local_s - late_s};

	/* The counters are read a little before they are looked at, each time. */
	if (c->whole && is_steady(begin, end) && read_us > c->window_us / 2) {
		w.rate = (end->parts - begin->parts) / (double)read_us * SECOND_US * 3600;
	}
	w.straight = llabs(end->local_s - begin->local_s - passed_s) <= 1;
	return w;
}

bool flow_count_step(struct flow_count *c, const struct flow_look *look,
                     struct flow_window *out)
{
	int64_t index = look->wall_us / c->window_us;
	int64_t before = c->last.wall_us / c->window_us;
	bool over = c->last.now_ns && index != before;
	bool told = over && c->begun;

	if (!look->good || look->anew || (over && index != before + 1)) {
		c->whole = false; /* a gap, a counter that began anew, a clock that was
		                     set */
	}
	if (told) {
		*out = close_window(c, look);
	}
	if (over) {
		c->begun = index == before + 1; /* else it began who knows when */
		c->begin = *look;
		c->whole = look->good;
	}
	c->last = *look;
	return told;
}
