/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/transient.h"

#include <math.h>

#include "twin/drift/quantile.h"
#include "twin/drift/select.h"

#define WEIGHT_FAST 0.2
#define WEIGHT_SLOW 0.05
/* The mean of the lowest 90 % of squares of a normal quantity, over its variance. */
#define TRIMMED_VARIANCE 0.623
#define FALSE_ALARM      1e-5 /* of one reading, two-sided, shared by the tags */
#define MARGIN           1.25 /* over the largest movement seen in learning */

enum { AGE_MAX = 20, GAP_STEPS = 10, LEFT_OUT = 60 };

void transient_step(struct transient *t, double x, bool after_gap)
{
	double score, first;

	if (after_gap) {
		t->age = 0;
	}
	if (t->age < AGE_MAX) {
		t->age++;
	}
	first = 1.0 / t->age;
	t->fast += fmax(WEIGHT_FAST, first) * (x - t->fast);
	t->slow += fmax(WEIGHT_SLOW, first) * (x - t->slow);
	if (t->sigma > 0) {
		score = transient_score(t);
		t->on = score > 1 || (t->on && score > 0.5);
	}
}

void transient_learn(struct transient *t, const double *x, float *scratch, size_t n,
                     uint32_t tags)
{
	size_t kept, below = 0;
	double sum = 0, peak = 0;
	float highest;

	*t = (struct transient){0};
	for (size_t i = 0; i < n; i++) {
		double b;

		transient_step(t, x[i], scratch[i] > GAP_STEPS);
		b = t->fast - t->slow;
		scratch[i] = (float)(b * b);
		if (i >= LEFT_OUT) {
			peak = fmax(peak, fabs(b));
		}
	}
	scratch += LEFT_OUT;
	n -= LEFT_OUT;
	kept = n * 9 / 10;
	highest = select_kth(scratch, n, kept - 1);
	for (size_t i = 0; i < n; i++) {
		if (scratch[i] < highest) {
			sum += (double)scratch[i];
			below++;
		}
	}
	sum += (double)highest * (double)(kept - below); /* those that share its place */
	/* A tag that never moves has no spread: whatever moves it then is a movement. */
	t->sigma = (float)fmax(sqrt(sum / (double)kept / TRIMMED_VARIANCE), 1e-12);
	t->limit = (float)fmax(quantile_normal(FALSE_ALARM / 2 / tags),
	                       MARGIN * peak / (double)t->sigma);
}

double transient_score(const struct transient *t)
{
	return fabs(t->fast - t->slow) / ((double)t->sigma * (double)t->limit);
}

double transient_rate(const struct transient *t)
{
	/* On a ramp a mean of weight a lags by (1 - a)/a steps: 4 and 19. */
	return (t->fast - t->slow) /
	       ((1 - WEIGHT_SLOW) / WEIGHT_SLOW - (1 - WEIGHT_FAST) / WEIGHT_FAST);
}
