/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/nearest.h"

static void distance_counts_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned want;
	} cases[] = {
		{"", "", 0},           {"abc", "", 3},           {"port", "prt", 1},
		{"flaot", "float", 1}, {"kitten", "sitting", 3}, {"Float", "float", 0},
		{"ca", "abc", 3}, /* no substring is edited twice */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(nearest_distance(cases[i].a, cases[i].b), cases[i].want);
		assert_int_equal(nearest_distance(cases[i].b, cases[i].a), cases[i].want);
	}
}

static void longer_than_a_word_is_near_nothing(void **state)
{
	char word[200];

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(nearest_distance(word, word), 99);
}

static void the_nearest_of_those_that_are_near(void **state)
{
	static const char *const keys[] = {"port", "unit", "timeout", "tags", "id"};
	static const struct {
		const char *word, *want;
	} cases[] = {
		{"prt", "port"},
		{"tiemout", "timeout"},
		{"TIMEOUT", "timeout"},
		{"units", "unit"},
		{"tag", "tags"},
		{"frobnicate", NULL},
		{"", NULL},
		{"x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nearest n = {.word = cases[i].word};

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			nearest_offer(&n, keys[k]);
		}
		if (!cases[i].want) {
			assert_null(n.best);
		} else {
			assert_string_equal(n.best, cases[i].want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(longer_than_a_word_is_near_nothing),
		cmocka_unit_test(the_nearest_of_those_that_are_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
