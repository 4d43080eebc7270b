/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The quantiles of what happened lately: two histograms in turn, so that the last one to
 * two windows count and what was before is forgotten.  Pure: time is an argument.
 */
#ifndef GATEWAY_RECENT_H
#define GATEWAY_RECENT_H

#include "gateway/histogram.h"

struct recent {
	struct histogram turns[2]; /* the one being filled, and the one before it */
	uint64_t window_ns;
	uint64_t since_ns; /* when turns[0] was begun */
};

/** In the unit of the values; NAN where there were none. */
struct quantiles {
	double p50, p95, p99;
	uint32_t n; /* of how many values */
};

/** @param r          zeroed; give its memory back with recent_clear()
 * @param window_ns  at least 1; cut short where more than 65535 values come in it */
void recent_init(struct recent *r, uint64_t window_ns, uint64_t now_ns);

void recent_clear(struct recent *r);

void recent_add(struct recent *r, uint64_t now_ns, uint64_t value);

void recent_quantiles(const struct recent *r, uint64_t now_ns, struct quantiles *out);

#endif
