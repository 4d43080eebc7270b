/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "twin/drift/learner.h"

static void a_tag_gets_a_buffer_and_gives_it_back(void **state)
{
	struct learner *l;
	struct learner_rows rows;

	(void)state;
	/* room for two buffers of three readings */
	assert_int_equal(learner_new(&l, 4, 4, 3, 2 * 3 * LEARNER_BYTES_PER_READING), 0);
	assert_true(learner_add(l, 3, 30, 0));
	assert_true(learner_add(l, 1, 10, 0));
	assert_false(learner_add(l, 0, 1, 0));
	assert_int_equal(learner_rows(l, 0).n, 0);
	assert_true(learner_add(l, 3, 31, 0.5));
	rows = learner_rows(l, 3);
	assert_int_equal(rows.n, 2);
	assert_true(rows.x[0] == 30 && rows.x[1] == 31 && rows.dt_s[1] == 0.5F);
	learner_release(l, 3);
	assert_true(learner_add(l, 0, 1, 0));
	assert_int_equal(learner_rows(l, 0).n, 1);
	assert_true(learner_rows(l, 1).x[0] == 10);
	learner_free(l);
}

static void a_full_buffer_takes_no_more(void **state)
{
	struct learner *l;

	(void)state;
	assert_int_equal(learner_new(&l, 1, 1, 2, 1),
	                 0); /* one buffer whatever the limit */
	assert_true(learner_add(l, 0, 1, 0) && learner_add(l, 0, 2, 1));
	assert_false(learner_add(l, 0, 3, 1));
	assert_int_equal(learner_rows(l, 0).n, 2);
	learner_release(l, 0);
	learner_release(l, 0); /* twice is once */
	learner_free(l);
	learner_free(NULL);
}

static void dropped_readings_make_room(void **state)
{
	struct learner_rows rows;
	struct learner *l;

	(void)state;
	assert_int_equal(learner_new(&l, 2, 2, 10, 1 << 20), 0);
	for (int i = 0; i < 10; i++) {
		assert_true(learner_add(l, 1, i, i + 0.5));
	}
	learner_drop(l, 1, 7);
	rows = learner_rows(l, 1);
	assert_int_equal(rows.n, 3);
	assert_int_equal(rows.dropped, 7);
	assert_true(rows.x[0] == 7 && rows.x[2] == 9 && rows.dt_s[0] == 7.5F);
	assert_true(learner_add(l, 1, 10, 1));
	assert_int_equal(learner_rows(l, 0).n, 0);
	learner_release(l, 1);
	assert_true(learner_add(l, 1, 3, 0));
	assert_int_equal(learner_rows(l, 1).dropped, 0);
	learner_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_gets_a_buffer_and_gives_it_back),
		cmocka_unit_test(a_full_buffer_takes_no_more),
		cmocka_unit_test(dropped_readings_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
