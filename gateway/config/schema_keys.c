/* SPDX-License-Identifier: Apache-2.0 */
/* The table.  A new key: a line here, a line in etc/pollux.yaml (a test compares them),
 * and its reader in config_*.c. */
#include <stddef.h>

#include "gateway/config/schema.h"

static const struct schema_key gateway_keys[] = {
	{"id", SCHEMA_ID,
         "name of this gateway in topics; unique on the broker; absent: "
         "the machine's name",
         .shape = SCHEMA_ONE},
	{"state_dir", SCHEMA_TEXT, "directory of history.db, writable by the service",
         .min = 1, .max = 4000, .preset = "/var/lib/pollux"},
	{"templates_dir", SCHEMA_TEXT,
         "device templates; looked at before `templates` beside this file and the "
         "program's own",
         .min = 1, .max = 4000},
	{"timezone", SCHEMA_TEXT, "for reports; times in topics and tables are UTC",
         .min = 1, .max = 64, .preset = "UTC"},
	{0},
};
static const struct schema_object gateway = {"gateway", "this gateway", gateway_keys};

static const struct schema_key tls_keys[] = {
	{"ca", SCHEMA_TEXT, "PEM file of the authorities to trust; absent: the system's",
         .min = 1, .max = 4000},
	{"cert", SCHEMA_TEXT, "PEM file of this gateway's certificate chain", .min = 1,
         .max = 4000},
	{"key", SCHEMA_TEXT, "PEM file of its key, not readable by others", .min = 1,
         .max = 4000},
	{0},
};
static const struct schema_object tls = {"tls", "certificates for mqtts://", tls_keys};

static const struct schema_key sparkplug_keys[] = {
	{"group", SCHEMA_ID, "group id of the edge node", .flags = SCHEMA_REQUIRED},
	{"primary_host", SCHEMA_ID, "births and data wait for this host application",
         .shape = SCHEMA_ONE},
	{0},
};
static const struct schema_object sparkplug = {
	"sparkplug", "Sparkplug B 3.0; absent: off", sparkplug_keys};

static const struct schema_key mqtt_keys[] = {
	{"servers", SCHEMA_TEXT,
         "brokers, mqtt://HOST[:1883] or mqtts://HOST[:8883]; tried in this order, then "
         "round",
         .shape = SCHEMA_LIST_OF, .flags = SCHEMA_REQUIRED, .min = 1, .max = 300},
	{"prefix", SCHEMA_TEXT, "first level of every topic", .min = 1, .max = 128,
         .preset = "pollux"},
	{"client_id", SCHEMA_TEXT, "absent: pollux- and the gateway's id", .min = 1,
         .max = 128},
	{"layout", SCHEMA_CHOICE,
         "tag: a retained topic per tag; device: one message per answered block",
         .choices = "tag device", .preset = "tag"},
	{"fields", SCHEMA_CHOICE, "layout device: what a tag says beyond its value",
         .shape = SCHEMA_LIST_OF,
         .choices = "predicted estimate sigma residual score state drift quality unit"},
	{"qos", SCHEMA_INT, "0: at most once beyond the socket; 1: at least once",
         .min = 0, .max = 1, .preset = "1"},
	{"version", SCHEMA_CHOICE, "of the protocol", .choices = "3.1.1 5",
         .preset = "3.1.1", .flags = SCHEMA_LATER},
	{"username", SCHEMA_TEXT, "at the broker", .min = 1, .max = 1000},
	{"password", SCHEMA_TEXT, "as ${ENV}; better password_file", .min = 1,
         .max = 1000, .flags = SCHEMA_SECRET},
	{"password_file", SCHEMA_TEXT,
         "its first line; a relative name is looked up in $CREDENTIALS_DIRECTORY, then "
         "beside the configuration; not readable by others",
         .min = 1, .max = 4000},
	{"tls", SCHEMA_OBJECT, "certificates for mqtts://", .object = &tls},
	{"plain", SCHEMA_BOOL, "allow mqtt:// beyond loopback, readable by anybody",
         .preset = "false"},
	{"keep_alive", SCHEMA_DURATION, "a silent connection is probed this often",
         .min = 1000, .max = 3600000, .preset = "30s"},
	{"connect_timeout", SCHEMA_DURATION, "for one attempt at one server", .min = 100,
         .max = 300000, .preset = "10s"},
	{"replay_rate", SCHEMA_INT,
         "rows a second of the backlog after an outage; 0: 20 times the live rate",
         .min = 0, .max = 1000000, .preset = "0"},
	{"sparkplug", SCHEMA_OBJECT, "Sparkplug B 3.0; absent: off", .object = &sparkplug,
         .flags = SCHEMA_LATER},
	{0},
};
static const struct schema_object mqtt = {"mqtt", "the broker; absent: nothing is sent",
                                          mqtt_keys};

static const struct schema_key history_keys[] = {
	{"keep", SCHEMA_DURATION, "age at which samples go; 0s: never", .min = 0,
         .max = 86400000.0 * 36500, .preset = "90d"},
	{"max_size", SCHEMA_SIZE, "of the file and its log; the oldest go first",
         .min = 1048576.0 * 4, .max = 1099511627776.0 * 16, .preset = "2GiB"},
	{"commit", SCHEMA_DURATION, "what a power cut may cost at most", .min = 10,
         .max = 60000, .preset = "1s"},
	{"durability", SCHEMA_CHOICE,
         "full: committed is on the disk; relaxed: a power cut may cost half a minute",
         .choices = "full relaxed", .preset = "full"},
	{0},
};
static const struct schema_object history = {"history", "the stored past", history_keys};

static const struct schema_key http_keys[] = {
	{"listen", SCHEMA_TEXT, "address and port of the live page", .min = 1, .max = 300,
         .preset = "127.0.0.1:8420"},
	{0},
};
static const struct schema_object http = {"http", "live page and API; absent: off",
                                          http_keys};

static const struct schema_key store_keys[] = {
	{"deviation", SCHEMA_REAL,
         "joining the samples linearly keeps every reading within this, in the tag's "
         "unit; 0: every change",
         .min = 0, .max = 1e300, .preset = "0"},
	{"max_interval", SCHEMA_DURATION, "a sample at least this often; 0s: no limit",
         .min = 0, .max = 86400000, .preset = "0s"},
	{0},
};
static const struct schema_object store = {
	"store", "which readings become samples; absent: every one", store_keys};

static const struct schema_key write_keys[] = {
	{"min", SCHEMA_REAL, "least value that may be written, in the tag's unit",
         .shape = SCHEMA_ONE},
	{"max", SCHEMA_REAL, "largest value that may be written", .shape = SCHEMA_ONE},
	{"step", SCHEMA_REAL, "values are min (or 0) plus whole steps", .min = 1e-300,
         .max = 1e300},
	{"rate", SCHEMA_RATE, "at most so often", .shape = SCHEMA_ONE},
	{"interlock", SCHEMA_TEXT,
         "DEVICE/TAG compared with a number; several joined by 'and'; all must be true "
         "and young",
         .min = 1, .max = 1000},
	{"read_back", SCHEMA_BOOL,
         "modbus: read at once after it was written; done only where the device holds it",
         .preset = "false"},
	{0},
};
static const struct schema_object write_object = {
	"write", "permission to write; absent: none", write_keys};

static const struct schema_key test_keys[] = {
	{"kind", SCHEMA_CHOICE, "level: the monitor's own",
         .choices = "level cusum ewma page_hinkley adwin", .preset = "level"},
	{"k", SCHEMA_REAL, "cusum: half the shift looked for, in sigma (0.5)",
         .min = 1e-3, .max = 100},
	{"h", SCHEMA_REAL, "cusum: its limit (5)", .min = 1e-3, .max = 1e6},
	{"lambda", SCHEMA_REAL, "ewma: weight of a reading (0.1)", .min = 1e-4, .max = 1},
	{"limit", SCHEMA_REAL, "ewma: its limit, in sigma of the mean (2.814)",
         .min = 1e-3, .max = 1e3},
	{"delta", SCHEMA_REAL,
         "page_hinkley: what is tolerated, in sigma (0.005); adwin: risk of a false cut "
         "(0.002)",
         .min = 1e-12, .max = 100},
	{"threshold", SCHEMA_REAL, "page_hinkley: its limit (50)", .min = 1e-3,
         .max = 1e9},
	{"alpha", SCHEMA_REAL, "page_hinkley: what a step keeps of the sums (0.9999)",
         .min = 0.5, .max = 1},
	{0},
};
static const struct schema_object test_object = {"test", "a test of the innovations",
                                                 test_keys};

static const struct schema_key tag_keys[] = {
	{"id", SCHEMA_ID, "unique in its device", .flags = SCHEMA_REQUIRED},
	{"at", SCHEMA_TEXT,
         "where the device keeps it; modbus: holding:0, input:0, coil:0, discrete:0 "
         "(from 0), or 40001 style",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 300},
	{"type", SCHEMA_VALUE_TYPE,
         "bool, int8 to int64, uint8 to uint64, float16, float32, float64, string(n "
         "bytes), bcd(n digits), epoch, bit(n)",
         .flags = SCHEMA_REQUIRED},
	{"unit", SCHEMA_TEXT, "of the value after scaling", .min = 0, .max = 32},
	{"scale", SCHEMA_REAL, "value = raw x scale + offset", .preset = "1"},
	{"offset", SCHEMA_REAL, "as above", .preset = "0"},
	{"exponent_at", SCHEMA_TEXT,
         "modbus: register of a power of ten, -10 to 10, that the raw value is "
         "multiplied by: a scale factor of SunSpec; read in the same request",
         .min = 1, .max = 100},
	{"invalid", SCHEMA_REAL,
         "modbus: raw values that mean there is none; 32768 of an int16 means its bits, "
         "-32768",
         .shape = SCHEMA_LIST_OF},
	{"every", SCHEMA_DURATION,
         "its period; 0ms: the next cycle as soon as the last is done; absent: the "
         "device's",
         .min = 0, .max = 86400000},
	{"byte", SCHEMA_CHOICE,
         "8-bit types: which byte of the register (default low); string: which byte "
         "comes first (default high)",
         .choices = "low high"},
	{"function", SCHEMA_CHOICE,
         "modbus: the function that writes it, for devices that know one only; 22 writes "
         "a "
         "part of a register without reading it; absent: 5 coils, 6 one register, 16 "
         "more",
         .choices = "5 6 15 16 22"},
	{"word_order", SCHEMA_CHOICE, "absent: the device's",
         .choices = "ABCD CDAB BADC DCBA"},
	{"min", SCHEMA_REAL, "outside it a reading is bad, in unit", .shape = SCHEMA_ONE},
	{"max", SCHEMA_REAL, "outside it a reading is bad, in unit", .shape = SCHEMA_ONE},
	{"description", SCHEMA_TEXT, "a line for people", .min = 0, .max = 300},
	{"store", SCHEMA_OBJECT, "which readings become samples; absent: every one",
         .object = &store},
	{"write", SCHEMA_OBJECT, "permission to write; absent: none",
         .object = &write_object},
	{"monitor", SCHEMA_BOOL, "the channel monitor looks at it; analog tags only",
         .preset = "true"},
	{"test", SCHEMA_OBJECT, "what finds its drift; absent: its component's",
         .object = &test_object},
	{0},
};
static const struct schema_object tag = {"tag", "a named quantity of a device", tag_keys};

static const struct schema_key limit_keys[] = {
	{"max_registers", SCHEMA_INT, "registers of one read", .min = 1, .max = 125,
         .preset = "125"},
	{"max_bits", SCHEMA_INT, "coils or discrete inputs of one read", .min = 1,
         .max = 2000, .preset = "2000"},
	{"max_gap", SCHEMA_INT, "unwanted registers read to save a request", .min = 0,
         .max = 124, .preset = "10"},
	{"in_flight", SCHEMA_INT,
         "requests on the way at once on one connection; serial lines: 1", .min = 1,
         .max = 16, .preset = "1"},
	{"connections", SCHEMA_INT,
         "TCP connections to its address, opened as they are needed", .min = 1, .max = 4,
         .preset = "1"},
	{"pause", SCHEMA_DURATION, "between an answer and the next request", .min = 0,
         .max = 60000, .preset = "0ms"},
	{"first_byte", SCHEMA_DURATION,
         "serial lines: time for an answer to begin; 0ms: the timeout", .min = 0,
         .max = 60000, .preset = "0ms"},
	{"max_turnaround", SCHEMA_DURATION,
         "serial lines: silence after which no late answer comes; 0ms: twice the timeout",
         .min = 0, .max = 600000, .preset = "0ms"},
	{"omit", SCHEMA_TEXT,
         "ranges that no read may touch: holding:100..119, 40101..40120, coil:7",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 100},
	{"one_per_request", SCHEMA_BOOL, "a read asks for one tag", .preset = "false"},
	{"start_at_zero", SCHEMA_BOOL, "reads begin at address 0", .preset = "false"},
	{0},
};
static const struct schema_object limits = {"limits", "what the device bears",
                                            limit_keys};

static const struct schema_key device_keys[] = {
	{"id", SCHEMA_ID, "unique among devices and components",
         .flags = SCHEMA_REQUIRED},
	{"driver", SCHEMA_TEXT, "its protocol: modbus, mqtt, opcua, replay, sim, sysfs",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{"address", SCHEMA_TEXT,
         "modbus: tcp://HOST[:502] or rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1",
         .min = 1, .max = 1000},
	{"unit", SCHEMA_INT, "Modbus unit id", .min = 0, .max = 255, .preset = "1"},
	{"timeout", SCHEMA_DURATION, "for one transaction", .min = 1, .max = 60000,
         .preset = "1s"},
	{"round_trip", SCHEMA_DURATION,
         "what it needs for an answer beyond the characters of a serial line, for the "
         "plan; absent: it is measured",
         .min = 1, .max = 60000},
	{"every", SCHEMA_DURATION, "default period of its tags", .min = 0,
         .max = 86400000, .preset = "1s"},
	{"word_order", SCHEMA_CHOICE, "default byte and word order of its tags",
         .choices = "ABCD CDAB BADC DCBA", .preset = "ABCD"},
	{"limits", SCHEMA_OBJECT, "what the device bears", .object = &limits},
	{"tags", SCHEMA_OBJECT, "its quantities", .shape = SCHEMA_LIST_OF,
         .object = &tag},
	{"tags_csv", SCHEMA_TEXT, "more tags from a register map in CSV", .min = 1,
         .max = 4000},
	{"csv_base", SCHEMA_CHOICE,
         "numbers in its column of addresses: protocol addresses from 0, registers from "
         "1, references (40001); auto: references where all could be, else from 0",
         .choices = "auto 0 1 reference", .preset = "auto"},
	{"template", SCHEMA_ID,
         "tags and defaults of a known device; `pollux config templates` lists them",
         .shape = SCHEMA_ONE},
	{"parameters", SCHEMA_ANY, "of the template", .shape = SCHEMA_MAP_OF},
	{0},
};
static const struct schema_object device = {"device", "a device in the field",
                                            device_keys};

static const struct schema_key monitor_keys[] = {
	{"learn", SCHEMA_INT,
         "readings to learn a tag's normal from; 1800 and more for a "
         "plant",
         .min = 180, .max = 1e6, .preset = "1800"},
	{"false_alarm", SCHEMA_REAL, "wanted probability for a row of a device",
         .min = 1e-9, .max = 0.1, .preset = "1e-4"},
	{"alarm_after", SCHEMA_INT,
         "readings of drift, mismatch or bad in a row before it is an alarm", .min = 1,
         .max = 255, .preset = "3"},
	{"skip_startup", SCHEMA_BOOL,
         "a tag that is moving when it should learn learns from what follows",
         .preset = "true"},
	{"test", SCHEMA_OBJECT, "what finds the drift of all tags",
         .object = &test_object},
	{0},
};
static const struct schema_object monitor = {
	"monitor", "channel monitor of every analog tag", monitor_keys};

static const struct schema_key component_keys[] = {
	{"id", SCHEMA_ID, "unique among devices and components",
         .flags = SCHEMA_REQUIRED},
	{"model", SCHEMA_TEXT, "built in; `pollux config models` lists them",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 64},
	{"parameters", SCHEMA_NUMBERS, "of the model, in SI; of state_space, matrices",
         .shape = SCHEMA_MAP_OF},
	{"inputs", SCHEMA_TAG, "the model's inputs: tags, or virtual sensors above",
         .shape = SCHEMA_MAP_OF},
	{"outputs", SCHEMA_TAGS,
         "measured outputs, each a tag, or a list where several sensors measure it; "
         "those left out become virtual sensors",
         .shape = SCHEMA_MAP_OF},
	{"learn", SCHEMA_INT, "rows to learn; absent: the monitor's", .min = 180,
         .max = 1e6},
	{"max_age", SCHEMA_DURATION,
         "how long the model stands in for a lost sensor, and an input is held", .min = 0,
         .max = 86400000.0 * 30, .preset = "60s"},
	{"noise", SCHEMA_REAL,
         "standard deviation of a measured output's sensor, in SI; absent: learnt",
         .shape = SCHEMA_MAP_OF, .min = 1e-300, .max = 1e300},
	{"estimate", SCHEMA_REAL,
         "a parameter that is followed: how far it may be off, standard deviation of its "
         "logarithm",
         .shape = SCHEMA_MAP_OF, .min = 1e-4, .max = 1},
	{"filter", SCHEMA_CHOICE, "extended Kalman filter or unscented",
         .choices = "ekf ukf", .preset = "ekf"},
	{"test", SCHEMA_OBJECT, "what finds the drift of its tags; absent: the monitor's",
         .object = &test_object},
	{"fit", SCHEMA_TEXT, "parameters to identify on the learning rows",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 64},
	{"auto_identify", SCHEMA_CHOICE, "absent: as twin.auto_identify",
         .choices = "off propose accept"},
	{"tags", SCHEMA_TEXT, "model var: DEVICE/TAG or DEVICE/*",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 140},
	{"file", SCHEMA_TEXT, "models fmu and lua: their file", .min = 1, .max = 4000},
	{"sha256", SCHEMA_TEXT, "what the file's SHA-256 must be", .min = 64, .max = 64},
	{"start", SCHEMA_ANY, "model fmu: values that it starts from",
         .shape = SCHEMA_MAP_OF},
	{"step", SCHEMA_DURATION,
         "model fmu: how far it steps at a time; absent: as the FMU says", .min = 1,
         .max = 86400000.0},
	{"expression", SCHEMA_TEXT,
         "model expression: each output, a formula of the inputs", .shape = SCHEMA_MAP_OF,
         .min = 1, .max = 1000},
	{0},
};
static const struct schema_object component = {
	"component", "tags tied together by a model", component_keys};

static const struct schema_key trend_keys[] = {
	{"tag", SCHEMA_TAG, "an analog tag", .flags = SCHEMA_REQUIRED},
	{"limit", SCHEMA_REAL, "that it is not to reach, in its unit",
         .flags = SCHEMA_REQUIRED},
	{"name", SCHEMA_TEXT, "what it means when it does: filter dirty", .min = 1,
         .max = 64, .preset = "limit"},
	{0},
};
static const struct schema_object trend = {
	"trend", "a tag whose way to a limit is foretold", trend_keys};

static const struct schema_key forecast_keys[] = {
	{"horizons", SCHEMA_DURATION,
         "how far ahead, rising; absent: 1min, 5min, 10min and 30min",
         .shape = SCHEMA_LIST_OF, .min = 5000, .max = 86400000},
	{"every", SCHEMA_DURATION, "how often they are made", .min = 5000, .max = 3600000,
         .preset = "1min"},
	{0},
};
static const struct schema_object forecasts = {
	"forecasts", "what components' models say of the time to come", forecast_keys};

static const struct schema_key twin_keys[] = {
	{"monitor", SCHEMA_OBJECT, "channel monitor of every analog tag",
         .object = &monitor},
	{"components", SCHEMA_OBJECT, "tags tied together by models",
         .shape = SCHEMA_LIST_OF, .object = &component},
	{"forecasts", SCHEMA_OBJECT, "what components' models say of the time to come",
         .object = &forecasts},
	{"auto_identify", SCHEMA_CHOICE,
         "after an hour of a model that does not fit: seek better parameters and propose "
         "them, or put them in force",
         .choices = "off propose accept", .preset = "propose"},
	{"trends", SCHEMA_OBJECT, "tags that move slowly towards a limit",
         .shape = SCHEMA_LIST_OF, .object = &trend},
	{0},
};
static const struct schema_object twin = {"twin", "the live twin", twin_keys};

static const struct schema_key line_keys[] = {
	{"file", SCHEMA_TEXT,
         "of the line (docs/line.md): what its counters tell is held against what a "
         "simulation expects, as tag line/throughput",
         .min = 1, .max = 4000},
	{"window", SCHEMA_DURATION, "time that a throughput is counted over", .min = 1000,
         .max = 86400000, .preset = "15min"},
	{"shift", SCHEMA_DURATION,
         "length of a shift, whose output is foretold; absent: none is", .min = 60000,
         .max = 86400000},
	{"begins", SCHEMA_TEXT,
         "time of day, local, at which the period of the file's shifts begins; of a "
         "week on Monday",
         .min = 4, .max = 5, .preset = "00:00"},
	{"routings", SCHEMA_TEXT,
         "files of `pollux validate`, held against the line as it is; what changes is an "
         "event",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 4000},
	{"every", SCHEMA_DURATION, "how often both are simulated", .min = 1000,
         .max = 86400000, .preset = "1h"},
	{0},
};
static const struct schema_object line = {"line", "what the line is to make", line_keys};

static const struct schema_key root_keys[] = {
	{"include", SCHEMA_TEXT,
         "more files, globs relative to this one: their devices and components are "
         "added",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 4000},
	{"gateway", SCHEMA_OBJECT, "this gateway", .object = &gateway},
	{"mqtt", SCHEMA_OBJECT, "the broker; absent: nothing is sent", .object = &mqtt},
	{"history", SCHEMA_OBJECT, "the stored past", .object = &history},
	{"http", SCHEMA_OBJECT, "live page and API; absent: off", .object = &http,
         .flags = SCHEMA_LATER},
	{"devices", SCHEMA_OBJECT, "what is polled", .shape = SCHEMA_LIST_OF,
         .object = &device},
	{"twin", SCHEMA_OBJECT, "the live twin", .object = &twin},
	{"line", SCHEMA_OBJECT, "what the line is to make; absent: nothing is watched",
         .object = &line},
	{0},
};
const struct schema_object schema_root = {"pollux", "configuration of Pollux", root_keys};
