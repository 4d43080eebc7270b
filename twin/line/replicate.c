/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/line/replicate.h"

#include <math.h>

enum { BATCH = 5 };

/* P(|T| <= t) for whole degrees of freedom. */
static double student(double t, size_t dof)
{
	double theta = atan(t / sqrt((double)dof)), c = cos(theta), sum = 0, term;

	if (dof % 2 == 1) {
		term = c;
		for (size_t k = 1; k + 2 <= dof; k += 2) {
			sum += term;
			term *= c * c * (double)(k + 1) / (double)(k + 2);
		}
		return 2 / acos(-1) * (theta + sin(theta) * sum);
	}
	term = 1;
	for (size_t k = 0; k + 2 <= dof; k += 2) {
		sum += term;
		term *= c * c * (double)(k + 1) / (double)(k + 2);
	}
	return sin(theta) * sum;
}

double interval_t95(size_t dof)
{
	double low = 0, high = 13; /* of one degree: 12.706 */

	if (dof > 10000) {
		return 1.959963984540054;
	}
	for (int i = 0; i < 60; i++) {
		double t = (low + high) / 2;

		if (student(t, dof) < 0.95) {
			low = t;
		} else {
			high = t;
		}
	}
	return (low + high) / 2;
}

static struct interval from_sums(double sum, double squares, size_t n)
{
	struct interval out = {(double)NAN, (double)NAN, n};

	if (n > 0) {
		out.mean = sum / (double)n;
	}
	if (n > 1) {
		double variance = fmax(squares / (double)n - out.mean * out.mean, 0) *
		                  (double)n / (double)(n - 1);

		out.half = interval_t95(n - 1) * sqrt(variance / (double)n);
	}
	return out;
}

struct interval interval_of_pairs(const double *a, const double *b, size_t n)
{
	double shift = (double)NAN, sum = 0, squares = 0;
	struct interval out;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		double x = a[i] - (b ? b[i] : 0);

		if (!isfinite(x)) {
			continue;
		}
		shift = isnan(shift) ? x : shift; /* keeps the sums small */
		sum += x - shift;
		squares += (x - shift) * (x - shift);
		kept++;
	}
	out = from_sums(sum, squares, kept);
	out.mean += kept ? shift : 0;
	return out;
}

struct interval interval_of(const double *x, size_t n)
{
	return interval_of_pairs(x, NULL, n);
}

size_t interval_warm_up(const double *x, size_t n)
{
	size_t batches = n / BATCH, best = 0;
	double sum = 0, squares = 0, least = INFINITY;

	/* From the end, so that each cut costs one batch. */
	for (size_t i = batches; i-- > 0;) {
		double mean = 0, kept = (double)(batches - i), spread;

		for (size_t k = 0; k < BATCH; k++) {
			mean += x[i * BATCH + k] / BATCH;
		}
		sum += mean;
		squares += mean * mean;
		spread = (squares - sum * sum / kept) / (kept * kept);
		if (i <= batches / 2 && spread <= least) {
			least = spread;
			best = i * BATCH;
		}
	}
	return best;
}
