/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/amount.h"

static void digits_are_those_that_are_known(void **state)
{
	static const struct {
		double value, half;
		bool sign;
		const char *want;
	} cases[] = {
		{1550.9123, 15.2, false, "1551 ± 15"},
		{1550.9123, 1.23, false, "1550.9 ± 1.2"},
		{12.7791, 0.4951, false, "12.78 ± 0.50"},
		{-22.711, 4.5, true, "-22.7 ± 4.5"},
		{3.8587, 1.2e-7, true, "+3.85870000 ± 0.00000012"},
		{20, 2.6e-14, false, "20"},
		{0, 0, true, "+0"},
		{0.0151, 0.00023, false, "0.01510 ± 0.00023"},
		{123456, 4500, false, "123456 ± 4500"},
		{1.5, NAN, false, "1.5"},
		{1.5, NAN, true, "+1.5"},
		{NAN, 1, false, "-"},
		{2e12, 1e9, false, "2e+12 ± 1e+09"},
	};
	char text[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		amount_text(text, sizeof(text),
		            (const double[]){cases[i].value, cases[i].half},
		            cases[i].sign);
		assert_string_equal(text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_those_that_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
