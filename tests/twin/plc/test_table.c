/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "twin/plc/table.h"

static void key_stands_for_the_value_it_was_given_last(void **state)
{
	enum { N = 1000 };
	static char keys[N], others[N], values[N];
	struct region r = {.ceiling = 1 << 20};
	struct table t = {0};

	(void)state;
	assert_null(table_get(&t, &keys[0]));
	for (size_t i = 0; i < N; i++) {
		table_put(&t, &r, &keys[i], &values[i]);
	}
	table_put(&t, &r, &keys[7], &values[8]);
	for (size_t i = 0; i < N; i++) {
		assert_ptr_equal(table_get(&t, &keys[i]), &values[i == 7 ? 8 : i]);
		assert_null(table_get(&t, &others[i]));
	}
	assert_int_equal(t.n, N);
	table_put(&t, &r, NULL, &values[0]);
	assert_null(table_get(&t, NULL));
	region_free(&r);
}

static void without_memory_what_was_there_stays(void **state)
{
	static char keys[5000];
	struct region r = {.ceiling = 70000};
	struct table t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(keys); i++) {
		table_put(&t, &r, &keys[i], &keys[i]);
	}
	assert_true(r.exhausted);
	assert_true(t.n < sizeof(keys));
	for (size_t i = 0; i < t.n; i++) {
		assert_ptr_equal(table_get(&t, &keys[i]), &keys[i]);
	}
	assert_null(table_get(&t, &keys[sizeof(keys) - 1]));
	region_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_stands_for_the_value_it_was_given_last),
		cmocka_unit_test(without_memory_what_was_there_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
