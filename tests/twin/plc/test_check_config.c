/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/diagnose.h"

/* The configuration begins in line 4, its tasks and programs in line 6. */
#define BEFORE                                                                           \
	"PROGRAM main VAR_INPUT start : BOOL; END_VAR VAR_OUTPUT motor : BOOL; END_VAR " \
	"VAR "                                                                           \
	"lamp AT %Q* : BOOL; h : INT; t : TON; END_VAR\n"                                \
	"motor := start; lamp := motor; h := 1; t(IN := start, PT := T#1s);\n"           \
	"END_PROGRAM\n"                                                                  \
	"CONFIGURATION c VAR_GLOBAL sw AT %IX0.0 : BOOL; go AT %QX0.0 : BOOL; n : INT; " \
	"END_VAR\nRESOURCE r ON PLC\n"
#define AFTER                                                                            \
	"\nEND_RESOURCE VAR_CONFIG r.p.lamp AT %QX0.1 : BOOL; END_VAR "                  \
	"END_CONFIGURATION\n"

static void task_says_when_it_runs(void **state)
{
	static const struct diagnose_case cases[] = {
		{BEFORE "TASK t(INTERVAL := T#20ms, PRIORITY := 0); PROGRAM p WITH t : "
	                "main;" AFTER,
	         ""},
		{BEFORE
	         "TASK t(SINGLE := sw, PRIORITY := 1); PROGRAM p WITH t : main;" AFTER,
	         ""},
		{BEFORE "TASK t(PRIORITY := 1); PROGRAM p WITH t : main;" AFTER,
	         "6:6 E the task t never runs"},
		{BEFORE "TASK t(INTERVAL := T#0s, PRIORITY := 1); PROGRAM p WITH t : "
	                "main;" AFTER,
	         "6:20 E a task runs at intervals longer than 0"},
		{BEFORE
	         "TASK t(INTERVAL := 20, PRIORITY := 1); PROGRAM p WITH t : main;" AFTER,
	         "6:20 E INTERVAL is TIME"},
		{BEFORE "TASK t(INTERVAL := T#1s, PRIORITY := 70000); PROGRAM p WITH t : "
	                "main;" AFTER,
	         "6:38 E PRIORITY goes from 0"},
		{BEFORE
	         "TASK t(SINGLE := n, PRIORITY := 1); PROGRAM p WITH t : main;" AFTER,
	         "6:18 E SINGLE is BOOL, but this is INT"},
		{BEFORE "TASK t(INTERVAL := T#1s, PRIORITY := 1);\nTASK t(INTERVAL := "
	                "T#1s, PRIORITY := 1); PROGRAM p WITH t : main;" AFTER,
	         "7:6 E a second task is called t"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void program_runs_in_a_task_that_exists(void **state)
{
	static const struct diagnose_case cases[] = {
		{BEFORE "TASK fast(INTERVAL := T#20ms, PRIORITY := 0);\nPROGRAM p WITH "
	                "fats : main;" AFTER,
	         "7:16 E no task is called fats; did you mean fast?"},
		{BEFORE "PROGRAM p : main;" AFTER, ""},
		{BEFORE "PROGRAM p : mian;" AFTER,
	         "6:13 E no program is called mian; did you mean main?"},
		{BEFORE "PROGRAM p : main; PROGRAM p : main;" AFTER,
	         "6:27 E a second program is called p"},
		{BEFORE "PROGRAM p : main; PROGRAM q : f;" AFTER
	                "FUNCTION f : INT f := 1; END_FUNCTION\n",
	         "6:31 E f is a FUNCTION: only a PROGRAM runs"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void connection_has_two_ends_that_fit(void **state)
{
	static const struct diagnose_case cases[] = {
		{BEFORE "PROGRAM p : main (start := sw, motor => go);" AFTER, ""},
		{BEFORE "PROGRAM p : main (start := TRUE);" AFTER, ""},
		{BEFORE "PROGRAM p : main (start := %IX0.3, motor => %QX0.5);" AFTER, ""},
		{BEFORE "PROGRAM p : main (start := n);" AFTER,
	         "6:28 E start is BOOL, but this is INT"},
		{BEFORE "PROGRAM p : main (motor => n);" AFTER,
	         "6:28 E BOOL does not fit into INT"},
		{BEFORE "PROGRAM p : main (strat := sw);" AFTER,
	         "6:19 E strat is not declared; did you mean start?"},
		{BEFORE "PROGRAM p : main (motor := sw);" AFTER,
	         "6:19 E motor is an output"},
		{BEFORE "PROGRAM p : main (start => go);" AFTER,
	         "6:19 E start is an input"},
		{BEFORE "PROGRAM p : main (h := n);" AFTER,
	         "6:19 E h is inside the program"},
		{BEFORE "PROGRAM p : main (start := sww);" AFTER,
	         "6:28 E sww is not declared"},
		{BEFORE "PROGRAM p : main (motor => sw);" AFTER,
	         "6:28 E sw is an input of the PLC"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

static void global_is_reached_by_var_external(void **state)
{
	static const struct diagnose_case cases[] = {
		{"CONFIGURATION c VAR_GLOBAL g : INT; END_VAR RESOURCE r ON PLC "
	         "VAR_GLOBAL k : INT; END_VAR "
	         "PROGRAM p : main; END_RESOURCE END_CONFIGURATION\nPROGRAM main "
	         "VAR_EXTERNAL g : INT; "
	         "k : INT; END_VAR\ng := k;\nEND_PROGRAM\n",
	         ""},
		{"CONFIGURATION c VAR_GLOBAL g : INT; END_VAR RESOURCE r ON PLC "
	         "PROGRAM p : main; END_RESOURCE END_CONFIGURATION\nPROGRAM main\ng := "
	         "1;\nEND_PROGRAM\n",
	         "3:1 E g is a VAR_GLOBAL of the configuration: list it under "
	         "VAR_EXTERNAL"},
		{"CONFIGURATION c RESOURCE r ON PLC PROGRAM p : main; END_RESOURCE "
	         "END_CONFIGURATION\n"
	         "PROGRAM main\n;\nEND_PROGRAM\nCONFIGURATION d RESOURCE r ON PLC "
	         "PROGRAM p : main; "
	         "END_RESOURCE END_CONFIGURATION\n",
	         "5:15 E a second CONFIGURATION"},
	};

	(void)state;
	diagnose_programs(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(task_says_when_it_runs),
		cmocka_unit_test(program_runs_in_a_task_that_exists),
		cmocka_unit_test(connection_has_two_ends_that_fit),
		cmocka_unit_test(global_is_reached_by_var_external),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
