/* SPDX-License-Identifier: Apache-2.0 */
/* Machines whose one sensor rises with wear; a second one never moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/health/life.h"

enum { SENSORS = 2, LIFE = 120, UNITS = 20, ROWS = UNITS * LIFE * 2 };

static int64_t unit[ROWS];
static double age[ROWS], sensors[ROWS * SENSORS];

static double wear(double part_of_life, double noise)
{
	return 50 + 10 * part_of_life * part_of_life + 0.3 * noise;
}

/* Lives of LIFE to 1.5 LIFE. */
static struct life_table machines(size_t n)
{
	struct life_table t = {
		.unit = unit, .age = age, .sensors = sensors, .n_sensors = SENSORS};
	uint64_t seed = 7;

	for (size_t u = 0; u < n; u++) {
		size_t life = LIFE + u * LIFE / 2 / UNITS;

		for (size_t i = 1; i <= life; i++, t.n_rows++) {
			double noise = noise_normal(&seed);

			unit[t.n_rows] = (int64_t)u;
			age[t.n_rows] = (double)i;
			sensors[t.n_rows * SENSORS] = wear((double)i / (double)life,
			                                   noise);
			sensors[t.n_rows * SENSORS + 1] = 518.67;
		}
	}
	return t;
}

struct bench {
	struct life *life;
	struct life_watch *watch;
};

static void setup(struct bench *b, size_t histories)
{
	struct life_table t = machines(histories);

	assert_int_equal(life_learn(&b->life, &t), 0);
	assert_int_equal(life_watch_new(&b->watch, b->life), 0);
}

static void teardown(struct bench *b)
{
	life_watch_free(b->watch);
	life_free(b->life);
}

/* Rows 1 to n of a life of 150. */
static void live(struct bench *b, size_t n)
{
	uint64_t seed = 99;

	for (size_t i = 1; i <= n; i++) {
		double noise = noise_normal(&seed);

		life_watch_row(b->watch, (double)i,
		               (double[]){wear((double)i / 150, noise), 518.67});
	}
}

static void life_left_is_told_within_its_quantiles(void **state)
{
	static const size_t at[] = {60, 100, 130, 149};
	struct bench b;

	(void)state;
	setup(&b, UNITS);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		struct remaining r;
		double left = 150 - (double)at[i];

		life_watch_restart(b.watch);
		live(&b, at[i]);
		r = life_watch_remaining(b.watch);
		assert_int_equal(r.why, REMAINING_KNOWN);
		if (!(fabs(r.p50 - left) < 12 && r.p10 <= r.p50 && r.p50 <= r.p90)) {
			fail_msg("%g left: %g %g %g", left, r.p10, r.p50, r.p90);
		}
	}
	teardown(&b);
}

static void few_histories_are_no_ground(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, LIFE_HISTORIES_MIN - 1);
	live(&b, 100);
	assert_int_equal(life_watch_remaining(b.watch).why, REMAINING_FEW_HISTORIES);
	assert_true(isnan(life_watch_remaining(b.watch).p50));
	teardown(&b);
	setup(&b, LIFE_HISTORIES_MIN);
	live(&b, 100);
	assert_int_equal(life_watch_remaining(b.watch).why, REMAINING_KNOWN);
	teardown(&b);
}

static void first_rows_are_learning(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, UNITS);
	live(&b, LIFE_ROWS_MIN - 1);
	assert_int_equal(life_watch_remaining(b.watch).why, REMAINING_LEARNING);
	teardown(&b);
}

static void missing_number_in_the_last_row_is_no_prediction(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, UNITS);
	live(&b, 100);
	life_watch_row(b.watch, 101, (double[]){NAN, 518.67});
	assert_int_equal(life_watch_remaining(b.watch).why, REMAINING_BAD_INPUT);
	life_watch_row(b.watch, 102, (double[]){wear(102.0 / 150, 0), NAN});
	/* the second sensor says nothing, so its absence does not either */
	assert_int_equal(life_watch_remaining(b.watch).why, REMAINING_KNOWN);
	teardown(&b);
}

static void machine_like_no_other_is_no_prediction(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, UNITS);
	for (int i = 1; i <= 100; i++) {
		life_watch_row(b.watch, i, (double[]){90, 518.67});
	}
	assert_int_equal(life_watch_remaining(b.watch).why, REMAINING_UNLIKE);
	teardown(&b);
}

static void beyond_ten_times_the_age_nothing_is_told(void **state)
{
	struct remaining r = remaining_of(101, 110, 120, 10);

	(void)state;
	assert_int_equal(r.why, REMAINING_FAR);
	assert_true(isnan(r.p10) && isnan(r.p90));
	r = remaining_of(100, 110, 120, 10);
	assert_int_equal(r.why, REMAINING_KNOWN);
	r = remaining_of(5, 4, 3, 10);
	assert_true(r.p10 == 4 && r.p50 == 4 && r.p90 == 4);
}

static void table_in_which_nothing_moves_is_refused(void **state)
{
	struct life_table t = machines(UNITS);
	struct life *life = NULL;

	(void)state;
	for (size_t i = 0; i < t.n_rows; i++) {
		sensors[i * SENSORS] = 1;
	}
	assert_int_equal(life_learn(&life, &t), -EDOM);
	assert_null(life);
}

static void every_reason_is_said(void **state)
{
	(void)state;
	assert_string_equal(remaining_why_text(REMAINING_KNOWN), "");
	for (int why = REMAINING_FEW_HISTORIES; why <= REMAINING_FAR; why++) {
		assert_true(*remaining_why_text((enum remaining_why)why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_left_is_told_within_its_quantiles),
		cmocka_unit_test(few_histories_are_no_ground),
		cmocka_unit_test(first_rows_are_learning),
		cmocka_unit_test(missing_number_in_the_last_row_is_no_prediction),
		cmocka_unit_test(machine_like_no_other_is_no_prediction),
		cmocka_unit_test(beyond_ten_times_the_age_nothing_is_told),
		cmocka_unit_test(table_in_which_nothing_moves_is_refused),
		cmocka_unit_test(every_reason_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
