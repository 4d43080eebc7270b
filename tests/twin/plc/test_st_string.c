/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, times and dates, as a program sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

static void functions_of_strings(void **state)
{
	static const struct st_case cases[] = {
		{"s : STRING := 'abc'; r : INT;", "r := LEN(s);", "r", "3"},
		{"s : STRING; r : INT;", "r := LEN(s);", "r", "0"},
		{"s : STRING := 'abcd'; r : STRING;", "r := LEFT(s, 2);", "r", "\"ab\""},
		{"s : STRING := 'abcd'; r : STRING;", "r := LEFT(s, 9);", "r",
	         "\"abcd\""},
		{"s : STRING := 'abcd'; r : STRING;", "r := LEFT(s, -1);", "r", "\"\""},
		{"s : STRING := 'abcd'; r : STRING;", "r := RIGHT(s, 3);", "r",
	         "\"bcd\""},
		{"s : STRING := 'abcd'; r : STRING;", "r := MID(s, 2, 2);", "r",
	         "\"bc\""},
		{"s : STRING := 'abcd'; r : STRING;", "r := MID(s, 9, 3);", "r",
	         "\"cd\""},
		{"s : STRING := 'abcd'; r : STRING;",
	         "r := MID(IN := s, L := 1, P := 9);", "r", "\"\""},
		{"s : STRING := 'ab'; r : STRING;", "r := CONCAT(s, 'cd', 'ef');", "r",
	         "\"abcdef\""},
		{"s : STRING := 'ab';", "s := CONCAT(s, s);", "s", "\"abab\""},
		{"s : STRING := 'abef'; r : STRING;", "r := INSERT(s, 'cd', 2);", "r",
	         "\"abcdef\""},
		{"s : STRING := 'abef'; r : STRING;", "r := INSERT(s, 'x', 0);", "r",
	         "\"xabef\""},
		{"s : STRING := 'abcdef'; r : STRING;", "r := DELETE(s, 2, 3);", "r",
	         "\"abef\""},
		{"s : STRING := 'abcdef'; r : STRING;", "r := DELETE(s, 99, 5);", "r",
	         "\"abcd\""},
		{"s : STRING := 'abcdef'; r : STRING;", "r := REPLACE(s, 'XYZ', 2, 3);",
	         "r", "\"abXYZef\""},
		{"s : STRING := 'abcdef'; r : INT;", "r := FIND(s, 'cd');", "r", "3"},
		{"s : STRING := 'abcdef'; r : INT;", "r := FIND(s, 'x');", "r", "0"},
		{"s : STRING[3] := 'abc';", "s := CONCAT(s, 'defgh');", "s", "\"abc\""},
		{"s : STRING[3];", "s := 'defgh';", "s", "\"def\""},
		{"s : STRING(5) := 'abcdefgh';", ";", "s", "\"abcde\""},
		{"r : BOOL; s : STRING := 'ab';", "r := s < 'abc';", "r", "1"},
		{"r : BOOL; s : STRING := 'b';", "r := s > 'abc';", "r", "1"},
		{"r : BOOL; s : STRING := 'ab';", "r := s = 'ab' AND s <> 'AB';", "r",
	         "1"},
		{"r : BOOL; s : STRING := 'ab';", "IF s >= 'aa' THEN r := TRUE; END_IF;",
	         "r", "1"},
		{"s : STRING := 'a$'b$$c$0A$N$T';", ";", "s", "\"a'b$$c$N$N$T\""},
		{"w : WSTRING := \"ab$00E9\"; r : INT;",
	         "w := CONCAT(w, \"c\"); r := LEN(w);", "r", "4"},
		{"s : STRING := 'b'; r : STRING;", "r := MAX(s, 'c', 'a');", "r",
	         "\"c\""},
		{"s : STRING := 'b'; r : STRING; g : BOOL := TRUE;",
	         "r := SEL(g, s, 'z');", "r", "\"z\""},
		{"r : STRING; k : INT := 1;", "r := MUX(k, 'p', 'q', 'r');", "r",
	         "\"q\""},
		{"a : ARRAY[1..2] OF STRING[5]; i : INT := 2;",
	         "a[i] := 'hey'; a[1] := a[i];", "a[1]", "\"hey\""},
		{"s : STRING := 'x'; r : STRING;",
	         "r := CONCAT(LEFT(s, 1), RIGHT('yz', 1));", "r", "\"xz\""},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void texts_of_values_and_back(void **state)
{
	static const struct st_case cases[] = {
		{"a : INT := -12; r : STRING;", "r := INT_TO_STRING(a);", "r", "\"-12\""},
		{"a : REAL := 0.1; r : STRING;", "r := REAL_TO_STRING(a);", "r",
	         "\"0.1\""},
		{"a : BOOL := TRUE; r : STRING;", "r := BOOL_TO_STRING(a);", "r",
	         "\"TRUE\""},
		{"a : WORD := 16#AB; r : STRING;", "r := WORD_TO_STRING(a);", "r",
	         "\"16#AB\""},
		{"a : TIME := T#1500ms; r : STRING;", "r := TIME_TO_STRING(a);", "r",
	         "\"T#1.5s\""},
		{"a : DATE := D#2024-02-29; r : STRING;", "r := DATE_TO_STRING(a);", "r",
	         "\"D#2024-02-29\""},
		{"s : STRING := '42'; r : INT;", "r := STRING_TO_INT(s);", "r", "42"},
		{"s : STRING := '-4.25'; r : LREAL;", "r := STRING_TO_LREAL(s);", "r",
	         "-4.25"},
		{"s : STRING := 'no'; r : INT := 3;", "r := STRING_TO_INT(s);", "r", "0"},
		{"s : STRING := 'TRUE'; r : BOOL;", "r := STRING_TO_BOOL(s);", "r", "1"},
		{"s : STRING := 'T#2s'; r : TIME;", "r := STRING_TO_TIME(s);", "r",
	         "2000"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void times_and_dates(void **state)
{
	static const struct st_case cases[] = {
		{"r : TIME;", "r := T#4.5ms;", "r", "4.5"},
		{"r : TIME;", "r := T#90s;", "r", "90000"},
		{"r : TIME;", "r := t#1h2m3s4ms;", "r", "3723004"},
		{"r : TIME;", "r := TIME#1D_2H;", "r", "93600000"},
		{"r : TIME;", "r := T#-1s500ms;", "r", "-1500"},
		{"r : TIME;", "r := T#100h;", "r", "360000000"},
		{"r : TIME := T#1d;", "r := r * 30;", "r", "2592000000"},
		{"r : TIME := T#700ms;", "r := r * 10;", "r", "7000"},
		{"r : TIME := T#1s;", "r := r * 2.5;", "r", "2500"},
		{"r : TIME := T#1s;", "r := r / 4;", "r", "250"},
		{"a : INT; r : TIME := T#1s;", "r := r / a;", "r", "!division by zero"},
		{"r : TIME := T#1s;", "r := r + T#1ms - T#2ms;", "r", "999"},
		{"r : BOOL; a : TIME := T#1s;", "r := a >= T#1000ms;", "r", "1"},
		{"r : LTIME;", "r := LTIME#1us;", "r", "0.001"},
		{"r : DATE;", "r := D#2024-02-29;", "r", "D#2024-02-29"},
		{"r : TOD;", "r := TOD#07:08:09.25;", "r", "TOD#07:08:09.25"},
		{"r : DT;", "r := DT#1999-12-31-23:59:59 + T#1s;", "r",
	         "DT#2000-01-01-00:00:00"},
		{"a : DT := DT#2000-01-01-00:00:00; r : TIME;",
	         "r := a - DT#1999-12-31-23:00:00;", "r", "3600000"},
		{"a : DATE := D#2024-03-01; r : TIME;", "r := a - D#2024-02-28;", "r",
	         "172800000"},
		{"a : TOD := TOD#10:00:00; r : TOD;", "r := a - T#30m;", "r",
	         "TOD#09:30:00"},
		{"r : DT;", "r := CONCAT_DATE_TOD(D#2024-01-02, TOD#03:04:05);", "r",
	         "DT#2024-01-02-03:04:05"},
		{"r : TIME;", "r := ADD_TIME(T#1s, T#2s);", "r", "3000"},
		{"r : DT;", "r := ADD_DT_TIME(DT#1970-01-01-00:00:00, T#1d);", "r",
	         "DT#1970-01-02-00:00:00"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_strings),
		cmocka_unit_test(texts_of_values_and_back),
		cmocka_unit_test(times_and_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
