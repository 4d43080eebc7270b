/* SPDX-License-Identifier: Apache-2.0 */
/* What a file of scenarios may say.  Each key is shown in etc/examples/scenario.yaml. */
#include <stddef.h>

#include "gateway/scenario/scenario_build.h"

#define YEAR_MS (86400000.0 * 365)

static const struct schema_key plant_keys[] = {
	{"cycle", SCHEMA_DURATION, "of control program and actuators", .min = 1,
         .max = 60000, .preset = "1s"},
	{"steps", SCHEMA_INT, "in a cycle, at which components exchange what they give",
         .min = 1, .max = 1000, .preset = "1"},
	{"settle", SCHEMA_DURATION, "not of a scenario, which starts from now", .min = 0,
         .max = 0.5, .preset = "0s"},
	{"seed", SCHEMA_INT, "of all that is drawn: the same seed gives the same bytes",
         .min = 0, .max = 9007199254740992.0, .preset = "1"},
	{0},
};
static const struct schema_object plant = {"plant", "how it is stepped", plant_keys};

static const struct schema_key noise_keys[] = {
	{"signal", SCHEMA_TEXT, "that nothing writes: it wanders about its value",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 140},
	{"sigma", SCHEMA_REAL, "its standard deviation, in the signal's unit",
         .flags = SCHEMA_REQUIRED, .min = 0, .max = 1e12},
	{"forgets_in", SCHEMA_DURATION, "time constant of the wandering", .min = 1,
         .max = YEAR_MS, .preset = "10min"},
	{0},
};
static const struct schema_object noise = {"disturbance", "what nobody measures",
                                           noise_keys};

static const struct schema_key kpi_keys[] = {
	{"id", SCHEMA_ID, "its name in tables and goals", .flags = SCHEMA_REQUIRED},
	{"of", SCHEMA_TEXT, "a formula over signals and tags", .flags = SCHEMA_REQUIRED,
         .min = 1, .max = 1000},
	{"as", SCHEMA_CHOICE, "what is made of its course",
         .choices = "mean min max last integral sd share count", .preset = "mean"},
	{"from", SCHEMA_DURATION, "what comes before does not count", .min = 0,
         .max = YEAR_MS, .preset = "0s"},
	{"scale", SCHEMA_REAL, "of the result: 2.7778e-7 makes kWh of J", .preset = "1"},
	{"unit", SCHEMA_TEXT, "of the result", .min = 0, .max = 32, .preset = ""},
	{0},
};
static const struct schema_object kpi = {"kpi", "a figure", kpi_keys};

static const struct schema_key move_keys[] = {
	{"signal", SCHEMA_TEXT, "a tag or signal that nothing writes",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 140},
	{"to", SCHEMA_TEXT, "its value then, perhaps with its unit", .min = 1, .max = 64},
	{"by", SCHEMA_REAL, "by how much it moves instead, in its own unit", .flags = 0},
	{"at", SCHEMA_DURATION, "when", .min = 0, .max = YEAR_MS, .preset = "0s"},
	{"over", SCHEMA_DURATION, "how long it takes: a ramp", .min = 0, .max = YEAR_MS,
         .preset = "0s"},
	{"until", SCHEMA_DURATION, "then it is again what it was", .min = 0,
         .max = YEAR_MS},
	{0},
};
static const struct schema_object move = {"move", "of a setpoint or disturbance",
                                          move_keys};

static const struct schema_key order_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"at", SCHEMA_DURATION, "when it begins", .min = 0, .max = YEAR_MS,
         .preset = "0s"},
	{"for", SCHEMA_DURATION, "how long it runs", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = YEAR_MS},
	{"set", SCHEMA_TEXT, "setpoints meanwhile, perhaps with their units",
         .shape = SCHEMA_MAP_OF, .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{0},
};
static const struct schema_object order = {"order", "a production order", order_keys};

static const struct schema_key scenario_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"description", SCHEMA_TEXT, "for people", .min = 1, .max = 1000},
	{"moves", SCHEMA_OBJECT, "of setpoints and disturbances", .shape = SCHEMA_LIST_OF,
         .object = &move},
	{"orders", SCHEMA_OBJECT, "production orders", .shape = SCHEMA_LIST_OF,
         .object = &order},
	{"script", SCHEMA_OBJECT, "faults, as in docs/plant.md", .shape = SCHEMA_LIST_OF,
         .object = &plant_event_object},
	{0},
};
static const struct schema_object scenario = {"scenario", "what happens if",
                                              scenario_keys};

static const struct schema_key root_keys[] = {
	{"horizon", SCHEMA_DURATION, "how far ahead", .min = 1000, .max = YEAR_MS,
         .preset = "1h"},
	{"plant", SCHEMA_OBJECT, "how it is stepped", .object = &plant},
	{"points", SCHEMA_INT, "of a course that is shown", .min = 2, .max = 10001,
         .preset = "121"},
	{"samples", SCHEMA_INT,
         "draws of each scenario, of what is not known and of the disturbances", .min = 0,
         .max = 1000, .preset = "0"},
	{"signals", SCHEMA_TEXT, "further setpoints and constants",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{"components", SCHEMA_OBJECT, "further parts of the machine",
         .shape = SCHEMA_LIST_OF, .object = &plant_part_object},
	{"sensors", SCHEMA_OBJECT, "further sensors", .shape = SCHEMA_LIST_OF,
         .object = &plant_sensor_object},
	{"control", SCHEMA_OBJECT, "blocks, run in this order each cycle",
         .shape = SCHEMA_LIST_OF, .object = &plant_block_object},
	{"actuators", SCHEMA_OBJECT, "what follows the blocks", .shape = SCHEMA_LIST_OF,
         .object = &plant_actuator_object},
	{"drives", SCHEMA_TEXT,
         "tag: signal, of inputs of components that are not held as they are",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{"disturbances", SCHEMA_OBJECT, "drawn anew in each sample",
         .shape = SCHEMA_LIST_OF, .object = &noise},
	{"kpis", SCHEMA_OBJECT, "what scenarios are judged by", .shape = SCHEMA_LIST_OF,
         .object = &kpi},
	{"show", SCHEMA_TEXT,
         "signals and tags whose course is shown; absent: what is measured",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 140},
	{"scenarios", SCHEMA_OBJECT, "beside 'as now', which changes nothing",
         .shape = SCHEMA_LIST_OF, .object = &scenario},
	{0},
};
const struct schema_object scenario_root = {"scenarios", "what happens if", root_keys};
