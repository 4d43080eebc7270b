/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/told.h"

#include <math.h>

#include "twin/drift/quantile.h"

#define STEP_NS INT64_C(1000000000) /* any: each reading is one step */

enum { LEFT_OUT = 20 }; /* readings of a run in which w is still near its start */

static void find_spread(struct told_level *t, const double *x, size_t n)
{
	double sum = 0;

	t->mean = 0;
	for (size_t i = 0; i < n; i++) {
		t->mean += (x[i] - t->mean) / (double)(i + 1);
	}
	for (size_t i = 0; i < n; i++) {
		sum += (x[i] - t->mean) * (x[i] - t->mean);
	}
	/* the mean is not known better than that either */
	t->sigma = sqrt(sum / (double)(n - 1) * (1 + 1 / (double)n));
}

void told_learn(struct told_level *out, const double *x, const size_t n_and_run[2],
                double least)
{
	size_t n = n_and_run[0], run = n_and_run[1], counted = 0;
	double w = 0, sum = 0;

	*out = (struct told_level){.mean = 0};
	find_spread(out, x, n);
	out->sigma = fmax(out->sigma, least);
	for (size_t i = 0; i < n; i++) {
		double z = (x[i] - out->mean) / out->sigma;

		w = i % run == 0 ? 0 : w;
		w += MONITOR_LAMBDA * (z - w);
		if (i % run >= LEFT_OUT) {
			sum += w * w;
			counted++;
		}
		out->w_max = fmax(out->w_max, fabs(w));
		out->z_max = fmax(out->z_max, fabs(z));
	}
	out->variance = MONITOR_LAMBDA / (2 - MONITOR_LAMBDA);
	if (counted) {
		out->variance = fmax(out->variance, sum / (double)counted);
	}
}

bool told_is_valid(const struct told_level *t)
{
	return isfinite(t->mean) && t->sigma > 0 && isfinite(t->sigma) &&
	       t->variance > 0 && isfinite(t->variance) && t->w_max >= 0 &&
	       isfinite(t->w_max) && t->z_max >= 0 && isfinite(t->z_max);
}

void told_set(struct monitor *m, const struct told_level *t, double false_alarm)
{
	const struct monitor_wish wish = {.false_alarm = false_alarm, .tags = 1};
	struct monitor_learnt l = {.c = t->variance};

	m->m = t->mean;
	m->p = 0; /* so that the level stays where it is */
	m->q = 0;
	m->r = (float)(t->sigma * t->sigma);
	m->dt0_s = 1;
	m->again = 0;
	monitor_limits(m, &wish, (const double[]){t->w_max, t->z_max}, &l);
	/* what moves is no news of a number that is a mean over its window */
	m->move.sigma = m->move.limit = INFINITY;
	m->ready = true;
}

void told_step(struct monitor *m, int64_t t_ns, double x, struct estimate *e)
{
	m->t_ns = t_ns - STEP_NS;
	monitor_step(m, t_ns, x, NULL, e);
}
