/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/health/trend.h"

static double t[TREND_POINTS_MAX], y[TREND_POINTS_MAX];

/* y = 10 + slope t + sigma e, t in days. */
static struct trend_points points(size_t n, double slope, double sigma, uint64_t seed)
{
	for (size_t i = 0; i < n; i++) {
		t[i] = (double)i;
		y[i] = 10 + slope * t[i] + sigma * noise_normal(&seed);
	}
	return (struct trend_points){t, y, n};
}

static void slope_is_the_median_of_all_pairs(void **state)
{
	static const double at[] = {0, 1, 2, 4}, value[] = {0, 1, 5, 4};
	const struct trend_points p = {at, value, 4};
	struct trend fit = trend_fit(&p);

	(void)state;
	/* slopes -0.5 1 1 1 2.5 4; what is left 0 0 3 0 */
	assert_true(fabs(fit.slope - 1) < 1e-12);
	assert_true(fabs(fit.level - 4) < 1e-12);
}

/* Of 15 pairs one is tied and one falls: S = 12, by hand after Kendall 1975. */
static void p_value_counts_order_and_ties(void **state)
{
	static const double at[] = {0, 1, 2, 3, 4, 5}, value[] = {1, 2, 2, 3, 5, 4};
	const struct trend_points p = {at, value, 6};
	double variance = (6 * 5 * 17 - 2 * 1 * 9) / 18.0;
	double z = (12 - 1) / sqrt(variance);

	(void)state;
	assert_true(fabs(trend_fit(&p).p_value - erfc(z / sqrt(2))) < 1e-12);
}

static void wild_values_do_not_move_it(void **state)
{
	struct trend_points p = points(30, 0.5, 0, 1);

	(void)state;
	y[3] = 1e6;
	y[17] = -1e6;
	assert_true(fabs(trend_fit(&p).slope - 0.5) < 1e-9);
}

/* 200 filters that clog by 0.5 a day: the truth is in the band as often as it says. */
static void truth_is_within_the_band(void **state)
{
	size_t held = 0, known = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct trend_points p = points(30, 0.5, 1, seed * 7919);
		struct remaining r = trend_until(&p, 30, true);
		double truth = (30 - (10 + 0.5 * 29)) / 0.5;

		if (r.why == REMAINING_KNOWN) {
			known++;
			held += r.p10 <= truth && truth <= r.p90;
			assert_true(r.p10 <= r.p50 && r.p50 <= r.p90);
		}
	}
	assert_int_equal(known, 200);
	assert_in_range(held, 140, 185);
}

static void flat_or_leading_away_is_no_prediction(void **state)
{
	size_t none = 0;
	struct trend_points p = points(30, -0.5, 1, 3);

	(void)state;
	assert_int_equal(trend_until(&p, 30, true).why, REMAINING_NO_TREND);
	assert_int_equal(trend_until(&p, -20, false).why, REMAINING_KNOWN);
	for (uint64_t seed = 1; seed <= 200; seed++) {
		p = points(30, 0, 1, seed * 104729);
		none += trend_until(&p, 12, true).why != REMAINING_KNOWN;
	}
	assert_in_range(none, 194, 200); /* 1 in 100 is the test's own */
}

static void limit_that_is_passed_is_now(void **state)
{
	struct trend_points p = points(30, 0.5, 0.1, 5);
	struct remaining r = trend_until(&p, 20, true);

	(void)state;
	assert_true(r.why == REMAINING_KNOWN && r.p10 == 0 && r.p90 == 0);
}

static void too_few_points_or_too_far_is_no_prediction(void **state)
{
	struct trend_points p = points(TREND_POINTS_MIN - 1, 0.5, 0.01, 5);

	(void)state;
	assert_int_equal(trend_until(&p, 30, true).why, REMAINING_LEARNING);
	p = points(20, 0.5, 0.01, 5);
	assert_int_equal(trend_until(&p, 10 + 0.5 * 19 + 0.5 * 200, true).why,
	                 REMAINING_FAR);
	assert_int_equal(trend_until(&p, 10 + 0.5 * 19 + 0.5 * 180, true).why,
	                 REMAINING_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slope_is_the_median_of_all_pairs),
		cmocka_unit_test(p_value_counts_order_and_ties),
		cmocka_unit_test(wild_values_do_not_move_it),
		cmocka_unit_test(truth_is_within_the_band),
		cmocka_unit_test(flat_or_leading_away_is_no_prediction),
		cmocka_unit_test(limit_that_is_passed_is_now),
		cmocka_unit_test(too_few_points_or_too_far_is_no_prediction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
