/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "noise.h"
#include "twin/health/ridge.h"

enum { FEATURES = 3, ROWS = 500 };

static double *new_sums(void)
{
	double *sums = calloc(ridge_sums(FEATURES), sizeof(*sums));

	assert_non_null(sums);
	return sums;
}

/* y = 3 + 2 f0 - 5 f1 + noise; f2 stands still. */
static void add_rows(double *sums, uint64_t seed, double sigma)
{
	for (size_t i = 0; i < ROWS; i++) {
		double f[FEATURES] = {0, 0, 7};

		f[0] = 10 + noise_normal(&seed);
		f[1] = 0.1 * noise_normal(&seed);
		ridge_add(sums, f, FEATURES,
		          3 + 2 * f[0] - 5 * f[1] + sigma * noise_normal(&seed));
	}
}

static void line_is_found_where_nothing_is_penalised(void **state)
{
	double *sums = new_sums();
	struct ridge r;

	(void)state;
	add_rows(sums, 1, 0);
	assert_int_equal(ridge_init(&r, FEATURES), 0);
	assert_int_equal(ridge_fit(&r, sums, 1e-9), 0);
	assert_true(fabs(r.intercept - 3) < 1e-7);
	assert_true(fabs(r.weights[0] - 2) < 1e-8 && fabs(r.weights[1] + 5) < 1e-8);
	assert_true(r.weights[2] == 0 && r.spread[2] == 0);
	assert_true(fabs(ridge_predict(&r, (double[]){1, 2, 7}) + 5) < 1e-7);
	ridge_fini(&r);
	free(sums);
}

/* Of one standardised feature the weight is sum(z y) / (n + lambda): with lambda = n half
 * of the least squares' one. */
static void penalty_shrinks_as_the_formula_says(void **state)
{
	double *sums = calloc(ridge_sums(1), sizeof(*sums));
	struct ridge r;

	(void)state;
	assert_non_null(sums);
	for (int i = 0; i < 100; i++) {
		double f = i % 2 ? 4 : 6;

		ridge_add(sums, &f, 1, 10 * f);
	}
	assert_int_equal(ridge_init(&r, 1), 0);
	assert_int_equal(ridge_fit(&r, sums, 100), 0);
	assert_true(fabs(r.weights[0] - 5) < 1e-10);
	assert_true(fabs(r.centre[0] - 5) < 1e-12 && fabs(r.spread[0] - 1) < 1e-12);
	assert_true(fabs(ridge_predict(&r, (double[]){5}) - 50) < 1e-9);
	ridge_fini(&r);
	free(sums);
}

static void difference_of_sums_is_the_fit_of_the_rest(void **state)
{
	double *all = new_sums(), *rest = new_sums();
	struct ridge want, got;

	(void)state;
	add_rows(rest, 1, 0.1);
	add_rows(all, 1, 0.1);
	add_rows(all, 2, 3);
	assert_int_equal(ridge_init(&want, FEATURES), 0);
	assert_int_equal(ridge_fit(&want, rest, 1), 0);
	{
		double *other = new_sums();

		add_rows(other, 2, 3);
		for (size_t i = 0; i < ridge_sums(FEATURES); i++) {
			all[i] -= other[i];
		}
		free(other);
	}
	assert_int_equal(ridge_init(&got, FEATURES), 0);
	assert_int_equal(ridge_fit(&got, all, 1), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_true(fabs(got.weights[i] - want.weights[i]) < 1e-9);
	}
	ridge_fini(&want);
	ridge_fini(&got);
	free(all);
	free(rest);
}

static void nothing_to_learn_from_is_an_error(void **state)
{
	double *sums = new_sums();
	struct ridge r;

	(void)state;
	assert_int_equal(ridge_init(&r, FEATURES), 0);
	assert_int_equal(ridge_fit(&r, sums, 1), -EDOM);
	ridge_add(sums, (double[]){NAN, 1, 2}, FEATURES, 1);
	assert_int_equal(ridge_fit(&r, sums, 1), -EDOM);
	ridge_fini(&r);
	ridge_fini(&r);
	free(sums);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_found_where_nothing_is_penalised),
		cmocka_unit_test(penalty_shrinks_as_the_formula_says),
		cmocka_unit_test(difference_of_sums_is_the_fit_of_the_rest),
		cmocka_unit_test(nothing_to_learn_from_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
