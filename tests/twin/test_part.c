/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of part against figures computed by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "twin/plant/part.h"

static void near(const char *what, double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * fmax(fabs(want), 1e-3))) {
		fail_msg("%s: %.9g, not %.9g", what, got, want);
	}
}

/* A part alone: parameters by name over the presets, then one evaluation. */
struct bench {
	const struct part_kind *kind;
	double p[PART_PARAMETERS_MAX], u[PART_INPUTS_MAX], x[PART_STATES_MAX];
	double dx[PART_STATES_MAX], y[PART_OUTPUTS_MAX];
};

static void bench_init(struct bench *b, const char *kind)
{
	*b = (struct bench){.kind = part_find(kind)};
	assert_non_null(b->kind);
	for (size_t i = 0; i < b->kind->n_parameters; i++) {
		b->p[i] = b->kind->parameters[i].preset;
	}
	for (size_t i = 0; i < b->kind->n_inputs; i++) {
		b->u[i] = b->kind->inputs[i].preset;
	}
}

static double *port(const struct part_port *ports, size_t n, double *values,
                    const char *name)
{
	int i = part_port(ports, n, name);

	if (i < 0) {
		fail_msg("no port %s", name);
	}
	return &values[i];
}

static void set(struct bench *b, const char *name, double value)
{
	*port(b->kind->parameters, b->kind->n_parameters, b->p, name) = value;
}

static void feed(struct bench *b, const char *name, double value)
{
	*port(b->kind->inputs, b->kind->n_inputs, b->u, name) = value;
}

static double out(struct bench *b, const char *name)
{
	return *port(b->kind->outputs, b->kind->n_outputs, b->y, name);
}

static void evaluate(struct bench *b)
{
	b->kind->outputs_of(b->p, b->x, b->u, b->y);
	b->kind->rates(b->p, b->x, b->u, b->dx);
}

static void start(struct bench *b)
{
	if (b->kind->start) {
		b->kind->start(b->p, b->u, b->x);
	}
	evaluate(b);
}

static void tank_drains_by_torricelli(void **state)
{
	struct bench b;

	bench_init(&b, "tank");
	set(&b, "area", 2);
	set(&b, "outlet", 0.01);
	set(&b, "level", 0.5);
	set(&b, "leak", 0.001);
	feed(&b, "valve", 0.5);
	feed(&b, "inflow", 0.02);
	start(&b);
	near("outflow", out(&b, "outflow"), 0.01 * 0.5 * 3.131557);
	near("leakage", out(&b, "leakage"), 0.001 * 3.131557);
	near("dV/dt", b.dx[0], 0.02 - 0.006 * 3.131557);
	near("temperature", out(&b, "temperature"), 20);
	set(&b, "level", 0);
	start(&b);
	near("empty", out(&b, "outflow"), 0);
	(void)state;
}

static void tank_keeps_its_heat(void **state)
{
	struct bench b;

	bench_init(&b, "tank");
	set(&b, "area", 1);
	set(&b, "outlet", 0);
	set(&b, "level", 1);
	set(&b, "temperature", 50);
	set(&b, "loss", 100);
	set(&b, "density", 1000);
	set(&b, "heat_capacity", 4000);
	feed(&b, "ambient", 20);
	feed(&b, "heater", 5000);
	feed(&b, "inflow", 0.001);
	feed(&b, "inflow_temperature", 10);
	start(&b);
	near("lost", out(&b, "lost"), 3000);
	near("dQ/dt", b.dx[1], 5000 - 3000 + 1000 * 4000 * 0.001 * 10);
	(void)state;
}

static void pump_follows_the_affinity_laws(void **state)
{
	struct bench b;
	double flow, power;

	bench_init(&b, "pump");
	set(&b, "head", 20);
	set(&b, "curve", 1e5);
	set(&b, "idle", 100);
	set(&b, "speed", 50);
	feed(&b, "drive", 25);
	start(&b);
	flow = out(&b, "flow");
	power = out(&b, "power");
	near("flow at rated speed", flow, sqrt(20 / 1e5));
	near("dn/dt", b.dx[0], (0.5 - 1) / 0.5);
	set(&b, "speed", 25);
	start(&b);
	near("flow by speed", out(&b, "flow"), flow / 2);
	near("power by its cube", out(&b, "power"), power / 8);
	set(&b, "lift", 6); /* beyond 20 / 4 m: the check valve is shut */
	start(&b);
	near("no flow", out(&b, "flow"), 0);
	(void)state;
}

static void valve_travels_no_faster_than_its_rate(void **state)
{
	struct bench b;

	bench_init(&b, "valve");
	set(&b, "rate", 0.25);
	set(&b, "position", 0.4);
	set(&b, "clog", 0.5);
	feed(&b, "command", 7);
	start(&b);
	near("rate", b.dx[0], 0.25);
	near("opening", out(&b, "opening"), 0.2);
	feed(&b, "command", 0.41);
	evaluate(&b);
	near("near its place", b.dx[0], 0.01 / 0.2);
	(void)state;
}

static void heater_heats_by_its_element(void **state)
{
	struct bench b;

	bench_init(&b, "heater");
	set(&b, "power", 1000);
	set(&b, "heat_capacity", 100);
	set(&b, "conductance", 10);
	set(&b, "temperature", 70);
	set(&b, "burnt", 0.25);
	feed(&b, "duty", 1);
	feed(&b, "liquid", 20);
	start(&b);
	near("heat", out(&b, "heat"), 500);
	near("power", out(&b, "power"), 750);
	near("dQ/dt", b.dx[0], 250);
	(void)state;
}

static void conveyor_pulls_its_load(void **state)
{
	struct bench b;

	bench_init(&b, "conveyor");
	set(&b, "length", 2);
	set(&b, "pitch", 0.5);
	set(&b, "belt", 6);
	set(&b, "part", 1);
	set(&b, "friction", 0.1);
	set(&b, "stiffness", 100);
	set(&b, "voltage", 50);
	set(&b, "idle", 1);
	feed(&b, "drive", 0.5);
	b.x[0] = 0.4;
	b.x[1] = 1.26;
	start(&b);
	near("load", out(&b, "load"), 10);
	near("count", out(&b, "count"), 2);
	near("current", out(&b, "current"), 1 + 100 * 0.1 * 0.5 / 50);
	near("dv/dt", b.dx[0], (10 - 0.1 * 10 * 9.80665) / 10);
	(void)state;
}

static void kinds_keep_within_their_limits(void **state)
{
	size_t n = 0;

	for (const struct part_kind *kind; (kind = part_at(n)) != NULL; n++) {
		assert_ptr_equal(part_find(kind->name), kind);
		assert_true(kind->n_states <= PART_STATES_MAX);
		assert_true(kind->n_inputs <= PART_INPUTS_MAX);
		assert_true(kind->n_outputs <= PART_OUTPUTS_MAX);
		assert_true(kind->n_parameters <= PART_PARAMETERS_MAX);
		assert_true((kind->n_states > 0) == (kind->rates != NULL));
	}
	assert_int_equal(n, 6);
	assert_null(part_find("reactor"));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tank_drains_by_torricelli),
		cmocka_unit_test(tank_keeps_its_heat),
		cmocka_unit_test(pump_follows_the_affinity_laws),
		cmocka_unit_test(valve_travels_no_faster_than_its_rate),
		cmocka_unit_test(heater_heats_by_its_element),
		cmocka_unit_test(conveyor_pulls_its_load),
		cmocka_unit_test(kinds_keep_within_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
