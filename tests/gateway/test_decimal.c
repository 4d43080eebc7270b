/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/replay/decimal.h"

/* xorshift64 (Marsaglia 2003). */
static uint64_t random_bits(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void same_number(const char *text)
{
	double want = strtod(text, NULL), got;

	if (!decimal_parse(text, strlen(text), &got)) {
		fail_msg("'%s' is no number", text);
	}
	if (memcmp(&want, &got, sizeof(got)) != 0) {
		fail_msg("'%s': %.17g, not %.17g", text, got, want);
	}
}

static void same_text(double x)
{
	char want[64], got[DECIMAL_TEXT_MAX + 1];

	snprintf(want, sizeof(want), "%.9g", x);
	*decimal_print(got, x) = '\0';
	if (strcmp(want, got) != 0) {
		fail_msg("%.17g: '%s', not '%s'", x, got, want);
	}
}

static void numbers_are_read_as_strtod_does(void **state)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"+1",
		"1.",
		".5",
		"1e5",
		"1E+05",
		"1e-5",
		"0.0265878",
		"9007199254740993",
		"9007199254740992.5",
		"9007199254740993.00000000000000000001",
		"12345678901234567890123",
		"0.00000000000000000000000000000001",
		"0e0",
		"4.9e-324",
		"2.2250738585072011e-308",
		"1.7976931348623157e308",
		"0.1000000000000000055511151231257827",
		"8.5899345920000000e+09",
		"18446744073709551615",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		same_number(texts[i]);
	}
}

/* What programs write: any number of digits of any size, and doubles to 17 digits. */
static void random_numbers_are_read_as_strtod_does(void **state)
{
	uint64_t seed = 7;
	char text[64];

	(void)state;
	for (int i = 0; i < 300000; i++) {
		uint64_t bits = random_bits(&seed);
		uint64_t digits = bits >> random_bits(&seed) % 64;
		int exponent = (int)(random_bits(&seed) % 60) - 40;

		snprintf(text, sizeof(text), "%ju.%jue%d", (uintmax_t)digits,
		         (uintmax_t)(random_bits(&seed) % 1000), exponent);
		same_number(text);
		snprintf(text, sizeof(text), "%.17g", (double)digits * 1.7e-9);
		same_number(text);
		snprintf(text, sizeof(text), "%.16g", (double)digits / 3e17);
		same_number(text);
	}
}

/* Half way between two doubles, and a hair to either side of it. */
static void the_middle_between_neighbours_is_rounded_right(void **state)
{
	uint64_t seed = 11;
	char text[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t odd = (UINT64_C(1) << 53) + (random_bits(&seed) >> 12) * 2 + 1;

		for (int by = -1; by <= 1; by++) {
			snprintf(text, sizeof(text), "%ju",
			         (uintmax_t)(odd * 2 + (uint64_t)by));
			same_number(text);
			snprintf(text, sizeof(text), "%ju.%03d", (uintmax_t)odd,
			         by < 0 ? 499 : by);
			same_number(text);
		}
	}
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const texts[] = {
		"",  " ",   "nan", "inf", "1,5", "1e",    "e5",    ".",
		"-", "1 2", "0x1", "1e+", "--1", "1.2.3", "1e400", "twelve"};
	double x;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (decimal_parse(texts[i], strlen(texts[i]), &x)) {
			fail_msg("'%s' is read as %g", texts[i], x);
		}
	}
	assert_true(decimal_parse("12;garbage", 2, &x));
	assert_true(x == 12);
}

static void numbers_are_printed_as_printf_does(void **state)
{
	static const double numbers[] = {
		0,         -0.0,        1,          -1,          10,
		0.1,       1e-4,        9.9999e-5,  1e-5,        123456789,
		999999999, 999999999.5, 1234567895, 1e9,         1e22,
		1e23,      1e-22,       1e-300,     1e300,       5e-324,
		INFINITY,  0.5,         2.5,        99999999.95, 0.00012345,
		100000000, 1.5e-14,     1.00000005, 1.000000005, 1.0000000050001,
		4.5e15,    1e30,        1e31,       8.00000005e8};
	char text[DECIMAL_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		same_text(numbers[i]);
		same_text(-numbers[i]);
	}
	assert_ptr_equal(decimal_print(text, NAN), text);
}

static void random_numbers_are_printed_as_printf_does(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		uint64_t bits = random_bits(&seed);
		int exponent = (int)(random_bits(&seed) % 60) - 30;
		double any;

		memcpy(&any, &bits, sizeof(any));
		if (isfinite(any)) {
			same_text(any);
		}
		same_text((double)(bits >> 11) * pow(10, exponent));
		/* ten digits that end in 5: ties wherever they are exact */
		same_text((double)(bits % 1000000000 * 10 + 5) * pow(2, exponent));
		same_text((double)(bits % 1000000000 * 10 + 5) /
		          pow(10, (int)(bits % 12)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_strtod_does),
		cmocka_unit_test(random_numbers_are_read_as_strtod_does),
		cmocka_unit_test(the_middle_between_neighbours_is_rounded_right),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(numbers_are_printed_as_printf_does),
		cmocka_unit_test(random_numbers_are_printed_as_printf_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
