/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/drift/quantile.h"
#include "twin/drift/transient.h"

enum { N = 2000 };

static struct transient learnt(double level, double sigma)
{
	static double x[N];
	static float steps[N];
	struct transient t;
	uint64_t seed = 11;

	for (size_t i = 0; i < N; i++) {
		x[i] = level + sigma * noise_normal(&seed);
		steps[i] = 1;
	}
	transient_learn(&t, x, steps, N, 3);
	return t;
}

/* Of white noise the two means have variance a/(2 - a), covariance
 * ab/(1 - (1 - a)(1 - b)). */
static void spread_of_white_noise_is_as_derived(void **state)
{
	double a = 0.2, b = 0.05;
	double want = a / (2 - a) + b / (2 - b) - 2 * a * b / (1 - (1 - a) * (1 - b));
	struct transient t = learnt(50, 2);

	(void)state;
	assert_true(fabs((double)t.sigma / (2 * sqrt(want)) - 1) < 0.08);
	assert_true((double)t.limit >= quantile_normal(1e-5 / 2 / 3) * (1 - 1e-6));
}

static void a_step_is_a_movement_until_it_stands(void **state)
{
	struct transient t = learnt(50, 0.1);
	size_t first = 0, last = 0;

	(void)state;
	for (size_t i = 1; i < 200; i++) {
		transient_step(&t, 52, false);
		first = t.on && !first ? i : first;
		last = t.on ? i : last;
	}
	assert_int_equal(first, 1);
	assert_in_range(last, 30, 100);
}

static void after_a_gap_the_first_reading_is_no_movement(void **state)
{
	struct transient t = learnt(50, 0.1);

	(void)state;
	transient_step(&t, 70, true);
	assert_false(t.on);
	assert_true(t.fast == 70 && t.slow == 70);
	transient_step(&t, 70, false);
	assert_false(t.on);
}

static void rate_of_a_ramp_is_its_slope(void **state)
{
	struct transient t = {0};

	(void)state;
	for (int i = 0; i < 400; i++) {
		transient_step(&t, 3 + 0.25 * i, false);
	}
	assert_true(fabs(transient_rate(&t) - 0.25) < 1e-6);
}

static void what_never_moved_has_a_limit_all_the_same(void **state)
{
	struct transient t = learnt(1, 0);

	(void)state;
	transient_step(&t, 1, false);
	assert_false(t.on);
	transient_step(&t, 1.001, false);
	assert_true(t.on);
}

/* A level that comes in from 100 with a time constant of 50 readings, then noise. */
static void startup_ends_where_it_stands_still(void **state)
{
	enum { ROWS = 1000 };
	static double x[ROWS];
	static float dt_s[ROWS], scratch[ROWS];
	uint64_t seed = 6;
	size_t last;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		x[i] = 20 + 80 * exp(-(double)i / 50) + noise_normal(&seed);
		dt_s[i] = i ? 2 : 0;
	}
	last = transient_last(x, dt_s, scratch, ROWS, 1);
	assert_in_range(last, 100, 350); /* 0.2 a reading is below the noise at 300 */
	assert_int_equal(transient_last(x + last, dt_s, scratch, ROWS - last, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spread_of_white_noise_is_as_derived),
		cmocka_unit_test(a_step_is_a_movement_until_it_stands),
		cmocka_unit_test(after_a_gap_the_first_reading_is_no_movement),
		cmocka_unit_test(rate_of_a_ramp_is_its_slope),
		cmocka_unit_test(what_never_moved_has_a_limit_all_the_same),
		cmocka_unit_test(startup_ends_where_it_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
