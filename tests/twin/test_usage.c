/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plant/rng.h"
#include "twin/usage/rainflow.h"

struct counted {
	double by_range[11], cycles;
};

static void on_cycle(void *arg, double range, double mean, double count)
{
	struct counted *c = arg;

	(void)mean;
	c->by_range[(int)(range + 0.5)] += count;
	c->cycles += count;
}

/* ASTM E1049-85, figure 6 and table X1.1 of the same text: -2 1 -3 5 -1 3 -4 4 -2. */
static void the_standards_example_counts_as_it_says(void **state)
{
	static const double history[] = {-2, 1, -3, 5, -1, 3, -4, 4, -2};
	static const double want[11] = {
		[3] = 0.5, [4] = 1.5, [6] = 0.5, [8] = 1, [9] = 0.5};
	struct counted c = {.cycles = 0};
	struct rainflow r = {.cycles.width = 1, .cycle = on_cycle, .arg = &c};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(history); i++) {
		/* on the way there it says nothing more */
		rainflow_add(&r, i ? (history[i - 1] + history[i]) / 2 : history[i]);
		rainflow_add(&r, history[i]);
		rainflow_add(&r, (double)NAN);
	}
	rainflow_end(&r);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		if (fabs(c.by_range[i] - want[i]) > 1e-12) {
			fail_msg("range %zu: %g, not %g", i, c.by_range[i], want[i]);
		}
	}
}

/* A sine of so many periods: as many cycles of its range, noise below the band or not. */
static void a_sine_has_a_cycle_a_period(void **state)
{
	struct rng g;

	(void)state;
	rng_init(&g, 1, 1);
	for (int noisy = 0; noisy < 2; noisy++) {
		struct counted c = {.cycles = 0};
		struct rainflow r = {
			.band = 1, .cycles.width = 0.5, .cycle = on_cycle, .arg = &c};

		for (int i = 0; i <= 100000; i++) {
			double noise = noisy ? 0.4 * (rng_uniform(&g) - 0.5) : 0;

			rainflow_add(&r, 4 * sin(2 * acos(-1) * i / 1000) + noise);
		}
		rainflow_end(&r);
		assert_true(fabs(c.cycles - 100) < 1.01);
		assert_true(fabs(c.by_range[8] - 100) < 1.51);
	}
}

static void constant_values_are_no_cycles(void **state)
{
	struct rainflow r = {.cycles.width = 1};

	(void)state;
	for (int i = 0; i < 100; i++) {
		rainflow_add(&r, 5);
	}
	rainflow_end(&r);
	assert_true(r.cycles.n == 0);
}

/* Amounts are kept whatever the range becomes; edges are multiples of the width. */
static void spectrum_keeps_all_that_came(void **state)
{
	static const double starts[] = {0, -1000, 7, 1e9};
	struct rng g;

	(void)state;
	rng_init(&g, 1, 1);
	for (size_t k = 0; k < ARRAY_SIZE(starts); k++) {
		struct spectrum s = {.width = 0.25};
		double sum = 0;

		for (int i = 0; i < 10000; i++) {
			double scale = i < 100 ? 1 : i < 5000 ? 30 : 5000;

			spectrum_add(&s, starts[k] + scale * rng_normal(&g), 1 + i % 3);
			sum += 1 + i % 3;
		}
		assert_true(s.n <= SPECTRUM_BINS && s.sum == sum);
		assert_true(spectrum_from(&s, 0) <= s.least);
		assert_true(spectrum_from(&s, s.n) > s.most);
		for (size_t i = 0; i < s.n; i++) {
			sum -= s.amount[i];
		}
		assert_true(fabs(sum) < 1e-6);
		assert_true(fmod(spectrum_from(&s, 0), s.width) == 0);
	}
}

static void what_is_no_amount_is_left_out(void **state)
{
	struct spectrum s = {.width = 1};

	(void)state;
	spectrum_add(&s, (double)NAN, 1);
	spectrum_add(&s, (double)INFINITY, 1);
	spectrum_add(&s, 1, 0);
	spectrum_add(&s, 1, -1);
	assert_true(s.n == 0);
	spectrum_add(&s, 1e300, 1);
	spectrum_add(&s, -1e300, 1);
	assert_true(s.sum == 2 && s.n <= SPECTRUM_BINS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_example_counts_as_it_says),
		cmocka_unit_test(a_sine_has_a_cycle_a_period),
		cmocka_unit_test(constant_values_are_no_cycles),
		cmocka_unit_test(spectrum_keeps_all_that_came),
		cmocka_unit_test(what_is_no_amount_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
