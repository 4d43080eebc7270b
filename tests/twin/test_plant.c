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

static const double rho_c = 998.0 * 4186;

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

/* What came in is there, or went out, leaks and spills included: to rounding. */
static void line_balances_mass_and_heat(void **state)
{
	struct plant_config c = line_config();
	struct fault leak = {.kind = FAULT_PARAMETER,
	                     .target = TANK1,
	                     .parameter = line_parameter(TANK1, "leak"),
	                     .value = 2e-5,
	                     .at_s = 5,
	                     .until_s = 20};
	struct plant *p = settled(&c);
	double a[N_LINE_SIGNALS];
	const double *b = plant_signals(p);
	double heat_before, heat_after, volume;

	memcpy(a, b, sizeof(a));
	assert_int_equal(plant_inject(p, &leak), 0);
	run_until(p, 60);
	volume = 0.02 * (b[LEVEL1] + b[LEVEL2] - a[LEVEL1] - a[LEVEL2]);
	near("mass", (b[PUMPED] - a[PUMPED]) - (b[DRAINED] - a[DRAINED]) - b[LEAKED],
	     volume, 1e-12);
	assert_true(b[LEAKED] > 1e-4);
	heat_before = rho_c * 0.02 * a[LEVEL1] * a[TEMPERATURE1];
	heat_after = rho_c * 0.02 * b[LEVEL1] * b[TEMPERATURE1];
	near("heat of tank 1",
	     (rho_c * 15 * (b[PUMPED] - a[PUMPED]) + b[HEATED] - a[HEATED] -
	      (b[LOST_TOTAL] - a[LOST_TOTAL]) - (b[ENTHALPY_TOTAL] - a[ENTHALPY_TOTAL])) /
	             heat_before,
	     (heat_after - heat_before) / heat_before, 1e-9);
	plant_free(p);
	(void)state;
}

/* Overfull: what the rim spills is part of the balance, and the level stops there. */
static void tank_too_full_spills(void **state)
{
	struct plant_config c = line_config();
	struct plant *p;
	const double *s;
	double before;

	c.settle_s = 0;
	p = settled(&c);
	s = plant_signals(p);
	assert_int_equal(plant_set(p, SETPOINT, 5), 0);
	assert_int_equal(plant_set(p, VALVE_SETPOINT, 0.1), 0);
	before = s[LEVEL1];
	run_until(p, 300);
	assert_true(s[LEVEL1] > 1 && s[LEVEL1] < 1.02);
	assert_true(s[SPILT] > 0);
	assert_true(before < s[LEVEL1]);
	near("mass", s[PUMPED] - s[DRAINED] - s[SPILT],
	     0.02 * (s[LEVEL1] + s[LEVEL2] - 1), 1e-12);
	plant_free(p);
	(void)state;
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
		const char *parameter;
		double value;
		enum line_signal watched;
		double least, most; /* change against the healthy run after 5 s */
	} cases[] = {
		{"leak", FAULT_PARAMETER, TANK1, "leak", 3e-5, LEVEL1, -0.1, -0.003},
		{"leak is refilled", FAULT_PARAMETER, TANK1, "leak", 3e-5, PUMP_FLOW,
	         5e-6, 1},
		{"clogged valve", FAULT_PARAMETER, VALVE, "clog", 0.5, OUTFLOW1, -1,
	         -5e-5},
		{"worn pump", FAULT_PARAMETER, PUMP, "wear", 0.3, PUMP_FLOW, -1, -2e-5},
		{"burnt heater", FAULT_PARAMETER, HEATER, "burnt", 0.9, TEMPERATURE1, -20,
	         -0.3},
		{"scale", FAULT_PARAMETER, HEATER, "scale", 0.5, ELEMENT, 1, 1000},
		{"jammed belt", FAULT_PARAMETER, CONVEYOR, "jam", 100, BELT_CURRENT, 0.05,
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
		if (cases[i].parameter) {
			fault.parameter = line_parameter(cases[i].target,
			                                 cases[i].parameter);
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
	struct fault f;
	struct plant *p;

	c.faults = script;
	c.n_faults = ARRAY_SIZE(script);
	p = settled(&c);
	assert_false(plant_unit_fault(p, 0, &f));
	run_until(p, 1.5);
	assert_true(plant_unit_fault(p, 0, &f));
	assert_int_equal(f.kind, FAULT_SILENCE);
	assert_false(plant_unit_fault(p, 1, &f));
	run_until(p, 2.5);
	assert_true(plant_unit_fault(p, 0, &f));
	assert_int_equal(f.kind, FAULT_EXCEPTION);
	run_until(p, 3);
	assert_false(plant_unit_fault(p, 0, &f));
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
		cmocka_unit_test(line_balances_mass_and_heat),
		cmocka_unit_test(tank_too_full_spills),
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
