/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "gateway/config/value_type.h"

static void names_are_understood_with_their_argument(void **state)
{
	static const struct {
		const char *text;
		int err;
		enum value_type type;
		uint16_t length;
	} cases[] = {
		{"bool", 0, TYPE_BOOL, 0},
		{"float32", 0, TYPE_FLOAT32, 0},
		{"uint64", 0, TYPE_UINT64, 0},
		{"epoch", 0, TYPE_EPOCH, 0},
		{"string(8)", 0, TYPE_STRING, 8},
		{"string(250)", 0, TYPE_STRING, 250},
		{"bcd(4)", 0, TYPE_BCD, 4},
		{"bit(0)", 0, TYPE_BIT, 0},
		{"bit(15)", 0, TYPE_BIT, 15},
		{"string(251)", -EINVAL, 0, 0},
		{"string(0)", -EINVAL, 0, 0},
		{"string(99999999999)", -EINVAL, 0, 0},
		{"string", -EINVAL, 0, 0},
		{"string()", -EINVAL, 0, 0},
		{"string(8", -EINVAL, 0, 0},
		{"string(8))", -EINVAL, 0, 0},
		{"bcd(17)", -EINVAL, 0, 0},
		{"bit(16)", -EINVAL, 0, 0},
		{"bit(-1)", -EINVAL, 0, 0},
		{"int16(2)", -EINVAL, 0, 0},
		{"Float32", -EINVAL, 0, 0},
		{"float", -EINVAL, 0, 0},
		{"", -EINVAL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum value_type type = TYPE_BOOL;
		uint16_t length = 0;
		const char *why = NULL;
		int err = value_type_parse(cases[i].text, &type, &length, &why);

		if (err != cases[i].err || (!err && type != cases[i].type) ||
		    (!err && length != cases[i].length) || (err && !why)) {
			fail_msg("'%s'", cases[i].text);
		}
	}
}

static void types_know_what_they_hold(void **state)
{
	double min, max;

	(void)state;
	assert_true(value_type_range(TYPE_BCD, 4, &min, &max));
	assert_true(min == 0 && max == 9999);
	assert_true(value_type_range(TYPE_INT8, 0, &min, &max));
	assert_true(min == -128 && max == 127);
	assert_false(value_type_range(TYPE_STRING, 8, &min, &max));
	assert_int_equal(value_type_bits(TYPE_STRING, 7), 64);
	assert_int_equal(value_type_bits(TYPE_BCD, 5), 32);
	assert_int_equal(value_type_bits(TYPE_FLOAT64, 0), 64);
	assert_true(value_type_analog(TYPE_BCD));
	assert_false(value_type_analog(TYPE_EPOCH));
	assert_true(value_type_integer(TYPE_BCD));
	assert_false(value_type_integer(TYPE_FLOAT32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_understood_with_their_argument),
		cmocka_unit_test(types_know_what_they_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
