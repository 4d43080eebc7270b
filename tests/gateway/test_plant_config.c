/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plant/plant_config.h"

static const char *source_file(const char *name)
{
	static char path[512];
	const char *root = getenv("POLLUX_SOURCE");

	snprintf(path, sizeof(path), "%s/%s", root ? root : ".", name);
	return path;
}

static const char machine[] =
	"plant: {seed: 3, cycle: 10ms, steps: 5, settle: 1s}\n"
	"signals: {run: 1, level_setpoint: 50 cm}\n"
	"components:\n"
	"  - {id: tank, model: tank, parameters: {area: 2, outlet: 1e-3},\n"
	"     start: {level: 30 cm}, inputs: {inflow: 3.6 m3/h, valve: drive}}\n"
	"  - {id: heat, model: expression, units: {h: W}, inputs: {a: run, l: "
	"tank.level},\n"
	"     expression: {h: 'a * 2 + l'}}\n"
	"sensors:\n"
	"  - {id: level, of: tank.level, unit: cm, noise: 0.001, lag: 200ms}\n"
	"control:\n"
	"  - {id: wanted, block: pi, parameters: {kp: -2, ti: 5},\n"
	"     inputs: {setpoint: level_setpoint, measured: level}}\n"
	"actuators:\n"
	"  - {id: drive, from: wanted, rate: 0.5}\n"
	"modbus:\n"
	"  units:\n"
	"    - id: plc\n"
	"      registers:\n"
	"        - {at: input:4, signal: level, type: float32}\n"
	"        - {at: holding:2, signal: level_setpoint, type: uint16, scale: 0.001}\n"
	"        - {at: coil:7, signal: run, type: bool}\n"
	"script:\n"
	"  - {at: 2s, until: 3s, target: tank, fault: leak, value: 1e-4}\n"
	"  - {at: 4s, when: 'tank.level > 0.4 and run', for: 2s, target: level, fault: "
	"stuck}\n"
	"  - {at: 5s, target: plc, fault: exception, value: 4}\n";

/* Load text and gather its complaints in buf. */
static int load(struct plant_setup **out, const char *text, char *buf, size_t n)
{
	FILE *f = fmemopen(buf, n, "w");
	int err;

	assert_non_null(f);
	err = plant_config_load_text(out, "line.yaml", text, f);
	fclose(f);
	return err;
}

static void file_becomes_a_plant(void **state)
{
	struct plant_setup *s = NULL;
	const struct plant_config *c;
	char said[4000] = "";

	if (load(&s, machine, said, sizeof(said))) {
		fail_msg("%s", said);
	}
	c = &s->plant;
	assert_int_equal(c->seed, 3);
	assert_int_equal(c->steps, 5);
	assert_true(fabs(c->step_s - 0.002) < 1e-12);
	assert_true(c->settle_s == 1);
	assert_int_equal(c->n_parts, 2);
	assert_string_equal(c->parts[0].kind.model->name, "tank");
	assert_string_equal(c->parts[1].kind.model->name, "expression");
	assert_true(fabs(c->parts[0].start[0] - 0.3) < 1e-12);
	assert_true(isnan(c->parts[0].start[1]));
	assert_true(c->parts[0].parameters[0] == 2);
	assert_string_equal(c->signals[c->parts[0].outputs[0]].name, "tank.level");
	assert_true(fabs(c->parts[0].inputs[0].scale - 1 / 3600.0) < 1e-12);
	assert_true(c->signals[c->parts[0].inputs[0].signal].start == 3.6);
	assert_string_equal(c->signals[c->parts[0].inputs[1].signal].name, "drive");
	assert_string_equal(c->signals[plant_signal_find(s, "heat.h")].unit, "W");
	assert_true(fabs(c->sensors[0].from.scale - 100) < 1e-9);
	assert_true(c->sensors[0].lag_s == 0.2);
	assert_int_equal(c->sensors[0].from.signal, c->parts[0].outputs[0]);
	assert_string_equal(c->blocks[0].kind->name, "pi");
	assert_int_equal(c->actuators[0].from.signal, c->blocks[0].output);
	assert_string_equal(s->listen, "tcp://127.0.0.1:5020");
	assert_int_equal(c->n_units, 1);
	assert_int_equal(s->units[0].sizes[MODBUS_INPUT], 6);
	assert_int_equal(s->units[0].sizes[MODBUS_HOLDING], 3);
	assert_int_equal(s->units[0].sizes[MODBUS_COIL], 8);
	assert_int_equal(s->units[0].sizes[MODBUS_DISCRETE], 0);
	assert_int_equal(c->n_faults, 3);
	assert_int_equal(c->faults[0].kind, FAULT_DAMAGE);
	assert_true(c->faults[0].at_s == 2 && c->faults[0].until_s == 3);
	assert_int_equal(c->faults[1].kind, FAULT_STUCK);
	assert_true(isinf(c->faults[1].until_s));
	assert_true(c->faults[1].for_s == 2 && c->faults[1].when.n == 2);
	assert_int_equal(c->faults[2].kind, FAULT_EXCEPTION);
	plant_config_free(s);
	(void)state;
}

static void fault_is_found_by_target_and_name(void **state)
{
	static const struct {
		const char *target, *fault;
		int err;
	} cases[] = {
		{"tank", "leak", 0},          {"level", "drift", 0},
		{"drive", "jammed", 0},       {"plc", "silence", 0},
		{"tank", "area", -EINVAL},    {"tank", "drift", -EINVAL},
		{"level", "leak", -EINVAL},   {"plc", "leak", -EINVAL},
		{"drive", "stuck", -EINVAL},  {"pump", "wear", -ENOENT},
		{"wanted", "stuck", -ENOENT},
	};
	struct plant_setup *s = NULL;
	char said[4000] = "";

	assert_int_equal(load(&s, machine, said, sizeof(said)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f = {.value = 0};
		int err = plant_config_fault(s, cases[i].target, cases[i].fault, &f);

		if (err != cases[i].err) {
			fail_msg("%s %s: %d", cases[i].target, cases[i].fault, err);
		}
	}
	plant_config_free(s);
	(void)state;
}

/* A fault waits for its condition, lasts as long as it says, and does not come back. */
static void condition_begins_a_fault_once(void **state)
{
	struct plant_setup *s = NULL;
	struct plant *p = NULL;
	struct condition c;
	char said[4000] = "";
	double begun = NAN, ended = NAN;

	(void)state;
	assert_int_equal(load(&s, machine, said, sizeof(said)), 0);
	s->plant.settle_s = 0;
	assert_int_equal(plant_new(&p, &s->plant), 0);
	assert_int_equal(plant_condition(s, "tank.level > 0.4 and run", &c), 0);
	for (int i = 0; i < 60000; i++) {
		bool held = condition_holds(&c, plant_signals(p));

		plant_turn(p);
		if (plant_fault_active(p, 1) && isnan(begun)) {
			assert_true(held);
			begun = plant_time_s(p);
		} else if (!plant_fault_active(p, 1) && !isnan(begun) && isnan(ended)) {
			ended = plant_time_s(p);
		} else if (!isnan(ended)) {
			assert_false(plant_fault_active(p, 1));
		}
	}
	assert_true(begun > 4 && fabs(ended - begun - 2) < 0.02);
	assert_int_equal(plant_condition(s, "tank.levl > 0.4", &c), -EINVAL);
	assert_int_equal(plant_condition(s, "tank.level >", &c), -EINVAL);
	plant_free(p);
	plant_config_free(s);
}

static void line_of_the_house_is_valid(void **state)
{
	struct plant_setup *s = NULL;
	char name[512];

	snprintf(name, sizeof(name), "%s", source_file("etc/line.yaml"));
	assert_int_equal(plant_config_load(&s, name, NULL, stderr), 0);
	assert_int_equal(s->plant.n_units, 2);
	assert_int_equal(s->plant.n_faults, 1);
	plant_config_free(s);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_becomes_a_plant),
		cmocka_unit_test(fault_is_found_by_target_and_name),
		cmocka_unit_test(condition_begins_a_fault_once),
		cmocka_unit_test(line_of_the_house_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
