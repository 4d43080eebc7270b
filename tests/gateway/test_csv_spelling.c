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
#include "gateway/config/csv_spelling.h"

static void headings_are_known_in_common_spellings(void **state)
{
	static const struct {
		const char *heading;
		enum csv_column want;
	} cases[] = {
		{"id", CSV_ID},
		{"Tag Name", CSV_ID},
		{"Parameter name", CSV_ID},
		{"SIGNAL", CSV_ID},
		{"Address", CSV_ADDRESS},
		{"Modbus address", CSV_ADDRESS},
		{"Register No.", CSV_ADDRESS},
		{"Address (hex)", CSV_ADDRESS},
		{"Function code", CSV_TABLE},
		{"FC", CSV_TABLE},
		{"Data type", CSV_TYPE},
		{"Format", CSV_TYPE},
		{"Quantity", CSV_LENGTH},
		{"Byte order", CSV_ORDER},
		{"Units", CSV_UNIT},
		{"Scale factor", CSV_SCALE},
		{"Gain", CSV_SCALE},
		{"Divisor", CSV_DIVISOR},
		{"offset", CSV_OFFSET},
		{"Min.", CSV_MIN},
		{"Description", CSV_DESCRIPTION},
		{"Remarks", CSV_DESCRIPTION},
		{"R/W", CSV_ACCESS},
		{"Access", CSV_ACCESS},
		{"", CSV_COLUMNS},
		{"colour", CSV_COLUMNS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t rank;

		if (csv_column_of(cases[i].heading, &rank) != cases[i].want) {
			fail_msg("%s: %d", cases[i].heading,
			         csv_column_of(cases[i].heading, &rank));
		}
	}
}

static void types_are_known_in_vendors_spellings(void **state)
{
	static const struct {
		const char *text, *length, *want, *order;
		unsigned registers;
	} cases[] = {
		{"int16", "", "int16", NULL, 1},
		{"INT", "", "int16", NULL, 1},
		{"INT", "2", "int32", NULL, 2},
		{"UINT", "", "uint16", NULL, 1},
		{"U16", "1", "uint16", NULL, 1},
		{"UINT_16", "", "uint16", NULL, 1},
		{"unsigned", "4", "uint64", NULL, 4},
		{"32-bit unsigned integer", "", "uint32", NULL, 2},
		{"Signed 16 bit", "", "int16", NULL, 1},
		{"S32", "2", "int32", NULL, 2},
		{"DINT", "", "int32", NULL, 2},
		{"UDINT", "", "uint32", NULL, 2},
		{"DWORD", "", "uint32", NULL, 2},
		{"ULINT", "", "uint64", NULL, 4},
		{"WORD", "", "uint16", NULL, 1},
		{"BYTE", "", "uint8", NULL, 1},
		{"SINT", "", "int8", NULL, 1},
		{"ENUM16", "", "uint16", NULL, 1},
		{"Bitfield32", "", "uint32", NULL, 2},
		{"acc32", "", "uint32", NULL, 2},
		{"sunssf", "", "int16", NULL, 1},
		{"REAL", "", "float32", NULL, 2},
		{"FLOAT", "4", "float64", NULL, 4},
		{"Float", "2", "float32", NULL, 2},
		{"float32", "4", "float32", NULL, 2}, /* bytes */
		{"IEEE 754 float", "", "", NULL, 0},
		{"IEEE 754", "", "float32", NULL, 2},
		{"LREAL", "", "float64", NULL, 4},
		{"double", "", "float64", NULL, 4},
		{"FLOAT32 ABCD", "", "float32", "ABCD", 2},
		{"FLOAT32 (CDAB)", "", "float32", "CDAB", 2},
		{"Float_swapped", "", "float32", "CDAB", 2},
		{"UINT32_LE", "", "uint32", "DCBA", 2},
		{"INT32 big-endian", "", "", NULL, 0},
		{"INT32 BE", "", "int32", "ABCD", 2},
		{"BOOL", "", "bool", NULL, 0},
		{"Boolean", "1", "bool", NULL, 0},
		{"BIT", "", "bool", NULL, 0},
		{"bit(3)", "", "bit(3)", NULL, 1},
		{"BIT 0", "", "", NULL, 0},
		{"STRING[16]", "", "string(16)", NULL, 8},
		{"string(8)", "", "string(8)", NULL, 4},
		{"CHAR 20", "", "string(20)", NULL, 10},
		{"ASCII", "6", "string(12)", NULL, 6},
		{"BCD(4)", "", "bcd(4)", NULL, 1},
		{"BCD32", "", "bcd(8)", NULL, 2},
		{"bcd", "2", "bcd(8)", NULL, 2},
		{"UnixTime", "", "epoch", NULL, 2},
		{"STRING", "", "", NULL, 0},
		{"INT17", "", "", NULL, 0},
		{"INT16", "3", "", NULL, 0},
		{"INT16", "two", "", NULL, 0},
		{"pointer", "", "", NULL, 0},
		{"", "", "", NULL, 0},
		{"16", "", "", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct csv_type type;
		const char *why = NULL;
		int err = csv_type_of(&type, cases[i].text, cases[i].length, &why);

		if ((err != 0) != !*cases[i].want ||
		    (!err && (strcmp(type.name, cases[i].want) != 0 ||
		              type.registers != cases[i].registers ||
		              strcmp(type.order ? type.order : "",
		                     cases[i].order ? cases[i].order : "") != 0))) {
			fail_msg("%s, %s: %d, %s %s %u", cases[i].text, cases[i].length,
			         err, type.name, type.order ? type.order : "",
			         type.registers);
		}
		assert_true(!err || why);
	}
}

static void tables_are_known_by_function_and_name(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"3", "holding"},
		{"03", "holding"},
		{"0x04", "input"},
		{"FC04", "input"},
		{"03, 06, 16", "holding"},
		{"3/16", "holding"},
		{"Input Register", "input"},
		{"holding", "holding"},
		{"Coils", "coil"},
		{"1", "coil"},
		{"Discrete input", "discrete"},
		{"4x", "holding"},
		{"7", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = csv_table_of(cases[i].text);

		if (strcmp(got ? got : "", cases[i].want ? cases[i].want : "") != 0) {
			fail_msg("%s: %s", cases[i].text, got ? got : "none");
		}
	}
}

static void addresses_are_read_as_written(void **state)
{
	static const struct {
		const char *text;
		bool hex;
		int err;
		struct csv_address want;
	} cases[] = {
		{"100", false, 0, {.plain = 100, .bit = -1}},
		{"0x1F", false, 0, {.plain = 31, .bit = -1}},
		{"1Fh", false, 0, {.plain = 31, .bit = -1}},
		{"0010", true, 0, {.plain = 16, .bit = -1}},
		{"40001", false, 0, {"holding", 1, true, false, 40001, -1}},
		{"400123", false, 0, {"holding", 123, true, false, 400123, -1}},
		{"30010", false, 0, {"input", 10, true, false, 30010, -1}},
		{"00001", false, 0, {"coil", 1, true, false, 1, -1}},
		{"40001-40002", false, 0, {"holding", 1, true, false, 40001, -1}},
		{"40001..40002", false, 0, {"holding", 1, true, false, 40001, -1}},
		{"40001.3", false, 0, {"holding", 1, true, false, 40001, 3}},
		{"4x0012", false, 0, {"holding", 12, true, true, 0, -1}},
		{"holding:7", false, 0, {"holding", 7, false, true, 0, -1}},
		{"input:0", false, 0, {"input", 0, false, true, 0, -1}},
		{"40000", false, 0, {.plain = 40000, .bit = -1}},
		{"x", false, -EINVAL, {0}},
		{"", false, -EINVAL, {0}},
		{"-5", false, -EINVAL, {0}},
		{"40001.16", false, -EINVAL, {0}},
		{"12345678901", false, -EINVAL, {0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct csv_address *want = &cases[i].want;
		struct csv_address got;
		int err = csv_address_of(&got, cases[i].text, cases[i].hex);
		bool same = err || (got.plain == want->plain && got.bit == want->bit &&
		                    got.reference == want->reference &&
		                    got.certain == want->certain &&
		                    (!want->table || (got.number == want->number &&
		                                      !strcmp(got.table, want->table))));

		if (err != cases[i].err || !same) {
			fail_msg("%s: %d, %s %u plain %u bit %d", cases[i].text, err,
			         got.table ? got.table : "?", got.number, got.plain,
			         got.bit);
		}
	}
}

static void numbers_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		bool comma;
		double want; /* NAN: refused */
	} cases[] = {
		{"0.1", false, 0.1},
		{"x 0.1", false, 0.1},
		{"*10", false, 10},
		{"\xc3\x97 0.01", false, 0.01},
		{"1/10", false, 0.1},
		{"1/1000", false, 0.001},
		{"10^-2", false, 0.01},
		{"0,1", true, 0.1},
		{"0,1", false, (double)NAN},
		{"-3", false, -3},
		{"1/0", false, (double)NAN},
		{"", false, (double)NAN},
		{"0.1 V", false, (double)NAN},
		{"10^", false, (double)NAN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = (double)NAN;
		int err = csv_number_of(&got, cases[i].text, cases[i].comma);

		if ((err != 0) != isnan(cases[i].want) ||
		    (!err && got != cases[i].want)) {
			fail_msg("%s: %d, %.17g", cases[i].text, err, got);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headings_are_known_in_common_spellings),
		cmocka_unit_test(types_are_known_in_vendors_spellings),
		cmocka_unit_test(tables_are_known_by_function_and_name),
		cmocka_unit_test(addresses_are_read_as_written),
		cmocka_unit_test(numbers_are_read_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
