/* SPDX-License-Identifier: Apache-2.0 */
/* Tank and observer: what the readings are put down to when one of them is not as told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/component.h"

enum { LEARN = 400, STEP_NS = 100000000, ROWS = 100 };
enum { AREA, OUTLET };
enum { INFLOW, VALVE, SUPPLY, HEATER };
enum { LEVEL, TEMPERATURE, OUTFLOW };

static const struct tag tags[] = {
	{.name = "level", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "temperature", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "inflow", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "valve", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "supply", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "heater", .kind = &(const struct tag_kind){.unit = ""}},
	{.name = "outflow", .kind = &(const struct tag_kind){.unit = ""}},
};

/* A heated tank, 10 litres, and what is wrong with it. */
struct bench {
	struct component_config cfg;
	struct twin_config twin;
	struct component c;
	double p[MODEL_PARAMETERS_MAX]; /* of the machine */
	double x[2], u[MODEL_INPUTS_MAX];
	double inflow_error;            /* its sensor reads so much too little */
	double level_rate, level_error; /* its sensor drifts, by now */
	uint64_t seed;
	int64_t t_ns;
};

static void step(struct bench *b)
{
	const struct model *m = b->cfg.model;
	double dx[2];

	/* the controllers' part: something moves all the time */
	b->u[HEATER] = b->t_ns / STEP_NS / 40 % 2 ? 20e3 : 5e3;
	b->u[VALVE] = 0.5 + 0.05 * sin((double)b->t_ns / 1e10);
	for (int i = 0; i < 10; i++) {
		m->rates(b->p, b->x, b->u, dx);
		b->x[LEVEL] += 0.01 * dx[LEVEL];
		b->x[TEMPERATURE] += 0.01 * dx[TEMPERATURE];
	}
	b->t_ns += STEP_NS;
	b->level_error += 0.1 * b->level_rate;
	component_input(&b->c, INFLOW, b->t_ns, b->u[INFLOW] - b->inflow_error);
	component_input(&b->c, VALVE, b->t_ns, b->u[VALVE]);
	component_input(&b->c, SUPPLY, b->t_ns, b->u[SUPPLY]);
	component_input(&b->c, HEATER, b->t_ns, b->u[HEATER]);
	component_output(&b->c, LEVEL, b->t_ns,
	                 b->x[LEVEL] + b->level_error + 0.001 * noise_normal(&b->seed));
	component_output(&b->c, TEMPERATURE, b->t_ns,
	                 b->x[TEMPERATURE] + 0.05 * noise_normal(&b->seed));
	component_step(&b->c, b->t_ns);
}

static void setup(struct bench *b)
{
	*b = (struct bench){
		.p = {0.02, 1.28e-4, 1e4, 998, 4182, 5},
		.x = {0.5, 303.15},
		.u = {2e-4, 0.5, 288.15, 5e3, 293.15},
		.seed = 7,
	};
	b->cfg = (struct component_config){
		.model = model_find("heated_tank"),
		.parameters = {0.02, 1.28e-4, 1e4, 998, 4182, 5},
		.inputs = {{INFLOW, 2, 1, 0},
	                   {VALVE, 3, 1, 0},
	                   {SUPPLY, 4, 1, 0},
	                   {HEATER, 5, 1, 0}},
		.n_inputs = 4,
		.outputs = {{LEVEL, 0, 1, 0}, {TEMPERATURE, 1, 1, 0}, {OUTFLOW, 6, 1, 0}},
		.n_outputs = 3,
		.max_age_s = 30,
		.noise = {NAN, NAN, NAN},
	};
	b->twin = (struct twin_config){
		.tags = tags, .n_tags = 7, .n_field_tags = 6, .learn = LEARN};
	assert_int_equal(component_init(&b->c, &b->cfg, &b->twin), 0);
	for (int i = 0; i < LEARN + 200; i++) {
		step(b);
	}
	assert_int_equal(component_state(&b->c), STATE_HEALTHY);
}

/* The amount of a cause after some rows; NAN where it is not among those named. */
static double named(struct bench *b, enum blame_kind kind, size_t i)
{
	struct blame_cause causes[BLAME_CAUSES_MAX];
	size_t n;
	double amount = NAN;

	for (int row = 0; row < ROWS; row++) {
		step(b);
	}
	n = blame_causes(&b->c.blame, causes);
	for (size_t k = 0; k < n; k++) {
		if (causes[k].kind == kind && causes[k].i == i) {
			amount = causes[k].amount;
		}
	}
	component_fini(&b->c);
	return amount;
}

static void nobody_is_blamed_for_noise(void **state)
{
	struct blame_cause causes[BLAME_CAUSES_MAX];
	struct bench b;

	(void)state;
	setup(&b);
	for (int row = 0; row < 5000; row++) {
		step(&b);
		assert_int_equal(blame_causes(&b.c.blame, causes), 0);
	}
	component_fini(&b.c);
}

static void a_leak_is_an_outlet_that_is_larger(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	b.p[OUTLET] *= 1.3;
	assert_true(fabs(named(&b, BLAME_PARAMETER, OUTLET) - 0.3) < 0.1);
	assert_true(blame_is_off(&b.c.blame, LEVEL));
	assert_false(blame_is_off(&b.c.blame, TEMPERATURE));
}

static void a_sensor_that_drifts_is_named_with_its_rate(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	b.level_rate = -0.002;
	assert_true(fabs(named(&b, BLAME_SENSOR, LEVEL) + 0.002) < 0.0005);
}

/* It is in both balances, and no parameter or other sensor is. */
static void a_flow_that_is_read_wrong_is_told_from_a_leak(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	b.inflow_error = 4e-5;
	assert_true(fabs(named(&b, BLAME_INPUT, INFLOW) - 4e-5) < 1e-5);
	setup(&b);
	b.inflow_error = 4e-5;
	assert_true(isnan(named(&b, BLAME_PARAMETER, OUTLET)));
	setup(&b);
	b.p[OUTLET] *= 1.3;
	assert_true(isnan(named(&b, BLAME_INPUT, INFLOW)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_blamed_for_noise),
		cmocka_unit_test(a_leak_is_an_outlet_that_is_larger),
		cmocka_unit_test(a_sensor_that_drifts_is_named_with_its_rate),
		cmocka_unit_test(a_flow_that_is_read_wrong_is_told_from_a_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
