/* SPDX-License-Identifier: Apache-2.0 */
/* What a plant's file may say.  Each key is shown in etc/line.yaml. */
#include <stddef.h>

#include "gateway/plant/plant_build.h"

static const struct schema_key plant_keys[] = {
	{"seed", SCHEMA_INT, "of all noise: the same seed gives the same bytes", .min = 0,
         .max = 9007199254740992.0, .preset = "1"},
	{"cycle", SCHEMA_DURATION, "of sensors, control program and actuators", .min = 1,
         .max = 10000, .preset = "20ms"},
	{"steps", SCHEMA_INT, "in a cycle, at which components exchange what they give",
         .min = 1, .max = 1000, .preset = "2"},
	{"settle", SCHEMA_DURATION, "plant time before the start, without faults",
         .min = 0, .max = 86400000, .preset = "0s"},
	{0},
};
static const struct schema_object plant = {"plant", "how it is stepped", plant_keys};

static const struct schema_key part_keys[] = {
	{"id", SCHEMA_ID, "its outputs are the signals ID.OUTPUT",
         .flags = SCHEMA_REQUIRED},
	{"model", SCHEMA_TEXT, "of docs/models.md, or belt, totalizer: docs/plant.md",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{"parameters", SCHEMA_NUMBERS, "of the model, in SI", .shape = SCHEMA_MAP_OF},
	{"start", SCHEMA_TEXT, "outputs to start from, each a number with its unit",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{"units", SCHEMA_TEXT, "of outputs to which the model gives none",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 32},
	{"inputs", SCHEMA_TEXT, "of the model: each a signal, or a number with its unit",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{"outputs", SCHEMA_TEXT, "model fmu: outputs that come before the others",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{"expression", SCHEMA_TEXT,
         "model expression: each output, a formula of the inputs", .shape = SCHEMA_MAP_OF,
         .min = 1, .max = 1000},
	{"file", SCHEMA_TEXT, "model fmu: its file", .min = 1, .max = 4000},
	{"sha256", SCHEMA_TEXT, "what the file's SHA-256 must be", .min = 64, .max = 64},
	{"step", SCHEMA_DURATION, "model fmu: the plant's step, which is taken", .min = 1,
         .max = 10000},
	{0},
};
const struct schema_object plant_part_object = {"component", "a part of the machine",
                                                part_keys};

static const struct schema_key sensor_keys[] = {
	{"id", SCHEMA_ID, "the signal it gives", .flags = SCHEMA_REQUIRED},
	{"of", SCHEMA_TEXT, "the signal it measures", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = 140},
	{"unit", SCHEMA_TEXT, "of what it gives; absent: as what it measures", .min = 1,
         .max = 32},
	{"gain", SCHEMA_REAL, "measured = gain x true + bias", .preset = "1"},
	{"bias", SCHEMA_REAL, "as above", .preset = "0"},
	{"drift", SCHEMA_REAL, "by which the bias grows a second", .preset = "0"},
	{"lag", SCHEMA_DURATION, "time constant", .min = 0, .max = 3600000,
         .preset = "0ms"},
	{"period", SCHEMA_DURATION, "between two samples; 0: one a cycle", .min = 0,
         .max = 3600000, .preset = "0ms"},
	{"noise", SCHEMA_REAL, "standard deviation of a sample", .min = 0, .max = 1e12,
         .preset = "0"},
	{"resolution", SCHEMA_REAL, "its values are whole steps of this; 0: any",
         .min = 0, .max = 1e12, .preset = "0"},
	{"min", SCHEMA_REAL, "end of its range", .preset = "-1e12"},
	{"max", SCHEMA_REAL, "end of its range", .preset = "1e12"},
	{0},
};
const struct schema_object plant_sensor_object = {"sensor", "what measures a signal",
                                                  sensor_keys};

static const struct schema_key block_keys[] = {
	{"id", SCHEMA_ID, "the signal it gives", .flags = SCHEMA_REQUIRED},
	{"block", SCHEMA_TEXT, "copy, filter, limit, pi, select, sequence, two_point",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{"unit", SCHEMA_TEXT,
         "of what it gives; absent: as what filter and select pass on", .min = 1,
         .max = 32},
	{"parameters", SCHEMA_REAL, "of the block", .shape = SCHEMA_MAP_OF},
	{"inputs", SCHEMA_TEXT, "of the block: each a signal, or a number",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{0},
};
const struct schema_object plant_block_object = {
	"control", "a block of the control program", block_keys};

static const struct schema_key actuator_keys[] = {
	{"id", SCHEMA_ID, "the signal it gives", .flags = SCHEMA_REQUIRED},
	{"from", SCHEMA_TEXT, "its command", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = 140},
	{"unit", SCHEMA_TEXT, "of where it stands; absent: as its command", .min = 1,
         .max = 32},
	{"gain", SCHEMA_REAL, "where it goes = gain x command", .preset = "1"},
	{"min", SCHEMA_REAL, "least command", .preset = "0"},
	{"max", SCHEMA_REAL, "largest command", .preset = "1"},
	{"rate", SCHEMA_REAL, "largest change a second; 0: any", .min = 0, .max = 1e12,
         .preset = "0"},
	{"travel", SCHEMA_DURATION, "from min to max, instead of rate", .min = 0,
         .max = 3600000, .preset = "0ms"},
	{"lag", SCHEMA_DURATION, "time constant with which it follows", .min = 0,
         .max = 3600000, .preset = "0ms"},
	{"dead_band", SCHEMA_REAL, "smaller changes of the command do nothing", .min = 0,
         .max = 1e12, .preset = "0"},
	{"stick", SCHEMA_REAL, "it stands until it is wanted that far away", .min = 0,
         .max = 1e12, .preset = "0"},
	{"start", SCHEMA_REAL, "where it stands at first", .preset = "0"},
	{0},
};
const struct schema_object plant_actuator_object = {"actuator", "what moves a part",
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

static const struct schema_key io_keys[] = {
	{"at", SCHEMA_TEXT, "%IX0.0, %QW1, %MD2, ...", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = 32},
	{"signal", SCHEMA_TEXT, "given to the program where I, else given by it",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 140},
	{"type", SCHEMA_VALUE_TYPE,
         "bool, int16, uint16, int32, float32, ... of the size of the address; absent: "
         "bool, int16, int32, int64",
         .flags = 0},
	{"scale", SCHEMA_REAL, "signal = raw x scale + offset", .preset = "1"},
	{"offset", SCHEMA_REAL, "as above", .preset = "0"},
	{0},
};
static const struct schema_object io = {"io", "an address of the PLC", io_keys};

static const struct schema_key plc_keys[] = {
	{"program", SCHEMA_TEXT, "its files of Structured Text, beside this one",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 4000},
	{"unit", SCHEMA_INT, "Modbus unit id of its map", .min = 0, .max = 255,
         .preset = "1"},
	{"io", SCHEMA_OBJECT, "its inputs and outputs", .shape = SCHEMA_LIST_OF,
         .object = &io},
	{0},
};
static const struct schema_object plc = {"plc", "the PLC of the machine", plc_keys};

static const struct schema_key event_keys[] = {
	{"at", SCHEMA_DURATION, "plant time from which on it may begin", .min = 0,
         .max = 86400000.0 * 365, .preset = "0s"},
	{"when", SCHEMA_TEXT, "begins when this first holds: tank1.level > 0.6 and run",
         .min = 1, .max = 1000},
	{"until", SCHEMA_DURATION, "plant time; absent: for ever", .min = 0,
         .max = 86400000.0 * 365},
	{"for", SCHEMA_DURATION, "how long it lasts; absent: for ever", .min = 1,
         .max = 86400000.0 * 365},
	{"set", SCHEMA_TEXT,
         "a signal that nothing writes, instead of a fault: it has the value meanwhile",
         .min = 1, .max = 140},
	{"target", SCHEMA_ID, "a component, sensor, actuator or unit", .flags = 0},
	{"fault", SCHEMA_ID,
         "of a component: leak, blocked, wear, fouling, burnt, jam; of a sensor: stuck, "
         "dropout, offset, drift, noise, delay, swapped; of an actuator: jammed, slow, "
         "sticking; of a unit: silence, exception, close, late, garbled, clock",
         .flags = 0},
	{"value", SCHEMA_REAL, "how much, in the unit of the fault", .preset = "0"},
	{0},
};
const struct schema_object plant_event_object = {"fault", "a fault and its time",
                                                 event_keys};

static const struct schema_key root_keys[] = {
	{"plant", SCHEMA_OBJECT, "how it is stepped", .object = &plant},
	{"signals", SCHEMA_TEXT, "setpoints and constants: values with their units",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 140},
	{"components", SCHEMA_OBJECT, "the machine", .shape = SCHEMA_LIST_OF,
         .object = &plant_part_object},
	{"sensors", SCHEMA_OBJECT, "what it is seen by", .shape = SCHEMA_LIST_OF,
         .object = &plant_sensor_object},
	{"control", SCHEMA_OBJECT, "blocks, run in this order each cycle",
         .shape = SCHEMA_LIST_OF, .object = &plant_block_object},
	{"actuators", SCHEMA_OBJECT, "what it is moved by", .shape = SCHEMA_LIST_OF,
         .object = &plant_actuator_object},
	{"plc", SCHEMA_OBJECT, "its PLC", .object = &plc},
	{"modbus", SCHEMA_OBJECT, "its Modbus TCP server", .object = &modbus},
	{"script", SCHEMA_OBJECT, "faults", .shape = SCHEMA_LIST_OF,
         .object = &plant_event_object},
	{0},
};
const struct schema_object plant_root = {"line", "a virtual machine", root_keys};

static const struct schema_key script_keys[] = {
	{"script", SCHEMA_OBJECT, "faults", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED, .object = &plant_event_object},
	{0},
};
const struct schema_object plant_script_root = {"script", "faults of a plant",
                                                script_keys};
