/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/models/expression.h"

static const struct model_port inputs[] = {
	{.name = "a"}, {.name = "b"}, {.name = "not_a"}};
static const double u[] = {3, -2, 0};

static void formulas_have_their_values(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
		{"1", 1},
		{" 1.5e3 ", 1500},
		{".5", 0.5},
		{"a + b * 2", -1},
		{"(a + b) * 2", 2},
		{"10 - 4 - 3", 3},
		{"24 / 4 / 3", 2},
		{"2 ^ 3 ^ 2", 512},
		{"-2 ^ 2", -4},
		{"2 ^ -1", 0.5},
		{"- -a", 3},
		{"a - -b", 1},
		{"not_a", 0},
		{"not a", 0},
		{"not not_a", 1},
		{"not a = 3", 0},
		{"a > 2 and b < 0 or 0", 1},
		{"a > 2 and b > 0", 0},
		{"1 or 0 and 0", 1},
		{"a = 3", 1},
		{"a == 3", 1},
		{"a != 3", 0},
		{"a >= 3 and a <= 3", 1},
		{"1 < 2 < 3", 1},
		{"a > 0 ? 10 : 20", 10},
		{"a < 0 ? 10 : b < 0 ? 20 : 30", 20},
		{"abs(b) + max(a, b) + min(a, b)", 3},
		{"atan2(1, 1) * 4 - pi", 0},
		{"sqrt(16) + ln(exp(2)) + log10(1000)", 9},
		{"round(2.5) + floor(-0.5) + ceil(0.2) + sign(b)", 2},
		{"sin(0) + cos(0) + tan(0) + asin(0) + acos(1) + atan(0)", 1},
	};
	double program[2 * EXPRESSION_TEXT_MAX + 2];
	struct expression_error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = expression_compile(cases[i].text, inputs, ARRAY_SIZE(inputs),
		                              program, &error);

		if (n == 0) {
			fail_msg("%s: fault %d at %zu", cases[i].text, error.fault,
			         error.at);
		}
		assert_in_range(n, 1, 2 * strlen(cases[i].text) + 2);
		if (fabs(expression_eval(program, u) - cases[i].value) > 1e-12) {
			fail_msg("%s is %g", cases[i].text, expression_eval(program, u));
		}
	}
}

static void what_has_no_value_has_none_anywhere(void **state)
{
	static const char *const cases[] = {
		"a",         "a + 1",      "1 / a * 0", "a > 1",        "not a",
		"a or 1",    "max(a, 1)",  "abs(a)",    "a ? 1 : 2",    "a = a",
		"sign(a)",   "min(1, a)",  "a ^ 0",     "1 ? a : 2",    "sqrt(-1)",
		"0 / 0 > 1", "ln(-1) > 0", "asin(2)",   "a and 0 != 1",
	};
	const double none[] = {NAN, 0, 0};
	double program[2 * EXPRESSION_TEXT_MAX + 2];
	struct expression_error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(expression_compile(cases[i], inputs, ARRAY_SIZE(inputs),
		                               program, &error) > 0);
		if (!isnan(expression_eval(program, none))) {
			fail_msg("%s is %g", cases[i], expression_eval(program, none));
		}
	}
}

static void mistakes_are_shown_where_they_are(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		enum expression_fault fault;
		const char *expected;
	} cases[] = {
		{"", 0, EXPRESSION_EXPECTED, "a value"},
		{"1 +", 3, EXPRESSION_EXPECTED, "a value"},
		{"1 + * 2", 4, EXPRESSION_EXPECTED, "a value"},
		{"(1", 2, EXPRESSION_EXPECTED, ")"},
		{"1)", 1, EXPRESSION_EXPECTED, "the end"},
		{"a b", 2, EXPRESSION_EXPECTED, "the end"},
		{"c + 1", 0, EXPRESSION_UNKNOWN, ""},
		{"1 + notable", 4, EXPRESSION_UNKNOWN, ""},
		{"max(1)", 5, EXPRESSION_EXPECTED, ","},
		{"abs(1, 2)", 5, EXPRESSION_EXPECTED, ")"},
		{"abs", 3, EXPRESSION_EXPECTED, "("},
		{"a ? 1", 5, EXPRESSION_EXPECTED, ":"},
		{"2a", 0, EXPRESSION_NUMBER, ""},
		{"1e999", 0, EXPRESSION_NUMBER, ""},
		{"a & b", 2, EXPRESSION_EXPECTED, "the end"},
	};
	double program[2 * EXPRESSION_TEXT_MAX + 2];
	struct expression_error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(expression_compile(cases[i].text, inputs,
		                                    ARRAY_SIZE(inputs), program, &error),
		                 0);
		assert_int_equal(error.fault, cases[i].fault);
		assert_string_equal(error.expected ? error.expected : "",
		                    cases[i].expected);
		assert_int_equal(error.at, cases[i].at);
	}
}

/* No formula needs more stack than there is, however it is nested. */
static void depth_is_bounded(void **state)
{
	static const char *const parts[] = {"(", "-", "1+(", "max(1,", "1?2:", "2^"};
	double program[2 * EXPRESSION_TEXT_MAX + 2];
	char text[EXPRESSION_TEXT_MAX + 2];
	struct expression_error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		*text = '\0';
		while (strlen(text) + strlen(parts[i]) < EXPRESSION_TEXT_MAX) {
			strcat(text, parts[i]);
		}
		(void)expression_compile(text, inputs, ARRAY_SIZE(inputs), program,
		                         &error);
	}
	memset(text, '1', EXPRESSION_TEXT_MAX + 1);
	text[EXPRESSION_TEXT_MAX + 1] = '\0';
	assert_int_equal(
		expression_compile(text, inputs, ARRAY_SIZE(inputs), program, &error), 0);
}

static void random_texts_do_no_harm(void **state)
{
	static const char *const words[] = {"a", "b",   "1",  "2.5", "(",   ")", "+",
	                                    "-", "*",   "/",  "^",   "?",   ":", ",",
	                                    "<", "max", "or", "not", "abs", "=", " "};
	double program[2 * EXPRESSION_TEXT_MAX + 2];
	struct expression_error error;
	uint64_t seed = 7;
	size_t good = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[200] = "";

		for (int i = 0; i <= round % 12; i++) {
			seed = seed * UINT64_C(6364136223846793005) +
			       1442695040888963407U;
			strcat(text, words[(seed >> 33) % ARRAY_SIZE(words)]);
		}
		if (expression_compile(text, inputs, ARRAY_SIZE(inputs), program,
		                       &error) > 0) {
			(void)expression_eval(program, u);
			good++;
		}
	}
	assert_true(good > 10);
}

static void model_gives_each_output_its_formula(void **state)
{
	static const struct model_port outputs[] = {{.name = "p"}, {.name = "q"}};
	struct expression_error error;
	double p[64], y[2];
	struct model m;
	size_t n;

	(void)state;
	expression_make(&m, inputs, ARRAY_SIZE(inputs), outputs, 2);
	p[0] = 2;
	p[1] = 3;
	n = expression_compile("a * b", inputs, 3, p + 3, &error);
	p[2] = 3 + (double)n;
	expression_compile("a - b", inputs, 3, p + 3 + n, &error);
	m.outputs_of(p, NULL, u, y);
	assert_true(y[0] == -6 && y[1] == 5);
	assert_int_equal(m.n_states, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_have_their_values),
		cmocka_unit_test(what_has_no_value_has_none_anywhere),
		cmocka_unit_test(mistakes_are_shown_where_they_are),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(random_texts_do_no_harm),
		cmocka_unit_test(model_gives_each_output_its_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
