/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/schedule.h"

#define MS    1000000ULL
#define START (5000 * MS)

/* A virtual day of one group.  Each turn is late by what a busy machine costs, and now
 * and then the gateway stands still, or the device is not done. */
static void deadlines_do_not_drift_in_a_day(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	uint64_t now = START, first, reads = 0;

	(void)state;
	schedule_init(&s, periods, 1, 3, START);
	first = schedule_next(&s);
	assert_in_range(first, START, START + 100 * MS - 1);
	for (uint64_t turn = 0; now < START + 86400000 * MS; turn++) {
		bool busy = turn % 1000 == 999;

		now = schedule_next(&s) + turn * 7919 % 47 * MS + turn % 1000003;
		now += turn % 5000 == 4999 ? 12345678 * (turn % 997) : 0;
		reads += schedule_take(&s, now, busy).read == 1;
		assert_int_equal((schedule_next(&s) - first) % (100 * MS), 0);
	}
	assert_int_equal(reads + s.groups[0].overruns,
	                 (schedule_next(&s) - first) / (100 * MS));
	assert_in_range(reads, 850000, 864000);
}

static void late_turns_of_a_day_cost_no_read(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	uint64_t now = START, reads = 0;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
	for (uint64_t turn = 0; turn < 864000; turn++) {
		now = schedule_next(&s) + turn % 48 * MS;
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
	schedule_init(&s, periods, 2, 0, START);
	for (int i = 0; i < 50; i++) {
		uint32_t want = i % 5 == 0 ? 3 : 1;

		assert_int_equal(schedule_take(&s, schedule_next(&s), false).read, want);
	}
}

static void busy_device_is_an_overrun_and_looked_at_from_the_second_on(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	struct schedule_due due;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
	assert_int_equal(schedule_take(&s, START, false).read, 1);
	for (int i = 1; i <= 5; i++) {
		due = schedule_take(&s, START + (uint64_t)i * 100 * MS, true);
		assert_int_equal(due.read, 0);
		assert_int_equal(due.late, i >= 2);
	}
	assert_int_equal(s.groups[0].overruns, 5);
	due = schedule_take(&s, START + 600 * MS, false);
	assert_int_equal(due.read, 1);
	due = schedule_take(&s, START + 700 * MS, true);
	assert_int_equal(due.late, 0);
}

static void frozen_gateway_polls_once_in_a_period_when_it_wakes(void **state)
{
	static const uint32_t periods[] = {100};
	static const uint64_t frozen_ms[] = {50, 100, 101, 199, 1000, 120050};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frozen_ms); i++) {
		struct schedule s;
		uint64_t wake = START + (100 + frozen_ms[i]) * MS;

		schedule_init(&s, periods, 1, 0, START);
		schedule_take(&s, START, false);
		assert_int_equal(schedule_take(&s, wake, false).read, 1);
		assert_in_range(schedule_next(&s), wake + 100 * MS, wake + 200 * MS);
		assert_int_equal((schedule_next(&s) - START) % (100 * MS), 0);
		assert_int_equal(s.groups[0].overruns + 2,
		                 (schedule_next(&s) - START) / (100 * MS));
	}
}

static void frozen_gateway_with_a_read_under_way_polls_no_more_at_once(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	struct schedule_due due;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
	schedule_take(&s, START, false);
	due = schedule_take(&s, START + 10090 * MS, true);
	assert_int_equal(due.read | due.late, 0); /* its answer may be there */
	assert_int_equal(schedule_next(&s), START + 10200 * MS);
	assert_int_equal(s.groups[0].overruns, 101);
}

static void silent_device_backs_off_doubling_to_30_s(void **state)
{
	static const uint32_t periods[] = {100};
	static const double want_ms[] = {500,  1000,  2000,  4000,
	                                 8000, 16000, 30000, 30000};
	struct schedule s;
	uint64_t now = START;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
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
	schedule_answered(&s, now);
	assert_false(schedule_backed_off(&s));
}

static void tags_of_a_device_left_alone_are_lost_at_their_deadlines(void **state)
{
	static const uint32_t periods[] = {100, 1000};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 2, 0, START);
	schedule_silent(&s, START);
	schedule_silent(&s, START);
	assert_int_equal(schedule_take(&s, START, false).lost, 3);
	assert_int_equal(schedule_take(&s, START + 100 * MS, false).lost, 1);
}

static void tags_of_a_device_left_alone_are_lost_also_during_its_probe(void **state)
{
	static const uint32_t periods[] = {100};
	struct schedule s;
	struct schedule_due due;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
	schedule_silent(&s, START);
	schedule_silent(&s, START);
	due = schedule_take(&s, START, true);
	assert_int_equal(due.lost, 1);
	assert_int_equal(due.late, 0);
}

static void device_that_is_back_is_read_whole_and_then_in_step(void **state)
{
	static const uint32_t periods[] = {100, 1000};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 2, 0, START);
	schedule_take(&s, START, false);
	assert_int_equal(schedule_take_all(&s, START + 1980 * MS), 3);
	assert_int_equal(s.groups[0].due_ns, START + 2100 * MS);
	assert_int_equal(s.groups[1].due_ns, START + 3000 * MS);
}

static void fastest_group_follows_the_end_of_its_read(void **state)
{
	static const uint32_t periods[] = {0};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
	assert_int_equal(schedule_take(&s, START, false).read, 1);
	assert_int_equal(schedule_next(&s), START + SCHEDULE_IDLE_NS);
	schedule_answered(&s, START + 502 * MS);
	assert_int_equal(s.groups[0].overruns, 0);
	assert_true(schedule_next(&s) <= START + 502 * MS);
	assert_int_equal(schedule_take(&s, START + 502 * MS, false).read, 1);
}

static void fastest_group_of_a_device_left_alone_is_lost_once_a_second(void **state)
{
	static const uint32_t periods[] = {0};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 1, 0, START);
	schedule_take(&s, START, false);
	schedule_silent(&s, START + 10 * MS);
	schedule_take(&s, START + 10 * MS, false);
	schedule_silent(&s, START + 20 * MS);
	assert_true(schedule_backed_off(&s));
	s.retry_ns = UINT64_MAX;
	assert_int_equal(schedule_next(&s), START + 10 * MS + SCHEDULE_IDLE_NS);
	assert_int_equal(schedule_take(&s, schedule_next(&s), false).lost, 1);
	assert_int_equal(schedule_next(&s), START + 10 * MS + 2U * SCHEDULE_IDLE_NS);
}

static void reading_is_stale_after_three_periods_or_cycles(void **state)
{
	static const uint32_t periods[] = {0, 100};
	struct schedule s;

	(void)state;
	schedule_init(&s, periods, 2, 0, START);
	assert_int_equal(schedule_stale_ns(&s, 1), 300 * MS);
	schedule_take(&s, START, false);
	schedule_answered(&s, START + 20 * MS);
	assert_int_equal(schedule_stale_ns(&s, 0), 3000 * MS);
	schedule_take(&s, START + 20 * MS, false);
	schedule_answered(&s, START + 7020 * MS);
	assert_int_equal(schedule_stale_ns(&s, 0), 21000 * MS);
}

static void first_reads_come_soon_whatever_the_period(void **state)
{
	static const uint32_t periods[] = {60000, 3600000};

	(void)state;
	for (uint32_t device = 0; device < 100; device++) {
		struct schedule s;
		uint64_t now;

		schedule_init(&s, periods, 2, device, START);
		now = schedule_next(&s);
		assert_in_range(now, START, START + SCHEDULE_START_NS - 1);
		assert_int_equal(schedule_take(&s, now, false).read, 3);
		for (size_t i = 0; i < 2; i++) {
			assert_in_range(s.groups[i].due_ns, now + periods[i] * MS / 2,
			                now + periods[i] * MS * 3 / 2);
		}
	}
}

/* How many of a hundred devices are due in each fifth of each period. */
static void phases_are_spread_over_every_period(void **state)
{
	static const uint32_t periods[] = {100, 1000, 20000, 3600000};

	(void)state;
	for (size_t group = 0; group < ARRAY_SIZE(periods); group++) {
		uint64_t period = periods[group] * MS;
		uint32_t in_fifth[5] = {0};

		for (uint32_t device = 0; device < 100; device++) {
			struct schedule s;

			schedule_init(&s, periods, ARRAY_SIZE(periods), device, START);
			in_fifth[s.groups[group].anchor_ns % period / (period / 5)]++;
		}
		for (size_t i = 0; i < 5; i++) {
			assert_in_range(in_fifth[i], 16, 24);
		}
	}
}

static void slow_group_is_due_with_a_faster_one_whose_period_divides_its_own(void **state)
{
	static const uint32_t periods[] = {100, 500, 3000};

	(void)state;
	for (uint32_t device = 0; device < 20; device++) {
		struct schedule s;

		schedule_init(&s, periods, 3, device, START);
		for (int i = 0; i < 300; i++) {
			uint32_t read = schedule_take(&s, schedule_next(&s), false).read;

			assert_true(read == 1 || read == 3 || read == 7);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_do_not_drift_in_a_day),
		cmocka_unit_test(late_turns_of_a_day_cost_no_read),
		cmocka_unit_test(groups_whose_deadlines_coincide_are_read_together),
		cmocka_unit_test(
			busy_device_is_an_overrun_and_looked_at_from_the_second_on),
		cmocka_unit_test(frozen_gateway_polls_once_in_a_period_when_it_wakes),
		cmocka_unit_test(
			frozen_gateway_with_a_read_under_way_polls_no_more_at_once),
		cmocka_unit_test(silent_device_backs_off_doubling_to_30_s),
		cmocka_unit_test(tags_of_a_device_left_alone_are_lost_at_their_deadlines),
		cmocka_unit_test(
			tags_of_a_device_left_alone_are_lost_also_during_its_probe),
		cmocka_unit_test(device_that_is_back_is_read_whole_and_then_in_step),
		cmocka_unit_test(fastest_group_follows_the_end_of_its_read),
		cmocka_unit_test(
			fastest_group_of_a_device_left_alone_is_lost_once_a_second),
		cmocka_unit_test(reading_is_stale_after_three_periods_or_cycles),
		cmocka_unit_test(first_reads_come_soon_whatever_the_period),
		cmocka_unit_test(phases_are_spread_over_every_period),
		cmocka_unit_test(
			slow_group_is_due_with_a_faster_one_whose_period_divides_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
