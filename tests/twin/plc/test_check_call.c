/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/diagnose.h"

static void standard_function_takes_what_it_is_for(void **state)
{
	static const struct diagnose_case cases[] = {
		{"r : REAL; i : INT; -- r := SQRT(r); r := SIN(i); r := ABS(r); i := "
	         "ABS(i);",
	         ""},
		{"r : REAL; -- r := SQRT(2); r := SQRT(2.0); r := LN(SQRT(r));", ""},
		{"r : REAL; -- r := SQRT(TRUE);",
	         "3:11 E IN of SQRT is a REAL or LREAL, not BOOL"},
		{"r : REAL; -- r := SQRT(r, r);",
	         "3:6 E SQRT takes 1 argument, here are 2"},
		{"r : REAL; -- r := SQRT();", "3:6 E SQRT takes 1 argument, here are 0"},
		{"r : REAL; -- r := SQTR(r);", "3:6 E SQTR is no function and no "
	                                       "instance of a block; did you mean SQRT?"},
		{"i : INT; -- i := MAX(1, i, 3); i := MIN(i, 2); i := LIMIT(0, i, 100);",
	         ""},
		{"i : INT; d : DINT; -- d := MAX(i, d); d := MAX(1, 70000);", ""},
		{"i : INT; d : DINT; -- i := MAX(i, d);",
	         "3:6 E i is INT, but this is DINT"},
		{"i : INT; b : BOOL; -- i := MAX(i, b);",
	         "3:13 E MAX takes values of one kind"},
		{"i : INT; -- i := LIMIT(0, i);",
	         "3:6 E LIMIT takes 3 arguments, here are 2"},
		{"i : INT; -- i := LIMIT(MN := 0, IN := i, MX := 5); i := LIMIT(MX := 5, "
	         "MN := 0, IN := i);",
	         ""},
		{"i : INT; -- i := LIMIT(MN := 0, IN := i);",
	         "3:6 E LIMIT is called without MX"},
		{"i : INT; -- i := LIMIT(MN := 0, IN := i, MAX := 5);",
	         "3:30 E LIMIT has no MAX"},
		{"i : INT; -- i := LIMIT(0, IN := i, MX := 5);",
	         "3:12 E either all arguments of a call have names"},
		{"i : INT; -- i := LIMIT(MN := 0, MN := i, MX := 5);",
	         "3:21 E MN is given twice"},
		{"i : INT; b : BOOL; -- i := SEL(b, 1, 2); i := SEL(G := b, IN0 := 3, "
	         "IN1 := i);",
	         ""},
		{"i : INT; -- i := SEL(i, 1, 2);", "3:10 E G is BOOL, but this is INT"},
		{"i : INT; -- i := MUX(i, 1, 2, 3, i); i := MUX(K := 1, IN0 := 3, IN1 := "
	         "i, IN2 := 5);",
	         ""},
		{"i : INT; r : REAL; -- i := MUX(r, 1, 2);",
	         "3:10 E K of MUX is a whole number"},
		{"w : WORD; b : BYTE; -- w := SHL(w, 3); b := ROR(b, 1); w := SHL(16#FF, "
	         "4);",
	         ""},
		{"i : INT; -- i := SHL(i, 3);",
	         "3:10 E IN of SHL is BOOL or a bit string (BYTE, WORD ...), not INT"},
		{"s : STRING; i : INT; -- s := LEFT(s, 3); s := CONCAT(s, 'a', 'b'); i "
	         ":= LEN(s); i := FIND(s, 'x');\ns := MID(s, 2, 3); s := INSERT(s, s, "
	         "3); s := REPLACE(s, s, 1, 2); s := DELETE(s, 1, 1);",
	         ""},
		{"s : STRING; -- s := LEFT(3, s);",
	         "3:11 E IN of LEFT is a text|3:14 E L of LEFT"},
		{"s : STRING; -- s := LEFT(s);",
	         "3:6 E LEFT takes 2 arguments, here is 1"},
		{"s : STRING; i : INT; -- i := CONCAT(s, s);", "3:6 E i is INT"},
		{"a : ARRAY[1..2] OF INT; b : ARRAY[1..2] OF INT; -- a := MOVE(b); a := "
	         "SEL(TRUE, a, b);",
	         ""},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void conversion_says_what_it_takes(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; r : REAL; -- i := REAL_TO_INT(r); r := INT_TO_REAL(i); i := "
	         "TRUNC(r);",
	         ""},
		{"i : INT; r : REAL; -- i := REAL_TO_DINT(r);",
	         "3:6 E convert it with DINT_TO_INT"},
		{"i : INT; d : DINT; -- d := INT_TO_DINT(i); i := DINT_TO_INT(5); d := "
	         "INT_TO_DINT(d);",
	         "3:60 E IN is INT, but this is DINT"},
		{"i : DINT; s : SINT; r : REAL; -- i := TRUNC(r); s := TRUNC(r); s := "
	         "REAL_TRUNC_SINT(r);",
	         ""},
		{"u : UINT; w : WORD; -- u := WORD_BCD_TO_UINT(w); w := "
	         "UINT_TO_BCD_WORD(u);",
	         ""},
		{"w : WORD; -- w := INT_TO_WROD(3);", "3:6 E INT_TO_WROD is no function"},
		{"i : INT; r : LREAL; -- i := TO_INT(r);", ""},
		{"d : DT; o : TOD; a : DATE; -- o := DT_TO_TOD(d); a := DT_TO_DATE(d); d "
	         ":= CONCAT_DATE_TOD(a, o);",
	         ""},
		{"d : DT; o : TOD; -- d := CONCAT_DATE_TOD(o, o);",
	         "3:22 E IN1 is DATE, but this is TIME_OF_DAY"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void operator_in_words_is_the_operator(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; -- i := ADD(i, 1); i := ADD(1, 2, i, 3); i := SUB(i, 2); i := "
	         "MUL(i, 2, 3); i := DIV(i, 2); i := MOD(i, 3);",
	         ""},
		{"i : INT; -- i := ADD(IN1 := i, IN2 := 3, IN3 := 5);", ""},
		{"i : INT; -- i := ADD(i);",
	         "3:6 E ADD takes at least 2 arguments, here is 1"},
		{"i : INT; -- i := SUB(i, 1, 2);",
	         "3:6 E SUB takes 2 arguments, here are 3"},
		{"i : INT; -- i := DIV(i, 0);", "3:13 E division by zero"},
		{"b : BOOL; i : INT; -- b := GT(i, 3); b := LE(1, i, 5); b := EQ(i, i, "
	         "i); b := NE(i, 2);",
	         ""},
		{"b : BOOL; i : INT; -- b := GT(i, i + 1, 3);",
	         "3:12 E between others, GT takes a variable"},
		{"b : BOOL; w : WORD; -- b := AND(b, b, TRUE); w := OR(w, 16#F); w := "
	         "XOR(w, w); b := NOT(b);",
	         ""},
		{"t : TIME; -- t := ADD_TIME(t, T#1s); t := SUB_TIME(t, t); t := "
	         "MULTIME(t, 3); t := DIVTIME(t, 2.0);",
	         ""},
		{"t : TIME; -- t := ADD_TIME(t, 5);",
	         "3:18 E IN2 of ADD_TIME is a TIME, not a whole number"},
		{"t : TIME; d : DT; -- d := ADD_DT_TIME(d, t); t := SUB_DT_DT(d, d); t "
	         ":= SUB_DT_DT(d, t);",
	         "3:65 E IN2 of SUB_DT_DT is DATE_AND_TIME, not TIME"},
		{"i : INT; b : BOOL; -- i := ADD(EN := b, IN1 := i, IN2 := 3, ENO => b);",
	         ""},
		{"i : INT; -- i := ADD(EN := i, IN1 := i, IN2 := 3);",
	         "3:16 E EN is BOOL, but this is INT"},
		{"r : REAL; -- r := EXPT(r, 2);", ""},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void standard_block_is_called_by_its_instance(void **state)
{
	static const struct diagnose_case cases[] = {
		{"t : TON; b : BOOL; -- t(IN := b, PT := T#5s, Q => b); t(IN := TRUE); "
	         "t(b, T#1s); t();",
	         ""},
		{"t : TON; b : BOOL; -- b := t(IN := b);",
	         "3:6 E a block gives no value"},
		{"-- TON(IN := TRUE);",
	         "3:1 E TON is a function block: declare an instance"},
		{"t : TON; -- t(IN := 5);", "3:9 E 5 does not fit into BOOL"},
		{"t : TON; -- t(PT := 5);", "3:9 E PT is TIME"},
		{"t : TON; -- t(IN := TRUE, PTT := T#1s);",
	         "3:15 E TON has no PTT; did you mean PT?"},
		{"t : TON; -- t(IN := TRUE, IN := FALSE);", "3:15 E IN is given twice"},
		{"t : TON; b : BOOL; -- t(Q := b);",
	         "3:3 E Q is an output: it is fetched by =>"},
		{"t : TON; b : BOOL; -- t(IN => b);",
	         "3:3 E IN is an input: it is given a value by :="},
		{"t : TON; i : INT; -- t(Q => i);",
	         "3:8 E Q is BOOL, it does not fit into INT"},
		{"t : TON; b : BOOL; -- t(IN := b, NOT Q => b);", ""},
		{"t : TON; -- t(Q => 5);", "3:8 E the name of a variable is missing"},
		{"c : CTU; i : INT; -- c(CU := TRUE, PV := 10, CV => i);", ""},
		{"c : CTU_DINT; i : INT; -- c(CU := TRUE, PV := 100000, CV => i);",
	         "3:35 E CV is DINT, it does not fit into INT"},
		{"a : ARRAY[1..3] OF TON; i : INT; -- a[i](IN := TRUE, PT := T#1s); "
	         "a[2].PT := T#3s;",
	         ""},
		{"i : INT; -- i(3);", "3:1 E INT cannot be called"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

#define FUNCTION                                                                         \
	"FUNCTION f : INT VAR_INPUT a : INT; b : REAL := 2.0; END_VAR VAR_OUTPUT o : "   \
	"BOOL; "                                                                         \
	"END_VAR VAR l : INT; END_VAR l := a; f := l; o := b > 1.0; END_FUNCTION\n"
#define BLOCK                                                                            \
	"FUNCTION_BLOCK g VAR_INPUT a : INT; END_VAR VAR_OUTPUT q : INT; END_VAR "       \
	"VAR_IN_OUT "                                                                    \
	"x : INT; END_VAR q := a; x := x + 1; END_FUNCTION_BLOCK\n"
#define PROGRAM                                                                          \
	FUNCTION BLOCK "PROGRAM p VAR i : INT; d : DINT; c : BOOL; g1 : g; END_VAR\n"
#define END "\nEND_PROGRAM\n"

static void declared_one_takes_its_parameters(void **state)
{
	static const struct diagnose_case cases[] = {
		{PROGRAM "i := f(1, 2.0); i := f(a := 1); i := f(b := 3.0, a := 2, o => "
	                 "c); f(1, 2);" END,
	         ""},
		{PROGRAM "i := f(1);" END, "4:6 E f takes 2 arguments, here is 1"},
		{PROGRAM "i := f(1, 2, 3);" END, "4:6 E f takes 2 arguments, here are 3"},
		{PROGRAM "i := f(d, 2.0);" END, "4:8 E a is INT, but this is DINT"},
		{PROGRAM "i := f(a := 1, z := 2);" END, "4:16 E f has no z"},
		{PROGRAM "i := f(a := 1, l := 2);" END, "4:16 E l is inside f"},
		{PROGRAM "i := f(a := 1, a := 2);" END, "4:16 E a is given twice"},
		{PROGRAM "i := f(a := 1, o := c);" END, "4:16 E o is an output"},
		{PROGRAM "i := f(a => i);" END, "4:8 E a is an input"},
		{PROGRAM "i := f(a := 1, o => i);" END,
	         "4:21 E o is BOOL, it does not fit into INT"},
		{PROGRAM "i := f(EN := c, a := 1, ENO => c);" END, ""},
		{PROGRAM "c := f(a := 1);" END, "4:6 E c is BOOL, but this is INT"},
		{PROGRAM "i := f;" END, "4:6 E f is a function: its arguments go"},
		{PROGRAM "g1(a := 1, x := i, q => i); g1(1, i);" END, ""},
		{PROGRAM "g1(a := 1);" END, "4:1 E g is called without its VAR_IN_OUT x"},
		{PROGRAM "g1(a := 1, x := 5);" END,
	         "4:17 E only a variable can be given a value"},
		{PROGRAM "g1(a := 1, x := i + 1);" END,
	         "4:17 E only a variable can be given a value"},
		{PROGRAM "g1(a := 1, x := d);" END,
	         "4:17 E x is a VAR_IN_OUT of type INT, which takes no other: this is "
	         "DINT"},
		{PROGRAM "g(a := 1);" END,
	         "4:1 E g is a function block: declare an instance"},
		{PROGRAM "p();" END,
	         "4:1 E p is a program: a task of the CONFIGURATION runs it"},
		{PROGRAM "i := g1.q; i := g1.x;" END, "4:20 E x is inside g"},
		{PROGRAM "FOR i := 1 TO 3 DO g1(a := 1, x := i); END_FOR;" END,
	         "4:36 E i counts the turns"},
		{PROGRAM "i := h(j, 3);" END,
	         "4:6 E h is no function|4:8 E j is not declared"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void recursion_is_refused(void **state)
{
	static const struct diagnose_case cases[] = {
		{"FUNCTION f : INT VAR_INPUT a : INT; END_VAR\nf := f(a - "
	         "1);\nEND_FUNCTION\n",
	         "2:6 E f calls itself: a PLC has no recursion"},
		{"FUNCTION f : INT VAR_INPUT a : INT; END_VAR\nf := g(a);\nEND_FUNCTION\n"
	         "FUNCTION g : INT VAR_INPUT a : INT; END_VAR\ng := "
	         "f(a);\nEND_FUNCTION\n",
	         "5:6 E f is called by what it calls itself (here by g)"},
		{"FUNCTION f : INT VAR_INPUT a : INT; END_VAR\nf := a; f := f + "
	         "1;\nEND_FUNCTION\n",
	         ""},
		{"FUNCTION_BLOCK b VAR_IN_OUT o : b; END_VAR\no(o := "
	         "o);\nEND_FUNCTION_BLOCK\n",
	         "2:1 E b calls itself"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_function_takes_what_it_is_for),
		cmocka_unit_test(conversion_says_what_it_takes),
		cmocka_unit_test(operator_in_words_is_the_operator),
		cmocka_unit_test(standard_block_is_called_by_its_instance),
		cmocka_unit_test(declared_one_takes_its_parameters),
		cmocka_unit_test(recursion_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
