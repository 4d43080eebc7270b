/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/health/approach.h"

enum { POINTS = 40 };

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

/* A filter: 10 Pa a day from 200, so that it stands at 590 after 39 days. */
static struct approach_line look(double limit, double per_day, bool leads)
{
	double t[POINTS], y[POINTS];
	uint64_t seed = 1;

	for (int i = 0; i < POINTS; i++) {
		t[i] = 86400.0 * i;
		y[i] = 200 + per_day * i + 3 * noise_normal(&seed);
	}
	return approach_line(&(struct trend_points){t, y, POINTS}, limit, per_day > 0,
	                     leads);
}

/* Readings of x with noise, one every 10 s; what it turned to first. */
static enum approach_turn feed(struct approach *a, double x, int minutes, int64_t *t_us,
                               int64_t *at_us)
{
	uint64_t seed = 2;

	for (int i = 0; i < 6 * minutes; i++) {
		enum approach_turn turn;

		*t_us += 10 * SECOND;
		turn = approach_add(a, *t_us, x + 3 * noise_normal(&seed), at_us);
		if (turn != APPROACH_GOES_ON) {
			return turn;
		}
	}
	return APPROACH_GOES_ON;
}

static void line_says_where_it_came_from(void **state)
{
	struct approach_line line = look(800, 10, true);

	(void)state;
	assert_true(fabs(line.start - 200) < 3 && fabs(line.level - 590) < 3);
	assert_true(line.spread > 1.5 && line.spread < 4.5);
	line = look(800, 10, false);
	assert_true(line.limit == 800 && isnan(line.start));
}

static void limit_is_reached_once(void **state)
{
	struct approach_line line = look(800, 10, true);
	struct approach a;
	int64_t t_us = DAY, at_us = 0;

	(void)state;
	approach_init(&a, false);
	assert_int_equal(feed(&a, 900, 5, &t_us, &at_us), APPROACH_GOES_ON); /* no look */
	approach_look(&a, &line);
	assert_int_equal(feed(&a, 790, 60, &t_us, &at_us), APPROACH_GOES_ON);
	assert_int_equal(feed(&a, 810, 5, &t_us, &at_us), APPROACH_REACHED);
	assert_true(t_us - at_us >= 50 * SECOND && t_us - at_us <= 130 * SECOND);
	assert_int_equal(feed(&a, 810, 60, &t_us, &at_us), APPROACH_GOES_ON);
	assert_int_equal(feed(&a, 790, 60, &t_us, &at_us), APPROACH_GOES_ON);
	assert_int_equal(feed(&a, 205, 20, &t_us, &at_us), APPROACH_REPAIRED);
}

/* One reading beyond it is no end, a minute of them is. */
static void wild_value_is_no_end(void **state)
{
	struct approach_line line = look(800, 10, true);
	struct approach a;
	int64_t t_us = DAY, at_us = 0;

	(void)state;
	approach_init(&a, false);
	approach_look(&a, &line);
	for (int i = 0; i < 600; i++) {
		t_us += SECOND;
		assert_int_equal(
			approach_add(&a, t_us, i % 60 == 30 ? 3000 : 590, &at_us),
			APPROACH_GOES_ON);
		assert_int_equal(approach_add(&a, t_us, NAN, &at_us), APPROACH_GOES_ON);
	}
}

static void repair_is_told_from_noise_and_from_a_dip(void **state)
{
	static const struct {
		const char *name;
		double x;
		int minutes;
		enum approach_turn want;
	} cases[] = {
		{"as new", 200, 30, APPROACH_REPAIRED},
		{"better than half", 380, 30, APPROACH_REPAIRED},
		{"a little back", 450, 600, APPROACH_GOES_ON},
		{"switched off for five minutes", 0, 5, APPROACH_GOES_ON},
		{"goes on", 600, 600, APPROACH_GOES_ON},
	};
	struct approach_line line = look(800, 10, true);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t t_us = DAY, at_us = 0, began_us;
		enum approach_turn got;
		struct approach a;

		approach_init(&a, false);
		approach_look(&a, &line);
		feed(&a, 590, 10, &t_us, &at_us);
		began_us = t_us;
		got = feed(&a, cases[i].x, cases[i].minutes, &t_us, &at_us);
		if (got != cases[i].want) {
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
		}
		if (got == APPROACH_REPAIRED) {
			assert_true(llabs(at_us - began_us) <= 120 * SECOND);
			/* Until the next look it is nobody's. */
			assert_int_equal(feed(&a, 900, 10, &t_us, &at_us),
			                 APPROACH_GOES_ON);
		}
	}
}

static void limit_from_above_is_met_from_above(void **state)
{
	struct approach_line line = look(-400, -10, true);
	struct approach a;
	int64_t t_us = DAY, at_us = 0;

	(void)state;
	approach_init(&a, false);
	approach_look(&a, &line);
	assert_int_equal(feed(&a, -200, 60, &t_us, &at_us), APPROACH_GOES_ON);
	assert_int_equal(feed(&a, -410, 5, &t_us, &at_us), APPROACH_REACHED);
	assert_int_equal(feed(&a, 195, 20, &t_us, &at_us), APPROACH_REPAIRED);
}

/* The gateway was down when the filter was changed, or when it was full. */
static void what_was_missed_is_seen_after(void **state)
{
	struct approach_line line = look(500, 10, true);
	struct approach a;
	int64_t t_us = DAY, at_us = 0;

	(void)state;
	approach_init(&a, false);
	approach_look(&a, &line);
	assert_int_equal(feed(&a, 590, 5, &t_us, &at_us), APPROACH_REACHED);
	approach_init(&a, true); /* as the history says */
	approach_look(&a, &line);
	assert_int_equal(feed(&a, 590, 60, &t_us, &at_us), APPROACH_GOES_ON);
	assert_int_equal(feed(&a, 205, 20, &t_us, &at_us), APPROACH_REPAIRED);
}

/* Slower than a minute: each reading is a mean. */
static void slow_tag_is_judged_by_each_reading(void **state)
{
	struct approach_line line = look(800, 10, true);
	struct approach a;
	int64_t t_us = DAY, at_us = 0;

	(void)state;
	approach_init(&a, false);
	approach_look(&a, &line);
	assert_int_equal(approach_add(&a, t_us, 590, &at_us), APPROACH_GOES_ON);
	assert_int_equal(approach_add(&a, t_us + DAY, 805, &at_us), APPROACH_GOES_ON);
	assert_int_equal(approach_add(&a, t_us + 2 * DAY, 820, &at_us), APPROACH_REACHED);
	assert_true(at_us == t_us + DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_says_where_it_came_from),
		cmocka_unit_test(limit_is_reached_once),
		cmocka_unit_test(wild_value_is_no_end),
		cmocka_unit_test(repair_is_told_from_noise_and_from_a_dip),
		cmocka_unit_test(limit_from_above_is_met_from_above),
		cmocka_unit_test(what_was_missed_is_seen_after),
		cmocka_unit_test(slow_tag_is_judged_by_each_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
