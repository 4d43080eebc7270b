/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/recent.h"

#include <math.h>
#include <string.h>

void recent_init(struct recent *r, uint64_t window_ns, uint64_t now_ns)
{
	r->window_ns = window_ns;
	r->since_ns = now_ns;
}

void recent_clear(struct recent *r)
{
	histogram_clear(&r->turns[0]);
	histogram_clear(&r->turns[1]);
}

static void turn(struct recent *r, uint64_t now_ns)
{
	histogram_clear(&r->turns[1]);
	r->turns[1] = r->turns[0];
	memset(&r->turns[0], 0, sizeof(r->turns[0])); /* its rows have moved */
	r->since_ns = now_ns;
}

void recent_add(struct recent *r, uint64_t now_ns, uint64_t value)
{
	if (now_ns - r->since_ns >= 2 * r->window_ns) {
		recent_clear(r);
		r->since_ns = now_ns;
	} else if (now_ns - r->since_ns >= r->window_ns) {
		turn(r, now_ns);
	}
	if (!histogram_add(&r->turns[0], value)) {
		turn(r, now_ns);
		histogram_add(&r->turns[0], value);
	}
}

void recent_quantiles(const struct recent *r, uint64_t now_ns, struct quantiles *out)
{
	uint64_t age_ns = now_ns - r->since_ns;
	size_t n_turns = age_ns >= 2 * r->window_ns ? 0 : age_ns >= r->window_ns ? 1 : 2;

	*out = (struct quantiles){
		.p50 = histogram_quantile(r->turns, n_turns, 0.5),
		.p95 = histogram_quantile(r->turns, n_turns, 0.95),
		.p99 = histogram_quantile(r->turns, n_turns, 0.99),
	};
	for (size_t i = 0; i < n_turns; i++) {
		out->n += r->turns[i].n;
	}
}
