/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "refvec.h"
#include "twin/observer/observer.h"

static void two_tanks_rates(const double *p, const double *x, const double *u, double *dx)
{
	double first = 0.002 * sqrt(2 * 9.81 * fmax(x[0], 0));
	double second = 0.0018 * sqrt(2 * 9.81 * fmax(x[1], 0));

	dx[0] = (u[0] - first) / 0.5;
	dx[1] = (first - second) / 0.4;
}

static void second_level(const double *p, const double *x, const double *u, double *y)
{
	y[0] = x[1];
}

static void check(const struct refvec_row *row, size_t column, double got)
{
	double want = row->number[column];

	/* An innovation is a small difference of large numbers: absolute there. */
	if (!refvec_near(got, want, 1e-9) && !(fabs(got - want) < 1e-10)) {
		fail_msg("row %s, column %zu: %.17g, not %s", row->text[0], column, got,
		         row->text[column]);
	}
}

/* The reference moves each point by one step of Kutta's. */
static void two_tanks_follow_the_unscented_filter(void **state)
{
	static const struct model two_tanks = {.n_states = 2,
	                                       .n_outputs = 1,
	                                       .rates = two_tanks_rates,
	                                       .outputs_of = second_level};
	const double qc[] = {4e-6, 4e-6};
	const struct observer o = {
		.model = &two_tanks, .qc = qc, .unscented = true, .tolerance = INFINITY};
	struct kalman k = {.n = 2, .x = {0.3, 0.3}, .P = {0.04, 0, 0, 0.04}};
	FILE *f = refvec_open("tank_ukf.csv");
	struct refvec_row row;
	double inflow = NAN;
	size_t rows = 0;

	(void)state;
	if (!f) {
		skip();
	}
	for (; refvec_next(f, &row); rows++) {
		struct kalman_rows z;
		struct innovation v;
		double y;

		if (rows > 0) {
			assert_int_equal(observer_predict(&o, &k, &inflow, 1), 0);
		}
		inflow = row.number[1];
		assert_int_equal(observer_outputs(&o, &k, &inflow, &z, &y), 0);
		z.nu[0] = row.number[2] - y;
		z.R[0] = 1e-4;
		assert_int_equal(kalman_innovate(&k, &z, &v), 0);
		assert_int_equal(kalman_update(&k, &z, &v), 0);
		check(&row, 3, k.x[0]);
		check(&row, 4, k.x[1]);
		check(&row, 5, k.P[0]);
		check(&row, 6, k.P[1]);
		check(&row, 7, k.P[3]);
		check(&row, 8, z.nu[0]);
		check(&row, 9, v.S[0]);
		check(&row, 10, v.nis);
	}
	fclose(f);
	assert_int_equal(rows, 400);
}

static void square(const double *p, const double *x, const double *u, double *y)
{
	y[0] = x[0] * x[0];
	y[1] = x[0];
}

/* Of x normal with mean m and variance P, x^2 has mean m^2 + P and variance
 * 4 m^2 P + 2 P^2 (kurtosis 3), and covariance 2 m P with x. */
static void bent_output_has_its_true_mean_and_spread(void **state)
{
	static const struct model bent = {
		.n_states = 1, .n_outputs = 2, .outputs_of = square};
	const struct observer o = {.model = &bent, .unscented = true};
	const struct kalman k = {.n = 1, .x = {3}, .P = {0.5}};
	struct kalman_rows rows = {.R = {0, 1}};
	struct innovation v;
	double y[2];

	(void)state;
	assert_int_equal(observer_outputs(&o, &k, NULL, &rows, y), 0);
	assert_true(fabs(y[0] - 9.5) < 1e-12 && fabs(y[1] - 3) < 1e-12);
	assert_true(fabs(rows.H[0] - 6) < 1e-12 && fabs(rows.H[1] - 1) < 1e-12);
	rows.nu[0] = rows.nu[1] = 0;
	assert_int_equal(kalman_innovate(&k, &rows, &v), 0);
	/* With beta 2 the fourth moment is that of n + kappa = 2 and the middle point. */
	assert_true(fabs(v.S[0] - (4 * 9 * 0.5 + 3 * 0.25)) < 1e-9);
	assert_true(fabs(v.S[1] - 3) < 1e-9 && fabs(v.S[3] - 1.5) < 1e-12);
}

static void covariance_that_is_none_is_reported(void **state)
{
	static const struct model bent = {
		.n_states = 1, .n_outputs = 2, .outputs_of = square};
	const struct observer o = {.model = &bent, .unscented = true};
	const struct kalman k = {.n = 1, .x = {3}, .P = {-1}};
	struct kalman_rows rows;
	double y[2];

	(void)state;
	assert_int_equal(observer_outputs(&o, &k, NULL, &rows, y), -EDOM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_tanks_follow_the_unscented_filter),
		cmocka_unit_test(bent_output_has_its_true_mean_and_spread),
		cmocka_unit_test(covariance_that_is_none_is_reported),
	};

	return refvec_result(cmocka_run_group_tests(tests, NULL, NULL));
}
