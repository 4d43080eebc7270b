/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/observer/observer.h"

static const double gravity = 9.80665;

static const struct model *tank(void)
{
	const struct model *model = model_find("tank");

	assert_non_null(model);
	return model;
}

static size_t port(const struct model_port *ports, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ports[i].name, name) == 0) {
			return i;
		}
	}
	fail_msg("no port %s", name);
	return 0;
}

static void ports_are_those_of_the_contract(void **state)
{
	const struct model *m = tank();

	(void)state;
	assert_int_equal(port(m->parameters, m->n_parameters, "area"), 0);
	assert_int_equal(port(m->parameters, m->n_parameters, "outlet"), 1);
	assert_int_equal(port(m->parameters, m->n_parameters, "level_max"), 2);
	assert_true(m->inputs[port(m->inputs, m->n_inputs, "valve")].preset == 1);
	assert_true(isnan(m->inputs[port(m->inputs, m->n_inputs, "inflow")].preset));
	assert_int_equal(port(m->outputs, m->n_outputs, "level"), 0);
	assert_int_equal(port(m->outputs, m->n_outputs, "outflow"), 1);
}

/* With the inflow shut the root of the level falls linearly (Torricelli):
 * sqrt(h) = sqrt(h0) - a sqrt(g/2) t / A. */
static void an_emptying_tank_follows_torricelli(void **state)
{
	const double p[] = {1.2, 0.0021, 1e4}, u[] = {0, 1}, qc = 0;
	const struct observer e = {.model = tank(), .p = p, .qc = &qc};
	struct kalman k = {.n = 1, .x = {0.8}};

	(void)state;
	for (int t = 10; t <= 200; t += 10) {
		double root = sqrt(0.8) - 0.0021 * sqrt(gravity / 2) * t / 1.2;

		assert_int_equal(observer_predict(&e, &k, u, 10), 0);
		if (fabs(k.x[0] - root * root) > 1e-5) {
			fail_msg("%d s: %g, not %g", t, k.x[0], root * root);
		}
	}
}

static void an_empty_tank_stays_empty(void **state)
{
	const double p[] = {1.2, 0.0021, 1e4}, u[] = {0, 1}, qc = 1e-9;
	const struct observer e = {.model = tank(), .p = p, .qc = &qc};
	struct kalman k = {.n = 1, .x = {0.001}};

	(void)state;
	assert_int_equal(observer_predict(&e, &k, u, 60), 0);
	assert_true(k.x[0] >= 0 && k.x[0] < 1e-6);
	assert_true(isfinite(k.P[0]));
}

static void level_settles_where_inflow_is_outflow(void **state)
{
	const double p[] = {0.5, 0.002, 1e4}, u[] = {0.004, 0.5}, qc = 0;
	const struct model *m = tank();
	const struct observer e = {.model = m, .p = p, .qc = &qc};
	double want = pow(0.004 / (0.5 * 0.002), 2) / (2 * gravity), y[2], x;
	struct kalman k = {.n = 1, .x = {0.2}};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(observer_predict(&e, &k, u, 60), 0);
	}
	assert_true(fabs(k.x[0] / want - 1) < 1e-6);
	m->outputs_of(p, k.x, u, y);
	assert_true(y[0] == k.x[0] && fabs(y[1] / 0.004 - 1) < 1e-6);
	y[0] = y[1] = NAN;
	m->start(p, u, y, &x);
	assert_true(fabs(x / want - 1) < 1e-12);
	y[0] = 0.31;
	m->start(p, u, y, &x);
	assert_true(x == 0.31);
}

static void jacobian_is_the_derivative(void **state)
{
	static const double levels[] = {1e-6, 5e-5, 1e-3, 0.1, 3};
	const double p[] = {1.2, 0.0021, 1e4}, u[] = {0.005, 0.7};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		double d = levels[i] * 1e-6, up = levels[i] + d, down = levels[i] - d;
		double fast, slow, j;

		tank()->rates(p, &up, u, &fast);
		tank()->rates(p, &down, u, &slow);
		tank()->jacobian(p, &levels[i], u, &j);
		assert_true(fabs(j / ((fast - slow) / (2 * d)) - 1) < 1e-6);
	}
}

static void level_is_limited(void **state)
{
	const double p[] = {1.2, 0.0021, 1.5};
	double x = -0.1;

	(void)state;
	tank()->limit(p, &x);
	assert_true(x == 0);
	x = 2;
	tank()->limit(p, &x);
	assert_true(x == 1.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_those_of_the_contract),
		cmocka_unit_test(an_emptying_tank_follows_torricelli),
		cmocka_unit_test(an_empty_tank_stays_empty),
		cmocka_unit_test(level_settles_where_inflow_is_outflow),
		cmocka_unit_test(jacobian_is_the_derivative),
		cmocka_unit_test(level_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
