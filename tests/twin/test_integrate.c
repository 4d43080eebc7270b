/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "twin/observer/integrate.h"

static unsigned long evaluations;

/* A pendulum without loss: the energy stays. */
static void swing(const double *p, const double *x, const double *u, double *dx)
{
	evaluations++;
	dx[0] = x[1];
	dx[1] = -sin(x[0]);
}

/* Prothero, Robinson 1974: x follows cos t however stiff it is; t is a state. */
static void follow(const double *p, const double *x, const double *u, double *dx)
{
	evaluations++;
	dx[0] = 1;
	dx[1] = -p[0] * (x[1] - cos(x[0])) - sin(x[0]);
}

/* Robertson 1966: rates from 0.04 to 3e7, the usual trial of a stiff method. */
static void react(const double *p, const double *x, const double *u, double *dx)
{
	double first = 0.04 * x[0], second = 3e7 * x[1] * x[1], third = 1e4 * x[1] * x[2];

	evaluations++;
	dx[0] = -first + third;
	dx[1] = first - third - second;
	dx[2] = second;
}

/* Torricelli's root: infinitely steep where it ends. */
static void drain(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = -sqrt(fmax(x[0], 0));
}

static void explode(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = exp(100 * x[0]);
}

static void not_negative(const double *p, double *x)
{
	x[0] = fmax(x[0], 0);
}

static double energy(const double *x)
{
	return x[1] * x[1] / 2 - cos(x[0]);
}

static int solve(const struct model *m, const double *p, double *x, double dt_s)
{
	struct integration in;

	integrate_begin(&in, m, p, NULL, dt_s);
	return integrate(&in, x);
}

static void smooth_model_keeps_its_energy(void **state)
{
	static const struct model pendulum = {.n_states = 2, .rates = swing};
	double x[] = {1, 0}, before = energy(x);

	(void)state;
	assert_int_equal(solve(&pendulum, NULL, x, 20), 0);
	assert_true(fabs(energy(x) - before) < 1e-4);
	assert_true(fabs(x[0]) <= 1.001);
}

static void stiff_model_costs_no_more_than_a_smooth_one(void **state)
{
	static const double rates[] = {1, 1e2, 1e4, 1e6};
	static const struct model lag = {.n_states = 2, .rates = follow};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		double x[] = {0, 1};

		evaluations = 0;
		assert_int_equal(solve(&lag, &rates[i], x, 3), 0);
		if (fabs(x[1] - cos(3)) > 1e-4 || evaluations > 6000) {
			fail_msg("rate %g: %g, not %g, in %lu", rates[i], x[1], cos(3),
			         evaluations);
		}
	}
}

/* Values at 40 s: Hairer, Wanner 1996, section IV.10, by their own code. */
static void robertson_is_solved(void **state)
{
	static const struct model reaction = {.n_states = 3, .rates = react};
	double x[] = {1, 0, 0};

	(void)state;
	evaluations = 0;
	assert_int_equal(solve(&reaction, NULL, x, 40), 0);
	assert_true(fabs(x[0] - 0.7158271) < 2e-4);
	assert_true(fabs(x[1] / 9.185535e-6 - 1) < 1e-2);
	assert_true(fabs(x[0] + x[1] + x[2] - 1) < 1e-6);
	assert_true(evaluations < 5000);
}

static void corner_is_passed(void **state)
{
	static const struct model tank = {
		.n_states = 1, .rates = drain, .limit = not_negative};
	double x = 1;

	(void)state;
	assert_int_equal(solve(&tank, NULL, &x, 1), 0);
	assert_true(fabs(x - 0.25) < 1e-6);
	assert_int_equal(solve(&tank, NULL, &x, 5), 0);
	assert_true(x >= 0 && x < 1e-4);
}

static void what_ends_in_infinity_is_reported(void **state)
{
	static const struct model bomb = {.n_states = 1, .rates = explode};
	double x = 1;

	(void)state;
	assert_int_equal(solve(&bomb, NULL, &x, 1000), -EDOM);
	x = (double)NAN;
	assert_int_equal(solve(&bomb, NULL, &x, 1), -EDOM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(smooth_model_keeps_its_energy),
		cmocka_unit_test(stiff_model_costs_no_more_than_a_smooth_one),
		cmocka_unit_test(robertson_is_solved),
		cmocka_unit_test(corner_is_passed),
		cmocka_unit_test(what_ends_in_infinity_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
