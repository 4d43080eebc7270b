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

/* Spread of fast - slow from n of their squared differences, of which the largest tenth
 * may be movements. */
static double spread(const float *squares, size_t n)
{
	size_t kept = n * 9 / 10, below = 0;
	float highest = select_kth(squares, n, kept - 1);
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (squares[i] < highest) {
			sum += (double)squares[i];
			below++;
		}
	}
	sum += (double)highest * (double)(kept - below); /* those that share its place */
	/* A tag that never moves has no spread: whatever moves it then is a movement. */
	return fmax(sqrt(sum / (double)kept / TRIMMED_VARIANCE), 1e-12);
}

static double least_limit(uint32_t tags)
{
	return quantile_normal(FALSE_ALARM / 2 / tags);
}

void transient_learn(struct transient *t, const double *x, float *scratch, size_t n,
                     uint32_t tags)
{
	double peak = 0;

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
	t->sigma = (float)spread(scratch + LEFT_OUT, n - LEFT_OUT);
	t->limit = (float)fmax(least_limit(tags), MARGIN * peak / (double)t->sigma);
}

size_t transient_last(const double *x, const float *dt_s, float *scratch, size_t n,
                      uint32_t tags)
{
	float step_s = select_kth(dt_s + 1, n - 1, (n - 1) / 2);
	struct transient t = {0};
	double limit2;
	size_t last = 0;
	bool on = false;

	for (size_t i = 0; i < n; i++) {
		transient_step(&t, x[i], dt_s[i] > GAP_STEPS * step_s);
		scratch[i] = (float)((t.fast - t.slow) * (t.fast - t.slow));
	}
	limit2 = pow(least_limit(tags) * spread(scratch + n / 2, n - n / 2), 2);
	for (size_t i = 0; i < n; i++) {
		on = (double)scratch[i] > (on ? limit2 / 4 : limit2);
		last = on ? i + 1 : last;
	}
	return last;
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
