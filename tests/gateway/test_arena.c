/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/config/arena.h"

static void pieces_are_zero_aligned_and_apart(void **state)
{
	struct arena a = {0};
	char *pieces[64];

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		pieces[i] = arena_array(&a, i * 37, 3);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < i * 111; k++) {
			assert_int_equal(pieces[i][k], 0);
		}
		memset(pieces[i], (int)i + 1, i * 111);
	}
	for (size_t i = 1; i < 64; i++) {
		assert_int_equal(pieces[i][0], i + 1);
		assert_int_equal(pieces[i][i * 111 - 1], i + 1);
	}
	arena_free(&a);
}

static void texts_leave_no_gaps_and_arrays_are_aligned_behind_them(void **state)
{
	struct arena a = {0};
	const char *first = arena_text(&a, "ab", 2), *second = arena_text(&a, "c", 1);
	const double *numbers;

	(void)state;
	assert_ptr_equal(second, first + 3);
	numbers = arena_array(&a, 2, sizeof(*numbers));
	assert_int_equal((uintptr_t)numbers % _Alignof(max_align_t), 0);
	assert_true((const char *)numbers >= second + 2);
	assert_string_equal(second, "c");
	arena_free(&a);
}

static void larger_than_a_block_is_one_piece(void **state)
{
	struct arena a = {0};
	char *big = arena_array(&a, 100000, 1);

	(void)state;
	assert_non_null(big);
	memset(big, 1, 100000);
	assert_string_equal(arena_text(&a, "abcdef", 3), "abc");
	arena_free(&a);
}

static void sizes_that_overflow_are_refused(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(arena_array(&a, SIZE_MAX, 1));
	arena_free(&a);
}

static void freed_arena_starts_anew(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(arena_format(&a, "%d-%s", 7, "x"), "7-x");
	arena_free(&a);
	arena_free(&a);
	assert_string_equal(arena_format(&a, "%s", ""), "");
	arena_free(&a);
}

static void scratch_goes_and_the_rest_stays(void **state)
{
	struct arena a = {0};
	char *kept = arena_text(&a, "kept", 4);
	char *gone = arena_scratch(&a, 40000, 1);

	(void)state;
	memset(gone, 1, 40000);
	arena_drop_scratch(&a);
	assert_string_equal(kept, "kept");
	assert_non_null(arena_scratch(&a, 1, 1));
	arena_free(&a);
}

static void a_word_that_comes_again_is_the_same(void **state)
{
	struct arena a = {0};
	const char *word = arena_word(&a, "uint16", 6);

	(void)state;
	assert_string_equal(word, "uint16");
	assert_ptr_equal(arena_word(&a, "uint16, more", 6), word);
	assert_string_equal(arena_word(&a, "uint16, more", 12), "uint16, more");
	assert_string_equal(arena_word(&a, "uint", 4), "uint");
	for (int i = 0; i < 100000; i++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "%d", i);

		assert_string_equal(arena_word(&a, text, (size_t)n), text);
	}
	arena_drop_scratch(&a);
	assert_string_equal(word, "uint16");
	assert_string_equal(arena_word(&a, "", 0), "");
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zero_aligned_and_apart),
		cmocka_unit_test(texts_leave_no_gaps_and_arrays_are_aligned_behind_them),
		cmocka_unit_test(larger_than_a_block_is_one_piece),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(freed_arena_starts_anew),
		cmocka_unit_test(scratch_goes_and_the_rest_stays),
		cmocka_unit_test(a_word_that_comes_again_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
