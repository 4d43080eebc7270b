/* SPDX-License-Identifier: Apache-2.0 */
/* What a commissioning script may say.  docs/commissioning.md shows each key. */
#include "gateway/commission/script_impl.h"

#define DAY_MS 86400000.0

static const struct schema_key requirement_keys[] = {
	{"id", SCHEMA_ID, "names it in tables and reports", .flags = SCHEMA_REQUIRED},
	{"title", SCHEMA_TEXT, "what it is for", .min = 0, .max = 200},
	{"that", SCHEMA_TEXT, "what must hold: within 5 s: tank/level > 0.8",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 2000},
	{0},
};
static const struct schema_object requirement = {"requirement", "what must hold",
                                                 requirement_keys};

static const struct schema_key fault_keys[] = {
	{"target", SCHEMA_ID, "a part, sensor, actuator or unit of the plant",
         .flags = SCHEMA_REQUIRED},
	{"fault", SCHEMA_ID, "leak, clog, stuck, drift, jammed, silence, ...",
         .flags = SCHEMA_REQUIRED},
	{"value", SCHEMA_TEXT, "how much: a number, or a formula of parameters", .min = 1,
         .max = 500},
	{"for", SCHEMA_DURATION, "ends after that; absent: stays", .min = 0,
         .max = 365 * DAY_MS},
	{"raises", SCHEMA_TAG, "the tag whose alarm should tell of it", .flags = 0},
	{0},
};
static const struct schema_object fault = {"fault", "what is made to go wrong",
                                           fault_keys};

static const struct schema_key step_keys[] = {
	{"set", SCHEMA_ANY, "quantities by name, each a number or a formula",
         .shape = SCHEMA_MAP_OF},
	{"press", SCHEMA_TEXT, "1 for a moment, then 0 again", .min = 1, .max = 140},
	{"for", SCHEMA_DURATION, "how long it is pressed; default 200ms", .min = 1,
         .max = DAY_MS},
	{"wait", SCHEMA_DURATION, "so long", .min = 0, .max = 365 * DAY_MS},
	{"wait_until", SCHEMA_TEXT, "until this is true", .min = 1, .max = 2000},
	{"timeout", SCHEMA_DURATION, "at most; default 1min", .min = 1,
         .max = 365 * DAY_MS},
	{"inject", SCHEMA_OBJECT, "a fault begins", .object = &fault},
	{"clear", SCHEMA_OBJECT, "a fault ends", .object = &fault},
	{"expect", SCHEMA_OBJECT, "a requirement begins", .object = &requirement},
	{"remember", SCHEMA_TEXT, "a formula's value now, under a name",
         .shape = SCHEMA_MAP_OF, .min = 1, .max = 500},
	{0},
};
static const struct schema_object step = {"step", "one thing after the other", step_keys};

static const struct schema_key scenario_keys[] = {
	{"id", SCHEMA_ID, "names it", .flags = SCHEMA_REQUIRED},
	{"title", SCHEMA_TEXT, "what it shows", .min = 0, .max = 200},
	{"sweep", SCHEMA_NUMBERS,
         "parameters with the values they take: a run for each "
         "combination",
         .shape = SCHEMA_MAP_OF},
	{"requirements", SCHEMA_OBJECT, "from its beginning on", .shape = SCHEMA_LIST_OF,
         .object = &requirement},
	{"steps", SCHEMA_OBJECT, "what is done", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED, .object = &step},
	{"limit", SCHEMA_DURATION, "it ends there", .min = 1, .max = 365 * DAY_MS,
         .preset = "1h"},
	{0},
};
static const struct schema_object scenario = {"scenario", "a run from the beginning",
                                              scenario_keys};

static const struct schema_key root_keys[] = {
	{"title", SCHEMA_TEXT, "of the report", .min = 0, .max = 200, .preset = ""},
	{"base", SCHEMA_TEXT,
         "another script: what this one does not say is taken from it", .min = 1,
         .max = 1000},
	{"plant", SCHEMA_TEXT, "the plant's file, beside this one", .min = 1,
         .max = 1000},
	{"program", SCHEMA_TEXT,
         "what its PLC runs, instead of what the plant's file says",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 1000},
	{"gateway", SCHEMA_TEXT,
         "the gateway's configuration: its twin runs beside, its tags can be named",
         .min = 1, .max = 1000},
	{"learn", SCHEMA_ID,
         "the first scenario: what the twin learns in it, all begin with", .flags = 0},
	{"seed", SCHEMA_INT, "of all noise; absent: the plant's", .min = 0,
         .max = 9007199254740992.0},
	{"reset", SCHEMA_OBJECT,
         "what brings a PLC that runs elsewhere (--target) to where scenarios begin",
         .shape = SCHEMA_LIST_OF, .object = &step},
	{"charts", SCHEMA_TEXT, "drawn, whatever is required", .shape = SCHEMA_LIST_OF,
         .min = 1, .max = 140},
	{"invariants", SCHEMA_OBJECT,
         "must hold in every scenario, from beginning to end", .shape = SCHEMA_LIST_OF,
         .object = &requirement},
	{"scenarios", SCHEMA_OBJECT, "each from the beginning", .shape = SCHEMA_LIST_OF,
         .object = &scenario},
	{0},
};
const struct schema_object script_root = {"script", "a commissioning script", root_keys};
