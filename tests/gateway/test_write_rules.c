/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/write_rules.h"

static const struct tag number = {
	.kind = &(const struct tag_kind){
		.type = TYPE_FLOAT32, .type_name = "float32", .min = NAN, .max = NAN}};
static const struct tag flag = {
	.kind = &(const struct tag_kind){
		.type = TYPE_BOOL, .type_name = "bool", .min = NAN, .max = NAN}};
static const struct tag text = {
	.kind = &(const struct tag_kind){
		.type = TYPE_STRING, .type_name = "string(8)", .min = NAN, .max = NAN}};
static const struct write_config anything = {
	.min = NAN, .max = NAN, .step = NAN, .interlock = ""};

static void text_is_understood_by_type(void **state)
{
	static const struct {
		const struct tag *tag;
		const char *text;
		enum value_kind want; /* VALUE_NONE: refused */
	} cases[] = {
		{&number, "12.5", VALUE_REAL},
		{&number, "-3", VALUE_INT},
		{&number, "9223372036854775807", VALUE_INT},
		{&number, "9223372036854775808", VALUE_UINT},
		{&number, "18446744073709551615", VALUE_UINT},
		{&number, "1e3", VALUE_REAL},
		{&number, "nan", VALUE_NONE},
		{&number, "inf", VALUE_NONE},
		{&number, "1e999", VALUE_NONE},
		{&number, "12,5", VALUE_NONE},
		{&number, "12 ", VALUE_NONE},
		{&number, "true", VALUE_NONE},
		{&number, "", VALUE_NONE},
		{&flag, "true", VALUE_BOOL},
		{&flag, "0", VALUE_BOOL},
		{&flag, "on", VALUE_NONE},
		{&flag, "2", VALUE_NONE},
		{&text, "12.5", VALUE_TEXT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct value value = {.kind = VALUE_NONE};
		char why[REFUSAL_TEXT_MAX] = "";
		int err = write_rules_parse(cases[i].tag, cases[i].text, &value, why);

		if (err != (cases[i].want ? 0 : -EINVAL)) {
			fail_msg("'%s': %d %s", cases[i].text, err, why);
		}
		if (!err) {
			assert_int_equal(value.kind, cases[i].want);
		} else {
			assert_non_null(strstr(why, cases[i].tag->kind->type_name));
		}
	}
}

static void value_outside_its_limits_is_refused_whole(void **state)
{
	const struct tag ranged = {
		.kind = &(const struct tag_kind){.type = TYPE_FLOAT32,
	                                         .type_name = "float32",
	                                         .min = 0,
	                                         .max = 40}};
	const struct write_config limits = {
		.min = -10, .max = 50, .step = 5, .interlock = ""};
	const struct write_config tenths = {
		.min = NAN, .max = NAN, .step = 0.1, .interlock = ""};
	const struct {
		const struct tag *tag;
		const struct write_config *rules;
		double value;
		const char *why; /* NULL: allowed */
	} cases[] = {
		{&number, &limits, -10, NULL},
		{&number, &limits, 50, NULL},
		{&number, &limits, 15, NULL},
		{&number, &limits, -10.001, "least"},
		{&number, &limits, 50.001, "most"},
		{&number, &limits, 12, "step"},
		{&number, &limits, NAN, "finite"},
		{&number, &limits, INFINITY, "finite"},
		{&number, &anything, -INFINITY, "finite"},
		{&number, &anything, 1e30, NULL},
		{&number, &tenths, 0.3, NULL},
		{&number, &tenths, 123456.7, NULL},
		{&number, &tenths, 0.35, "step"},
		{&ranged, &limits, 45, "range of the tag"},
		{&ranged, &limits, -5, "range of the tag"},
		{&flag, &anything, 1, NULL},
		{&flag, &anything, 0.5, "true, false"},
		{&text, &anything, 1, "string(8)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct value value = value_real(cases[i].value);
		char why[REFUSAL_TEXT_MAX] = "";
		int err = write_rules_judge(cases[i].tag, cases[i].rules, &value, why);

		if (err != (cases[i].why ? -ERANGE : 0) ||
		    (cases[i].why && !strstr(why, cases[i].why))) {
			fail_msg("case %zu, %g: %d '%s'", i, cases[i].value, err, why);
		}
	}
}

static void tag_without_permission_is_refused_whatever_the_value(void **state)
{
	struct value value = value_real(1);
	char why[REFUSAL_TEXT_MAX];

	(void)state;
	assert_int_equal(write_rules_judge(&number, NULL, &value, why), -EACCES);
	assert_non_null(strstr(why, "write:"));
}

static void kind_must_fit_the_type(void **state)
{
	struct value word = {.kind = VALUE_TEXT, .text = "go"};
	struct value nothing = {.kind = VALUE_NONE};
	char why[REFUSAL_TEXT_MAX];

	(void)state;
	assert_int_equal(write_rules_judge(&text, &anything, &word, why), 0);
	assert_int_equal(write_rules_judge(&number, &anything, &word, why), -ERANGE);
	assert_int_equal(write_rules_judge(&number, &anything, &nothing, why), -ERANGE);
}

static void what_is_held_is_compared_but_for_rounding(void **state)
{
	static const struct {
		const char *name;
		enum value_type type;
		struct value held, written;
		bool want;
	} cases[] = {
		{"nearest float32",
	         TYPE_FLOAT32,
	         {.kind = VALUE_REAL, .real = 12.3F},
	         {.kind = VALUE_REAL, .real = 12.3},
	         true},
		{"next float32",
	         TYPE_FLOAT32,
	         {.kind = VALUE_REAL, .real = 12.300002F},
	         {.kind = VALUE_REAL, .real = 12.3},
	         false},
		{"scaled register",
	         TYPE_UINT16,
	         {.kind = VALUE_REAL, .real = 3 * 0.1},
	         {.kind = VALUE_REAL, .real = 0.3},
	         true},
		{"whole as real",
	         TYPE_UINT16,
	         {.kind = VALUE_UINT, .u64 = 20},
	         {.kind = VALUE_REAL, .real = 20},
	         true},
		{"large wholes differ",
	         TYPE_INT64,
	         {.kind = VALUE_INT, .i64 = INT64_C(9007199254740993)},
	         {.kind = VALUE_INT, .i64 = INT64_C(9007199254740992)},
	         false},
		{"zero",
	         TYPE_FLOAT32,
	         {.kind = VALUE_REAL, .real = 0},
	         {.kind = VALUE_INT, .i64 = 0},
	         true},
		{"flag",
	         TYPE_BOOL,
	         {.kind = VALUE_BOOL, .flag = true},
	         {.kind = VALUE_INT, .i64 = 1},
	         true},
		{"text",
	         TYPE_STRING,
	         {.kind = VALUE_TEXT, .text = "go"},
	         {.kind = VALUE_TEXT, .text = "go"},
	         true},
		{"other text",
	         TYPE_STRING,
	         {.kind = VALUE_TEXT, .text = "go"},
	         {.kind = VALUE_TEXT, .text = "no"},
	         false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (write_rules_same(cases[i].type, &cases[i].held, &cases[i].written) !=
		    cases[i].want) {
			fail_msg("%s", cases[i].name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_understood_by_type),
		cmocka_unit_test(value_outside_its_limits_is_refused_whole),
		cmocka_unit_test(tag_without_permission_is_refused_whatever_the_value),
		cmocka_unit_test(kind_must_fit_the_type),
		cmocka_unit_test(what_is_held_is_compared_but_for_rounding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
