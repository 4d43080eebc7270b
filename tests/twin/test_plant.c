/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/line.h"

static struct plant *settled(const struct plant_config *c)
{
	struct plant *p = NULL;

	assert_int_equal(plant_new(&p, c), 0);
	return p;
}

static void run_until(struct plant *p, double t_s)
{
	while (plant_time_s(p) < t_s - plant_cycle_s(p) / 2) {
		plant_turn(p);
	}
}

static void near(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance)) {
		fail_msg("%s: %.12g, not %.12g within %g", what, got, want, tolerance);
	}
}

/* How far the two tanks are from what flowed in and out: of the flow between parts one
 * knows what it was at the beginning of a step. */
static double unbalance(double step_s, double at_s)
{
	struct plant_config c = line_config();
	struct plant *p;
	double a[N_LINE_SIGNALS];
	const double *b;
	double in, out;

	c.steps = (uint32_t)lround(0.02 / step_s);
	c.step_s = 0.02 / c.steps;
	c.settle_s = 20;
	p = settled(&c);
	b = plant_signals(p);
	assert_int_equal(plant_set(p, SETPOINT, 0.8), 0);
	memcpy(a, b, sizeof(a));
	run_until(p, at_s);
	in = b[PUMPED] - a[PUMPED];
	out = b[DRAINED] - a[DRAINED];
	in -= 0.02 * (b[LEVEL1] + b[LEVEL2] - a[LEVEL1] - a[LEVEL2]) + out;
	plant_free(p);
	return fabs(in);
}

/* To first order in the step: half the step, about half of what is missing. */
static void line_balances_to_its_step(void **state)
{
	double coarse = unbalance(0.02, 30), fine = unbalance(0.0025, 30);

	(void)state;
	if (!(coarse < 2e-6 && fine < coarse / 3)) {
		fail_msg("%g m3, %g m3", coarse, fine);
	}
}

/* A part by itself keeps to the tolerance of the integrator, whatever the step: a tank
 * that empties, sqrt(h) = sqrt(h0) - a sqrt(2 g) / (2 A) t. */
static void part_alone_is_exact_at_any_step(void **state)
{
	static const double steps[] = {0.001, 0.02, 0.5};
	double k = 1e-3 * sqrt(2 * 9.80665) / (2 * 0.5);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		static const double parameters[] = {0.5, 1e-3, 100};
		static const struct signal_config signals[] = {{"none", "", 0},
		                                               {"open", "", 1},
		                                               {"level", "m", 0},
		                                               {"out", "", 0}};
		struct part_config tank = {.parameters = parameters,
		                           .inputs = {{0, 1, 0}, {1, 1, 0}},
		                           .outputs = {2, 3},
		                           .start = {0.7, NAN}};
		struct plant_config c = {.signals = signals,
		                         .n_signals = ARRAY_SIZE(signals),
		                         .parts = &tank,
		                         .n_parts = 1,
		                         .step_s = steps[i],
		                         .steps = 1};
		struct plant *p;

		assert_int_equal(part_find(&tank.kind, "tank"), 0);
		p = settled(&c);
		run_until(p, 100);
		near("level", plant_signals(p)[2], pow(sqrt(0.7) - k * 100, 2), 1e-6);
		plant_free(p);
	}
}

static void line_settled_stays_where_it_is(void **state)
{
	static const enum line_signal watched[] = {PUMP_FLOW, LEVEL1, TEMPERATURE1,
	                                           LEVEL2, TEMPERATURE2};
	struct plant_config c = line_config();
	struct plant *p;
	double mean[2][ARRAY_SIZE(watched)] = {{0}};

	c.settle_s = 600;
	p = settled(&c);
	for (size_t part = 0; part < 2; part++) {
		for (int turn = 0; turn < 2000; turn++) {
			plant_turn(p);
			for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
				mean[part][i] += plant_signals(p)[watched[i]] / 2000;
			}
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		near("mean of 40 s after that of 40 s", mean[1][i] / mean[0][i], 1, 5e-3);
	}
	plant_free(p);
	(void)state;
}

static void same_seed_gives_same_bytes(void **state)
{
	struct plant_config c = line_config();
	struct plant *a = settled(&c), *b = settled(&c), *other;
	bool differs = false;

	c.seed = 2;
	other = settled(&c);
	for (int turn = 0; turn < 5000; turn++) {
		plant_turn(a);
		plant_turn(b);
		plant_turn(other);
		assert_memory_equal(plant_signals(a), plant_signals(b),
		                    N_LINE_SIGNALS * sizeof(double));
		differs = differs || plant_signals(a)[LEVEL_SENSOR] !=
		                             plant_signals(other)[LEVEL_SENSOR];
	}
	assert_true(differs);
	plant_free(a);
	plant_free(b);
	plant_free(other);
	(void)state;
}

/* A fault changes nothing before it begins: the noise of a run is that of its twin. */
static void fault_yet_to_come_changes_nothing(void **state)
{
	struct plant_config c = line_config();
	struct fault fault = {.kind = FAULT_NOISE,
	                      .target = 0,
	                      .value = 9,
	                      .at_s = 10,
	                      .until_s = INFINITY};
	struct plant *a = settled(&c), *b = settled(&c);

	assert_int_equal(plant_inject(b, &fault), 0);
	run_until(a, 10);
	run_until(b, 10);
	assert_memory_equal(plant_signals(a), plant_signals(b),
	                    N_LINE_SIGNALS * sizeof(double));
	assert_int_equal(plant_active_faults(b), 0);
	plant_turn(b);
	assert_int_equal(plant_active_faults(b), 1);
	plant_free(a);
	plant_free(b);
	(void)state;
}

/* Each fault moves what it should, the way it should, and its end ends it. */
static void fault_has_its_effect_and_its_end(void **state)
{
	static const struct {
		const char *name;
		enum fault_kind kind;
		uint32_t target;
		const char *damage;
		double value;
		enum line_signal watched;
		double least, most; /* change against the healthy run after 5 s */
	} cases[] = {
		{"leak", FAULT_DAMAGE, TANK1, "leak", 3e-5, LEVEL1, -0.1, -0.003},
		{"leak is refilled", FAULT_DAMAGE, TANK1, "leak", 3e-5, PUMP_FLOW, 5e-6,
	         1},
		{"blocked outlet", FAULT_DAMAGE, TANK1, "blocked", 0.5, OUTFLOW1, -1,
	         -5e-5},
		{"worn pump", FAULT_DAMAGE, PUMP, "wear", 0.3, PUMP_FLOW, -1, -2e-5},
		{"burnt heater", FAULT_DAMAGE, HEATER, "wear", 0.9, TEMPERATURE1, -20,
	         -0.3},
		{"jammed belt", FAULT_DAMAGE, CONVEYOR, "jam", 100, BELT_CURRENT, 0.05,
	         9},
		{"offset", FAULT_OFFSET, 0, NULL, 0.05, LEVEL1, -0.1, -0.003},
		{"drift", FAULT_DRIFT, 0, NULL, 0.01, LEVEL1, -0.1, -0.001},
		{"stuck actuator", FAULT_JAMMED, 0, NULL, 0, LEVEL1, -0.05, 0.05},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plant_config c = line_config();
		struct fault fault = {.kind = cases[i].kind,
		                      .target = cases[i].target,
		                      .value = cases[i].value,
		                      .at_s = 1,
		                      .until_s = 6};
		struct plant *healthy, *ill;
		double change;

		c.seed = i;
		c.step_s = 0.01;
		if (cases[i].damage) {
			fault.damage = line_damage(cases[i].target, cases[i].damage);
		}
		healthy = settled(&c);
		ill = settled(&c);
		assert_int_equal(plant_inject(ill, &fault), 0);
		run_until(healthy, 6);
		run_until(ill, 6);
		change = plant_signals(ill)[cases[i].watched] -
		         plant_signals(healthy)[cases[i].watched];
		if (!(change >= cases[i].least && change <= cases[i].most)) {
			fail_msg("%s: changed by %g", cases[i].name, change);
		}
		run_until(healthy, 120);
		run_until(ill, 120);
		assert_int_equal(plant_active_faults(ill), 0);
		near(cases[i].name, plant_signals(ill)[LEVEL1],
		     plant_signals(healthy)[LEVEL1], 0.002);
		plant_free(healthy);
		plant_free(ill);
	}
	(void)state;
}

static void sensor_faults_do_not_touch_the_truth(void **state)
{
	struct plant_config c = line_config();
	struct fault stuck = {.kind = FAULT_STUCK, .target = 1, .at_s = 1, .until_s = 2};
	struct fault dropout = {
		.kind = FAULT_DROPOUT, .target = 1, .at_s = 3, .until_s = 4};
	struct plant *p = settled(&c);
	double held;

	assert_int_equal(plant_inject(p, &stuck), 0);
	assert_int_equal(plant_inject(p, &dropout), 0);
	run_until(p, 1);
	held = plant_signals(p)[HEAT_SENSOR];
	run_until(p, 2);
	assert_true(held == plant_signals(p)[HEAT_SENSOR]);
	run_until(p, 3);
	assert_true(held != plant_signals(p)[HEAT_SENSOR]);
	run_until(p, 3.5);
	assert_true(isnan(plant_signals(p)[HEAT_SENSOR]));
	assert_true(plant_signals(p)[HEATER_DUTY] == 0); /* blind: off */
	assert_true(isfinite(plant_signals(p)[TEMPERATURE1]));
	run_until(p, 5);
	assert_true(isfinite(plant_signals(p)[HEAT_SENSOR]));
	plant_free(p);
	(void)state;
}

static void unit_faults_are_for_the_server(void **state)
{
	struct plant_config c = line_config();
	struct fault script[] = {
		{.kind = FAULT_SILENCE, .target = 0, .at_s = 1, .until_s = 3},
		{.kind = FAULT_EXCEPTION,
	         .target = 0,
	         .value = 4,
	         .at_s = 2,
	         .until_s = 3},
	};
	struct plant *p;
	double value;

	c.faults = script;
	c.n_faults = ARRAY_SIZE(script);
	p = settled(&c);
	assert_false(plant_unit_fault(p, 0, FAULT_SILENCE, &value));
	run_until(p, 1.5);
	assert_true(plant_unit_fault(p, 0, FAULT_SILENCE, &value));
	assert_true(plant_fault_active(p, 0));
	assert_false(plant_unit_fault(p, 1, FAULT_SILENCE, &value));
	assert_false(plant_unit_fault(p, 0, FAULT_EXCEPTION, &value));
	run_until(p, 2.5);
	assert_true(plant_unit_fault(p, 0, FAULT_EXCEPTION, &value));
	assert_true(value == 4);
	run_until(p, 3.1);
	assert_false(plant_unit_fault(p, 0, FAULT_SILENCE, &value));
	assert_false(plant_fault_active(p, 0));
	plant_free(p);
	(void)state;
}

static void setpoint_is_settable_and_what_is_written_is_not(void **state)
{
	struct plant_config c = line_config();
	struct plant *p = settled(&c);

	assert_true(plant_settable(p, SETPOINT));
	assert_false(plant_settable(p, LEVEL1));
	assert_false(plant_settable(p, N_LINE_SIGNALS));
	assert_int_equal(plant_set(p, SETPOINT, 0.6), 0);
	assert_int_equal(plant_set(p, SETPOINT, NAN), -EINVAL);
	assert_int_equal(plant_set(p, N_LINE_SIGNALS, 1), -EINVAL);
	assert_int_equal(plant_set(p, PUMP_WANTED, 1), -EROFS);
	run_until(p, 120);
	near("level follows", plant_signals(p)[LEVEL1], 0.6, 0.01);
	plant_free(p);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_balances_to_its_step),
		cmocka_unit_test(part_alone_is_exact_at_any_step),
		cmocka_unit_test(line_settled_stays_where_it_is),
		cmocka_unit_test(same_seed_gives_same_bytes),
		cmocka_unit_test(fault_yet_to_come_changes_nothing),
		cmocka_unit_test(fault_has_its_effect_and_its_end),
		cmocka_unit_test(sensor_faults_do_not_touch_the_truth),
		cmocka_unit_test(unit_faults_are_for_the_server),
		cmocka_unit_test(setpoint_is_settable_and_what_is_written_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
