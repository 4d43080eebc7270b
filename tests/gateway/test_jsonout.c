/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateway/jsonout.h"

static const char *written(struct jsonout *j)
{
	assert_int_not_equal(jsonout_done(j), 0);
	return j->bytes;
}

static void reals_have_the_shortest_digits_that_read_back(void **state)
{
	static const struct {
		double real;
		const char *want;
	} cases[] = {
		{0.0, "0"},
		{-0.0, "-0"},
		{12.5, "12.5"},
		{0.1, "0.1"},
		{0.1 + 0.2, "0.30000000000000004"},
		{1e21, "1e+21"},
		{-1.7976931348623157e308, "-1.7976931348623157e+308"},
		{5e-324, "4.94065645841247e-324"},
		{9007199254740993.0, "9007199254740992"},
		{NAN, "null"},
		{INFINITY, "null"},
		{-INFINITY, "null"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[64];
		struct jsonout j = jsonout_into(buf, sizeof(buf));

		jsonout_real(&j, cases[i].real);
		assert_string_equal(written(&j), cases[i].want);
	}
}

/* Any 64 bits taken as a double: valid JSON, and the same bits when read back. */
static void any_bits_of_a_real_survive_or_are_null(void **state)
{
	uint64_t bits = 0x9e3779b97f4a7c15;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char buf[64];
		struct jsonout j = jsonout_into(buf, sizeof(buf));
		double real, back;
		json_t *root;

		bits ^= bits << 13; /* xorshift64: Marsaglia, 2003 */
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&real, &bits, sizeof(real));
		jsonout_open(&j, '[');
		jsonout_real(&j, real);
		jsonout_close(&j, ']');
		root = json_loads(written(&j), JSON_DECODE_INT_AS_REAL, NULL);
		assert_non_null(root);
		back = json_real_value(json_array_get(root, 0));
		assert_true(isfinite(real) ? back == real
		                           : json_is_null(json_array_get(root, 0)));
		json_decref(root);
	}
}

static void integers_of_64_bits_stay_exact(void **state)
{
	char buf[128];
	struct jsonout j = jsonout_into(buf, sizeof(buf));

	(void)state;
	jsonout_open(&j, '[');
	jsonout_int(&j, INT64_MIN);
	jsonout_int(&j, INT64_MAX);
	jsonout_uint(&j, UINT64_MAX);
	jsonout_close(&j, ']');
	assert_string_equal(
		written(&j),
		"[-9223372036854775808,9223372036854775807,18446744073709551615]");
}

static void text_is_escaped_and_made_valid_utf8(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"line\nend\x7f", "\"line\\u000aend\\u007f\""},
		{"m\xc2\xb3/h", "\"m\xc2\xb3/h\""},
		{"\xf0\x9f\x8f\xad", "\"\xf0\x9f\x8f\xad\""},
		{"\xff", "\"\xef\xbf\xbd\""},
		{"cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},
		{"overlong \xc0\xaf", "\"overlong \xef\xbf\xbd\xef\xbf\xbd\""},
		{"surrogate \xed\xa0\x80",
	         "\"surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[128];
		struct jsonout j = jsonout_into(buf, sizeof(buf));

		jsonout_text(&j, cases[i].text);
		assert_string_equal(written(&j), cases[i].want);
	}
}

static void any_bytes_as_text_are_valid_json(void **state)
{
	uint64_t bits = 88172645463325252;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[9] = "", buf[128];
		struct jsonout j = jsonout_into(buf, sizeof(buf));
		json_t *root;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(text, &bits, 8);
		jsonout_text(&j, text);
		root = json_loads(written(&j), JSON_DECODE_ANY, NULL);
		assert_non_null(root);
		json_decref(root);
	}
}

static void commas_come_by_themselves(void **state)
{
	char buf[128];
	struct jsonout j = jsonout_into(buf, sizeof(buf));

	(void)state;
	jsonout_open(&j, '{');
	jsonout_key(&j, "a");
	jsonout_open(&j, '[');
	jsonout_null(&j);
	jsonout_bool(&j, true);
	jsonout_open(&j, '[');
	jsonout_close(&j, ']');
	jsonout_close(&j, ']');
	jsonout_key2(&j, "b", "c");
	jsonout_text_or_null(&j, "");
	jsonout_key(&j, "d");
	jsonout_raw(&j, "{}");
	jsonout_close(&j, '}');
	assert_string_equal(written(&j), "{\"a\":[null,true,[]],\"b.c\":null,\"d\":{}}");
}

static void text_that_does_not_fit_is_void(void **state)
{
	char buf[8];

	(void)state;
	for (size_t size = 0; size <= sizeof(buf); size++) {
		struct jsonout j = jsonout_into(buf, size);

		jsonout_text(&j, "12345");
		assert_int_equal(jsonout_done(&j), size == 8 ? 7 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reals_have_the_shortest_digits_that_read_back),
		cmocka_unit_test(any_bits_of_a_real_survive_or_are_null),
		cmocka_unit_test(integers_of_64_bits_stay_exact),
		cmocka_unit_test(text_is_escaped_and_made_valid_utf8),
		cmocka_unit_test(any_bytes_as_text_are_valid_json),
		cmocka_unit_test(commas_come_by_themselves),
		cmocka_unit_test(text_that_does_not_fit_is_void),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
