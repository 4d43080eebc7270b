/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/clock.h"

static uint64_t mono_ns;
static int64_t wall_us;

static uint64_t scripted_mono(void)
{
	return mono_ns;
}

static int64_t scripted_wall(void)
{
	return wall_us;
}

static void pass_ms(int64_t ms)
{
	mono_ns += (uint64_t)ms * 1000000;
	wall_us += ms * 1000;
}

static int setup(void **state)
{
	(void)state;
	mono_ns = 5000000000;
	wall_us = 1700000000000000;
	clock_script(scripted_mono, scripted_wall);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_script(NULL, NULL);
	return 0;
}

static void stamp_is_time_of_receipt(void **state)
{
	struct clock_stamper s;

	(void)state;
	clock_stamper_init(&s, 0);
	pass_ms(1500);
	assert_int_equal(clock_stamp(&s, mono_ns - 200000000, 0), wall_us - 200000);
}

static void stamps_rise_by_two_and_by_a_millisecond_within_a_block(void **state)
{
	struct clock_stamper s;
	int64_t a, b, c;

	(void)state;
	clock_stamper_init(&s, 0);
	a = clock_stamp(&s, mono_ns, 0);
	b = clock_stamp(&s, mono_ns, 0);
	assert_true(b >= a + 2);
	c = clock_stamp(&s, mono_ns, b);
	assert_int_equal(c / 1000, b / 1000 + 1);
}

static void reserve_is_never_given_again(void **state)
{
	struct clock_stamper s;
	int64_t reserve = wall_us + 10000000;

	(void)state;
	clock_stamper_init(&s, reserve);
	for (int i = 0; i < 100; i++) {
		pass_ms(100);
		assert_true(clock_stamp(&s, mono_ns, 0) > reserve);
	}
}

static void backward_step_is_slewed_and_told(void **state)
{
	struct clock_stamper s;
	int64_t before, at_step, now = 0;

	(void)state;
	clock_stamper_init(&s, 0);
	before = clock_stamp(&s, mono_ns, 0);
	wall_us -= 60000000;
	assert_int_equal(clock_stamper_check(&s), -60000000);
	at_step = before;
	for (int i = 0; i < 1000; i++) {
		pass_ms(100);
		now = clock_stamp(&s, mono_ns, 0);
		assert_true(now > before);
		before = now;
	}
	/* 100 s passed: 50 s of the minute are worked off, 10 s are left. */
	assert_in_range(now - at_step, 49900000, 50100000);
	for (int i = 0; i < 300; i++) {
		pass_ms(100);
		now = clock_stamp(&s, mono_ns, 0);
	}
	assert_int_equal(now, wall_us);
}

static void forward_step_is_taken_at_once(void **state)
{
	struct clock_stamper s;

	(void)state;
	clock_stamper_init(&s, 0);
	wall_us += 3600000000;
	assert_int_equal(clock_stamper_check(&s), 3600000000);
	assert_int_equal(clock_stamp(&s, mono_ns, 0), wall_us);
	wall_us += 1000;
	assert_int_equal(clock_stamper_check(&s), 0); /* NTP at its work is no event */
}

static void iso_and_back(void **state)
{
	static const struct {
		const char *text;
		int64_t want_us;
	} cases[] = {
		{"2026-01-02T03:04:05.678Z", 1767323045678000},
		{"2026-01-02 03:04:05", 1767323045000000},
		{"2026-01-02", 1767312000000000},
		{"1767323045.5", 1767323045500000},
		{"90s", 1000000000000000 - 90000000},
		{"2h", 1000000000000000 - 7200000000},
		{"7d", 1000000000000000 - 604800000000},
	};
	static const char *const wrong[] = {
		"",   "yesterday", "2026-13-01", "2026-01-02T25:00:00Z",
		"5x", "nan",       "-3s",        "2026-01-02T03:04:05+01:00"};
	int64_t ts_us;
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(clock_parse(cases[i].text, 1000000000000000, &ts_us), 0);
		if (ts_us != cases[i].want_us) {
			fail_msg("%s: %lld", cases[i].text, (long long)ts_us);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (clock_parse(wrong[i], 0, &ts_us) == 0) {
			fail_msg("'%s' taken", wrong[i]);
		}
	}
	clock_iso(1767323045678999, buf);
	assert_string_equal(buf, "2026-01-02T03:04:05.678Z");
	clock_iso(-1, buf);
	assert_string_equal(buf, "1969-12-31T23:59:59.999Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stamp_is_time_of_receipt, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(
			stamps_rise_by_two_and_by_a_millisecond_within_a_block, setup,
			teardown),
		cmocka_unit_test_setup_teardown(reserve_is_never_given_again, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(backward_step_is_slewed_and_told, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(forward_step_is_taken_at_once, setup,
	                                        teardown),
		cmocka_unit_test(iso_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
