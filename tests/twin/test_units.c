/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "twin/units.h"

static void a_value_becomes_si(void **state)
{
	static const struct {
		const char *name, *si;
		double value, want;
	} cases[] = {
		{"m3/h", "m3/s", 3600, 1},
		{"l/min", "m3/s", 60, 1e-3},
		{"bar", "Pa", 2.5, 2.5e5},
		{"degC", "K", 20, 293.15},
		{"degF", "K", 32, 273.15},
		{"degF", "K", 212, 373.15},
		{"%", "1", 45, 0.45},
		{"", "1", 0.45, 0.45},
		{"rpm", "rad/s", 60, 6.283185307179586},
		{"kW", "W", 1.5, 1500},
		{"Hz", "Hz", 50, 50},
		{"Hz", "rad/s", 50, 314.1592653589793},
		{"1/min", "Hz", 60, 1},
		{"1/min", "rad/s", 60, 6.283185307179586},
		{"mm", "m", 1250, 1.25},
		{"g", "kg", 250, 0.25},
		{"psi", "Pa", 1, 6894.757293168361},
		{"hp", "W", 1, 745.6998715822702},
		{"km/h", "m/s", 36, 10},
		{"kWh", "J", 1, 3.6e6},
		{"widgets", "widgets", 3, 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double scale, offset, got;

		assert_int_equal(
			units_convert(cases[i].name, cases[i].si, &scale, &offset), 0);
		got = cases[i].value * scale + offset;
		if (fabs(got - cases[i].want) > 1e-12 * fabs(cases[i].want)) {
			fail_msg("%g %s: %.17g", cases[i].value, cases[i].name, got);
		}
	}
}

static void unknown_and_other_quantities_are_told_apart(void **state)
{
	double scale = 7, offset = 8;

	(void)state;
	assert_int_equal(units_convert("bananas", "m", &scale, &offset), -ENOENT);
	assert_int_equal(units_convert("bar", "m", &scale, &offset), -EDOM);
	assert_int_equal(units_convert("", "m", &scale, &offset), -EDOM);
	assert_int_equal(units_convert("M3/H", "m3/s", &scale, &offset), -ENOENT);
	assert_true(scale == 7 && offset == 8);
}

/* A name may be in several quantities, in each only once; every SI unit is its own. */
static void table_is_free_of_contradictions(void **state)
{
	(void)state;
	for (size_t i = 0; units_at(i); i++) {
		const struct unit *u = units_at(i);
		double scale, offset;

		assert_true(isfinite(u->scale) && u->scale > 0 && isfinite(u->offset));
		assert_int_equal(units_convert(u->si, u->si, &scale, &offset), 0);
		assert_true(scale == 1 && offset == 0);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(units_at(k)->name, u->name) == 0 &&
			    strcmp(units_at(k)->si, u->si) == 0) {
				fail_msg("'%s' is there twice", u->name);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_becomes_si),
		cmocka_unit_test(unknown_and_other_quantities_are_told_apart),
		cmocka_unit_test(table_is_free_of_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
