/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/diagnose.h"

static void name_stands_for_one_thing(void **state)
{
	static const struct diagnose_case cases[] = {
		{"PROGRAM p VAR\na : INT;\nA : BOOL;\nEND_VAR\n;\nEND_PROGRAM\n",
	         "3:1 E A is declared twice in p, first in line 2"},
		{"FUNCTION f : INT\nf := 1;\nEND_FUNCTION\nFUNCTION F : INT\nF := "
	         "x;\nEND_FUNCTION\n",
	         "4:10 E a second FUNCTION is called F|5:6 E x is not declared"},
		{"TYPE a : INT; END_TYPE\nTYPE b : INT; A : REAL; END_TYPE\n",
	         "2:15 E the type A is declared twice"},
		{"TYPE a : INT; END_TYPE\nFUNCTION_BLOCK a\n;\nEND_FUNCTION_BLOCK\n",
	         "2:16 E a second thing is called a"},
		{"VAR_GLOBAL g : INT; END_VAR\nVAR_GLOBAL g : INT; END_VAR\n",
	         "2:12 E the global g is declared twice"},
		{"FUNCTION f : INT\nVAR_INPUT f : INT; END_VAR\nf := 1;\nEND_FUNCTION\n",
	         "2:11 E it has the name of the function"},
		{"TYPE s : STRUCT a : INT; b : INT;\nA : REAL; END_STRUCT; END_TYPE\n",
	         "2:1 E the structure has a second field A"},
		{"TYPE c : (red,\nRed); END_TYPE\n",
	         "2:1 E Red stands twice in this enumeration"},
		{"PROGRAM p VAR\nton : TON;\nEND_VAR\nton();\nEND_PROGRAM\n",
	         "2:1 E a variable may not be called like its type: ton"},
		{"PROGRAM p VAR left : INT; limit : INT; END_VAR\nleft := "
	         "limit;\nEND_PROGRAM\n",
	         ""},
		{"FUNCTION abs : INT VAR_INPUT x : INT; END_VAR abs := x; END_FUNCTION\n"
	         "PROGRAM p VAR i : INT; END_VAR i := ABS(x := 3); END_PROGRAM\n",
	         ""},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void type_must_exist_and_end(void **state)
{
	static const struct diagnose_case cases[] = {
		{"PROGRAM p VAR a : DITN; END_VAR a := 3; END_PROGRAM\n",
	         "1:19 E DITN is no type and no function block; did you mean DINT?"},
		{"TYPE a : b; b : a; END_TYPE\n", "1:6 E the type a contains itself"},
		{"TYPE a : STRUCT x : a; END_STRUCT; END_TYPE\n",
	         "1:6 E the type a contains itself"},
		{"TYPE a : ARRAY[1..2] OF a; END_TYPE\n",
	         "1:6 E the type a contains itself"},
		{"FUNCTION_BLOCK f VAR x : f; END_VAR ; END_FUNCTION_BLOCK\n",
	         "1:22 E x: an instance of the block within itself"},
		{"FUNCTION_BLOCK f VAR x : g; END_VAR ; END_FUNCTION_BLOCK\n"
	         "FUNCTION_BLOCK g VAR y : f; END_VAR ; END_FUNCTION_BLOCK\n",
	         "2:22 E y: f holds the block that it stands in"},
		{"TYPE s : STRUCT a : f; END_STRUCT; END_TYPE\n"
	         "FUNCTION_BLOCK f VAR x : ARRAY[1..2] OF s; END_VAR ; "
	         "END_FUNCTION_BLOCK\n",
	         "2:22 E x: an instance of the block within itself"},
		{"PROGRAM p VAR a : q; END_VAR ; END_PROGRAM\nPROGRAM q ; END_PROGRAM\n",
	         "1:19 E q is a program"},
		{"FUNCTION f : INT f := 1; END_FUNCTION\nPROGRAM p VAR a : f; END_VAR ; "
	         "END_PROGRAM\n",
	         "2:19 E f is a function, not a type"},
		{"FUNCTION f : INT VAR t : TON; END_VAR f := 1; END_FUNCTION\n",
	         "1:22 E t: a function remembers nothing"},
		{"FUNCTION f : TON ; END_FUNCTION\n",
	         "1:10 E f: a function gives a value"},
		{"PROGRAM p VAR CONSTANT t : TON; END_VAR ; END_PROGRAM\n",
	         "1:24 E t: the instance of a block changes"},
		{"PROGRAM p VAR_TEMP t : TON; END_VAR ; END_PROGRAM\n",
	         "1:20 E t: VAR_TEMP begins anew"},
		{"FUNCTION_BLOCK f VAR_INPUT t : TON; END_VAR ; END_FUNCTION_BLOCK\n",
	         "1:28 E t: the instance of a block is handed over as VAR_IN_OUT"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void limits_must_be_known_and_in_order(void **state)
{
	static const struct diagnose_case cases[] = {
		{"a : ARRAY[1..3, -2..2] OF INT; -- ;", ""},
		{"a : ARRAY[3..1] OF INT; -- ;",
	         "2:15 E the lower limit 3 is above the upper one, 1"},
		{"n : INT; a : ARRAY[1..n] OF INT; -- ;",
	         "2:27 E the limit of an array must be known"},
		{"a : ARRAY[1..2.5] OF INT; -- ;",
	         "2:18 E the limit of an array is a whole number"},
		{"a : ARRAY[0..2000000000] OF LINT; -- ;",
	         "2:15 E this array is too large"},
		{"a : ARRAY[0..10000000] OF LINT; -- ;", "2:9 E this array is too large"},
		{"a : ARRAY[0..1000, 0..1000, 0..1000] OF BYTE; -- ;",
	         "2:9 E this array is too large"},
		{"a : INT(1..10) := 5; -- a := 10;", ""},
		{"a : INT(1..10) := 5; -- a := 11;",
	         "3:6 E 11 does not fit into INT(1..10) (1 to 10)"},
		{"a : INT(1..10) := 0; -- ;", "2:23 E 0 does not fit into INT(1..10)"},
		{"a : INT(-5..-2) := -3; -- a := 0;",
	         "3:6 E 0 does not fit into INT(-5..-2) (-5 to"},
		{"a : INT(10..1); -- ;", "2:13 E the lower limit 10 is above"},
		{"a : SINT(0..300); -- ;", "2:17 E 300 is no value of SINT"},
		{"a : REAL(0..3); -- ;", "2:9 E a subrange is one of an integer type"},
		{"a : STRING(20); b : STRING[30] := 'x'; -- a := b;", ""},
		{"a : STRING(0); -- ;", "2:16 E a STRING has 1 to 65535 characters"},
		{"a : STRING(70000); -- ;", "2:16 E a STRING has 1 to 65535 characters"},
	};
	static const struct diagnose_case programs[] = {
		{"PROGRAM p VAR CONSTANT n : INT := 3; END_VAR VAR a : ARRAY[0..n] OF "
	         "INT; END_VAR\n"
	         "a[3] := 1;\na[4] := 1;\nEND_PROGRAM\n",
	         "3:3 E 4 is outside of the array"},
		{"VAR_GLOBAL CONSTANT n : INT := m * 2; m : INT := 4; END_VAR\nPROGRAM p "
	         "VAR a : "
	         "ARRAY[0..n] OF INT; END_VAR\na[8] := 1;\na[9] := 1;\nEND_PROGRAM\n",
	         "4:3 E 9 is outside of the array"},
		{"VAR_GLOBAL CONSTANT n : INT := m; m : INT := n; END_VAR\n",
	         "1:46 E an initial value must be known"},
		{"PROGRAM p VAR CONSTANT n : INT := 3; END_VAR VAR a : ARRAY[0..3] OF "
	         "INT := [n(1), 9]; "
	         "b : ARRAY[0..2] OF INT := [n(1), 9]; END_VAR a[0] := b[1]; "
	         "END_PROGRAM\n",
	         "1:120 E too many values"},
		{"TYPE v : ARRAY[1..3] OF INT := [1, 2]; w : STRUCT a : v := [3(7)]; b : "
	         "INT := 2; "
	         "END_STRUCT; END_TYPE\nPROGRAM p VAR x : w; END_VAR x.a[1] := x.b; "
	         "END_PROGRAM\n",
	         ""},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

static void initial_value_has_the_shape_of_the_type(void **state)
{
	static const struct diagnose_case cases[] = {
		{"a : INT := 70000; -- ;", "2:16 E 70000 does not fit into INT"},
		{"a, b : INT := 70000; -- ;", "2:19 E 70000 does not fit into INT"},
		{"a : INT := TRUE; -- ;", "2:16 E a is INT, but this is BOOL"},
		{"b : INT; a : INT := b; -- ;", "2:25 E an initial value must be known"},
		{"a : TIME := T#1s * 2; -- ;", ""},
		{"a : REAL := 3; b : LREAL := -1.5; -- ;", ""},
		{"a : ARRAY[1..4] OF INT := [1, 2]; -- ;", ""},
		{"a : ARRAY[1..4] OF INT := [4(7)]; -- ;", ""},
		{"a : ARRAY[1..4] OF INT := [1, 2, 3, 4, 5]; -- ;",
	         "2:44 E too many values: the array has 4 elements"},
		{"a : ARRAY[1..4] OF INT := [5(7)]; -- ;", "2:34 E too many values"},
		{"a : ARRAY[1..4] OF INT := [TRUE]; -- ;",
	         "2:32 E a is INT, but this is BOOL"},
		{"a : ARRAY[1..4] OF INT := 5; -- ;",
	         "2:31 E the values of an array stand in [ ]"},
		{"a : INT := [5]; -- ;", "2:16 E a list of values is for an array"},
		{"p : STRUCT x, y : INT; END_STRUCT := (x := 1, y := 2); -- ;", ""},
		{"p : STRUCT x, y : INT; END_STRUCT := (x := 1, z := 2); -- ;",
	         "2:51 E has no z"},
		{"p : STRUCT x, y : INT; END_STRUCT := (x := 1, x := 2); -- ;",
	         "2:51 E x is given a value twice"},
		{"p : STRUCT x, y : INT; END_STRUCT := (x := 1.5); -- ;",
	         "2:48 E x is INT"},
		{"t : TON := (PT := T#5s); -- ;", ""},
		{"t : TON := (PT := 5); -- ;", "2:23 E PT is TIME"},
	};
	static const struct diagnose_case programs[] = {
		{"FUNCTION_BLOCK f VAR_IN_OUT x : INT := 3; END_VAR x := 1; "
	         "END_FUNCTION_BLOCK\n",
	         "1:40 E a VAR_IN_OUT is another's variable"},
		{"TYPE a : INT := 5; b : a := 70000; END_TYPE\n",
	         "1:29 E 70000 does not fit into b"},
		{"TYPE c : (red, green) := green; d : c := red; e : c := blue; "
	         "END_TYPE\n",
	         "1:56 E blue is not declared"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

static void address_has_a_place_of_its_own(void **state)
{
	static const struct diagnose_case cases[] = {
		{"a AT %IX0.0 : BOOL; b AT %QW3 : INT; c AT %MD2 : REAL; d AT %ML3 : "
	         "LREAL; -- ;",
	         ""},
		{"a AT %IX0.8 : BOOL; -- ;", "2:10 E a byte has the bits 0 to 7"},
		{"a AT %QW1.2 : INT; -- ;",
	         "2:10 W only the address of a bit has a point: this is %QW1"},
		{"a AT %QW1.2.3 : INT; -- ;",
	         "2:10 E only the address of a bit has a point"},
		{"a AT %QX0.0 : INT; -- ;", "2:10 E %QX is 1 bit, INT is 16"},
		{"a AT %QW0 : BOOL; -- ;", "2:10 E %QW is 16 bits, BOOL is 1"},
		{"a AT %QD0 : LREAL; -- ;", "2:10 E %QD is 32 bits, LREAL is 64"},
		{"a AT %MW0 : STRING; -- ;", "2:10 E STRING has no place among inputs"},
		{"a AT %QX0.0 : BOOL;\nb AT %QX0.0 : BOOL; --;",
	         "3:6 E this place is already the place of a (line 2)"},
		{"a AT %IX0.0 : BOOL;\nb AT %IX0.0 : BOOL; --;",
	         "3:6 W this place is already the place of a (line 2)"},
		{"a AT %QX0.0 : BOOL; b AT %MX0.0 : BOOL; c AT %QW0 : INT; --;", ""},
		{"a AT %QW0 : ARRAY[1..4] OF INT;\nb AT %QW3 : INT; --;",
	         "3:6 E this place is within a (line 2)"},
		{"a AT %QW0 : ARRAY[1..4] OF INT;\nb AT %QW4 : INT; --;", ""},
		{"a AT %I* : BOOL; --;", "2:10 E a has no place: VAR_CONFIG"},
		{"AT %QW5 : INT; --;", ""},
	};
	static const struct diagnose_case programs[] = {
		{"FUNCTION f : INT VAR a AT %IX0.0 : BOOL; END_VAR f := 1; "
	         "END_FUNCTION\n",
	         "1:27 E a function has no inputs and outputs"},
		{"PROGRAM p VAR_INPUT a AT %IX0.0 : BOOL; END_VAR ; END_PROGRAM\n",
	         "1:26 E "},
		{"PROGRAM p VAR a AT %QX0.0 : BOOL; END_VAR a := TRUE; END_PROGRAM\n"
	         "PROGRAM q VAR b AT %QX0.0 : BOOL; END_VAR b := TRUE; END_PROGRAM\n",
	         "2:20 E this place is already the place of a (line 1)"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

static void section_fits_its_pou(void **state)
{
	static const struct diagnose_case cases[] = {
		{"FUNCTION_BLOCK f VAR_INPUT a : BOOL R_EDGE; END_VAR ; "
	         "END_FUNCTION_BLOCK\n",
	         ""},
		{"FUNCTION_BLOCK f VAR_INPUT a : INT R_EDGE; END_VAR ; "
	         "END_FUNCTION_BLOCK\n",
	         "1:28 E a: R_EDGE and F_EDGE are for BOOL"},
		{"VAR_GLOBAL g : INT; END_VAR\nPROGRAM p VAR_EXTERNAL g : INT; END_VAR g "
	         ":= 1; "
	         "END_PROGRAM\n",
	         ""},
		{"VAR_GLOBAL g : INT; END_VAR\nPROGRAM p VAR_EXTERNAL g : BOOL; END_VAR "
	         "g := TRUE; "
	         "END_PROGRAM\n",
	         "2:28 E g is BOOL here, but INT in its VAR_GLOBAL (line 1)"},
		{"FUNCTION f : INT VAR RETAIN AT %MX0.0 : BOOL; END_VAR f := 1; "
	         "END_FUNCTION\nPROGRAM p ; END_PROGRAM\n",
	         "1:29 E what has no name: nothing remains of it|1:32 E a function has "
	         "no "
	         "inputs and outputs of the PLC"},
		{"TYPE t : STRUCT x, AT : INT; y : INT; END_STRUCT; END_TYPE\n"
	         "PROGRAM p VAR v : t; END_VAR v.y := 1; END_PROGRAM\n",
	         "1:23 E behind AT stands an address"},
		{"PROGRAM p VAR_EXTERNAL AT %IX0.0 : BOOL; END_VAR END_PROGRAM\n",
	         "1:27 E AT belongs into VAR or VAR_GLOBAL"},
		{"PROGRAM p VAR_EXTERNAL g : BOOL; END_VAR g := TRUE; END_PROGRAM\n",
	         "1:24 E no VAR_GLOBAL declares g"},
		{"VAR_GLOBAL level : INT; END_VAR\nPROGRAM p VAR_EXTERNAL levle : INT; "
	         "END_VAR ; "
	         "END_PROGRAM\n",
	         "2:24 E no VAR_GLOBAL declares levle; did you mean level?"},
		{"VAR_GLOBAL CONSTANT g : INT := 2; END_VAR\nPROGRAM p VAR_EXTERNAL g : "
	         "INT; END_VAR "
	         "g := 1; END_PROGRAM\n",
	         "2:41 E g is a constant"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void what_nobody_uses_is_a_warning(void **state)
{
	static const struct diagnose_case cases[] = {
		{"PROGRAM p VAR a : INT;\nb : INT; END_VAR a := 1; END_PROGRAM\n",
	         "2:1 W b is never used"},
		{"VAR_GLOBAL g : INT; END_VAR\nPROGRAM p ; END_PROGRAM\n",
	         "1:12 W g is never used"},
		{"FUNCTION f : INT VAR_INPUT a : INT; END_VAR f := a; END_FUNCTION\n",
	         ""},
		{"FUNCTION f : INT VAR_INPUT a : INT; END_VAR VAR b : INT; END_VAR b := "
	         "a; "
	         "END_FUNCTION\n",
	         "1:10 W f never sets its result"},
		{"PROGRAM p VAR t : TON; END_VAR t(IN := TRUE, PT := T#1s); "
	         "END_PROGRAM\n",
	         ""},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_stands_for_one_thing),
		cmocka_unit_test(type_must_exist_and_end),
		cmocka_unit_test(limits_must_be_known_and_in_order),
		cmocka_unit_test(initial_value_has_the_shape_of_the_type),
		cmocka_unit_test(address_has_a_place_of_its_own),
		cmocka_unit_test(section_fits_its_pou),
		cmocka_unit_test(what_nobody_uses_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
