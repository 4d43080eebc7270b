/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/schedule.h"

#define MS    1000000ULL
#define START (5000 * MS)

static void deadlines_do_not_drift_in_a_day(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	uint64_t now = START, reads = 0;

	(void)state;
	schedule_init(&s, periods, 1, START);
	/* Every turn is 0 to 7 ms late. */
	for (uint64_t turn = 0; turn < 864000; turn++) {
		now = schedule_next(&s) + turn % 8 * MS;
		reads += schedule_take(&s, now, false).read == 1;
	}
	assert_int_equal(reads, 864000);
	assert_int_equal(schedule_next(&s), START + 86400000 * MS);
	assert_int_equal(s.groups[0].overruns, 0);
}

static void groups_whose_deadlines_coincide_are_read_together(void **state)
{
	static const uint32_t periods[] = {100, 500};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 2, START);
	for (int i = 0; i < 50; i++) {
		uint32_t want = i % 5 == 0 ? 3 : 1;

		assert_int_equal(schedule_take(&s, schedule_next(&s), false).read, want);
	}
}

static void busy_device_is_an_overrun_and_then_stale(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	struct schedule_due due;

	(void)state;
	schedule_init(&s, periods, 1, START);
	assert_int_equal(schedule_take(&s, START, false).read, 1);
	for (int i = 1; i <= 5; i++) {
		due = schedule_take(&s, START + (uint64_t)i * 100 * MS, true);
		assert_int_equal(due.read, 0);
		assert_int_equal(due.stale, i >= SCHEDULE_STALE_PERIODS);
	}
	assert_int_equal(s.groups[0].overruns, 5);
	due = schedule_take(&s, START + 600 * MS, false);
	assert_int_equal(due.read, 1);
	assert_int_equal(s.groups[0].missed, 0);
}

static void frozen_gateway_polls_once_when_it_wakes(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 1, START);
	schedule_take(&s, START, false);
	assert_int_equal(schedule_take(&s, START + 120050 * MS, false).read, 1);
	assert_int_equal(s.groups[0].overruns, 1199);
	assert_int_equal(schedule_next(&s), START + 120100 * MS);
}

static void silent_device_backs_off_doubling_to_30_s(void **state)
{
	static const uint32_t periods[] = {100};
	static const double want_ms[] = {500,  1000,  2000,  4000,
	                                 8000, 16000, 30000, 30000};
	struct schedule s;
	uint64_t now = START;

	(void)state;
	schedule_init(&s, periods, 1, START);
	schedule_silent(&s, now);
	assert_false(schedule_backed_off(&s)); /* one lost answer is no silence */
	for (size_t i = 0; i < ARRAY_SIZE(want_ms); i++) {
		double wait_ms;

		schedule_silent(&s, now);
		assert_true(schedule_backed_off(&s));
		wait_ms = (double)(s.retry_ns - now) / 1e6;
		assert_true(wait_ms >= 0.8 * want_ms[i] && wait_ms <= 1.2 * want_ms[i]);
		now = s.retry_ns;
		assert_true(schedule_take(&s, now, false).probe);
		assert_false(schedule_take(&s, now, true).probe);
	}
	schedule_answered(&s);
	assert_false(schedule_backed_off(&s));
}

static void tags_of_a_device_left_alone_are_lost_at_their_deadlines(void **state)
{
	static const uint32_t periods[] = {100, 1000};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 2, START);
	schedule_silent(&s, START);
	schedule_silent(&s, START);
	assert_int_equal(schedule_take(&s, START, false).lost, 3);
	assert_int_equal(schedule_take(&s, START + 100 * MS, false).lost, 1);
}

static void fastest_group_follows_the_end_of_its_read(void **state)
{
	static const uint32_t periods[] = {0};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 1, START);
	assert_int_equal(schedule_take(&s, START, false).read, 1);
	assert_int_equal(schedule_take(&s, START + 500 * MS, true).stale, 0);
	assert_int_equal(s.groups[0].overruns, 0);
	assert_int_equal(schedule_take(&s, START + 502 * MS, false).read, 1);
}

static void phases_are_spread_over_the_period(void **state)
{
	uint32_t in_tenth[10] = {0};

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		uint64_t phase = schedule_phase(i, 1000);

		assert_true(phase < 1000 * MS);
		in_tenth[phase / (100 * MS)]++;
	}
	for (size_t i = 0; i < 10; i++) {
		assert_in_range(in_tenth[i], 8, 12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_do_not_drift_in_a_day),
		cmocka_unit_test(groups_whose_deadlines_coincide_are_read_together),
		cmocka_unit_test(busy_device_is_an_overrun_and_then_stale),
		cmocka_unit_test(frozen_gateway_polls_once_when_it_wakes),
		cmocka_unit_test(silent_device_backs_off_doubling_to_30_s),
		cmocka_unit_test(tags_of_a_device_left_alone_are_lost_at_their_deadlines),
		cmocka_unit_test(fastest_group_follows_the_end_of_its_read),
		cmocka_unit_test(phases_are_spread_over_the_period),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
