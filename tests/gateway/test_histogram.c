/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/histogram.h"

static struct histogram h[2];

static int teardown(void **state)
{
	(void)state;
	histogram_clear(&h[0]);
	histogram_clear(&h[1]);
	return 0;
}

static void nothing_has_no_quantile(void **state)
{
	(void)state;
	assert_true(isnan(histogram_quantile(h, 1, 0.5)));
	assert_true(isnan(histogram_quantile(h, 0, 0.5)));
}

static void one_value_is_all_quantiles_exactly(void **state)
{
	static const uint64_t values[] = {0, 1, 127, 128, 1000003, UINT64_C(1) << 35};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		teardown(state);
		histogram_add(h, values[i]);
		assert_true(histogram_quantile(h, 1, 0) == (double)values[i]);
		assert_true(histogram_quantile(h, 1, 1) == (double)values[i]);
	}
}

/* Each value between two that are far off, so that extremes do not help. */
static void quantile_is_within_two_percent_over_the_whole_range(void **state)
{
	(void)state;
	for (double v = 1; v < ldexp(1, HISTOGRAM_RANGE_BITS); v = v * 1.0007 + 1) {
		double got;

		teardown(state);
		histogram_add(h, 0);
		histogram_add(h, (uint64_t)v);
		histogram_add(h, (UINT64_C(1) << HISTOGRAM_RANGE_BITS) - 1);
		got = histogram_quantile(h, 1, 0.5);
		if (fabs(got - floor(v)) > v / 64) {
			fail_msg("%.0f came back as %.0f", v, got);
		}
	}
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void quantiles_of_a_skewed_sample_match_those_of_its_sorted_values(void **state)
{
	enum { N = 50000 };
	static const double quantiles[] = {0.001, 0.5, 0.95, 0.99, 0.999, 1};
	static uint64_t values[N];

	(void)state;
	srandom(4);
	for (size_t i = 0; i < N; i++) {
		double u = ((double)random() + 1) / ((double)RAND_MAX + 2);

		values[i] = (uint64_t)(800 * pow(u, -0.7)); /* Pareto */
		histogram_add(h, values[i]);
	}
	qsort(values, N, sizeof(values[0]), by_size);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		double want = (double)values[(size_t)ceil(quantiles[i] * N) - 1];
		double got = histogram_quantile(h, 1, quantiles[i]);

		if (fabs(got - want) > 0.01 * want) {
			fail_msg("%g: %g, not %g", quantiles[i], got, want);
		}
	}
}

static void parts_count_as_one(void **state)
{
	struct histogram whole = {0};

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		histogram_add(&h[i % 3 == 0], i * i);
		histogram_add(&whole, i * i);
	}
	for (double q = 0; q <= 1; q += 0.01) {
		assert_true(histogram_quantile(h, 2, q) ==
		            histogram_quantile(&whole, 1, q));
	}
	histogram_clear(&whole);
}

static void full_histogram_takes_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < HISTOGRAM_VALUES_MAX; i++) {
		assert_true(histogram_add(h, 7));
	}
	assert_false(histogram_add(h, 9));
	assert_int_equal(h[0].n, HISTOGRAM_VALUES_MAX);
	assert_true(histogram_quantile(h, 1, 1) == 7);
}

static void value_beyond_the_range_is_the_largest(void **state)
{
	(void)state;
	histogram_add(h, 5);
	histogram_add(h, UINT64_MAX);
	assert_true(histogram_quantile(h, 1, 1) > 0.99 * ldexp(1, HISTOGRAM_RANGE_BITS));
	assert_true(histogram_quantile(h, 1, 0.5) == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
		TEST(nothing_has_no_quantile),
		TEST(one_value_is_all_quantiles_exactly),
		TEST(quantile_is_within_two_percent_over_the_whole_range),
		TEST(quantiles_of_a_skewed_sample_match_those_of_its_sorted_values),
		TEST(parts_count_as_one),
		TEST(full_histogram_takes_no_more),
		TEST(value_beyond_the_range_is_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
