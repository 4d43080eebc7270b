/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "twin/health/features.h"

static void first_rows_are_a_plain_mean(void **state)
{
	struct smoothed s = {.rows = 0};

	(void)state;
	smoothed_step(&s, 4);
	assert_true(s.fast == 4 && s.middle == 4 && s.slow == 4);
	smoothed_step(&s, 8);
	assert_true(s.fast == 6 && s.middle == 6 && s.slow == 6);
	smoothed_step(&s, 0);
	assert_true(fabs(s.slow - 4) < 1e-12 && fabs(s.fast - 4) < 1e-12);
	smoothed_step(&s, 0);
	assert_true(fabs(s.fast - 4 * 0.7) < 1e-12 && fabs(s.slow - 3) < 1e-12);
}

static void missing_number_advances_nothing(void **state)
{
	struct smoothed s = {.rows = 0};

	(void)state;
	smoothed_step(&s, NAN);
	assert_int_equal(s.rows, 0);
	smoothed_step(&s, 2);
	smoothed_step(&s, NAN);
	assert_true(s.rows == 1 && s.slow == 2);
}

static void features_are_of_every_sensor_then_of_age(void **state)
{
	const struct smoothed s[2] = {{.fast = 3, .middle = 2, .slow = 0.5},
	                              {.fast = -1, .middle = -1, .slow = -1}};
	const double want[] = {2,  3, 1.5, 4,        tanh(2), -1,
	                       -1, 0, 1,   tanh(-1), log(51), 0.5};
	double f[sizeof(want) / sizeof(*want)];

	(void)state;
	assert_int_equal(features_count(2), sizeof(want) / sizeof(*want));
	features_of(s, 2, 50, f);
	for (size_t i = 0; i < features_count(2); i++) {
		assert_true(fabs(f[i] - want[i]) < 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_rows_are_a_plain_mean),
		cmocka_unit_test(missing_number_advances_nothing),
		cmocka_unit_test(features_are_of_every_sensor_then_of_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
