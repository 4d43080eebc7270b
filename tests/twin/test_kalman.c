/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "twin/cholesky.h"
#include "twin/observer/kalman.h"

static bool near(double got, double want)
{
	return fabs(got - want) <= 1e-12 * fmax(1, fabs(want));
}

/* A constant seen n times through noise r from a prior p: the variance is
 * 1/(1/p + n/r), the estimate the weighted mean. */
static void constant_seen_often_is_its_weighted_mean(void **state)
{
	struct kalman k = {.n = 1, .x = {5}, .P = {4}};
	const double one[] = {1}, nothing[] = {0};
	double sum = 0;

	(void)state;
	for (int i = 1; i <= 50; i++) {
		double y = 7 + (i % 2 ? 0.5 : -0.5);
		struct kalman_rows rows = {
			.n = 1, .nu = {y - k.x[0]}, .H = {1}, .R = {2}};
		double s = 1 / (1.0 / 4 + (i - 1) / 2.0) + 2;
		struct innovation v;

		kalman_predict(&k, one, nothing);
		assert_int_equal(kalman_innovate(&k, &rows, &v), 0);
		assert_true(near(v.S[0], s));
		assert_true(near(v.nis, rows.nu[0] * rows.nu[0] / s));
		assert_true(near(v.log_det, log(s)));
		assert_int_equal(kalman_update(&k, &rows, &v), 0);
		sum += y;
		assert_true(near(k.P[0], 1 / (1.0 / 4 + i / 2.0)));
		assert_true(near(k.x[0], (5.0 / 4 + sum / 2) / (1.0 / 4 + i / 2.0)));
	}
}

/* Variance of a random walk settles where P^2 + qP - qr = 0 after the update. */
static void random_walk_settles_at_the_riccati_root(void **state)
{
	struct kalman k = {.n = 1, .P = {100}};
	const double F[] = {1}, Q[] = {0.01};
	struct kalman_rows rows = {.n = 1, .H = {1}, .R = {1}};
	struct innovation v;

	(void)state;
	for (int i = 0; i < 500; i++) {
		kalman_predict(&k, F, Q);
		assert_int_equal(kalman_innovate(&k, &rows, &v), 0);
		assert_int_equal(kalman_update(&k, &rows, &v), 0);
	}
	assert_true(near(k.P[0], (-0.01 + sqrt(0.0001 + 0.04)) / 2));
}

/* A falling body seen in position: F P F' + Q by hand. */
static void covariance_is_carried_by_the_transition(void **state)
{
	struct kalman k = {.n = 2, .P = {3, 1, 1, 2}};
	const double F[] = {1, 0.5, 0, 1}, Q[] = {0.1, 0, 0, 0.2};

	(void)state;
	kalman_predict(&k, F, Q);
	assert_true(near(k.P[0], 3 + 2 * 0.5 * 1 + 0.25 * 2 + 0.1));
	assert_true(near(k.P[1], 1 + 0.5 * 2) && k.P[1] == k.P[2]);
	assert_true(near(k.P[3], 2.2));
}

/* Two rows at once are the same as one after the other, since their noise is apart. */
static void rows_at_once_equal_rows_in_turn(void **state)
{
	static const double H[2][2] = {{1, 0}, {0.5, 2}};
	static const double R[] = {0.3, 0.7}, y[] = {1.5, -2};
	struct kalman once = {.n = 2, .x = {1, 0.5}, .P = {3, 1, 1, 2}}, turn = once;
	struct kalman_rows rows = {.n = 2, .R = {R[0], R[1]}, .H = {1, 0, 0.5, 2}};
	struct innovation v;
	double nis = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rows.nu[i] = y[i] - H[i][0] * once.x[0] - H[i][1] * once.x[1];
	}
	assert_int_equal(kalman_innovate(&once, &rows, &v), 0);
	assert_int_equal(kalman_update(&once, &rows, &v), 0);
	for (size_t i = 0; i < 2; i++) {
		struct kalman_rows one = {.n = 1, .R = {R[i]}, .H = {H[i][0], H[i][1]}};
		struct innovation w;

		one.nu[0] = y[i] - H[i][0] * turn.x[0] - H[i][1] * turn.x[1];
		assert_int_equal(kalman_innovate(&turn, &one, &w), 0);
		assert_int_equal(kalman_update(&turn, &one, &w), 0);
		nis += w.nis;
	}
	assert_true(near(v.nis, nis));
	for (size_t i = 0; i < 4; i++) {
		assert_true(near(once.x[i % 2], turn.x[i % 2]));
		assert_true(near(once.P[i], turn.P[i]));
	}
}

static void sigma_of_a_combination(void **state)
{
	const struct kalman k = {.n = 2, .P = {3, 1, 1, 2}};
	const double h[] = {1, -2};

	(void)state;
	assert_true(near(kalman_sigma(&k, h, 5), sqrt(3 - 4 + 8 + 5)));
}

/* Joseph form: nearly perfect sensors, many times, and P stays what a covariance is. */
static void precise_sensors_leave_p_a_covariance(void **state)
{
	struct kalman k = {.n = 2, .P = {1e6, 0, 0, 1e6}};
	const double F[] = {1, 1, 0, 1}, Q[] = {1e-12, 0, 0, 1e-12};
	struct kalman_rows rows = {.n = 1, .H = {1, 0}, .R = {1e-10}};
	double L[4];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct innovation v;

		kalman_predict(&k, F, Q);
		assert_int_equal(kalman_innovate(&k, &rows, &v), 0);
		assert_int_equal(kalman_update(&k, &rows, &v), 0);
		assert_true(k.P[1] == k.P[2]);
	}
	assert_int_equal(cholesky_factor(k.P, L, 2), 0);
}

static void a_lost_covariance_is_reported(void **state)
{
	static const double P[] = {-5, NAN, INFINITY};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(P); i++) {
		const struct kalman k = {.n = 1, .P = {P[i]}};
		const struct kalman_rows rows = {.n = 1, .nu = {1}, .H = {1}, .R = {1}};
		struct innovation v;

		assert_int_equal(kalman_innovate(&k, &rows, &v), -EDOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_seen_often_is_its_weighted_mean),
		cmocka_unit_test(random_walk_settles_at_the_riccati_root),
		cmocka_unit_test(covariance_is_carried_by_the_transition),
		cmocka_unit_test(rows_at_once_equal_rows_in_turn),
		cmocka_unit_test(sigma_of_a_combination),
		cmocka_unit_test(precise_sensors_leave_p_a_covariance),
		cmocka_unit_test(a_lost_covariance_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
