/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mean run lengths that docs/twin.md promises of CUSUM and EWMA, from their integral
 * equations by Gauss-Legendre quadrature (Nystroem's method), against the reference.
 * Long double: where a run has 10^9 readings, as many digits are lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "refvec.h"
#include "twin/drift/quantile.h"

enum { NODES = 120, SIZE = NODES + 1, SHIFTS = 8 };

static const double shifts[SHIFTS] = {0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3};

static long double density(long double z)
{
	return expl(-z * z / 2) / sqrtl(2 * M_PIl);
}

static long double below(long double z)
{
	return 0.5L * erfcl(-z * M_SQRT1_2l);
}

/* Nodes and weights on (low, high): roots of the Legendre polynomial by Newton. */
static void quadrature(long double low, long double high, long double *x, long double *w)
{
	for (int i = 0; i < NODES; i++) {
		long double z = cosl(M_PIl * (i + 0.75L) / (NODES + 0.5L)), slope = 1;

		for (int k = 0; k < 100; k++) {
			long double p = 1, before = 0, step;

			for (int n = 1; n <= NODES; n++) {
				long double next = ((2 * n - 1) * z * p -
				                    (n - 1) * before) /
				                   n;

				before = p;
				p = next;
			}
			slope = NODES * (z * p - before) / (z * z - 1);
			step = p / slope;
			z -= step;
			if (fabsl(step) < 1e-19L) {
				break;
			}
		}
		x[i] = (low + high) / 2 + (high - low) / 2 * z;
		w[i] = (high - low) / ((1 - z * z) * slope * slope);
	}
}

/* Gauss with row pivots; b becomes the solution. */
static void solve(long double (*A)[SIZE], long double *b, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		size_t best = k;
		long double right;

		for (size_t i = k + 1; i < n; i++) {
			best = fabsl(A[i][k]) > fabsl(A[best][k]) ? i : best;
		}
		for (size_t j = 0; j < n; j++) {
			long double row = A[k][j];

			A[k][j] = A[best][j];
			A[best][j] = row;
		}
		right = b[k];
		b[k] = b[best];
		b[best] = right;
		for (size_t i = k + 1; i < n; i++) {
			long double by = A[i][k] / A[k][k];

			for (size_t j = k; j < n; j++) {
				A[i][j] -= by * A[k][j];
			}
			b[i] -= by * b[k];
		}
	}
	for (size_t k = n; k-- > 0;) {
		for (size_t j = k + 1; j < n; j++) {
			b[k] -= A[k][j] * b[j];
		}
		b[k] /= A[k][k];
	}
}

/* One side: L(u) = 1 + L(0) P(z < k - u) + int_0^h L(y) f(y - u + k) dy; L(0). */
static long double cusum_side(long double k, long double h, long double shift)
{
	static long double A[SIZE][SIZE];
	long double x[SIZE], w[NODES], b[SIZE];

	quadrature(0, h, x + 1, w);
	x[0] = 0;
	for (size_t i = 0; i < SIZE; i++) {
		for (size_t j = 0; j < NODES; j++) {
			A[i][j + 1] = -w[j] * density(x[j + 1] - x[i] + k - shift);
		}
		A[i][0] = -below(k - x[i] - shift);
		A[i][i] += 1;
		b[i] = 1;
	}
	solve(A, b, SIZE);
	return b[0];
}

/* Both sides, which never are above 0 together when one alarms (Kemp 1961). */
static double cusum_length(double k, double h, double shift)
{
	return (double)(1 / (1 / cusum_side(k, h, shift) + 1 / cusum_side(k, h, -shift)));
}

/* L(u) = 1 + 1/lambda int L(y) f((y - (1 - lambda) u)/lambda) dy; L(0). */
static double ewma_length(double lambda, double limit, double shift)
{
	static long double A[SIZE][SIZE];
	long double c = limit * sqrtl(lambda / (2 - lambda)), x[SIZE], w[NODES], b[SIZE];

	quadrature(-c, c, x + 1, w);
	x[0] = 0;
	for (size_t i = 0; i < SIZE; i++) {
		for (size_t j = 0; j < NODES; j++) {
			long double z = (x[j + 1] - (1 - lambda) * x[i]) / lambda - shift;

			A[i][j + 1] = -w[j] * density(z) / lambda;
		}
		A[i][0] = 0;
		A[i][i] += 1;
		b[i] = 1;
	}
	solve(A, b, SIZE);
	return (double)b[0];
}

/* All tests of one kind in the file: a and b are the names of their numbers. */
static size_t check_kind(const char *from, const char *end, const char *a, const char *b,
                         double (*length)(double, double, double))
{
	char key[16];
	size_t n = 0;

	snprintf(key, sizeof(key), "\"%s\":", a);
	for (; (from = strstr(from, key)) && from < end; from += strlen(key)) {
		double first, second, want[SHIFTS];

		assert_int_equal(refvec_numbers(from, a, &first, 1), 1);
		assert_int_equal(refvec_numbers(from, b, &second, 1), 1);
		for (size_t i = 0; i < SHIFTS; i++) {
			char shift[16];
			double got = length(first, second, shifts[i]);

			snprintf(shift, sizeof(shift), "%.*f", i == 1 || i == 3 ? 2 : 1,
			         shifts[i]);
			assert_int_equal(refvec_numbers(from, shift, &want[i], 1), 1);
			if (!refvec_near(got, want[i], 1e-6)) {
				fail_msg("%s %g, %s %g, shift %g: %.12g, not %.12g", a,
				         first, b, second, shifts[i], got, want[i]);
			}
		}
		n++;
	}
	return n;
}

static void run_lengths_solve_their_integral_equations(void **state)
{
	char *text = refvec_text("tests.json");
	const char *ewma, *end;

	(void)state;
	if (!text) {
		skip();
	}
	ewma = strstr(text, "\"ewma\": [");
	end = strstr(text, "\"published\"");
	assert_true(ewma && end);
	assert_int_equal(check_kind(text, ewma, "k", "h", cusum_length), 7);
	assert_int_equal(check_kind(ewma, end, "lam", "L", ewma_length), 8);
	free(text);
}

/* As printed in docs/twin.md. */
static void the_table_of_the_documentation_is_right(void **state)
{
	static const struct {
		double (*length)(double, double, double);
		double a, b, want[5];
	} rows[] = {
		{cusum_length, 0.5, 4, {168, 26.6, 8.38, 3.34, 2.19}},
		{cusum_length, 0.5, 5, {465, 38.0, 10.4, 4.01, 2.57}},
		{cusum_length, 0.25, 8.01, {370, 28.8, 11.4, 5.22, 3.48}},
		{cusum_length, 1, 2.52, {373, 69.3, 13.6, 3.27, 1.86}},
		{ewma_length, 0.05, 2.615, {500, 28.8, 11.4, 5.22, 3.50}},
		{ewma_length, 0.1, 2.814, {500, 31.3, 10.3, 4.36, 2.87}},
		{ewma_length, 0.25, 2.998, {500, 48.3, 11.1, 3.61, 2.26}},
		{ewma_length, 0.1, 0, {17087, 110, 18.3, 6.29, 3.93}}, /* the monitor's */
	};
	static const double columns[5] = {0, 0.5, 1, 2, 3};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double b = rows[i].b > 0 ? rows[i].b : quantile_normal(1e-4 / 2);

		for (size_t k = 0; k < 5; k++) {
			double got = rows[i].length(rows[i].a, b, columns[k]);

			if (fabs(got / rows[i].want[k] - 1) > 5e-3) {
				fail_msg("row %zu, shift %g: %g", i, columns[k], got);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_lengths_solve_their_integral_equations),
		cmocka_unit_test(the_table_of_the_documentation_is_right),
	};

	return refvec_result(cmocka_run_group_tests(tests, NULL, NULL));
}
