/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plc/standard.h"

static void function_is_found_in_any_case(void **state)
{
	static const struct {
		const char *name;
		enum standard id;
		uint32_t parameters;
	} cases[] = {
		{"ABS", STANDARD_ABS, 1},
		{"limit", STANDARD_LIMIT, 3},
		{"Mux", STANDARD_MUX, 3},
		{"shl", STANDARD_SHL, 2},
		{"REPLACE", STANDARD_REPLACE, 4},
		{"add", STANDARD_OPERATOR, 2},
		{"SUB_DT_DT", STANDARD_OPERATOR, 2},
		{"not", STANDARD_OPERATOR, 1},
		{"TRUNC", STANDARD_TRUNC, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct standard_function f;

		if (!standard_function(&f, cases[i].name)) {
			fail_msg("%s is missing", cases[i].name);
		}
		assert_int_equal(f.id, cases[i].id);
		assert_int_equal(standard_parameters(&f), cases[i].parameters);
	}
}

static void conversion_is_made_of_type_names(void **state)
{
	static const struct {
		const char *name;
		enum standard id;
		enum standard_class group;
		enum kind from, to;
	} cases[] = {
		{"INT_TO_REAL", STANDARD_CONVERT, CLASS_KIND, KIND_INT, KIND_REAL},
		{"dint_to_int", STANDARD_CONVERT, CLASS_KIND, KIND_DINT, KIND_INT},
		{"BOOL_TO_BYTE", STANDARD_CONVERT, CLASS_KIND, KIND_BOOL, KIND_BYTE},
		{"STRING_TO_TIME", STANDARD_CONVERT, CLASS_KIND, KIND_STRING, KIND_TIME},
		{"DT_TO_TOD", STANDARD_CONVERT, CLASS_KIND, KIND_DT, KIND_TOD},
		{"DATE_AND_TIME_TO_TIME_OF_DAY", STANDARD_CONVERT, CLASS_KIND, KIND_DT,
	         KIND_TOD},
		{"TIME_OF_DAY_TO_STRING", STANDARD_CONVERT, CLASS_KIND, KIND_TOD,
	         KIND_STRING},
		{"TO_INT", STANDARD_CONVERT, CLASS_ELEMENTARY, KIND_ERROR, KIND_INT},
		{"REAL_TRUNC_DINT", STANDARD_TRUNC, CLASS_KIND, KIND_REAL, KIND_DINT},
		{"TRUNC_INT", STANDARD_TRUNC, CLASS_REAL, KIND_ERROR, KIND_INT},
		{"WORD_BCD_TO_UINT", STANDARD_FROM_BCD, CLASS_KIND, KIND_WORD, KIND_UINT},
		{"BCD_TO_INT", STANDARD_FROM_BCD, CLASS_BITS, KIND_ERROR, KIND_INT},
		{"UINT_TO_BCD_WORD", STANDARD_TO_BCD, CLASS_KIND, KIND_UINT, KIND_WORD},
		{"TO_BCD_BYTE", STANDARD_TO_BCD, CLASS_INTEGER, KIND_ERROR, KIND_BYTE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct standard_function f;

		if (!standard_function(&f, cases[i].name)) {
			fail_msg("%s is missing", cases[i].name);
		}
		if (f.id != cases[i].id || f.kind != cases[i].to ||
		    f.parameters[0].group != cases[i].group ||
		    f.parameters[0].kind != cases[i].from) {
			fail_msg("%s: id %d, to %d, group %d, from %d", cases[i].name,
			         f.id, f.kind, f.parameters[0].group,
			         f.parameters[0].kind);
		}
	}
}

static void what_makes_no_sense_is_no_function(void **state)
{
	static const char *const names[] = {
		"",
		"PUMP",
		"INT_TO_",
		"_TO_INT",
		"INT_TO_PUMP",
		"PUMP_TO_INT",
		"DATE_TO_TOD",
		"TOD_TO_DATE",
		"TIME_TO_DATE",
		"INT_TRUNC_DINT",
		"REAL_BCD_TO_INT",
		"UINT_TO_BCD_REAL",
		"DATE_TO_TIME",
		"TO_",
		"TRUNC_REAL",
		"TON",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct standard_function f;

		if (standard_function(&f, names[i])) {
			fail_msg("%s is a function", names[i]);
		}
	}
}

static void every_row_is_found_by_its_name(void **state)
{
	const struct standard_function *row;

	(void)state;
	for (size_t i = 0; (row = standard_function_at(i)) != NULL; i++) {
		struct standard_function f;

		assert_true(standard_function(&f, row->name));
		assert_string_equal(f.name, row->name);
		assert_in_range(standard_parameters(&f), 1, STANDARD_PARAMETERS_MAX);
	}
	assert_null(standard_block_of(STANDARD_ABS));
	assert_null(standard_block_of(STANDARD_END));
	for (uint32_t id = STANDARD_SR; id < STANDARD_END; id++) {
		const struct standard_block *b = standard_block_of(id);

		assert_int_equal(b->id, id);
		assert_ptr_equal(standard_block(b->name), b);
	}
}

static void block_has_the_variables_of_the_standard(void **state)
{
	static const struct {
		const char *name, *variable;
		enum section section;
		enum kind kind;
	} cases[] = {
		{"ton", "PT", SECTION_INPUT, KIND_TIME},
		{"TON_TIME", "ET", SECTION_OUTPUT, KIND_TIME},
		{"CTU", "PV", SECTION_INPUT, KIND_INT},
		{"CTU_INT", "CV", SECTION_OUTPUT, KIND_INT},
		{"CTD_ULINT", "CV", SECTION_OUTPUT, KIND_ULINT},
		{"CTUD_DINT", "QD", SECTION_OUTPUT, KIND_BOOL},
		{"sr", "S1", SECTION_INPUT, KIND_BOOL},
		{"RS", "R1", SECTION_INPUT, KIND_BOOL},
		{"F_TRIG", "Q", SECTION_OUTPUT, KIND_BOOL},
		{"RTC", "CDT", SECTION_OUTPUT, KIND_DT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct standard_block *b = standard_block(cases[i].name);
		const struct standard_variable *v;

		if (!b) {
			fail_msg("%s is missing", cases[i].name);
			return;
		}
		for (v = b->variables; v->name && strcmp(v->name, cases[i].variable) != 0;
		     v++) {
		}
		if (!v->name || v->section != cases[i].section ||
		    v->kind != cases[i].kind) {
			fail_msg("%s.%s", cases[i].name, cases[i].variable);
		}
	}
	assert_null(standard_block("CTU_REAL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(function_is_found_in_any_case),
		cmocka_unit_test(conversion_is_made_of_type_names),
		cmocka_unit_test(what_makes_no_sense_is_no_function),
		cmocka_unit_test(every_row_is_found_by_its_name),
		cmocka_unit_test(block_has_the_variables_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
