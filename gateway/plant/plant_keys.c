/* SPDX-License-Identifier: Apache-2.0 */
/* What a plant's file may say.  Each key is shown in etc/line.yaml. */
#include <stddef.h>

#include "gateway/plant/plant_build.h"

static const struct schema_key plant_keys[] = {
	{"seed", SCHEMA_INT, "of all noise: the same seed gives the same bytes", .min = 0,
         .max = 9007199254740992.0, .preset = "1"},
	{"cycle", SCHEMA_DURATION, "of sensors, control program and actuators", .min = 1,
         .max = 10000, .preset = "20ms"},
	{"steps", SCHEMA_INT, "integrator steps in a cycle", .min = 1, .max = 1000,
         .preset = "2"},
	{"settle", SCHEMA_DURATION, "plant time before the start, without faults",
         .min = 0, .max = 86400000, .preset = "0s"},
	{0},
};
static const struct schema_object plant = {"plant", "how it is stepped", plant_keys};

static const struct schema_key part_keys[] = {
	{"id", SCHEMA_ID, "its outputs are the signals ID.OUTPUT",
         .flags = SCHEMA_REQUIRED},
	{"kind", SCHEMA_TEXT, "conveyor, heater, pump, tank, totalizer, valve",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{"parameters", SCHEMA_REAL, "of the kind, in SI and degC",
         .shape = SCHEMA_MAP_OF},
	{"inputs", SCHEMA_TEXT, "of the kind: each a signal, or a number",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{0},
};
static const struct schema_object part = {"part", "a part of the machine", part_keys};

static const struct schema_key sensor_keys[] = {
	{"id", SCHEMA_ID, "the signal it gives", .flags = SCHEMA_REQUIRED},
	{"of", SCHEMA_TEXT, "the signal it measures", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = 140},
	{"gain", SCHEMA_REAL, "measured = gain x true + bias", .preset = "1"},
	{"bias", SCHEMA_REAL, "as above", .preset = "0"},
	{"lag", SCHEMA_DURATION, "time constant", .min = 0, .max = 3600000,
         .preset = "0ms"},
	{"noise", SCHEMA_REAL, "standard deviation of a sample", .min = 0, .max = 1e12,
         .preset = "0"},
	{"resolution", SCHEMA_REAL, "its values are whole steps of this; 0: any",
         .min = 0, .max = 1e12, .preset = "0"},
	{"min", SCHEMA_REAL, "end of its range", .preset = "-1e12"},
	{"max", SCHEMA_REAL, "end of its range", .preset = "1e12"},
	{0},
};
static const struct schema_object sensor = {"sensor", "what measures a signal",
                                            sensor_keys};

static const struct schema_key block_keys[] = {
	{"id", SCHEMA_ID, "the signal it gives", .flags = SCHEMA_REQUIRED},
	{"block", SCHEMA_TEXT, "copy, filter, limit, pi, select, sequence, two_point",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{"parameters", SCHEMA_REAL, "of the block", .shape = SCHEMA_MAP_OF},
	{"inputs", SCHEMA_TEXT, "of the block: each a signal, or a number",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{0},
};
static const struct schema_object block = {"control", "a block of the control program",
                                           block_keys};

static const struct schema_key actuator_keys[] = {
	{"id", SCHEMA_ID, "the signal it gives", .flags = SCHEMA_REQUIRED},
	{"from", SCHEMA_TEXT, "its command", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = 140},
	{"min", SCHEMA_REAL, "least command", .preset = "0"},
	{"max", SCHEMA_REAL, "largest command", .preset = "1"},
	{"rate", SCHEMA_REAL, "largest change a second; 0: any", .min = 0, .max = 1e12,
         .preset = "0"},
	{"dead_band", SCHEMA_REAL, "smaller changes of the command do nothing", .min = 0,
         .max = 1e12, .preset = "0"},
	{"start", SCHEMA_REAL, "where it stands at first", .preset = "0"},
	{0},
};
static const struct schema_object actuator = {"actuator", "what moves a part",
                                              actuator_keys};

static const struct schema_key register_keys[] = {
	{"at", SCHEMA_TEXT, "holding:0, input:0, coil:0, discrete:0, or 40001 style",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 300},
	{"signal", SCHEMA_TEXT, "shown here; a setpoint can be written here",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 140},
	{"type", SCHEMA_VALUE_TYPE, "bool, bit(n), int8 to uint64, float16 to float64",
         .flags = SCHEMA_REQUIRED},
	{"scale", SCHEMA_REAL, "signal = raw x scale + offset", .preset = "1"},
	{"offset", SCHEMA_REAL, "as above", .preset = "0"},
	{"word_order", SCHEMA_CHOICE, "byte and word order",
         .choices = "ABCD CDAB BADC DCBA", .preset = "ABCD"},
	{0},
};
static const struct schema_object register_object = {"register", "a line of the map",
                                                     register_keys};

static const struct schema_key unit_keys[] = {
	{"id", SCHEMA_ID, "target of silence, exception and close",
         .flags = SCHEMA_REQUIRED},
	{"unit", SCHEMA_INT, "Modbus unit id", .min = 0, .max = 255, .preset = "1"},
	{"registers", SCHEMA_OBJECT, "its map", .shape = SCHEMA_LIST_OF,
         .object = &register_object},
	{0},
};
static const struct schema_object unit = {"unit", "a Modbus unit", unit_keys};

static const struct schema_key modbus_keys[] = {
	{"listen", SCHEMA_TEXT, "tcp://HOST:PORT; port 0 takes a free one", .min = 1,
         .max = 300, .preset = "tcp://127.0.0.1:5020"},
	{"units", SCHEMA_OBJECT, "what it serves", .shape = SCHEMA_LIST_OF,
         .object = &unit},
	{0},
};
static const struct schema_object modbus = {"modbus", "its Modbus TCP server",
                                            modbus_keys};

static const struct schema_key event_keys[] = {
	{"at", SCHEMA_DURATION, "plant time", .flags = SCHEMA_REQUIRED, .min = 0,
         .max = 86400000.0 * 365},
	{"until", SCHEMA_DURATION, "plant time; absent: for ever", .min = 0,
         .max = 86400000.0 * 365},
	{"target", SCHEMA_ID, "a part, sensor, actuator or unit",
         .flags = SCHEMA_REQUIRED},
	{"fault", SCHEMA_ID,
         "of a part: leak, clog, wear, burnt, scale, jam; of a sensor: stuck, dropout, "
         "offset, drift, noise; of an actuator: jammed; of a unit: silence, exception, "
         "close",
         .flags = SCHEMA_REQUIRED},
	{"value", SCHEMA_REAL, "how much, in the unit of the fault", .preset = "0"},
	{0},
};
static const struct schema_object event = {"fault", "a fault at its time", event_keys};

static const struct schema_key root_keys[] = {
	{"plant", SCHEMA_OBJECT, "how it is stepped", .object = &plant},
	{"signals", SCHEMA_REAL, "setpoints and constants by name, with their values",
         .shape = SCHEMA_MAP_OF},
	{"parts", SCHEMA_OBJECT, "the machine", .shape = SCHEMA_LIST_OF, .object = &part},
	{"sensors", SCHEMA_OBJECT, "what it is seen by", .shape = SCHEMA_LIST_OF,
         .object = &sensor},
	{"control", SCHEMA_OBJECT, "blocks, run in this order each cycle",
         .shape = SCHEMA_LIST_OF, .object = &block},
	{"actuators", SCHEMA_OBJECT, "what it is moved by", .shape = SCHEMA_LIST_OF,
         .object = &actuator},
	{"modbus", SCHEMA_OBJECT, "its Modbus TCP server", .object = &modbus},
	{"script", SCHEMA_OBJECT, "faults", .shape = SCHEMA_LIST_OF, .object = &event},
	{0},
};
const struct schema_object plant_root = {"line", "a virtual machine", root_keys};

static const struct schema_key script_keys[] = {
	{"script", SCHEMA_OBJECT, "faults", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED, .object = &event},
	{0},
};
const struct schema_object plant_script_root = {"script", "faults of a plant",
                                                script_keys};
