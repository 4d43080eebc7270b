/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/figures.h"

#define MS    UINT64_C(1000000)
#define START (7000 * MS)

static const uint32_t periods[] = {100, 60000};
static struct figures *figures;
static struct device_stats stats;
static struct quantiles got;

static int setup(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof(stats));
	return figures_new(&figures, periods, 2, START);
}

static int teardown(void **state)
{
	(void)state;
	figures_free(figures);
	return 0;
}

static bool near(double x, double want)
{
	return fabs(x - want) <= 0.01 * want;
}

static void interval_is_from_beginning_to_beginning_of_each_group(void **state)
{
	uint64_t now = START;

	(void)state;
	figures_begun(figures, 3, &stats, now);
	for (int i = 1; i <= 1000; i++) {
		now += (i % 40 == 0 ? 130 : 100) * MS;
		figures_begun(figures, i == 600 ? 3 : 1, &stats, now);
	}
	figures_interval(figures, 0, now, &got);
	assert_int_equal(got.n, 1000);
	assert_true(near(got.p50, 100000) && near(got.p95, 100000));
	assert_true(near(got.p99, 130000));
	figures_interval(figures, 1, now, &got);
	assert_int_equal(got.n, 1);
	assert_true(near(got.p50, 60450000));
}

static void slow_group_is_remembered_for_many_periods(void **state)
{
	uint64_t now = START;

	(void)state;
	for (int i = 0; i < 40; i++, now += 60000 * MS) {
		figures_begun(figures, 3, &stats, now);
	}
	figures_interval(figures, 1, now, &got);
	assert_int_equal(got.n, 39);
	figures_interval(figures, 0, now, &got);
	assert_in_range(got.n, 4, 10);
}

static void round_trip_counts_once_an_answer(void **state)
{
	(void)state;
	stats.answers = 1;
	stats.rtt_us = 2000;
	figures_answered(figures, &stats, START); /* a block in two batches */
	figures_answered(figures, &stats, START);
	stats.answers = 2;
	stats.rtt_us = 4000;
	figures_answered(figures, &stats, START);
	figures_answered(figures, &stats, START + MS); /* and one that timed out */
	figures_rtt(figures, START + MS, &got);
	assert_int_equal(got.n, 2);
	assert_true(near(got.p50, 2000) && near(got.p99, 4000));
}

static void bus_load_is_the_share_of_busy_time(void **state)
{
	(void)state;
	assert_true(isnan(figures_bus_load(figures, &stats, START + 100 * MS)));
	stats.busy_ns = 20 * MS;
	assert_true(near(figures_bus_load(figures, &stats, START + 100 * MS), 0.2));
	stats.in_flight = 1;
	stats.busy_since_ns = START + 100 * MS;
	assert_true(near(figures_bus_load(figures, &stats, START + 200 * MS), 0.6));
}

static void bus_load_of_long_ago_is_forgotten(void **state)
{
	uint64_t now = START;

	(void)state;
	for (int i = 0; i < 7200; i++, now += 100 * MS) { /* 12 min, all busy */
		figures_begun(figures, 1, &stats, now);
		stats.busy_ns += 100 * MS;
	}
	assert_true(near(figures_bus_load(figures, &stats, now), 1));
	for (int i = 0; i < 7200; i++, now += 100 * MS) { /* 12 min, half busy */
		figures_begun(figures, 1, &stats, now);
		stats.busy_ns += 50 * MS;
	}
	assert_true(near(figures_bus_load(figures, &stats, now), 0.5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(interval_is_from_beginning_to_beginning_of_each_group),
		TEST(slow_group_is_remembered_for_many_periods),
		TEST(round_trip_counts_once_an_answer),
		TEST(bus_load_is_the_share_of_busy_time),
		TEST(bus_load_of_long_ago_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
