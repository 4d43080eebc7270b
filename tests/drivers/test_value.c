/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "drivers/modbus/real.h"
#include "drivers/modbus/value.h"

static uint64_t seed = 0x9e3779b97f4a7c15;

/* Vigna 2014, xorshift64*: the same numbers in every run. */
static uint64_t random_word(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * UINT64_C(2685821657736338717);
}

static struct value value_int(int64_t i64)
{
	return (struct value){.kind = VALUE_INT, .i64 = i64};
}

static struct value value_uint(uint64_t u64)
{
	return (struct value){.kind = VALUE_UINT, .u64 = u64};
}

static struct value value_text(const char *text)
{
	return (struct value){.kind = VALUE_TEXT, .text = text};
}

static bool same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind) {
		return false;
	}
	switch (a->kind) {
	case VALUE_REAL:
		return memcmp(&a->real, &b->real, sizeof(a->real)) == 0;
	case VALUE_INT:
		return a->i64 == b->i64;
	case VALUE_UINT:
		return a->u64 == b->u64;
	case VALUE_BOOL:
		return a->flag == b->flag;
	case VALUE_TEXT:
		return strcmp(a->text, b->text) == 0;
	case VALUE_NONE:
		break;
	}
	return true;
}

static void each_type_reads_what_the_manual_says(void **state)
{
	static const struct {
		const char *name;
		struct encoding encoding;
		uint8_t wire[8];
		struct value want;
	} cases[] = {
		{"bool", {.type = TYPE_BOOL}, {0, 2}, {VALUE_BOOL, .flag = true}},
		{"bool off", {.type = TYPE_BOOL}, {0, 0}, {VALUE_BOOL, .flag = false}},
		{"bit 9",
	         {.type = TYPE_BIT, .length = 9},
	         {2, 0},
	         {VALUE_BOOL, .flag = true}},
		{"bit 8",
	         {.type = TYPE_BIT, .length = 8},
	         {2, 0xff},
	         {VALUE_BOOL, .flag = false}},
		{"int8", {.type = TYPE_INT8}, {1, 0x80}, {VALUE_INT, .i64 = -128}},
		{"int8 high",
	         {.type = TYPE_INT8, .high_byte = true},
	         {0xff, 0x80},
	         {VALUE_INT, .i64 = -1}},
		{"uint8", {.type = TYPE_UINT8}, {1, 0x80}, {VALUE_UINT, .u64 = 128}},
		{"int16", {.type = TYPE_INT16}, {0xff, 0xfe}, {VALUE_INT, .i64 = -2}},
		{"uint16",
	         {.type = TYPE_UINT16},
	         {0xff, 0xfe},
	         {VALUE_UINT, .u64 = 65534}},
		{"uint16 BADC",
	         {.type = TYPE_UINT16, .order = ORDER_BADC},
	         {0x34, 0x12},
	         {VALUE_UINT, .u64 = 0x1234}},
		{"int32",
	         {.type = TYPE_INT32},
	         {0x80, 0, 0, 0},
	         {VALUE_INT, .i64 = INT32_MIN}},
		{"int64 lowest",
	         {.type = TYPE_INT64},
	         {0x80, 0, 0, 0, 0, 0, 0, 0},
	         {VALUE_INT, .i64 = INT64_MIN}},
		{"uint64 highest",
	         {.type = TYPE_UINT64},
	         {255, 255, 255, 255, 255, 255, 255, 255},
	         {VALUE_UINT, .u64 = UINT64_MAX}},
		{"float16",
	         {.type = TYPE_FLOAT16},
	         {0xc2, 0x48},
	         {VALUE_REAL, .real = -3.140625}},
		{"float32",
	         {.type = TYPE_FLOAT32},
	         {0x41, 0x48},
	         {VALUE_REAL, .real = 12.5}},
		{"float64",
	         {.type = TYPE_FLOAT64},
	         {0xc0, 0x29},
	         {VALUE_REAL, .real = -12.5}},
		{"bcd",
	         {.type = TYPE_BCD, .length = 4},
	         {0x12, 0x34},
	         {VALUE_UINT, .u64 = 1234}},
		{"bcd of 6",
	         {.type = TYPE_BCD, .length = 6},
	         {0x00, 0x12, 0x34, 0x56},
	         {VALUE_UINT, .u64 = 123456}},
		{"epoch",
	         {.type = TYPE_EPOCH},
	         {0xff, 0xff, 0xff, 0xff},
	         {VALUE_UINT, .u64 = UINT32_MAX}},
		{"string",
	         {.type = TYPE_STRING, .length = 5},
	         "ab c ",
	         {VALUE_TEXT, .text = "ab c"}},
		{"string, low first",
	         {.type = TYPE_STRING, .length = 4, .string_low_first = true},
	         "badc",
	         {VALUE_TEXT, .text = "abcd"}},
		{"string of NULs",
	         {.type = TYPE_STRING, .length = 4},
	         "",
	         {VALUE_TEXT, .text = ""}},
		{"string with NUL",
	         {.type = TYPE_STRING, .length = 4},
	         "a \0c",
	         {VALUE_TEXT, .text = "a"}},
		{"scaled",
	         {.type = TYPE_INT16, .scale = 0.1, .offset = -40},
	         {0, 3},
	         {VALUE_REAL, .real = -39.7}},
		{"tenths as people write them",
	         {.type = TYPE_UINT16, .scale = 0.1},
	         {0, 3},
	         {VALUE_REAL, .real = 0.3}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct encoding e = cases[i].encoding;
		const struct point point = {.encoding = &e, .tag = 7};
		struct reading got;
		char text[VALUE_TEXT_MAX + 1];

		e.scale = e.scale != 0 ? e.scale : 1;
		value_decode(&got, &point, cases[i].wire, text);
		if (got.quality != QUALITY_GOOD || got.tag != 7 ||
		    !same(&got.value, &cases[i].want)) {
			fail_msg("%s: quality %d, %.17g", cases[i].name, got.quality,
			         value_number(&got.value));
		}
	}
}

/* The orders are named by how 0x11223344 and 0x1122334455667788 come over the wire. */
static void each_order_is_its_example(void **state)
{
	static const struct {
		enum word_order order;
		uint8_t wire32[4], wire64[8];
	} cases[] = {
		{ORDER_ABCD,
	         {0x11, 0x22, 0x33, 0x44},
	         {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}},
		{ORDER_CDAB,
	         {0x33, 0x44, 0x11, 0x22},
	         {0x77, 0x88, 0x55, 0x66, 0x33, 0x44, 0x11, 0x22}},
		{ORDER_BADC,
	         {0x22, 0x11, 0x44, 0x33},
	         {0x22, 0x11, 0x44, 0x33, 0x66, 0x55, 0x88, 0x77}},
		{ORDER_DCBA,
	         {0x44, 0x33, 0x22, 0x11},
	         {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct encoding e = {
			.scale = 1, .type = TYPE_UINT32, .order = cases[i].order};
		const struct point point = {.encoding = &e};
		struct reading got;

		value_decode(&got, &point, cases[i].wire32, NULL);
		assert_true(got.value.u64 == 0x11223344);
		e.type = TYPE_UINT64;
		value_decode(&got, &point, cases[i].wire64, NULL);
		assert_true(got.value.u64 == 0x1122334455667788);
	}
}

static void what_is_no_value_is_bad(void **state)
{
	static const struct {
		const char *name;
		struct encoding encoding;
		uint8_t wire[8];
		enum reason want;
	} cases[] = {
		{"half NaN", {.type = TYPE_FLOAT16}, {0x7e, 0}, REASON_NOT_A_NUMBER},
		{"half infinity", {.type = TYPE_FLOAT16}, {0x7c, 0}, REASON_NOT_A_NUMBER},
		{"NaN", {.type = TYPE_FLOAT32}, {0x7f, 0xc0}, REASON_NOT_A_NUMBER},
		{"-infinity", {.type = TYPE_FLOAT32}, {0xff, 0x80}, REASON_NOT_A_NUMBER},
		{"double NaN", {.type = TYPE_FLOAT64}, {0x7f, 0xf8}, REASON_NOT_A_NUMBER},
		{"NaN, scaled",
	         {.type = TYPE_FLOAT32, .scale = 0.1},
	         {0x7f, 0xc0},
	         REASON_NOT_A_NUMBER},
		{"scaled to infinity",
	         {.type = TYPE_FLOAT64, .scale = 10},
	         {0x7f, 0xef},
	         REASON_NOT_A_NUMBER},
		{"no BCD",
	         {.type = TYPE_BCD, .length = 4},
	         {0x1a, 0},
	         REASON_NOT_A_NUMBER},
		{"digits beyond the type",
	         {.type = TYPE_BCD, .length = 3},
	         {0x12, 0x34},
	         REASON_OUT_OF_RANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct encoding e = cases[i].encoding;
		const struct point point = {.encoding = &e, .tag = 7};
		struct reading got;

		e.scale = e.scale != 0 ? e.scale : 1;
		value_decode(&got, &point, cases[i].wire, NULL);
		if (got.quality != QUALITY_BAD || got.reason != cases[i].want ||
		    got.value.kind != VALUE_NONE) {
			fail_msg("%s: quality %d, reason %d", cases[i].name, got.quality,
			         got.reason);
		}
	}
}

/* Registers 0 to 3 of an answer; the value is register 1. */
static void exponent_of_the_same_answer_scales(void **state)
{
	static const struct {
		const char *name;
		struct encoding encoding;
		uint32_t exponent; /* its address */
		uint8_t answer[8];
		double want; /* NAN: out of range */
	} cases[] = {
		{"hundredths", {.type = TYPE_UINT16}, 2, {0, 0, 4, 210, 255, 254}, 12.34},
		{"before it", {.type = TYPE_INT16}, 0, {255, 255, 255, 246}, -1},
		{"none", {.type = TYPE_INT16}, 2, {0, 0, 0, 7, 0, 0}, 7},
		{"hundreds", {.type = TYPE_INT16}, 2, {0, 0, 0, 7, 0, 2}, 700},
		{"beside a scale",
	         {.type = TYPE_UINT16, .scale = 0.001, .offset = 1},
	         2,
	         {0, 0, 4, 210, 0, 2},
	         124.4},
		{"of two registers",
	         {.type = TYPE_UINT32},
	         3,
	         {0, 0, 0, 1, 0, 0, 255, 255},
	         6553.6},
		{"of a float",
	         {.type = TYPE_FLOAT32},
	         3,
	         {0, 0, 0x41, 0x48, 0, 0, 0, 1},
	         125},
		{"bytes swapped",
	         {.type = TYPE_UINT16, .order = ORDER_BADC},
	         2,
	         {0, 0, 210, 4, 254, 255},
	         12.34},
		{"the least", {.type = TYPE_INT16}, 2, {0, 0, 0, 1, 255, 246}, 1e-10},
		{"too small", {.type = TYPE_INT16}, 2, {0, 0, 0, 1, 255, 245}, NAN},
		{"too large", {.type = TYPE_INT16}, 2, {0, 0, 0, 1, 0, 11}, NAN},
		{"not there", {.type = TYPE_INT16}, 2, {0, 0, 0, 1, 128, 0}, NAN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct point_raw raw = {.exponent_at = "set",
		                        .exponent = cases[i].exponent};
		struct encoding e = cases[i].encoding;
		const struct point point = {.encoding = &e, .address = 1};
		struct reading got;
		bool good = !isnan(cases[i].want);

		e.scale = e.scale != 0 ? e.scale : 1;
		e.raw = &raw;
		value_decode(&got, &point, cases[i].answer + 2, NULL);
		if (good ? value_number(&got.value) != cases[i].want
		         : got.quality != QUALITY_BAD ||
		                    got.reason != REASON_OUT_OF_RANGE) {
			fail_msg("%s: quality %d, %.17g", cases[i].name, got.quality,
			         value_number(&got.value));
		}
	}
}

static void raw_value_that_means_none_is_bad(void **state)
{
	static const double codes[] = {-32768, 65535, 9999};
	static const struct {
		const char *name;
		struct encoding encoding;
		uint8_t wire[4];
		bool good;
	} cases[] = {
		{"int16", {.type = TYPE_INT16}, {0x80, 0}, false},
		{"int16 scaled", {.type = TYPE_INT16, .scale = 0.1}, {0x80, 0}, false},
		{"uint16", {.type = TYPE_UINT16}, {255, 255}, false},
		{"BCD", {.type = TYPE_BCD, .length = 4}, {0x99, 0x99}, false},
		{"float", {.type = TYPE_FLOAT32}, {0x46, 0x1c, 0x3c, 0}, false},
		{"its neighbour", {.type = TYPE_INT16}, {0x80, 1}, true},
		{"the same bits of another type", {.type = TYPE_UINT16}, {0x80, 0}, true},
		{"the value, not the register",
	         {.type = TYPE_INT16, .scale = 9999},
	         {0, 1},
	         true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct point_raw raw = {.invalid = codes, .n_invalid = ARRAY_SIZE(codes)};
		struct encoding e = cases[i].encoding;
		const struct point point = {.encoding = &e, .tag = 7};
		struct reading got;

		e.scale = e.scale != 0 ? e.scale : 1;
		e.raw = &raw;
		value_decode(&got, &point, cases[i].wire, NULL);
		if (cases[i].good ? got.quality != QUALITY_GOOD
		                  : got.quality != QUALITY_BAD ||
		                            got.reason != REASON_OUT_OF_RANGE ||
		                            got.value.kind != VALUE_NONE) {
			fail_msg("%s: quality %d", cases[i].name, got.quality);
		}
	}
}

static void raw_value_that_means_none_is_not_written(void **state)
{
	static const double codes[] = {-32768, 300};
	struct point_raw raw = {.invalid = codes, .n_invalid = ARRAY_SIZE(codes)};
	const struct encoding e = {.raw = &raw, .scale = 0.1, .type = TYPE_INT16};
	const struct point point = {.encoding = &e};
	struct value value = value_real(29.9);
	uint8_t wire[2] = {1, 2};

	(void)state;
	assert_int_equal(value_encode(wire, &point, &value), 0);
	assert_int_equal(wire[0] << 8 | wire[1], 299);
	value = value_real(30);
	assert_int_equal(value_encode(wire, &point, &value), -ERANGE);
	value = value_real(-3276.8);
	assert_int_equal(value_encode(wire, &point, &value), -ERANGE);
	assert_int_equal(wire[0] << 8 | wire[1], 299);
}

static void text_that_is_no_utf8_is_marked(void **state)
{
	static const struct {
		const char *name, *bytes, *want;
	} cases[] = {
		{"ASCII", "pump 1", "pump 1"},
		{"two, three, four bytes", "\xc2\xb5 \xe2\x82\xac \xf0\x9f\x98\x80",
	         "\xc2\xb5 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"Latin-1", "K\xf6ln", "K?ln"},
		{"cut off at the end", "a\xe2\x82", "a??"},
		{"overlong", "\xc0\xaf\xe0\x80\xaf", "?????"},
		{"surrogate", "\xed\xa0\x80", "???"},
		{"beyond Unicode", "\xf4\x90\x80\x80", "????"},
		{"continuation alone", "\x80z", "?z"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct encoding e = {.type = TYPE_STRING,
		                           .length = (uint16_t)strlen(cases[i].bytes),
		                           .scale = 1};
		const struct point point = {.encoding = &e};
		uint8_t wire[VALUE_TEXT_MAX] = {0};
		char text[VALUE_TEXT_MAX + 1];
		struct reading got;

		memcpy(wire, cases[i].bytes, e.length);
		value_decode(&got, &point, wire, text);
		if (strcmp(got.value.text, cases[i].want) != 0) {
			fail_msg("%s: %s", cases[i].name, got.value.text);
		}
	}
}

static bool is_number(const struct point *point, const uint8_t *wire)
{
	struct reading reading;
	char text[VALUE_TEXT_MAX + 1];

	value_decode(&reading, point, wire, text);
	return reading.quality == QUALITY_GOOD;
}

/* Random registers, read and written back, are the same registers: for every type and
 * order, all of the register where the type has all of it. */
static void round_trip_of_random_registers(const struct point *point)
{
	size_t n = 2U * value_registers(point);

	for (int k = 0; k < 2000; k++) {
		uint8_t wire[8] = {0}, back[8];
		struct reading reading;

		for (size_t i = 0; i < n; i++) {
			wire[i] = (uint8_t)(random_word() >> 56);
			if (point->encoding->type ==
			    TYPE_BCD) { /* random nibbles are rarely digits */
				wire[i] = (uint8_t)(wire[i] % 10 << 4 |
				                    (wire[i] >> 4) % 10);
			}
		}
		if (!is_number(point, wire)) {
			continue;
		}
		value_decode(&reading, point, wire, NULL);
		memcpy(back, wire, sizeof(back));
		if (point->encoding->type ==
		    TYPE_BOOL) { /* any register but 0 reads as true */
			continue;
		}
		if (value_encode(back, point, &reading.value) != 0 ||
		    memcmp(back, wire, n) != 0) {
			fail_msg("type %d order %d scale %g offset %g: %.17g",
			         point->encoding->type, point->encoding->order,
			         point->encoding->scale, point->encoding->offset,
			         value_number(&reading.value));
		}
	}
}

static void every_type_and_order_round_trips(void **state)
{
	static const struct {
		double scale, offset;
	} scales[] = {{1, 0}, {0.1, 0},       {0.01, -40}, {-0.5, 3},
	              {7, 0}, {1e-3, 273.15}, {2.54, 1}};

	(void)state;
	for (enum value_type type = TYPE_BOOL; type <= TYPE_EPOCH; type++) {
		for (size_t i = 0; i < 4 * ARRAY_SIZE(scales); i++) {
			const struct encoding e = {.type = type,
			                           .order = (enum word_order)(i % 4),
			                           .high_byte = i % 8 > 3,
			                           .length = (uint16_t)(1 + i % 15),
			                           .scale = scales[i / 4].scale,
			                           .offset = scales[i / 4].offset};
			const struct point point = {.encoding = &e};
			bool wide = type == TYPE_INT64 || type == TYPE_UINT64 ||
			            type == TYPE_FLOAT64 || type == TYPE_FLOAT32 ||
			            type == TYPE_FLOAT16 || type == TYPE_BCD;

			/* A double cannot hold all of 64 bits scaled, nor what is left of
			 * a small float beside an offset. */
			if (type != TYPE_STRING && (i < 4 || !wide)) {
				round_trip_of_random_registers(&point);
			}
		}
	}
}

/* What was written reads as it was meant, also for floats with a scale. */
static void scaled_reals_round_trip_to_the_float(void **state)
{
	(void)state;
	for (int k = 0; k < 20000; k++) {
		const struct encoding e = {.type = TYPE_FLOAT32,
		                           .order = (enum word_order)(k % 4),
		                           .scale = 0.001,
		                           .offset = k & 1 ? 20 : 0};
		const struct point point = {.encoding = &e};
		double real = ((double)(random_word() >> 32) - 0x1p31) / 1024;
		struct value want = value_real(real);
		struct reading got;
		uint8_t wire[4];

		assert_int_equal(value_encode(wire, &point, &want), 0);
		value_decode(&got, &point, wire, NULL);
		if (fabs(got.value.real - real) > 0x1p-24 * (fabs(real) + 40)) {
			fail_msg("%.17g became %.17g", real, got.value.real);
		}
	}
}

static void every_half_round_trips(void **state)
{
	(void)state;
	for (uint32_t half = 0; half <= UINT16_MAX; half++) {
		double real = real_from_word(half, 16);
		uint64_t back = 0;

		if (isfinite(real)) {
			assert_int_equal(real_to_word(&back, 16, real), 0);
			assert_int_equal(back, half);
		} else {
			assert_int_equal(real_to_word(&back, 16, real), -ERANGE);
		}
	}
}

static void half_is_the_nearest(void **state)
{
	static const struct {
		double real;
		uint64_t want; /* UINT64_MAX: refused */
	} cases[] = {
		{1, 0x3c00},
		{1 + 0x1p-11, 0x3c00},
		{1 + 0x1.8p-10, 0x3c02},
		{65504, 0x7bff},
		{65519.9, 0x7bff},
		{65520, UINT64_MAX},
		{0x1p-24, 0x0001},
		{0x1.8p-25, 0x0001},
		{0x1p-26, UINT64_MAX},
		{-0x1p-14, 0x8400},
		{0x1.ff8p-15, 0x03ff},
		{0x1.fffp-15, 0x0400},
		{1e300, UINT64_MAX},
		{0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t word = UINT64_MAX;
		int err = real_to_word(&word, 16, cases[i].real);

		if (word != cases[i].want ||
		    (err != 0) != (cases[i].want == UINT64_MAX)) {
			fail_msg("%a: %d, %#jx", cases[i].real, err, (uintmax_t)word);
		}
	}
}

static void texts_round_trip(void **state)
{
	(void)state;
	for (int k = 0; k < 2000; k++) {
		const struct encoding e = {
			.type = TYPE_STRING,
			.length = (uint16_t)(1 + random_word() % VALUE_TEXT_MAX),
			.string_low_first = k & 1,
			.scale = 1};
		const struct point point = {.encoding = &e};
		size_t n = random_word() % (e.length + 1U);
		char text[VALUE_TEXT_MAX + 1] = {0}, back[VALUE_TEXT_MAX + 1];
		uint8_t wire[VALUE_TEXT_MAX + 1];
		struct value want = value_text(text);
		struct reading got;

		for (size_t i = 0; i < n; i++) {
			text[i] = (char)('!' + random_word() % 94);
		}
		assert_int_equal(value_encode(wire, &point, &want), 0);
		value_decode(&got, &point, wire, back);
		assert_string_equal(got.value.text, text);
	}
}

/* Refused, never clamped, and nothing is touched. */
static void what_does_not_fit_is_refused(void **state)
{
	const struct encoding uint8 = {.type = TYPE_UINT8, .scale = 1};
	const struct encoding int8 = {.type = TYPE_INT8, .scale = 1};
	const struct encoding int16 = {.type = TYPE_INT16, .scale = 1};
	const struct encoding uint16 = {.type = TYPE_UINT16, .scale = 1};
	const struct encoding int64 = {.type = TYPE_INT64, .scale = 1};
	const struct encoding uint64 = {.type = TYPE_UINT64, .scale = 1};
	const struct encoding tenths = {.type = TYPE_UINT16, .scale = 0.1};
	const struct encoding float32 = {.type = TYPE_FLOAT32, .scale = 1};
	const struct encoding half = {.type = TYPE_FLOAT16, .scale = 1};
	const struct encoding flag = {.type = TYPE_BOOL, .scale = 1};
	const struct encoding bcd = {.type = TYPE_BCD, .length = 3, .scale = 1};
	const struct encoding text = {.type = TYPE_STRING, .length = 3, .scale = 1};
	const struct {
		const char *name;
		const struct encoding *encoding;
		struct value value;
		int want;
	} cases[] = {
		{"uint8 255", &uint8, value_uint(255), 0},
		{"uint8 256", &uint8, value_uint(256), -ERANGE},
		{"uint8 -1", &uint8, value_int(-1), -ERANGE},
		{"int8 -128", &int8, value_int(-128), 0},
		{"int8 -129", &int8, value_int(-129), -ERANGE},
		{"int8 128", &int8, value_real(128), -ERANGE},
		{"int16 from real", &int16, value_real(-32768), 0},
		{"int16 below", &int16, value_real(-32769), -ERANGE},
		{"int16 broken", &int16, value_real(1.5), -ERANGE},
		{"uint16 65536", &uint16, value_real(65536), -ERANGE},
		{"uint16 NaN", &uint16, value_real((double)NAN), -ERANGE},
		{"uint16 text", &uint16, value_text("1"), -ERANGE},
		{"uint16 nothing", &uint16, {.kind = VALUE_NONE}, -ERANGE},
		{"uint16 true", &uint16, value_bool(true), 0},
		{"int64 lowest", &int64, value_int(INT64_MIN), 0},
		{"int64 2^63", &int64, value_uint(UINT64_C(1) << 63), -ERANGE},
		{"int64 2^63 real", &int64, value_real(0x1p63), -ERANGE},
		{"uint64 highest", &uint64, value_uint(UINT64_MAX), 0},
		{"uint64 2^64", &uint64, value_real(0x1p64), -ERANGE},
		{"tenths 12.3", &tenths, value_real(12.3), 0},
		{"tenths 0.3", &tenths, value_real(0.3), 0},
		{"tenths 0.1 + 0.2", &tenths, value_real(0.1 + 0.2), 0},
		{"tenths 12.34", &tenths, value_real(12.34), -ERANGE},
		{"tenths 6553.5", &tenths, value_real(6553.5), 0},
		{"tenths 6553.6", &tenths, value_real(6553.6), -ERANGE},
		{"tenths -0.1", &tenths, value_real(-0.1), -ERANGE},
		{"tenths of an integer", &tenths, value_uint(12), 0},
		{"float32 0.1 rounds", &float32, value_real(0.1), 0},
		{"float32 too large", &float32, value_real(1e39), -ERANGE},
		{"float32 largest", &float32, value_real(0x1.fffffep127), 0},
		{"float32 vanishes", &float32, value_real(1e-60), -ERANGE},
		{"float32 infinity", &float32, value_real((double)INFINITY), -ERANGE},
		{"float32 2^24", &float32, value_int(1 << 24), 0},
		{"float32 2^24 + 1", &float32, value_int((1 << 24) + 1), -ERANGE},
		{"float32 UINT64_MAX", &float32, value_uint(UINT64_MAX), -ERANGE},
		{"half 70000", &half, value_real(70000), -ERANGE},
		{"bool 1", &flag, value_uint(1), 0},
		{"bool 2", &flag, value_uint(2), -ERANGE},
		{"bcd 999", &bcd, value_uint(999), 0},
		{"bcd 1000", &bcd, value_uint(1000), -ERANGE},
		{"text abc", &text, value_text("abc"), 0},
		{"text abcd", &text, value_text("abcd"), -ERANGE},
		{"text no UTF-8", &text, value_text("\xff"), -ERANGE},
		{"text 1", &text, value_uint(1), -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t wire[8] = "abcdefg";
		const struct point point = {.encoding = cases[i].encoding};
		int got = value_encode(wire, &point, &cases[i].value);

		if (got != cases[i].want ||
		    (got != 0 && memcmp(wire, "abcdefg", 8) != 0)) {
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
		}
	}
}

static void part_of_a_register_leaves_the_rest(void **state)
{
	static const struct {
		const char *name;
		struct encoding encoding;
		struct value value;
		uint8_t want[2];
	} cases[] = {
		{"low byte", {.type = TYPE_UINT8}, {VALUE_UINT, .u64 = 1}, {0xa5, 0x01}},
		{"high byte",
	         {.type = TYPE_INT8, .high_byte = true},
	         {VALUE_INT, .i64 = -2},
	         {0xfe, 0x5a}},
		{"bit 0 on",
	         {.type = TYPE_BIT},
	         {VALUE_BOOL, .flag = true},
	         {0xa5, 0x5b}},
		{"bit 15 off",
	         {.type = TYPE_BIT, .length = 15},
	         {VALUE_BOOL, .flag = false},
	         {0x25, 0x5a}},
		{"bit 0 of a swapped register",
	         {.type = TYPE_BIT, .order = ORDER_BADC},
	         {VALUE_BOOL, .flag = false},
	         {0xa4, 0x5a}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct encoding e = cases[i].encoding;
		const struct point point = {.encoding = &e, .tag = 7};
		uint8_t wire[2] = {0xa5, 0x5a};

		e.scale = 1;
		assert_true(value_is_part(&point));
		assert_int_equal(value_encode(wire, &point, &cases[i].value), 0);
		if (memcmp(wire, cases[i].want, 2) != 0) {
			fail_msg("%s: %02x%02x", cases[i].name, wire[0], wire[1]);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_reads_what_the_manual_says),
		cmocka_unit_test(each_order_is_its_example),
		cmocka_unit_test(what_is_no_value_is_bad),
		cmocka_unit_test(exponent_of_the_same_answer_scales),
		cmocka_unit_test(raw_value_that_means_none_is_bad),
		cmocka_unit_test(raw_value_that_means_none_is_not_written),
		cmocka_unit_test(text_that_is_no_utf8_is_marked),
		cmocka_unit_test(every_type_and_order_round_trips),
		cmocka_unit_test(scaled_reals_round_trip_to_the_float),
		cmocka_unit_test(every_half_round_trips),
		cmocka_unit_test(half_is_the_nearest),
		cmocka_unit_test(texts_round_trip),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(part_of_a_register_leaves_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
