/* SPDX-License-Identifier: Apache-2.0 */
/* Distributions out of times that were drawn from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "drivers/reading.h"
#include "twin/line/dist_fit.h"

enum { N = 4000, SEEDS = 40 };

static void draw(const struct dist *d, uint64_t seed, double *x, size_t n)
{
	struct rng g;

	rng_init(&g, seed, 7);
	for (size_t i = 0; i < n; i++) {
		x[i] = dist_draw(d, &g);
	}
}

static void the_kind_and_its_numbers_are_found(void **state)
{
	static const struct dist cases[] = {
		{DIST_EXPONENTIAL, 40, 0, 0, NULL, 0},
		{DIST_NORMAL, 4, 0.3, 0, NULL, 0},
		{DIST_LOGNORMAL, 10, 8, 0, NULL, 0},
		{DIST_WEIBULL, 100, 2.2, 0, NULL, 0},
		{DIST_GAMMA, 5, 3, 0, NULL, 0},
	};
	static double x[N];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t right = 0, within = 0;

		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			struct dist_fit fit;

			draw(&cases[i], seed, x, N);
			assert_int_equal(dist_fit(x, N, &fit), 0);
			within += fit.distance < fit.allowed;
			right += fit.likeliest == cases[i].kind;
			if (fit.likeliest != cases[i].kind) {
				continue;
			}
			assert_true(fabs(fit.dist.a / cases[i].a - 1) < 0.08);
			if (cases[i].b > 0) {
				assert_true(fabs(fit.dist.b / cases[i].b - 1) < 0.15);
			}
		}
		printf("%s: %zu of %d are found, %zu within what chance brings\n",
		       dist_name(cases[i].kind), right, SEEDS, within);
		/* An exponential is a gamma and a Weibull too. */
		assert_in_range(right, cases[i].kind == DIST_EXPONENTIAL ? 28 : 38,
		                SEEDS);
		assert_in_range(within, 38, SEEDS);
	}
	(void)state;
}

static void shares_are_those_of_what_is_drawn(void **state)
{
	static const double seen[] = {1, 2, 2, 5};
	static const struct dist cases[] = {
		{DIST_CONSTANT, 3, 0, 0, NULL, 0},  {DIST_EXPONENTIAL, 2, 0, 0, NULL, 0},
		{DIST_NORMAL, 4, 0.5, 0, NULL, 0},  {DIST_LOGNORMAL, 3, 1, 0, NULL, 0},
		{DIST_WEIBULL, 2, 0.7, 0, NULL, 0}, {DIST_TRIANGULAR, 1, 2, 6, NULL, 0},
		{DIST_GAMMA, 3, 0.6, 0, NULL, 0},   {DIST_GAMMA, 30, 9, 0, NULL, 0},
		{DIST_UNIFORM, 2, 5, 0, NULL, 0},   {DIST_EMPIRICAL, 0, 0, 0, seen, 4},
	};
	static double x[N];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		draw(&cases[i], 11, x, N);
		for (double at = 0.5; at < 40; at *= 1.3) {
			double n = 0;

			for (size_t k = 0; k < N; k++) {
				n += x[k] <= at;
			}
			/* four sigma of a share of N draws */
			assert_true(fabs(dist_share(&cases[i], at) - n / N) <
			            2 / sqrt(N) + 1e-12);
		}
		assert_true(dist_share(&cases[i], 0) == 0);
	}
	(void)state;
}

/* Two ways of working are no distribution of the list: what was seen is drawn again. */
static void two_humps_stay_what_was_observed(void **state)
{
	static double x[N];
	struct dist a = {DIST_NORMAL, 2, 0.1, 0, NULL, 0},
		    b = {DIST_NORMAL, 9, 0.3, 0, NULL, 0};
	struct dist_fit fit;
	double mean = 0;

	draw(&a, 1, x, N / 2);
	draw(&b, 2, x + N / 2, N / 2);
	assert_int_equal(dist_fit(x, N, &fit), 0);
	assert_int_equal(fit.dist.kind, DIST_EMPIRICAL);
	assert_true(fit.distance > fit.allowed);
	assert_int_equal(fit.dist.n, DIST_FIT_VALUES_MAX);
	mean = dist_mean(&fit.dist);
	assert_true(fabs(mean - fit.mean) < 0.05);
	(void)state;
}

/* A clock of a tenth of a second: the kind is found all the same. */
static void steps_of_a_clock_are_no_distance(void **state)
{
	static double x[N];
	struct dist d = {DIST_LOGNORMAL, 4, 0.5, 0, NULL, 0};
	struct dist_fit fit;

	draw(&d, 3, x, N);
	for (size_t i = 0; i < N; i++) {
		x[i] = round(x[i] * 10) / 10;
	}
	assert_int_equal(dist_fit(x, N, &fit), 0);
	assert_int_equal(fit.dist.kind, DIST_LOGNORMAL);
	assert_true(fit.distance < fit.allowed);
	(void)state;
}

static void few_tell_little(void **state)
{
	double x[] = {5, 1, 4, 2, 8, 3, 9, 1, 2, 6}, same[] = {4, 4.001, 4, 4, 4};
	struct dist_fit fit;

	assert_int_equal(dist_fit(x, 4, &fit), -ENODATA);
	assert_int_equal(dist_fit(x, 10, &fit), 0);
	assert_int_equal(fit.dist.kind, DIST_EXPONENTIAL);
	assert_true(fabs(fit.dist.a - 4.1) < 1e-12);
	assert_int_equal(dist_fit(same, 5, &fit), 0);
	assert_int_equal(fit.dist.kind, DIST_CONSTANT);
	x[3] = 0;
	assert_int_equal(dist_fit(x, 10, &fit), -EINVAL);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kind_and_its_numbers_are_found),
		cmocka_unit_test(shares_are_those_of_what_is_drawn),
		cmocka_unit_test(two_humps_stay_what_was_observed),
		cmocka_unit_test(steps_of_a_clock_are_no_distance),
		cmocka_unit_test(few_tell_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
