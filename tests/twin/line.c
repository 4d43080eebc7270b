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
	[ON] = {"on", 1},
	[SUPPLY] = {"supply", 15},
	[AMBIENT] = {"ambient", 20},
	[SETPOINT] = {"setpoint", 0.5},
	[HEAT_SETPOINT] = {"heat_setpoint", 30},
	[BELT_DRIVE] = {"belt_drive", 0.3},
	[VALVE_SETPOINT] = {"valve_setpoint", 0.5},
	[PUMP_DRIVE] = {"pump_drive", 40},
};

static struct part_config parts[N_LINE_PARTS];

static const struct sensor_config sensors[] = {
	{.from = LEVEL1,
         .to = LEVEL_SENSOR,
         .gain = 1,
         .lag_s = 0.2,
         .noise = 0.001,
         .resolution = 0.0001,
         .min = 0,
         .max = 1},
	{.from = TEMPERATURE1,
         .to = HEAT_SENSOR,
         .gain = 1,
         .lag_s = 0.5,
         .noise = 0.02,
         .min = 0,
         .max = 100},
};

static struct block_config blocks[2];

static const struct actuator_config actuators[] = {
	{.from = PUMP_WANTED,
         .to = PUMP_DRIVE,
         .min = 0,
         .max = 50,
         .rate = 20,
         .start = 40},
};

static void set(enum line_part part, const char *name, double value)
{
	parts[part].parameters[line_parameter(part, name)] = value;
}

static void connect(enum line_part part, const char *name, enum line_signal signal)
{
	const struct part_kind *kind = parts[part].kind;
	int port = part_port(kind->inputs, kind->n_inputs, name);

	assert_true(port >= 0);
	parts[part].inputs[port] = signal;
}

static void place(enum line_part part, const char *kind, enum line_signal first)
{
	struct part_config *c = &parts[part];

	*c = (struct part_config){.kind = part_find(kind)};
	assert_non_null(c->kind);
	for (size_t i = 0; i < c->kind->n_parameters; i++) {
		c->parameters[i] = c->kind->parameters[i].preset;
	}
	for (size_t i = 0; i < c->kind->n_outputs; i++) {
		c->outputs[i] = (uint32_t)(first + i);
	}
}

static void place_tank(enum line_part part, enum line_signal first)
{
	place(part, "tank", first);
	set(part, "area", 0.02);
	set(part, "outlet", 1.28e-4);
	set(part, "loss", 5);
	set(part, "level", 0.5);
	set(part, "temperature", 30);
	connect(part, "ambient", AMBIENT);
}

static void place_totals(void)
{
	static const enum line_signal of[] = {PUMP_FLOW, OUTFLOW2, LEAKAGE1, SPILL1,
	                                      HEAT,      LOST1,    ENTHALPY1};

	for (uint32_t i = 0; i < ARRAY_SIZE(of); i++) {
		place(TOTAL_FIRST + i, "totalizer", PUMPED + i);
		connect(TOTAL_FIRST + i, "rate", of[i]);
	}
}

static void place_parts(void)
{
	place(PUMP, "pump", PUMP_FLOW);
	set(PUMP, "head", 12);
	set(PUMP, "curve", 8e7);
	set(PUMP, "lift", 3);
	set(PUMP, "friction", 2e7);
	set(PUMP, "speed", 40);
	connect(PUMP, "drive", PUMP_DRIVE);
	place(VALVE, "valve", POSITION);
	set(VALVE, "position", 0.5);
	connect(VALVE, "command", VALVE_SETPOINT);
	place_tank(TANK1, LEVEL1);
	connect(TANK1, "inflow", PUMP_FLOW);
	connect(TANK1, "inflow_temperature", SUPPLY);
	connect(TANK1, "valve", OPENING);
	connect(TANK1, "heater", HEAT);
	place_tank(TANK2, LEVEL2);
	connect(TANK2, "inflow", OUTFLOW1);
	connect(TANK2, "inflow_temperature", TEMPERATURE1);
	connect(TANK2, "valve", ON);
	place(HEATER, "heater", HEAT);
	set(HEATER, "power", 25e3);
	connect(HEATER, "duty", HEATER_DUTY);
	connect(HEATER, "liquid", TEMPERATURE1);
	place(CONVEYOR, "conveyor", BELT_SPEED);
	connect(CONVEYOR, "drive", BELT_DRIVE);
	place_totals();
}

uint32_t line_parameter(enum line_part part, const char *name)
{
	const struct part_kind *kind = parts[part].kind;
	int port = part_port(kind->parameters, kind->n_parameters, name);

	assert_true(port >= 0);
	return (uint32_t)port;
}

struct plant_config line_config(void)
{
	place_parts();
	blocks[0] = (struct block_config){.kind = block_find("pi"),
	                                  .parameters = {40, 10, 0, 50, 40},
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
