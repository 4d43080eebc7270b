/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/config/once.h"

enum { MANY = 3000 };

static void what_is_equal_is_kept_once(void **state)
{
	struct arena arena = {0};
	struct once once = {.arena = &arena};
	static const char *first[MANY];
	char text[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			const char *kept;

			snprintf(text, sizeof(text), "%d", i);
			kept = once_text(&once, text);
			assert_string_equal(kept, text);
			assert_true(round == 0 || kept == first[i]);
			first[i] = kept;
		}
	}
	assert_int_equal(once.n, MANY);
	arena_free(&arena);
}

static void size_is_part_of_a_value(void **state)
{
	static const uint8_t zeros[8];
	struct arena arena = {0};
	struct once once = {.arena = &arena};
	const void *four = once_keep(&once, zeros, 4), *eight;

	(void)state;
	eight = once_keep(&once, zeros, 8);
	assert_ptr_not_equal(four, eight);
	assert_ptr_equal(once_keep(&once, four, 4), four);
	assert_ptr_equal(once_keep(&once, eight, 8), eight);
	assert_non_null(once_keep(&once, zeros, 0));
	arena_free(&arena);
}

static void values_outlive_the_set(void **state)
{
	struct arena arena = {0};
	struct once once = {.arena = &arena};
	const char *kept = once_text(&once, "m3/h");

	(void)state;
	arena_drop_scratch(&arena);
	assert_string_equal(kept, "m3/h");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_equal_is_kept_once),
		cmocka_unit_test(size_is_part_of_a_value),
		cmocka_unit_test(values_outlive_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
