/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/diagnose.h"

static void condition_is_a_bool(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; -- IF i > 3 THEN i := 1; ELSIF i = 2 THEN i := 2; ELSE i := "
	         "3; END_IF;",
	         ""},
		{"i : INT; -- IF i THEN i := 1; END_IF;",
	         "3:4 E the condition of IF is BOOL, but this is INT"},
		{"i : INT; b : BOOL; -- IF b THEN i := 1;\nELSIF i THEN i := 2; END_IF;",
	         "4:7 E the condition of ELSIF is BOOL"},
		{"i : INT; -- WHILE i DO i := 1; END_WHILE;",
	         "3:7 E the condition of WHILE is BOOL"},
		{"i : INT; -- REPEAT i := 1;\nUNTIL i END_REPEAT;",
	         "4:7 E the condition of UNTIL is BOOL"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void for_counts_with_an_integer(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; -- FOR i := 1 TO 10 BY 2 DO ; END_FOR; FOR i := 10 TO 1 BY -1 "
	         "DO ; END_FOR;",
	         ""},
		{"r : REAL; -- FOR r := 1.0 TO 10.0 DO ; END_FOR;",
	         "3:5 E FOR counts with an integer, this is REAL"},
		{"i : INT; -- FOR i := 1 TO 2.5 DO ; END_FOR;",
	         "3:15 E the end of FOR is INT"},
		{"i : INT; d : DINT; -- FOR i := 1 TO d DO ; END_FOR;",
	         "3:15 E the end of FOR is INT, but this is DINT"},
		{"i : SINT; -- FOR i := 1 TO 200 DO ; END_FOR;",
	         "3:15 E 200 does not fit into SINT"},
		{"i : INT; -- FOR i := 1 TO 5 BY 0 DO ; END_FOR;",
	         "3:20 E a step of 0 never ends"},
		{"i : INT; -- FOR i := 5 TO 1 DO ; END_FOR;",
	         "3:1 W this FOR never runs"},
		{"i : USINT; -- FOR i := 5 TO 1 BY -1 DO ; END_FOR;",
	         "3:20 E -1 does not fit into USINT"},
		{"-- FOR j := 1 TO 5 DO ; END_FOR;", "3:5 E j is not declared"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void jump_needs_a_loop(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; -- FOR i := 1 TO 3 DO IF i = 2 THEN EXIT; END_IF; CONTINUE; "
	         "END_FOR;",
	         ""},
		{"-- EXIT;", "3:1 E EXIT stands in no loop"},
		{"b : BOOL; -- IF b THEN\nCONTINUE; END_IF;",
	         "4:1 E CONTINUE stands in no loop"},
		{"-- RETURN;", ""},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void label_is_known_and_alone(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; -- CASE i OF 1: i := 2; 2, 3: i := 4; 5..7: i := 1; ELSE i := "
	         "0; END_CASE;",
	         ""},
		{"i : INT; -- CASE i OF 1: i := 2;\n2, 1: i := 4; END_CASE;",
	         "4:4 E this case stands already in line 3"},
		{"i : INT; -- CASE i OF 1..5: i := 2;\n3: i := 4;\n6: ; 5..8: ; "
	         "END_CASE;",
	         "4:1 E this case stands already in line 3|5:6 E this case stands "
	         "already in line 3|5:6 E this case stands already in line 5"},
		{"i : INT; -- CASE i OF 5..1: i := 2; END_CASE;",
	         "3:11 E this range is empty"},
		{"i : INT; j : INT; -- CASE i OF j: i := 2; END_CASE;",
	         "3:11 E a label of CASE is a number"},
		{"i : INT; -- CASE i OF 40000: i := 2; END_CASE;",
	         "3:11 E 40000 does not fit into INT"},
		{"i : INT; -- CASE i OF TRUE: i := 2; END_CASE;",
	         "3:11 E the selector of CASE is INT"},
		{"r : REAL; -- CASE r OF 1: r := 2; END_CASE;",
	         "3:6 E CASE chooses by a whole number or an enumeration, this is REAL"},
		{"b : BYTE; -- CASE b OF 16#10: b := 2; 16#20..16#2F: ; END_CASE;", ""},
		{"i : INT; -- CASE i + 1 OF -5..-1: ; 0: ; END_CASE;", ""},
	};
	static const struct diagnose_case programs[] = {
		{"TYPE s : (idle, run, stop); END_TYPE\nPROGRAM p VAR x : s; "
	         "END_VAR\nCASE x OF idle: x := "
	         "run; run: x := stop; stop: x := idle; END_CASE;\nEND_PROGRAM\n",
	         ""},
		{"TYPE s : (idle, run, stop); END_TYPE\nPROGRAM p VAR x : s; "
	         "END_VAR\nCASE x OF idle: x := "
	         "run; run: x := stop; END_CASE;\nEND_PROGRAM\n",
	         "3:1 W this CASE has no branch for stop, and no ELSE"},
		{"TYPE s : (idle, run, stop); END_TYPE\nPROGRAM p VAR x : s; "
	         "END_VAR\nCASE x OF idle: x := "
	         "run; ELSE ; END_CASE;\nEND_PROGRAM\n",
	         ""},
		{"TYPE s : (idle, run, stop); END_TYPE\nPROGRAM p VAR x : s; "
	         "END_VAR\nCASE x OF s#idle: ; "
	         "1: ; walk: ;\nELSE ; END_CASE;\nEND_PROGRAM\n",
	         "3:21 E the selector of CASE is s|3:26 E walk is not declared"},
		{"PROGRAM p VAR CONSTANT a : INT := 1; b : INT := 2; END_VAR VAR i : "
	         "INT; END_VAR\n"
	         "CASE i OF a: ; b: ;\n2: ; END_CASE;\nEND_PROGRAM\n",
	         "3:1 E this case stands already in line 2"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

static void what_is_never_reached_is_a_warning(void **state)
{
	static const struct diagnose_case cases[] = {
		{"i : INT; -- RETURN;\ni := 1;", "4:1 W this is never reached"},
		{"i : INT; -- WHILE TRUE DO i := 1; END_WHILE;\ni := 1;",
	         "4:1 W this is never reached"},
		{"i : INT; -- WHILE TRUE DO i := 1; EXIT; END_WHILE;\ni := 1;", ""},
		{"i : INT; -- FOR i := 1 TO 3 DO EXIT;\n; %MW0 := 1; END_FOR;",
	         "4:3 W this is never reached"},
		{"i : INT; -- IF i = 1 THEN RETURN; ELSE RETURN; END_IF;\ni := 1;",
	         "4:1 W this is never reached"},
		{"i : INT; -- IF i = 1 THEN RETURN; END_IF;\ni := 1;", ""},
		{"i : INT; -- IF FALSE THEN\ni := 1; END_IF;",
	         "4:1 W this is never reached: the condition is always FALSE"},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
}

static void output_has_one_master(void **state)
{
	static const struct diagnose_case cases[] = {
		{"q AT %QX0.0 : BOOL; b : BOOL; -- q := b;\nq := NOT b;",
	         "4:1 W the output q is written again: the value from line 3 is lost"},
		{"q AT %QX0.0 : BOOL; b : BOOL; -- q := FALSE;\nIF b THEN q := TRUE; "
	         "END_IF;",
	         ""},
		{"q AT %QX0.0 : BOOL; b : BOOL; -- q := b;\nq := q OR b;", ""},
		{"q : BOOL; b : BOOL; -- q := b;\nq := NOT b;", ""},
	};
	static const struct diagnose_case programs[] = {
		{"VAR_GLOBAL q AT %QX0.0 : BOOL; END_VAR\nPROGRAM a VAR_EXTERNAL q : "
	         "BOOL; END_VAR\nq := "
	         "TRUE;\nEND_PROGRAM\nPROGRAM b VAR_EXTERNAL q : BOOL; END_VAR\nq := "
	         "FALSE;\nEND_PROGRAM\n",
	         "6:1 W the output q is written by a too (line 3)"},
		{"VAR_GLOBAL q : BOOL; END_VAR\nPROGRAM a VAR_EXTERNAL q : BOOL; "
	         "END_VAR\nq := "
	         "TRUE;\nEND_PROGRAM\nPROGRAM b VAR_EXTERNAL q : BOOL; END_VAR\nq := "
	         "FALSE;\nEND_PROGRAM\n",
	         ""},
	};

	(void)state;
	diagnose_bodies(cases, ARRAY_SIZE(cases));
	diagnose_programs(programs, ARRAY_SIZE(programs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(condition_is_a_bool),
		cmocka_unit_test(for_counts_with_an_integer),
		cmocka_unit_test(jump_needs_a_loop),
		cmocka_unit_test(label_is_known_and_alone),
		cmocka_unit_test(what_is_never_reached_is_a_warning),
		cmocka_unit_test(output_has_one_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
