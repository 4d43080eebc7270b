/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "twin/observer/ekf.h"

/* dx/dt = -p x + u, and its square as a second output. */
static void lag_rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = -p[0] * x[0] + u[0];
}

static void lag_outputs(const double *p, const double *x, const double *u, double *y)
{
	y[0] = x[0];
	y[1] = x[0] * x[0];
}

static const struct model lag = {
	.name = "lag", .n_states = 1, .rates = lag_rates, .outputs_of = lag_outputs};

static void runaway_rates(const double *p, const double *x, const double *u, double *dx)
{
	dx[0] = x[0] * x[0];
}

static void not_negative(const double *p, double *x)
{
	x[0] = fmax(x[0], 0);
}

static void lag_follows_its_exponential(void **state)
{
	static const struct {
		double rate, dt_s, tolerance;
	} cases[] = {{0.1, 0.01, 1e-12}, {0.1, 5, 1e-3}, {0.1, 60, 2e-3}, {200, 1, 1e-3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double p = cases[i].rate, qc = 0.04, u = 2;
		const struct ekf e = {&lag, &p, &qc};
		struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};
		double f = exp(-p * cases[i].dt_s);

		assert_int_equal(ekf_predict(&e, &k, &u, cases[i].dt_s), 0);
		assert_true(fabs(k.x[0] - (3 * f + u / p * (1 - f))) <=
		            cases[i].tolerance * fmax(3, u / p));
		/* Q = Qc h is of first order in a sub-step of half a time constant. */
		assert_true(fabs(k.P[0] / (0.5 * f * f + qc / (2 * p) * (1 - f * f)) -
		                 1) < 0.7);
	}
}

static void no_time_changes_nothing(void **state)
{
	const double p = 1, qc = 1, u = 0;
	const struct ekf e = {&lag, &p, &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};

	(void)state;
	assert_int_equal(ekf_predict(&e, &k, &u, 0), 0);
	assert_true(k.x[0] == 3 && k.P[0] == 0.5);
}

static void too_far_ahead_is_refused(void **state)
{
	const double p = 10, qc = 1, u = 0;
	const struct ekf e = {&lag, &p, &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};

	(void)state;
	assert_int_equal(ekf_predict(&e, &k, &u, 1e6), -ERANGE);
}

static void what_is_no_number_is_reported(void **state)
{
	static const struct model runaway = {.n_states = 1, .rates = runaway_rates};
	const double p = 1, qc = 1, u = NAN;
	const struct ekf e = {&lag, &p, &qc}, away = {&runaway, &p, &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}}, far = {.n = 1, .x = {1e200}};

	(void)state;
	assert_int_equal(ekf_predict(&e, &k, &u, 0.1), -EDOM);
	assert_true(ekf_predict(&away, &far, &u, 1) < 0);
}

static void limit_is_kept(void **state)
{
	struct model bounded = lag;
	const double p = 0.1, qc = 1, u = -9;
	const struct ekf e = {&bounded, &p, &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};

	(void)state;
	bounded.limit = not_negative;
	assert_int_equal(ekf_predict(&e, &k, &u, 1), 0);
	assert_true(k.x[0] == 0);
}

static void output_row_is_the_derivative(void **state)
{
	const double p = 1, qc = 1, u = 0, x = 3;
	const struct ekf e = {&lag, &p, &qc};
	double row;

	(void)state;
	ekf_output_row(&e, &x, &u, 0, &row);
	assert_true(fabs(row - 1) < 1e-9);
	ekf_output_row(&e, &x, &u, 1, &row);
	assert_true(fabs(row - 6) < 1e-8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lag_follows_its_exponential),
		cmocka_unit_test(no_time_changes_nothing),
		cmocka_unit_test(too_far_ahead_is_refused),
		cmocka_unit_test(what_is_no_number_is_reported),
		cmocka_unit_test(limit_is_kept),
		cmocka_unit_test(output_row_is_the_derivative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
