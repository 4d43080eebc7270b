/* SPDX-License-Identifier: Apache-2.0 */
/* What every model must keep to, and of each the cases that its source gives in closed
 * form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/models/model.h"
#include "twin/units.h"

#define PI 3.14159265358979323846

enum { P_MAX = MODEL_PARAMETERS_MAX, N_MAX = MODEL_STATES_MAX };

/* A usual machine of each kind at a usual point of work; parameters and inputs in the
 * order of the model. */
static const struct machine {
	const char *name;
	double p[P_MAX], u[MODEL_INPUTS_MAX];
	double tau_s,
		h_s; /* about the slowest and a tenth of the fastest time constant */
} machines[] = {
	{"conveyor", {120, 8, 900, 0.025, 0.9}, {40, 1.6}, 75, 0.1},
	{"dc_motor",
         {0.5, 0.1, 2e-3, 1e-4, 300, 2, 0.00393},
         {24, 0.5, 298.15},
         150,
         0.01},
	{"first_order", {2, 30, 5, 1}, {3}, 30, 0.1},
	{"heat_exchanger",
         {5e3, 4182, 4182, 8e4, 8e4},
         {1, 1.4, 353.15, 288.15},
         20,
         0.1},
	{"heated_tank",
         {1.2, 0.0021, 1e4, 998, 4182, 50},
         {0.004, 0.5, 288.15, 2e4, 293.15},
         900,
         1},
	{"induction_motor",
         {2, 50, 26, 70, 0.2, 0.05, 8.1, 4, 350, 9e3, 9},
         {50, 26, 298.15},
         1000,
         0.005},
	{"pipe", {100, 0.1, 4.5e-5, 2, 3, 998, 1.002e-3}, {3e5, 2e5}, 60, 0.01},
	{"pump", {40, 4e4, 300, 10, 6e4, 1500, 998, 0.012, 0.7}, {280}, 10, 0.01},
	{"tank", {1.2, 0.0021, 1e4}, {0.004, 0.5}, 900, 1},
	{"thermal", {350, 900, 4, 6, 800}, {0.4, 293.15}, 400, 1},
	{"valve", {40 / 3600.0, 50, 2, 998}, {0.6, 3e5, 2e5}, 2, 0.02},
};

static const struct model *model_of(const char *name)
{
	const struct model *model = model_find(name);

	if (!model) {
		fail_msg("no model %s", name);
	}
	return model;
}

static const struct machine *machine_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (strcmp(machines[i].name, name) == 0) {
			return &machines[i];
		}
	}
	fail_msg("no machine for model %s", name);
	return NULL;
}

static void assert_near(const char *what, double is, double should, double tolerance)
{
	if (!(fabs(is - should) <= tolerance * fmax(fabs(should), 1e-12))) {
		fail_msg("%s: %.12g, not %.12g", what, is, should);
	}
}

static void nothing_measured(double *y)
{
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		y[i] = (double)NAN;
	}
}

/* Explicit Euler in small steps: slow, and nothing in it to be wrong. */
static void run(const struct model *m, const double *p, const double *u, double *x,
                double t_s, double h_s)
{
	double dx[N_MAX];

	for (long i = lround(t_s / h_s); i > 0; i--) {
		m->rates(p, x, u, dx);
		for (size_t k = 0; k < m->n_states; k++) {
			x[k] += h_s * dx[k];
		}
		if (m->limit) {
			m->limit(p, x);
		}
	}
}

/* ---- every model ---- */

static bool is_known(const char *si)
{
	for (size_t i = 0; units_at(i); i++) {
		if (strcmp(units_at(i)->si, si) == 0) {
			return true;
		}
	}
	return !*si;
}

static void check_ports(const struct model *m, const struct model_port *ports, size_t n,
                        bool tags)
{
	for (size_t i = 0; i < n; i++) {
		const struct model_port *port = &ports[i];

		assert_true(*port->name && *port->description && port->min < port->max);
		assert_true(isnan(port->preset) ||
		            (port->preset >= port->min && port->preset <= port->max));
		if (tags && !is_known(port->unit)) {
			fail_msg("%s.%s: no tag is in %s", m->name, port->name,
			         port->unit);
		}
	}
}

static void every_model_is_documented_and_of_known_units(void **state)
{
	(void)state;
	for (size_t i = 0; model_at(i); i++) {
		const struct model *m = model_at(i);

		machine_of(m->name);
		assert_true(*m->source);
		assert_in_range(m->n_states, 1, MODEL_STATES_MAX);
		assert_in_range(m->n_outputs, 1, MODEL_OUTPUTS_MAX);
		assert_in_range(m->n_inputs, 1, MODEL_INPUTS_MAX);
		assert_in_range(m->n_parameters, 1, MODEL_PARAMETERS_MAX);
		check_ports(m, m->parameters, m->n_parameters, false);
		check_ports(m, m->inputs, m->n_inputs, true);
		check_ports(m, m->outputs, m->n_outputs, true);
	}
}

/* Off the point of rest, so that nothing cancels. */
static void state_off(const struct machine *a, const struct model *m, double share,
                      double *x)
{
	double y[MODEL_OUTPUTS_MAX];

	nothing_measured(y);
	m->start(a->p, a->u, y, x);
	for (size_t k = 0; k < m->n_states; k++) {
		x[k] *= share;
	}
}

static void every_jacobian_is_that_of_the_rates(void **state)
{
	static const double shares[] = {0.9, 1.01, 1.2};
	double x[N_MAX], up[N_MAX], down[N_MAX], j[N_MAX * N_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines) * ARRAY_SIZE(shares); i++) {
		const struct machine *a = &machines[i / ARRAY_SIZE(shares)];
		const struct model *m = model_of(a->name);

		if (!m->jacobian) {
			continue;
		}
		state_off(a, m, shares[i % ARRAY_SIZE(shares)], x);
		m->jacobian(a->p, x, a->u, j);
		for (size_t k = 0; k < m->n_states; k++) {
			double at = x[k], d = cbrt(DBL_EPSILON) * fmax(fabs(at), 1e-3);

			x[k] = at + d;
			m->rates(a->p, x, a->u, up);
			x[k] = at - d;
			m->rates(a->p, x, a->u, down);
			x[k] = at;
			for (size_t r = 0; r < m->n_states; r++) {
				double slope = (up[r] - down[r]) / (2 * d);
				double is = j[r * m->n_states + k];

				if (fabs(is - slope) > 1e-5 * (fabs(slope) + 1e-6)) {
					fail_msg("%s %zu,%zu: %g, not %g", m->name, r, k,
					         is, slope);
				}
			}
		}
	}
}

static void every_model_comes_to_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *a = &machines[i];
		const struct model *m = model_of(a->name);
		double x[N_MAX], dx[N_MAX];

		state_off(a, m, 1.05, x);
		run(m, a->p, a->u, x, 15 * a->tau_s, a->h_s);
		m->rates(a->p, x, a->u, dx);
		for (size_t k = 0; k < m->n_states; k++) {
			if (fabs(dx[k]) * a->tau_s > 1e-4 * fabs(x[k])) {
				fail_msg("%s: state %zu moves by %g/s", m->name, k,
				         dx[k]);
			}
		}
	}
}

static void every_start_takes_what_is_measured(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *a = &machines[i];
		const struct model *m = model_of(a->name);
		double x[N_MAX], from[N_MAX], y[MODEL_OUTPUTS_MAX], is[MODEL_OUTPUTS_MAX];

		state_off(a, m, 1.02, from);
		m->outputs_of(a->p, from, a->u, y);
		m->start(a->p, a->u, y, x);
		m->outputs_of(a->p, x, a->u, is);
		assert_near(m->name, is[0], y[0], 1e-9);
	}
}

/* What moves at once when an input does is said to; what is said to, moves. */
static void direct_inputs_are_those_that_outputs_feel_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *a = &machines[i];
		const struct model *m = model_of(a->name);
		double x[N_MAX], u[MODEL_INPUTS_MAX], y[2][MODEL_OUTPUTS_MAX];

		state_off(a, m, 0.9, x);
		memcpy(u, a->u, sizeof(u));
		m->outputs_of(a->p, x, u, y[0]);
		for (size_t k = 0; k < m->n_inputs; k++) {
			u[k] = a->u[k] * 1.01;
			m->outputs_of(a->p, x, u, y[1]);
			u[k] = a->u[k];
			for (size_t o = 0; o < m->n_outputs; o++) {
				bool moves = y[0][o] != y[1][o];

				if (moves != (m->direct[o] >> k & 1)) {
					fail_msg("%s: %s by %s", m->name,
					         m->outputs[o].name, m->inputs[k].name);
				}
			}
		}
	}
}

static void linear_models_are_linear(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *a = &machines[i];
		const struct model *m = model_of(a->name);
		double x[3][N_MAX], u[3][MODEL_INPUTS_MAX], dx[3][N_MAX];

		if (!m->linear) {
			continue;
		}
		state_off(a, m, 0.3, x[0]);
		state_off(a, m, 4, x[1]);
		for (size_t k = 0; k < m->n_states; k++) {
			x[2][k] = (x[0][k] + x[1][k]) / 2;
		}
		for (size_t k = 0; k < m->n_inputs; k++) {
			u[0][k] = a->u[k];
			u[1][k] = -3 * a->u[k];
			u[2][k] = (u[0][k] + u[1][k]) / 2;
		}
		for (size_t k = 0; k < 3; k++) {
			m->rates(a->p, x[k], u[k], dx[k]);
		}
		for (size_t k = 0; k < m->n_states; k++) {
			assert_near(m->name, dx[2][k], (dx[0][k] + dx[1][k]) / 2, 1e-9);
		}
	}
}

/* ---- one by one ---- */

/* What comes out at rest, nothing measured. */
static void at_rest(const char *name, const double *u, double *y)
{
	const struct machine *a = machine_of(name);
	const struct model *m = model_of(name);
	double x[N_MAX];

	nothing_measured(y);
	m->start(a->p, u, y, x);
	run(m, a->p, u, x, 20 * a->tau_s, a->h_s);
	m->outputs_of(a->p, x, u, y);
}

/* With all heat carried off by the flow, T = T_in + P / (rho c q). */
static void heated_tank_carries_off_its_heat(void **state)
{
	const struct model *m = model_of("heated_tank");
	const double p[] = {1.2, 0.0021, 1e4, 998, 4182, 0};
	const double u[] = {0.004, 0.5, 288.15, 2e4, 293.15};
	double x[] = {0.8, 300}, y[MODEL_OUTPUTS_MAX];

	(void)state;
	run(m, p, u, x, 2e4, 0.1);
	m->outputs_of(p, x, u, y);
	assert_near("T", y[1], 288.15 + 2e4 / (998 * 4182 * 0.004), 1e-6);
	assert_near("outflow", y[2], u[0], 1e-6);
}

static void thermal_body_passes_on_its_heat(void **state)
{
	const double u[] = {0.4, 293.15};
	double y[MODEL_OUTPUTS_MAX];

	(void)state;
	at_rest("thermal", u, y);
	assert_near("body", y[0], 293.15 + 0.4 * 800 / 6, 1e-6);
	assert_near("heater", y[1], y[0] + 0.4 * 800 / 4, 1e-6);
}

static void first_order_ends_at_its_gain_after_its_dead_time(void **state)
{
	const struct machine *a = machine_of("first_order");
	const double u = 3;
	double y[MODEL_OUTPUTS_MAX];

	(void)state;
	at_rest("first_order", &u, y);
	assert_near("y", y[0], 2 * 3 + 1, 1e-6);
	assert_near("dead time", model_of("first_order")->dead_time(a->p), 5, 0);
}

/* Both sides agree on the heat; the limits of the effectiveness are those of table 11.3:
 * equal rates NTU/(1 + NTU), a condensing side 1 - exp(-NTU). */
static void heat_exchanger_keeps_its_balance(void **state)
{
	const struct model *m = model_of("heat_exchanger");
	const double balanced[] = {4182, 4182, 4182, 8e4, 8e4};
	const double wide[] = {4182, 4182, 1e5, 8e4, 8e4};
	const double u[] = {1, 1, 353.15, 288.15}, flood[] = {1, 1e5, 353.15, 288.15};
	const double unequal[] = {1, 1.4, 353.15, 288.15};
	double y[MODEL_OUTPUTS_MAX], x[] = {300, 300};

	(void)state;
	m->outputs_of(balanced, x, u, y);
	assert_near("balanced", y[2], 4182 * 65 * 0.5, 1e-5);
	m->outputs_of(wide, x, flood, y);
	assert_near("one side only", y[2], 4182 * 65 * (1 - exp(-1)), 1e-5);
	at_rest("heat_exchanger", unequal, y);
	assert_near("hot side", 4182 * 1 * (353.15 - y[0]), y[2], 1e-6);
	assert_near("cold side", 4182 * 1.4 * (y[1] - 288.15), y[2], 1e-6);
	m->outputs_of(balanced, x, (double[]){0, 1, 353.15, 288.15}, y);
	assert_near("shut", y[2], 0, 0);
}

/* Without a lift the flow goes with the speed, the power with its cube. */
static void pump_follows_the_affinity_laws(void **state)
{
	const struct model *m = model_of("pump");
	const double p[] = {40, 4e4, 300, 0, 6e4, 1500, 998, 0.012, 0.7};
	double x, y[2][MODEL_OUTPUTS_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const double u = i ? 150 : 300;

		nothing_measured(y[i]);
		m->start(p, &u, y[i], &x);
		m->outputs_of(p, &x, &u, y[i]);
	}
	assert_near("flow", y[0][0], sqrt(40 / 1e5), 1e-9);
	assert_near("half the flow", y[1][0], y[0][0] / 2, 1e-9);
	assert_near("a quarter of the head", y[1][1], y[0][1] / 4, 1e-9);
	assert_near("an eighth of the power", y[1][2], y[0][2] / 8, 1e-9);
}

static void pump_too_slow_for_its_lift_delivers_nothing(void **state)
{
	const double u = 100; /* 40 (1/3)^2 m under 10 m */
	double y[MODEL_OUTPUTS_MAX];

	(void)state;
	at_rest("pump", &u, y);
	assert_near("flow", y[0], 0, 0);
	assert_true(y[2] > 0);
}

/* Laminar: Hagen, Poiseuille, q = pi dp D^4 / (128 mu L). */
static void pipe_follows_poiseuille(void **state)
{
	const struct model *m = model_of("pipe");
	const double p[] = {10, 0.01, 0, 0, 0, 900, 0.1}, u[] = {1e4, 0};
	double x, y[MODEL_OUTPUTS_MAX];

	(void)state;
	nothing_measured(y);
	m->start(p, u, y, &x);
	assert_near("flow", x, PI * 1e4 * pow(0.01, 4) / (128 * 0.1 * 10), 1e-6);
}

/* Turbulent: Haaland's friction is within 2 % of Colebrook's (White 2016, 6.6). */
static void pipe_follows_colebrook(void **state)
{
	static const double pressures[] = {2e3, 2e4, 2e5, 2e6};
	const struct model *m = model_of("pipe");
	const double p[] = {100, 0.1, 1e-4, 0, 0, 998, 1.002e-3};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pressures); i++) {
		const double u[] = {pressures[i], 0};
		double x, y[MODEL_OUTPUTS_MAX], v, f, colebrook = 0.02;

		nothing_measured(y);
		m->start(p, u, y, &x);
		v = x / (PI * 0.01 / 4);
		f = pressures[i] / (998 * v * v / 2 * 100 / 0.1);
		for (int k = 0; k < 100; k++) {
			double re = 998 * v * 0.1 / 1.002e-3;
			double root = -2 *
			              log10(1e-3 / 3.7 + 2.51 / (re * sqrt(colebrook)));

			colebrook = 1 / (root * root);
		}
		assert_near("f", f, colebrook, 0.02);
	}
}

static void pipe_flows_back(void **state)
{
	const struct model *m = model_of("pipe");
	const struct machine *a = machine_of("pipe");
	const double forth[] = {2e5, 1e5}, back[] = {1e5, 2e5};
	double p[P_MAX], y[MODEL_OUTPUTS_MAX], x[2];

	(void)state;
	memcpy(p, a->p, sizeof(p));
	p[3] = 0; /* no rise */
	nothing_measured(y);
	m->start(p, forth, y, &x[0]);
	m->start(p, back, y, &x[1]);
	assert_near("back", x[1], -x[0], 1e-9);
}

/* The definition of Kvs: that flow of water at 1 bar. */
static void valve_is_sized_by_its_kvs(void **state)
{
	const struct model *m = model_of("valve");
	const double linear[] = {0.01, 1, 1, 1000}, equal[] = {0.01, 50, 1, 1000};
	const double u[] = {1, 2e5, 1e5}, four[] = {1, 5e5, 1e5}, back[] = {1, 1e5, 2e5};
	double x = 1, y[MODEL_OUTPUTS_MAX];

	(void)state;
	m->outputs_of(linear, &x, u, y);
	assert_near("Kvs", y[1], 0.01, 1e-12);
	m->outputs_of(linear, &x, four, y);
	assert_near("four times the pressure", y[1], 0.02, 1e-12);
	m->outputs_of(linear, &x, back, y);
	assert_near("back", y[1], -0.01, 1e-12);
	x = 0.5;
	m->outputs_of(linear, &x, u, y);
	assert_near("half open", y[1], 0.005, 1e-12);
	m->outputs_of(equal, &x, u, y);
	assert_near("half open, equal percentage", y[1], 0.01 / sqrt(50), 1e-12);
	x = 0;
	m->outputs_of(equal, &x, u, y);
	assert_near("shut", y[1], 0, 0);
}

static void dc_motor_runs_and_stalls(void **state)
{
	const struct model *m = model_of("dc_motor");
	const double p[] = {0.5, 0.1, 2e-3, 0, 300, 2, 0}, u[] = {24, 0, 298.15};
	double x[2], y[MODEL_OUTPUTS_MAX];

	(void)state;
	nothing_measured(y);
	m->start(p, u, y, x);
	m->outputs_of(p, x, u, y);
	assert_near("no load", y[0], 24 / 0.1, 1e-9);
	x[0] = 0;
	m->outputs_of(p, x, u, y);
	assert_near("stall", y[1], 24 / 0.5, 1e-9);
	run(m, p, (double[]){24, 0.5, 298.15}, x, 3000, 0.01);
	m->outputs_of(p, x, (double[]){24, 0.5, 298.15}, y);
	assert_near("current of the load", y[1], 0.5 / 0.1, 1e-6);
	assert_near("winding", y[2], 298.15 + 0.5 * 25 / 2, 1e-6);
}

static void induction_motor_has_the_curve_of_kloss(void **state)
{
	const struct model *m = model_of("induction_motor");
	const struct machine *a = machine_of("induction_motor");
	const double rated[] = {50, 26, 298.15}, half[] = {25, 0, 298.15};
	const double off[] = {0, 5, 298.15};
	double sync = 2 * PI * 50 / 2, x[2] = {sync * 0.8, 298.15}, y[MODEL_OUTPUTS_MAX];

	(void)state;
	m->outputs_of(a->p, x, rated, y);
	assert_near("breakdown", y[1], 70, 1e-9);
	nothing_measured(y);
	m->start(a->p, rated, y, x);
	m->outputs_of(a->p, x, rated, y);
	assert_near("rated torque", y[1], 26, 1e-9);
	assert_near("rated current", y[2], 8.1, 1e-9);
	nothing_measured(y);
	m->start(a->p, half, y, x);
	m->outputs_of(a->p, x, half, y);
	assert_near("half the frequency", y[0], sync / 2, 1e-9);
	assert_near("no load", y[2], 4, 1e-9);
	run(m, a->p, off, x, 60, 1e-3);
	m->outputs_of(a->p, x, off, y);
	assert_true(fabs(y[0]) < 0.2);
	assert_near("off", y[2], 0, 0);
}

/* Load L feed / v; what goes on comes off. */
static void conveyor_carries_what_it_is_fed(void **state)
{
	const double u[] = {40, 1.6};
	double y[MODEL_OUTPUTS_MAX];

	(void)state;
	at_rest("conveyor", u, y);
	assert_near("load", y[0], 120 * 40 / 1.6, 1e-6);
	assert_near("discharge", y[1], 40, 1e-6);
	assert_near("power", y[2],
	            1.6 * 9.80665 * (0.025 * (900 + y[0]) + y[0] * 8 / 120) / 0.9, 1e-9);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_model_is_documented_and_of_known_units),
		cmocka_unit_test(every_jacobian_is_that_of_the_rates),
		cmocka_unit_test(every_model_comes_to_rest),
		cmocka_unit_test(every_start_takes_what_is_measured),
		cmocka_unit_test(direct_inputs_are_those_that_outputs_feel_at_once),
		cmocka_unit_test(linear_models_are_linear),
		cmocka_unit_test(heated_tank_carries_off_its_heat),
		cmocka_unit_test(thermal_body_passes_on_its_heat),
		cmocka_unit_test(first_order_ends_at_its_gain_after_its_dead_time),
		cmocka_unit_test(heat_exchanger_keeps_its_balance),
		cmocka_unit_test(pump_follows_the_affinity_laws),
		cmocka_unit_test(pump_too_slow_for_its_lift_delivers_nothing),
		cmocka_unit_test(pipe_follows_poiseuille),
		cmocka_unit_test(pipe_follows_colebrook),
		cmocka_unit_test(pipe_flows_back),
		cmocka_unit_test(valve_is_sized_by_its_kvs),
		cmocka_unit_test(dc_motor_runs_and_stalls),
		cmocka_unit_test(induction_motor_has_the_curve_of_kloss),
		cmocka_unit_test(conveyor_carries_what_it_is_fed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
