/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/child/restart.h"

#define SECOND INT64_C(1000000000)

static void waits_grow_and_there_are_three_an_hour(void **state)
{
	struct restart r = {0};
	int64_t now = 5 * SECOND, first;

	(void)state;
	assert_int_equal(restart_after(&r, now), SECOND);
	first = now + SECOND;
	now += 2 * SECOND;
	assert_int_equal(restart_after(&r, now), 10 * SECOND);
	now += 20 * SECOND;
	assert_int_equal(restart_after(&r, now), 60 * SECOND);
	now += 61 * SECOND;
	/* The fourth waits until the first is an hour old. */
	assert_int_equal(restart_after(&r, now), first + 3600 * SECOND - now);
}

/* Whatever the failures are, no hour has more than three starts. */
static void no_hour_has_more_than_three(void **state)
{
	enum { STARTS = 200 };
	struct restart r = {0};
	int64_t starts[STARTS], now = 0;

	(void)state;
	for (int i = 0; i < STARTS; i++) {
		now += restart_after(&r, now);
		starts[i] = now;
		if (i >= RESTART_MAX) {
			assert_true(starts[i] - starts[i - RESTART_MAX] >= 3600 * SECOND);
		}
		now += i % 7 * 100 * SECOND; /* it runs for a while */
	}
}

static void long_after_it_begins_with_the_shortest_wait(void **state)
{
	struct restart r = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)restart_after(&r, i * SECOND);
	}
	assert_int_equal(restart_after(&r, 10000 * SECOND), SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_grow_and_there_are_three_an_hour),
		cmocka_unit_test(no_hour_has_more_than_three),
		cmocka_unit_test(long_after_it_begins_with_the_shortest_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
