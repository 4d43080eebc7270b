/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "commission_names.h"
#include "twin/commission/formula.h"
#include "twin/commission/requirement.h"

/* a b c tank/level tank1.level main.a[3] main.pump.Q %QX0.1 x-y state */
static const double quantities[] = {3, 5, 0, 0.79, 0.5, 7, 1, 1, 42, 2};

static double value_of(const char *text, const double *q)
{
	struct formula f;
	struct formula_error error = {0};

	if (requirement_condition(&f, &commission_space, text, &error)) {
		fail_msg("%s: at %zu: %s", text, error.at, error.message);
	}
	return formula_value(&f, q);
}

static void formula_of_numbers_has_value(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{"1 + 2 * 3", 7},
		{"(1 + 2) * 3", 9},
		{"7 - 4 - 2", 1},
		{"-a + b", 2},
		{"8 / 4 / 2", 1},
		{"--a", 3},
		{"a-1", 2},
		{"a -1", 2},
		{"max(a, min(b, 4)) + abs(-2)", 6},
		{"sqrt(a * a + 16)", 5},
		{"round(2.5) + floor(-0.5) + ceil(0.2)", 3},
		{".5 + 1e2", 100.5},
		{"a < b", 1},
		{"a >= 3 and b != 5", 0},
		{"a ≥ 3 and b ≤ 5 and a ≠ b", 1},
		{"a <> b", 1},
		{"a = 3 or c", 1},
		{"not c and a == 3", 1},
		{"not (a == 3 and b == 5)", 0},
		{"not not a", 1},
		{"c or c or b > 4", 1},
		{"c implies false", 1},
		{"a == 3 implies b == 5", 1},
		{"a == 3 implies b == 4", 0},
		{"a == 4 implies b == 4 implies false", 1},
		{"a + 1 == b - 1 and true", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = value_of(cases[i].text, quantities);

		if (got != cases[i].want) {
			fail_msg("%s: %g, not %g", cases[i].text, got, cases[i].want);
		}
	}
}

static void formula_names_go_as_far_as_they_name_something(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{"tank/level", 0.79},
		{"tank1.level*2", 1.0},
		{"main.a[3]", 7},
		{"main.pump.Q", 1},
		{"%QX0.1", 1},
		{"x-y", 42},
		{"a-b", -2},
		{"a/b", 0.6},
		{"a / b", 0.6},
		{"tank/level/a", 0.79 / 3},
		{"state == 'Running'", 1},
		{"state != \"Running\"", 0},
		{"c==a", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = value_of(cases[i].text, quantities);

		if (fabs(got - cases[i].want) > 1e-12) {
			fail_msg("%s: %g, not %g", cases[i].text, got, cases[i].want);
		}
	}
}

static void formula_tolerance_is_granted(void **state)
{
	static const struct {
		const char *text;
		double level, want, margin;
	} cases[] = {
		{"tank/level > 0.8 ± 0.02", 0.79, 1, 0.01},
		{"tank/level > 0.8 +- 0.02", 0.77, 0, -0.01},
		{"tank/level > 0.8", 0.79, 0, -0.01},
		{"tank/level < 0.8 ± 0.02", 0.81, 1, 0.01},
		{"tank/level <= 0.8 ± 0.02", 0.83, 0, -0.01},
		{"tank/level == 0.8 ± 0.02", 0.81, 1, 0.01},
		{"tank/level == 0.8 ± 0.02", 0.83, 0, -0.01},
		{"tank/level != 0.8 ± 0.02", 0.83, 1, 0.01},
		{"tank/level != 0.8 ± 0.02", 0.81, 0, -0.01},
		{"tank/level == 0.8 ± 0.01 + 0.01", 0.81, 1, 0.01},
		{"not tank/level > 0.8 ± 0.02", 0.77, 1, 0.01},
		{"tank/level > 0.7 and tank/level < 0.9", 0.75, 1, 0.05},
		{"tank/level > 0.7 or tank/level < 0.2", 0.65, 0, -0.05},
		{"tank/level > 0.7 or a", 0.65, 1, INFINITY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double q[ARRAY_SIZE(quantities)];
		struct formula f;
		struct formula_error error;
		double margin;

		memcpy(q, quantities, sizeof(q));
		q[3] = cases[i].level;
		assert_int_equal(requirement_condition(&f, &commission_space,
		                                       cases[i].text, &error),
		                 0);
		margin = formula_margin(&f, q);
		if (formula_truth(&f, q) != cases[i].want ||
		    (margin != cases[i].margin &&
		     fabs(margin - cases[i].margin) > 1e-12)) {
			fail_msg("%s of %g: %g, margin %g", cases[i].text, cases[i].level,
			         formula_truth(&f, q), margin);
		}
	}
}

static void formula_of_unknown_is_three_valued(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{"a", NAN},
		{"a > 1", NAN},
		{"a + b", NAN},
		{"not a", NAN},
		{"a and b", NAN},
		{"a and c", 0},
		{"c and a", 0},
		{"a or b", 1},
		{"b or a", 1},
		{"a or c", NAN},
		{"max(a, b)", NAN},
		{"a == a", NAN},
		{"b == 5 ± a", NAN},
		{"c implies a", 1},
		{"a implies b", 1},
		{"a implies c", NAN},
		{"b / c", NAN},
		{"sqrt(-b)", NAN},
		{"min(b, a) < 9", NAN},
	};
	double q[ARRAY_SIZE(quantities)];

	(void)state;
	memcpy(q, quantities, sizeof(q));
	q[0] = NAN;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = value_of(cases[i].text, q);
		bool same = isnan(cases[i].want)
		                    ? isnan(got)
		                    : (got != 0) == (cases[i].want != 0) && !isnan(got);

		if (!same) {
			fail_msg("%s: %g, not %g", cases[i].text, got, cases[i].want);
		}
	}
}

static void formula_with_a_mistake_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t at, n;
		const char *word;
		bool unknown;
	} cases[] = {
		{"", 0, 0, "missing", false},
		{"a +", 3, 0, "missing", false},
		{"a > tank/levl", 4, 9, "name", true},
		{"main.pump.R > 1", 0, 11, "name", true},
		{"(a > 1", 6, 1, "')'", false},
		{"a > 1)", 5, 1, "nothing more", false},
		{"a < b < c", 6, 1, "one comparison", false},
		{"a > 5 m", 6, 1, "nothing more", false},
		{"a > 5m", 4, 1, "unit", false},
		{"max(a)", 5, 1, "','", false},
		{"state == 'Runing'", 9, 8, "no such value", false},
		{"state == 'Running", 9, 1, "not closed", false},
		{"state > 'Running'", 8, 9, "behind NAME", false},
		{"'Running' == state", 0, 1, "quotes", false},
		{"a and until b", 6, 5, "missing", false},
		{"a $ b", 2, 1, "nothing more", false},
		{"a > 5 ± -1", 9, 1, "not negative", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct formula f;
		struct formula_error e = {0};
		int err = requirement_condition(&f, &commission_space, cases[i].text, &e);

		if (err != -EINVAL || !strstr(e.message, cases[i].word) ||
		    e.unknown_name != cases[i].unknown || e.at != cases[i].at) {
			fail_msg("%s: %d at %zu+%zu: %s", cases[i].text, err, e.at, e.n,
			         e.message ? e.message : "");
		}
	}
}

/* Whatever is written, neither the stack nor the steps overflow. */
static void formula_too_deep_or_long_is_refused(void **state)
{
	static const char *const units[] = {"(",      "-",    "not ",       "a+",
	                                    "a and ", "abs(", "a implies ", "max(a,"};
	char text[5000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		struct formula f;
		struct formula_error e = {0};
		size_t n = strlen(units[i]);

		for (size_t k = 0; k < 400; k++) {
			memcpy(text + k * n, units[i], n);
		}
		strcpy(text + 400 * n, "a");
		assert_int_equal(requirement_condition(&f, &commission_space, text, &e),
		                 -EINVAL);
		assert_true(f.n <= FORMULA_STEPS_MAX);
	}
}

static void formula_lists_its_quantities_once(void **state)
{
	struct formula f;
	struct formula_error e;
	uint32_t list[3];

	(void)state;
	assert_int_equal(requirement_condition(&f, &commission_space,
	                                       "b > a and b < tank/level or c", &e),
	                 0);
	assert_int_equal(formula_quantities(&f, list, 0, 3), 3);
	assert_int_equal(list[0], 1);
	assert_int_equal(list[1], 0);
	assert_int_equal(list[2], 3);
}

static void formula_tells_what_a_quantity_is_compared_with(void **state)
{
	struct formula f;
	struct formula_error e;
	double limits[4];

	(void)state;
	assert_int_equal(requirement_condition(&f, &commission_space,
	                                       "a > 2 and (a <= 7 ± 1 or b == 3) and a + "
	                                       "1 < 9",
	                                       &e),
	                 0);
	assert_int_equal(formula_limits(&f, 0, limits, 4), 2);
	assert_true(limits[0] == 2 && limits[1] == 7);
	assert_int_equal(formula_limits(&f, 1, limits, 4), 1);
	assert_int_equal(formula_limits(&f, 2, limits, 4), 0);
	assert_int_equal(formula_limits(&f, 0, limits, 1), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formula_of_numbers_has_value),
		cmocka_unit_test(formula_names_go_as_far_as_they_name_something),
		cmocka_unit_test(formula_tolerance_is_granted),
		cmocka_unit_test(formula_of_unknown_is_three_valued),
		cmocka_unit_test(formula_with_a_mistake_is_refused_at_its_place),
		cmocka_unit_test(formula_too_deep_or_long_is_refused),
		cmocka_unit_test(formula_lists_its_quantities_once),
		cmocka_unit_test(formula_tells_what_a_quantity_is_compared_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
