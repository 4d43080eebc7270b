/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/health/ridge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "twin/cholesky.h"

#define STANDS_STILL 1e-10 /* variance over mean square: rounding of the sums */

/* Row i, column j >= i of the m + 2 products: features, then 1, then y. */
static size_t at(size_t m, size_t i, size_t j)
{
	return i * (m + 2) - i * (i + 1) / 2 + j;
}

size_t ridge_sums(size_t m)
{
	return (m + 2) * (m + 3) / 2;
}

void ridge_add(double *sums, const double *f, size_t m, double y)
{
	for (size_t i = 0; i < m; i++) {
		for (size_t j = i; j < m; j++) {
			*sums++ += f[i] * f[j];
		}
		*sums++ += f[i];
		*sums++ += f[i] * y;
	}
	sums[0] += 1;
	sums[1] += y;
	sums[2] += y * y;
}

int ridge_init(struct ridge *r, size_t m)
{
	*r = (struct ridge){.m = m};
	r->weights = calloc(m, sizeof(double));
	r->centre = calloc(m, sizeof(double));
	r->spread = calloc(m, sizeof(double));
	return r->weights && r->centre && r->spread ? 0 : -ENOMEM;
}

void ridge_fini(struct ridge *r)
{
	free(r->weights);
	free(r->centre);
	free(r->spread);
	*r = (struct ridge){0};
}

static void standardise(struct ridge *r, const double *sums)
{
	size_t m = r->m;
	double n = sums[at(m, m, m)];

	for (size_t i = 0; i < m; i++) {
		double square = sums[at(m, i, i)] / n;
		double centre = sums[at(m, i, m)] / n;
		double variance = square - centre * centre;

		r->centre[i] = centre;
		r->spread[i] = variance > STANDS_STILL * square ? sqrt(variance) : 0;
	}
}

static double covariance(const struct ridge *r, const double *sums, size_t i, size_t j)
{
	double n = sums[at(r->m, r->m, r->m)];
	double mean_j = sums[at(r->m, j < r->m ? j : r->m, j < r->m ? r->m : j)] / n;
	double unit = r->spread[i] * (j < r->m ? r->spread[j] : 1);

	return unit > 0 ? (sums[at(r->m, i, j)] - n * r->centre[i] * mean_j) / unit : 0;
}

/* The normal equations C w = b of the standardised features, by Cholesky. */
static int solve(struct ridge *r, const double *sums, double lambda)
{
	size_t m = r->m;
	double *C = calloc(m * m, sizeof(double));
	int err;

	if (!C) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < m; i++) {
		for (size_t j = i; j < m; j++) {
			C[j * m + i] = covariance(r, sums, i, j);
		}
		C[i * m + i] += lambda;
		r->weights[i] = covariance(r, sums, i, m + 1);
	}
	err = cholesky_factor(C, C, m);
	if (!err) {
		cholesky_solve(C, r->weights, m);
	}
	free(C);
	return err;
}

int ridge_fit(struct ridge *r, const double *sums, double lambda)
{
	size_t m = r->m;
	double n = sums[at(m, m, m)];
	int err;

	if (!(n >= 1)) {
		return -EDOM;
	}
	standardise(r, sums);
	err = solve(r, sums, lambda);
	if (err) {
		return err;
	}
	r->intercept = sums[at(m, m, m + 1)] / n;
	for (size_t i = 0; i < m; i++) {
		r->weights[i] = r->spread[i] > 0 ? r->weights[i] / r->spread[i] : 0;
		r->intercept -= r->weights[i] * r->centre[i];
	}
	return isfinite(r->intercept) ? 0 : -EDOM;
}

double ridge_predict(const struct ridge *r, const double *f)
{
	double y = r->intercept;

	for (size_t i = 0; i < r->m; i++) {
		y += r->weights[i] * f[i];
	}
	return y;
}
