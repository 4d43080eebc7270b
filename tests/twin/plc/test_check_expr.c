/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/diagnose.h"

static void name_that_is_unknown_is_said_once(void **state)
{
	static const struct diagnose_case cases[] = {
		{"a : INT; -- a := 1;", ""},
		{"a : INT; -- A := a;", ""},
		{"motor : BOOL; -- motr := TRUE;",
	         "3:1 E motr is not declared; did you mean motor?"},
		{"a : INT; -- a := b;\na := b;\nb := 2;", "3:6 E b is not declared"},
		{"a : INT; -- a := TON;",
	         "3:6 E TON is a function block: declare an instance"},
		{"a : REAL; -- a := SQRT;", "3:6 E SQRT is a function: its arguments go"},
		{"a : INT; -- a := INT;", "3:6 E "},
		{"a : INT; -- a := FIRST_SCAN;", "3:6 E a is INT, but this is BOOL"},
		{"a : BOOL; -- a := FIRST_SCAN;", ""},
		{"-- FIRST_SCAN := TRUE;", "3:1 E FIRST_SCAN is set by the PLC"},
		{"first_scan : INT; -- first_scan := 5;", ""},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void value_widens_where_none_is_lost(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; s : SINT; -- i := s;", ""},
		{"i : INT; s : SINT; -- s := i;",
	         "3:6 E s is SINT, but this is INT; convert it with INT_TO_SINT"},
		{"i : INT; u : USINT; -- i := u;", ""},
		{"i : INT; u : UINT; -- i := u;", "3:6 E i is INT, but this is UINT"},
		{"d : DINT; u : UINT; -- d := u;", ""},
		{"u : UINT; i : INT; -- u := i;", "3:6 E u is UINT, but this is INT"},
		{"r : REAL; i : INT; -- r := i;", ""},
		{"r : REAL; d : DINT; -- r := d;", "3:6 E convert it with DINT_TO_REAL"},
		{"r : LREAL; d : DINT; -- r := d;", ""},
		{"r : LREAL; d : LINT; -- r := d;",
	         "3:6 E convert it with LINT_TO_LREAL"},
		{"r : REAL; l : LREAL; -- l := r;", ""},
		{"r : REAL; l : LREAL; -- r := l;",
	         "3:6 E convert it with LREAL_TO_REAL"},
		{"i : INT; r : REAL; -- i := r;", "3:6 E convert it with REAL_TO_INT"},
		{"b : BYTE; w : WORD; -- w := b;", ""},
		{"b : BYTE; w : WORD; -- b := w;", "3:6 E convert it with WORD_TO_BYTE"},
		{"i : INT; w : WORD; -- i := w;", "3:6 E convert it with WORD_TO_INT"},
		{"i : INT; w : WORD; -- w := i;", "3:6 E convert it with INT_TO_WORD"},
		{"b : BOOL; i : INT; -- b := i;", "3:6 E convert it with INT_TO_BOOL"},
		{"t : TIME; l : LTIME; -- l := t;", ""},
		{"t : TIME; i : INT; -- t := i;", "3:6 E convert it with INT_TO_TIME"},
		{"d : DATE; t : TOD; -- d := t;",
	         "3:6 E d is DATE, but this is TIME_OF_DAY"},
		{"s : STRING; i : INT; -- s := i;",
	         "3:6 E convert it with INT_TO_STRING"},
		{"s : STRING(5); t : STRING(200); -- s := t; t := s;", ""},
		{"s : STRING; w : WSTRING; -- s := w;",
	         "3:6 E s is STRING, but this is WSTRING"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void literal_takes_the_type_where_it_stands(void **state)
{
	static const struct diagnose_case cases[] = {
		{"s : SINT; -- s := 127; s := -128;", ""},
		{"s : SINT; -- s := 128;",
	         "3:6 E 128 does not fit into SINT (-128 to 127)"},
		{"s : SINT; -- s := -129;", "3:6 E -129 does not fit into SINT"},
		{"u : USINT; -- u := 255;", ""},
		{"u : USINT; -- u := 256;",
	         "3:6 E 256 does not fit into USINT (0 to 255)"},
		{"u : UINT; -- u := -1;", "3:6 E -1 does not fit into UINT"},
		{"i : INT; -- i := 32767 + 1;", "3:6 E 32768 does not fit into INT"},
		{"u : ULINT; -- u := 18446744073709551615;", ""},
		{"l : LINT; -- l := -9223372036854775808;", ""},
		{"l : LINT; -- l := 9223372036854775808;",
	         "3:6 E does not fit into LINT"},
		{"b : BOOL; -- b := 1; b := 0; b := TRUE;", ""},
		{"b : BOOL; -- b := 2;", "3:6 E 2 does not fit into BOOL (0 to 1)"},
		{"w : WORD; -- w := 16#FFFF; w := 5;", ""},
		{"w : WORD; -- w := 16#10000;", "3:6 E 65536 does not fit into WORD"},
		{"r : REAL; -- r := 3; r := 2.5; r := 1.0E10;", ""},
		{"i : INT; -- i := 3.5;",
	         "3:6 E i is INT, but this is a number with a fraction"},
		{"r : REAL; i : INT; -- r := i * 2.5; r := 2.5 * i;", ""},
		{"u : USINT; i : INT; -- i := u + 300;", ""},
		{"i : INT; -- i := i + 1;\ni := 2 * (i - 3);", ""},
		{"i : INT; -- i := INT#5; i := SINT#5;", ""},
		{"i : INT; -- i := DINT#5;", "3:6 E convert it with DINT_TO_INT"},
		{"i : SINT; -- i := SINT#16#FF;", ""},
		{"i : SINT; -- i := SINT#300;", "3:6 E SINT#300 is beyond SINT"},
		{"t : TIME; -- t := T#1s; t := 5;",
	         "3:17 E t is TIME, but this is a whole number"},
		{"s : STRING(3); -- s := 'abc'; s := 'abcd';", "3:18 W has 4 characters"},
		{"s : STRING; -- s := \"abc\";",
	         "3:6 E s is STRING, but this is WSTRING"},
		{"i : INT; -- i := 'abc';", "3:6 E i is INT, but this is STRING(3)"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void operator_says_what_it_is_for(void **state)
{
	static const struct diagnose_case cases[] = {
		{"b : BOOL; i : INT; -- b := i > 3 AND i < 5 OR NOT b;", ""},
		{"b : BOOL; i : INT; -- b := i AND b;",
	         "3:8 E AND joins BOOL or bit strings"},
		{"w : WORD; -- w := w AND 16#FF XOR w;", ""},
		{"b : BOOL; w : WORD; -- b := w AND 1;",
	         "3:6 E b is BOOL, but this is WORD"},
		{"b : BOOL; i : INT; -- b := NOT i;",
	         "3:6 E NOT is for BOOL and bit strings"},
		{"w : WORD; -- w := w + 1;",
	         "3:8 W WORD is taken as a number without sign here: UINT would"},
		{"i : INT; w : WORD; -- i := i + w;", "3:8 E + calculates with numbers"},
		{"i : INT; b : BOOL; -- i := i + b;", "3:8 E + calculates with numbers"},
		{"s : STRING; -- s := s + 'x';", "3:8 E CONCAT joins texts"},
		{"i : INT; r : REAL; -- r := i MOD r;", "3:8 E MOD is for whole numbers"},
		{"i : INT; -- i := i / 0;", "3:10 E division by zero"},
		{"i : INT; -- i := i MOD 0;", "3:12 E division by zero"},
		{"r : REAL; -- r := r / 0.0;", ""},
		{"r : REAL; i : INT; -- r := r ** 2; r := r ** i; r := 2.0 ** 0.5;", ""},
		{"i : INT; -- i := i ** 2;", "3:6 E convert it with REAL_TO_INT"},
		{"b : BOOL; s : STRING; -- b := s = 'x'; b := s < 'y';", ""},
		{"b : BOOL; s : STRING; i : INT; -- b := s = i;",
	         "3:8 E = compares two values of one kind"},
		{"b : BOOL; t : TIME; -- b := t >= T#5s; b := t > 5;",
	         "3:24 E > compares"},
		{"t : TIME; -- t := t + T#1s - t; t := t * 2; t := 2 * t; t := t / 3; t "
	         ":= t * 1.5;",
	         ""},
		{"t : TIME; -- t := t * t;", "3:8 E * does not work with these"},
		{"t : TIME; -- t := t + 1;", "3:8 E + does not work with these"},
		{"t : TIME; d : DT; o : TOD; a : DATE; -- d := d + t; d := d - t; o := o "
	         "+ t;\nt := d - d; t := o - o; t := a - a;",
	         ""},
		{"t : TIME; a : DATE; -- a := a + t;",
	         "3:8 E + does not work with these"},
		{"i : INT; u : UINT; d : DINT; -- d := i + u;", ""},
		{"u : ULINT; i : INT; -- u := u + i;",
	         "3:8 E + finds no type that holds both"},
		{"b : BOOL; -- b := -b;", "3:6 E a sign is for numbers and times"},
		{"a : ARRAY[1..2] OF INT; c : ARRAY[1..2] OF INT; b : BOOL; -- b := a = "
	         "c;",
	         "3:8 E = compares two values"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void part_must_be_there(void **state)
{
	static const struct diagnose_case cases[] = {
		{"a : ARRAY[1..3] OF INT; i : INT; -- a[1] := a[i]; a[3] := 0;", ""},
		{"a : ARRAY[1..3] OF INT; -- a[4] := 0;",
	         "3:3 E 4 is outside of the array, which goes from 1 to 3"},
		{"a : ARRAY[1..3] OF INT; -- a[0] := 0;",
	         "3:3 E 0 is outside of the array"},
		{"a : ARRAY[1..3, 0..1] OF INT; -- a[1, 1] := 2;", ""},
		{"a : ARRAY[1..3, 0..1] OF INT; -- a[1] := 2;",
	         "3:1 E the array has 2 dimensions, here stands 1"},
		{"a : ARRAY[1..3] OF INT; r : REAL; -- a[r] := 2;",
	         "3:3 E the index of an array is a whole number, not REAL"},
		{"a : INT; -- a[1] := 2;", "3:1 E INT is no array"},
		{"a : INT; -- a.x := 2;", "3:3 E INT has no parts with names"},
		{"p : STRUCT x, y : INT; END_STRUCT; -- p.x := p.y;", ""},
		{"p : STRUCT speed : INT; END_STRUCT; -- p.spede := 1;",
	         "3:3 E has no spede; did you mean speed?"},
		{"t : TON; b : BOOL; -- b := t.Q;", ""},
		{"t : TON; b : BOOL; -- b := t.Qx;", "3:8 E TON has no Qx"},
		{"t : TON; -- t.Q := TRUE;",
	         "3:1 E an output of a block is set by the block alone"},
		{"t : TON; -- t.PT := T#1s;", ""},
		{"w : WORD; b : BOOL; -- b := w.3; w.15 := b;", ""},
		{"w : WORD; b : BOOL; -- b := w.16;", "3:6 E WORD has 16 bits"},
		{"r : REAL; b : BOOL; -- b := r.3;", "3:6 E REAL has no bits to pick"},
		{"-- %QX0.0 := %IX0.1; %QW3 := %IW4;", ""},
		{"i : INT; -- i := %IW4; %QW2 := i; i := %IW4 + 1;", ""},
		{"-- %IX0.0 := TRUE;", "3:1 E this is an input of the PLC"},
		{"-- %QX0.8 := TRUE;", "3:1 E a byte has the bits 0 to 7"},
		{"b : BOOL; -- b := %IW3;", "3:6 E b is BOOL, but this is WORD"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void target_must_be_a_variable(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i AT %IX0.0 : BOOL; -- i := TRUE;", "3:1 E i is an input of the PLC"},
		{"t : TON; u : TON; -- t := u;",
	         "3:1 E the instance of a block cannot be assigned"},
		{"i : INT; -- FOR i := 1 TO 3 DO i := 5; END_FOR;",
	         "3:20 E i counts the turns of this FOR"},
		{"i : INT; -- FOR i := 1 TO 3 DO\nFOR i := 1 TO 2 DO ; END_FOR; END_FOR;",
	         "4:5 E i counts the turns"},
		{"i : INT; -- FOR i := 1 TO 3 DO ; END_FOR; i := 5;", ""},
	};
	static const struct diagnose_case programs[] = {
		{"PROGRAM p\nVAR CONSTANT n : INT := 5; END_VAR\nn := 6;\nEND_PROGRAM\n",
	         "3:1 E n is a constant"},
		{"FUNCTION_BLOCK f\nVAR_INPUT x : INT; END_VAR\nx := "
	         "6;\nEND_FUNCTION_BLOCK\n",
	         "3:1 W x is an input of f"},
		{"FUNCTION_BLOCK f VAR_OUTPUT q : INT; END_VAR VAR k : INT; END_VAR q := "
	         "k; "
	         "END_FUNCTION_BLOCK\nPROGRAM p VAR a : f; i : INT; END_VAR\na.q := "
	         "1;\ni := "
	         "a.q;\ni := a.k;\nEND_PROGRAM\n",
	         "3:1 E an output of a block|5:8 E k is inside f"},
		{"TYPE c : (red, green); END_TYPE\nPROGRAM p\nred := 5;\nEND_PROGRAM\n",
	         "3:1 E only a variable can be given a value"},
		{"VAR_GLOBAL CONSTANT g : INT := 3; END_VAR\nPROGRAM p\ng := "
	         "5;\nEND_PROGRAM\n",
	         "3:1 E g is a constant"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

static void enumeration_is_a_type_of_its_own(void **state)
{
	static const struct diagnose_case programs[] = {
		{"TYPE c : (red, green); END_TYPE\nPROGRAM p VAR x : c; b : BOOL; "
	         "END_VAR\n"
	         "x := red; b := x = green; b := green <> x; x := "
	         "c#green;\nEND_PROGRAM\n",
	         ""},
		{"TYPE c : (red, green); k : (red, blue); END_TYPE\nPROGRAM p VAR x : c; "
	         "y : k; b : "
	         "BOOL; END_VAR\nx := red; y := red; b := y = red; b := red = "
	         "x;\nEND_PROGRAM\n",
	         ""},
		{"TYPE c : (red, green); k : (red, blue); END_TYPE\nPROGRAM p VAR x : c; "
	         "END_VAR\n"
	         "x := blue;\nx := k#red;\nx := c#blue;\nEND_PROGRAM\n",
	         "3:6 E x is c, but this is k|4:6 E x is c, but this is k|5:8 E the "
	         "enumeration c "
	         "has no blue"},
		{"TYPE c : (red, green); END_TYPE\nPROGRAM p VAR x : c; i : INT; b : "
	         "BOOL; END_VAR\n"
	         "x := 1;\ni := x;\nb := x = 1;\nb := x < green;\nEND_PROGRAM\n",
	         "3:6 E x is c, but this is a whole number|4:6 E i is INT, but this is "
	         "c|5:8 E = "
	         "compares|6:8 E < needs an order"},
		{"PROGRAM p VAR x : (up, down); END_VAR\nx := "
	         "down;\nEND_PROGRAM\nPROGRAM "
	         "q VAR i : "
	         "INT; END_VAR\ni := down;\nEND_PROGRAM\n",
	         "5:6 E down is not declared"},
		{"PROGRAM p VAR x : INT; END_VAR\nx := colour#red;\nEND_PROGRAM\n",
	         "2:6 E colour is no type"},
	};

	(void)state;
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_that_is_unknown_is_said_once),
		cmocka_unit_test(value_widens_where_none_is_lost),
		cmocka_unit_test(literal_takes_the_type_where_it_stands),
		cmocka_unit_test(operator_says_what_it_is_for),
		cmocka_unit_test(part_must_be_there),
		cmocka_unit_test(target_must_be_a_variable),
		cmocka_unit_test(enumeration_is_a_type_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
