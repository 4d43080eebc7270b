/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/scalar.h"

static struct encoding encoding_of(enum value_type type)
{
	return (struct encoding){.scale = 1, .length = 8, .type = type};
}

static struct point point_of(const struct encoding *encoding)
{
	return (struct point){.encoding = encoding, .tag = 7};
}

static struct reading read_as(enum value_type type, const char *text)
{
	static char room[VALUE_TEXT_MAX + 1];
	struct encoding encoding = encoding_of(type);
	const struct point point = point_of(&encoding);
	struct reading r;

	scalar_read(&r, &point, text, strlen(text), room);
	assert_int_equal(r.tag, 7);
	return r;
}

static void number_is_what_its_text_says(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
		enum value_kind kind;
		double want;
	} cases[] = {
		{"21375", TYPE_INT32, VALUE_INT, 21375},
		{"  -7\n", TYPE_INT8, VALUE_INT, -7},
		{"+7", TYPE_UINT8, VALUE_UINT, 7},
		{"010", TYPE_UINT8, VALUE_UINT, 10}, /* not octal */
		{"0x1f", TYPE_UINT8, VALUE_UINT, 31},
		{"2.1e1", TYPE_INT16, VALUE_INT, 21},
		{"21.50", TYPE_FLOAT64, VALUE_REAL, 21.5},
		{"-1e-3", TYPE_FLOAT32, VALUE_REAL, -0.001},
		{"1767323045", TYPE_EPOCH, VALUE_UINT, 1767323045},
		{"1", TYPE_BOOL, VALUE_BOOL, 1},
		{"0", TYPE_BOOL, VALUE_BOOL, 0},
		{"ON", TYPE_BOOL, VALUE_BOOL, 1},
		{"off\n", TYPE_BOOL, VALUE_BOOL, 0},
		{"True", TYPE_BOOL, VALUE_BOOL, 1},
		{"N", TYPE_BOOL, VALUE_BOOL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading r = read_as(cases[i].type, cases[i].text);

		if (r.quality != QUALITY_GOOD || r.value.kind != cases[i].kind ||
		    value_number(&r.value) != cases[i].want) {
			fail_msg("%s: %s, kind %d, %g", cases[i].text,
			         reason_name(r.reason), (int)r.value.kind,
			         value_number(&r.value));
		}
	}
	(void)state;
}

static void integers_are_exact_to_64_bits(void **state)
{
	assert_true(read_as(TYPE_INT64, "-9223372036854775808").value.i64 == INT64_MIN);
	assert_true(read_as(TYPE_INT64, "9223372036854775807").value.i64 == INT64_MAX);
	assert_true(read_as(TYPE_UINT64, "18446744073709551615").value.u64 == UINT64_MAX);
	assert_true(read_as(TYPE_UINT64, "9007199254740993").value.u64 ==
	            9007199254740993U);
	(void)state;
}

static void what_is_no_value_of_the_type_is_bad_with_its_reason(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
		enum reason want;
	} cases[] = {
		{"", TYPE_FLOAT64, REASON_SHORT},
		{" \n", TYPE_BOOL, REASON_SHORT},
		{"nan", TYPE_FLOAT64, REASON_NOT_A_NUMBER},
		{"-inf", TYPE_FLOAT32, REASON_NOT_A_NUMBER},
		{"nan", TYPE_INT32, REASON_NOT_A_NUMBER},
		{"nan", TYPE_BOOL, REASON_NOT_A_NUMBER},
		{"1e999", TYPE_FLOAT64, REASON_NOT_A_NUMBER},
		{"ON", TYPE_FLOAT64, REASON_NOT_A_NUMBER},
		{"perhaps", TYPE_BOOL, REASON_NOT_A_NUMBER},
		{"21 C", TYPE_FLOAT64, REASON_NOT_A_NUMBER},
		{"1 2", TYPE_INT32, REASON_NOT_A_NUMBER},
		{"-", TYPE_INT32, REASON_NOT_A_NUMBER},
		{"0x", TYPE_INT32, REASON_NOT_A_NUMBER},
		{"128", TYPE_INT8, REASON_OUT_OF_RANGE},
		{"-1", TYPE_UINT64, REASON_OUT_OF_RANGE},
		{"9223372036854775808", TYPE_INT64, REASON_OUT_OF_RANGE},
		{"18446744073709551616", TYPE_UINT64, REASON_OUT_OF_RANGE},
		{"4294967296", TYPE_EPOCH, REASON_OUT_OF_RANGE},
		{"21.5", TYPE_INT32, REASON_MISMATCH},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading r = read_as(cases[i].type, cases[i].text);

		if (r.quality != QUALITY_BAD || r.reason != cases[i].want ||
		    r.value.kind != VALUE_NONE) {
			fail_msg("'%s': %s", cases[i].text, reason_name(r.reason));
		}
	}
	(void)state;
}

static void text_beyond_the_longest_number_is_none(void **state)
{
	char text[200];

	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(read_as(TYPE_FLOAT64, text).reason, REASON_NOT_A_NUMBER);
	(void)state;
}

static void nul_within_a_number_ends_nothing(void **state)
{
	struct encoding encoding = encoding_of(TYPE_INT32);
	const struct point point = point_of(&encoding);
	struct reading r;

	scalar_read(&r, &point, "12\0003", 4, NULL);
	assert_int_equal(r.reason, REASON_NOT_A_NUMBER);
	(void)state;
}

static void text_is_cut_at_a_character(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"running\n", "running"},
		{"12345678", "12345678"},
		{"123456789", "12345678"},
		{"1234567\xc3\xa9", "1234567"}, /* its second byte would not fit */
		{"12\xff", "12?"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading r = read_as(TYPE_STRING, cases[i].text);

		assert_int_equal(r.quality, QUALITY_GOOD);
		assert_string_equal(r.value.text, cases[i].want);
	}
	(void)state;
}

static void scale_and_bit_apply(void **state)
{
	struct encoding encoding = encoding_of(TYPE_INT32);
	const struct point point = point_of(&encoding);
	struct reading r;

	encoding.scale = 0.001;
	scalar_read(&r, &point, "23125", 5, NULL);
	assert_true(r.value.kind == VALUE_REAL && r.value.real == 23.125);
	encoding = encoding_of(TYPE_BIT);
	encoding.length = 3;
	scalar_read(&r, &point, "0x18", 4, NULL);
	assert_true(r.value.kind == VALUE_BOOL && r.value.flag);
	scalar_read(&r, &point, "7", 1, NULL);
	assert_true(r.value.kind == VALUE_BOOL && !r.value.flag);
	(void)state;
}

static void bcd_is_refused(void **state)
{
	struct encoding encoding = encoding_of(TYPE_BCD);
	const struct point point = point_of(&encoding);
	const char *why = NULL;

	assert_int_equal(scalar_check(&point, &why), -EINVAL);
	assert_non_null(why);
	encoding.type = TYPE_UINT16;
	assert_int_equal(scalar_check(&point, &why), 0);
	(void)state;
}

static void value_is_printed_or_refused_but_never_changed(void **state)
{
	static const struct {
		enum value_type type;
		double scale, value;
		const char *want; /* NULL: refused */
	} cases[] = {
		{TYPE_UINT8, 1, 255, "255"},      {TYPE_UINT8, 1, 256, NULL},
		{TYPE_UINT8, 1, -1, NULL},        {TYPE_INT16, 1, -12, "-12"},
		{TYPE_INT16, 1, 1.5, NULL},       {TYPE_INT16, 0.1, 1.5, "15"},
		{TYPE_INT16, 0.1, 1.55, NULL},    {TYPE_BOOL, 1, 1, "1"},
		{TYPE_BOOL, 1, 2, NULL},          {TYPE_FLOAT64, 1, 0.1, "0.1"},
		{TYPE_FLOAT64, 0.001, 2, "2000"}, {TYPE_FLOAT64, 1, NAN, NULL},
		{TYPE_STRING, 1, 1, NULL},        {TYPE_INT64, 1, 0x1p63, NULL},
	};
	char text[VALUE_TEXT_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct encoding encoding = encoding_of(cases[i].type);
		const struct point point = point_of(&encoding);
		struct value value = value_real(cases[i].value);
		int err;

		encoding.scale = cases[i].scale;
		err = scalar_print(text, sizeof(text), &point, &value);
		if (err != (cases[i].want ? 0 : -ERANGE) ||
		    (!err && strcmp(text, cases[i].want) != 0)) {
			fail_msg("%zu: %g: %d, %s", i, cases[i].value, err, text);
		}
	}
	(void)state;
}

static void text_that_does_not_fit_is_refused(void **state)
{
	struct encoding encoding = encoding_of(TYPE_STRING);
	const struct point point = point_of(&encoding);
	struct value value = {.kind = VALUE_TEXT, .text = "12345678"};
	char text[VALUE_TEXT_MAX + 1];

	assert_int_equal(scalar_print(text, sizeof(text), &point, &value), 0);
	assert_string_equal(text, "12345678");
	value.text = "123456789";
	assert_int_equal(scalar_print(text, sizeof(text), &point, &value), -ERANGE);
	value.text = "\xff";
	assert_int_equal(scalar_print(text, sizeof(text), &point, &value), -ERANGE);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_is_what_its_text_says),
		cmocka_unit_test(integers_are_exact_to_64_bits),
		cmocka_unit_test(what_is_no_value_of_the_type_is_bad_with_its_reason),
		cmocka_unit_test(text_beyond_the_longest_number_is_none),
		cmocka_unit_test(nul_within_a_number_ends_nothing),
		cmocka_unit_test(text_is_cut_at_a_character),
		cmocka_unit_test(scale_and_bit_apply),
		cmocka_unit_test(bcd_is_refused),
		cmocka_unit_test(value_is_printed_or_refused_but_never_changed),
		cmocka_unit_test(text_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
