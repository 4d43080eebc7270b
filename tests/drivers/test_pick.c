/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/mqtt/pick.h"
#include "tests/unscaled.h"

/* The document of RFC 6901, section 5, and its table. */
static const char rfc_6901[] =
	"{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3,"
	"\"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8}";

static void pointer_leads_where_rfc_6901_says(void **state)
{
	static const struct {
		const char *pointer;
		int want;
	} cases[] = {
		{"/", 0},     {"/a~1b", 1}, {"/c%d", 2}, {"/e^f", 3},  {"/g|h", 4},
		{"/i\\j", 5}, {"/k\"l", 6}, {"/ ", 7},   {"/m~0n", 8},
	};
	json_t *root = pick_parse(rfc_6901, strlen(rfc_6901));

	assert_non_null(root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const json_t *found = pick_find(root, cases[i].pointer);

		if (!found || json_integer_value(found) != cases[i].want) {
			fail_msg("%s", cases[i].pointer);
		}
	}
	assert_ptr_equal(pick_find(root, ""), root);
	assert_string_equal(json_string_value(pick_find(root, "/foo/0")), "bar");
	json_decref(root);
	(void)state;
}

static void pointer_to_nothing_finds_nothing(void **state)
{
	static const char *const cases[] = {"/foo/2", "/foo/00",  "/foo/-", "/foo/-1",
	                                    "/foo/",  "/foo/0/x", "/fo",    "/fooo",
	                                    "/m~1n",  "/a/b",     "//",     "/foo/0x0"};
	json_t *root = pick_parse(rfc_6901, strlen(rfc_6901));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (pick_find(root, cases[i])) {
			fail_msg("%s", cases[i]);
		}
	}
	assert_null(pick_find(NULL, "/a"));
	json_decref(root);
	(void)state;
}

static void pointer_is_checked(void **state)
{
	static const struct {
		const char *pointer;
		int want;
	} cases[] = {{"", 0},        {"/a/b", 0},     {"/a~0~1", 0},
	             {"a", -EINVAL}, {"/~", -EINVAL}, {"/a~2", -EINVAL}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = NULL;

		assert_int_equal(pick_check(cases[i].pointer, &why), cases[i].want);
		assert_true(!cases[i].want || why);
	}
	(void)state;
}

static void value_is_read_or_bad_with_its_reason(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
		enum reason reason;
		double want;
	} cases[] = {
		{"21.5", TYPE_FLOAT64, REASON_NONE, 21.5},
		{"\"21.5\"", TYPE_FLOAT64, REASON_NONE, 21.5},
		{"21", TYPE_FLOAT32, REASON_NONE, 21},
		{"21", TYPE_UINT8, REASON_NONE, 21},
		{"21.0", TYPE_INT16, REASON_NONE, 21},
		{"true", TYPE_BOOL, REASON_NONE, 1},
		{"\"ON\"", TYPE_BOOL, REASON_NONE, 1},
		{"0", TYPE_BOOL, REASON_NONE, 0},
		{"true", TYPE_UINT8, REASON_NONE, 1},
		{"21.5", TYPE_INT16, REASON_MISMATCH, 0},
		{"300", TYPE_UINT8, REASON_OUT_OF_RANGE, 0},
		{"null", TYPE_FLOAT64, REASON_NOT_A_NUMBER, 0},
		{"\"NaN\"", TYPE_FLOAT64, REASON_NOT_A_NUMBER, 0},
		{"\"\"", TYPE_FLOAT64, REASON_SHORT, 0},
		{"{}", TYPE_FLOAT64, REASON_MISMATCH, 0},
		{"[1]", TYPE_FLOAT64, REASON_MISMATCH, 0},
		{"1", TYPE_STRING, REASON_MISMATCH, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct encoding encoding = {
			.scale = 1, .length = 8, .type = cases[i].type};
		const struct point point = {.encoding = &encoding};
		json_t *root = pick_parse(cases[i].text, strlen(cases[i].text));
		struct reading r;
		char room[9];

		assert_non_null(root);
		pick_read(&r, &point, root, room);
		if (r.reason != cases[i].reason ||
		    (!r.reason && value_number(&r.value) != cases[i].want)) {
			fail_msg("%s: %s, %g", cases[i].text, reason_name(r.reason),
			         value_number(&r.value));
		}
		json_decref(root);
	}
	(void)state;
}

static void number_beyond_64_bits_costs_no_other(void **state)
{
	static const char text[] = "{\"serial\": 18446744073709551615, \"t\": 21}";
	const struct point point = {.encoding = &unscaled[TYPE_INT32]};
	json_t *root = pick_parse(text, strlen(text));
	struct reading r;

	assert_non_null(root);
	pick_read(&r, &point, pick_find(root, "/t"), NULL);
	assert_true(r.quality == QUALITY_GOOD && r.value.i64 == 21);
	json_decref(root);
	(void)state;
}

static void what_is_no_document_is_none(void **state)
{
	static const char *const cases[] = {
		"", "{", "{\"a\":1", "NaN", "{\"a\":1,\"a\":2}", "1 2", "\xff"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (pick_parse(cases[i], strlen(cases[i]))) {
			fail_msg("%s", cases[i]);
		}
	}
	(void)state;
}

static void time_is_told_by_its_size(void **state)
{
	static const struct {
		const char *text;
		int err;
		int64_t want;
	} cases[] = {
		{"1767323045", 0, 1767323045000000},
		{"1767323045.5", 0, 1767323045500000},
		{"1767323045678", 0, 1767323045678000},
		{"1767323045678901", 0, 1767323045678901},
		{"\"2026-01-02T03:04:05.25Z\"", 0, 1767323045250000},
		{"\"2026-01-02T04:04:05+01:00\"", 0, 1767323045000000},
		{"1767323045678901000", -EINVAL, 0},
		{"0", -EINVAL, 0},
		{"-5", -EINVAL, 0},
		{"\"soon\"", -EINVAL, 0},
		{"null", -EINVAL, 0},
		{"{}", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *root = pick_parse(cases[i].text, strlen(cases[i].text));
		int64_t got = 0;
		int err = pick_time(&got, root);

		if (err != cases[i].err || (!err && got != cases[i].want)) {
			fail_msg("%s: %d, %lld", cases[i].text, err, (long long)got);
		}
		json_decref(root);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointer_leads_where_rfc_6901_says),
		cmocka_unit_test(pointer_to_nothing_finds_nothing),
		cmocka_unit_test(pointer_is_checked),
		cmocka_unit_test(value_is_read_or_bad_with_its_reason),
		cmocka_unit_test(number_beyond_64_bits_costs_no_other),
		cmocka_unit_test(what_is_no_document_is_none),
		cmocka_unit_test(time_is_told_by_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
