/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses within statements: %MW3, without a declaration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/plc/st_case.h"

static void address_has_the_type_that_is_wanted(void **state)
{
	static const struct st_case cases[] = {
		{"i : INT;", "%MW7 := 5; i := %MW7 + 2;", "i", "7"},
		{"i, j : INT;", "j := -5; %MW3 := j; i := %MW3;", "i", "-5"},
		{"w : WORD; j : INT;", "j := -1; %MW3 := j; w := %MW3;", "w", "65535"},
		{"r : REAL;", "r := 1.5; %MD2 := r; r := 0.0; r := %MD2;", "r", "1.5"},
		{"b : BOOL;", "%QX1.7 := TRUE; b := %QX1.7 AND NOT %QX1.6;", "b", "1"},
		{"b : BOOL;", "b := %MW1 = 0 AND %MW1 < 5;", "b", "1"},
		{"t : TON; b : BOOL;",
	         "t(IN := TRUE, PT := T#0s, Q => %QX0.3); b := %QX0.3;", "b", "1"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

static void declared_variable_and_its_address_are_one(void **state)
{
	static const struct st_case cases[] = {
		{"a AT %MW4 : INT; i : INT;", "a := 9; i := %MW4;", "i", "9"},
		{"a AT %MW4 : INT;", "%MW4 := 8; a := a + 1;", "a", "9"},
		{"a AT %QX0.0 : BOOL; b : BOOL;", "%QX0.0 := TRUE; b := a;", "b", "1"},
	};

	(void)state;
	st_cases(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_has_the_type_that_is_wanted),
		cmocka_unit_test(declared_variable_and_its_address_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
