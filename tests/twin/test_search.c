/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/scenario/search.h"

/* Two pumps side by side, flow k n and power a n^3 (affinity laws): 40 m3/h are wanted.
 */
static const double k[] = {0.5, 0.4}, a[] = {2e-4, 1e-4};

static int pumps(void *arg, struct search_point *p, size_t n, size_t *runs)
{
	(void)arg;
	*runs = n;
	for (size_t i = 0; i < n; i++) {
		double flow = k[0] * p[i].x[0] + k[1] * p[i].x[1];

		p[i].objective = a[0] * pow(p[i].x[0], 3) + a[1] * pow(p[i].x[1], 3);
		p[i].excess[0] = (40 - flow) / 40;
	}
	return 0;
}

/* Lagrange: 3 a n^2 = m k, so n = sqrt(m k / 3 a), and the flow says m. */
static double pumps_best(double *speed)
{
	double share[2], flow = 0, power = 0;

	for (size_t i = 0; i < 2; i++) {
		share[i] = sqrt(k[i] / a[i]);
		flow += k[i] * share[i];
	}
	for (size_t i = 0; i < 2; i++) {
		speed[i] = share[i] * 40 / flow;
		power += a[i] * pow(speed[i], 3);
	}
	return power;
}

static void combination_of_pumps_is_the_known_one(void **state)
{
	static const struct search_variable v[] = {{0, 60, 0.05, 50}, {0, 60, 0.05, 40}};
	const struct search s = {
		.variables = v,
		.n = 2,
		.trials = {.n_limits = 1, .evaluations_max = 2000, .evaluate = pumps}};
	struct search_result r;
	double speed[2], power = pumps_best(speed);

	(void)state;
	assert_int_equal(search_run(&s, &r), 0);
	assert_true(r.whole && !(r.best.broken > 0));
	if (fabs(r.best.objective / power - 1) > 0.01) {
		fail_msg("%g, not %g", r.best.objective, power);
	}
	assert_true(r.today.x[0] == 50 && r.today.x[1] == 40);
}

/* Two valleys: the lower one is far from today. */
static int valleys(void *arg, struct search_point *p, size_t n, size_t *runs)
{
	(void)arg;
	*runs = n;
	for (size_t i = 0; i < n; i++) {
		double x = p[i].x[0];

		p[i].objective = fmin((x - 2) * (x - 2), (x - 8) * (x - 8) - 1);
	}
	return 0;
}

static void the_lower_valley_is_found_from_the_other(void **state)
{
	static const struct search_variable v[] = {{0, 10, 0.01, 2}};
	const struct search s = {.variables = v,
	                         .n = 1,
	                         .trials = {.evaluations_max = 500, .evaluate = valleys}};
	struct search_result r;

	(void)state;
	assert_int_equal(search_run(&s, &r), 0);
	assert_true(fabs(r.best.x[0] - 8) < 0.011);
}

/* Steps of whole numbers, by enumeration of all 441. */
static int wave(void *arg, struct search_point *p, size_t n, size_t *runs)
{
	(void)arg;
	*runs = n;
	for (size_t i = 0; i < n; i++) {
		double x = p[i].x[0], y = p[i].x[1];

		p[i].objective = (x - 13) * (x - 13) + (y - 4) * (y - 4) +
		                 0.5 * x * y / 20;
		p[i].excess[0] = x + y - 16;
	}
	return 0;
}

static void whole_steps_meet_the_enumeration(void **state)
{
	static const struct search_variable v[] = {{0, 20, 1, 0}, {0, 20, 1, 0}};
	const struct search s = {
		.variables = v,
		.n = 2,
		.trials = {.n_limits = 1, .evaluations_max = 500, .evaluate = wave}};
	struct search_point best = {.objective = (double)NAN};
	struct search_result r;
	size_t runs;

	(void)state;
	for (int x = 0; x <= 20; x++) {
		for (int y = 0; y <= 20; y++) {
			struct search_point p = {.x = {x, y}};

			(void)wave(NULL, &p, 1, &runs);
			p.broken = fmax(p.excess[0], 0);
			best = search_is_better(&p, &best) ? p : best;
		}
	}
	assert_int_equal(search_run(&s, &r), 0);
	assert_true(r.best.x[0] == best.x[0] && r.best.x[1] == best.x[1]);
}

static bool at_once(void *arg)
{
	size_t *asked = arg;

	return (*asked)++ > 2;
}

static void it_ends_when_it_is_told(void **state)
{
	static const struct search_variable v[] = {{0, 10, 0.01, 2}};
	size_t asked = 0;
	struct search s = {.variables = v,
	                   .n = 1,
	                   .trials = {.evaluations_max = 500,
	                              .evaluate = valleys,
	                              .stop = at_once,
	                              .arg = &asked}};
	struct search_result r;

	(void)state;
	assert_int_equal(search_run(&s, &r), 0);
	assert_true(!r.whole && r.evaluations < 40 && isfinite(r.best.objective));
	s.n = 0;
	assert_int_equal(search_run(&s, &r), -EINVAL);
}

static void what_breaks_less_is_better(void **state)
{
	const struct search_point good = {.objective = 5}, better = {.objective = 4},
				  broken = {.objective = 1, .broken = 1},
				  worse = {.objective = 0, .broken = 2},
				  none = {.objective = (double)NAN};

	(void)state;
	assert_true(search_is_better(&better, &good));
	assert_true(search_is_better(&good, &broken));
	assert_true(search_is_better(&broken, &worse));
	assert_true(search_is_better(&worse, &none));
	assert_false(search_is_better(&none, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(combination_of_pumps_is_the_known_one),
		cmocka_unit_test(the_lower_valley_is_found_from_the_other),
		cmocka_unit_test(whole_steps_meet_the_enumeration),
		cmocka_unit_test(it_ends_when_it_is_told),
		cmocka_unit_test(what_breaks_less_is_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
