/* SPDX-License-Identifier: Apache-2.0 */
/* Statements, arrays, structures, calls: the traps of the language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

static void loops_run_as_often_as_they_say(void **state)
{
	static const struct st_case cases[] = {
		{"i, r : INT;", "FOR i := 3 TO 3 DO r := r + 1; END_FOR;", "r", "1"},
		{"i, r : INT;", "FOR i := 4 TO 3 DO r := r + 1; END_FOR;", "r", "0"},
		{"i, r : INT;", "FOR i := 1 TO 10 BY 3 DO r := r + i; END_FOR;", "r",
	         "22"},
		{"i, r : INT;", "FOR i := 3 TO 1 BY -1 DO r := r * 10 + i; END_FOR;", "r",
	         "321"},
		{"i : USINT; r : INT;", "FOR i := 250 TO 255 DO r := r + 1; END_FOR;",
	         "r", "6"},
		{"i : SINT; r : INT;",
	         "FOR i := -126 TO -128 BY -1 DO r := r + 1; END_FOR;", "r", "3"},
		{"i : DINT; r : INT;",
	         "FOR i := 2147483646 TO 2147483647 DO r := r + 1; END_FOR;", "r", "2"},
		{"i : UDINT; r : INT;",
	         "FOR i := 4294967290 TO 4294967295 BY 2 DO r := r + 1; END_FOR;", "r",
	         "3"},
		{"i : LINT; r : INT;", "FOR i := 1 TO 5 DO r := r + 1; END_FOR;", "r",
	         "5"},
		{"i : ULINT; r : INT; e : ULINT := 18446744073709551615;",
	         "FOR i := e - 2 TO e DO r := r + 1; END_FOR;", "r", "3"},
		{"i, n, r : INT;", "n := 3; FOR i := 1 TO n DO n := 5; r := i; END_FOR;",
	         "r", "3"},
		{"i, n, r : INT;",
	         "n := 1; FOR i := 1 TO 6 BY n DO n := 2; r := r + 1; END_FOR;", "r",
	         "6"},
		{"i, r : INT;", "FOR i := 1 TO 9 DO IF i = 4 THEN EXIT; END_IF; END_FOR;",
	         "i", "4"},
		{"i, r : INT;",
	         "FOR i := 1 TO 5 DO IF i MOD 2 = 0 THEN CONTINUE; END_IF; r := r + i; "
	         "END_FOR;",
	         "r", "9"},
		{"i, j, r : INT;",
	         "FOR i := 1 TO 3 DO FOR j := 1 TO i DO r := r + 1; END_FOR; END_FOR;",
	         "r", "6"},
		{"i, r : INT;", "WHILE i < 5 DO i := i + 1; r := r + i; END_WHILE;", "r",
	         "15"},
		{"i, r : INT;",
	         "WHILE TRUE DO i := i + 1; IF i > 7 THEN EXIT; END_IF; END_WHILE;", "i",
	         "8"},
		{"i, r : INT := 9;", "REPEAT i := i + 1; UNTIL i > 3 END_REPEAT;", "i",
	         "10"},
		{"i, r : INT;",
	         "REPEAT i := i + 1; IF i < 3 THEN CONTINUE; END_IF; r := r + 1; UNTIL i "
	         ">= 5 "
	         "END_REPEAT;",
	         "r", "3"},
		{"i : INT;", "WHILE TRUE DO END_WHILE;", "i", "!watchdog"},
		{"i : INT;", "WHILE TRUE DO i := i + 1; END_WHILE;", "i", "!watchdog"},
		{"i : INT;", "REPEAT UNTIL FALSE END_REPEAT;", "i", "!watchdog"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void choices_take_one_branch(void **state)
{
	static const struct st_case cases[] = {
		{"a, r : INT;",
	         "IF a > 0 THEN r := 1; ELSIF a = 0 THEN r := 2; ELSE r := 3; END_IF;",
	         "r", "2"},
		{"a : INT := 7; r : INT;",
	         "CASE a OF 1, 2: r := 1; 5..8: r := 2; 9: r := 3; ELSE r := 4; "
	         "END_CASE;",
	         "r", "2"},
		{"a : INT := 9; r : INT;",
	         "CASE a OF 1, 2: r := 1; 5..8: r := 2; ELSE r := 4; END_CASE;", "r",
	         "4"},
		{"a : DINT := -5; r : INT;",
	         "CASE a OF -10..-1: r := 1; 0: r := 2; END_CASE;", "r", "1"},
		{"a : USINT := 255; r : INT;", "CASE a OF 16#FF: r := 1; END_CASE;", "r",
	         "1"},
		{"a : LINT := 5000000000; r : INT;",
	         "CASE a OF 5000000000: r := 1; END_CASE;", "r", "1"},
		{"a : (red, green, blue) := green; r : INT;",
	         "CASE a OF red: r := 1; green, blue: r := 2; END_CASE;", "r", "2"},
		{"a : BOOL; r : INT;", "IF a THEN r := 1; END_IF; RETURN; r := 5;", "r",
	         "0"},
		{"a, b : BOOL; r : INT;", "IF NOT a AND NOT b THEN r := 1; END_IF;", "r",
	         "1"},
		{"a, b : INT; r : INT;", "IF NOT (a > 0 OR b > 0) THEN r := 1; END_IF;",
	         "r", "1"},
		{"a : INT; r : INT;", "IF a <> 0 AND 10 / a > 1 THEN r := 1; END_IF;",
	         "r", "!division by zero"},
		{"a : REAL; r : INT;",
	         "a := a / a; IF a < 1.0 THEN r := 1; ELSE r := 2; END_IF;", "r", "2"},
		{"a : REAL; r : BOOL;", "a := a / a; r := a <> a;", "r", "1"},
		{"a : BOOL := TRUE; b, r : BOOL;", "r := a = b OR a <> b AND a;", "r",
	         "1"},
		{"r : BOOL;", "r := 1 < 2 = TRUE;", "r", "1"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void arrays_and_structures(void **state)
{
	static const struct st_case cases[] = {
		{"a : ARRAY[1..7] OF INT := [1, 2(8, 9), 2()]; i, k : INT;",
	         "FOR k := 1 TO 7 DO i := 3 * i + a[k]; END_FOR;", "i", "3699"},
		{"step, on, with, task, from, action, transition, read_only : INT := 1;",
	         "step := on + with; action := task + from; transition := step * 3;",
	         "transition", "6"},
		{"a : ARRAY[1..3] OF INT := [1, 2, 3]; i : INT := 2;", "i := a[i] * 10;",
	         "i", "20"},
		{"a : ARRAY[1..5] OF INT := [2(7), 1]; r : INT;",
	         "r := a[1] + a[2] + a[3] + a[4];", "r", "15"},
		{"a : ARRAY[0..1, 0..2] OF INT := [1, 2, 3, 4, 5, 6]; i : INT := 1;",
	         "i := a[i, 0];", "i", "4"},
		{"a : ARRAY[0..1, 0..2] OF INT := [1, 2, 3, 4, 5, 6]; i : INT := 1; j : "
	         "INT := 2;",
	         "i := a[i, j];", "i", "6"},
		{"a : ARRAY[0..1] OF ARRAY[0..2] OF INT; i : INT := 1; j : INT := 2;",
	         "a[i][j] := 5; i := a[1][2];", "i", "5"},
		{"a : ARRAY[0..10] OF INT; i : INT := 11;", "a[i] := 1;", "i",
	         "!index 11 is outside 0..10"},
		{"a : ARRAY[-5..5] OF LREAL; i : INT := -6; r : LREAL;", "r := a[i];",
	         "r", "!index -6 is outside -5..5"},
		{"a : ARRAY[0..1, 0..2] OF INT; i : INT := 2;", "a[0, i + 1] := 1;", "i",
	         "!index 3 is outside 0..2"},
		{"a : ARRAY[0..3] OF BOOL; i : ULINT := 18446744073709551615;",
	         "a[i] := TRUE;", "i", "!is outside 0..3"},
		{"a : ARRAY[0..3] OF INT; b : ARRAY[0..3] OF INT := [1, 2, 3, 4];",
	         "a := b; b[3] := 9;", "a[3]", "4"},
		{"s : STRUCT x : INT := 5; y : REAL; END_STRUCT;", "s.y := s.x + 0.5;",
	         "s.y", "5.5"},
		{"s : ARRAY[0..2] OF STRUCT x : INT; y : ARRAY[0..1] OF INT; END_STRUCT; "
	         "i : INT "
	         ":= 2;",
	         "s[i].y[1] := 7; s[i].y[0] := s[i].y[i - 1] + 1;", "s[2].y[0]", "8"},
		{"r : INT(1..10) := 5;", "r := r + 5;", "r", "10"},
		{"r : INT(1..10) := 5;", "r := r + 6;", "r",
	         "!value 11 is outside 1..10"},
		{"a : ARRAY[0..2] OF TON; i : INT := 1;",
	         "a[i](IN := TRUE, PT := T#0s); i := BOOL_TO_INT(a[1].Q);", "i", "1"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void enable_inputs_skip_a_call(void **state)
{
	static const struct st_case cases[] = {
		{"e : BOOL; o : BOOL := TRUE; a : INT; r : INT := 7;",
	         "r := ADD(EN := e, IN1 := 1, IN2 := 10 / a, ENO => o);", "r", "0"},
		{"e : BOOL; o : BOOL := TRUE; r : INT;",
	         "r := ADD(EN := e, IN1 := 1, IN2 := 2, ENO => o);", "o", "0"},
		{"e : BOOL := TRUE; o : BOOL; r : INT;",
	         "r := ADD(EN := e, IN1 := 1, IN2 := 2, ENO => o);", "r", "3"},
		{"e : BOOL := TRUE; o : BOOL; r : INT;",
	         "r := ADD(EN := e, IN1 := 1, IN2 := 2, ENO => o);", "o", "1"},
		{"e, o : BOOL; t : TON;",
	         "t(EN := e, IN := TRUE, PT := T#0s, ENO => o); o := t.Q;", "o", "0"},
		{"q : BOOL; t : SR;", "t(S1 := TRUE, R := FALSE, Q1 => q);", "q", "1"},
		{"q : BOOL; t : SR;", "t(S1 := TRUE, R := FALSE, NOT Q1 => q);", "q",
	         "0"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_run_as_often_as_they_say),
		cmocka_unit_test(choices_take_one_branch),
		cmocka_unit_test(arrays_and_structures),
		cmocka_unit_test(enable_inputs_skip_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
