/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"

static void value_number_of_each_kind(void **state)
{
	static const struct {
		const char *name;
		struct value value;
		double want;
	} cases[] = {
		{"real", {.kind = VALUE_REAL, .real = -2.5}, -2.5},
		{"int", {.kind = VALUE_INT, .i64 = INT64_MIN}, -0x1p63},
		{"uint", {.kind = VALUE_UINT, .u64 = UINT64_MAX}, 0x1p64},
		{"true", {.kind = VALUE_BOOL, .flag = true}, 1},
		{"false", {.kind = VALUE_BOOL}, 0},
		{"nothing", {.kind = VALUE_NONE}, NAN},
		{"text", {.kind = VALUE_TEXT, .text = "12"}, NAN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = value_number(&cases[i].value);

		if (got != cases[i].want && !(isnan(got) && isnan(cases[i].want))) {
			fail_msg("%s: %g, not %g", cases[i].name, got, cases[i].want);
		}
	}
}

static void every_reason_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_NONE), "");
	for (int i = 1; i < REASON_COUNT; i++) {
		assert_non_null(reason_name((enum reason)i));
		assert_true(reason_name((enum reason)i)[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_number_of_each_kind),
		cmocka_unit_test(every_reason_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
