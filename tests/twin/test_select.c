/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/drift/select.h"

static int by_size(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;

	return (left > right) - (left < right);
}

static void every_rank_is_that_of_the_sorted(void **state)
{
	float v[257], sorted[257];
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		double magnitude = 40 * noise_uniform(&seed) - 30;

		v[i] = i % 5 ? (float)exp(magnitude) : 0.25F; /* ties among them */
		sorted[i] = v[i];
	}
	qsort(sorted, ARRAY_SIZE(v), sizeof(*v), by_size);
	for (size_t k = 0; k < ARRAY_SIZE(v); k++) {
		assert_true(select_kth(v, ARRAY_SIZE(v), k) == sorted[k]);
	}
}

static void zero_and_one_value_are_no_special_case(void **state)
{
	const float zeros[] = {0, 0, 0}, one[] = {3};

	(void)state;
	assert_true(select_kth(zeros, 3, 2) == 0);
	assert_true(select_kth(one, 1, 0) == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rank_is_that_of_the_sorted),
		cmocka_unit_test(zero_and_one_value_are_no_special_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
