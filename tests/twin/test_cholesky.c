/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/cholesky.h"

enum { N_MAX = 12 };

static uint64_t seed;

static double uniform(void)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (double)(seed >> 11) / 9007199254740992.0 - 0.5;
}

/* Any A = B B' + I: L L' is A, A of a solution is the right side, in place or not. */
static void factors_give_the_matrix_back_and_solve(void **state)
{
	double B[N_MAX * N_MAX], A[N_MAX * N_MAX], L[N_MAX * N_MAX],
		in_place[N_MAX * N_MAX];

	(void)state;
	for (seed = 1; seed < 200; seed++) {
		uint64_t mine = seed;
		size_t n = 1 + mine % N_MAX;
		double b[N_MAX], x[N_MAX];

		for (size_t i = 0; i < n * n; i++) {
			B[i] = uniform();
		}
		for (size_t i = 0; i < n * n; i++) {
			A[i] = i / n == i % n;
			for (size_t k = 0; k < n; k++) {
				A[i] += B[i / n * n + k] * B[i % n * n + k];
			}
		}
		memcpy(in_place, A, sizeof(A));
		assert_int_equal(cholesky_factor(A, L, n), 0);
		assert_int_equal(cholesky_factor(in_place, in_place, n), 0);
		assert_memory_equal(L, in_place, n * n * sizeof(*L));
		for (size_t i = 0; i < n; i++) {
			b[i] = x[i] = uniform();
		}
		cholesky_solve(L, x, n);
		for (size_t i = 0; i < n; i++) {
			double sum = 0;

			for (size_t j = 0; j < n; j++) {
				double square = 0;

				for (size_t k = 0; k < n; k++) {
					square += L[i * n + k] * L[j * n + k];
				}
				assert_true(fabs(square - A[i * n + j]) < 1e-12);
				assert_true(j <= i || L[i * n + j] == 0);
				sum += A[i * n + j] * x[j];
			}
			assert_true(fabs(sum - b[i]) < 1e-12);
		}
		seed = mine;
	}
}

static void what_is_not_positive_is_refused(void **state)
{
	static const double bad[][4] = {{1, 2, 2, 1},
	                                {0, 0, 0, 1},
	                                {1, 0, 0, -1},
	                                {NAN, 0, 0, 1},
	                                {INFINITY, 0, 0, 1}};
	double L[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(cholesky_factor(bad[i], L, 2), -EDOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(factors_give_the_matrix_back_and_solve),
		cmocka_unit_test(what_is_not_positive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
