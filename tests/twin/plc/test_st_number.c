/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic, conversions and the functions of numbers, as a program sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

static void integers_wrap_when_stored(void **state)
{
	static const struct st_case cases[] = {
		{"r : SINT := 127;", "r := r + 1;", "r", "-128"},
		{"r : INT := 32767;", "r := r + 1;", "r", "-32768"},
		{"r : DINT := 2147483647;", "r := r + 1;", "r", "-2147483648"},
		{"r : LINT := 9223372036854775807;", "r := r + 1;", "r",
	         "-9223372036854775808"},
		{"r : USINT := 255;", "r := r + 1;", "r", "0"},
		{"r : USINT;", "r := r - 1;", "r", "255"},
		{"r : UINT := 65535;", "r := r + 2;", "r", "1"},
		{"r : UDINT;", "r := r - 1;", "r", "4294967295"},
		{"r : ULINT;", "r := r - 1;", "r", "18446744073709551615"},
		{"r : SINT := -128;", "r := -r;", "r", "-128"},
		{"r : INT := 300;", "r := r * r;", "r", "24464"},
		{"a, b, r : INT;", "a := 30000; b := 30000; r := (a + b) / 2;", "r",
	         "30000"},
		{"a : INT := 30000; r : DINT;", "r := a + a;", "r", "60000"},
		{"a : UINT := 1; b : UINT := 2; r : BOOL;", "r := a - b < 0;", "r", "1"},
		{"a : ARRAY[0..1] OF USINT; i : INT := 1;",
	         "a[i] := 255; a[i] := a[i] + 3;", "a[1]", "2"},
		{"a : ARRAY[0..1] OF SINT; i : INT := 1;",
	         "a[i] := 100; a[i] := a[i] * 2;", "a[1]", "-56"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void division_and_mod_cut_to_zero(void **state)
{
	static const struct st_case cases[] = {
		{"a : INT := -7; r : INT;", "r := a / 2;", "r", "-3"},
		{"a : INT := -7; r : INT;", "r := a MOD 2;", "r", "-1"},
		{"a : INT := 7; b : INT := -2; r : INT;", "r := a MOD b;", "r", "1"},
		{"a : DINT := -2147483648; b : DINT := -1; r : DINT;", "r := a / b;", "r",
	         "-2147483648"},
		{"a : DINT := -2147483648; b : DINT := -1; r : DINT;", "r := a MOD b;",
	         "r", "0"},
		{"a : LINT := -9223372036854775808; b : LINT := -1; r : LINT;",
	         "r := a / b;", "r", "-9223372036854775808"},
		{"a : SINT := -128; b : SINT := -1; r : SINT;", "r := a / b;", "r",
	         "-128"},
		{"a : UDINT := 4000000000; r : UDINT;", "r := a / 3;", "r", "1333333333"},
		{"a : ULINT := 18446744073709551615; r : ULINT;", "r := a MOD 10;", "r",
	         "5"},
		{"a, r : INT;", "r := 1 / a;", "r", "!division by zero"},
		{"a, r : ULINT;", "r := 1 MOD a;", "r", "!division by zero"},
		{"a, r : REAL;", "r := 1.0 / a;", "r", "inf"},
		{"a, r : LREAL;", "r := -1.0 / a;", "r", "-inf"},
		{"a, r : REAL;", "r := a / a;", "r", "nan"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void reals_are_computed_in_their_precision(void **state)
{
	static const struct st_case cases[] = {
		{"r : REAL := 0.1;", "r := r + 0.2;", "r", "0.3"},
		{"r : LREAL := 0.1;", "r := r + 0.2;", "r", "0.30000000000000004"},
		{"r : REAL := 16777216.0;", "r := r + 1.0;", "r", "16777216"},
		{"r : LREAL := 1E20;", ";", "r", "1e+20"},
		{"a : REAL := 0.1; r : LREAL;", "r := a;", "r", "0.10000000149011612"},
		{"i : INT := 3; r : REAL;", "r := i / 2;", "r", "1"},
		{"i : INT := 3; r : REAL;", "r := i / 2.0;", "r", "1.5"},
		{"i : INT := 3; r : REAL := 0.5;", "r := i + r;", "r", "3.5"},
		{"r : REAL := 2.0;", "r := r ** 10;", "r", "1024"},
		{"r : LREAL := 2.0;", "r := r ** 0.5;", "r", "1.4142135623730951"},
		{"r : REAL := 2.0;", "r := r ** 3 ** 2;", "r", "64"},
		{"r : REAL := 2.0;", "r := -r ** 2;", "r", "4"},
		{"r : REAL := 2.0;", "r := EXPT(r, 3);", "r", "8"},
		{"r : REAL := 0.25;", "r := 1.0 - r - r;", "r", "0.5"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void conversions_round_and_cut(void **state)
{
	static const struct st_case cases[] = {
		{"a : REAL := 2.5; r : INT;", "r := REAL_TO_INT(a);", "r", "2"},
		{"a : REAL := 3.5; r : INT;", "r := REAL_TO_INT(a);", "r", "4"},
		{"a : REAL := -2.5; r : INT;", "r := REAL_TO_INT(a);", "r", "-2"},
		{"a : LREAL := -1.6; r : INT;", "r := LREAL_TO_INT(a);", "r", "-2"},
		{"a : REAL := 2.9; r : INT;", "r := TRUNC(a);", "r", "2"},
		{"a : REAL := -2.9; r : DINT;", "r := REAL_TRUNC_DINT(a);", "r", "-2"},
		{"a : REAL := 40000.0; r : INT;", "r := REAL_TO_INT(a);", "r", "-25536"},
		{"a : DINT := 70000; r : INT;", "r := DINT_TO_INT(a);", "r", "4464"},
		{"a : INT := -1; r : UINT;", "r := INT_TO_UINT(a);", "r", "65535"},
		{"a : INT := -1; r : UDINT;", "r := INT_TO_UDINT(a);", "r", "4294967295"},
		{"a : INT := -1; r : ULINT;", "r := INT_TO_ULINT(a);", "r",
	         "18446744073709551615"},
		{"a : UINT := 65535; r : INT;", "r := UINT_TO_INT(a);", "r", "-1"},
		{"a : UDINT := 4294967295; r : DINT;", "r := UDINT_TO_DINT(a);", "r",
	         "-1"},
		{"a : UDINT := 4294967295; r : LINT;", "r := UDINT_TO_LINT(a);", "r",
	         "4294967295"},
		{"a : LINT := 4294967298; r : DINT;", "r := LINT_TO_DINT(a);", "r", "2"},
		{"a : LINT := -1; r : SINT;", "r := LINT_TO_SINT(a);", "r", "-1"},
		{"a : ULINT := 18446744073709551615; r : LREAL;",
	         "r := ULINT_TO_LREAL(a);", "r", "1.8446744073709552e+19"},
		{"a : INT := 5; r : BOOL;", "r := INT_TO_BOOL(a);", "r", "1"},
		{"a : BOOL := TRUE; r : INT;", "r := BOOL_TO_INT(a);", "r", "1"},
		{"a : BOOL := TRUE; r : LREAL;", "r := BOOL_TO_LREAL(a);", "r", "1"},
		{"a : BOOL := TRUE; r : DWORD;", "r := BOOL_TO_DWORD(a);", "r", "1"},
		{"a : WORD := 16#ABCD; r : BYTE;", "r := WORD_TO_BYTE(a);", "r", "205"},
		{"a : WORD := 16#FFFF; r : INT;", "r := WORD_TO_INT(a);", "r", "-1"},
		{"a : INT := -1; r : WORD;", "r := INT_TO_WORD(a);", "r", "65535"},
		{"a : DWORD := 16#FFFFFFFF; r : LWORD;", "r := DWORD_TO_LWORD(a);", "r",
	         "4294967295"},
		{"a : BYTE := 16#42; r : USINT;", "r := BYTE_BCD_TO_USINT(a);", "r",
	         "42"},
		{"a : UINT := 1234; r : WORD;", "r := UINT_TO_BCD_WORD(a);", "r", "4660"},
		{"a : WORD := 16#9999; r : UINT;", "r := WORD_BCD_TO_UINT(a);", "r",
	         "9999"},
		{"a : INT := 30000; r : DINT;", "r := INT_TO_DINT(a + a);", "r", "-5536"},
		{"a : TIME := T#2500ms; r : REAL;", "r := TIME_TO_REAL(a);", "r", "2.5"},
		{"a : TIME := T#2900ms; r : INT;", "r := TIME_TO_INT(a);", "r", "2"},
		{"a : INT := 3; r : TIME;", "r := INT_TO_TIME(a);", "r", "3000"},
		{"a : REAL := 0.5; r : TIME;", "r := REAL_TO_TIME(a);", "r", "500"},
		{"a : DT := DT#2024-02-29-12:30:15.5; r : DATE;", "r := DT_TO_DATE(a);",
	         "r", "D#2024-02-29"},
		{"a : DT := DT#2024-02-29-12:30:15.5; r : TOD;", "r := DT_TO_TOD(a);",
	         "r", "TOD#12:30:15.5"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void functions_of_numbers(void **state)
{
	static const struct st_case cases[] = {
		{"a : INT := -5; r : INT;", "r := ABS(a);", "r", "5"},
		{"a : LREAL := -2.5; r : LREAL;", "r := ABS(a);", "r", "2.5"},
		{"a : UINT := 65535; r : UINT;", "r := ABS(a);", "r", "65535"},
		{"a : LINT := -9; r : LINT;", "r := ABS(a);", "r", "9"},
		{"a : REAL := 16.0; r : REAL;", "r := SQRT(a);", "r", "4"},
		{"a : LREAL := 2.0; r : LREAL;", "r := SQRT(a);", "r",
	         "1.4142135623730951"},
		{"a : REAL := -1.0; r : REAL;", "r := SQRT(a);", "r", "nan"},
		{"a : LREAL := 1.0; r : LREAL;", "r := EXP(a);", "r",
	         "2.718281828459045"},
		{"a : LREAL := 100.0; r : LREAL;", "r := LOG(a);", "r", "2"},
		{"a : LREAL := 1.0; r : LREAL;", "r := LN(a);", "r", "0"},
		{"a : LREAL := 0.0; r : LREAL;", "r := SIN(a);", "r", "0"},
		{"a : LREAL := 0.0; r : LREAL;", "r := COS(a);", "r", "1"},
		{"a : LREAL := 0.0; r : LREAL;", "r := TAN(a);", "r", "0"},
		{"a : LREAL := 1.0; r : LREAL;", "r := ASIN(a);", "r",
	         "1.5707963267948966"},
		{"a : LREAL := 1.0; r : LREAL;", "r := ACOS(a);", "r", "0"},
		{"a : LREAL := 1.0; r : LREAL;", "r := ATAN(a);", "r",
	         "0.7853981633974483"},
		{"a : LREAL := 1.0; r : LREAL;", "r := ATAN2(a, -a);", "r",
	         "2.356194490192345"},
		{"a : INT := 3; r : INT;", "r := MAX(a, 9, 4);", "r", "9"},
		{"a : INT := 3; r : INT;", "r := MIN(a, 9, 4);", "r", "3"},
		{"a : REAL := 3.0; r : REAL;", "r := MAX(a, 2.5);", "r", "3"},
		{"a : UDINT := 4000000000; r : UDINT;", "r := MAX(a, 1);", "r",
	         "4000000000"},
		{"a : TIME := T#1s; r : TIME;", "r := MIN(a, T#500ms);", "r", "500"},
		{"a : INT := 50; r : INT;", "r := LIMIT(0, a, 10);", "r", "10"},
		{"a : INT := -50; r : INT;", "r := LIMIT(MN := 0, IN := a, MX := 10);",
	         "r", "0"},
		{"g : BOOL := TRUE; r : INT;", "r := SEL(g, 1, 2);", "r", "2"},
		{"g : BOOL; r : INT;", "r := SEL(G := g, IN0 := 1, IN1 := 2);", "r", "1"},
		{"k : INT := 2; r : INT;", "r := MUX(k, 10, 20, 30);", "r", "30"},
		{"k : INT := 3; r : INT;", "r := MUX(k, 10, 20, 30);", "r",
	         "!3 is outside 0..2"},
		{"a : INT := 4; r : INT;", "r := MOVE(a);", "r", "4"},
		{"r : INT;", "r := ADD(1, 2, 3);", "r", "6"},
		{"a : INT := 7; r : BOOL;", "r := GT(a, 5) AND LE(a, 7) AND NE(a, 8);",
	         "r", "1"},
		{"a : INT := 5; r : INT;", "r := MUX(1, a / 5, a * 2);", "r", "10"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void bit_strings_shift_and_rotate_in_their_width(void **state)
{
	static const struct st_case cases[] = {
		{"a : BYTE := 16#81; r : BYTE;", "r := SHL(a, 1);", "r", "2"},
		{"a : BYTE := 16#81; r : BYTE;", "r := SHR(a, 1);", "r", "64"},
		{"a : BYTE := 16#81; r : BYTE;", "r := ROL(a, 1);", "r", "3"},
		{"a : BYTE := 16#81; r : BYTE;", "r := ROR(a, 1);", "r", "192"},
		{"a : BYTE := 16#81; r : BYTE;", "r := SHL(a, 8);", "r", "0"},
		{"a : BYTE := 16#81; r : BYTE;", "r := ROL(a, 9);", "r", "3"},
		{"a : WORD := 16#8001; r : WORD;", "r := ROR(a, 4);", "r", "6144"},
		{"a : DWORD := 16#80000001; r : DWORD;", "r := SHR(a, 32);", "r", "0"},
		{"a : DWORD := 16#80000001; r : DWORD;", "r := ROL(a, 32);", "r",
	         "2147483649"},
		{"a : LWORD := 1; r : LWORD;", "r := SHL(a, 63);", "r",
	         "9223372036854775808"},
		{"a : LWORD := 1; r : LWORD;", "r := SHL(a, 64);", "r", "0"},
		{"a : LWORD := 1; r : LWORD;", "r := ROR(a, 1);", "r",
	         "9223372036854775808"},
		{"a : BYTE := 16#0F; r : BYTE;", "r := NOT a;", "r", "240"},
		{"a : WORD := 16#0FF0; r : WORD;", "r := a AND 16#00FF;", "r", "240"},
		{"a : WORD := 16#0FF0; r : WORD;", "r := a OR 16#000F;", "r", "4095"},
		{"a : WORD := 16#0FF0; r : WORD;", "r := a XOR 16#FFFF;", "r", "61455"},
		{"a : LWORD; r : LWORD;", "r := NOT a;", "r", "18446744073709551615"},
		{"a : DWORD := 5; r : BOOL;", "r := a.2;", "r", "1"},
		{"a : WORD;", "a.15 := TRUE; a.0 := TRUE;", "a", "32769"},
		{"a : LWORD;", "a.40 := TRUE;", "a", "1099511627776"},
		{"a : DWORD := 16#11223344; r : BYTE;", "r := a.%B1;", "r", "51"},
		{"a, b, r : BOOL;", "b := TRUE; r := NOT a AND NOT (a XOR NOT b);", "r",
	         "1"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_wrap_when_stored),
		cmocka_unit_test(division_and_mod_cut_to_zero),
		cmocka_unit_test(reals_are_computed_in_their_precision),
		cmocka_unit_test(conversions_round_and_cut),
		cmocka_unit_test(functions_of_numbers),
		cmocka_unit_test(bit_strings_shift_and_rotate_in_their_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
