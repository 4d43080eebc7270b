/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/drift/nis.h"
#include "twin/drift/quantile.h"

static double chi2(uint64_t *seed, size_t dof)
{
	double sum = 0;

	for (size_t i = 0; i < dof; i++) {
		double z = noise_normal(seed);

		sum += z * z;
	}
	return sum;
}

static void learn(struct nis *s, uint64_t *seed, size_t n, size_t rows)
{
	nis_init(s);
	for (size_t i = 0; i < n; i++) {
		nis_step(s, chi2(seed, rows), rows);
	}
	nis_learnt(s, rows);
}

static void limit_is_the_quantile_or_three_times_the_largest(void **state)
{
	struct nis s;

	(void)state;
	nis_init(&s);
	for (int i = 0; i < 100; i++) {
		nis_step(&s, 1, 1);
	}
	assert_true(isnan(nis_score(&s)));
	nis_learnt(&s, 1);
	assert_true(fabs(nis_limit(&s) - quantile_chi2(1e-6, 5)) < 1e-9);
	nis_init(&s);
	for (int i = 0; i < 100; i++) {
		nis_step(&s, i == 50 ? 16 : 1, 1);
	}
	nis_learnt(&s, 1);
	assert_true(fabs(nis_limit(&s) - 60) < 1e-9);
	assert_true(fabs(nis_score(&s) - 5.0 / 60) < 1e-9);
}

static void alarm_goes_on_at_the_limit_and_off_at_half(void **state)
{
	static const struct {
		double nis;
		bool alarm;
	} cases[] = {
		{30, false},                               /* 30 + 4 < 35.9 */
		{10, true},                                /* 43 */
		{1, true},           {1, true}, {1, true}, /* 30 is still in: 43 */
		{1, false},                                /* 14 < 17.9 */
		{NIS_WINDOW, false},
	};
	struct nis s;

	(void)state;
	nis_init(&s);
	for (int i = 0; i < 100; i++) {
		nis_step(&s, 1, 1);
	}
	nis_learnt(&s, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		nis_step(&s, cases[i].nis, 1);
		if (s.alarm != cases[i].alarm) {
			fail_msg("row %zu: sum %g", i, nis_statistic(&s));
		}
	}
}

static void parts_of_a_row_have_fewer_degrees(void **state)
{
	uint64_t seed = 3;
	struct nis s;

	(void)state;
	learn(&s, &seed, 300, 3);
	s.largest = 0;
	for (int i = 0; i < NIS_WINDOW; i++) {
		nis_step(&s, 1, 1);
	}
	assert_true(fabs(nis_limit(&s) - quantile_chi2(1e-6, 5)) < 1e-9);
}

static void healthy_innovations_raise_nothing(void **state)
{
	uint64_t seed = 21;
	struct nis s;

	(void)state;
	learn(&s, &seed, 1800, 2);
	for (int i = 0; i < 20000; i++) {
		nis_step(&s, chi2(&seed, 2), 2);
		assert_false(s.alarm || s.mismatch);
	}
}

static void a_mean_twice_as_large_is_a_slow_mismatch(void **state)
{
	static const struct {
		double factor;
		bool mismatch;
	} cases[] = {{1, false}, {1.3, false}, {2, true}, {0.8, false}, {0.3, true}};
	uint64_t seed = 8;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct nis s;

		learn(&s, &seed, 1800, 1);
		for (int i = 0; i < NIS_SLOW; i++) {
			nis_step(&s, cases[k].factor * chi2(&seed, 1), 1);
		}
		if (s.mismatch != cases[k].mismatch) {
			fail_msg("%g times: band %g to %g", cases[k].factor, s.low,
			         s.high);
		}
	}
}

static void what_was_not_learnt_long_enough_is_not_judged_slowly(void **state)
{
	uint64_t seed = 8;
	struct nis s;

	(void)state;
	learn(&s, &seed, 400, 1);
	for (int i = 0; i < 2000; i++) {
		nis_step(&s, 2 * chi2(&seed, 1), 1);
		assert_false(s.mismatch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit_is_the_quantile_or_three_times_the_largest),
		cmocka_unit_test(alarm_goes_on_at_the_limit_and_off_at_half),
		cmocka_unit_test(parts_of_a_row_have_fewer_degrees),
		cmocka_unit_test(healthy_innovations_raise_nothing),
		cmocka_unit_test(a_mean_twice_as_large_is_a_slow_mismatch),
		cmocka_unit_test(what_was_not_learnt_long_enough_is_not_judged_slowly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
