/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "twin/observer/observer.h"

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

static const struct model lag = {.name = "lag",
                                 .n_states = 1,
                                 .n_outputs = 2,
                                 .rates = lag_rates,
                                 .outputs_of = lag_outputs};

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
		double rate, dt_s, noise; /* tolerance of P */
	} cases[] = {{0.1, 0.01, 1e-3}, {0.1, 5, 0.1}, {0.1, 60, 0.1}, {200, 1, 0.1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double p = cases[i].rate, qc = 0.04, u = 2;
		const struct observer e = {.model = &lag, .p = &p, .qc = &qc};
		struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};
		double f = exp(-p * cases[i].dt_s);

		assert_int_equal(observer_predict(&e, &k, &u, cases[i].dt_s), 0);
		assert_true(fabs(k.x[0] - (3 * f + u / p * (1 - f))) <=
		            1e-5 * fmax(3, u / p));
		/* In short steps Q = Qc h is of first order. */
		assert_true(fabs(k.P[0] / (0.5 * f * f + qc / (2 * p) * (1 - f * f)) -
		                 1) < cases[i].noise);
	}
}

static void no_time_changes_nothing(void **state)
{
	const double p = 1, qc = 1, u = 0;
	const struct observer e = {.model = &lag, .p = &p, .qc = &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};

	(void)state;
	assert_int_equal(observer_predict(&e, &k, &u, 0), 0);
	assert_true(k.x[0] == 3 && k.P[0] == 0.5);
}

static void what_is_no_number_is_reported(void **state)
{
	static const struct model runaway = {.n_states = 1, .rates = runaway_rates};
	const double p = 1, qc = 1, u = NAN;
	const struct observer e = {.model = &lag, .p = &p, .qc = &qc},
			      away = {.model = &runaway, .p = &p, .qc = &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}}, far = {.n = 1, .x = {1e200}};

	(void)state;
	assert_int_equal(observer_predict(&e, &k, &u, 0.1), -EDOM);
	assert_true(observer_predict(&away, &far, &u, 1) < 0);
}

static void limit_is_kept(void **state)
{
	struct model bounded = lag;
	const double p = 0.1, qc = 1, u = -9;
	const struct observer e = {.model = &bounded, .p = &p, .qc = &qc};
	struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};

	(void)state;
	bounded.limit = not_negative;
	assert_int_equal(observer_predict(&e, &k, &u, 1), 0);
	assert_true(k.x[0] == 0);
}

static void output_rows_are_the_derivatives(void **state)
{
	const double p = 1, qc = 1, u = 0;
	const struct observer e = {.model = &lag, .p = &p, .qc = &qc};
	const struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};
	struct kalman_rows rows;
	double y[MODEL_OUTPUTS_MAX];

	(void)state;
	assert_int_equal(observer_outputs(&e, &k, &u, &rows, y), 0);
	assert_int_equal(rows.n, 2);
	assert_true(y[0] == 3 && y[1] == 9);
	assert_true(fabs(rows.H[0] - 1) < 1e-9 && fabs(rows.H[1] - 6) < 1e-8);
	assert_true(rows.more[0] == 0 && rows.more[3] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lag_follows_its_exponential),
		cmocka_unit_test(no_time_changes_nothing),
		cmocka_unit_test(what_is_no_number_is_reported),
		cmocka_unit_test(limit_is_kept),
		cmocka_unit_test(output_rows_are_the_derivatives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
