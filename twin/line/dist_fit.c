/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/line/dist_fit.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { NEWTON_MAX = 60 };

/* So alike that it is the clock that differs. */
#define CONSTANT 1e-3
/* A normal that would be cut more than this is none. */
#define SIGMAS_FROM_0 3

/* What all fits need of the sample. */
struct sample {
	const double *x; /* sorted */
	size_t n;
	double mean, sigma;         /* maximum likelihood: over n */
	double log_mean, log_sigma; /* of ln x */
};

static struct sample sample_of(const double *x, size_t n)
{
	struct sample s = {.x = x, .n = n};
	double squares = 0, log_squares = 0;

	for (size_t i = 0; i < n; i++) {
		s.mean += x[i] / (double)n;
		s.log_mean += log(x[i]) / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		double d = x[i] - s.mean, e = log(x[i]) - s.log_mean;

		squares += d * d;
		log_squares += e * e;
	}
	s.sigma = sqrt(squares / (double)n);
	s.log_sigma = sqrt(log_squares / (double)n);
	return s;
}

/* ---- shares ---- */

/* Regularised incomplete gamma P(a, x): series below a + 1, continued fraction beyond
 * (Abramowitz, Stegun 1964, 6.5.29 and 6.5.31). */
static double gamma_share(double a, double x)
{
	double scale = exp(a * log(x) - x - lgamma(a)), sum = 1 / a, term = sum;
	double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / b, h = d;

	if (x < a + 1) {
		for (int k = 1; k < 1000 && term > sum * DBL_EPSILON; k++) {
			term *= x / (a + k);
			sum += term;
		}
		return sum * scale;
	}
	for (int k = 1; k < 1000; k++) {
		double an = -k * (k - a), step;

		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
		c = b + an / c;
		c = fabs(c) < DBL_MIN ? DBL_MIN : c;
		step = d * c;
		h *= step;
		if (fabs(step - 1) < DBL_EPSILON) {
			break;
		}
	}
	return 1 - scale * h;
}

static double normal_share(double z)
{
	return erfc(-z / sqrt(2)) / 2;
}

static double observed_share(const struct dist *d, double x)
{
	size_t n = 0;

	while (n < d->n && d->values[n] <= x) {
		n++;
	}
	return (double)n / (double)d->n;
}

static double triangular_share(const struct dist *d, double x)
{
	double width = d->c - d->a;

	if (x <= d->a || x >= d->c) {
		return x >= d->c;
	}
	return x < d->b ? (x - d->a) * (x - d->a) / (width * (d->b - d->a))
	                : 1 - (d->c - x) * (d->c - x) / (width * (d->c - d->b));
}

double dist_share(const struct dist *d, double x)
{
	double s2;

	if (!(x > 0)) {
		return 0;
	}
	switch (d->kind) {
	case DIST_CONSTANT:
		return x >= d->a;
	case DIST_EXPONENTIAL:
		return -expm1(-x / d->a);
	case DIST_NORMAL:
		return normal_share((x - d->a) / d->b);
	case DIST_LOGNORMAL:
		s2 = log1p(d->b * d->b / (d->a * d->a));
		return normal_share((log(x / d->a) + s2 / 2) / sqrt(s2));
	case DIST_WEIBULL:
		return -expm1(-pow(x / d->a, d->b));
	case DIST_TRIANGULAR:
		return triangular_share(d, x);
	case DIST_GAMMA:
		return gamma_share(d->b, x * d->b / d->a);
	case DIST_UNIFORM:
		return fmin(fmax((x - d->a) / (d->b - d->a), 0), 1);
	case DIST_EMPIRICAL:
		return observed_share(d, x);
	}
	return (double)NAN;
}

/* ---- fits; each gives the log-likelihood ---- */

static double fit_exponential(const struct sample *s, struct dist *d)
{
	*d = (struct dist){.kind = DIST_EXPONENTIAL, .a = s->mean};
	return -(double)s->n * (log(s->mean) + 1);
}

static double fit_normal(const struct sample *s, struct dist *d)
{
	*d = (struct dist){.kind = DIST_NORMAL, .a = s->mean, .b = s->sigma};
	return s->mean < SIGMAS_FROM_0 * s->sigma
	               ? -INFINITY
	               : -(double)s->n * (log(s->sigma * sqrt(2 * acos(-1))) + 0.5);
}

static double fit_lognormal(const struct sample *s, struct dist *d)
{
	double s2 = s->log_sigma * s->log_sigma, mean = exp(s->log_mean + s2 / 2);

	*d = (struct dist){
		.kind = DIST_LOGNORMAL, .a = mean, .b = mean * sqrt(expm1(s2))};
	return -(double)s->n *
	       (log(s->log_sigma * sqrt(2 * acos(-1))) + 0.5 + s->log_mean);
}

/* The shape by Newton on its likelihood equation (Cohen 1965), on x over its largest. */
static double fit_weibull(const struct sample *s, struct dist *d)
{
	double most = s->x[s->n - 1], k = 1.2 / s->log_sigma, sum = 0, logl = 0;

	for (int i = 0; i < NEWTON_MAX; i++) {
		double a = 0, b = 0, c = 0, step;

		for (size_t j = 0; j < s->n; j++) {
			double l = log(s->x[j] / most), p = exp(k * l);

			a += p;
			b += p * l;
			c += p * l * l;
		}
		step = (b / a - 1 / k - (s->log_mean - log(most))) /
		       ((c * a - b * b) / (a * a) + 1 / (k * k));
		k = fmax(k - step, k / 4);
		if (fabs(step) < 1e-10 * k) {
			break;
		}
	}
	for (size_t j = 0; j < s->n; j++) {
		sum += pow(s->x[j] / most, k);
	}
	*d = (struct dist){
		.kind = DIST_WEIBULL, .a = most * pow(sum / (double)s->n, 1 / k), .b = k};
	for (size_t j = 0; j < s->n; j++) {
		logl += (k - 1) * log(s->x[j] / d->a) - pow(s->x[j] / d->a, k);
	}
	return logl + (double)s->n * log(k / d->a);
}

/* d ln Gamma, by recurrence and its asymptotic series (Abramowitz, Stegun 6.3.5, 6.3.18).
 */
static double digamma(double x)
{
	double sum = 0;

	while (x < 10) {
		sum -= 1 / x;
		x++;
	}
	return sum + log(x) - 1 / (2 * x) - 1 / (12 * x * x) + 1 / (120 * pow(x, 4));
}

/* The shape by Newton on ln k - psi(k) = ln mean - mean ln (Minka 2002). */
static double fit_gamma(const struct sample *s, struct dist *d)
{
	double gap = log(s->mean) - s->log_mean;
	double k = (3 - gap + sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap);
	double theta;

	for (int i = 0; i < NEWTON_MAX; i++) {
		double h = 1e-5 * k;
		double slope = (digamma(k + h) - digamma(k - h)) / (2 * h);
		double step = (log(k) - digamma(k) - gap) / (1 / k - slope);

		k = fmax(k - step, k / 4);
		if (fabs(step) < 1e-10 * k) {
			break;
		}
	}
	*d = (struct dist){.kind = DIST_GAMMA, .a = s->mean, .b = k};
	theta = s->mean / k;
	return (double)s->n * ((k - 1) * s->log_mean - k - k * log(theta) - lgamma(k));
}

/* ---- the choice ---- */

/* But for rounding. */
static bool differ(double a, double b)
{
	return b > a * (1 + 1e-6);
}

/* Times as a clock gives them, so many of each: half-way to the next is where the share
 * of those up to it belongs. */
static double distance_by_clock(const struct dist *d, const double *x, size_t n)
{
	double most = 0;

	for (size_t i = 1; i < n; i++) {
		if (differ(x[i - 1], x[i])) {
			double share = dist_share(d, (x[i] + x[i - 1]) / 2);

			most = fmax(most, fabs(share - (double)i / (double)n));
		}
	}
	return most;
}

static double distance(const struct dist *d, const double *x, size_t n)
{
	size_t alike = 0;
	double most = 0;

	for (size_t i = 1; i < n; i++) {
		alike += !differ(x[i - 1], x[i]);
	}
	if (4 * alike > n) {
		return distance_by_clock(d, x, n);
	}
	for (size_t i = 0; i < n; i++) {
		double share = dist_share(d, x[i]);

		most = fmax(most, fmax(share - (double)i / (double)n,
		                       (double)(i + 1) / (double)n - share));
	}
	return most;
}

static struct dist likeliest(const struct sample *s)
{
	static double (*const fits[])(const struct sample *, struct dist *) = {
		fit_exponential, fit_normal, fit_lognormal, fit_weibull, fit_gamma};
	size_t n = s->n < DIST_FIT_SHAPE_MIN ? 1 : sizeof(fits) / sizeof(fits[0]);
	struct dist best = {.kind = DIST_EXPONENTIAL, .a = s->mean};
	double least = INFINITY;

	for (size_t i = 0; i < n; i++) {
		struct dist d;
		double aic = 2 * (i ? 2 : 1) - 2 * fits[i](s, &d);

		if (aic < least && dist_is_valid(&d)) {
			least = aic;
			best = d;
		}
	}
	return best;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Every so many of them, from the middle of each stretch. */
static size_t thin(double *times, size_t n)
{
	size_t most = DIST_FIT_VALUES_MAX;

	if (n <= most) {
		return n;
	}
	for (size_t i = 0; i < most; i++) {
		times[i] = times[(2 * i + 1) * n / (2 * most)];
	}
	return most;
}

int dist_fit(double *times, size_t n, struct dist_fit *out)
{
	struct sample s;

	if (n < DIST_FIT_MIN) {
		return -ENODATA;
	}
	qsort(times, n, sizeof(*times), rising);
	if (!(times[0] > 0) || !isfinite(times[n - 1])) {
		return -EINVAL;
	}
	s = sample_of(times, n);
	*out = (struct dist_fit){.n = n,
	                         .mean = s.mean,
	                         .sigma = s.sigma * sqrt((double)n / (double)(n - 1)),
	                         .distance = (double)NAN,
	                         .allowed = 1.358 / sqrt((double)n)};
	if (times[n - 1] - times[0] <= CONSTANT * s.mean) {
		out->dist = (struct dist){.kind = DIST_CONSTANT, .a = s.mean};
		out->likeliest = DIST_CONSTANT;
		return 0;
	}
	out->dist = likeliest(&s);
	out->likeliest = out->dist.kind;
	out->distance = distance(&out->dist, times, n);
	if (out->distance > out->allowed && n >= DIST_FIT_SHAPE_MIN) {
		out->dist = (struct dist){
			.kind = DIST_EMPIRICAL, .values = times, .n = thin(times, n)};
	}
	return 0;
}
