/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/drift/stuck.h"

enum { N = 400 };

/* White noise of so many steps of the resolution 0.01 around a level. */
static double noisy(uint64_t *seed, double level, double steps)
{
	return round(level / 0.01 + steps * noise_normal(seed)) * 0.01;
}

static struct stuck learnt(uint64_t *seed, double steps)
{
	struct stuck_learner l = {.n = 0};
	struct stuck s;

	for (size_t i = 0; i < N; i++) {
		stuck_learn(&l, noisy(seed, 20, steps));
	}
	stuck_learnt(&s, &l);
	return s;
}

/* Readings until it is stuck, of a value that stays; 0: never within 2000. */
static size_t stands(struct stuck *s, double x, bool normal)
{
	for (size_t i = 1; i <= 2000; i++) {
		stuck_step(s, x, normal);
		if (stuck_is(s)) {
			return i;
		}
	}
	return 0;
}

static void run(struct stuck *s, uint64_t *seed, size_t n, bool normal)
{
	for (size_t i = 0; i < n; i++) {
		stuck_step(s, noisy(seed, 20, 3), normal);
		assert_false(stuck_is(s));
	}
}

static void a_noisy_tag_that_freezes_is_stuck(void **state)
{
	uint64_t seed = 3;
	struct stuck s = learnt(&seed, 3);

	(void)state;
	assert_in_range(s.limit, 30, 60);
	run(&s, &seed, 1000, true);
	assert_in_range(stands(&s, 20, true), s.limit - 5, s.limit + 1);
	/* What the model makes of it by and by changes nothing. */
	stuck_step(&s, 20, false);
	assert_true(stuck_is(&s));
	stuck_step(&s, 20.01, true);
	assert_false(stuck_is(&s));
}

static void a_tag_without_noise_may_stand_still(void **state)
{
	uint64_t seed = 3;
	struct stuck_learner constant = {.n = 0}, walk = {.n = 0}, steps = {.n = 0};
	struct stuck s = learnt(&seed, 0.2);
	double x = 0;

	(void)state;
	assert_int_equal(s.limit, 0);
	for (size_t i = 0; i < N; i++) {
		stuck_learn(&constant, 7);
		stuck_learn(&steps, noisy(&seed, 20, 3) + (i / 50 % 2 ? 0 : 100));
		x += noise_normal(&seed);
		stuck_learn(&walk, x);
	}
	stuck_learnt(&s, &constant);
	assert_int_equal(s.limit, 0);
	stuck_learnt(&s, &walk);
	assert_int_equal(s.limit, 0);
	/* what is seen of it is what the machine does */
	stuck_learnt(&s, &steps);
	assert_int_equal(s.limit, 0);
}

static void a_machine_that_moved_and_stands_is_not_stuck(void **state)
{
	uint64_t seed = 3;
	struct stuck s = learnt(&seed, 3);

	(void)state;
	run(&s, &seed, 100, true);
	run(&s, &seed, 5, false); /* it moves away */
	assert_int_equal(stands(&s, 0, false), 0);
	/* Standing still became its level; now and then a digit flickers. */
	for (size_t i = 0; i < 50; i++) {
		assert_int_equal(stands(&s, i % 2 ? 0 : 0.01, true), 0);
	}
	/* It moved again: now it has something to lose. */
	run(&s, &seed, 100, true);
	assert_true(stands(&s, 20, true) > 0);
}

static void a_device_that_answers_faster_than_it_measures_is_not_stuck(void **state)
{
	uint64_t seed = 5;
	struct stuck_learner l = {.n = 0};
	struct stuck s;
	double x = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		x = i % 10 ? x : noisy(&seed, 20, 3);
		stuck_learn(&l, x);
	}
	stuck_learnt(&s, &l);
	assert_true(s.limit >= 80);
	for (size_t i = 0; i < 10 * (size_t)N; i++) {
		x = i % 10 ? x : noisy(&seed, 20, 3);
		stuck_step(&s, x, true);
		assert_false(stuck_is(&s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_noisy_tag_that_freezes_is_stuck),
		cmocka_unit_test(a_tag_without_noise_may_stand_still),
		cmocka_unit_test(a_machine_that_moved_and_stands_is_not_stuck),
		cmocka_unit_test(
			a_device_that_answers_faster_than_it_measures_is_not_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
