/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "gateway/config/template_text.h"

static const struct template_value values[] = {
	{"base", "40000", false},
	{"row", "3", false},
	{"order", "CDAB", false},
	{"token", "hunter2", true},
};

static void texts_become_what_their_parameters_say(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"plain", "plain"},
		{"", ""},
		{"$ } {", "$ } {"},
		{"${order}", "CDAB"},
		{"${ order }", "CDAB"},
		{"holding:${base}", "holding:40000"},
		{"holding:${base + 2}", "holding:40002"},
		{"holding:${base+2-1}", "holding:40001"},
		{"${base + 4 * row - 1}", "40011"},
		{"${10 * row * 2}", "60"},
		{"${row - 4}", "-1"},
		{"${0x10 + row}", "19"},
		{"${row}${row}, ${order}.", "33, CDAB."},
	};
	struct arena arena = {0};
	struct template_scope scope = {values, ARRAY_SIZE(values), &arena, false, NULL,
	                               NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *out = NULL;

		assert_int_equal(template_text_expand(&scope, cases[i].text, &out), 0);
		assert_string_equal(out, cases[i].want);
		assert_false(scope.secret);
	}
	arena_free(&arena);
}

static void what_cannot_be_meant_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *why, *word;
	} cases[] = {
		{"${base", "'${' without '}'", NULL},
		{"${}", "wants a parameter's name", NULL},
		{"${base +}", "wants a parameter's name", NULL},
		{"${base 2}", "a sum is of", NULL},
		{"${(base)}", "wants a parameter's name", NULL},
		{"${order + 1}", "only whole numbers", NULL},
		{"${bse}", "no such parameter", "bse"},
		{"${bse + 1}", "no such parameter", "bse"},
		{"${12x}", "not a whole number", NULL},
		{"${base * 9223372036854775807}", "too large", NULL},
		{"${9223372036854775807 + row}", "too large", NULL},
	};
	struct arena arena = {0};
	struct template_scope scope = {values, ARRAY_SIZE(values), &arena, false, NULL,
	                               NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *out = NULL;
		int err = template_text_expand(&scope, cases[i].text, &out);

		if (err != -EINVAL || !strstr(scope.why, cases[i].why)) {
			fail_msg("%s: %d, %s", cases[i].text, err, scope.why);
		}
		if (cases[i].word) {
			assert_string_equal(scope.word, cases[i].word);
		} else {
			assert_null(scope.word);
		}
	}
	arena_free(&arena);
}

static void secret_goes_on(void **state)
{
	struct arena arena = {0};
	struct template_scope scope = {values, ARRAY_SIZE(values), &arena, false, NULL,
	                               NULL};
	const char *out = NULL;

	(void)state;
	assert_int_equal(template_text_expand(&scope, "a ${token}", &out), 0);
	assert_string_equal(out, "a hunter2");
	assert_true(scope.secret);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_what_their_parameters_say),
		cmocka_unit_test(what_cannot_be_meant_is_refused_with_a_reason),
		cmocka_unit_test(secret_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
