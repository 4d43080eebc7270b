/* SPDX-License-Identifier: Apache-2.0 */
/* A pump, a valve and two tanks with their control, described in C, for tests. */
#ifndef TESTS_TWIN_LINE_H
#define TESTS_TWIN_LINE_H

#include "twin/plant/plant.h"

/** Signals of the line. */
enum line_signal {
	ON,
	SUPPLY,
	AMBIENT,
	SETPOINT,
	HEAT_SETPOINT,
	BELT_DRIVE,
	VALVE_SETPOINT,
	PUMP_FLOW, /* as are the next: pump's outputs, in their order */
	PUMP_HEAD,
	PUMP_POWER,
	LEVEL1, /* tank 1 */
	TEMPERATURE1,
	OUTFLOW1,
	LEVEL2, /* tank 2 */
	TEMPERATURE2,
	OUTFLOW2,
	HEAT,
	BELT_SPEED,
	COUNT,
	BELT_LOAD,
	BELT_CURRENT,
	PUMPED, /* totals */
	PASSED,
	DRAINED,
	LEVEL_SENSOR, /* sensors */
	HEAT_SENSOR,
	PUMP_WANTED, /* control */
	HEATER_DUTY,
	PUMP_DRIVE, /* actuators */
	N_LINE_SIGNALS,
};

/** Parts of the line. */
enum line_part {
	TANK2, /* not in the order of flow: the plant has to find that */
	TANK1,
	HEATER,
	PUMP,
	CONVEYOR,
	TOTAL_FIRST,
	N_LINE_PARTS = TOTAL_FIRST + 3,
};

/** A healthy line, settled; points into static tables. */
struct plant_config line_config(void);

/** Index of a part's damage; fails the test where there is none. */
uint32_t line_damage(enum line_part part, const char *name);

#endif
