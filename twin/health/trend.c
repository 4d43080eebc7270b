/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/health/trend.h"

#include <math.h>
#include <stdlib.h>

#include "twin/plant/rng.h"

#define SIGNIFICANT 0.01

enum { PAIRS_MAX = TREND_POINTS_MAX * (TREND_POINTS_MAX - 1) / 2, LINES = 199 };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
	qsort(x, n, sizeof(*x), compare);
	return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Median slope and the median of what is left, as the line at t = 0. */
static void fit_line(const struct trend_points *p, double *slope, double *start)
{
	double slopes[PAIRS_MAX], rest[TREND_POINTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		for (size_t j = i + 1; j < p->n; j++) {
			if (p->t[j] > p->t[i]) {
				slopes[n++] = (p->y[j] - p->y[i]) / (p->t[j] - p->t[i]);
			}
		}
	}
	*slope = n ? median(slopes, n) : 0;
	for (size_t i = 0; i < p->n; i++) {
		rest[i] = p->y[i] - *slope * p->t[i];
	}
	*start = median(rest, p->n);
}

/* Kendall 1975, section 4.2: S with its variance under ties, corrected for continuity. */
static double mann_kendall(const struct trend_points *p)
{
	double sorted[TREND_POINTS_MAX];
	double n = (double)p->n, s = 0, variance = n * (n - 1) * (2 * n + 5), z;

	for (size_t i = 0; i < p->n; i++) {
		sorted[i] = p->y[i];
		for (size_t j = i + 1; j < p->n; j++) {
			s += (p->y[j] > p->y[i]) - (p->y[j] < p->y[i]);
		}
	}
	qsort(sorted, p->n, sizeof(*sorted), compare);
	for (size_t i = 0, tied; i < p->n; i += tied) {
		for (tied = 1; i + tied < p->n && !(sorted[i + tied] > sorted[i]);
		     tied++) {
		}
		variance -= (double)tied * (double)(tied - 1) * (double)(2 * tied + 5);
	}
	if (!(variance > 0)) {
		return 1;
	}
	z = fmax(fabs(s) - 1, 0) / sqrt(variance / 18);
	return erfc(z * M_SQRT1_2);
}

struct trend trend_fit(const struct trend_points *p)
{
	struct trend out;
	double start;

	fit_line(p, &out.slope, &start);
	out.level = start + out.slope * p->t[p->n - 1];
	out.p_value = mann_kendall(p);
	return out;
}

/* From a level on along a slope; 0 where it is there already. */
static double until(double level, double slope, double limit, bool rises)
{
	double way = rises ? limit - level : level - limit;
	double speed = rises ? slope : -slope;

	if (!(way > 0)) {
		return 0;
	}
	return speed > 0 ? way / speed : (double)INFINITY;
}

struct remaining trend_until(const struct trend_points *p, double limit, bool rises)
{
	double y[TREND_POINTS_MAX], rest[TREND_POINTS_MAX], left[LINES];
	struct trend_points drawn = {p->t, y, p->n};
	struct trend fit;
	struct rng random;

	if (p->n < TREND_POINTS_MIN) {
		return remaining_none(REMAINING_LEARNING);
	}
	fit = trend_fit(p);
	if (fit.p_value > SIGNIFICANT ||
	    isinf(until(fit.level, fit.slope, limit, rises))) {
		return remaining_none(REMAINING_NO_TREND);
	}
	for (size_t i = 0; i < p->n; i++) {
		rest[i] = p->y[i] - fit.level - fit.slope * (p->t[i] - p->t[p->n - 1]);
	}
	rng_init(&random, 1, 1);
	for (size_t line = 0; line < LINES; line++) {
		struct trend other;

		for (size_t i = 0; i < p->n; i++) {
			size_t k = (size_t)(rng_uniform(&random) * (double)p->n);

			y[i] = p->y[i] - rest[i] + rest[k];
		}
		other = trend_fit(&drawn);
		left[line] = until(other.level, other.slope, limit, rises);
	}
	qsort(left, LINES, sizeof(*left), compare);
	return remaining_of(left[LINES / 10], until(fit.level, fit.slope, limit, rises),
	                    left[LINES - 1 - LINES / 10], p->t[p->n - 1] - p->t[0]);
}
