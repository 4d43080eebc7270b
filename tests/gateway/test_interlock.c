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
#include "gateway/config/interlock.h"

static void terms_come_one_after_the_other(void **state)
{
	const char *text = "pump/ready == 1 and tank/level<=2.5 and  a/b != true", *why;
	struct interlock_term t;

	(void)state;
	assert_int_equal(interlock_parse(&text, &t, &why), 0);
	assert_string_equal(t.tag, "pump/ready");
	assert_int_equal(t.operator, INTERLOCK_EQUAL);
	assert_true(t.number == 1);
	assert_int_equal(interlock_parse(&text, &t, &why), 0);
	assert_string_equal(t.tag, "tank/level");
	assert_int_equal(t.operator, INTERLOCK_LESS_EQUAL);
	assert_true(t.number == 2.5);
	assert_int_equal(interlock_parse(&text, &t, &why), 0);
	assert_int_equal(t.operator, INTERLOCK_NOT_EQUAL);
	assert_true(t.number == 1);
	assert_string_equal(text, "");
}

static void what_is_no_comparison_says_why(void **state)
{
	static const char *const cases[] = {
		"",           "ready == 1",        "pump/ready",   "pump/ready = 1",
		"/x == 1",    "a/ == 1",           "a/b/c == 1",   "a/b == on",
		"a/b == ",    "a/b == 1 or c > 2", "a/b == 1 and", "a/b == 1 c/d > 2",
		"a/b == nan", "a/b =< 1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i], *why = NULL;
		struct interlock_term t;

		if (interlock_parse(&text, &t, &why) != -EINVAL || !why ||
		    text != cases[i]) {
			fail_msg("'%s' was taken", cases[i]);
		}
	}
}

static void comparisons_hold_or_not_and_never_of_nothing(void **state)
{
	static const struct {
		enum interlock_operator operator;
		bool below, same, above;
	} cases[] = {
		{INTERLOCK_EQUAL, false, true, false},
		{INTERLOCK_NOT_EQUAL, true, false, true},
		{INTERLOCK_LESS, true, false, false},
		{INTERLOCK_LESS_EQUAL, true, true, false},
		{INTERLOCK_GREATER, false, false, true},
		{INTERLOCK_GREATER_EQUAL, false, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct interlock_term t = {"a/b", cases[i].operator, 2 };

		assert_int_equal(interlock_holds(&t, 1), cases[i].below);
		assert_int_equal(interlock_holds(&t, 2), cases[i].same);
		assert_int_equal(interlock_holds(&t, 3), cases[i].above);
		assert_false(interlock_holds(&t, (double)NAN));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_come_one_after_the_other),
		cmocka_unit_test(what_is_no_comparison_says_why),
		cmocka_unit_test(comparisons_hold_or_not_and_never_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
