/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/quantile.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { ITERATIONS_MAX = 100, TERMS_MAX = 10000 };

double quantile_normal(double p)
{
	double z;

	if (!(p > 0 && p < 1)) {
		return NAN;
	}
	if (p > 0.5) {
		return -quantile_normal(1 - p);
	}
	/* Newton on ln P(Z > z), which is concave: from the right it never overshoots. */
	z = sqrt(-2 * log(p));
	for (int i = 0; i < ITERATIONS_MAX; i++) {
		double tail = 0.5 * erfc(z * M_SQRT1_2);
		double density = exp(-z * z / 2) / sqrt(2 * M_PI);
		double step = (log(tail) - log(p)) * tail / density;

		z += step;
		if (fabs(step) < 4 * DBL_EPSILON * (1 + fabs(z))) {
			break;
		}
	}
	return z;
}

/* x^a e^-x / Gamma(a), the factor in front of both expansions. */
static double front(double a, double x)
{
	return exp(a * log(x) - x - lgamma(a));
}

/* Upper regularised incomplete gamma function Q(a, x): the series of P = 1 - Q for
 * small x, else Legendre's continued fraction by Lentz (Abramowitz, Stegun 1964, 6.5.29
 * and 6.5.31). */
static double gamma_upper(double a, double x)
{
	double sum = 1 / a, term = sum;
	double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / b, h = d;

	if (x < a + 1) {
		for (int i = 1; i < TERMS_MAX && term > sum * DBL_EPSILON; i++) {
			term *= x / (a + i);
			sum += term;
		}
		return 1 - sum * front(a, x);
	}
	for (int i = 1; i < TERMS_MAX; i++) {
		double an = -i * (i - a);

		b += 2;
		d = 1 / (an * d + b);
		c = b + an / c;
		h *= d * c;
		if (fabs(d * c - 1) < DBL_EPSILON) {
			break;
		}
	}
	return h * front(a, x);
}

double quantile_chi2(double p, double dof)
{
	double a = dof / 2, spread = 2 / (9 * dof), low = 0, high = INFINITY, x;

	if (!(p > 0 && p < 1 && dof > 0)) {
		return NAN;
	}
	/* Start as Wilson, Hilferty 1931, then Newton kept inside a shrinking bracket. */
	x = dof * pow(fmax(1 - spread + quantile_normal(p) * sqrt(spread), 0.01), 3) / 2;
	for (int i = 0; i < ITERATIONS_MAX; i++) {
		double excess = gamma_upper(a, x) - p;
		double next = x + excess * x / front(a, x);

		if (excess > 0) {
			low = x;
		} else {
			high = x;
		}
		if (!(next > low && next < high)) {
			next = isinf(high) ? 2 * x : (low + high) / 2;
		}
		if (fabs(next - x) <= 4 * DBL_EPSILON * x) {
			break;
		}
		x = next;
	}
	return 2 * x;
}
