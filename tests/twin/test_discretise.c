/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "twin/observer/discretise.h"

static bool near(double got, double want)
{
	return fabs(got - want) <= 1e-12 * fmax(1, fabs(want));
}

static void expm_of_a_rotation(void **state)
{
	static const double angles[] = {0, 0.1, 1, 3, 20};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(angles); i++) {
		double a = angles[i], A[] = {0, -a, a, 0}, E[4];

		discretise_expm(A, E, 2);
		assert_true(near(E[0], cos(a)) && near(E[1], -sin(a)));
		assert_true(near(E[2], sin(a)) && near(E[3], cos(a)));
	}
}

static void expm_of_a_nilpotent_matrix_is_a_polynomial(void **state)
{
	const double A[] = {0, 2, 3, 0, 0, 5, 0, 0, 0};
	double E[9];

	(void)state;
	discretise_expm(A, E, 3);
	assert_true(near(E[1], 2) && near(E[2], 3 + 2 * 5 / 2.0) && near(E[5], 5));
	assert_true(near(E[0], 1) && near(E[3], 0) && near(E[8], 1));
}

static void expm_of_a_stiff_matrix(void **state)
{
	/* eigenvalues -1 and -1000, eigenvectors (1, 1) and (1, 2) */
	const double A[] = {998, -999, 1998, -1999};
	double E[4], slow = exp(-1), fast = exp(-1000);

	(void)state;
	discretise_expm(A, E, 2);
	assert_true(fabs(E[0] - (2 * slow - fast)) < 1e-9);
	assert_true(fabs(E[3] - (-slow + 2 * fast)) < 1e-9);
}

/* dx/dt = -x/T + k u + noise: all three are textbook. */
static void first_order_lag_has_closed_forms(void **state)
{
	static const double dts_s[] = {0.001, 1, 7.5, 400};
	const double T = 12, A[] = {-1 / T}, B[] = {0.25}, Qc[] = {0.09};
	const struct linear lag = {.n = 1, .m = 1, .A = A, .B = B, .Qc = Qc};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dts_s); i++) {
		double F, G, Q, f = exp(-dts_s[i] / T);

		discretise_inputs(&lag, dts_s[i], &F, &G);
		discretise_noise(&lag, dts_s[i], &Q);
		assert_true(near(F, f));
		assert_true(near(G, 0.25 * T * (1 - f)));
		assert_true(near(Q, 0.09 * T / 2 * (1 - f * f)));
	}
}

/* A body pushed at random: q (dt^3/3, dt^2/2; dt^2/2, dt). */
static void double_integrator_has_closed_forms(void **state)
{
	const double A[] = {0, 1, 0, 0}, B[] = {0, 1}, Qc[] = {0, 0, 0, 3}, dt = 0.7;
	const struct linear body = {.n = 2, .m = 1, .A = A, .B = B, .Qc = Qc};
	double F[4], G[2], Q[4];

	(void)state;
	discretise_inputs(&body, dt, F, G);
	discretise_noise(&body, dt, Q);
	assert_true(near(F[1], dt) && near(F[2], 0) && near(F[3], 1));
	assert_true(near(G[0], dt * dt / 2) && near(G[1], dt));
	assert_true(near(Q[0], dt * dt * dt) && near(Q[1], 1.5 * dt * dt));
	assert_true(near(Q[2], Q[1]) && near(Q[3], 3 * dt));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expm_of_a_rotation),
		cmocka_unit_test(expm_of_a_nilpotent_matrix_is_a_polynomial),
		cmocka_unit_test(expm_of_a_stiff_matrix),
		cmocka_unit_test(first_order_lag_has_closed_forms),
		cmocka_unit_test(double_integrator_has_closed_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
