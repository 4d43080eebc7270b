/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "twin/component.h"
#include "twin/models/state_space.h"

/* The model `thermal` as matrices: body and heater, fed with duty and ambient. */
static const double thermal_p[] = {350, 900, 4, 6, 800};
static const double A[] = {-10 / 900.0, 4 / 900.0, 4 / 350.0, -4 / 350.0};
static const double B[] = {0, 6 / 900.0, 800 / 350.0, 0};
static const double C[] = {1, 0, 0, 1}, D[] = {0, 0, 0, 0}, Q[] = {1e-4, 1e-3};
static const double x0[] = {300, 310};

static const struct state_space thermal = {
	.n = 2, .m = 2, .k = 2, .A = A, .B = B, .C = C, .D = D, .Q = Q, .x0 = x0};

static void matrices_are_the_machine(void **state)
{
	const struct model *known = model_find("thermal");
	const double u[] = {0.4, 293.15};
	const double qc[] = {1e-4, 1e-3};
	struct kalman a = {.n = 2, .x = {300, 320}, .P = {1, 0, 0, 1}}, b = a;
	struct model m;
	double p[32];
	struct observer mine, theirs = {.model = known, .p = thermal_p, .qc = qc};

	(void)state;
	assert_in_range(state_space_size(&thermal), 1, ARRAY_SIZE(p));
	state_space_make(&m, p, &thermal);
	mine = (struct observer){.model = &m, .p = p, .qc = qc};
	for (int i = 0; i < 20; i++) {
		assert_int_equal(observer_predict(&mine, &a, u, 7), 0);
		assert_int_equal(observer_predict(&theirs, &b, u, 7), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_true(fabs(a.x[i] - b.x[i]) < 1e-9);
		assert_true(fabs(a.P[i] - b.P[i]) < 1e-9);
	}
}

static void view_gives_back_what_was_made(void **state)
{
	struct model m;
	struct state_space s;
	double p[32];

	(void)state;
	state_space_make(&m, p, &thermal);
	s = state_space_view(p);
	assert_int_equal(s.n, 2);
	assert_true(s.A[3] == A[3] && s.B[1] == B[1] && s.C[3] == 1 && s.D[3] == 0);
	assert_true(s.Q[1] == Q[1] && s.x0[1] == 310);
	assert_int_equal(m.n_states + m.n_inputs + m.n_outputs, 6);
}

static void start_meets_what_is_measured(void **state)
{
	static const struct {
		double C[4], y[2], x[2];
	} cases[] = {
		{{1, 0, 0, 1}, {NAN, NAN}, {300, 310}},
		{{1, 0, 0, 1}, {305, NAN}, {305, 310}},
		{{1, 0, 0, 1}, {305, 330}, {305, 330}},
		{{1, 1, 0, 1}, {620, NAN}, {305, 315}}, /* the least that does */
		{{1, 0, 1, 0}, {304, 306}, {305, 310}}, /* two of one: between them */
	};
	const double u[] = {0, 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state_space s = thermal;
		struct model m;
		double p[32], x[2];

		s.C = cases[i].C;
		state_space_make(&m, p, &s);
		m.start(p, u, cases[i].y, x);
		for (size_t k = 0; k < 2; k++) {
			if (fabs(x[k] - cases[i].x[k]) > 1e-3) {
				fail_msg("case %zu: x%zu %g", i, k, x[k]);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrices_are_the_machine),
		cmocka_unit_test(view_gives_back_what_was_made),
		cmocka_unit_test(start_meets_what_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
