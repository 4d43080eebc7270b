/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/twin/line.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"

static struct signal_config signals[N_LINE_SIGNALS] = {
	[ON] = {"on", "", 1},
	[SUPPLY] = {"supply", "K", 288.15},
	[AMBIENT] = {"ambient", "K", 293.15},
	[SETPOINT] = {"setpoint", "m", 0.5},
	[HEAT_SETPOINT] = {"heat_setpoint", "K", 303.15},
	[BELT_DRIVE] = {"belt_drive", "m/s", 0.3},
	[VALVE_SETPOINT] = {"valve_setpoint", "", 0.5},
	[PUMP_DRIVE] = {"pump_drive", "rad/s", 250},
};

static double parameters[N_LINE_PARTS][MODEL_PARAMETERS_MAX];
static struct part_config parts[N_LINE_PARTS];

static const struct sensor_config sensors[] = {
	{.from = {LEVEL1, 1, 0},
         .to = LEVEL_SENSOR,
         .gain = 1,
         .lag_s = 0.2,
         .noise = 0.001,
         .resolution = 0.0001,
         .min = 0,
         .max = 1},
	{.from = {TEMPERATURE1, 1, 0},
         .to = HEAT_SENSOR,
         .gain = 1,
         .lag_s = 0.5,
         .noise = 0.02,
         .min = 200,
         .max = 400},
};

static struct block_config blocks[2];

static const struct actuator_config actuators[] = {
	{.from = {PUMP_WANTED, 1, 0},
         .to = PUMP_DRIVE,
         .min = 0,
         .max = 314,
         .rate = 120,
         .lag_s = 0.4,
         .start = 250},
};

static int port_of(const struct model_port *ports, size_t n, const char *name)
{
	int port = part_port(ports, n, name);

	if (port < 0) {
		fail_msg("no %s", name);
	}
	return port;
}

static void set(enum line_part part, const char *name, double value)
{
	const struct model *m = parts[part].kind.model;

	parameters[part][port_of(m->parameters, m->n_parameters, name)] = value;
}

static void join(enum line_part part, const char *name, enum line_signal signal)
{
	const struct model *m = parts[part].kind.model;

	parts[part].inputs[port_of(m->inputs, m->n_inputs, name)].signal = signal;
}

static void place(enum line_part part, const char *kind, enum line_signal first)
{
	struct part_config *c = &parts[part];
	const struct model *m;

	*c = (struct part_config){.id = kind, .parameters = parameters[part]};
	assert_int_equal(part_find(&c->kind, kind), 0);
	m = c->kind.model;
	for (size_t i = 0; i < m->n_parameters; i++) {
		parameters[part][i] = m->parameters[i].preset;
	}
	for (size_t i = 0; i < MODEL_INPUTS_MAX; i++) {
		c->inputs[i] = (struct plant_wire){ON, 1, 0};
	}
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		c->outputs[i] = i < m->n_outputs ? (uint32_t)(first + i) : 0;
		c->start[i] = (double)NAN;
	}
}

static void place_tank(enum line_part part, enum line_signal first)
{
	place(part, "heated_tank", first);
	set(part, "area", 0.02);
	set(part, "outlet", 1.28e-4);
	set(part, "level_max", 0.9);
	set(part, "loss", 5);
	parts[part].start[0] = 0.5;
	parts[part].start[1] = 303.15;
	join(part, "ambient", AMBIENT);
}

static void place_totals(void)
{
	static const enum line_signal of[] = {PUMP_FLOW, OUTFLOW1, OUTFLOW2};

	for (uint32_t i = 0; i < ARRAY_SIZE(of); i++) {
		place(TOTAL_FIRST + i, "totalizer", PUMPED + i);
		join(TOTAL_FIRST + i, "rate", of[i]);
	}
}

static void place_parts(void)
{
	place(PUMP, "pump", PUMP_FLOW);
	set(PUMP, "head", 12);
	set(PUMP, "pump_loss", 8e7);
	set(PUMP, "rated_speed", 314);
	set(PUMP, "static_head", 3);
	set(PUMP, "system_loss", 2e7);
	set(PUMP, "inertance", 4e3);
	set(PUMP, "best_flow", 2.5e-4);
	join(PUMP, "speed", PUMP_DRIVE);
	place_tank(TANK1, LEVEL1);
	join(TANK1, "inflow", PUMP_FLOW);
	join(TANK1, "inflow_temperature", SUPPLY);
	join(TANK1, "valve", VALVE_SETPOINT);
	join(TANK1, "heater", HEAT);
	place_tank(TANK2, LEVEL2);
	join(TANK2, "inflow", OUTFLOW1);
	join(TANK2, "inflow_temperature", TEMPERATURE1);
	place(HEATER, "first_order", HEAT);
	set(HEATER, "gain", 25e3);
	set(HEATER, "tau", 1.2);
	join(HEATER, "u", HEATER_DUTY);
	parts[TANK2].inputs[3].scale = 1e-9; /* no heater there */
	place(CONVEYOR, "belt", BELT_SPEED);
	join(CONVEYOR, "drive", BELT_DRIVE);
	place_totals();
}

uint32_t line_damage(enum line_part part, const char *name)
{
	const struct part_kind *k = &parts[part].kind;

	return (uint32_t)port_of(k->damages, k->n_damages, name);
}

struct plant_config line_config(void)
{
	place_parts();
	blocks[0] = (struct block_config){.kind = block_find("pi"),
	                                  .parameters = {250, 10, 0, 314, 250},
	                                  .inputs = {SETPOINT, LEVEL_SENSOR, ON},
	                                  .output = PUMP_WANTED};
	blocks[1] = (struct block_config){.kind = block_find("two_point"),
	                                  .parameters = {0.2},
	                                  .inputs = {HEAT_SETPOINT, HEAT_SENSOR, ON},
	                                  .output = HEATER_DUTY};
	return (struct plant_config){
		.signals = signals,
		.n_signals = N_LINE_SIGNALS,
		.parts = parts,
		.n_parts = N_LINE_PARTS,
		.sensors = sensors,
		.n_sensors = ARRAY_SIZE(sensors),
		.blocks = blocks,
		.n_blocks = ARRAY_SIZE(blocks),
		.actuators = actuators,
		.n_actuators = ARRAY_SIZE(actuators),
		.n_units = 2,
		.seed = 1,
		.step_s = 0.01,
		.steps = 2,
		.settle_s = 120,
	};
}
