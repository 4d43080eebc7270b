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
#include "gateway/config/quantity.h"

struct sample_of {
	const char *text;
	int err;
	int64_t want;
};

static void check(int (*parse)(const char *, int64_t *), const struct sample_of *cases,
                  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t got = -99;
		int err = parse(cases[i].text, &got);

		if (err != cases[i].err || got != (err ? -99 : cases[i].want)) {
			fail_msg("'%s': %d, %lld", cases[i].text, err, (long long)got);
		}
	}
}

static void whole_numbers(void **state)
{
	static const struct sample_of cases[] = {
		{"0", 0, 0},
		{"-12", 0, -12},
		{"+7", 0, 7},
		{"007", 0, 7},
		{"0x1F", 0, 31},
		{"-0xf", 0, -15},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"0x", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"15x02", -EINVAL, 0},
		{"--1", -EINVAL, 0},
	};

	(void)state;
	check(quantity_int, cases, ARRAY_SIZE(cases));
}

static void durations(void **state)
{
	static const struct sample_of cases[] = {
		{"500ms", 0, 500},
		{"5s", 0, 5000},
		{"0.1s", 0, 100},
		{"1.5h", 0, 5400000},
		{"10m", 0, 600000},
		{"10min", 0, 600000},
		{"90d", 0, INT64_C(7776000000)},
		{"0ms", 0, 0},
		{"1e3s", 0, 1000000},
		{"5", -ENODATA, 0},
		{"0", -ENODATA, 0},
		{"5 s", -EINVAL, 0},
		{"5sec", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"0.5ms", -ERANGE, 0},
		{"1e300d", -ERANGE, 0},
		{"infs", -EINVAL, 0},
		{"nans", -EINVAL, 0},
		{"0x5s", -EINVAL, 0},
	};

	(void)state;
	check(quantity_duration, cases, ARRAY_SIZE(cases));
}

static void sizes(void **state)
{
	static const struct sample_of cases[] = {
		{"2GiB", 0, INT64_C(2) << 30},
		{"512KiB", 0, 524288},
		{"10MB", 0, 10000000},
		{"1.5kB", 0, 1500},
		{"7B", 0, 7},
		{"7", -ENODATA, 0},
		{"7gib", -EINVAL, 0},
		{"0.1B", -ERANGE, 0},
	};

	(void)state;
	check(quantity_size, cases, ARRAY_SIZE(cases));
}

static void rates(void **state)
{
	static const struct sample_of cases[] = {
		{"1/s", 0, 1000},      {"10/min", 0, 6000},  {"1/h", 0, 3600000},
		{"3/s", 0, 334},       {"86400000/d", 0, 1}, {"2000/s", -ERANGE, 0},
		{"0/s", -ERANGE, 0},   {"-1/s", -ERANGE, 0}, {"1/y", -EINVAL, 0},
		{"often", -EINVAL, 0}, {"1", -EINVAL, 0},
	};

	(void)state;
	check(quantity_rate, cases, ARRAY_SIZE(cases));
}

static void numbers_are_decimal_and_finite(void **state)
{
	static const struct {
		const char *text;
		int err;
		double want;
	} cases[] = {
		{"0.5", 0, 0.5},       {"-1e-4", 0, -1e-4},   {".5", 0, 0.5},
		{"5.", 0, 5},          {"1e400", -ERANGE, 0}, {"0x10", -EINVAL, 0},
		{"nan", -EINVAL, 0},   {"inf", -EINVAL, 0},   {"-inf", -EINVAL, 0},
		{"1,5", -EINVAL, 0},   {" 1", -EINVAL, 0},    {"1 ", -EINVAL, 0},
		{"", -EINVAL, 0},      {".", -EINVAL, 0},     {"+-1", -EINVAL, 0},
		{"1.2.3", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = -99;
		int err = quantity_real(cases[i].text, &got);

		if (err != cases[i].err || got != (err ? -99 : cases[i].want)) {
			fail_msg("'%s': %d, %g", cases[i].text, err, got);
		}
	}
}

static void what_is_printed_reads_back(void **state)
{
	static const struct {
		int64_t ms;
		const char *duration, *size;
	} cases[] = {
		{0, "0ms", "0B"},
		{1, "1ms", "1B"},
		{1500, "1500ms", "1500B"},
		{60000, "1min", "60000B"},
		{90000, "90s", "90000B"},
		{7200000, "2h", "7200000B"},
		{INT64_C(7776000000), "90d", "7593750KiB"},
		{INT64_C(2147483648), "2147483648ms", "2GiB"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[QUANTITY_TEXT_MAX];
		int64_t back = -1;

		quantity_print_duration(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].duration);
		assert_int_equal(quantity_duration(text, &back), 0);
		assert_int_equal(back, cases[i].ms);
		quantity_print_size(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].size);
		assert_int_equal(quantity_size(text, &back), 0);
		assert_int_equal(back, cases[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(rates),
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(numbers_are_decimal_and_finite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
