/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/recent.h"

#define WINDOW 1000U

static struct recent r;
static struct quantiles got;

static int setup(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	recent_init(&r, WINDOW, 5000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	recent_clear(&r);
	return 0;
}

static void add(uint64_t now, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++) {
		recent_add(&r, now, value);
	}
}

static void nothing_happened_yet(void **state)
{
	(void)state;
	recent_quantiles(&r, 5500, &got);
	assert_int_equal(got.n, 0);
	assert_true(isnan(got.p50) && isnan(got.p95) && isnan(got.p99));
}

static void quantiles_are_those_of_the_values(void **state)
{
	(void)state;
	add(5100, 94, 10);
	add(5200, 4, 20);
	add(5300, 2, 30);
	recent_quantiles(&r, 5300, &got);
	assert_int_equal(got.n, 100);
	assert_true(got.p50 == 10 && got.p95 == 20 && got.p99 == 30);
}

static void window_before_still_counts_and_the_one_before_it_does_not(void **state)
{
	(void)state;
	add(5100, 10, 10);
	add(6100, 5, 20);
	recent_quantiles(&r, 6100, &got);
	assert_int_equal(got.n, 15);
	add(7100, 1, 30);
	recent_quantiles(&r, 7100, &got);
	assert_int_equal(got.n, 6);
	assert_true(got.p50 == 20 && got.p99 == 30);
}

static void what_stopped_long_ago_is_forgotten(void **state)
{
	(void)state;
	add(5100, 10, 10);
	recent_quantiles(&r, 6900, &got);
	assert_int_equal(got.n, 10);
	recent_quantiles(&r, 7000, &got);
	assert_int_equal(got.n, 0);
	add(9000, 1, 50);
	recent_quantiles(&r, 9000, &got);
	assert_int_equal(got.n, 1);
}

static void more_than_a_window_holds_cuts_it_short(void **state)
{
	(void)state;
	add(5100, HISTOGRAM_VALUES_MAX, 10);
	add(5101, HISTOGRAM_VALUES_MAX, 20);
	add(5102, 1, 30);
	recent_quantiles(&r, 5103, &got);
	assert_int_equal(got.n, HISTOGRAM_VALUES_MAX + 1);
	assert_true(got.p50 == 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(nothing_happened_yet),
		TEST(quantiles_are_those_of_the_values),
		TEST(window_before_still_counts_and_the_one_before_it_does_not),
		TEST(what_stopped_long_ago_is_forgotten),
		TEST(more_than_a_window_holds_cuts_it_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
