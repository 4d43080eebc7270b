/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions that are no plant. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "tests/twin/line.h"

static void refuse(const char *name, const struct plant_config *c, int want)
{
	struct plant *p = NULL;
	int err = plant_new(&p, c);

	plant_free(p);
	if (err != want) {
		fail_msg("%s: %d, not %d", name, err, want);
	}
}

static void number_out_of_range_is_refused(void **state)
{
	static const struct fault no_target = {.kind = FAULT_STUCK, .target = 99};
	static const struct fault no_damage = {.target = TANK1, .damage = 99};
	struct plant_config c = line_config();

	c.step_s = 0;
	refuse("no step", &c, -EINVAL);
	c.step_s = NAN;
	refuse("step is no number", &c, -EINVAL);
	c = line_config();
	c.steps = 0;
	refuse("no steps", &c, -EINVAL);
	c = line_config();
	c.settle_s = -1;
	refuse("settles backwards", &c, -EINVAL);
	c = line_config();
	c.n_units = PLANT_UNITS_MAX + 1;
	refuse("too many units", &c, -EINVAL);
	c = line_config();
	c.faults = &no_target;
	c.n_faults = 1;
	refuse("fault of no sensor", &c, -EINVAL);
	c.faults = &no_damage;
	refuse("fault of no damage", &c, -EINVAL);
	(void)state;
}

static void wiring_that_is_wrong_is_refused(void **state)
{
	struct plant_config c = line_config();
	struct part_config parts[N_LINE_PARTS];
	struct sensor_config sensor = c.sensors[0];

	for (size_t i = 0; i < N_LINE_PARTS; i++) {
		parts[i] = c.parts[i];
	}
	c.parts = parts;
	refuse("as it was", &c, 0);
	parts[TANK1].inputs[0].signal = N_LINE_SIGNALS;
	refuse("input from nowhere", &c, -EINVAL);
	parts[TANK1].inputs[0].signal = PUMP_FLOW;
	parts[TANK1].outputs[0] = PUMP_FLOW;
	refuse("two writers", &c, -EEXIST);
	parts[TANK1].outputs[0] = LEVEL1;
	parts[TANK1].inputs[0].scale = 0;
	refuse("input times 0", &c, -EINVAL);
	parts[TANK1].inputs[0].scale = 1;
	c = line_config();
	sensor.to = LEVEL1;
	c.sensors = &sensor;
	c.n_sensors = 1;
	refuse("sensor writes the truth", &c, -EEXIST);
	(void)state;
}

/* Two valves, each opened by what flows through the other: the way through the level is
 * no loop, since a level has a state. */
static void loop_is_named_by_its_members(void **state)
{
	struct plant_config c = line_config();
	struct part_config parts[N_LINE_PARTS];
	uint32_t members[8];

	(void)state;
	assert_int_equal(plant_loop(&c, members, 8), 0);
	for (size_t i = 0; i < N_LINE_PARTS; i++) {
		parts[i] = c.parts[i];
	}
	c.parts = parts;
	parts[TANK1].inputs[1].signal = LEVEL2;
	parts[TANK2].inputs[1].signal = LEVEL1;
	refuse("levels that open valves", &c, 0);
	parts[TANK1].inputs[1].signal = OUTFLOW2;
	parts[TANK2].inputs[1].signal = OUTFLOW1;
	refuse("a loop without a state", &c, -ELOOP);
	assert_int_equal(plant_loop(&c, members, 8), 2);
	assert_int_equal(members[0] + members[1], OUTFLOW1 + OUTFLOW2);
	assert_int_equal(plant_loop(&c, members, 1), 1);
	parts[TANK2].inputs[1].signal = OUTFLOW2;
	assert_int_equal(plant_loop(&c, members, 8), 1);
	assert_int_equal(members[0], OUTFLOW2);
}

static void injection_is_bounded(void **state)
{
	struct plant_config c = line_config();
	struct fault short_one = {
		.kind = FAULT_NOISE, .value = 2, .at_s = 0, .until_s = 1};
	struct fault bad = {.kind = FAULT_NOISE, .value = NAN, .until_s = 1};
	struct plant *p = NULL;

	assert_int_equal(plant_new(&p, &c), 0);
	for (int i = 0; i < PLANT_FAULTS_MAX; i++) {
		assert_int_equal(plant_inject(p, &short_one), 0);
	}
	assert_int_equal(plant_inject(p, &short_one), -ENOSPC);
	assert_int_equal(plant_inject(p, &bad), -EINVAL);
	bad = (struct fault){.kind = FAULT_SILENCE, .target = 2};
	assert_int_equal(plant_inject(p, &bad), -EINVAL);
	for (int i = 0; i < 60; i++) {
		plant_turn(p);
	}
	assert_int_equal(plant_inject(p, &short_one), 0); /* room: the others are over */
	plant_free(p);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_out_of_range_is_refused),
		cmocka_unit_test(wiring_that_is_wrong_is_refused),
		cmocka_unit_test(loop_is_named_by_its_members),
		cmocka_unit_test(injection_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
