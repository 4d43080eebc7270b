/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/line/dist.h"

#include <math.h>

#include "drivers/reading.h"

static const char *const names[] = {
	[DIST_CONSTANT] = "constant",   [DIST_EXPONENTIAL] = "exponential",
	[DIST_NORMAL] = "normal",       [DIST_LOGNORMAL] = "lognormal",
	[DIST_WEIBULL] = "weibull",     [DIST_TRIANGULAR] = "triangular",
	[DIST_GAMMA] = "gamma",         [DIST_UNIFORM] = "uniform",
	[DIST_EMPIRICAL] = "empirical",
};

const char *dist_name(size_t kind)
{
	return kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}

static bool are_times(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!(values[i] >= 0) || !isfinite(values[i])) {
			return false;
		}
	}
	return n > 0;
}

bool dist_is_valid(const struct dist *d)
{
	bool finite = isfinite(d->a) && isfinite(d->b) && isfinite(d->c);

	switch (d->kind) {
	case DIST_CONSTANT:
		return finite && d->a >= 0;
	case DIST_EXPONENTIAL:
		return finite && d->a > 0;
	case DIST_NORMAL:
		/* Farther below 0, nearly every draw is thrown away. */
		return finite && d->b >= 0 && d->a >= -2 * d->b && (d->a > 0 || d->b > 0);
	case DIST_LOGNORMAL:
		return finite && d->a > 0 && d->b >= 0;
	case DIST_WEIBULL:
	case DIST_GAMMA:
		return finite && d->a > 0 && d->b > 0;
	case DIST_TRIANGULAR:
		return finite && d->a >= 0 && d->a <= d->b && d->b <= d->c;
	case DIST_UNIFORM:
		return finite && d->a >= 0 && d->a <= d->b;
	case DIST_EMPIRICAL:
		return are_times(d->values, d->n);
	}
	return false;
}

/* Marsaglia, Tsang 2000; below shape 1 by the power of a uniform. */
static double draw_gamma(double shape, struct rng *g)
{
	double boost = shape < 1 ? pow(rng_uniform(g), 1 / shape) : 1;
	double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = rng_normal(g), v = 1 + c * x;

		v = v * v * v;
		if (v > 0 && log(rng_uniform(g)) < x * x / 2 + d - d * v + d * log(v)) {
			return boost * d * v;
		}
	}
}

static double draw_normal(const struct dist *d, struct rng *g)
{
	double x;

	do {
		x = d->a + d->b * rng_normal(g);
	} while (x < 0);
	return x;
}

static double draw_triangular(const struct dist *d, struct rng *g)
{
	double u = rng_uniform(g), width = d->c - d->a, left = d->b - d->a;

	if (!(width > 0)) {
		return d->a;
	}
	return u * width < left ? d->a + sqrt(u * width * left)
	                        : d->c - sqrt((1 - u) * width * (d->c - d->b));
}

static double draw_lognormal(const struct dist *d, struct rng *g)
{
	double s2 = log1p(d->b * d->b / (d->a * d->a));

	return d->a * exp(sqrt(s2) * rng_normal(g) - s2 / 2);
}

double dist_draw(const struct dist *d, struct rng *g)
{
	switch (d->kind) {
	case DIST_CONSTANT:
		return d->a;
	case DIST_EXPONENTIAL:
		return -d->a * log(rng_uniform(g));
	case DIST_NORMAL:
		return draw_normal(d, g);
	case DIST_LOGNORMAL:
		return draw_lognormal(d, g);
	case DIST_WEIBULL:
		return d->a * pow(-log(rng_uniform(g)), 1 / d->b);
	case DIST_TRIANGULAR:
		return draw_triangular(d, g);
	case DIST_GAMMA:
		return d->a / d->b * draw_gamma(d->b, g);
	case DIST_UNIFORM:
		return d->a + (d->b - d->a) * rng_uniform(g);
	case DIST_EMPIRICAL:
		return d->values[(size_t)(rng_uniform(g) * (double)d->n)];
	}
	return 0;
}

double dist_mean(const struct dist *d)
{
	double sum = 0, z;

	switch (d->kind) {
	case DIST_CONSTANT:
	case DIST_EXPONENTIAL:
	case DIST_LOGNORMAL:
	case DIST_GAMMA:
		return d->a;
	case DIST_NORMAL:
		if (!(d->b > 0)) {
			return d->a;
		}
		z = d->a / d->b;
		return d->a + d->b * exp(-z * z / 2) / sqrt(2 * acos(-1)) /
		                      (erfc(-z / sqrt(2)) / 2);
	case DIST_WEIBULL:
		return d->a * tgamma(1 + 1 / d->b);
	case DIST_TRIANGULAR:
		return (d->a + d->b + d->c) / 3;
	case DIST_UNIFORM:
		return (d->a + d->b) / 2;
	case DIST_EMPIRICAL:
		for (size_t i = 0; i < d->n; i++) {
			sum += d->values[i];
		}
		return sum / (double)d->n;
	}
	return (double)NAN;
}
